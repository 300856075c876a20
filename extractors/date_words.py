"""The words of calendar expressions, and a text cut into words.

`[dates]` of languages/*.toml becomes a `Lexicon`; `Words` is a text that can be asked which of its
phrases stands where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from extractors.calendars import Feast
from extractors.languages import Language

# Each word with the blanks before it, so that offsets are running sums and the scan stays in C.
# The end counts as one, else the last blanks would be tried from each of them on.
_PIECE = re.compile(r" *+(?:(?:https?://|www\.)\S+|[^\W\d_]+|\d+|_+|[^\w ]|\Z)")
_PLAIN = (("\t", " "), ("\u00a0", " "), ("\u202f", " "), ("\u2009", " "), ("’", "'"), ("‑", "-"))
_PADDING = 8  # line breaks after the last word, so that rules may look ahead without asking
_FIGURES = (1, 2, 4)  # how many figures a number has that can open a date
_REACH = 8  # words before a core word at which its expression can open: "jusqu'à la fin de l'ANNÉE"
# What every expression holds one of, unless it has a figure.
_CORE = (
    "months", "weekdays", "seasons", "days", "unit_words", "current_units", "feasts", "fixed_days", "decade_words", "decades",
    "quarter_words", "half_words", "school_years", "fiscal_years", "week_of", "weekend_of",
)  # fmt: skip

Tail = tuple[str, ...]
Entry = Mapping[str, tuple[tuple[Tail, Any], ...]]


@dataclass(frozen=True, eq=False, slots=True)
class Lexicon:
    """The words of a language.

    entries: by the first word of a phrase, its kinds, and for each the words that go on and the value.
    endings: by kind and last word, whole phrases, for looking back. core: words that make an expression.
    """

    entries: Mapping[str, Entry]
    endings: Mapping[str, Mapping[str, tuple[Tail, ...]]]
    core: frozenset[str]
    settings: Mapping[str, Any]


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
            head, *tail = _cut(_lowered(spelling))[0]
            entries.setdefault(head, {}).setdefault(kind, []).append((tuple(tail), value))
            endings.setdefault(kind, {}).setdefault((head, *tail)[-1], []).append((head, *tail))
            if kind in _CORE:
                core.add(max((head, *tail), key=len))
    return Lexicon(
        entries={w: {k: tuple(sorted(v, key=lambda p: -len(p[0]))) for k, v in kinds.items()} for w, kinds in entries.items()},
        endings={k: {w: tuple(v) for w, v in table.items()} for k, table in endings.items()},
        core=frozenset(core),
        settings={k: v for k, v in section.items() if isinstance(v, bool)},
    )


class Words:
    """A text cut into words, in lower case; methods that read take the index of a word."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.words, self.ends = _cut(_lowered(text))
        self.count = len(self.words)
        self.words += ["\n"] * _PADDING
        self.entries = list(map(lexicon.entries.get, self.words))

    def start(self, i: int) -> int:
        """Where a word starts in the text; past its end for the padding."""
        return self.ends[i] - len(self.words[i]) if i < self.count else len(self.text) + 1

    def openings(self, starters: Mapping[str, AbstractSet[str] | None]) -> Iterator[int]:
        """Indices of the words at which an expression may open: a starter or a figure, near a core word.

        starters: by word, the words of which one must follow it, a figure apart; None where any may.
        """
        words, core, reached = self.words, self.lexicon.core, 0
        for i in [i for i, word in enumerate(words[: self.count]) if word in core or word.isdecimal()]:
            for near in range(max(reached, i - _REACH), i + 1):
                word = words[near]
                if word.isdecimal():
                    if len(word) in _FIGURES:
                        yield near
                elif word in starters:
                    following = starters[word]
                    if following is None or words[near + 1] in following or words[near + 1].isdecimal():
                        yield near
            reached = i + 1

    def read(self, i: int, kind: str) -> tuple[Any, int] | None:
        """The value of the longest phrase of a kind that stands at a word, and the index after it."""
        entry = self.entries[i]
        if entry is None or kind not in entry:
            return None
        i += 1
        for tail, value in entry[kind]:
            if not tail:
                return value, i
            if self.words[i] == tail[0] and tuple(self.words[i : i + len(tail)]) == tail:
                return value, i + len(tail)
        return None

    def skip(self, i: int, kind: str) -> int:
        """The index after a phrase of a kind, the same index where there is none."""
        if self.entries[i] is None:  # most words by far
            return i
        found = self.read(i, kind)
        return i if found is None else found[1]

    def follows(self, i: int, kind: str) -> bool:
        """Whether a phrase of a kind ends just before a word."""
        if i == 0:
            return False
        phrases = self.lexicon.endings.get(kind, {}).get(self.words[i - 1], ())
        return any(len(p) <= i and tuple(self.words[i - len(p) : i]) == p for p in phrases)

    def setting(self, name: str) -> bool:
        """A yes or no of the language's table."""
        return bool(self.lexicon.settings[name])

    def is_attached(self, i: int) -> bool:
        """Whether no blank parts a word from the one before it."""
        return 0 < i < self.count and self.ends[i] - len(self.words[i]) == self.ends[i - 1]

    def is_plain(self, i: int) -> bool:
        """Whether a word is in letters and in no table, so that no expression goes on with it."""
        return self.entries[i] is None and self.words[i][0].isalpha()

    def is_number(self, i: int) -> bool:
        """Whether a word is in figures."""
        return self.words[i].isdecimal()

    def is_capital(self, i: int) -> bool:
        """Whether a word opens with a capital."""
        return i < self.count and self.text[self.start(i)].isupper()

    def is_capitals(self, i: int) -> bool:
        """Whether a word of two letters or more is all capitals."""
        return i < self.count and len(self.words[i]) > 1 and self.text[self.start(i) : self.ends[i]].isupper()

    def index_at(self, i: int, offset: int) -> int:
        """The index, from a word on, of the first one that starts at or after a code point."""
        while i < self.count and self.start(i) < offset:
            i += 1
        return i


def _cut(lowered: str) -> tuple[list[str], list[int]]:
    """The words of a text, and where each ends."""
    pieces = _PIECE.findall(lowered.rstrip(" "))[:-1]
    return [piece.lstrip(" ") for piece in pieces], list(accumulate(map(len, pieces)))


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
    return Feast((int(day[:2]), int(day[3:])) if day else None, row.get("easter"), row.get("country"), row.get("holiday"))


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
