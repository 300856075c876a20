"""How likely a telling is to be a real occurrence: the signs that its sentence gives, and what each is worth.

The weights in signs.csv are log-odds, fitted on texts of our own by
`python tests/fit_signs.py --write`; their sum over the signs that hold, put
through the logistic function, is a probability. They come in bundles: what holds
together is put into words, and weighed, once for all tellings of which it holds.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from extractors import weighing
from extractors.clauses import Clause
from extractors.syntax import Sentence, Word
from extractors.weighing import Signs

if TYPE_CHECKING:
    from extractors.arguments import Telling
    from extractors.scene import Scene, Setting

TABLE = "signs.csv"
_SURPLUSES = tuple((n, f"surplus at least {n}") for n in range(-4, 6))  # evidence beyond need
_NEEDS = tuple((n, f"need at least {n}") for n in range(1, 5))
_CROWDS = tuple((n, f"at least {n} triggers in sentence") for n in (3, 5, 7))
_SLOPE, _EVEN = 0.7, 0.1  # evidence that just meets the need is a little likelier right than wrong
_FEW_DAYS, _LONG_DAYS = 15, 400  # between an event and the day of publication: news, and history
_QUOTED = re.compile(r"[»”\"]\s?,\s?(?:\w+\s){0,3}$")  # *« … », a lancé la maire*
_BEFORE = 30
_AROUND = (-2, -1, 1, 2)  # places of the words next to a trigger whose lemmas are signs
_MATES = 20  # triggers on either side in its sentence that a telling looks at: a sentence of a hostile text has thousands
_WEAK = -2  # evidence beyond need below which a telling says nothing of the others
_SURE = 3  # evidence beyond need from which a telling vouches for others of its word or type
_AGAIN = tuple(tuple(f"same {kind} again {n}" for n in range(most + 1)) for kind, most in (("word", 3), ("type", 4)))
_OF_CLAUSE = tuple(
    (name, f"is_{name}")
    for name in (
        "possible",
        "negated",
        "habitual",
        "conditional",
        "supported",
        "passing",
        "infinitive",
        "announced",
        "cancelled",
        "postponed",
        "ongoing",
        "called",
        "beginning",
    )
)
_OF_NOUN = ("definite", "demonstrative", "indefinite", "counted", "topic", "vague")
_OF_DATE = ("date tied", "open date", "expected")
_ELSEWHERE = ("type sure elsewhere", "word sure elsewhere", "type in heading elsewhere", "word past elsewhere")
_LIES = ("last third", "opens paragraph", "word of the title")
_SAYS = (
    "in quotation",
    "after a quotation",
    "no verb in sentence",
    "question",
    "addresses the reader",
    "cue in sentence",
    "named subject",
    "number below",
)
_DEPENDENCIES = {  # of the trigger word, the labels of both models brought together
    "nsubj": "subject",
    "nsubj:pass": "subject",
    "nsubjpass": "subject",
    "obj": "object",
    "dobj": "object",
    "ROOT": "root",
    "obl:mod": "oblique",
    "obl:arg": "oblique",
    "obl": "oblique",
    "pobj": "oblique",
    "nmod": "modifier",
    "compound": "modifier",
    "acl": "clause",
    "acl:relcl": "clause",
    "relcl": "clause",
    "advcl": "clause",
    "xcomp": "complement",
    "ccomp": "complement",
    "conj": "conjunct",
    "appos": "apposition",
}


_bundle = weighing.bundle(TABLE)


def log_odds(bundles: Iterable[Signs]) -> float:
    """Sum of the weights of the signs that hold; above 0 an event is likelier than not."""
    return weighing.total(weighing.weights(TABLE)["always"], bundles)


def log_odds_of_evidence(surplus: int) -> float:
    """The same from evidence over need alone: for a text of one paragraph, which has no heading, place or neighbours to go by."""
    return _SLOPE * (surplus + _EVEN)


def confidence(odds: float, tellings: int) -> float:
    """How often an event with such log-odds of its surest telling, told so many times, is right; calibrated on documents held out."""
    known = weighing.weights(TABLE)
    told_again = known.get("event: told again", 0.0) if tellings > 1 else 0.0
    return weighing.probability(known.get("event: always", 0.0) + known.get("event: log-odds", 1.0) * odds + told_again)


def read(told: Telling, word: Word, setting: Setting, scene: Scene) -> list[Signs]:
    """The signs that a telling shows, each once."""
    entry, clause = told.trigger.entry, told.clause
    noun = (entry.word_class, "Number=Plur" in word.morph, told.is_bare, word.pos == "PROPN") if entry.word_class == "nouns" else None
    return [
        _of_evidence(told.surplus, entry.need),
        _of_word(entry.type, told.lemma, entry.words[0], entry.word_class, word.dep),
        _of_clause(clause, entry.word_class, told.moment is None),
        _of_noun((told.is_definite, told.is_demonstrative, told.is_indefinite, told.is_counted, told.is_topic, told.is_vague), noun),
        _of_arguments(told.is_located, bool(told.places), bool(told.organisations), *_of_moment(told, scene)),
        _of_position(*_position(told, scene)),
        _of_sentence(*_sentence(told, word, setting, scene)),
        *_of_neighbours(word, setting.sentence),
    ]


@_bundle
def _of_evidence(surplus: int, need: int) -> Iterator[str]:
    yield from [name for n, name in _SURPLUSES if surplus >= n]
    yield from [name for n, name in _NEEDS if need >= n]


@_bundle
def _of_word(kind: str, lemma: str, entry: str, word_class: str, dependency: str) -> Iterator[str]:
    """The word itself and the entry that it belongs to: what each is worth where it was seen often enough."""
    yield f"type {kind}"
    yield f"word {kind}:{lemma}"
    yield f"entry {kind}:{entry}"
    yield word_class
    yield f"{word_class} {_DEPENDENCIES.get(dependency, 'other')}"


@dataclass(slots=True)
class _Count:
    """How many tellings of one word or type there are, how many are sure, in the past, in a heading."""

    all: int = 0
    sure: int = 0
    past: int = 0
    headings: int = 0

    def add(self, told: Telling) -> None:
        self.all += 1
        self.sure += told.surplus >= _SURE
        self.past += told.clause.tense == "past"
        self.headings += told.is_heading


def in_context(tellings: Sequence[Telling], scene: Scene) -> list[Telling]:
    """The tellings of a text, in reading order, given the signs that the others give, and what these are worth."""
    words: dict[tuple[str, str], _Count] = defaultdict(_Count)
    types: dict[str, _Count] = defaultdict(_Count)
    mates: dict[tuple[int, int], list[Telling]] = defaultdict(list)
    once = {(t.trigger.type, t.trigger.span): t for t in reversed(tellings)}  # a word may stand in several entries of a type
    for told in once.values():
        if told.surplus >= _WEAK:
            words[told.trigger.type, told.lemma].add(told)
            types[told.trigger.type].add(told)
    for told in tellings:
        if told.surplus >= _WEAK:
            mates[told.sentence].append(told)
    counts = len(scene.paragraphs) > 1
    passed: Counter[tuple[int, int]] = Counter()
    for told in tellings:
        at = passed[told.sentence]
        passed[told.sentence] += told.surplus >= _WEAK
        beside = mates[told.sentence][max(0, at - _MATES) : at + _MATES + 1]
        of_others = _of_others(*_others(told, words[told.trigger.type, told.lemma], types[told.trigger.type]))
        added = (of_others, _together(tuple(dict.fromkeys(_of_mates(told, beside, scene)))))
        told.bundles += added
        told.log_odds = weighing.total(told.log_odds, added) if counts else told.log_odds
    return list(tellings)


@_bundle
def _together(names: Sequence[str]) -> Iterator[str]:
    yield from names


def _others(told: Telling, word: _Count, kind: _Count) -> tuple[int, int, bool, bool, bool, bool]:
    """Whether the text tells of the like elsewhere, and how surely."""
    is_sure = told.surplus >= _SURE
    return (
        max(min(word.all, len(_AGAIN[0])), 1),
        max(min(kind.all, len(_AGAIN[1])), 1),
        kind.sure > is_sure,
        word.sure > is_sure,
        kind.headings > told.is_heading,
        word.past > (told.clause.tense == "past"),
    )


@_bundle
def _of_others(words: int, types: int, *holds: bool) -> Iterator[str]:
    yield from (names[count - 1] for names, count in zip(_AGAIN, (words, types), strict=True))
    yield from _named(_ELSEWHERE, holds)


def _of_mates(told: Telling, mates: Sequence[Telling], scene: Scene) -> Iterator[str]:
    """Which other triggers stand in its sentence, above it or below it in the parse, or on the same word."""
    kind, span = told.trigger.type, told.trigger.span
    rivals = [t for t in mates if t.trigger.span == span and t.trigger.type != kind]
    if rivals:
        yield "has rival"
        yield from (_pair("against", kind, t.trigger.type) for t in rivals)
        yield from ("beats rivals",) if told.surplus > max(t.surplus for t in rivals) else ()
    others = [t for t in mates if t.trigger.span != span and t.trigger.passage == told.trigger.passage]
    if not others:
        return
    besides = Counter(t.trigger.type for t in others)
    yield from (_pair("beside", kind, other) for other in besides)
    yield from ("same type in sentence",) if kind in besides else ()
    yield from ("first in sentence",) if all(t.trigger.start > told.trigger.start for t in others) else ()
    yield from _of_parse(told, others, scene)


def _of_parse(told: Telling, others: Sequence[Telling], scene: Scene) -> Iterator[str]:
    kind, entry = told.trigger.type, told.trigger.entry
    word = scene.words_of(told.trigger.passage)[told.trigger.token]
    above = {word.head.i, word.head.head.i} - {word.i}
    below = {w.i for child in word.children for w in (child, *child.children)}
    for other in others:
        if other.trigger.token in above:
            yield "under a trigger"
            yield _pair("under", kind, other.trigger.type)
            yield _pair("under", entry.word_class, other.trigger.entry.word_class)
        if other.trigger.token in below:
            yield "above a trigger"
            yield _pair("above", kind, other.trigger.type)


@lru_cache(maxsize=10_000)
def _pair(relation: str, mine: str, other: str) -> str:
    return f"{mine} {relation} {other}"


@_bundle
def _of_clause(clause: Clause, word_class: str, is_undated: bool) -> Iterator[str]:
    tense = clause.tense or "none"
    yield f"tense {tense}"
    yield from [name for name, field in _OF_CLAUSE if getattr(clause, field)]
    if word_class == "verbs":
        yield f"verb, tense {tense}"
    if is_undated:
        yield f"undated, tense {tense}"


@_bundle
def _of_noun(holds: Sequence[bool], noun: tuple[str, bool, bool, bool] | None) -> Iterator[str]:
    """noun: its word class, and whether it is plural, without determiner, a name; None of a verb."""
    yield from _named(_OF_NOUN, holds)
    if noun is not None:
        _, is_plural, is_bare, is_proper = noun
        number = "plural" if is_plural else "singular"
        yield number
        yield from (f"bare {number}",) if is_bare else ()
        yield from ("proper noun",) if is_proper else ()


def _of_moment(told: Telling, scene: Scene) -> tuple[int | None, bool, bool, bool, str | None]:
    """How fine its date is, whether it is tied to the word, open, to come, and how long past; the first None where there is none."""
    moment, age = told.moment, None
    if moment is None:
        return None, False, False, False, None
    if scene.published is not None and moment.end is not None:
        days = (scene.published - moment.end).days
        age = "recent" if 0 <= days < _FEW_DAYS else "long past" if days > _LONG_DAYS else None
    return moment.fineness, told.is_dated, moment.is_open, told.is_expected, age


@_bundle
def _of_arguments(
    is_located: bool, is_near: bool, has_organisations: bool, fineness: int | None, is_tied: bool, is_open: bool, is_expected: bool, age: str | None
) -> Iterator[str]:
    yield "located" if is_located else "near a place" if is_near else "nowhere"
    yield "with organisations" if has_organisations else "without organisations"
    yield f"fineness {fineness}" if fineness is not None else "undated"
    yield from _named(_OF_DATE, (is_tied, is_open, is_expected))
    yield from (age,) if age is not None else ()


def _position(told: Telling, scene: Scene) -> tuple[bool, bool, int, bool, bool, bool]:
    return (
        told.is_heading,
        told.is_brief,
        min(told.paragraph, 2),
        told.trigger.start * 3 > len(scene.text) * 2,
        told.sentence[0] == scene.paragraphs[told.paragraph][0],
        told.paragraph > 0 and told.lemma in scene.title,
    )


@_bundle
def _of_position(is_heading: bool, is_brief: bool, paragraph: int, *holds: bool) -> Iterator[str]:
    yield from ("heading",) if is_heading else ("brief",) if is_brief else ()
    yield from ("first paragraph", "second paragraph")[paragraph : paragraph + 1]
    yield from _named(_LIES, holds)


def _sentence(told: Telling, word: Word, setting: Setting, scene: Scene) -> tuple[int, tuple[bool, ...]]:
    """How many words of its sentence tell of events, and which of _SAYS hold."""
    sentence, marks, start = setting.sentence, scene.quotation_marks, told.trigger.start
    return (
        min(setting.triggers, _CROWDS[-1][0]),
        (
            (bisect_left(marks, start) - bisect_left(marks, scene.paragraphs[told.paragraph][0])) % 2 == 1,
            bool(marks) and _QUOTED.search(scene.text, max(told.sentence[0], start - _BEFORE), start) is not None,
            not sentence.has_verb,
            sentence.words[-1].lower == "?",
            "second_person" in sentence.kinds,
            not sentence.forms.isdisjoint(told.trigger.entry.cues),
            any(w.dep.startswith("nsubj") and w.pos == "PROPN" for w in word.children),
            sentence.has_number and any(w.like_num for w in word.below()),
        ),
    )


@_bundle
def _of_sentence(triggers: int, holds: Sequence[bool]) -> Iterator[str]:
    yield from [name for n, name in _CROWDS if triggers >= n]
    yield from _named(_SAYS, holds)


def _of_neighbours(word: Word, sentence: Sentence) -> Iterator[Signs]:
    """The words beside it, and what hangs on it: *est en réunion*, *le projet de loi*; each set of one sign, since few words have the same neighbours."""
    words = sentence.passage
    first, last = sentence.words[0].i, sentence.words[-1].i
    for place in _AROUND:
        at = word.i + place
        yield _neighbour(place, words[at].lemma if first <= at <= last else "")
    for child in {(w.dep, w.pos, w.entity): None for w in word.children}:
        yield _child(*child)


@_bundle
def _neighbour(place: int, lemma: str) -> Iterator[str]:
    yield f"word {place:+d}: {lemma}"


@_bundle
def _child(dependency: str, part_of_speech: str, entity: str) -> Iterator[str]:
    yield f"child {dependency} {part_of_speech} {entity}"


def _named(names: Sequence[str], holds: Sequence[bool]) -> Iterator[str]:
    return (name for name, is_so in zip(names, holds, strict=True) if is_so)
