"""Pages of a sorted list: the keys of the last row are where the next page begins, so that rows that come or go shift nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

Keys = tuple[str | int | float, ...]  # of one row, in the order of the list


@dataclass(frozen=True, slots=True)
class Key:
    """One level of an order: an SQL expression that is never NULL."""

    expression: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the keys of the last one where more follow."""

    rows: list[dict[str, Any]]
    following: Keys | None


def nullable(column: str, is_descending: bool) -> tuple[Key, Key]:
    """The keys of a column that may be NULL; those rows come last, whatever the direction."""
    return Key(f"({column} IS NULL)"), Key(f"coalesce({column}, '')", is_descending)


def order_by(keys: Sequence[Key]) -> str:
    """The ORDER BY of some keys."""
    return ", ".join(f"{key.expression} {'DESC' if key.is_descending else 'ASC'}" for key in keys)


def order_by_columns(keys: Sequence[Key]) -> str:
    """The same of a query whose rows have the keys as columns already."""
    return ", ".join(f"key_{number} {'DESC' if key.is_descending else 'ASC'}" for number, key in enumerate(keys))


def columns(keys: Sequence[Key]) -> str:
    """The keys as columns key_0, key_1… of a query."""
    return ", ".join(f"{key.expression} AS key_{number}" for number, key in enumerate(keys))


def after(keys: Sequence[Key], last: Keys) -> tuple[str, dict[str, Any]]:
    """The WHERE clause of the rows that come after the one with some keys, and its values."""
    clauses = []
    for number, key in enumerate(keys):
        same = [f"{earlier.expression} = :key_{position}" for position, earlier in enumerate(keys[:number])]
        clauses.append(" AND ".join([*same, f"{key.expression} {'<' if key.is_descending else '>'} :key_{number}"]))
    return "(" + " OR ".join(f"({clause})" for clause in clauses) + ")", {f"key_{number}": value for number, value in enumerate(last)}


def taken(row: dict[str, Any], keys: Sequence[Key]) -> Keys:
    """The keys of a row, taken out of it."""
    return tuple(row.pop(f"key_{number}") for number in range(len(keys)))


def page(rows: Iterable[tuple[dict[str, Any], Keys]], limit: int) -> Page:
    """The first rows of a list, which has to be able to give one more than the limit."""
    found = list(islice(rows, limit + 1))
    return Page([row for row, _ in found[:limit]], found[limit - 1][1] if len(found) > limit else None)
