"""Postings: which documents hold the key of a band, which events that of a block.

    BANDS.add(db, number, keys);  BANDS.holders(db, keys, most) → for each key, who holds it

Keys are hashes. A row of each put straight into a tree of millions would dirty a page
of it for every key of every document. So what a document adds is one row of a table
that only grows (`…_waiting`), held in memory by who asks; thousands of keys at a time are
merged into the tree in its own order, page after page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from struct import pack, unpack
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from sqlite_utils import Database

_WAITING = 80_000  # keys that wait: 6 MB in memory (tracemalloc), and a merge of less than a second into a tree of millions


@dataclass(slots=True)
class _Waiting:
    """What a connection has read of the rows that wait.

    last: the sequence of the last of them. keys: how many were read. holders: by key, a list of
    them where there are several: most keys have one, and the collector looks into every list.
    """

    last: int = 0
    keys: int = 0
    holders: dict[int, int | list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """The keys of one kind: the table that holds them, the column that says whose they are, and whether the latest of many matter most, or the first."""

    table: str
    column: str
    is_latest_first: bool
    waiting: WeakKeyDictionary[Database, _Waiting] = field(default_factory=WeakKeyDictionary)

    def add(self, db: Database, holder: int, keys: Sequence[int]) -> None:
        """Note that a document or an event holds some keys; inside a write transaction."""
        if keys:
            db.execute(f"INSERT INTO {self.table}_waiting ({self.column}, keys) VALUES (?, ?)", [holder, pack(f"<{len(keys)}q", *keys)])
            if self._read(db).keys >= _WAITING:
                self._merge(db)

    def remove(self, db: Database, holder: int) -> None:
        """Forget what one holds; what goes with its row in the database needs no such word."""
        for table in (self.table, f"{self.table}_waiting"):
            db.execute(f"DELETE FROM {table} WHERE {self.column} = ?", [holder])

    def holders(self, db: Database, keys: Sequence[int], most: int) -> list[list[int]]:
        """For each key some of those that hold it, at most `most`; one or another may be gone or have lost it since."""
        waiting = self._read(db).holders
        order = "DESC" if self.is_latest_first else "ASC"
        sql = f"""SELECT (SELECT group_concat(holder) FROM (
            SELECT {self.column} AS holder FROM {self.table} WHERE key = asked.value ORDER BY holder {order} LIMIT {most})) FROM json_each(?) AS asked"""
        found = []
        for key, (merged,) in zip(keys, db.execute(sql, [json.dumps(keys)]).fetchall(), strict=True):
            known, late = [int(number) for number in merged.split(",")] if merged else [], _listed(waiting.get(key, []))
            # No more than asked: a dispatch may wait by the thousand.
            numbers = (*late[: -most - 1 : -1], *known) if self.is_latest_first else (*known, *late[:most])
            found.append(list(dict.fromkeys(numbers))[:most])  # each once: another program may have merged what this one holds in memory
        return found

    def forget(self, db: Database) -> None:
        """Let go of what was read in a transaction that is undone: what comes next may bear the same numbers."""
        self.waiting.pop(db, None)

    def _read(self, db: Database) -> _Waiting:
        """What waits, with what has been added since it was last asked for."""
        known = self.waiting.get(db)
        if known is None or known.keys > 2 * _WAITING:  # others have merged most of it
            known = self.waiting[db] = _Waiting()
        sql = f"SELECT sequence, {self.column}, keys FROM {self.table}_waiting WHERE sequence > ? ORDER BY sequence"
        for sequence, holder, packed in db.execute(sql, [known.last]).fetchall():
            keys = unpack(f"<{len(packed) // 8}q", packed)
            known.last, known.keys = sequence, known.keys + len(keys)
            for key in keys:
                held = known.holders.setdefault(key, holder)
                if isinstance(held, list):
                    held.append(holder)
                elif held != holder:
                    known.holders[key] = [held, holder]
        return known

    def _merge(self, db: Database) -> None:
        """All that waits into the tree, in the tree's order."""
        rows = db.execute(f"SELECT {self.column}, keys FROM {self.table}_waiting").fetchall()
        pairs = sorted(chain.from_iterable(((key, holder) for key in unpack(f"<{len(packed) // 8}q", packed)) for holder, packed in rows))
        db.conn.executemany(f"INSERT OR IGNORE INTO {self.table} (key, {self.column}) VALUES (?, ?)", pairs)
        db.execute(f"DELETE FROM {self.table}_waiting")
        self.forget(db)


def _listed(held: int | list[int]) -> list[int]:
    """The holders of a key, be it one or several."""
    return held if isinstance(held, list) else [held]


BANDS = Postings("bands", "document_number", is_latest_first=False)
BLOCKS = Postings("blocks", "event_number", is_latest_first=True)


def forget(db: Database) -> None:
    """Let go of all that a connection has read in a transaction that is undone."""
    for postings in (BANDS, BLOCKS):
        postings.forget(db)
