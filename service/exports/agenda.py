"""iCalendar (RFC 5545): events as all-day entries of a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# How sure a calendar may be of an event; one that is postponed has a day that no longer holds.
_STATUS = {"occurred": "CONFIRMED", "ongoing": "CONFIRMED", "planned": "CONFIRMED", "postponed": "TENTATIVE", "cancelled": "CANCELLED"}


def calendar_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """An iCalendar of all-day events; an event without a first day is left out, since it would stand on no day."""
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Veille//Veille//EN")
    calendar.add("version", "2.0")
    head, _, end = calendar.to_ical().decode().partition("END:VCALENDAR")
    yield head
    for row in rows:
        if has_day(row):
            yield _calendar_event(row)
    yield "END:VCALENDAR" + end


def has_day(row: Mapping[str, Any]) -> bool:
    """Whether an event can stand in a calendar."""
    return row["date"] is not None


def _calendar_event(row: Mapping[str, Any]) -> str:
    """A VEVENT; its end is the day after the last one, as all-day events have it."""
    import icalendar

    event = icalendar.Event()
    event.add("uid", f"{row['event_id']}@veille")
    event.add("dtstamp", datetime.fromisoformat(row["extracted_at"]))
    event.add("dtstart", date.fromisoformat(row["date"]))
    event.add("dtend", _day_after(row["end_date"] or row["date"]))
    event.add("summary", _readable(row["title"]))
    event.add("description", _readable("\n\n".join(filter(None, [row["sentence"], row["organisations"], row["document"]]))))
    event.add("categories", [row["type"]])
    event.add("status", _STATUS[row["status"]])
    event.add("transp", "TRANSPARENT")  # it takes nobody's time
    if row["place"] is not None:
        event.add("location", _readable(row["place"] + (f" ({row['country']})" if row["country"] else "")))
    if row["lat"] is not None and row["lon"] is not None:
        event.add("geo", (row["lat"], row["lon"]))
    written: bytes = event.to_ical()
    return written.decode()


def _day_after(day: str) -> date:
    last = date.fromisoformat(day)
    return last if last == date.max else last + timedelta(days=1)


def _readable(text: str) -> str:
    """The text with a blank for each control character that iCalendar forbids."""
    return _CONTROL.sub(" ", text)
