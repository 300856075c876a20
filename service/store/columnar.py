"""The events as columns in memory, which are counted in milliseconds where tables joined by rows take seconds.

Only what facets count is held: 300,000 events take 25 MB. What has been added is read when the store has changed;
what has gone, or a small store, is read anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database

Revision = tuple[tuple[str, int, int], ...]
Spot = tuple[str, str | None, str | None, float, float]  # name, country, kind, degrees north and east
_SMALL = 20_000  # events that are read in 0.1 s
_MOST_REMEMBERED = 300
_NAMED = ("type", "status", "language")
_SEVERAL = ("country", "spot", "body")


def revision(db: Database) -> Revision:
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


def columns(db: Database) -> Columns:
    """The columns of the store as it is now; one store is held at a time."""
    now = revision(db)
    with _held.lock:
        if _held.columns is None or _held.revision != now:
            _held.columns = _renewed(db, _held.columns if _held.revision[:1] and _held.revision[0][0] == now[0][0] else None)
            _held.revision = now
        return _held.columns


class _Held:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.columns: Columns | None = None
        self.revision: Revision = ()


_held = _Held()


def _renewed(db: Database, former: Columns | None) -> Columns:
    count = int(db.execute("SELECT count(*) FROM events").fetchone()[0])
    if former is not None and count > _SMALL and former.is_start_of(db):
        return former if former.count == count else Columns(db, former)
    return Columns(db)


class Columns:
    """Types, places and so on of events by row; rows are in the order of the events' numbers.

    codes: of each row, -1 for none. pairs: rows and codes of what a row may have several of. words: what codes stand for.
    """

    def __init__(self, db: Database, former: Columns | None = None) -> None:
        """All events of a store; with the columns of its former state only those that are new are read."""
        import numpy as np

        self._np = np
        self.last = _last(db)
        self.remembered: dict[str, Any] = {}
        self.words: dict[str, dict[Any, int]] = {name: {} if former is None else dict(former.words[name]) for name in (*_NAMED, *_SEVERAL)}
        self.spot_names: dict[tuple[float, float], Spot] = {} if former is None else dict(former.spot_names)
        self.body_names: dict[int, str] = {} if former is None else dict(former.body_names)
        self.numbers: Any = np.array([], np.int64) if former is None else former.numbers
        self.months_of: Any = np.array([], np.int32) if former is None else former.months_of
        empty = np.array([], np.int32)
        self.codes: dict[str, Any] = dict.fromkeys(_NAMED, empty) if former is None else former.codes
        self.pairs: dict[str, tuple[Any, Any]] = dict.fromkeys(_SEVERAL, (empty, empty)) if former is None else former.pairs
        self._read(db, int(self.numbers[-1]) if former is not None and self.count else -1)

    @property
    def count(self) -> int:
        return len(self.numbers)

    def is_start_of(self, db: Database) -> bool:
        """Whether every row here is still an event of the store, the last of them with the same content."""
        if not self.count:
            return True
        top = int(self.numbers[-1])
        return int(db.execute("SELECT count(*) FROM events WHERE number <= ?", [top]).fetchone()[0]) == self.count and _last(db, top) == self.last

    def everything(self) -> Any:
        """Every row."""
        return self._np.arange(self.count)

    def without(self, rows: Any, numbers: Sequence[int]) -> Any:
        """Some rows but for those of the events with these numbers."""
        return self._np.setdiff1d(rows, self.rows(numbers), assume_unique=True) if numbers else rows

    def having(self, rows: Any, name: str, values: Sequence[str]) -> Any:
        """Those of some rows that have one of some values in a column."""
        np = self._np
        wanted = np.array([self.words[name][value] for value in values if value in self.words[name]], np.int32)
        if name in _NAMED:
            return rows[np.isin(self.codes[name][rows], wanted)]
        owners, codes = self.pairs[name]
        has = np.zeros(self.count, dtype=bool)
        has[owners[np.isin(codes, wanted)]] = True
        return rows[has[rows]]

    def rows(self, numbers: Sequence[int]) -> Any:
        """The rows of events by their numbers, in order; numbers that are not here are left out."""
        np = self._np
        wanted = np.fromiter(numbers, np.int64, len(numbers))
        wanted.sort()
        at = np.searchsorted(self.numbers, wanted)
        at = at[at < self.count]
        return at[self.numbers[at] == wanted[: len(at)]]

    def shared(self, rows: Any, numbers: Sequence[int]) -> int:
        """How many of some rows have one of these numbers."""
        return self.common(rows, self.rows(numbers))

    def common(self, rows: Any, others: Any) -> int:
        """How many rows two sets of them have in common."""
        return int(self._np.isin(others, rows, assume_unique=True).sum())

    def remember(self, asked: str, numbers: Sequence[int]) -> None:
        """Keep which rows a question in words has found, for as long as these columns hold."""
        if len(self.remembered) >= _MOST_REMEMBERED:
            self.remembered.clear()
        self.remembered[asked] = self.rows(numbers)

    def values(self, name: str, rows: Any) -> list[tuple[str, int]]:
        """Values of a column and how many rows have each, most first."""
        words = list(self.words[name])
        is_one = name in _NAMED
        counts = self._np.bincount(self.codes[name][rows] + 1, minlength=len(words) + 1)[1:] if is_one else self._counted(name, rows)
        return sorted(((word, int(count)) for word, count in zip(words, counts, strict=True) if count), key=lambda pair: (-pair[1], pair[0]))

    def months(self, rows: Any) -> list[tuple[str, int]]:
        """ "2024-06" and how many rows begin in it, in order."""
        months, counts = self._np.unique(self.months_of[rows], return_counts=True)
        return [(f"{month // 12:04}-{month % 12 + 1:02}", int(count)) for month, count in zip(months.tolist(), counts, strict=True) if month >= 0]

    def spots(self, rows: Any, most: int) -> list[tuple[Spot, int]]:
        """Places and how many rows happen there, most first."""
        points = list(self.words["spot"])
        return [(self.spot_names[points[code]], count) for code, count in self._top("spot", rows, most)]

    def bodies(self, rows: Any, most: int) -> list[tuple[str, int]]:
        """Names of organisations and how many rows have each, most first."""
        return [(self.body_names[code], count) for code, count in self._top("body", rows, most)]

    def _top(self, name: str, rows: Any, most: int) -> list[tuple[int, int]]:
        """The codes that most rows have, and how many."""
        counts = self._counted(name, rows)
        order = self._np.argsort(-counts, kind="stable")[:most]
        return [(code, int(counts[code])) for code in order.tolist() if counts[code]]

    def _counted(self, name: str, rows: Any) -> Any:
        """How many of some rows have each code of a column that has several a row."""
        np = self._np
        owners, codes = self.pairs[name]
        is_wanted = np.zeros(self.count, dtype=bool)
        is_wanted[rows] = True
        return np.bincount(codes[is_wanted[owners]], minlength=len(self.words[name]))

    def _code(self, name: str, value: Any) -> int:
        known = self.words[name]
        return -1 if value is None else known.setdefault(value, len(known))

    def _read(self, db: Database, after: int) -> None:
        """Add the events with higher numbers."""
        np = self._np
        numbers: list[int] = []
        months: list[int] = []
        codes: dict[str, list[int]] = {name: [] for name in _NAMED}
        sql = """SELECT e.number, e.start_date, e.type, e.status, d.language FROM events e CROSS JOIN documents d ON d.id = e.document_id
            WHERE e.number > ? ORDER BY e.number"""
        for number, start, *values in db.execute(sql, [after]):
            numbers.append(number)
            months.append(-1 if start is None else int(start[:4]) * 12 + int(start[5:7]) - 1)
            for name, value in zip(_NAMED, values, strict=True):
                codes[name].append(self._code(name, value))
        self.numbers = np.concatenate([self.numbers, np.array(numbers, np.int64)])
        self.months_of = np.concatenate([self.months_of, np.array(months, np.int32)])
        self.codes = {name: np.concatenate([self.codes[name], np.array(found, np.int32)]) for name, found in codes.items()}
        for name, pairs in self._read_pairs(db, after).items():
            owners, codes_of = self.pairs[name]
            more = np.array(list(pairs), np.int64).reshape(-1, 2)
            found = np.searchsorted(self.numbers, more[:, 0]), more[:, 1]
            self.pairs = {**self.pairs, name: (np.concatenate([owners, found[0]]), np.concatenate([codes_of, found[1]]))}

    def _read_pairs(self, db: Database, after: int) -> dict[str, dict[tuple[int, int], None]]:
        """Number of the event and code of each of its countries, places and organisations, each once."""
        found: dict[str, dict[tuple[int, int], None]] = {name: {} for name in _SEVERAL}
        sql = """SELECT e.number, p.name, p.country, p.kind, p.lat, p.lon FROM events e CROSS JOIN event_places ep ON ep.event_id = e.id
            CROSS JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id WHERE e.number > ?"""
        for number, name, country, kind, lat, lon in db.execute(sql, [after]):
            if country is not None:
                found["country"][number, self._code("country", country)] = None
            if lat is not None and lon is not None:
                found["spot"][number, self._code("spot", (lat, lon))] = None
                self._name_spot((name, country, kind, lat, lon))
        sql = """SELECT e.number, coalesce(o.key, lower(o.name)), o.name FROM events e CROSS JOIN event_organisations eo ON eo.event_id = e.id
            CROSS JOIN organisations o ON o.document_id = eo.document_id AND o.id = eo.organisation_id WHERE e.number > ?"""
        for number, key, name in db.execute(sql, [after]):
            code = self._code("body", key)
            found["body"][number, code] = None
            self.body_names.setdefault(code, name)
        return found

    def _name_spot(self, spot: Spot) -> None:
        """Call what lies at the same point by its broadest name: a country or a city rather than its town hall."""
        known = self.spot_names.get(spot[3:])
        if known is None or _breadth(spot) < _breadth(known):
            self.spot_names[spot[3:]] = spot


_BREADTHS = {"country": 0, "city": 1, "region": 2}


def _breadth(spot: Spot) -> tuple[int, int, str]:
    return _BREADTHS.get(spot[2] or "", 3), len(spot[0]), spot[0]


def _last(db: Database, top: int = 2**62) -> Iterable[Any] | None:
    """The event with the highest number up to one, and all that its document tells: numbers are used again once the last is deleted."""
    row = db.execute("SELECT number, document_id FROM events WHERE number <= ? ORDER BY number DESC LIMIT 1", [top]).fetchone()
    if row is None:
        return None
    said = db.execute("SELECT id, type, status, start_date FROM events WHERE document_id = ? AND number <= ? ORDER BY number", [row[1], top]).fetchall()
    at = db.execute("SELECT extracted_at FROM documents WHERE id = ?", [row[1]]).fetchone()
    return (row, tuple(said), at)
