"""What the pages say: one table of words a language, and how it writes numbers, days and names of countries."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_FOLDER = files("service.pages") / "words"


class Table:
    """A table of words: `table.site.events`; a word that is missing is an error and never an empty page."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = {key: Table(value) if isinstance(value, dict) else value for key, value in entries.items()}

    def __getattr__(self, key: str) -> Any:
        """A word, or the table of a section."""
        try:
            return self._entries[key]
        except KeyError as error:
            raise AttributeError(key) from error

    def __iter__(self) -> Iterator[str]:
        """The keys; without it Python would ask for the words 0, 1, 2… and never come to an end."""
        return iter(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __getitem__(self, key: str) -> Any:
        """A word by a key that only the data knows; the key itself where there is none, as for a type of a user's own."""
        return self._entries.get(key, key)


def keys(table: Table) -> list[str]:
    """Every key of a table, those of sections with their section's before them."""
    found = []
    for key, value in vars(table)["_entries"].items():
        found += [f"{key}.{inner}" for inner in keys(value)] if isinstance(value, Table) else [key]
    return found


class Wording:
    """The words of one language, and its ways of writing."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.words = Table(tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8")))

    def number(self, value: int) -> str:
        """A whole number with its thousands apart."""
        return f"{value:,}".replace(",", self.words.thousands)

    def count(self, unit: str, value: int) -> str:
        """ "3 events"; unit: a key of the section `count`."""
        return self.plural(self.words.count[unit], value)

    def plural(self, forms: Table, value: int) -> str:
        """The form of a sentence for a number, with it."""
        form: str = forms.one if value == 1 else forms.many
        return form.format(n=self.number(value))

    def percent(self, value: float) -> str:
        """0.874 as "87"."""
        return f"{round(value * 100)}"

    def day(self, iso: str, *, is_short: bool = False) -> str:
        """ "2024-06-03" as "3 June 2024"; "2024-06" and "2024" as they are less exact."""
        parts = [int(part) for part in iso.split("-")]
        months = self.words.days.short_months if is_short else self.words.days.months
        named = [str(parts[0])]
        if len(parts) > 1:
            named.insert(0, months[parts[1] - 1])
        if len(parts) > 2:
            named.insert(0, self.words.days.first if parts[2] == 1 else str(parts[2]))
        return " ".join(named)

    def span(self, start: str | None, end: str | None, precision: str | None, edtf: str | None) -> str:
        """The days of an event or a date as people write them."""
        days = self.words.days
        if start is None and end is None:
            return edtf or str(days.none)
        if start is None or end is None:
            open_form: str = days.open_start if start is None else days.open_end
            return open_form.format(day=self.day(start or end or "", is_short=True))
        length = {"year": 4, "month": 7}.get(precision or "", 10)
        first, last = self.day(start[:length], is_short=True), self.day(end[:length], is_short=True)
        return first if first == last else str(days.range).format(start=_without_tail(first, last), end=last)

    def country(self, code: str) -> str:
        """The name of a country by its ISO 3166-1 code; the code where it has none."""
        return _countries(self.code).get(code, code)


def _without_tail(first: str, last: str) -> str:
    """ "3 June 2024" before "5 June 2024" as "3", since the month and year stand behind it."""
    words, others = first.split(" "), last.split(" ")
    while len(words) > 1 and len(others) > 1 and words[-1] == others[-1]:
        words.pop()
        others.pop()
    return " ".join(words)


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that the pages speak."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")))


@cache
def wording(code: str) -> Wording:
    """The words of a language."""
    return Wording(code)


def choose(asked: str | None, kept: str | None, accepted: str) -> str:
    """The language of a page: the one asked for, else the one kept in a cookie, else the first of ours in Accept-Language."""
    for code in (asked, kept):
        if code in languages():
            return str(code)
    weighed = []
    for position, part in enumerate(accepted.split(",")):
        name, _, weight = part.partition(";q=")
        weighed.append((-_weight(weight), position, name.strip().lower()[:2]))
    return next((code for _, _, code in sorted(weighed) if code in languages()), languages()[0])


def _weight(written: str) -> float:
    try:
        return float(written or 1)
    except ValueError:
        return 0.0


@cache
def _countries(code: str) -> Mapping[str, str]:
    with (_FOLDER / "countries.csv").open(encoding="utf-8") as file:
        return {row["code"]: row[code] for row in csv.DictReader(file)}
