"""What an event's title and sentence say in words, so that two languages can be compared.

A word is told by what both languages write alike: a row of linking.toml's table of
words that say the same (*santé*, *health*), else its first five letters (*policière*,
*policing*). Proper names and numbers stand for themselves.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from extractors import event_types, gazetteers, languages
from extractors.gazetteers.bodies import fold
from extractors.names.lexicon import lexicon, small_words
from extractors.spans import Span

_WORD = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)*[a-z]{0,3}|[^\W\d_]+(?:-[^\W\d_]+)*")
_CAPITALS = re.compile(r"[A-ZÀ-Þ][\w'’-]*(?: (?:d[eu]|of|[A-ZÀ-Þ][\w'’-]*))*")
_STATE_WORDS = 3  # of a country's name; longer ones are places in their own right
_ORDINAL = re.compile(r"(\d{1,3})([a-zè]{1,3})")
_ROMAN = re.compile(r"([IVX]{1,6})e")
_STEM = 5  # letters that the two languages share where they have a word in common: polic-, minis-, finan-
_LEAST = 3  # letters of a word that says something
_PLURALS = ("s", "x")
_DAY_NUMBERS, _YEARS = range(32), range(1900, 2100)  # numbers that a date is made of
_AROUND = 400  # characters: a paragraph of a post; of a longer one what stands near
_HEADLINE = 4  # words of a text of which most may have capitals for no reason
_REACH = 2  # words from an ordinal to the noun it counts: "the fifth Mediterranean Water Forum" has two between


@dataclass(frozen=True, slots=True)
class Wording:
    """Codes of the countries named, proper names and numbers, stems of the other words, all sorted; and the number of a session or edition."""

    states: tuple[str, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]
    series: int | None


def tell(title: str, text: str, span: Span, event_type: str, named: Sequence[str]) -> Wording:
    """What an event's title and the paragraph around its sentence say beyond type, days, places and organisations.

    named: the mentions of the document's entities as written; they are compared as what they are, not as words.
    """
    told = [_Text.of(title, named), _Text.of(_paragraph(text, span), named)]
    states = {*_states(title), *_states(text[slice(*span)])}
    spent = {part for name, _ in states for part in name_stems(name)}
    triggers = _trigger_stems(event_type)
    names = {name for part in told for name in part.names()} - _idle() - triggers - spent
    words = {word for part in told for word in part.words()} - _idle() - names - spent
    words = {word for word in words if not any(word[:size] in triggers for size in range(4, _STEM + 1))} - triggers
    series = next((n for part in told if (n := part.series()) is not None), None)
    return Wording(tuple(sorted({code for _, code in states})), tuple(sorted(names)), tuple(sorted(words)), series)


def _states(text: str) -> Iterator[tuple[str, str]]:
    """The countries that a text names by a name in use, as places or as those who act: name and code."""
    for found in _CAPITALS.finditer(text):
        words = found.group().split()
        for start in range(len(words)):
            for name in {" ".join(words[start : start + size]) for size in range(1, _STATE_WORDS + 1)}:
                if (code := _state(name)) is not None:
                    yield name, code


@lru_cache(maxsize=20_000)
def _state(name: str) -> str | None:
    first = next(iter(gazetteers.candidates(name.removesuffix("'s"))), None)
    return first.country if first is not None and first.kind == "country" and first.languages else None


def _paragraph(text: str, span: Span) -> str:
    """The line that holds a span, at most _AROUND characters of it before and after."""
    start = max(text.rfind("\n", 0, span[0]) + 1, span[0] - _AROUND)
    end = text.find("\n", span[1])
    return text[start : min(len(text) if end < 0 else end, span[1] + _AROUND)]


@lru_cache(maxsize=20_000)
def name_stems(name: str) -> tuple[str, ...]:
    """The stems of a name's words but the small ones, sorted: those of *ministère de la Santé* and *Ministry of Health* are the same."""
    words = [word for found in _WORD.finditer(name) for word in _parts(found.group())]
    return tuple(sorted({stem(w) for w in words if w not in small_words() and len(w) >= _LEAST}))


def _parts(word: str) -> list[str]:
    """A folded word, or its parts where it has a hyphen and is no word of the table: *croix* and *rouge*, but *dix-huit*."""
    folded = fold(word)
    return [folded] if folded in _table().alike else folded.split("-")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What a folded word is compared by: the first word of its row, else its first letters."""
    table = _table()
    for form in (word, word.rstrip("sx") if word.endswith(_PLURALS) else word):
        if form in table.alike:
            return table.alike[form]
    for size in range(min(len(word), table.longest), 2, -1):
        if word[:size] in table.openings:
            return table.openings[word[:size]]
    return word[:_STEM]


@lru_cache(maxsize=4_096)
def _whole(name: str) -> re.Pattern[str]:
    """A name that is not part of a longer word; of a document each event looks for the same ones."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as written, with entities blanked, and its words."""

    text: str
    found: tuple[re.Match[str], ...]

    @classmethod
    def of(cls, text: str, named: Sequence[str]) -> _Text:
        for name in sorted({n for n in named if n in text}, key=lambda n: (-len(n), n)):
            text = _whole(name).sub(" . ", text)
        return cls(text, tuple(_WORD.finditer(text)))

    def names(self) -> Iterator[str]:
        """Numbers, and words with a capital that do not open a sentence or are followed by another; none of the latter in an English Headline."""
        capitals = [found.group()[0].isupper() for found in self.found]
        is_headline = len(capitals) >= _HEADLINE and 3 * sum(capitals) > 2 * len(capitals)
        for at, found in enumerate(self.found):
            word = found.group()
            if word[0].isdigit():
                number = "".join(filter(str.isdigit, word))
                if int(number) not in _DAY_NUMBERS and int(number) not in _YEARS:
                    yield number
            elif capitals[at] and len(word) >= _LEAST and not is_headline and (not self._opens(found) or self._goes_on(at)):
                yield from (stem(part) for part in _parts(word) if len(part) >= _LEAST)

    def _goes_on(self, at: int) -> bool:
        """Whether a name goes on after a word: *Aïcha Diallo a été nommée*."""
        following = self.found[at + 1 : at + 2]
        return bool(following) and following[0].group()[0].isupper() and self.text[self.found[at].end() : following[0].start()] == " "

    def words(self) -> Iterator[str]:
        """Stems of the other words."""
        for found in self.found:
            if not found.group()[0].isdigit():
                yield from (stem(part) for part in _parts(found.group()) if len(part) >= _LEAST)

    def series(self) -> int | None:
        """5 of *le cinquième Forum*, *the 5th session*, *XIIe édition*."""
        table = _table()
        words = [fold(found.group()) for found in self.found]
        for at, found in enumerate(self.found):
            number = table.ordinals.get(words[at]) or _written_ordinal(found.group())
            if number is not None and set(words[at + 1 : at + 2 + _REACH]) & table.series:
                return number
        return None

    def _opens(self, found: re.Match[str]) -> bool:
        before = self.text[: found.start()].rstrip(" \"'«“(–—-")
        return not before or before[-1] in ".!?:\n…"


def _written_ordinal(word: str) -> int | None:
    found = _ORDINAL.fullmatch(word)
    if found is not None:
        return int(found[1]) if fold(found[2]) in _table().suffixes else None
    roman = _ROMAN.fullmatch(word)
    if roman is None:
        return None
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in roman[1]]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


# ---------------------------------------------------------------- the tables


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """Word → the first of its row; the beginnings likewise; ordinals, their suffixes, and what they count."""

    alike: Mapping[str, str]
    openings: Mapping[str, str]
    longest: int
    ordinals: Mapping[str, int]
    suffixes: frozenset[str]
    series: frozenset[str]


@lru_cache
def _table() -> _Table:
    raw = _raw()
    rows = [(word, row[0].rstrip("-")) for row in raw["words"]["alike"] for word in row]
    openings = {word.rstrip("-"): first for word, first in rows if word.endswith("-")}
    return _Table(
        alike={word: first for word, first in rows if not word.endswith("-")},
        openings=openings,
        longest=max(map(len, openings)),
        ordinals={word: number for number, row in enumerate(raw["series"]["ordinals"], 1) for word in row},
        suffixes=frozenset(raw["series"]["suffixes"]),
        series=frozenset(raw["series"]["words"]),
    )


@lru_cache
def _raw() -> Mapping[str, Any]:
    return tomllib.loads((files("extractors") / "linking.toml").read_text(encoding="utf-8"))


@lru_cache
def generic_stems() -> frozenset[str]:
    """Stems of what bodies are called in common: *ministère*, *agency*, *santé*; alone they tell none from another."""
    table = _table()
    heads = {word for code in languages.codes() for phrase in lexicon(languages.load(code)).kinds for word in phrase}
    return frozenset({stem(word) for word in heads} | set(table.alike.values()) | set(table.openings.values())) | _idle()


@lru_cache
def _idle() -> frozenset[str]:
    """Stems of stop words, months and weekdays, in every language."""
    words: set[str] = set(small_words())
    for code in languages.codes():
        language = languages.load(code)
        stops, calendar = language.section("stop_words"), language.section("dates")
        words.update(_raw()["words"]["idle"])
        words.update(stops["sure"], stops["words"], *calendar["months"], *calendar["weekdays"])
    return frozenset(stem(fold(word)) for word in words)


@lru_cache
def _trigger_stems(event_type: str) -> frozenset[str]:
    """Stems of the words that tell of a type: that a workshop is a workshop is said by its type.

    The words of phrases, and verbs that tell of it with some objects alone, say other things too.
    """
    known = event_types.load_all().get(event_type)
    entries = [] if known is None else [entry for of_language in known.by_language.values() for entry in of_language]
    return frozenset(stem(fold(word)) for entry in entries for word in entry.words if " " not in word and not entry.needs_object)
