"""Data for other programs, on stdout, as files or over HTTP: one table of formats for all three.

plain           CSV, JSON, JSON Lines, GeoJSON
agenda          iCalendar
parquet         Parquet
ftm             FollowTheMoney
annotations     W3C Web Annotations, of events or of one document
sqlite          a SQLite file
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from extractors.errors import InvalidRequest, MissingPart, VeilleError
from service.exports.agenda import calendar_lines, has_day
from service.exports.annotations import annotation_lines, record_lines
from service.exports.ftm import ftm_lines
from service.exports.parquet import parquet_bytes
from service.exports.plain import DOCUMENT_COLUMNS, EVENT_COLUMNS, csv_lines, geojson_lines, json_array, json_lines
from service.exports.sqlite import sqlite_bytes

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.records import Record
    from service.queries import EventFilter

__all__ = [
    "DOCUMENT_COLUMNS",
    "DOCUMENT_FORMATS",
    "DOCUMENT_SUFFIXES",
    "EVENT_COLUMNS",
    "EVENT_FORMATS",
    "SUFFIXES",
    "CannotWrite",
    "DocumentFormat",
    "Format",
    "Written",
    "csv_lines",
    "document_lines",
    "event_lines",
    "json_lines",
    "write",
    "write_document",
    "write_gold",
]

T = TypeVar("T")


class CannotWrite(VeilleError):
    """The disk refuses the file that was asked for."""

    code = "storage"


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write events: `lines` of text, or `pack` for bytes.

    label: what people call it. suffix: of its files; `wire`: its name over HTTP where that is another.
    is_whole: takes items (places and organisations as lists), else rows of events_view.
    statuses: those written unless the filter names some; all where empty.
    needs: the package, and the extra of ours that installs it.
    """

    name: str
    label: str
    media_type: str
    suffix: str
    lines: Callable[[Iterable[Mapping[str, Any]]], Iterator[str]] | None = None
    pack: Callable[[Iterable[Mapping[str, Any]]], Iterator[bytes]] | None = None
    is_whole: bool = False
    statuses: tuple[str, ...] = ()
    wire: str = ""
    needs: tuple[str, str] | None = None

    def narrowed(self, wanted: EventFilter) -> EventFilter:
        """The filter with the statuses that this format is for, where it names none."""
        return wanted if wanted.status or not self.statuses else wanted.model_copy(update={"status": self.statuses})

    def chunks(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
        """Events as bytes of a file, UTF-8 where it is text."""
        if self.pack is not None:
            return self.pack(rows)
        assert self.lines is not None  # a format has one or the other
        return (line.encode() for line in self.lines(rows))

    def missing(self) -> str | None:
        """What to do so that this format can be written, None where it can."""
        if self.needs is None or importlib.util.find_spec(self.needs[0]) is not None:
            return None
        package, extra = self.needs
        return f"{self.label} needs {package}, which is not installed: run `pip install 'veille[{extra}]'`, or in a clone `pip install '.[{extra}]'`"


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A way to write one document with all that was found in it."""

    name: str
    label: str
    media_type: str
    suffix: str
    lines: Callable[[Record], Iterable[str]]
    wire: str = ""

    def whole(self, record: Record) -> bytes:
        """The file; half a character of JSON's, which UTF-8 has no way to write, is written as its number."""
        return "".join(self.lines(record)).encode("utf_8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Written:
    """How many events a file holds, and how many passed the filter but have no day to stand on."""

    events: int
    left_out: int


EVENT_FORMATS: Mapping[str, Format] = {
    form.name: form
    for form in (
        Format("json", "JSON", "application/json", ".json", json_array, is_whole=True),
        Format("jsonl", "JSON Lines", "application/x-ndjson", ".jsonl", json_lines, is_whole=True, wire="ndjson"),
        Format("csv", "CSV", "text/csv", ".csv", csv_lines),
        Format("geojson", "GeoJSON", "application/geo+json", ".geojson", geojson_lines),
        Format("ics", "iCalendar", "text/calendar", ".ics", calendar_lines, statuses=("planned",)),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", ".parquet", pack=parquet_bytes, needs=("pyarrow", "parquet")),
        Format("ftm", "FollowTheMoney", "application/json+ftm", ".ftm.json", ftm_lines, is_whole=True),
        Format("jsonld", "Web Annotation", "application/ld+json", ".jsonld", annotation_lines, is_whole=True),
        Format("sqlite", "SQLite", "application/vnd.sqlite3", ".sqlite", pack=sqlite_bytes, is_whole=True),
    )
}
SUFFIXES: Mapping[str, Format] = {form.suffix: form for form in EVENT_FORMATS.values()}
DOCUMENT_FORMATS: Mapping[str, DocumentFormat] = {
    form.name: form
    for form in (
        DocumentFormat("json", "the record", "application/json", ".json", lambda record: [record.model_dump_json()]),
        DocumentFormat("jsonld", "Web Annotation", "application/ld+json", ".jsonld", record_lines),
        DocumentFormat("html", "a page that stands alone", "text/html", ".html", lambda record: [record.to_html(is_page=True)]),
    )
}

DOCUMENT_SUFFIXES: Mapping[str, DocumentFormat] = {form.suffix: form for form in DOCUMENT_FORMATS.values()}


def event_lines(db: Database, wanted: EventFilter, form: Format) -> Iterator[str]:
    """The events that pass a filter, as one format of text writes them."""
    assert form.lines is not None  # the caller offers formats of text only
    return form.lines(_events(db, wanted, form))


def document_lines(rows: Iterable[Mapping[str, Any]], name: Literal["json", "jsonl", "csv"]) -> Iterator[str]:
    """Rows of documents_view in a format of text."""
    if name == "csv":
        return csv_lines(rows, DOCUMENT_COLUMNS)
    return json_array(rows) if name == "json" else json_lines(rows)


def write(db: Database, wanted: EventFilter, target: Path, *, every_status: bool = False) -> Written:
    """Write the events that pass a filter into a file whose suffix says the format.

    every_status: also those that a format leaves out by itself, as a calendar does the past. The file is whole or not there.
    Raises InvalidRequest for a suffix that means nothing, MissingPart for a format whose package is not installed, CannotWrite.
    """
    form = _of_suffix(target, SUFFIXES)
    if (cure := form.missing()) is not None:
        raise MissingPart(cure)
    wanted = wanted if every_status else form.narrowed(wanted)
    read = left_out = 0

    def counted() -> Iterator[Mapping[str, Any]]:
        nonlocal read, left_out
        for row in _events(db, wanted, form):
            read += 1
            left_out += form.lines is calendar_lines and not has_day(row)
            yield row

    _replace_file(target, form.chunks(counted()))
    return Written(read - left_out, left_out)


def write_document(record: Record, target: Path) -> None:
    """Write one document into a file whose suffix says the format; raises InvalidRequest, CannotWrite."""
    form = _of_suffix(target, DOCUMENT_SUFFIXES)
    _replace_file(target, [form.whole(record)])


def write_gold(db: Database, target: Path) -> int:
    """Write every reviewed document, as people left it, as a line of gold that `veille evaluate` and its tests read; how many.

    Raises InvalidRequest for a suffix other than .jsonl, CannotWrite.
    """
    from service.store import reviews

    if target.suffix.lower() != ".jsonl":
        raise InvalidRequest(f"{target}: gold is JSON Lines; end the name in .jsonl")
    documents = reviews.reviewed_documents(db)
    _replace_file(target, (line.encode() for line in json_lines(_gold(db, document_id) for document_id in documents)))
    return len(documents)


def _events(db: Database, wanted: EventFilter, form: Format) -> Iterator[dict[str, Any]]:
    from service.store import events

    return (events.items if form.is_whole else events.find)(db, wanted)


def _of_suffix(target: Path, known: Mapping[str, T]) -> T:
    """The format of the longest suffix that a name ends in."""
    name = target.name.lower()
    for suffix in sorted(known, key=len, reverse=True):
        if name.endswith(suffix):
            return known[suffix]
    raise InvalidRequest(f"{target}: the suffix says the format; end the name in one of {', '.join(known)}")


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


def _replace_file(target: Path, chunks: Iterable[bytes]) -> None:
    """Write bytes beside the target and put them in its place."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("wb") as file:
                file.writelines(chunks)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{target}: cannot be written ({error.strerror}); check that its folder exists and has room") from error
