"""Addresses of pages: the query is what is asked, and every link is that query with one thing changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode

_DIGITS = 19  # of the first whole number that may not fit into 64 bits
_MANY = frozenset({"type", "status", "country", "review"})  # filters that take several values


@dataclass(frozen=True, slots=True)
class Address:
    """A path and its query, without where a page of a list begins."""

    path: str
    pairs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.path}?{'&'.join(_encoded(pair) for pair in self.pairs)}" if self.pairs else self.path

    def at(self, path: str) -> Address:
        """The same query elsewhere."""
        return Address(path, self.pairs)

    def value(self, name: str) -> str:
        """What a parameter is, "" where it is not given."""
        return next((value for key, value in self.pairs if key == name), "")

    def has(self, name: str, value: str) -> bool:
        return (name, value) in self.pairs

    def with_only(self, **given: str) -> Address:
        """The same with some parameters given once; `from_` stands for `from`."""
        named = {name.rstrip("_"): value for name, value in given.items()}
        kept = tuple(pair for pair in self.pairs if pair[0] not in named)
        return Address(self.path, kept + tuple(named.items()))

    def without(self, *names: str) -> Address:
        return Address(self.path, tuple(pair for pair in self.pairs if pair[0] not in names))

    def toggled(self, name: str, value: str) -> Address:
        """The same with a value of a filter, or without it where it has it."""
        if self.has(name, value):
            return Address(self.path, tuple(pair for pair in self.pairs if pair != (name, value)))
        return Address(self.path, (*self.pairs, (name, value))) if name in _MANY else self.with_only(**{name: value})


@lru_cache(maxsize=10_000)
def _encoded(pair: tuple[str, str]) -> str:
    """A page writes its own query into each of some four hundred links."""
    return urlencode([pair], safe=",:")


def address(path: str, pairs: Iterable[tuple[str, str]]) -> Address:
    """An address without its empty parameters, which forms send."""
    return Address(path, tuple((name, value) for name, value in pairs if value))


def number(value: str) -> int | None:
    """A whole number of an address; None for what is none, or none that a row could have."""
    return int(value) if value.isdecimal() and len(value) < _DIGITS else None


def of_document(document_id: str, query: Address, event_id: str | None = None) -> str:
    """The page of a document, read within a query; at one of its events, where it is named."""
    within = query.at(f"/documents/{quote(document_id, safe='')}")
    return str(within) if event_id is None else f"{within.with_only(event=event_id)}#e-{event_id}"
