"""Days that a text tells by another of its days: *la veille*, *the next day*, *trois jours plus tôt*.

No calendar expressions, so no DATE of the record: only events read them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from extractors.document import Passage
from extractors.languages import Language
from extractors.records import DateRange
from extractors.spans import Span

_REACH = 900  # code points back to the day that it is told by: the paragraph, or the one before it
_SURE = 0.6


def resolve(passages: Sequence[Passage], days: Sequence[DateRange]) -> list[DateRange]:
    """Each such expression as a day of its own, in reading order; those that no day is near are left out. Offsets into the view.

    days: what `dates.resolve` found. The day that counts is the last one told before; *la veille du 12 mars* goes by the one
    that follows, and *le surlendemain* by the date that the *lendemain* before it goes by.
    """
    dated = sorted((span, day.start) for day in days if day.start is not None and day.start == day.end for span in day.mentions)
    known = list(dated)
    found: list[DateRange] = []
    for said in _expressions(passages):
        anchor = _after(said, dated) if said.joint else _before(said, dated if said.is_by_date else known)
        if anchor is None or (day := _moved(anchor, said.distance)) is None:
            continue
        found.append(DateRange(id=f"a{len(found) + 1}", start=day, end=day, precision="day", mentions=[said.span], confidence=_SURE, rule="anaphora"))
        insort(known, (said.span, day))
    return found


@dataclass(frozen=True, slots=True)
class _Expression:
    """distance: days from the day that it goes by. joint: code points to the day that follows, where it goes by that one (*la veille DU 12 mars*)."""

    span: Span
    distance: int
    joint: int
    is_by_date: bool


def _before(said: _Expression, days: Sequence[tuple[Span, date]]) -> date | None:
    at = bisect_left(days, (said.span, date.min)) - 1
    return days[at][1] if at >= 0 and said.span[0] - days[at][0][1] <= _REACH else None


def _after(said: _Expression, days: Sequence[tuple[Span, date]]) -> date | None:
    at = bisect_left(days, (said.span, date.min))
    return days[at][1] if at < len(days) and days[at][0][0] - said.span[1] <= said.joint else None


def _moved(day: date, distance: int) -> date | None:
    try:
        return day + timedelta(days=distance)
    except OverflowError:
        return None


def _expressions(passages: Sequence[Passage]) -> Iterator[_Expression]:
    for passage in passages:
        words = _words(passage.language)
        for found in words.pattern.finditer(passage.text):
            if words.never.match(passage.text, found.end()):
                continue
            said = _plain(found.group())
            joint = words.joints.match(passage.text, found.end()) if said.endswith(words.open_ends) else None
            span = passage.start + found.start(), passage.start + found.end()
            yield _Expression(span, _distance(found, words.section), len(joint.group()) if joint else 0, said in words.section["by_date"])


def _distance(found: re.Match[str], section: Mapping[str, Any]) -> int:
    said = _plain(found.group())
    if said in section["days"]:
        return int(section["days"][said])
    count, unit, side = (_plain(found[name]) for name in ("count", "unit", "side"))
    size = int(count) if count.isdecimal() else int(section["counts"][count])
    return size * int(section["units"][unit]) * (-1 if side in section["earlier"] else 1)


@dataclass(frozen=True, slots=True)
class _Words:
    """The expressions of a language; what joins one of `open_ends` to what it goes by, and what after one makes it something else."""

    section: Mapping[str, Any]
    pattern: re.Pattern[str]
    joints: re.Pattern[str]
    never: re.Pattern[str]
    open_ends: tuple[str, ...]


@lru_cache
def _words(language: Language) -> _Words:
    section = language.section("anaphora")
    counted = (
        rf"(?P<count>\d{{1,2}}|{_any(section['counts'])})[ \n](?P<unit>{_any(section['units'])})[ \n](?P<side>{_any([*section['earlier'], *section['later']])})"
    )
    return _Words(
        section,
        re.compile(rf"(?<![\w-])(?:{_any(section['days'])}|{counted})(?![\w-])", re.IGNORECASE),
        re.compile(rf"[ \n](?:{_any(section['joints'])})(?:(?<=['’])|(?!\w))[ \n]?", re.IGNORECASE),
        re.compile(rf"[ \n](?:{_any(section['not_before'])})(?!\w)", re.IGNORECASE),
        tuple(section["open_ends"]),
    )


def _any(words: Any) -> str:
    """One of some words, the longest first; blanks and apostrophes as texts have them."""
    return "|".join(re.escape(word).replace(r"\ ", r"[ \n]").replace("'", "['’]") for word in sorted(words, key=len, reverse=True))


def _plain(said: str) -> str:
    return said.lower().replace("’", "'").replace("\n", " ")
