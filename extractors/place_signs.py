"""A second opinion on names: a place after all, or none, by the signs of the name, of the words around it and of its document.

What the rules of places.py say is a sign among others. Each has a weight in
place_signs.csv, fitted on texts of our own by `python tests/fit_places.py --write`;
where their sum is plainly against the rules, they are overruled. Plainly, since
those texts are of one house: where the two nearly agree, the rules know more of
the manners of the press.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from extractors import gazetteers, weighing
from extractors.place_reading import (
    LONGEST_ACRONYM,
    Reading,
    Word,
    context_of,
    entity_end,
    is_mixed_case,
    is_something_else,
    is_whole_entity,
    label_of,
    longest_known,
    modifies_event,
    renown_of,
    same_entity,
)
from extractors.spans import Cover, Mention, Span
from extractors.weighing import Signs

TABLE = "place_signs.csv"
_AGAINST = -3.0  # log-odds below which what the rules call a place is none
_FOR = {True: 1.0, False: 1.5}  # those above which what they do not is one: of a name of the gazetteer, and of no table
# Log-odds of some signs of a place, and of none, from which the others are not asked for: of 140 overruled in our texts none was lost.
_FAR = {True: 1.5, False: -3.5}
_SPEAKS = 0.5  # confidence from which a name tells of its document's countries
_SHORT = 4  # letters
_NAMESAKES = 4  # places of a name from which there are many
_TAGS = "parts of speech"  # where a Doc keeps them

_bundle = weighing.bundle(TABLE)


class Name(NamedTuple):
    """A name that may be a place: words `first` to `last` of a reading that starts at an offset.

    verdict: the confidence that the rules have in it as a place, 0 where they have none. previous: what they took for a place before it.
    """

    reading: Reading
    offset: int
    first: int
    last: int
    is_known: bool
    verdict: float
    previous: Mention | None

    @property
    def words(self) -> Sequence[Word]:
        return self.reading.words[self.first : self.last + 1]

    @property
    def text(self) -> str:
        return self.reading.span(self.first, self.last)

    @property
    def within(self) -> Span:
        """Where it stands in its reading."""
        return self.reading.words[self.first].start, self.reading.words[self.last].end

    @property
    def span(self) -> Span:
        """Where it stands in the view."""
        start, end = self.within
        return start + self.offset, end + self.offset


def reviewed(readings: Sequence[tuple[int, Reading]], found: Sequence[Mention]) -> list[Mention]:
    """The mentions that the rules have found, without those and with those of which they are overruled.

    readings: of all passages of a document, each with the offset of its passage; found: in order, none touching another.
    """
    names = list(names_of(readings, found))
    document = Document.of(readings, names)
    kept = {m.span: m for m in found}
    for number, name in enumerate(names):
        odds = _odds(number, document)
        if name.verdict and odds < _AGAINST and not _is_settled(name):
            del kept[name.span]
        elif not name.verdict and odds > _FOR[name.is_known] and not _is_settled(name):
            kept[name.span] = Mention(*name.span, "gazetteer" if name.is_known else "introduced", round(weighing.probability(odds), 2))
    return sorted(kept.values(), key=lambda m: m.span)


def _odds(number: int, document: Document) -> float:
    """Sum of the weights of a name's signs, or of the first of them where the others can hardly be against those and the rules."""
    odds, is_place = weighing.weights(TABLE)["always"], document.names[number].verdict > 0
    for bundle in signs_of(number, document):
        odds += bundle.worth
        if odds > _FAR[True] if is_place else odds < _FAR[False]:
            break
    return round(odds, weighing.DECIMALS)


def names_of(readings: Sequence[tuple[int, Reading]], found: Sequence[Mention]) -> Iterator[Name]:
    """The names of a document that may be places, in order: those of the gazetteer, and of no table what spaCy calls a name.

    What lies inside a longer mention, or across one, is that one's.
    """
    for offset, reading in readings:
        first, end = (bisect_left(found, at, key=lambda m: m.start) for at in (offset, offset + len(reading.text)))
        mentions = [m.shifted(-offset) for m in found[first:end]]
        known = [_name(offset, reading, pair, mentions, is_known=True) for pair in _known(reading)]
        cover = Cover(name.within for name in known)
        unknown = [_name(offset, reading, pair, mentions, is_known=False) for pair in _unknown(reading)]
        free = [name for name in unknown if not cover.touches(name.within) and not gazetteers.is_known(name.text)]
        rules = Cover(m.span for m in mentions)
        yield from sorted((n for n in (*known, *free) if n.verdict or not rules.touches(n.within)), key=lambda n: n.first)


def _name(offset: int, reading: Reading, words: tuple[int, int], found: Sequence[Mention], *, is_known: bool) -> Name:
    span = reading.words[words[0]].start, reading.words[words[1]].end
    at = bisect_left(found, span, key=lambda m: m.span)
    verdict = found[at].confidence if at < len(found) and found[at].span == span else 0.0
    return Name(reading, offset, *words, is_known, verdict, found[at - 1] if at else None)


def _known(reading: Reading) -> Iterator[tuple[int, int]]:
    """First and last words of the longest names of the gazetteer."""
    index = 0
    while index < len(reading.words):
        last = longest_known(reading, index)
        if last is not None:
            yield index, last
            index = last
        index += 1


def _unknown(reading: Reading) -> Iterator[tuple[int, int]]:
    """First and last words of spaCy's entities, from capital to capital, and of what else it takes for proper nouns."""
    tags = Tags.of(reading)
    index = 0
    while index < len(reading.words):
        word = reading.words[index]
        is_inside = index > 0 and same_entity(reading, index - 1) and reading.words[index - 1].is_capital
        if not word.is_capital or is_inside or not (word.label or tags.at(word.start) == "PROPN"):
            index += 1
            continue
        last = entity_end(reading, index)
        while not word.label and _goes_on(reading, last, tags):
            last += 1
        yield index, last
        index = last + 1


def _goes_on(reading: Reading, last: int, tags: Tags) -> bool:
    """Whether a proper noun of no entity is followed by another."""
    if last + 1 >= len(reading.words) or reading.gap(last) != " ":
        return False
    following = reading.words[last + 1]
    return following.is_capital and not following.label and tags.at(following.start) == "PROPN"


def _is_settled(name: Name) -> bool:
    """Whether the rules leave no doubt that it is none, or have it in the name of an event: *San Diego Summit*."""
    reading, first, last = name.reading, name.first, name.last
    return modifies_event(reading, last) or is_something_else(reading, first, last) or (not name.is_known and is_mixed_case(name.text))


# ------------------------------------------------------------------ what is known of a document


@dataclass(frozen=True, slots=True)
class Tags:
    """The parts of speech of a passage, by where its tokens start."""

    starts: Sequence[int]
    tags: Sequence[str]

    @classmethod
    def of(cls, reading: Reading) -> Tags:
        """Those that spaCy has given, taken out of the Doc when first asked for; none where it has not read the passage."""
        if reading.doc is None:
            return cls((), ())
        if _TAGS not in reading.doc.user_data:
            rows, name = reading.doc.to_array(["IDX", "POS"]).tolist(), reading.doc.vocab.strings
            reading.doc.user_data[_TAGS] = cls([start for start, _ in rows], [name[tag] for _, tag in rows])
        tags: Tags = reading.doc.user_data[_TAGS]
        return tags

    def at(self, offset: int, by: int = 0) -> str:
        """The part of speech of the token that starts at an offset, or of one before or behind it; "none" where there is none."""
        index = bisect_left(self.starts, offset) + by
        return self.tags[index] if 0 <= index < len(self.tags) else "none"


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """What the names of a document tell of each other.

    keys: of each name, the same for its other spellings. verdicts: of all names of a key, how many
    the rules take for places, and how many they do not. homes: by country, how many names are surely
    there. lower: words that stand in small letters.
    """

    names: Sequence[Name]
    keys: Sequence[str]
    verdicts: Counter[tuple[str, bool]] = field(default_factory=Counter)
    homes: Counter[str] = field(default_factory=Counter)
    lower: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, readings: Sequence[tuple[int, Reading]], names: Sequence[Name]) -> Document:
        """What can be told before any of them is weighed."""
        document = cls(names, [gazetteers.normalise(name.text) for name in names])
        for key, name in zip(document.keys, names, strict=True):
            document.verdicts[key, name.verdict > 0] += 1
            document.homes.update(document.countries(name))
        document.lower.update(word.text for _, reading in readings for word in reading.words if word.text[0].islower())
        return document

    def countries(self, name: Name) -> frozenset[str]:
        """The country that a name leaves no doubt about, if it is surely a place."""
        return _facts(name.text, name.reading.cues.language.code).home if name.verdict > _SPEAKS else frozenset()

    def elsewhere(self, number: int) -> str:
        """What the rules say of the same name at other places."""
        key, is_place = self.keys[number], self.names[number].verdict > 0
        places, others = self.verdicts[key, True] - is_place, self.verdicts[key, False] - (not is_place)
        return "a place and none" if places and others else "a place" if places else "none" if others else "not named"

    def is_at_home(self, name: Name) -> bool:
        """Whether a place of its name lies in a country that other names speak of."""
        own = self.countries(name)
        return any(self.homes[country] > (country in own) for country in _facts(name.text, name.reading.cues.language.code).countries)


class Facts(NamedTuple):
    """What the gazetteer has of a name in a language. power: of ten, of the inhabitants of the largest; home: the only country that has one."""

    renown: int
    kinds: tuple[str, ...]
    is_capital: bool
    power: int
    namesakes: int
    is_in_language: bool
    countries: frozenset[str]
    home: frozenset[str]


@lru_cache(maxsize=20_000)
def _facts(name: str, code: str) -> Facts:
    found = gazetteers.candidates(name)
    spoken = [c for c in found if code in c.languages]
    known = [c for c in found if c.languages]
    home = {c.country for c in known if c.kind == "country"} or {c.country for c in known}
    return Facts(
        renown_of(found, code),
        tuple(sorted({c.kind for c in spoken})),
        any(c.is_capital for c in spoken),
        int(math.log10(max((c.population for c in found), default=0) + 1)),
        min(len(found), _NAMESAKES),
        bool(spoken),
        frozenset(c.country for c in known if c.country is not None),
        frozenset(c for c in home if c is not None) if len(home) == 1 else frozenset(),
    )


# ------------------------------------------------------------------ the signs


def signs_of(number: int, document: Document) -> Iterator[Signs]:
    """Everything that speaks for or against a name of a document, in bundles, those first that cost least to tell."""
    name = document.names[number]
    reading, first, last, words = name.reading, name.first, name.last, name.words
    code, text = reading.cues.language.code, name.text
    facts = _facts(text, code)
    label = f"{label_of(words) or 'no label'}, {'whole' if is_whole_entity(words) else 'part'}"
    kind = "known" if name.is_known else "unknown"
    home = "at home" if document.is_at_home(name) else "not at home"
    yield _of_verdict(code, label, round(name.verdict, 1))
    yield _of_name(code, kind, label, *facts[:6])
    yield _of_form(code, _form(text, words))
    yield _of_document(code, label, document.elsewhere(number), home, text.lower() in document.lower, _is_personal(name))
    tags, (start, end) = Tags.of(reading), name.within
    yield _of_words(code, kind, label, tags.at(start), tags.at(words[-1].start), tags.at(start, -1), tags.at(end), _company(name))
    context = f"context {context_of(reading, first, last, name.previous)}"
    yield _of_place(code, kind, label, facts.renown, facts.power, home, context, reading.opens_sentence(first))


def _form(text: str, words: Sequence[Word]) -> tuple[str, ...]:
    """How a name is written."""
    is_shouted = text.isupper()
    named = {
        "in capitals": is_shouted,
        "like an acronym": is_shouted and len(text) <= LONGEST_ACRONYM,
        "with a hyphen": "-" in text,
        "short": len(text) <= _SHORT,
        f"{min(len(words), 3)} words": True,
    }
    return tuple(sign for sign, holds in named.items() if holds)


def _company(name: Name) -> tuple[bool, bool]:
    """Whether a capital stands right before a name, and whether one does behind it."""
    reading, first, last = name.reading, name.first, name.last
    before = first > 0 and reading.words[first - 1].is_capital and reading.gap(first - 1) == " "
    after = last + 1 < len(reading.words) and reading.words[last + 1].is_capital and reading.gap(last) == " "
    return before, after


def _is_personal(name: Name) -> bool:
    """Whether a word of it belongs to a person of the document."""
    return any(word.text in name.reading.people for word in name.words if word.is_capital)


def _in_both(code: str, *signs: str) -> Iterator[str]:
    """Signs, each for all languages and for its own."""
    for sign in signs:
        yield sign
        yield f"{code}: {sign}"


@_bundle
def _of_name(
    code: str, kind: str, label: str, renown: int, kinds: tuple[str, ...], is_capital: bool, power: int, namesakes: int, is_in_language: bool
) -> Iterator[str]:
    yield from _in_both(code, kind, label, f"{label}, renown {renown}", f"{kind}, {label}", f"renown {renown}", f"power {power}", f"power {power}, {label}")
    yield from _in_both(code, *kinds, f"{namesakes} of the name", *(["capital"] if is_capital else []), *([] if is_in_language else ["of another language"]))


@_bundle
def _of_form(code: str, form: tuple[str, ...]) -> Iterator[str]:
    yield from _in_both(code, *form)


@_bundle
def _of_place(code: str, kind: str, label: str, renown: int, power: int, home: str, context: str, is_first: bool) -> Iterator[str]:
    yield from _in_both(code, context, f"{context}, {kind}", f"{context}, {label}", f"{context}, renown {renown}", f"{context}, power {power}")
    yield from _in_both(code, f"{home}, {context}")
    if is_first:
        yield from _in_both(code, "opens", f"opens, {kind}", f"opens, {label}", f"opens, {label}, renown {renown}")


@_bundle
def _of_words(code: str, kind: str, label: str, own: str, last: str, before: str, after: str, company: tuple[bool, bool]) -> Iterator[str]:
    yield from _in_both(code, f"is {own}", f"ends in {last}")
    for side, tag, is_capital in zip(("before", "behind"), (before, after), company, strict=True):
        yield from _in_both(code, f"{tag} {side}", f"{tag} {side}, {kind}", f"{tag} {side}, {label}")
        if is_capital:
            yield from _in_both(code, f"capital {side}", f"capital {side}, {label}")


@_bundle
def _of_document(code: str, label: str, elsewhere: str, home: str, is_word: bool, is_personal: bool) -> Iterator[str]:
    yield from _in_both(code, f"elsewhere {elsewhere}", home, f"{home}, {label}")
    if is_word:
        yield from _in_both(code, "a word of the document")
    if is_personal:
        yield from _in_both(code, "a person of the document")


@_bundle
def _of_verdict(code: str, label: str, verdict: float) -> Iterator[str]:
    yield from _in_both(code, f"rules {verdict:.1f}", f"rules {verdict:.1f}, {label}")
