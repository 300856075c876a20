"""Connections for reading that a program keeps: of an answer's time, opening one and reading the schema is a fifth."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service import store

if TYPE_CHECKING:
    from sqlite_utils import Database

_MOST_KEPT = 8
Identity = tuple[int, int]


class Readers:
    """The store at a path, for threads that read it again and again.

    A file that was replaced is opened anew, and all that `store.opened_for_reading` refuses is refused at each turn.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._guard = threading.Lock()
        self._kept: list[tuple[Identity, Database]] = []

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The store, unable to write; raises StoreError."""
        identity, db = self._taken()
        with store.failing_as_store_error(self._path):
            if db is None:
                db = store.connected_for_reading(self._path, self._busy_timeout_s)
            try:
                store.refuse_unreadable(db, self._path)
                yield db
            except BaseException:
                db.close()
                raise
        self._keep(identity, db)

    def close(self) -> None:
        """Close those that are not in use."""
        with self._guard:
            kept, self._kept = self._kept, []
        for _, db in kept:
            db.close()

    def _taken(self) -> tuple[Identity | None, Database | None]:
        """What the path names now, and a connection to it; None where there is none of either."""
        identity = self._identity()
        with self._guard:
            while self._kept:
                known, db = self._kept.pop()
                if known == identity:
                    return identity, db
                db.close()
        return identity, None

    def _keep(self, identity: Identity | None, db: Database) -> None:
        with self._guard:
            if identity is not None and not db.conn.in_transaction and len(self._kept) < _MOST_KEPT:
                self._kept.append((identity, db))
                return
        db.close()

    def _identity(self) -> Identity | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
