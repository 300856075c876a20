"""How likely a telling is to be a real occurrence: the signs that its sentence gives, and what each is worth.

The weights in signs.csv are log-odds, fitted on texts of our own by
`python tests/fit_signs.py --write`; their sum over the signs that hold, put
through the logistic function, is a probability.
"""

from __future__ import annotations

import csv
import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from extractors.syntax import Word

if TYPE_CHECKING:
    from extractors.arguments import Telling
    from extractors.scene import Scene, Setting

_SURPLUSES = tuple((n, f"surplus at least {n}") for n in range(-4, 6))  # evidence beyond need
_NEEDS = tuple((n, f"need at least {n}") for n in range(1, 5))
_CROWDS = tuple((n, f"at least {n} triggers in sentence") for n in (3, 5, 7))
_SLOPE, _EVEN = 0.7, 0.1  # evidence that just meets the need is a little likelier right than wrong
_FEW_DAYS, _LONG_DAYS = 15, 400  # between an event and the day of publication: news, and history
_QUOTED = re.compile(r"[»”\"]\s?,\s?(?:\w+\s){0,3}$")  # *« … », a lancé la maire*
_BEFORE = 30
_MATES = 20  # triggers on either side in its sentence that a telling looks at: a sentence of a hostile text has thousands
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
_OF_NOUN = tuple((name, f"is_{name}") for name in ("definite", "demonstrative", "indefinite", "counted", "topic", "vague"))
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


@lru_cache
def weights() -> Mapping[str, float]:
    """Log-odds of each sign; "always" is the intercept."""
    rows = csv.DictReader((files(__name__.rpartition(".")[0]) / "signs.csv").read_text(encoding="utf-8").splitlines())
    return {row["sign"]: float(row["weight"]) for row in rows}


def log_odds(signs: Iterable[str]) -> float:
    """Sum of the weights of the signs that hold; above 0 an event is likelier than not."""
    known = weights()
    return known["always"] + sum(known.get(sign, 0.0) for sign in signs)


def log_odds_of_evidence(surplus: int) -> float:
    """The same from evidence over need alone: for a text of one paragraph, which has no heading, place or neighbours to go by."""
    return _SLOPE * (surplus + _EVEN)


def probability(odds: float) -> float:
    """The logistic function of log-odds."""
    return 1 / (1 + math.exp(-odds))


def confidence(odds: float, tellings: int) -> float:
    """How often an event with such log-odds of its surest telling, told so many times, is right; calibrated on documents held out."""
    known = weights()
    told_again = known.get("event: told again", 0.0) if tellings > 1 else 0.0
    return probability(known.get("event: always", 0.0) + known.get("event: log-odds", 1.0) * odds + told_again)


def read(told: Telling, word: Word, setting: Setting, scene: Scene) -> Iterator[str]:
    """Names of the signs that a telling shows, each once."""
    entry = told.trigger.entry
    surplus = told.surplus
    yield from [name for n, name in _SURPLUSES if surplus >= n]
    yield from [name for n, name in _NEEDS if entry.need >= n]
    yield f"type {entry.type}"
    yield from _own(entry.type, told.lemma, entry.words[0])
    yield f"{entry.word_class}"
    yield f"{entry.word_class} {_DEPENDENCIES.get(word.dep, 'other')}"
    yield from _of_clause(told)
    yield from _of_noun(told, word)
    yield from _of_arguments(told, scene)
    yield from _of_position(told, scene)
    yield from _of_sentence(told, word, setting, scene)


@lru_cache(maxsize=10_000)
def _own(kind: str, lemma: str, entry: str) -> tuple[str, str]:
    """The word itself and the entry that it belongs to: what each is worth where it was seen often enough."""
    return f"word {kind}:{lemma}", f"entry {kind}:{entry}"


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
        words[told.trigger.type, told.lemma].add(told)
        types[told.trigger.type].add(told)
    for told in tellings:
        mates[told.sentence].append(told)
    known, counts = weights(), len(scene.paragraphs) > 1
    passed: Counter[tuple[int, int]] = Counter()
    for told in tellings:
        at = passed[told.sentence]
        passed[told.sentence] += 1
        beside = mates[told.sentence][max(0, at - _MATES) : at + _MATES + 1]
        told_again = _of_others(told, words[told.trigger.type, told.lemma], types[told.trigger.type])
        added = tuple(dict.fromkeys((*told_again, *_of_mates(told, beside, scene))))
        told.signs += added
        told.log_odds += sum(known.get(sign, 0.0) for sign in added) if counts else 0.0
    return list(tellings)


def _of_others(told: Telling, word: _Count, kind: _Count) -> Iterator[str]:
    """Whether the text tells of the like elsewhere, and how surely."""
    for names, count in zip(_AGAIN, (word, kind), strict=True):
        yield names[min(count.all, len(names)) - 1]
    is_sure = told.surplus >= _SURE
    if kind.sure > is_sure:
        yield "type sure elsewhere"
    if word.sure > is_sure:
        yield "word sure elsewhere"
    if kind.headings > told.is_heading:
        yield "type in heading elsewhere"
    if word.past > (told.clause.tense == "past"):
        yield "word past elsewhere"


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


def _of_clause(told: Telling) -> Iterator[str]:
    clause = told.clause
    yield f"tense {clause.tense or 'none'}"
    yield from [name for name, field in _OF_CLAUSE if getattr(clause, field)]
    if told.trigger.entry.word_class == "verbs":
        yield f"verb, tense {clause.tense or 'none'}"
    if told.moment is None:
        yield f"undated, tense {clause.tense or 'none'}"


def _of_noun(told: Telling, word: Word) -> Iterator[str]:
    yield from [name for name, field in _OF_NOUN if getattr(told, field)]
    if told.trigger.entry.word_class == "nouns":
        is_plural = "Number=Plur" in word.morph
        is_bare = not any(w.pos in ("DET", "NUM") or w.dep == "poss" for w in word.children)
        yield "plural" if is_plural else "singular"
        yield from ("bare plural" if is_plural else "bare singular",) if is_bare else ()
        yield from ("proper noun",) if word.pos == "PROPN" else ()


def _of_arguments(told: Telling, scene: Scene) -> Iterator[str]:
    yield "located" if told.is_located else "near a place" if told.places else "nowhere"
    yield "with organisations" if told.organisations else "without organisations"
    moment = told.moment
    yield f"fineness {moment.fineness}" if moment is not None else "undated"
    if moment is None:
        return
    yield from ("date tied",) if told.is_dated else ()
    yield from ("open date",) if moment.is_open else ()
    yield from ("expected",) if told.is_expected else ()
    if scene.published is not None and moment.end is not None:
        days = (scene.published - moment.end).days
        yield from ("recent",) if 0 <= days < _FEW_DAYS else ("long past",) if days > _LONG_DAYS else ()


def _of_position(told: Telling, scene: Scene) -> Iterator[str]:
    yield from ("heading",) if told.is_heading else ("brief",) if told.is_brief else ()
    if told.paragraph == 0:
        yield "first paragraph"
    elif told.paragraph == 1:
        yield "second paragraph"
    if told.trigger.start * 3 > len(scene.text) * 2:
        yield "last third"
    if told.sentence[0] == scene.paragraphs[told.paragraph][0]:
        yield "opens paragraph"
    if told.paragraph > 0 and told.lemma in scene.title:
        yield "word of the title"


def _of_sentence(told: Telling, word: Word, setting: Setting, scene: Scene) -> Iterator[str]:
    sentence, marks = setting.sentence, scene.quotation_marks
    if (bisect_left(marks, told.trigger.start) - bisect_left(marks, scene.paragraphs[told.paragraph][0])) % 2:
        yield "in quotation"
    if _QUOTED.search(scene.text, max(told.sentence[0], told.trigger.start - _BEFORE), told.trigger.start):
        yield "after a quotation"
    yield from [name for n, name in _CROWDS if setting.triggers >= n]
    if not sentence.has_verb:
        yield "no verb in sentence"
    if sentence.words[-1].lower == "?":
        yield "question"
    if "second_person" in sentence.kinds:
        yield "addresses the reader"
    if not sentence.forms.isdisjoint(told.trigger.entry.cues):
        yield "cue in sentence"
    if any(w.dep.startswith("nsubj") and w.pos == "PROPN" for w in word.children):
        yield "named subject"
    if any(w.like_num for w in word.below()):
        yield "number below"
