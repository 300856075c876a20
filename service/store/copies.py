"""Copies to give away: events in a SQLite file of their own, without the paths, uploads, jobs and keys of the store."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database

_TABLES = (
    """CREATE TABLE documents (id TEXT PRIMARY KEY, title TEXT, published TEXT, language TEXT, source TEXT)""",
    """CREATE TABLE events (
        id TEXT PRIMARY KEY, type TEXT NOT NULL, status TEXT NOT NULL, title TEXT NOT NULL, "start" TEXT, "end" TEXT, precision TEXT, edtf TEXT,
        sentence TEXT NOT NULL, page INTEGER, confidence REAL NOT NULL, review TEXT, same_as TEXT, document TEXT NOT NULL REFERENCES documents (id)
    )""",
    """CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT, latitude REAL, longitude REAL, kind TEXT, geonames_id INTEGER)""",
    """CREATE TABLE organisations (id TEXT PRIMARY KEY, name TEXT NOT NULL, acronym TEXT)""",
    """CREATE TABLE event_places (event TEXT NOT NULL REFERENCES events (id), place INTEGER NOT NULL REFERENCES places (id), PRIMARY KEY (event, place))""",
    """CREATE TABLE event_organisations (
        event TEXT NOT NULL REFERENCES events (id), organisation TEXT NOT NULL REFERENCES organisations (id), roles TEXT NOT NULL, PRIMARY KEY (event, organisation)
    )""",
)
_VIEW = """CREATE VIEW events_view AS SELECT e."start" AS date, e."end" AS end_date, e.type, e.status, e.title,
    (SELECT group_concat(p.name, ', ') FROM event_places ep JOIN places p ON p.id = ep.place WHERE ep.event = e.id) AS places,
    (SELECT group_concat(o.name, '; ') FROM event_organisations eo JOIN organisations o ON o.id = eo.organisation WHERE eo.event = e.id) AS organisations,
    e.sentence, d.title AS document, d.published, d.source, e.confidence, e.id
    FROM events e JOIN documents d ON d.id = e.document"""
_FIELDS = ("id", "type", "status", "title", "start", "end", "precision", "edtf", "confidence", "review")
_PLACE = ("name", "country", "lat", "lon", "kind", "geonames_id")
_BATCH = 1_000  # events held at a time


def write(path: Path, items: Iterable[Mapping[str, Any]]) -> None:
    """Make a file of some events, as `events.items` has them: tables, full text on titles and sentences, and a flat view."""
    from sqlite_utils import Database

    db = Database(path)
    try:
        for statement in (*_TABLES, _VIEW):
            db.execute(statement)
        places: dict[tuple[Any, ...], int] = {}
        coming = iter(items)
        while batch := list(itertools.islice(coming, _BATCH)):
            with db.atomic():
                _add(db, batch, places)
        db.table("events").enable_fts(["title", "sentence"], tokenize="unicode61 remove_diacritics 2")
        db.execute("CREATE INDEX events_start ON events (start)")
    finally:
        db.close()


def _add(db: Database, batch: Iterable[Mapping[str, Any]], places: dict[tuple[Any, ...], int]) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in ("documents", "places", "organisations", "events", "event_places", "event_organisations")}
    for item in batch:
        about, evidence = item["document"], item["evidence"]
        rows["documents"].append(tuple(about[name] for name in ("id", "title", "published", "language", "source")))
        told = {**{name: item[name] for name in _FIELDS}, "sentence": evidence["quote"], "page": evidence["page"], "same": item["group"], "of": about["id"]}
        rows["events"].append(tuple(told[name] for name in (*_FIELDS[:8], "sentence", "page", "confidence", "review", "same", "of")))
        for place in item["places"]:
            key = tuple(place[name] for name in _PLACE)
            number = places.setdefault(key, len(places) + 1)
            rows["places"].append((number, *key))
            rows["event_places"].append((item["id"], number))
        for body in item["organisations"]:
            rows["organisations"].append((body["id"], body["name"], body["acronym"]))
            rows["event_organisations"].append((item["id"], body["id"], json.dumps(body["roles"])))
    for table, values in rows.items():
        if values:
            db.conn.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
