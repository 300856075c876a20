"""CSV, JSON and JSON Lines, and GeoJSON: text that is written line by line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

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
    return joined("[", items, "\n]\n")


def geojson_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A FeatureCollection of RFC 7946, a feature a line; an event without coordinates has a null geometry."""
    return joined('{"type": "FeatureCollection", "features": [', map(_feature, rows), "\n]}\n")


def joined(head: str, items: Iterable[Mapping[str, Any]], end: str) -> Iterator[str]:
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


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _drained(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line
