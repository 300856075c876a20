"""Signs and what they are worth: log-odds fitted on texts of our own, a table of them beside the module that reads it.

Signs come in bundles: what holds together is put into words, and weighed, once for all that it holds of.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

_KEPT = 20_000  # bundles of a sort that are kept
DECIMALS = 6  # of log-odds; the weights have three


class Signs(NamedTuple):
    """Signs that hold together, and what they are worth."""

    names: tuple[str, ...]
    worth: float


@lru_cache
def weights(table: str) -> Mapping[str, float]:
    """Log-odds of each sign of a table of this folder, `signs.csv`; "always" is the intercept."""
    rows = csv.DictReader((files(__name__.rpartition(".")[0]) / table).read_text(encoding="utf-8").splitlines())
    return {row["sign"]: float(row["weight"]) for row in rows}


def bundle(table: str) -> Callable[[Callable[..., Iterator[str]]], Callable[..., Signs]]:
    """For a function that puts signs into words: it does so, and adds up what they are worth, once for each set of what it is given."""

    def of(name: Callable[..., Iterator[str]]) -> Callable[..., Signs]:
        def named(*given: Any) -> Signs:
            names, known = tuple(name(*given)), weights(table)
            return Signs(names, sum(known.get(sign, 0.0) for sign in names))

        return lru_cache(maxsize=_KEPT)(named)

    return of


def total(odds: float, bundles: Iterable[Signs]) -> float:
    """Log-odds with what further signs are worth; rounded, so that what lies on a threshold lies there in whatever order it is added up."""
    return round(sum([bundle.worth for bundle in bundles], odds), DECIMALS)


def probability(odds: float) -> float:
    """The logistic function of log-odds."""
    return 1 / (1 + math.exp(-odds))
