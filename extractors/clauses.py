"""How the clause around a trigger tells it: tense, certainty, negation, habit, support verb."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from extractors.languages import Language
from extractors.records import Role
from extractors.syntax import UNDONE, VERBAL, Sentence, Word

Tense = Literal["past", "present", "future"]
_NONE: frozenset[str] = frozenset()
_MOST_LISTED = 40  # words of a list that are looked at
_ARGUMENTS = ("nsubj", "obj", "dobj", "attr")  # dependents that a verb acts on or that act
_CONDITION_WINDOW = 5  # tokens before a word in which *in case of* makes it a mere possibility
_OBJECTS = ("obj", "dobj")
_NOMINAL = ("NOUN", "PROPN")
_TOLD_IN = ("acl", "relcl")  # a clause on a noun
_DUE = 6  # tokens on either side of a word or its verb in which *is due to* announces it
_STILL = 14  # tokens of its clause from a word on in which *under way* says that it lasts
_DENIAL = 4  # tokens between a verb and its negation
_CLIMB = 6  # heads to climb from a noun to the verb that carries it


@dataclass(frozen=True, slots=True)
class Clause:
    """What the grammar around a trigger says of it.

    tense: of the finite verb that governs it, None in a clause without one.
    is_supported: a verb such as *hold* or *avoir lieu* makes the noun happen.
    is_passing: a participle that only qualifies a noun (*a programme funded by*).
    is_called: asked for by those who want it (*a rally was called*).
    is_ongoing: said to last still (*la grève se poursuit*, *are searching*).
    is_beginning: said to have begun (*le procès s'est ouvert*).
    """

    tense: Tense | None = None
    is_possible: bool = False
    is_negated: bool = False
    is_none: bool = False
    is_habitual: bool = False
    is_conditional: bool = False
    is_supported: bool = False
    is_passing: bool = False
    is_infinitive: bool = False
    is_announced: bool = False
    is_called: bool = False
    is_ongoing: bool = False
    is_beginning: bool = False
    is_cancelled: bool = False
    is_postponed: bool = False


def read(word: Word, sentence: Sentence) -> Clause:
    """The clause of one trigger word, read within its own sentence."""
    governing = list(_governing_verbs(word, sentence))
    verbs = [*_told_by(word), *governing]
    finite, tense = next(((v, tense) for v in verbs if (tense := _tense(v)) is not None), (None, None))
    near = [w for v in verbs for w in (v, *v.children)] or sentence.words
    kinds, own_kinds = _kinds(near), _kinds(word.children)  # most are of no kind: where a kind is missing nobody need be looked at
    if finite is not None and finite is not word and "VerbForm=Inf" in word.morph and "prospects" in finite.kinds:
        tense = "future"  # *a prévu de visiter*, *plans to install*
    is_planned = "planned" in kinds | own_kinds and any("planned" in w.kinds and w.pos not in _NOMINAL for w in (*near, *word.children))
    announced = is_planned or _is_announced(word, verbs, sentence)
    if announced and "VerbForm=Inf" in word.morph:
        tense = "future"  # *was due to fly*
    is_headline = finite is None and _is_past_participle(word) and sentence.is_headline
    undone = _undone(word, governing, sentence)
    is_denied = undone is None and "negation_needed" in kinds and any("negation_needed" in w.kinds and abs(w.i - (finite or word).i) <= _DENIAL for w in near)
    return Clause(
        tense="past" if is_headline else "future" if tense is None and _is_purpose(word, sentence) else tense,
        is_possible=any("possible" in w.kinds or "Mood=Cnd" in w.morph for w in near if w.i < word.i or w.head is word),
        is_negated=is_denied or "negation_needed" in own_kinds,
        is_none=word.pos in _NOMINAL and _is_none(word, sentence),
        is_habitual=sentence.is_habitual,
        is_conditional=_is_conditional(word, verbs, sentence),
        is_supported=any("support" in v.kinds for v in verbs[:2] if v is not word),
        is_passing=is_passing(word) and not is_headline,
        is_infinitive=_is_infinitive(word),
        is_announced=announced,
        is_called=undone is None and word.pos in _NOMINAL and any("calls" in v.kinds for v in verbs[:1]),
        is_ongoing=_is_ongoing(word, verbs, sentence),
        is_beginning=any("beginnings" in v.kinds for v in verbs[:2] if v is not word),
        is_cancelled=undone == "cancelled",
        is_postponed=undone == "postponed",
    )


def _is_none(word: Word, sentence: Sentence) -> bool:
    """Whether a noun's own determiner says that there is none: *no meeting*, *aucune réunion*, *pas de réunion*."""
    if any("negation_needed" in w.kinds and w.dep == "det" for w in word.children):
        return True
    return sentence.cues.stand_in(sentence.passage[max(word.i - 2, sentence.words[0].i) : word.i], "none_before")


def _kinds(words: Sequence[Word]) -> frozenset[str]:
    """The kinds of cue among some words."""
    return _NONE.union(*[w.kinds for w in words])


def _told_by(word: Word) -> Iterator[Word]:
    """The verbs of clauses on a noun that make it happen: *un atelier qui s'est tenu à Sfax*."""
    if word.pos in _NOMINAL:
        yield from (w for w in word.children if w.pos in VERBAL and w.dep.startswith(_TOLD_IN) and not w.kinds.isdisjoint(("support", "happens")))


def _is_announced(word: Word, verbs: Sequence[Word], sentence: Sentence) -> bool:
    """Whether *is due to*, *à venir* and the like stand beside the word or its verb."""
    if word.head is word and word.pos in _NOMINAL:  # a phrase without a verb of its own: *A lecture on …, which will be held in May*
        return sentence.is_announced
    first = sentence.words[0].i
    around = [sentence.passage[max(w.i - _DUE, first) : w.i + _DUE] for w in (word, *verbs[:2])]
    return any(sentence.cues.stand_in(words, "planned_phrases") for words in around)


def _is_purpose(word: Word, sentence: Sentence) -> bool:
    """Whether a headline says with an infinitive what is to come: *City to open two libraries*."""
    return sentence.is_headline and "VerbForm=Inf" in word.morph and any("infinitive_marks" in w.kinds for w in word.children)


def _is_ongoing(word: Word, verbs: Sequence[Word], sentence: Sentence) -> bool:
    """Whether its verb, an adverb, *since* or a phrase beside it says that it lasts still."""
    own = verbs[:1] if word.pos in VERBAL or word.dep.startswith(_ARGUMENTS) else []
    for verb in own:
        if _is_progressive(verb):
            return True
        below = [w for child in verb.children for w in (child, *child.children)]
        if _tense(verb) == "present" and ("lasting" in verb.kinds or any("still" in w.kinds for w in below)):
            return True
    following = sentence.passage[word.i + 1 : min(word.i + _STILL, sentence.words[-1].i + 1)]
    clause = list(itertools.takewhile(lambda w: w.pos != "SCONJ" and not w.is_punct, following))
    return sentence.cues.stand_in(clause, "ongoing_phrases")


def _is_progressive(verb: Word) -> bool:
    """*is meeting*, *have been searching*."""
    if "Aspect=Prog" not in verb.morph:
        return False
    auxiliaries = [w for w in verb.children if w.dep.startswith("aux")]
    return bool(auxiliaries) and not any("VerbForm=Fin" in w.morph and "Tense=Past" in w.morph for w in auxiliaries)


def _undone(word: Word, verbs: Sequence[Word], sentence: Sentence) -> Literal["cancelled", "postponed"] | None:
    """Whether its own verb, noun, label or the next sentence's pronoun says that it is put off or called off.

    Put off wins where both are said: *annulée et reportée au 3 mai*.
    """
    if not sentence.may_undo:
        return _undone_unsaid(word, verbs, sentence)
    own = {w.i: w for w in _carriers(word, verbs, sentence) if not _is_denied(w)}
    listed = {w.i: w for carrier in own.values() for w in _conjuncts(carrier) if not any(child.dep in _OBJECTS for child in w.children)}
    carriers = list({**own, **listed}.values())
    phrases = [f" {' '.join([w.lower for w in sentence.passage[carrier.i : carrier.i + 5]])} " for carrier in carriers]
    for kind in UNDONE:
        if any(kind in w.kinds and w is not word for w in carriers):  # *la cour a annulé le permis* is done
            return kind
        if any(phrase.startswith(sentence.cues.padded[f"{kind}_phrases"]) for phrase in phrases):
            return kind
    return _undone_unsaid(word, verbs, sentence)


def _undone_unsaid(word: Word, verbs: Sequence[Word], sentence: Sentence) -> Literal["cancelled", "postponed"] | None:
    """The same where no word of the lists says so."""
    if _comes_to_nothing(word, verbs, sentence):
        return "cancelled"
    return "postponed" if any(_was_once_planned(w) for w in word.children) else None


def _is_denied(verb: Word) -> bool:
    """Whether a verb has a negation of its own; *adjourned without a date* has none."""
    return any("negation_needed" in child.kinds and child.pos != "ADP" for child in verb.children)


def _was_once_planned(participle: Word) -> bool:
    """*initialement prévue le 3 mai*, *originally set for May*: it is to be on another day."""
    return "scheduling" in participle.kinds and any("formerly" in child.kinds for child in participle.children)


def _carriers(word: Word, verbs: Sequence[Word], sentence: Sentence) -> Iterator[Word]:
    """The words that can say of a trigger that it is off: above it, a participle on it, a label beside it, *Il est reporté*."""
    own = [v for v in verbs if v is not word][:1]
    if own and (word.pos in VERBAL or word.dep.startswith(_ARGUMENTS) or first_conjunct(word).dep.startswith(_ARGUMENTS)):
        yield from own
    if own and own[0].dep in ("xcomp", "acl", "ccomp") and word.dep.startswith(_ARGUMENTS):
        yield own[0].head
    yield word.head.head if word.head.pos == "ADP" or word.head.dep == "nmod" else word.head
    yield word.head
    yield from (v for v in sentence.undoing if _is_last_subject(word, v, sentence))
    yield from (w for w in word.children if "VerbForm=Part" in w.morph or w.dep == "amod")
    yield from sentence.labels
    if word.pos in _NOMINAL:  # *A meeting was due. It is off*, but not *A boy was stabbed. He was delayed*
        yield from sentence.taken_up


def _is_last_subject(word: Word, verb: Word, sentence: Sentence) -> bool:
    """Whether a passive that the parse leaves without subject follows a word as the last subject: *the forum called for 4 April was cancelled*."""
    is_root = word.head is word and word.pos in _NOMINAL  # *La marche que l'on voulait organiser est interdite*
    if (
        verb.i < word.i
        or not (is_root or word.dep.startswith("nsubj"))
        or not any(w.pos == "AUX" for w in verb.children)
        or any(w.dep.startswith("nsubj") for w in verb.children)
    ):
        return False
    between = [w for w in sentence.passage[word.i + 1 : verb.i] if not (is_root and w.head.head is word)]
    return not any(w.dep.startswith("nsubj") or w.lower == ";" for w in between)


def _comes_to_nothing(word: Word, verbs: Sequence[Word], sentence: Sentence) -> bool:
    """Whether what makes it happen is denied: *n'aura pas lieu*, *will not go ahead*; but not *aucune réunion*."""
    if any("negation_needed" in w.kinds for w in word.children) or not word.dep.startswith("nsubj"):
        return False
    verb = next((v for v in verbs if v is not word), None)
    if verb is None or verb.i < word.i or not any("happens" in w.kinds for w in (verb, *verb.children) if w is verb or w.dep == "xcomp"):
        return False  # *n'a pu se tenir*
    around = (*verb.children, *sentence.passage[max(verb.i - _DENIAL, 0) : verb.i + _DENIAL])
    denials = {"negation_needed", "lone_negation"} if "denied_alone" in verb.kinds else {"negation_needed"}
    return any(not denials.isdisjoint(w.kinds) and abs(w.i - verb.i) <= _DENIAL for w in around)


def _governing_verbs(word: Word, sentence: Sentence) -> Iterator[Word]:
    """The word itself if a verb, then the verbs above it, nearest first."""
    first, last = sentence.words[0].i, sentence.words[-1].i
    current = word
    for _ in range(_CLIMB):
        if current.pos in VERBAL:
            yield current
        if current.head is current or not first <= current.head.i <= last:
            return
        current = current.head


def _tense(verb: Word) -> Tense | None:
    """Tense of a verb with its auxiliaries; None for a bare infinitive or participle."""
    auxiliaries = [w for w in verb.children if w.pos == "AUX" or w.dep.startswith(("aux", "cop"))]
    if verb.dep == "ccomp" and _is_conditional_mood(verb, auxiliaries) and _tense(verb.head) == "past":
        return "future"  # *a annoncé qu'elle financerait*
    if any("future_auxiliaries" in w.kinds for w in auxiliaries) or any("Tense=Fut" in w.morph for w in (verb, *auxiliaries)):
        return "future"
    form = verb.morph
    if "VerbForm=Inf" in form and "near_future" in verb.head.kinds and "Tense=Pres" in verb.head.morph:
        return "future"
    if "VerbForm=Part" in form:
        return _participle_tense(form, auxiliaries)
    if "VerbForm=Fin" in form or "Mood=Ind" in form:
        return "past" if "Tense=Past" in form or "Tense=Imp" in form else "present"
    return None


def _is_conditional_mood(verb: Word, auxiliaries: Sequence[Word]) -> bool:
    return "Mood=Cnd" in verb.morph or any("Mood=Cnd" in w.morph or "conditional_auxiliaries" in w.kinds for w in auxiliaries)


def _participle_tense(form: str, auxiliaries: Sequence[Word]) -> Tense | None:
    """Present only for a bare passive or progressive (*est prévu*, *are killed*, *is meeting*)."""
    if not auxiliaries:
        return None
    forms = [w.morph for w in auxiliaries]
    if any("Tense=Past" in f or "Tense=Imp" in f for f in forms):
        return "past"
    is_compound = any(w.dep == "aux:tense" or w.lemma == "have" for w in auxiliaries)
    return "past" if is_compound else "present"


def is_passing(word: Word) -> bool:
    """A past participle that no auxiliary makes a statement of: *un programme financé par la région*."""
    return word.dep in ("acl", "amod", "advcl", "conj", "nmod") and _is_past_participle(word) and not _has_auxiliary(word)


def _is_past_participle(word: Word) -> bool:
    """In a line without finite verb or full stop it tells like one: *Deux hommes arrêtés à Anvers*."""
    return "VerbForm=Part" in word.morph and "Tense=Past" in word.morph


def _has_auxiliary(verb: Word) -> bool:
    return any(w.pos == "AUX" or w.dep.startswith("aux") for w in verb.children)


def _is_infinitive(word: Word) -> bool:
    """A bare infinitive, unless near future (*va réunir*), recent past (*vient de*) or after an auxiliary."""
    if "VerbForm=Inf" not in word.morph:
        return False
    if any(w.pos == "AUX" for w in word.children):
        return False
    return word.head.kinds.isdisjoint(("near_future", "recent_past", "planned", "support"))


def _is_conditional(word: Word, verbs: Sequence[Word], sentence: Sentence) -> bool:
    word = first_conjunct(word)
    before = sentence.passage[max(word.i - _CONDITION_WINDOW, 0) : word.i]
    if sentence.cues.stand_in(before, "condition_phrases"):
        return True
    if sentence.kinds.isdisjoint(("hypotheses", "conditions")):
        return False
    if any("hypotheses" in w.kinds for v in (word, *verbs[:1]) for child in v.children if child.dep == "advcl" for w in child.children if w.dep == "mark"):
        return True  # *Si le budget le permet, un guide sera publié*
    marks = [w for v in (word, *verbs[:1]) for w in v.children if w.dep in ("mark", "advmod", "case")]
    return any("conditions" in w.kinds for w in marks if w.i < word.i)


def first_conjunct(word: Word) -> Word:
    """The word that opens the list in which a word stands, the word itself where it stands in none."""
    while word.dep == "conj" and word.head.i < word.i:
        word = word.head
    return word


def _conjuncts(word: Word) -> list[Word]:
    """The other words of the list in which a word stands."""
    first = word
    while first.dep == "conj" and first.head is not first:
        first = first.head
    listed = [first]
    for each in listed:  # grows while it is read
        if len(listed) >= _MOST_LISTED:
            break  # else a text that is one list would cost the square of its length
        listed += [w for w in each.children if w.dep == "conj" and w.i > each.i]
    return [w for w in listed if w is not word]


@lru_cache
def relatives(language: Language) -> re.Pattern[str]:
    """The relative pronouns of a language, which open a clause of their own."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, language.section('events')['relatives']))})\b", re.IGNORECASE)


def roles_of(root: Word, language: Language) -> list[Role]:
    """The roles that the grammar gives to what a word, the root of a name, stands for."""
    section = language.section("events")
    verb, is_acted_upon = _verb_of(first_conjunct(root), section["agent_words"])
    if verb is None:
        return []
    passive = section["object_roles"]
    return [role for role, lemmas in section["roles"].items() if verb.lemma in lemmas and (role in passive) == is_acted_upon]


def _verb_of(noun: Word, agents: Sequence[str]) -> tuple[Word | None, bool]:
    """The verb a noun depends on, and whether the noun is what the verb acts upon."""
    if noun.dep == "pobj" and noun.head.lower in agents:
        return noun.head.head, False
    if noun.dep in ("obl:agent", "nsubj") or (noun.dep.startswith("obl") and any(w.lower in agents for w in noun.children)):
        return noun.head, False
    if noun.dep in ("obj", "dobj", "nsubj:pass", "nsubjpass"):
        return noun.head, True
    return None, False
