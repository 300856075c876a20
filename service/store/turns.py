"""Turns at writing within one program, first come, first served.

SQLite's own wait for its write lock polls, with longer and longer pauses, so that of many threads that write
all the time some never meet a free moment. Other programs on the file still wait SQLite's way.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary


class Turns:
    """Who may write one file: one thread at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def take(self, wait_s: float) -> bool:
        """Wait for a turn; False where none came within some seconds."""
        mine = threading.Lock()
        mine.acquire()
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waiting.append(mine)
        if mine.acquire(timeout=wait_s):
            return True
        with self._guard:
            if mine not in self._waiting:
                return True  # handed over in the last moment
            self._waiting.remove(mine)
        return False

    def give(self) -> None:
        """End a turn; the next is that of the thread that waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Connection(sqlite3.Connection):
    """A connection to a file that knows whose turn it is."""

    turns: Turns
    wait_s: float


_of_file: WeakValueDictionary[Path, Turns] = WeakValueDictionary()
_guard = threading.Lock()


def connect(path: Path, uri: str, wait_s: float) -> Connection:
    """Open a file by its URI; its transactions begin and end where they are told to. wait_s: for a lock, and for a turn."""
    conn: Any = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=wait_s, factory=Connection, check_same_thread=False)
    with _guard:
        conn.turns = _of_file.setdefault(path.absolute(), Turns())
    conn.wait_s = wait_s
    return conn  # type: ignore[no-any-return]


@contextmanager
def turn(conn: sqlite3.Connection) -> Iterator[None]:
    """A turn at writing the file of a connection; raises OperationalError, as SQLite does, where none comes in time."""
    if not isinstance(conn, Connection):  # of another's making: in memory, in tests
        yield
        return
    if not conn.turns.take(conn.wait_s):
        raise sqlite3.OperationalError("database is locked")
    try:
        yield
    finally:
        conn.turns.give()
