"""Facets: how many of the events that a filter lets through have each type, country, month, place…

Each facet leaves out its own filter, so that it shows what else could be chosen. What was counted is kept
until the database changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.store import columnar, events, paging, search

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

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
    key = (columnar.revision(db), wanted.model_dump_json())
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


_IN_COLUMNS = ("type", "status", "language", "country")
_JOINED = "events e JOIN documents d ON d.id = e.document_id"


class _Kept:
    """The overviews asked for last; those of an older state of the database fall out by themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._overviews: OrderedDict[tuple[columnar.Revision, str], Overview] = OrderedDict()

    def get(self, key: tuple[columnar.Revision, str]) -> Overview | None:
        with self._lock:
            if key in self._overviews:
                self._overviews.move_to_end(key)
            return self._overviews.get(key)

    def put(self, key: tuple[columnar.Revision, str], found: Overview) -> None:
        with self._lock:
            self._overviews[key] = found
            while len(self._overviews) > _MOST_KEPT:
                self._overviews.popitem(last=False)


_kept = _Kept()


def _counted(db: Database, wanted: EventFilter) -> Overview:
    chosen = _Chosen(db)
    columns, whole = chosen.columns, chosen.rows(wanted)
    relaxed = {name: chosen.rows(_without(wanted, fields)) for name, fields in _OWN.items()}
    facets = {name: columns.values(name, relaxed[name]) for name in ("type", "status", "language", "country")}
    facets["review"] = _reviews(db, columns, relaxed["review"])
    facets["organisation"] = _organisations(db, columns, relaxed["organisation"])
    circles, choices = ([Circle(*spot, count) for spot, count in columns.spots(rows, _MOST_CIRCLES)] for rows in (whole, relaxed["place"]))
    return Overview(len(whole), facets, columns.months(relaxed["months"]), circles, choices)


def _without(wanted: EventFilter, fields: Sequence[str]) -> EventFilter:
    return wanted.model_copy(update={field: type(wanted).model_fields[field].default for field in fields})


class _Chosen:
    """Rows of the events that pass filters: by the columns where they hold what is asked, else by SQL, once for each question."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.columns = columnar.columns(db)
        self._found: dict[EventFilter, Any] = {}

    def rows(self, wanted: EventFilter) -> Any:
        asked = _without(wanted, _IN_COLUMNS)
        if asked not in self._found:
            self._found[asked] = self._by_sql(asked)
        rows = self._found[asked]
        for name in _IN_COLUMNS:
            if value := getattr(wanted, name):
                rows = self.columns.having(rows, name, (value,) if isinstance(value, str) else value)
        return rows

    def _by_sql(self, wanted: EventFilter) -> Any:
        if wanted == type(wanted)():
            rejected = [number for (number,) in self._db.execute("SELECT number FROM events WHERE review = 'rejected'")]
            return self.columns.without(self.columns.everything(), rejected)
        clauses, values = events.conditions(wanted)
        where = " AND ".join(clauses) or "1"
        joined = _JOINED if "d." in where else "events e"
        return self.columns.rows([number for (number,) in self._db.execute(f"SELECT e.number FROM {joined} WHERE {where}", values)])


def _reviews(db: Database, columns: columnar.Columns, rows: Any) -> list[tuple[str, int]]:
    """How many are open and how many of each kind of review; few events have one, and an index knows them."""
    found = []
    for state in ("accepted", "corrected", "rejected"):
        numbers = [number for (number,) in db.execute("SELECT number FROM events WHERE review = ?", [state])]
        found.append((state, columns.shared(rows, numbers)))
    return [pair for pair in [("open", len(rows) - sum(count for _, count in found)), *found] if pair[1]]


def _organisations(db: Database, columns: columnar.Columns, rows: Any) -> list[tuple[str, int]]:
    """The names met most, each with the number of events that the filter of that name lets through."""
    found = []
    for name, _ in columns.bodies(rows, _MOST_VALUES):
        asked = search.names_expression("organisations", name)
        if asked is not None and asked not in columns.remembered:
            numbers = [number for (number,) in db.execute("SELECT rowid FROM events_search WHERE events_search MATCH ?", [asked])]
            columns.remember(asked, numbers)
        if asked is not None:
            found.append((name, columns.common(rows, columns.remembered[asked])))
    return sorted(found, key=lambda pair: -pair[1])


def _nearest(db: Database, wanted: EventFilter, keys: Sequence[paging.Key], last: paging.Keys, document_id: str) -> dict[str, str] | None:
    clauses, values = events.conditions(wanted)
    clause, more = paging.after(keys, last)
    where = " AND ".join([*clauses, clause, "e.document_id <> :own_document"])
    sql = f"SELECT e.id, e.document_id, coalesce(d.title, d.source, d.id) AS title FROM {_JOINED} WHERE {where} ORDER BY {paging.order_by(keys)} LIMIT 1"
    return next(db.query(sql, {**values, **more, "own_document": document_id}), None)
