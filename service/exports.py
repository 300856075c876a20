"""Data for other programs: CSV, JSON, JSON Lines, GeoJSON and iCalendar, on stdout, as files or over HTTP."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import InvalidRequest, VeilleError

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

# What a spreadsheet takes for the start of a formula, and so would run.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EVENT_COLUMNS = (
    *("date", "end_date", "type", "status", "title", "place", "country", "lat", "lon", "organisations", "sentence"),
    *("document", "source", "page", "confidence", "published", "language", "event_id", "document_id"),
)
DOCUMENT_COLUMNS = (
    *("title", "published", "published_from", "language", "state", "source", "media_type", "pages", "characters"),
    *("events", "organisations", "places", "error_code", "error_message", "warnings", "extracted_at", "document_id"),
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# How sure a calendar may be of an event; one that is postponed has a day that no longer holds.
_CALENDAR_STATUS = {"occurred": "CONFIRMED", "ongoing": "CONFIRMED", "planned": "CONFIRMED", "postponed": "TENTATIVE", "cancelled": "CANCELLED"}


class CannotWrite(VeilleError):
    """The disk refuses the file that was asked for."""

    code = "storage"


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write events.

    is_whole: takes items (places and organisations as lists), else rows of events_view.
    statuses: those written unless the filter names some; all where empty.
    """

    name: str
    media_type: str
    lines: Callable[[Iterable[Mapping[str, Any]]], Iterator[str]]
    is_whole: bool = False
    statuses: tuple[str, ...] = ()

    def narrowed(self, wanted: EventFilter) -> EventFilter:
        """The filter with the statuses that this format is for, where it names none."""
        return wanted if wanted.status or not self.statuses else wanted.model_copy(update={"status": self.statuses})


@dataclass(frozen=True, slots=True)
class Written:
    """How many events a file holds, and how many passed the filter but have no day to stand on."""

    events: int
    left_out: int


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = EVENT_COLUMNS) -> Iterator[str]:
    """A header and a line a row, as RFC 4180 has it; text that a spreadsheet would run begins with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    yield _drained(buffer)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
        yield _drained(buffer)


def json_lines(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A JSON object a line; U+2028 and U+2029 escaped, which some readers take for line ends."""
    for item in items:
        yield json.dumps(item, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n"


def json_array(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One JSON array, an item a line, without holding them all."""
    return _joined("[", items, "\n]\n")


def geojson_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A FeatureCollection of RFC 7946, a feature a line; an event without coordinates has a null geometry."""
    return _joined('{"type": "FeatureCollection", "features": [', map(_feature, rows), "\n]}\n")


def calendar_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """An iCalendar of all-day events, as RFC 5545 has it; an event without a first day is left out, since it would stand on no day."""
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


EVENT_FORMATS: Mapping[str, Format] = {
    form.name: form
    for form in (
        Format("json", "application/json", json_array, is_whole=True),
        Format("jsonl", "application/x-ndjson", json_lines, is_whole=True),
        Format("csv", "text/csv", csv_lines),
        Format("geojson", "application/geo+json", geojson_lines),
        Format("ics", "text/calendar", calendar_lines, statuses=("planned",)),
    )
}
SUFFIXES = tuple(f".{name}" for name in EVENT_FORMATS if name != "json")


def event_lines(db: Database, wanted: EventFilter, form: Format) -> Iterator[str]:
    """The events that pass a filter, as one format writes them."""
    from service.store import events

    return form.lines((events.items if form.is_whole else events.find)(db, wanted))


def write(db: Database, wanted: EventFilter, target: Path, *, every_status: bool = False) -> Written:
    """Write the events that pass a filter into a file whose suffix says the format.

    every_status: also those that a format leaves out by itself, as a calendar does the past. The file is whole or not there. Raises InvalidRequest for a suffix that means nothing, CannotWrite.
    """
    from service.store import events

    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidRequest(f"{target}: the suffix says the format; end the name in one of {', '.join(SUFFIXES)}")
    form = EVENT_FORMATS[suffix.removeprefix(".")]
    wanted = wanted if every_status else form.narrowed(wanted)
    read = left_out = 0

    def counted() -> Iterator[Mapping[str, Any]]:
        nonlocal read, left_out
        for row in (events.items if form.is_whole else events.find)(db, wanted):
            read += 1
            left_out += form.lines is calendar_lines and not has_day(row)
            yield row

    _replace_file(target, form.lines(counted()))
    return Written(read - left_out, left_out)


def write_gold(db: Database, target: Path) -> int:
    """Write every reviewed document, as people left it, as a line of gold that `veille evaluate` and its tests read; how many.

    Raises InvalidRequest for a suffix other than .jsonl, CannotWrite.
    """
    from service.store import reviews

    if target.suffix.lower() != ".jsonl":
        raise InvalidRequest(f"{target}: gold is JSON Lines; end the name in .jsonl")
    documents = reviews.reviewed_documents(db)
    _replace_file(target, json_lines(_gold(db, document_id) for document_id in documents))
    return len(documents)


def _gold(db: Database, document_id: str) -> dict[str, Any]:
    """A document as gold: what was rejected is left out, and what a person added has no mention in the text."""
    from service.store import documents, events

    record = documents.record(db, document_id)
    assert record is not None  # it was just listed
    whole = record.model_dump(mode="json")
    rejected = events.rejected(db, document_id)
    kept = {field: whole[field] for field in ("id", "language", "published", "title", "source", "text")}
    entities = [{name: value for name, value in entity.items() if name not in ("confidence", "rule")} for entity in whole["entities"]]
    told = [{name: event[name] for name in _GOLD_EVENT} for event in whole["events"] if event["id"] not in rejected]
    return {**kept, "entities": entities, "events": told}


_GOLD_EVENT = ("id", "type", "status", "mentions", "start", "end", "places", "organisations")


def _replace_file(target: Path, lines: Iterable[str]) -> None:
    """Write lines beside the target and put them in its place."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{target}: cannot be written ({error.strerror}); check that its folder exists and has room") from error


def _joined(head: str, items: Iterable[Mapping[str, Any]], end: str) -> Iterator[str]:
    """JSON objects with commas between them, a line each, between a head and an end."""
    yield head
    separator = "\n"
    for item in items:
        yield separator + json.dumps(item, ensure_ascii=False)
        separator = ",\n"
    yield end


def _feature(row: Mapping[str, Any]) -> dict[str, Any]:
    point = None if row["lat"] is None or row["lon"] is None else {"type": "Point", "coordinates": [row["lon"], row["lat"]]}
    properties = {column: row[column] for column in EVENT_COLUMNS if column not in ("lat", "lon")}
    return {"type": "Feature", "id": row["event_id"], "geometry": point, "properties": properties}


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
    event.add("status", _CALENDAR_STATUS[row["status"]])
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


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _drained(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line
