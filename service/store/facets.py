"""Facets: how many of the events that a filter lets through have each type, country, month, place…

Each facet leaves out its own filter, so that it shows what else could be chosen. What was counted is kept
until the database changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.store import events, paging, search

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

Revision = tuple[tuple[str, int, int], ...]
_MOST_KEPT = 500  # overviews; one takes about 40 KB
_MOST_VALUES = 12  # of a facet that has no end, such as organisations
_MOST_CIRCLES = 300
# What each facet leaves out of the filter.
_OWN: Mapping[str, tuple[str, ...]] = {
    "type": ("type",),
    "status": ("status",),
    "country": ("country",),
    "language": ("language",),
    "review": ("review",),
    "organisation": ("organisation",),
    "place": ("bbox", "place"),
    "months": ("from_", "to"),
}


@dataclass(frozen=True, slots=True)
class Circle:
    """A place on the map, and how many events happen there; lat and lon in degrees."""

    name: str
    country: str | None
    kind: str | None
    lat: float
    lon: float
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a filter lets through, counted.

    facets: by the name of a filter, its values and how many events have each, most first; an event may have many.
    months: "2024-06" and how many events begin in it, in order, whatever days the filter names.
    circles: of the events that pass, most first. choices: of those that would pass whatever place the filter names.
    """

    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    months: Sequence[tuple[str, int]]
    circles: Sequence[Circle]
    choices: Sequence[Circle]


def overview(db: Database, wanted: EventFilter) -> Overview:
    """Count the events that pass a filter; its order and limit do not matter."""
    wanted = wanted.model_copy(update={"limit": None, "sort": "-date"})
    key = (_revision(db), wanted.model_dump_json())
    found = _kept.get(key)
    if found is None:
        found = _counted(db, wanted)
        _kept.put(key, found)
    return found


def count(db: Database, wanted: EventFilter) -> int:
    """How many events pass a filter."""
    clauses, values = events.conditions(wanted)
    return int(db.execute(f"SELECT count(*) FROM {_JOINED} WHERE {' AND '.join(clauses) or '1'}", values).fetchone()[0])


def neighbours(db: Database, wanted: EventFilter, event_id: str) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """The events before and after one in the order of a filter, of other documents: `id`, `document_id`, `title`; None at the ends."""
    keys = events.keys_of(wanted.sort)
    row = next(db.query(f"SELECT e.document_id, {paging.columns(keys)} FROM {_JOINED} WHERE e.id = ?", [event_id]), None)
    if row is None:
        return None, None
    last = paging.taken(row, keys)
    backwards = [paging.Key(key.expression, not key.is_descending) for key in keys]
    return _nearest(db, wanted, backwards, last, row["document_id"]), _nearest(db, wanted, keys, last, row["document_id"])


_JOINED = "events e JOIN documents d ON d.id = e.document_id"
_PLACES = "event_places ep ON ep.event_id = c.id JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id"
_BODIES = "event_organisations eo ON eo.event_id = c.id JOIN organisations o ON o.document_id = eo.document_id AND o.id = eo.organisation_id"


class _Kept:
    """The overviews asked for last; those of an older state of the database fall out by themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._overviews: OrderedDict[tuple[Revision, str], Overview] = OrderedDict()

    def get(self, key: tuple[Revision, str]) -> Overview | None:
        with self._lock:
            if key in self._overviews:
                self._overviews.move_to_end(key)
            return self._overviews.get(key)

    def put(self, key: tuple[Revision, str], found: Overview) -> None:
        with self._lock:
            self._overviews[key] = found
            while len(self._overviews) > _MOST_KEPT:
                self._overviews.popitem(last=False)


_kept = _Kept()


def _revision(db: Database) -> Revision:
    """What changes with every commit: size and time of the database and of its log of writes.

    `PRAGMA data_version` tells only a connection that stays open, and each request has its own.
    """
    path = Path(db.execute("PRAGMA database_list").fetchone()[2])
    found = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            about = file.stat()
        except FileNotFoundError:
            continue
        found.append((str(file), about.st_mtime_ns, about.st_size))
    return tuple(found)


def _counted(db: Database, wanted: EventFilter) -> Overview:
    whole = _Chosen(db, wanted, "chosen")
    relaxed = {name: _Chosen(db, wider, f"chosen_{name}") if (wider := _without(wanted, fields)) != wanted else whole for name, fields in _OWN.items()}
    facets = {name: relaxed[name].values(name) for name in ("type", "status", "language", "review")}
    facets["country"] = relaxed["country"].countries()
    facets["organisation"] = relaxed["organisation"].organisations()
    found = Overview(whole.total(), facets, relaxed["months"].months(), whole.circles(), relaxed["place"].circles())
    for chosen in {id(chosen): chosen for chosen in (whole, *relaxed.values())}.values():
        chosen.drop()
    return found


def _without(wanted: EventFilter, fields: Sequence[str]) -> EventFilter:
    return wanted.model_copy(update={field: type(wanted).model_fields[field].default for field in fields})


class _Chosen:
    """The events that pass a filter, as a temporary table that several counts read."""

    def __init__(self, db: Database, wanted: EventFilter, name: str) -> None:
        self._db, self._name = db, name
        clauses, values = events.conditions(wanted)
        columns = "e.number, e.id, e.type, e.status, e.start_date, d.language, coalesce(e.review, 'open') AS review"
        db.execute(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {_JOINED} WHERE {' AND '.join(clauses) or '1'}", values)

    def drop(self) -> None:
        self._db.execute(f"DROP TABLE temp.{self._name}")

    def total(self) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {self._name}").fetchone()[0])

    def values(self, column: str) -> list[tuple[str, int]]:
        """Counts of a column of its own, one of a closed list."""
        return self._pairs(f"SELECT {column}, count(*) AS n FROM {self._name} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1")

    def countries(self) -> list[tuple[str, int]]:
        return self._pairs(
            f"SELECT p.country, count(DISTINCT c.id) AS n FROM {self._name} c JOIN {_PLACES} WHERE p.country IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1"
        )

    def organisations(self) -> list[tuple[str, int]]:
        """The names met most, each with the number of events that the filter of that name lets through."""
        sql = f"SELECT max(o.name), count(DISTINCT c.id) AS n FROM {self._name} c JOIN {_BODIES} GROUP BY coalesce(o.key, lower(o.name)) ORDER BY n DESC, 1 LIMIT ?"
        found = [(name, self._named(name)) for name, _ in self._pairs(sql, [_MOST_VALUES])]
        return sorted(found, key=lambda pair: -pair[1])

    def months(self) -> list[tuple[str, int]]:
        return self._pairs(f"SELECT substr(start_date, 1, 7), count(*) FROM {self._name} WHERE start_date IS NOT NULL GROUP BY 1 ORDER BY 1")

    def circles(self) -> list[Circle]:
        rows = self._db.execute(
            f"""SELECT max(p.name), max(p.country), max(p.kind), p.lat, p.lon, count(DISTINCT c.id) AS n FROM {self._name} c JOIN {_PLACES}
            WHERE p.lat IS NOT NULL GROUP BY p.lat, p.lon ORDER BY n DESC, 1 LIMIT ?""",
            [_MOST_CIRCLES],
        )
        return [Circle(*row) for row in rows]

    def _named(self, name: str) -> int:
        asked = search.names_expression("organisations", name)
        if asked is None:
            return 0
        sql = f"SELECT count(*) FROM {self._name} WHERE number IN (SELECT rowid FROM events_search WHERE events_search MATCH ?)"
        return int(self._db.execute(sql, [asked]).fetchone()[0])

    def _pairs(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[str, int]]:
        return [(value, number) for value, number in self._db.execute(sql, values)]


def _nearest(db: Database, wanted: EventFilter, keys: Sequence[paging.Key], last: paging.Keys, document_id: str) -> dict[str, str] | None:
    clauses, values = events.conditions(wanted)
    clause, more = paging.after(keys, last)
    where = " AND ".join([*clauses, clause, "e.document_id <> :own_document"])
    sql = f"SELECT e.id, e.document_id, coalesce(d.title, d.source, d.id) AS title FROM {_JOINED} WHERE {where} ORDER BY {paging.order_by(keys)} LIMIT 1"
    return next(db.query(sql, {**values, **more, "own_document": document_id}), None)
