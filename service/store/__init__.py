"""The store: one SQLite file, and the only SQL of the program.

    with opened(path) as db:
        sources.save(db, record, source)

Writes go through `writing`, which takes the write lock before it reads, so that
two programs on one file wait for each other instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import VeilleError
from service import failpoints
from service.store import postings, schema, search, turns

if TYPE_CHECKING:
    from sqlite_utils import Database

BUSY_TIMEOUT_S = 30.0
_LOG_PAGES = 4_000  # 16 MB that are written before they are brought into the file: a page that many documents change goes there once
_HEADER = b"SQLite format 3\x00"


class StoreError(VeilleError):
    """The database cannot be opened, read or written; the message says what to do."""

    code = "storage"


class DiskFull(StoreError):
    """There is no room left for what was to be written."""


@contextmanager
def opened(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, may_make: bool = True) -> Iterator[Database]:
    """The store at a path, made where there is none and that is wanted, upgraded where needed, for reading and writing.

    Raises StoreError for a file of another program or of a newer Veille, and for
    whatever the disk or a lock refuses.
    """
    _refuse_foreign_bytes(path)
    with failing_as_store_error(path):
        db = _connected(path, "rwc" if may_make else "rw", busy_timeout_s)
        try:
            _refuse_foreign_schema(db, path)
            _write_ahead(db, busy_timeout_s)
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            if schema.version(db) < len(schema.MIGRATIONS):
                with writing(db):
                    schema.migrate(db)
            yield db
        finally:
            db.close()


@contextmanager
def opened_for_reading(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Iterator[Database]:
    """The store at a path, unable to write; raises StoreError where there is none or it needs an upgrade."""
    with failing_as_store_error(path):
        db = connected_for_reading(path, busy_timeout_s)
        try:
            refuse_unreadable(db, path)
            yield db
        finally:
            db.close()


def connected_for_reading(path: Path, busy_timeout_s: float) -> Database:
    """A connection that cannot write, to a file that is there; any thread may use it, one at a time."""
    if not path.exists():
        raise StoreError(f"{path}: there is no such database; fill one with `veille ingest FOLDER --db {path}` or name another with --db")
    _refuse_foreign_bytes(path)
    return _connected(path, "ro", busy_timeout_s)


def refuse_unreadable(db: Database, path: Path) -> None:
    """Raise StoreError for a file that is not a store, or of another version than this program's."""
    _refuse_foreign_bytes(path)
    _refuse_foreign_schema(db, path)
    if schema.version(db) < len(schema.MIGRATIONS):
        raise StoreError(f"{path}: written by an older Veille; run `veille db upgrade --db {path}`")


@contextmanager
def writing(db: Database) -> Iterator[Database]:
    """One transaction that holds the write lock from its first statement; nothing of it stays after an exception.

    Within another it is a part of that one, and alone undone by an exception.
    """
    if db.conn.in_transaction:
        known = search.waiting(db)
        try:
            with db.atomic():
                yield db
        except BaseException:
            search.forget(db, known)
            postings.forget(db)
            raise
        return
    with turns.turn(db.conn):
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield db
            search.settle(db)
            failpoints.reach("before_commit")
            db.conn.execute("COMMIT")
            failpoints.reach("after_commit")
        except BaseException:
            search.forget(db)
            postings.forget(db)
            if db.conn.in_transaction:
                db.conn.execute("ROLLBACK")
            raise


def upsert(db: Database, table: str, key: str, values: Mapping[str, Any]) -> None:
    """Insert a row, or update it in place: REPLACE would delete it, and all that refers to it."""
    columns = ", ".join(values)
    marks = ", ".join(f":{column}" for column in values)
    changes = ", ".join(f"{column} = excluded.{column}" for column in values if column != key)
    db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {changes}", dict(values))


def is_writable(path: Path, *, busy_timeout_s: float) -> bool:
    """Whether a write could begin now; nothing is written, and no store made where there is none."""
    if not path.exists():
        return False
    try:
        with opened(path, busy_timeout_s=busy_timeout_s) as db:
            db.conn.execute("BEGIN IMMEDIATE")
            db.conn.execute("ROLLBACK")
    except StoreError:
        return False
    return True


def has_failed(error: Exception) -> bool:
    """Whether an exception says that the database itself fails (locked, full, damaged), and not that it does not take one record."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def check(db: Database) -> list[str]:
    """What SQLite finds wrong with the file; empty where it is sound."""
    found = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += [f"{table}: row {row} refers to a missing row of {parent}" for table, row, parent, _ in db.execute("PRAGMA foreign_key_check")]
    return found


def back_up(db: Database, target: Path) -> None:
    """Copy the store, while others read and write it, into a new file; StoreError where one is there already."""
    if target.exists():
        raise StoreError(f"{target}: is there already; name a new file for the copy")
    copy = sqlite3.connect(target)
    try:
        db.conn.backup(copy)
    finally:
        copy.close()


def engine() -> tuple[str, bool]:
    """Version of SQLite, and whether it can search full text."""
    connection = sqlite3.connect(":memory:")
    try:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    finally:
        connection.close()
    return sqlite3.sqlite_version, "ENABLE_FTS5" in options


@contextmanager
def failing_as_store_error(path: Path) -> Iterator[None]:
    """Every failure of SQLite as a StoreError that names the file and says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        kind = DiskFull if _FULL in str(error) else StoreError
        raise kind(f"{path}: {_advice(error)}") from error
    except FileNotFoundError as error:
        if error.filename is None or Path(error.filename).absolute() != path.absolute():
            raise
        raise StoreError(f"{path}: the database is gone; put it back") from error


def _connected(path: Path, mode: str, busy_timeout_s: float) -> Database:
    from sqlite_utils import Database

    return Database(turns.connect(path, f"file:{_quoted(path)}?mode={mode}", busy_timeout_s), execute_plugins=False)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.absolute()))


def _refuse_foreign_bytes(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; name a file for the database with --db")
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEADER))
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if head != _HEADER:
        raise StoreError(f"{path}: is not a SQLite database; name another file with --db")


def _refuse_foreign_schema(db: Database, path: Path) -> None:
    owner = schema.application(db)
    is_blank = owner == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if owner != schema.APPLICATION_ID and not is_blank:
        raise StoreError(f"{path}: is the database of another program; name another file with --db")
    newest = len(schema.MIGRATIONS)
    if schema.version(db) > newest:
        raise StoreError(f"{path}: written by a newer Veille (schema {schema.version(db)}, this one knows {newest}); upgrade Veille")


def _write_ahead(db: Database, busy_timeout_s: float) -> None:
    """Set the journal mode that lets others read while one writes.

    SQLite does not wait for a lock here, whatever the timeout, so two programs
    that make the same file at once would fail without the loop.
    """
    deadline = time.monotonic() + busy_timeout_s
    while db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


_FULL = "disk is full"
# What to do, by a word of SQLite's own message.
_ADVICE = {
    _FULL: "the disk is full; free some space and run the same command again",
    "locked": "another program holds it locked; close that one and run the same command again",
    "malformed": "the file is damaged; restore a backup, or save what is left with `sqlite3 FILE .recover`",
    "not a database": "is not a SQLite database; name another file with --db",
    "readonly": "cannot be written; check the permissions of the file and its folder",
    "unable to open": "cannot be opened; check that its folder exists and may be written",
}


def _advice(error: sqlite3.Error) -> str:
    said = str(error)
    return next((advice for word, advice in _ADVICE.items() if word in said), f"SQLite says: {said}")
