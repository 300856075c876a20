"""Known bodies: organisations.csv, and one scan of a word sequence for all their names."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_QUOTES = str.maketrans({"\u2019": "'", "\u2010": "-", "\u2011": "-", "\u00a0": " ", "&": " "})
_TITLED = frozenset({"armed group", "company", "media", "ngo", "party", "platform", "sport"})  # kinds whose names are common words but for their capitals
_ARTICLES = frozenset({"la", "le", "les", "the"})  # of a title of the press, left out after another: au Monde diplomatique
_WITHOUT_ARTICLE = 2  # words of a name that is told from a common noun without its article
_SHORT = 10  # letters of a name that could be common words: "le temps", "world bank" has nine


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
class Alias:
    """A name as a scan looks for it: folded words, and which of them must have a capital."""

    words: tuple[str, ...]
    key: str
    capitals: tuple[bool, ...]

    def fits(self, words: Sequence[str], folded: Sequence[str], at: int) -> bool:
        """Whether the name stands at a word."""
        size = len(self.words)
        if tuple(folded[at : at + size]) != self.words:
            return False
        return all(not capital or word[0].isupper() or word[0].isdigit() for word, capital in zip(words[at : at + size], self.capitals, strict=True))


@dataclass(frozen=True, slots=True)
class Bodies:
    """All rows, indexed for a scan: by first word of a folded name, and by acronym as written.

    shared: the keys of every row of an acronym that several bodies have; by_acronym has the first.
    """

    by_key: Mapping[str, Body]
    by_first_word: Mapping[str, tuple[Alias, ...]]
    by_acronym: Mapping[str, str]
    by_name: Mapping[str, str]
    shared: Mapping[str, tuple[str, ...]]

    def longest(self, words: Sequence[str], folded: Sequence[str], at: int) -> tuple[int, str] | None:
        """Number of words of the longest known name that starts at `at`, and its key.

        words: as written; folded: the same through `fold`. A title of the press
        and a short name need their capitals; for the others any case will do.
        """
        for alias in self.by_first_word.get(folded[at], ()):
            if alias.fits(words, folded, at):
                return len(alias.words), alias.key
        return None

    def acronym(self, text: str) -> str | None:
        """Key of the body that an acronym names, dots and plural aside; case counts."""
        return self.by_acronym.get(text) or self.by_acronym.get(undotted(text))


@lru_cache(maxsize=65_536)  # the same words come again and again
def fold(text: str) -> str:
    """A word or name without case, accents and typographic variants."""
    if text.isascii():
        return text.lower().replace("&", " ")
    plain = unicodedata.normalize("NFD", text.translate(_QUOTES))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().replace("œ", "oe")


def undotted(acronym: str) -> str:
    """ "U.N." and "O.N.U" as "UN" and "ONU"."""
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
    by_first: dict[str, list[Alias]] = {}
    by_acronym: dict[str, str] = {}
    by_name: dict[str, str] = {}
    bearers: dict[str, list[str]] = {}
    for row in rows:
        for name in row.names:
            words = split(name)
            by_first.setdefault(words[0], []).append(_alias(name, words, row))
            by_name.setdefault(" ".join(words), row.key)
            if words[0] in _ARTICLES and len(words) > _WITHOUT_ARTICLE:  # au Monde diplomatique
                by_first.setdefault(words[1], []).append(_alias(name.partition(" ")[2], words[1:], row))
                by_name.setdefault(" ".join(words[1:]), row.key)
        for acronym in row.acronyms:
            by_acronym.setdefault(acronym, row.key)
            bearers.setdefault(acronym, []).append(row.key)
    ordered = {first: tuple(sorted(names, key=lambda alias: -len(alias.words))) for first, names in by_first.items()}
    shared = {acronym: tuple(keys) for acronym, keys in bearers.items() if len(keys) > 1}
    return Bodies({row.key: row for row in rows}, ordered, by_acronym, by_name, shared)


def _alias(name: str, words: tuple[str, ...], row: Body) -> Alias:
    is_strict = row.kind in _TITLED or len(words) == 1 or sum(map(len, words)) < _SHORT
    return Alias(words, row.key, tuple(is_strict and piece[0].isupper() for piece in pieces(name)))


def _rows() -> Iterator[Body]:
    text = (files(__package__) / "organisations.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        names = tuple(dict.fromkeys(n for column in ("name_fr", "name_en", "name_es") for n in row[column].split("|") if n))
        yield Body(row["key"], names, tuple(a for a in row["acronyms"].split("|") if a), row["kind"], row["country"] or None, row["source"])
