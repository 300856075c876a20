"""How well each event type is found, as `python scores.py --raise` in tests/ last measured it on the documents of tests/gold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Measure:
    """Of the events that were found, the share that is right; of those that there are, the share that was found; how many there are."""

    precision: float
    recall: float
    events: int


@cache
def measured() -> Mapping[str, Mapping[str, Measure]]:
    """By type and language; a type that the documents do not tell of is not there."""
    table = tomllib.loads((files("service.pages") / "quality.toml").read_text(encoding="utf-8"))
    return {name: {language: Measure(**row) for language, row in rows.items()} for name, rows in table.items()}
