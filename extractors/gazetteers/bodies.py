"""Known bodies: organisations.csv, and one scan of a word sequence for all their names."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_QUOTES = str.maketrans({"\u2019": "'", "\u2010": "-", "\u2011": "-", "\u00a0": " ", "&": " "})
# Words of four letters or fewer that stand in capitals are acronyms: "WHO" is one, "who" is not.
_SIGN = 8


@dataclass(frozen=True, slots=True)
class Body:
    """One row: names by language code, acronyms of all languages, and where the row comes from."""

    key: str
    names: tuple[str, ...]
    acronyms: tuple[str, ...]
    kind: str
    country: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Bodies:
    """All rows, indexed for a scan: by first word of a folded name, and by acronym as written."""

    by_key: Mapping[str, Body]
    by_first_word: Mapping[str, tuple[tuple[tuple[str, ...], str, bool], ...]]
    by_acronym: Mapping[str, str]
    by_name: Mapping[str, str]

    def longest(self, words: Sequence[str], folded: Sequence[str], at: int) -> tuple[int, str] | None:
        """Number of words of the longest known name that starts at `at`, and its key.

        words: as written; folded: the same through `fold`. A name of one word
        needs its capital; of two or more, any case will do.
        """
        for name, key, needs_capital in self.by_first_word.get(folded[at], ()):
            if tuple(folded[at : at + len(name)]) != name:
                continue
            if not needs_capital or words[at][:1].isupper():
                return len(name), key
        return None

    def acronym(self, text: str) -> str | None:
        """Key of the body that an acronym names, dots and plural aside; case counts."""
        return self.by_acronym.get(text) or self.by_acronym.get(undotted(text))


def fold(text: str) -> str:
    """A word or name without case, accents and typographic variants."""
    if text.isascii():
        return text.lower().replace("&", " ")
    plain = unicodedata.normalize("NFD", text.translate(_QUOTES))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().replace("œ", "oe")


def undotted(acronym: str) -> str:
    """"U.N." and "O.N.U" as "UN" and "ONU"."""
    return acronym.replace(".", "")


def split(name: str) -> tuple[str, ...]:
    """The folded words of a name, elisions and hyphens cut as `find` cuts them."""
    return tuple(pieces(fold(name)))


def pieces(text: str) -> Iterator[str]:
    """Runs of letters and digits of a text."""
    start = None
    for index, character in enumerate(text):
        if character.isalnum():
            start = index if start is None else start
        elif start is not None:
            yield text[start:index]
            start = None
    if start is not None:
        yield text[start:]


@lru_cache
def load() -> Bodies:
    """The table, read once a process."""
    return index(list(_rows()))


def index(rows: Sequence[Body]) -> Bodies:
    """Rows ready for a scan; the longest name of a first word comes first."""
    by_first: dict[str, list[tuple[tuple[str, ...], str, bool]]] = {}
    by_acronym: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for row in rows:
        for name in row.names:
            words = split(name)
            by_first.setdefault(words[0], []).append((words, row.key, len(words) == 1 or len("".join(words)) < _SIGN))
            by_name.setdefault(" ".join(words), row.key)
        for acronym in row.acronyms:
            by_acronym.setdefault(acronym, row.key)
    ordered = {first: tuple(sorted(names, key=lambda n: -len(n[0]))) for first, names in by_first.items()}
    return Bodies({row.key: row for row in rows}, ordered, by_acronym, by_name)


def _rows() -> Iterator[Body]:
    path = files(__package__) / "organisations.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            names = tuple(dict.fromkeys(n for column in ("name_fr", "name_en", "name_es") for n in row[column].split("|") if n))
            yield Body(row["key"], names, tuple(a for a in row["acronyms"].split("|") if a), row["kind"], row["country"] or None, row["source"])
