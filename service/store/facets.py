"""Facets: how many of the events that a filter lets through have each type, country, month, place…

Each facet leaves out its own filter, so that it shows what else could be chosen. What was counted is kept
until an event changes.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.queries import DOUBTFUL
from service.store import columnar, events, paging, search
from service.store.selection import Selection

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

_MOST_KEPT = 500  # overviews; one takes about 40 KB
_MOST_VALUES = 12  # of a facet that has no end, such as organisations
_MOST_CIRCLES = 80  # each is forty bytes of a page, packed
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


def warm(db: Database) -> None:
    """Read what counting takes, which is seconds of a large store, before somebody waits for it."""
    from service.queries import EventFilter

    overview(db, EventFilter())


def neighbours(db: Database, wanted: EventFilter, event_id: str) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """The events before and after one in the order of a filter, of other documents: `id`, `document_id`, `title`; None at the ends."""
    keys = events.keys_of(wanted.sort)
    joined = "events e JOIN documents d ON d.id = e.document_id"
    row = next(db.query(f"SELECT e.document_id, {paging.columns(keys)} FROM {joined} WHERE e.id = ?", [event_id]), None)
    if row is None:
        return None, None
    last, chosen = paging.taken(row, keys), Selection(db, wanted)
    before, following = (_nearest(db, chosen, last, row["document_id"], backwards=is_before) for is_before in (True, False))
    return before, following


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
    chosen = Selection(db, wanted)
    columns = chosen.columns
    relaxed = {name: chosen.passing(*fields) for name, fields in _OWN.items()}
    facets = {name: columns.values(name, relaxed[name]) for name in ("type", "status", "language", "country")}
    facets["review"] = _reviews(columns, relaxed["review"])
    facets["organisation"] = _organisations(chosen, relaxed["organisation"])
    circles, choices = ([Circle(*spot, count) for spot, count in columns.spots(marks, _MOST_CIRCLES)] for marks in (chosen.whole, relaxed["place"]))
    return Overview(int(chosen.whole.sum()), facets, columns.months(relaxed["months"]), circles, choices)


def _reviews(columns: columnar.Columns, marks: Any) -> list[tuple[str, int]]:
    """How many are open, how many of those are to be checked, and how many have each kind of review."""
    found = sorted(columns.values("review", marks))
    is_open = marks & (columns.codes["review"] < 0)
    pairs = [("open", int(is_open.sum())), ("to_check", int((is_open & (columns.confidence < DOUBTFUL)).sum())), *found]
    return [pair for pair in pairs if pair[1]]


def _organisations(chosen: Selection, marks: Any) -> list[tuple[str, int]]:
    """The names met most, each with the number of events that the filter of that name lets through."""
    found = []
    for name in chosen.columns.bodies(marks, _MOST_VALUES):
        asked = search.names_expression("organisations", name)
        if asked is not None:
            found.append((name, int(marks[chosen.matching(asked)].sum())))
    return sorted(found, key=lambda pair: -pair[1])


def _nearest(db: Database, chosen: Selection, last: paging.Keys, document_id: str, *, backwards: bool) -> dict[str, str] | None:
    """The next event of another document; those of its own are few."""
    own = db.execute("SELECT count(*) FROM events WHERE document_id = ?", [document_id]).fetchone()[0]
    numbers = chosen.first(own + 1, last, backwards=backwards) or []
    sql = """SELECT e.id, e.document_id, coalesce(d.title, d.source, d.id) AS title FROM json_each(?) n JOIN events e ON e.number = n.value
        JOIN documents d ON d.id = e.document_id WHERE e.document_id <> ? ORDER BY n.key LIMIT 1"""
    return next(db.query(sql, [json.dumps(numbers), document_id]), None)
