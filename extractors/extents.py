"""How long an event lasted, where the text counts its days: *a four-day course that ended on Friday* began on Tuesday."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from extractors.arguments import Telling
from extractors.attachment import Case
from extractors.languages import Language
from extractors.scene import Moment, Scene
from extractors.syntax import Word

_REACH = 60  # code points on either side of a trigger in which its days are counted
_MOST_DAYS = 31
_LEAD = 20  # code points before a date
_BETWEEN = r"(?:[ \n-][\w'’-]+){0,3}?[ \n-]"  # words between the count and the trigger: *three-day regional training*


def stretched(moment: Moment | None, case: Case) -> Moment | None:
    """The whole extent of an event of which one end is known, and how many days it took; else the moment as it is."""
    if moment is None:
        return None
    for telling in case.tellings:
        count = _days(telling, case.scene)
        days = None if count is None else _extent(moment, count, telling, case.scene)
        if days is not None:
            whole = moment.first.model_copy(update={"start": days[0], "end": days[1], "precision": "range"})
            return replace(moment, first=whole, last=whole)
    return moment


def going_on(moment: Moment | None, scene: Scene) -> Moment | None:
    """The days of an event that lasts still: a day that is over is when it began, *débrayé lundi*, and its end is open."""
    if (
        moment is None
        or moment.start is None
        or moment.end is None
        or (moment.start != moment.end and (scene.published is None or moment.end >= scene.published))
    ):
        return moment
    begun = moment.first.model_copy(update={"end": None})
    return replace(moment, first=begun, last=begun)


def _extent(moment: Moment, count: int, telling: Telling, scene: Scene) -> tuple[date, date] | None:
    start, end = moment.start, moment.end
    if start is not None and end is not None and start != end:
        return None
    ends, begins = _is_ending(telling, scene), telling.clause.is_beginning or _is_first_day(moment, telling, scene)
    rest = timedelta(days=count - 1)
    try:
        if end is not None and (start is None or (ends and not begins)):
            return end - rest, end
        if start is not None and (end is None or (begins and not ends)):
            return start, start + rest
    except OverflowError:
        pass
    return None


def _is_ending(telling: Telling, scene: Scene) -> bool:
    """Whether the verb of a trigger, or the trigger itself, says that it came to its end."""
    word: Word = scene.words_of(telling.trigger.passage)[telling.trigger.token]
    return any("endings" in w.kinds for w in (word, word.head, word.head.head))


def _is_first_day(moment: Moment, telling: Telling, scene: Scene) -> bool:
    """Whether what stands before a date says that the event begins on it: *from Monday*."""
    words = scene.passages[telling.trigger.passage].language.section("anaphora")["first_days"]
    return f" {scene.text[max(0, moment.span[0] - _LEAD) : moment.span[0]].lower().strip()}".endswith(tuple(f" {word}" for word in words))


def _days(telling: Telling, scene: Scene) -> int | None:
    """How many days the words around a trigger say that it lasts; None where they do not."""
    language = scene.passages[telling.trigger.passage].language
    before, after = _patterns(language)
    low, high = max(telling.trigger.start - _REACH, telling.sentence[0]), min(telling.trigger.end + _REACH, telling.sentence[1])
    found = before.search(scene.text, low, telling.trigger.start) or after.match(scene.text, telling.trigger.end, high)
    if found is None:
        return None
    said = next(count for count in found.groups() if count is not None).lower()
    count = int(said) if said.isdecimal() else int(_counts(language)[said])
    return count if 1 < count <= _MOST_DAYS else None


def _counts(language: Language) -> Mapping[str, Any]:
    counts: Mapping[str, Any] = language.section("anaphora")["counts"]
    return counts


@lru_cache
def _patterns(language: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What counts the days of a noun before it, and after it."""
    section = language.section("anaphora")
    number = rf"(\d{{1,2}}|{'|'.join(map(re.escape, _counts(language)))})"
    before, after = (
        "|".join(re.escape(form).replace(r"\ ", r"[ \n]").replace("N", number) for form in section[side]) for side in ("lasting_before", "lasting_after")
    )
    return re.compile(rf"(?<!\w)(?:{before})(?:(?<=['’])|{_BETWEEN})$", re.IGNORECASE), re.compile(rf"{_BETWEEN}(?:{after})(?!\w)", re.IGNORECASE)
