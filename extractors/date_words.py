"""The words of calendar expressions, and a text cut into words.

`[dates]` of languages/*.toml becomes a `Lexicon`; `Words` is a text that can be asked which of its
phrases stands where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, compress
from typing import Any, NamedTuple

from extractors.calendars import Feast
from extractors.languages import Language

# Each word with the blanks before it, so that offsets are running sums and the scan stays in C.
# The letters of our languages come first: a range is tested faster than what is a letter anywhere.
# The end counts as one, else the last blanks would be tried from each of them on.
_PIECE = re.compile(r" *+(?:(?:https?://|www\.)\S+|[a-zà-öø-ÿ]++[^\W\d_]*+|\d+|[^\W\d_]+|_+|[^\w ]|\Z)")
_PLAIN = (("\t", " "), ("\u00a0", " "), ("\u202f", " "), ("\u2009", " "), ("’", "'"), ("‑", "-"))
_PADDING = 8  # line breaks after the last word, so that rules may look ahead without asking
_REACH = 8  # words before a core word at which its expression can open: "jusqu'à la fin de l'ANNÉE"
# What every expression holds one of, unless it has a figure.
_CORE = (
    "months", "weekdays", "seasons", "days", "unit_words", "current_units", "feasts", "fixed_days", "decade_words", "decades",
    "quarter_words", "half_words", "school_years", "fiscal_years", "week_of", "weekend_of",
)  # fmt: skip

Tail = list[str]
Entry = Mapping[str, tuple[tuple[Tail, Any], ...]]
_NONE: Mapping[str, tuple[Tail, ...]] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Lexicon:
    """The words of a language.

    entries: by the first word of a phrase, its kinds, and for each the words that go on and the value.
    endings: by kind and last word, whole phrases, for looking back. core: words that make an expression. settings: the
    yes or no of a table.
    """

    entries: Mapping[str, Entry]
    endings: Mapping[str, Mapping[str, tuple[Tail, ...]]]
    core: frozenset[str]
    settings: Mapping[str, bool]


@lru_cache
def lexicon(language: Language) -> Lexicon:
    """The `[dates]` tables of a language, ready for reading."""
    section = language.section("dates")
    entries: dict[str, dict[str, list[tuple[Tail, Any]]]] = {}
    endings: dict[str, dict[str, list[Tail]]] = {}
    core = set()
    accented_only = set(section["accented_only"])
    for kind, phrase, value in _rows(section):
        for spelling in {phrase} if phrase in accented_only else {phrase, _unaccented(phrase)}:
            head, *tail = _cut(_lowered(spelling))[1]
            entries.setdefault(head, {}).setdefault(kind, []).append((tail, value))
            endings.setdefault(kind, {}).setdefault([head, *tail][-1], []).append([head, *tail])
            if kind in _CORE:
                core.add(max((head, *tail), key=len))
    return Lexicon(
        entries={w: {k: tuple(sorted(v, key=lambda p: -len(p[0]))) for k, v in kinds.items()} for w, kinds in entries.items()},
        endings={k: {w: tuple(v) for w, v in table.items()} for k, table in endings.items()},
        core=frozenset(core),
        settings={k: v for k, v in section.items() if isinstance(v, bool)},
    )


class Starter(NamedTuple):
    """What opens an expression after a first word.

    phrases: the words that go on, and those of which one must follow, a figure apart; None where any may.
    seconds: the words that can come straight after the first, so that one look tells most that open nothing.
    """

    phrases: Sequence[tuple[Tail, AbstractSet[str] | None]]
    seconds: AbstractSet[str]


class Words:
    """A text cut into words, in lower case; methods that read take the index of a word."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.settings = lexicon.settings
        self.pieces, self.words = _cut(_lowered(text))
        self.ends = list(accumulate(map(len, self.pieces)))
        self.count = len(self.words)
        self.pieces += [" "] * _PADDING
        self.words += ["\n"] * _PADDING
        self.entries = list(map(lexicon.entries.get, self.words))

    def start(self, i: int) -> int:
        """Where a word starts in the text; past its end for the padding."""
        return self.ends[i] - len(self.words[i]) if i < self.count else len(self.text) + 1

    def openings(self, starters: Mapping[str, Starter | None]) -> list[int]:
        """Indices of the words at which an expression may open: a starter or a figure, near a core word."""
        words, core = self.words, self.lexicon.core
        marks = {word for word in set(words) if word in starters or word in core or word.isdecimal()}
        found: list[int] = []
        next_core = len(words) + _REACH
        for i in reversed(list(compress(range(len(words)), map(marks.__contains__, words)))):
            word = words[i]
            is_figure = word.isdecimal()
            if is_figure or word in core:
                next_core = i
            if next_core - i > _REACH:
                continue
            is_open = is_figure and (len(word) == 4 or (len(word) < 3 and not self.is_plain(i + 1)))  # not "3 people"
            if is_open or (word in starters and self.opens(i, starters[word])):
                found.append(i)
        return found[::-1]

    def opens(self, i: int, starter: Starter | None) -> bool:
        """Whether one of a word's phrases stands, and after it a figure or one of the words that must follow."""
        if starter is None:
            return True
        following = self.words[i + 1]
        if following not in starter.seconds and not following.isdecimal():
            return False
        for tail, followers in starter.phrases:
            after = i + 1 + len(tail)
            if self.words[i + 1 : after] == tail and (followers is None or self.words[after] in followers or self.words[after].isdecimal()):
                return True
        return False

    def read(self, i: int, kind: str) -> tuple[Any, int] | None:
        """The value of the longest phrase of a kind that stands at a word, and the index after it."""
        entry = self.entries[i]
        if entry is None or kind not in entry:
            return None
        i += 1
        for tail, value in entry[kind]:
            if not tail:
                return value, i
            if self.words[i : i + len(tail)] == tail:
                return value, i + len(tail)
        return None

    def skip(self, i: int, kind: str) -> int:
        """The index after a phrase of a kind, the same index where there is none."""
        entry = self.entries[i]
        if entry is None or kind not in entry:  # most words by far
            return i
        found = self.read(i, kind)
        return i if found is None else found[1]

    def follows(self, i: int, kind: str) -> bool:
        """Whether a phrase of a kind ends just before a word."""
        phrases = self.lexicon.endings.get(kind, _NONE).get(self.words[i - 1])
        return phrases is not None and any(self.words[max(i - len(phrase), 0) : i] == phrase for phrase in phrases)

    def is_attached(self, i: int) -> bool:
        """Whether no blank parts a word from the one before it."""
        return self.pieces[i][0] != " " and i > 0

    def is_plain(self, i: int) -> bool:
        """Whether a word is in letters and in no table."""
        return self.entries[i] is None and self.words[i][0].isalpha()

    def is_over(self, i: int) -> bool:
        """Whether a word is plain or ends a sentence or a line, so that a whole date ends before it."""
        return self.entries[i] is None and (self.words[i][0].isalpha() or self.words[i] in ".\n!?")

    def is_number(self, i: int) -> bool:
        """Whether a word is in figures."""
        return self.words[i].isdecimal()

    def is_capital(self, i: int) -> bool:
        """Whether a word opens with a capital."""
        return i < self.count and self.text[self.start(i)].isupper()

    def index_at(self, i: int, offset: int) -> int:
        """The index, from a word on, of the first one that starts at or after a code point."""
        while i < self.count and self.start(i) < offset:
            i += 1
        return i


def _cut(lowered: str) -> tuple[list[str], list[str]]:
    """The words of a text with the blanks before them, and without."""
    pieces = _PIECE.findall(lowered.rstrip(" "))[:-1]
    bare = {piece: piece.lstrip(" ") for piece in set(pieces)}  # most come again
    return pieces, [bare[piece] for piece in pieces]


def _rows(section: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(kind, phrase, value) for each phrase of the tables."""
    for kind, table in section.items():
        if kind == "feasts":
            for row in table:
                feast = _feast(row)
                yield from (("feasts", name, feast) for name in row["names"])
        elif isinstance(table, dict):
            yield from ((kind, phrase, value) for phrase, value in table.items())
        elif isinstance(table, list) and table and isinstance(table[0], list):
            # names of one thing: (its number, whether this is an abbreviation)
            yield from ((kind, name, (number, place > 0)) for number, names in enumerate(table, 1) for place, name in enumerate(names))
        elif isinstance(table, list):
            yield from ((kind, phrase, True) for phrase in table)


def _feast(row: Mapping[str, Any]) -> Feast:
    day = row.get("day")
    return Feast((int(day[:2]), int(day[3:])) if day else None, row.get("easter"), row.get("country"), row.get("holiday"), row.get("shift", 0))


def _unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _lowered(text: str) -> str:
    """Lower case, code point for code point, with one kind of blank, apostrophe and hyphen."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    for written, plain in _PLAIN:
        lowered = lowered.replace(written, plain)
    return lowered
