"""How the clause around a trigger tells it: tense, certainty, negation, habit, support verb."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from extractors.document import Passage
from extractors.languages import Language
from extractors.records import Role
from extractors.spans import Span

if TYPE_CHECKING:
    from spacy.tokens import Token

Tense = Literal["past", "present", "future"]
_VERBAL = ("VERB", "AUX")
_ARGUMENTS = ("nsubj", "obj", "dobj", "attr")  # dependents that a verb acts on or that act
_CONDITION_WINDOW = 5  # tokens before a word in which *in case of* makes it a mere possibility
_NEXT_VERB = 6  # tokens within which the verb of an opening pronoun stands
_DENIAL = 4  # tokens between a verb and its negation
_CLIMB = 6  # heads to climb from a noun to the verb that carries it


@dataclass(frozen=True, slots=True)
class Clause:
    """What the grammar around a trigger says of it.

    tense: of the finite verb that governs it, None in a clause without one.
    is_supported: a verb such as *hold* or *avoir lieu* makes the noun happen.
    is_passing: a participle that only qualifies a noun (*a programme funded by*).
    """

    tense: Tense | None = None
    is_possible: bool = False
    is_negated: bool = False
    is_habitual: bool = False
    is_conditional: bool = False
    is_supported: bool = False
    is_passing: bool = False
    is_infinitive: bool = False
    is_announced: bool = False
    is_cancelled: bool = False
    is_postponed: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Cues:
    """The [events] section of a language, as sets."""

    words: Mapping[str, frozenset[str]]

    def has(self, kind: str, token: Token) -> bool:
        """Whether a token, by lemma or form, is one of a kind of cue."""
        words = self.words[kind]
        return token.lemma_.lower() in words or token.lower_ in words


@lru_cache
def cues(language: Language) -> Cues:
    """The cue words of a language, compiled once."""
    section: Mapping[str, Any] = language.section("events")
    return Cues({name: frozenset(words) for name, words in section.items() if isinstance(words, list)})


def read(token: Token, sentence: Sequence[Token], language: Language) -> Clause:
    """The clause of one trigger token, read within its own sentence."""
    known = cues(language)
    verbs = list(_governing_verbs(token, sentence))
    finite = next((v for v in verbs if _tense(v, known) is not None), None)
    tense = _tense(finite, known) if finite is not None else None
    lower = " ".join(t.lower_ for t in sentence)
    is_headline = _is_headline_participle(token, sentence)
    near = [t for v in verbs for t in (v, *v.children)] or list(sentence)
    undone = _undone(token, verbs, sentence, known)
    return Clause(
        tense="past" if finite is None and is_headline else tense,
        is_possible=any(known.has("possible", t) or "Mood=Cnd" in str(t.morph) for t in near if t.i < token.i or t.head.i == token.i),
        is_negated=any(known.has("negation_needed", t) for t in token.children)
        or undone is None
        and any(known.has("negation_needed", t) and abs(t.i - (finite or token).i) <= 4 for t in near),
        is_habitual=_holds(lower, known.words["habits"]),
        is_conditional=_is_conditional(token, verbs, known),
        is_supported=any(known.has("support", v) for v in verbs[:2] if v.i != token.i),
        is_passing=is_passing(token) and not (finite is None and is_headline),
        is_infinitive=_is_infinitive(token, known),
        is_announced=any(known.has("planned", t) for t in (*near, *token.children)) or _holds(lower, known.words["planned_phrases"]),
        is_cancelled=undone == "cancelled",
        is_postponed=undone == "postponed",
    )


def _undone(token: Token, verbs: Sequence[Token], sentence: Sequence[Token], known: Cues) -> Literal["cancelled", "postponed"] | None:
    """Whether its own verb, noun, label or the next sentence's pronoun says that it is put off or called off.

    Put off wins where both are said: *annulée et reportée au 3 mai*.
    """
    carriers = [t for t in _carriers(token, verbs, sentence) if not any(known.has("negation_needed", child) for child in t.children)]
    carriers += [t for carrier in carriers for t in carrier.conjuncts]
    phrases = [" ".join(t.lower_ for t in carrier.doc[carrier.i : carrier.i + 5]) + " " for carrier in carriers]
    for kind in ("postponed", "cancelled"):
        if any(known.has(kind, t) for t in carriers):
            return kind
        if any(phrase.startswith(f"{words} ") for phrase in phrases for words in known.words[f"{kind}_phrases"]):
            return kind
    return "cancelled" if _comes_to_nothing(token, verbs, known) else None


def _carriers(token: Token, verbs: Sequence[Token], sentence: Sequence[Token]) -> Iterator[Token]:
    """The words that can say of a trigger that it is off: above it, a participle on it, a label beside it, *Il est reporté*."""
    own = [v for v in verbs if v.i != token.i][:1]
    if own and (token.pos_ in _VERBAL or token.dep_.startswith(_ARGUMENTS) or first_conjunct(token).dep_.startswith(_ARGUMENTS)):
        yield from own
    if own and own[0].dep_ in ("xcomp", "acl", "ccomp") and token.dep_.startswith(_ARGUMENTS):
        yield own[0].head
    yield token.head.head if token.head.pos_ == "ADP" else token.head
    yield from (t for t in token.children if "VerbForm=Part" in str(t.morph) or t.dep_ == "amod")
    words = [t for t in sentence if t.is_alpha]
    if words and not any(t.pos_ == "AUX" for t in sentence):  # *CANCELLED: the tour*, *Visite du fort (annulée)*
        yield from (words[0], words[-1])
    yield from _of_next_pronoun(sentence)


def _of_next_pronoun(sentence: Sequence[Token]) -> Iterator[Token]:
    """The verb of a next sentence that opens with a pronoun, in the same paragraph."""
    doc, end = sentence[-1].doc, sentence[-1].i + 1
    if end < len(doc) and doc[end].pos_ == "PRON":  # that sentence may hold no trigger, and so have no parse
        yield from itertools.takewhile(lambda t: t.pos_ != "NOUN" and not t.is_punct, doc[end + 1 : end + _NEXT_VERB])


def _comes_to_nothing(token: Token, verbs: Sequence[Token], known: Cues) -> bool:
    """Whether what makes it happen is denied: *n'aura pas lieu*, *will not go ahead*; but not *aucune réunion*."""
    if any(known.has("negation_needed", t) for t in token.children) or not token.dep_.startswith("nsubj"):
        return False
    verb = next((v for v in verbs if v.i != token.i), None)
    if verb is None or verb.i < token.i or not known.has("happens", verb):
        return False
    return any(
        known.has("negation_needed", t) and abs(t.i - verb.i) <= _DENIAL for t in (*verb.children, *verb.doc[max(verb.i - _DENIAL, 0) : verb.i + _DENIAL])
    )


def _governing_verbs(token: Token, sentence: Sequence[Token]) -> Iterator[Token]:
    """The token itself if a verb, then the verbs above it, nearest first."""
    first, last = sentence[0].i, sentence[-1].i
    current = token
    for _ in range(_CLIMB):
        if current.pos_ in ("VERB", "AUX"):
            yield current
        if current.head.i == current.i or not first <= current.head.i <= last:
            return
        current = current.head


def _tense(verb: Token, known: Cues) -> Tense | None:
    """Tense of a verb with its auxiliaries; None for a bare infinitive or participle."""
    auxiliaries = [t for t in verb.children if t.pos_ == "AUX" or t.dep_.startswith(("aux", "cop"))]
    if any(known.has("future_auxiliaries", t) for t in auxiliaries) or any("Tense=Fut" in str(t.morph) for t in (verb, *auxiliaries)):
        return "future"
    form = str(verb.morph)
    if "VerbForm=Inf" in form and known.has("near_future", verb.head) and "Tense=Pres" in str(verb.head.morph):
        return "future"
    if "VerbForm=Part" in form:
        return _participle_tense(form, auxiliaries)
    if "VerbForm=Fin" in form or "Mood=Ind" in form:
        return "past" if "Tense=Past" in form or "Tense=Imp" in form else "present"
    return None


def _participle_tense(form: str, auxiliaries: Sequence[Token]) -> Tense | None:
    """Present only for a bare passive or progressive (*est prévu*, *are killed*, *is meeting*)."""
    if not auxiliaries:
        return None
    forms = [str(t.morph) for t in auxiliaries]
    if any("Tense=Past" in f or "Tense=Imp" in f for f in forms):
        return "past"
    is_compound = any(t.dep_ == "aux:tense" or t.lemma_ == "have" for t in auxiliaries)
    return "past" if is_compound else "present"


def is_passing(token: Token) -> bool:
    """A past participle that no auxiliary makes a statement of: *un programme financé par la région*."""
    if "VerbForm=Part" not in str(token.morph) or "Tense=Past" not in str(token.morph) or _has_auxiliary(token):
        return False
    return token.dep_ in ("acl", "amod", "advcl", "conj", "nmod")


def _has_auxiliary(verb: Token) -> bool:
    return any(t.pos_ == "AUX" or t.dep_.startswith("aux") for t in verb.children)


def _is_headline_participle(token: Token, sentence: Sequence[Token]) -> bool:
    """A participle in a line without finite verb or full stop tells like one: *Deux hommes arrêtés à Anvers*."""
    if "VerbForm=Part" not in str(token.morph) or "Tense=Past" not in str(token.morph) or sentence[-1].is_punct:
        return False
    return not any("VerbForm=Fin" in str(t.morph) for t in sentence)


def _is_infinitive(token: Token, known: Cues) -> bool:
    """A bare infinitive, unless near future (*va réunir*), recent past (*vient de*) or after an auxiliary."""
    if "VerbForm=Inf" not in str(token.morph):
        return False
    if any(t.pos_ == "AUX" for t in token.children):
        return False
    return not any(known.has(kind, token.head) for kind in ("near_future", "recent_past", "planned", "support"))


def _is_conditional(token: Token, verbs: Sequence[Token], known: Cues) -> bool:
    token = first_conjunct(token)
    if _holds(" ".join(t.lower_ for t in token.doc[max(token.i - _CONDITION_WINDOW, 0) : token.i]), known.words["condition_phrases"]):
        return True
    marks = [t for v in (token, *verbs[:1]) for t in v.children if t.dep_ in ("mark", "advmod", "case")]
    return any(known.has("conditions", t) for t in marks if t.i < token.i)


def first_conjunct(token: Token) -> Token:
    """The word that opens the list in which a token stands, the token itself where it stands in none."""
    while token.dep_ == "conj" and token.head.i < token.i:
        token = token.head
    return token


def _holds(lower: str, phrases: frozenset[str]) -> bool:
    padded = f" {lower} "
    return any(f" {p} " in padded for p in phrases)


@lru_cache
def relatives(language: Language) -> re.Pattern[str]:
    """The relative pronouns of a language, which open a clause of their own."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, language.section('events')['relatives']))})\b", re.IGNORECASE)


def roles_of(span: Span, passage: Passage) -> list[Role]:
    """The roles that the grammar gives to what a span of a passage names; offsets into the passage."""
    assert passage.doc is not None
    named = passage.doc.char_span(*span, alignment_mode="expand")
    if named is None:
        return []
    token = named.root
    token = first_conjunct(token)
    section = passage.language.section("events")
    verb, is_acted_upon = _verb_of(token, frozenset(section["agent_words"]))
    if verb is None:
        return []
    passive = frozenset(section["object_roles"])
    return [role for role, lemmas in section["roles"].items() if verb.lemma_.lower() in lemmas and (role in passive) == is_acted_upon]


def _verb_of(token: Token, agents: frozenset[str]) -> tuple[Token | None, bool]:
    """The verb a noun depends on, and whether the noun is what the verb acts upon."""
    if token.dep_ == "pobj" and token.head.lower_ in agents:
        return token.head.head, False
    if token.dep_ in ("obl:agent", "nsubj") or (token.dep_.startswith("obl") and any(t.lower_ in agents for t in token.children)):
        return token.head, False
    if token.dep_ in ("obj", "dobj", "nsubj:pass", "nsubjpass"):
        return token.head, True
    return None, False
