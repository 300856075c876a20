"""Rows and events as text for other programs: CSV, JSON and JSON Lines, on stdout or as files."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import InvalidRequest, VeilleError

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

SUFFIXES = (".csv", ".jsonl")
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


class CannotWrite(VeilleError):
    """The disk refuses the file that was asked for."""

    code = "storage"


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
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
    yield "["
    separator = "\n"
    for item in items:
        yield separator + json.dumps(item, ensure_ascii=False)
        separator = ",\n"
    yield "\n]\n"


def write(db: Database, wanted: EventFilter, target: Path) -> int:
    """Write the events that pass a filter into a file whose suffix says the format; how many they were.

    The file is whole or not there. Raises InvalidRequest for a suffix that means nothing, CannotWrite.
    """
    from service.store import events

    if target.suffix.lower() not in SUFFIXES:
        raise InvalidRequest(f"{target}: the suffix says the format; end the name in one of {', '.join(SUFFIXES)}")
    is_csv = target.suffix.lower() == ".csv"
    lines = csv_lines(events.find(db, wanted), EVENT_COLUMNS) if is_csv else json_lines(events.items(db, wanted))
    count = _replace_file(target, lines)
    return count - 1 if is_csv else count  # a header is no event


def _replace_file(target: Path, lines: Iterable[str]) -> int:
    """Write lines beside the target and put them in its place; how many they were."""
    count = 0
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                for line in lines:
                    count += 1
                    file.write(line)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{target}: cannot be written ({error.strerror}); check that its folder exists and has room") from error
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _drained(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line
