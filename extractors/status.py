"""Whether an event took place, is taking place or is to come, or is off: its days against the day of publication, else its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from extractors.arguments import Telling
from extractors.event_types import EventType
from extractors.records import Status
from extractors.scene import Moment, Scene

_YEAR = re.compile(r"\d{4}")
_A_DAY = 3  # Moment.fineness of a day
_BEGUN_DAYS = 3  # what is said to have begun, or to last, so long before the day of publication lasts still


def of(tellings: Sequence[Telling], moment: Moment | None, scene: Scene, kind: EventType) -> Status:
    """The status of an event told by `tellings`, in reading order, whose days are `moment`."""
    published = scene.published
    if any(t.clause.is_postponed for t in tellings):
        return "postponed"
    if any(t.clause.is_cancelled for t in tellings):
        return "cancelled"
    best = _surest(tellings, moment)
    goes_on = kind.is_lasting and (best.clause.is_ongoing or any(t.clause.is_beginning and t.clause.tense != "future" for t in tellings))
    by_days = _by_days(best, moment, published, goes_on) if moment is not None and published is not None else None
    if by_days is None and published is None and moment is not None and _is_of_agenda(best, moment, scene):
        return "planned"
    return by_days or _by_words(best, kind)


def _is_of_agenda(best: Telling, moment: Moment, scene: Scene) -> bool:
    """Whether an item without a verb gives a day without a year, in a text of unknown day: a chronology gives years."""
    return best.is_brief and not _says_when(best) and _YEAR.search(scene.text, *moment.span) is None


def _surest(tellings: Sequence[Telling], moment: Moment | None) -> Telling:
    """The telling whose words count: the one that gives the days, that has a verb, that a support verb makes happen, the likeliest."""
    return max(
        tellings, key=lambda t: (t.moment is not None and t.moment == moment and t.moment.fineness > 1, _says_when(t), t.clause.is_supported, t.log_odds)
    )


def _says_when(telling: Telling) -> bool:
    clause = telling.clause
    return clause.tense is not None or clause.is_announced or clause.is_ongoing


def _by_days(best: Telling, moment: Moment, published: date, goes_on: bool) -> Status | None:
    """From the days alone, None where those around the day of publication leave it to the words."""
    start, end = moment.start, moment.end
    if start is not None and start > published:
        return "occurred" if _is_told_of(best) else "planned"  # *a été inculpé et comparaîtra demain*: the day is of what follows
    if end is not None and end < published:
        return "ongoing" if goes_on and moment.fineness == _A_DAY and (published - end).days <= _BEGUN_DAYS else "occurred"
    if start is not None and end is None:
        return "ongoing"
    if start == end:
        return "ongoing" if goes_on and not _is_to_come(best) else None
    is_done = best.trigger.entry.word_class == "verbs" and best.clause.tense == "past"  # *a décrété un couvre-feu du 3 au 7*
    return "ongoing" if (moment.first is not moment.last or moment.first.precision == "range") and not (is_done or _is_to_come(best)) else None


def _by_words(best: Telling, kind: EventType) -> Status:
    clause = best.clause
    if _is_to_come(best) or (clause.is_called and kind.is_lasting):
        return "planned"
    return "ongoing" if clause.is_ongoing else "occurred"


def _is_told_of(telling: Telling) -> bool:
    """Whether its own verb says in the past that it took place."""
    clause = telling.clause
    is_open = clause.is_announced or clause.is_called or clause.is_possible or clause.is_infinitive
    return clause.tense == "past" and telling.trigger.entry.word_class == "verbs" and not is_open


def _is_to_come(telling: Telling) -> bool:
    clause = telling.clause
    is_told = clause.tense == "past" and (clause.is_supported or telling.trigger.entry.word_class == "verbs")
    return clause.tense == "future" or (clause.is_announced and not is_told)
