"""A language's words about places, compiled from the [places] section of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from extractors.languages import Language


@dataclass(frozen=True, slots=True)
class Cues:
    """A language's words about places, compiled from its file."""

    language: Language
    introducing: re.Pattern[str]
    maybe: re.Pattern[str]
    city: re.Pattern[str]
    region: re.Pattern[str]
    district: re.Pattern[str]
    heads: re.Pattern[str]
    tails: re.Pattern[str]
    natural: re.Pattern[str]
    whole_names: re.Pattern[str]
    acting: re.Pattern[str]
    joint: re.Pattern[str]
    particles: frozenset[str]
    inner: frozenset[str]
    of: frozenset[str]
    separating: frozenset[str]
    generic: frozenset[str]
    stop: frozenset[str]
    natural_heads: frozenset[str]
    is_noisy: bool


@lru_cache
def cues(language: Language) -> Cues:
    """The cues of a language, compiled once a process."""
    table = language.section("places")
    kinds, facilities, names, acting = table["kinds"], table["facilities"], table["names"], table["acting"]
    of = names["of"]
    before = rf"(?:\b(?:{_any(table['before_place'])}) ?(?:{_any(names['articles'])})? ?)"
    kind_nouns = {kind: rf"\b(?:{_any(nouns)})(?: (?:{_any(of)}) ?| )" for kind, nouns in kinds.items()}
    nouns = "|".join(kind_nouns.values())
    return Cues(
        language=language,
        introducing=re.compile(rf"(?:{before}|{nouns})[«\"“]?$"),
        maybe=re.compile(rf"(?:^|[\s(])(?:{_any(table['before_maybe'])}) ?(?:{_any(names['articles'])})? ?$"),
        city=re.compile(rf"(?:\b(?:{_any(table['before_city'])}) |{kind_nouns['city']})$") if table["before_city"] else re.compile(rf"{kind_nouns['city']}$"),
        region=re.compile(rf"(?:\b(?:{_any(table['before_region'])}) ?|{kind_nouns['region']})$") if table["before_region"] else re.compile(rf"{kind_nouns['region']}$"),
        district=re.compile(rf"{kind_nouns['district']}$"),
        heads=re.compile(rf"(?:{_any(h for h in [*facilities['heads'], *facilities['natural']])})\b", re.IGNORECASE if table["heads_in_any_case"] else 0),
        tails=re.compile(rf"(?:{_any([*facilities['tails'], *facilities['natural_tails'], *names['region_tails']])})\b"),
        natural=re.compile(rf"^(?:{_any(facilities['natural'])})\b|\b(?:{_any(facilities['natural_tails'])})$", re.IGNORECASE),
        whole_names=re.compile(rf"\b(?:{_any(facilities['names'])})\b(?: d[eu'] ?[A-ZÀ-Ý][\w-]+)?"),
        acting=_acting(acting),
        joint=re.compile(_any(table["containment"]["joints"])),
        particles=frozenset(names["particles"]),
        inner=frozenset(names["inner"]),
        of=frozenset(of),
        separating=frozenset(names["separating"]),
        generic=frozenset(facilities["generic_tails"]),
        stop=frozenset(names["stop"]),
        natural_heads=frozenset(facilities["natural"]),
        is_noisy=table["needs_context"],
    )


def _acting(table: Mapping[str, Any]) -> re.Pattern[str]:
    """What follows a name that acts: a verb at once, or after further names that act with it."""
    name = rf"(?:{_any(table['articles'])})?[A-ZÀ-Ý][\w'-]*(?: [A-ZÀ-Ý][\w'-]*)?"
    verb = rf"(?:{_any(table['auxiliaries'])}) (?:\w+ )?(?:{_any(table['participles'])})|{_any(table['forms'])}"
    return re.compile(rf"(?:(?:{_any(table['between'])}){name}){{0,3}},? (?:{verb}|{_title(table['forms'])})\b")


def _title(words: Iterable[str]) -> str:
    return _any(w.capitalize() for w in words)


def _any(words: Iterable[str]) -> str:
    """An alternation of literal words, longest first; one that matches nothing where there are none."""
    return "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w))) or r"(?!)"
