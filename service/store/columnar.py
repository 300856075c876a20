"""The events as columns in memory, which are filtered and counted in milliseconds where joined tables take seconds.

Only what lists are filtered, sorted and counted by is held: 300,000 events take 30 MB. The store logs which events change
(`event_changes`), whichever program writes; those alone are read again.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database

Revision = tuple[str, int, int]  # path of the store, its inode, number of the last change
Spot = tuple[str, str | None, str | None, float, float]  # name, country, kind, degrees north and east
NO_DAY = -1  # days are counted as `date.toordinal` does
_READ_AT_ONCE = 20_000
_MOST_REMEMBERED = 4_000_000  # rows, of 4 bytes, that questions in words have found
_NAMED = ("type", "status", "language", "review")
_SEVERAL = ("country", "spot", "body")
_DAYS = ("start", "end", "published")


def revision(db: Database) -> Revision:
    """What changes as soon as an event does."""
    path = str(db.execute("PRAGMA database_list").fetchone()[2])
    last = db.execute("SELECT max(sequence) FROM event_changes").fetchone()[0]
    return path, Path(path).stat().st_ino, last or 0


def columns(db: Database) -> Columns:
    """The columns of the store as it is now; one store is held at a time."""
    with _held.lock, _snapshot(db):
        now = revision(db)
        if _held.columns is None or _held.revision != now:
            _held.columns = _renewed(db, now)
            _held.revision = now
        return _held.columns


class _Held:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.columns: Columns | None = None
        self.revision: Revision = ("", 0, 0)


_held = _Held()


@contextmanager
def _snapshot(db: Database) -> Iterator[None]:
    """Several reads of one state of the store."""
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.execute("ROLLBACK")


def _renewed(db: Database, now: Revision) -> Columns:
    """The columns as they are now, made of those of before where the log of changes reaches back to them."""
    path, inode, known = _held.revision
    first = db.execute("SELECT min(sequence) FROM event_changes").fetchone()[0]
    if _held.columns is None or (path, inode) != now[:2] or known > now[2] or (first or 0) > known + 1:
        return Columns.of(db)
    changed = [number for (number,) in db.execute("SELECT DISTINCT number FROM event_changes WHERE sequence > ?", [known])]
    return _held.columns.renewed(db, changed)


class Columns:
    """What is known of events by row; rows are in the order of the events' numbers.

    codes: of each row, -1 for none. pairs: rows and codes of what a row may have several of, each once. words: what
    codes stand for. days: ordinals, NO_DAY for none. leads: which rows stand for their group.
    """

    def __init__(self) -> None:
        import numpy as np

        self._np = np
        whole = np.array([], np.int32)
        self.numbers: Any = np.array([], np.int64)
        self.codes: dict[str, Any] = dict.fromkeys(_NAMED, whole)
        self.days: dict[str, Any] = dict.fromkeys((*_DAYS, "month"), whole)
        self.confidence: Any = np.array([], np.float64)
        self.leads: Any = np.array([], np.bool_)
        self.pairs: dict[str, tuple[Any, Any]] = dict.fromkeys(_SEVERAL, (whole, whole))
        self.words: dict[str, dict[Any, int]] = {name: {} for name in (*_NAMED, *_SEVERAL)}
        self.spot_names: dict[tuple[float, float], Spot] = {}
        self.body_names: dict[int, str] = {}
        self.remembered = _Remembered()

    @classmethod
    def of(cls, db: Database) -> Columns:
        """All events of a store."""
        found = cls()
        found._add(db, None)
        return found

    def renewed(self, db: Database, numbers: Sequence[int]) -> Columns:
        """The same with the events of some numbers read anew: added, changed or gone."""
        np, found = self._np, Columns()
        found.words = {name: dict(words) for name, words in self.words.items()}
        found.spot_names, found.body_names = dict(self.spot_names), dict(self.body_names)
        stays = ~np.isin(self.numbers, np.array(numbers, np.int64))
        shifted = np.cumsum(stays) - 1
        found.numbers, found.confidence, found.leads = self.numbers[stays], self.confidence[stays], self.leads[stays]
        found.codes = {name: codes[stays] for name, codes in self.codes.items()}
        found.days = {name: days[stays] for name, days in self.days.items()}
        for name, (owners, codes) in self.pairs.items():
            kept = stays[owners]
            found.pairs[name] = shifted[owners[kept]].astype(np.int32), codes[kept]
        found._add(db, numbers)
        return found

    @property
    def count(self) -> int:
        return len(self.numbers)

    def rows(self, numbers: Any) -> Any:
        """The rows of events by their numbers, in order; numbers that are not here are left out."""
        np = self._np
        wanted = np.sort(np.asarray(numbers, np.int64))
        at = np.searchsorted(self.numbers, wanted)
        at = at[at < self.count]
        return at[self.numbers[at] == wanted[: len(at)]].astype(np.int32)

    def marked(self, rows: Any) -> Any:
        """For each row whether it is among some."""
        found = self._np.zeros(self.count, self._np.bool_)
        found[rows] = True
        return found

    def having(self, name: str, values: Sequence[str]) -> Any:
        """For each row whether it has one of some values in a column."""
        known = self.words[name]
        wanted = self._np.zeros(len(known) + 1, self._np.bool_)  # the last is for -1, which is none
        wanted[[known[value] for value in values if value in known]] = True
        return wanted[self.codes[name]] if name in _NAMED else self.owning(name, wanted)

    def owning(self, name: str, wanted: Any) -> Any:
        """For each row whether it has one of the codes that are wanted, which are marked by their number."""
        owners, codes = self.pairs[name]
        return self.marked(owners[wanted[codes]]) if len(codes) else self.marked([])

    def values(self, name: str, mask: Any) -> list[tuple[str, int]]:
        """Values of a column and how many of the marked rows have each, most first."""
        words = list(self.words[name])
        is_one = name in _NAMED
        counts = self._np.bincount(self.codes[name][mask] + 1, minlength=len(words) + 1)[1:] if is_one else self._counted(name, mask)
        return sorted(((word, int(count)) for word, count in zip(words, counts, strict=True) if count), key=lambda pair: (-pair[1], pair[0]))

    def months(self, mask: Any) -> list[tuple[str, int]]:
        """ "2024-06" and how many of the marked rows begin in it, in order."""
        counts = self._np.bincount(self.days["month"][mask] + 1)[1:]
        return [(f"{month // 12:04}-{month % 12 + 1:02}", int(counts[month])) for month in self._np.flatnonzero(counts).tolist()]

    def spots(self, mask: Any, most: int) -> list[tuple[Spot, int]]:
        """Places and how many of the marked rows happen there, most first."""
        points = list(self.words["spot"])
        return [(self.spot_names[points[code]], count) for code, count in self._top("spot", mask, most)]

    def bodies(self, mask: Any, most: int) -> list[str]:
        """Names of the organisations that the marked rows have most, most first."""
        return [self.body_names[code] for code, _ in self._top("body", mask, most)]

    def _top(self, name: str, mask: Any, most: int) -> list[tuple[int, int]]:
        """The codes that most of the marked rows have, and how many."""
        counts = self._counted(name, mask)
        order = self._np.argsort(-counts, kind="stable")[:most]
        return [(code, int(counts[code])) for code in order.tolist() if counts[code]]

    def _counted(self, name: str, mask: Any) -> Any:
        """How many of the marked rows have each code of a column that has several a row."""
        owners, codes = self.pairs[name]
        return self._np.bincount(codes[mask[owners]], minlength=len(self.words[name]))

    def _add(self, db: Database, numbers: Sequence[int] | None) -> None:
        """Read the events of some numbers, all where None, and put them in their places."""
        for part in _parts(db, _EVENTS, numbers):
            self._add_events(list(zip(*part, strict=True)))
        order = self._np.argsort(self.numbers, kind="stable")
        place = self._np.empty_like(order)
        place[order] = self._np.arange(self.count)
        self.numbers, self.confidence, self.leads = self.numbers[order], self.confidence[order], self.leads[order]
        self.codes = {name: codes[order] for name, codes in self.codes.items()}
        self.days = {name: days[order] for name, days in self.days.items()}
        self.pairs = {name: (place[owners].astype(self._np.int32), codes) for name, (owners, codes) in self.pairs.items()}
        for part in _parts(db, _PLACES, numbers):
            self._add_places(part)
        for part in _parts(db, _BODIES, numbers):
            self._add_bodies(part)

    def _add_events(self, read: list[tuple[Any, ...]]) -> None:
        np = self._np
        given = dict(zip(("number", *_NAMED, *_DAYS, "confidence", "leads"), read, strict=True))
        self.numbers = np.concatenate([self.numbers, np.array(given["number"], np.int64)])
        self.confidence = np.concatenate([self.confidence, np.array(given["confidence"], np.float64)])
        self.leads = np.concatenate([self.leads, np.array(given["leads"], np.bool_)])
        for name in _NAMED:
            self.codes = {**self.codes, name: np.concatenate([self.codes[name], self._coded(name, given[name])])}
        for name in _DAYS:
            self.days = {**self.days, name: np.concatenate([self.days[name], self._mapped(given[name], _ordinals(given[name]))])}
        self.days["month"] = np.concatenate([self.days["month"], self._mapped(given["start"], _month_numbers(given["start"]))])

    def _add_places(self, read: Sequence[tuple[Any, ...]]) -> None:
        with_country = [row for row in read if row[2] is not None]
        self._add_pairs("country", [row[0] for row in with_country], [row[2] for row in with_country])
        with_point = [row for row in read if row[4] is not None and row[5] is not None]
        self._add_pairs("spot", [row[0] for row in with_point], [row[4:6] for row in with_point])
        for spot in {row[1:] for row in with_point}:
            self._name_spot(spot)

    def _add_bodies(self, read: Sequence[tuple[Any, ...]]) -> None:
        self._add_pairs("body", [number for number, _, _ in read], [key for _, key, _ in read])
        for key, name in dict.fromkeys((key, name) for _, key, name in read):
            self.body_names.setdefault(self.words["body"][key], name)

    def _add_pairs(self, name: str, numbers: Sequence[int], values: Sequence[Any]) -> None:
        """Numbers of events and what each has, as rows and codes; a pair that comes twice counts once."""
        np = self._np
        codes = self._coded(name, values).astype(np.int64)
        rows = np.searchsorted(self.numbers, np.array(numbers, np.int64))
        width = max(len(self.words[name]), 1)
        pairs = np.unique(rows * width + codes)
        owners, others = self.pairs[name]
        self.pairs[name] = np.concatenate([owners, (pairs // width).astype(np.int32)]), np.concatenate([others, (pairs % width).astype(np.int32)])

    def _coded(self, name: str, values: Sequence[Any]) -> Any:
        known = self.words[name]
        for value in dict.fromkeys(values):
            if value is not None:
                known.setdefault(value, len(known))
        return self._mapped(values, {**known, None: -1})

    def _mapped(self, values: Sequence[Any], meaning: Mapping[Any, int]) -> Any:
        return self._np.fromiter(map(meaning.__getitem__, values), self._np.int32, len(values))

    def _name_spot(self, spot: Spot) -> None:
        """Call what lies at the same point by its broadest name: a country or a city rather than its town hall."""
        known = self.spot_names.get(spot[3:])
        if known is None or _breadth(spot) < _breadth(known):
            self.spot_names[spot[3:]] = spot


class _Remembered:
    """Which rows questions in words have found, those asked last, for as long as the columns hold."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, Any] = OrderedDict()
        self._size = 0

    def get(self, asked: str) -> Any:
        """The rows, None where they are not remembered."""
        with self._lock:
            if asked in self._found:
                self._found.move_to_end(asked)
            return self._found.get(asked)

    def put(self, asked: str, rows: Any) -> None:
        with self._lock:
            self._size += len(rows) - len(self._found.pop(asked, ()))
            self._found[asked] = rows
            while self._size > _MOST_REMEMBERED and len(self._found) > 1:
                self._size -= len(self._found.popitem(last=False)[1])


_EVENTS = """SELECT e.number, e.type, e.status, d.language, e.review, e.start_date, e.end_date, d.published, e.confidence, e.id IS e.group_id
    FROM events e CROSS JOIN documents d ON d.id = e.document_id"""
_PLACES = """SELECT e.number, p.name, p.country, p.kind, p.lat, p.lon FROM events e CROSS JOIN event_places ep ON ep.event_id = e.id
    CROSS JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id"""
_BODIES = """SELECT e.number, coalesce(o.key, lower(o.name)), o.name FROM events e CROSS JOIN event_organisations eo ON eo.event_id = e.id
    CROSS JOIN organisations o ON o.document_id = eo.document_id AND o.id = eo.organisation_id"""
_BREADTHS = {"country": 0, "city": 1, "region": 2}


def _parts(db: Database, sql: str, numbers: Sequence[int] | None) -> Iterator[list[tuple[Any, ...]]]:
    """What a query over events gives, some rows at a time, whole events together; of all where no numbers are given."""
    if numbers is not None:
        cursor = db.execute(f"{sql} WHERE e.number IN (SELECT value FROM json_each(?))", [json.dumps(list(numbers))])
        if found := cursor.fetchall():
            yield found
        return
    last = db.execute("SELECT max(number) FROM events").fetchone()[0] or 0
    for start in range(0, last + 1, _READ_AT_ONCE):
        if found := db.execute(f"{sql} WHERE e.number BETWEEN ? AND ?", [start, start + _READ_AT_ONCE - 1]).fetchall():
            yield found


def _ordinals(days: Sequence[str | None]) -> dict[str | None, int]:
    return {day: NO_DAY if day is None else date.fromisoformat(day).toordinal() for day in dict.fromkeys(days)}


def _month_numbers(days: Sequence[str | None]) -> dict[str | None, int]:
    return {day: -1 if day is None else int(day[:4]) * 12 + int(day[5:7]) - 1 for day in dict.fromkeys(days)}


def _breadth(spot: Spot) -> tuple[int, int, str]:
    return _BREADTHS.get(spot[2] or "", 3), len(spot[0]), spot[0]
