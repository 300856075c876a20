"""Records as pandas frames, for notebooks: one a kind of thing, tied by ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from extractors.errors import MissingPart

if TYPE_CHECKING:
    import pandas as pd

    from extractors.records import Event, Record

# Columns of each frame, in order; `document` is the record's id, and `id` holds within it.
COLUMNS: dict[str, tuple[str, ...]] = {
    "documents": ("document", "title", "published", "language", "source", "media_type", "pages", "characters"),
    "events": ("document", "id", "type", "status", "title", "start", "end", "precision", "edtf", "places", "organisations", "sentence", "page", "confidence"),
    "organisations": ("document", "id", "name", "acronym", "key", "mentions", "confidence"),
    "places": ("document", "id", "name", "country", "lat", "lon", "kind", "geonames_id", "mentions", "confidence"),
    "dates": ("document", "id", "start", "end", "precision", "edtf", "mentions", "confidence"),
    "mentions": ("document", "of", "label", "start", "end", "quote"),
}
_DAYS = {"documents": ("published",), "events": ("start", "end"), "dates": ("start", "end")}
_WHOLE_NUMBERS = {"documents": ("pages",), "events": ("page",), "places": ("geonames_id",)}  # some of them missing
_HOMES = {"ORG": "organisations", "PLACE": "places", "DATE": "dates"}


def to_frames(records: Iterable[Record]) -> dict[str, pd.DataFrame]:
    """Frames by name: documents, events, organisations, places, dates, mentions.

    Days are datetime64, NaT where the text does not say; `mentions` of an entity counts them, and the frame of
    that name has their offsets. An event's places and organisations are names, with "; " between.
    Raises MissingPart without pandas.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPart("pandas is not installed: run `pip install 'veille[frames]'`, or in a clone `pip install '.[frames]'`") from error
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for record in records:
        _add(rows, record)
    frames = {name: pd.DataFrame(found, columns=list(COLUMNS[name])) for name, found in rows.items()}
    for name, columns in _DAYS.items():
        for column in columns:
            frames[name][column] = pd.to_datetime(frames[name][column]).astype("datetime64[s]")  # nanoseconds end in 2262
    for name, columns in _WHOLE_NUMBERS.items():
        for column in columns:
            frames[name][column] = frames[name][column].astype("Int64")
    return frames


def _add(rows: dict[str, list[dict[str, Any]]], record: Record) -> None:
    about = {name: getattr(record, name) for name in ("title", "published", "language", "source", "media_type", "pages")}
    rows["documents"].append({"document": record.id, **about, "characters": len(record.text)})
    names: dict[str, str] = {}
    for entity in record.entities:
        home = _HOMES[entity.label]
        names[entity.id] = getattr(entity, "name", "")
        fields = {column: getattr(entity, column) for column in COLUMNS[home] if column not in ("document", "mentions")}
        rows[home].append({"document": record.id, **fields, "mentions": len(entity.mentions)})
        rows["mentions"] += _spans(record, entity.id, entity.label, entity.mentions)
    for event in record.events:
        rows["events"].append({"document": record.id, **_event(event, names)})
        rows["mentions"] += _spans(record, event.id, "EVENT", event.mentions)


def _event(event: Event, names: dict[str, str]) -> dict[str, Any]:
    plain = {name: getattr(event, name) for name in ("id", "type", "status", "title", "start", "end", "precision", "edtf", "confidence")}
    named = {column: "; ".join(names[i] for i in getattr(event, column)) for column in ("places", "organisations")}
    return {**plain, **named, "sentence": event.evidence.quote, "page": event.evidence.page}


def _spans(record: Record, owner: str, label: str, mentions: Iterable[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    for start, end in mentions:
        yield {"document": record.id, "of": owner, "label": label, "start": start, "end": end, "quote": record.text[start:end]}
