"""Sources: the files and lines that documents were read from, and which document each of them holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors.errors import VeilleError
from service import failpoints
from service.store import documents, groups, reviews, upsert, writing

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.records import Record


class Conflict(VeilleError):
    """Another source already holds a document of this id, with other words."""

    code = "conflict"


class BrokenRecord(VeilleError):
    """A record that contradicts itself: a fault of extraction, not of the database."""

    code = "internal"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from.

    path: what identifies it: an absolute path, or for a line that of its file with `#` and the
        start of the sha256 of its bytes, so that it is known wherever it moves.
    name: what people are shown.
    size: bytes. modified_at: of the file, a hint for people: only bytes decide what is known.
    hints: what the caller said of it (day of publication…), as JSON.
    extractor: fingerprint of what read it.
    """

    path: str
    name: str
    sha256: str | None
    extractor: str
    hints: str = "{}"
    container: str | None = None
    size: int | None = None
    modified_at: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has of a source already: its document, or why it failed."""

    document_id: str | None
    error_code: str | None = None
    error_message: str | None = None


def known(db: Database, source: Source) -> Known | None:
    """What is stored for the same bytes, hints and extractor, under any name; None where they are to be read.

    Known bytes under a new name add a source to their document.
    """
    same = [source.sha256, source.hints, source.extractor]
    sql = "SELECT document_id, error_code, error_message FROM sources WHERE sha256 = ? AND hints = ? AND extractor = ?"
    row = db.execute(f"{sql} AND path = ?", [*same, source.path]).fetchone()
    if row is not None:
        db.execute("UPDATE sources SET name = ? WHERE path = ? AND name <> ?", [source.name, source.path, source.name])
        return Known(*row)
    with_document = f"{sql} AND document_id IS NOT NULL AND state = 'done'"
    if source.sha256 is None or db.execute(with_document, same).fetchone() is None:
        return None
    with writing(db):
        row = db.execute(with_document, same).fetchone()
        if row is None:  # deleted by another program since
            return None
        former = document_of(db, source.path)
        _put_source(db, source, document_id=row[0])
        if source.container is None:
            _delete_if_orphan(db, former)
        return Known(*row)


def stored_hints(db: Database, path: str, sha256: str) -> str | None:
    """The hints given when these bytes were first read from this path, None where they were not."""
    row = db.execute("SELECT hints FROM sources WHERE path = ? AND sha256 = ?", [path, sha256]).fetchone()
    return None if row is None else str(row[0])


def parts(db: Database, container: str) -> list[tuple[str, Known]]:
    """Names of the lines of a file, and what the store has of each."""
    rows = db.execute("SELECT name, document_id, error_code, error_message FROM sources WHERE container = ? ORDER BY number", [container])
    return [(name, Known(*known)) for name, *known in rows]


def document_of(db: Database, path: str) -> str | None:
    """Id of the document that a source holds, None where it holds none."""
    row = db.execute("SELECT document_id FROM sources WHERE path = ?", [path]).fetchone()
    return row[0] if row else None


def holders(db: Database, document_id: str) -> list[tuple[str, str | None]]:
    """Path and container of each source that holds a document."""
    return [(path, container) for path, container in db.execute("SELECT path, container FROM sources WHERE document_id = ?", [document_id])]


def save(db: Database, record: Record, source: Source, put: Callable[[Database, Record], None] = documents.put) -> None:
    """Store a record and its source in one transaction, in place of what that source held before.

    put: how the record is written.

    Raises Conflict where another source holds a document of the same id with
    other words, BrokenRecord for a record that no table can hold.
    """
    try:
        with writing(db):
            _claim(db, record, source)
            replaced = _replaced(db, source)
            failpoints.reach("before_insert", source.name)
            for former in replaced - {record.id}:
                if not _is_held_elsewhere(db, former, source):
                    reviews.follow(db, former, record.id)
            put(db, record)
            failpoints.reach("after_insert", source.name)
            _put_source(db, source, document_id=record.id)
            _drop_parts(db, source)
            _repoint(db, source, record.id, record.id)  # they hold what this extractor wrote, and no longer what another did
            for former in replaced - {record.id}:
                _repoint(db, source, former, record.id)
                if source.container is None:
                    _delete_if_orphan(db, former)
            groups.settle(db)
    except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeEncodeError, OverflowError) as error:
        raise BrokenRecord(f"{source.name}: a fault of Veille: its record cannot be stored ({error}); please report it with the document") from error


def fail(db: Database, source: Source, code: str, message: str, *, parts: Collection[str] = ()) -> None:
    """Store why a source gave no document.

    Its former document goes if the bytes are others now, and stays if only the extractor is. parts: what was
    read of a file of many documents before it failed, and stays.
    """
    with writing(db):
        row = db.execute("SELECT sha256, document_id FROM sources WHERE path = ?", [source.path]).fetchone()
        former = row[1] if row else None
        keeps = row is not None and row[0] == source.sha256
        _put_source(db, source, document_id=former if keeps else None, error=(code, message))
        _drop_parts(db, source, parts)
        if not keeps:
            _delete_if_orphan(db, former)
        groups.settle(db)


def close_container(db: Database, source: Source, parts: Iterable[str]) -> None:
    """Mark a file of many documents as read to its end; what it no longer holds goes."""
    with writing(db):
        _delete_if_orphan(db, document_of(db, source.path))
        _put_source(db, source, document_id=None)
        kept = set(parts)
        for (path,) in db.execute("SELECT path FROM sources WHERE container = ?", [source.path]).fetchall():
            if path not in kept:
                db.execute("DELETE FROM sources WHERE path = ?", [path])
        _delete_orphans(db)
        groups.settle(db)


def open_container(db: Database, source: Source) -> None:
    """Make sure that a file of many documents has its row, not yet marked as known, before its lines refer to it."""
    with writing(db):
        if db.execute("SELECT 1 FROM sources WHERE path = ?", [source.path]).fetchone() is None:
            _put_source(db, source, document_id=None)
        db.execute("UPDATE sources SET sha256 = NULL, state = 'done', error_code = NULL, error_message = NULL WHERE path = ?", [source.path])


def paths(db: Database, under: str) -> list[str]:
    """Paths of the files under a folder, or the file itself, that gave documents or failed; lines left out."""
    prefix = under.rstrip("/") + "/"
    rows = db.execute("SELECT path FROM sources WHERE container IS NULL AND (path = ? OR substr(path, 1, ?) = ?) ORDER BY path", [under, len(prefix), prefix])
    return [row[0] for row in rows]


def outdate(db: Database, document_id: str) -> list[Source]:
    """Make what a document was read from be read again, inside a write transaction; the files to read, none where there is no such document."""
    mine = "SELECT coalesce(container, path) FROM sources WHERE document_id = ?"
    columns = "path, name, sha256, extractor, hints, container, size, modified_at"
    found = [Source(*row) for row in db.execute(f"SELECT {columns} FROM sources WHERE path IN ({mine}) ORDER BY number", [document_id]).fetchall()]
    db.execute(f"UPDATE sources SET extractor = '' WHERE document_id = ? OR path IN ({mine})", [document_id, document_id])
    return found


def forget(db: Database, path: str) -> None:
    """Remove a source, its lines, and the documents that no other source holds."""
    with writing(db):
        db.execute("DELETE FROM sources WHERE path = ?", [path])
        _delete_orphans(db)
        groups.settle(db)


def _claim(db: Database, record: Record, source: Source) -> None:
    """See to it that no other source goes on holding, under this id, words that are not its own.

    Another line of the same file may be what this one was before an edit: it is
    no longer known. Raises Conflict for any other source.
    """
    row = db.execute("SELECT text FROM documents WHERE id = ?", [record.id]).fetchone()
    if row is None or row[0] == record.text:
        return
    others = [(path, container) for path, container in holders(db, record.id) if path != source.path]
    if any(container is None or container != source.container for _, container in others):
        raise Conflict(f"{source.name}: another source already has a document with the id {record.id!r} and other words; give this one another id")
    for path, _ in others:
        db.execute("UPDATE sources SET sha256 = NULL WHERE path = ?", [path])


def _replaced(db: Database, source: Source) -> set[str]:
    """Documents that this source, or the same bytes under other names, gave until now."""
    rows = db.execute("SELECT document_id FROM sources WHERE path = ? OR (sha256 = ? AND hints = ?)", [source.path, source.sha256, source.hints])
    return {row[0] for row in rows if row[0] is not None}


def _is_held_elsewhere(db: Database, document_id: str, source: Source) -> bool:
    """Whether a document stays though this source, and the same bytes under other names, now give another."""
    others = "document_id = ? AND path <> ? AND NOT (sha256 IS ? AND hints = ?)"
    return db.execute(f"SELECT 1 FROM sources WHERE {others}", [document_id, source.path, source.sha256, source.hints]).fetchone() is not None


def _repoint(db: Database, source: Source, former: str, document_id: str) -> None:
    """Other names of the same bytes follow to the new document."""
    same = [source.sha256, source.hints, former]
    db.execute(
        "UPDATE sources SET document_id = ?, extractor = ?, state = 'done', error_code = NULL, error_message = NULL WHERE sha256 = ? AND hints = ? AND document_id = ?",
        [document_id, source.extractor, *same],
    )


def _drop_parts(db: Database, source: Source, kept: Collection[str] = ()) -> None:
    """Forget the lines of what was a file of many documents and is one document now, or ends before them."""
    found = db.execute("SELECT path FROM sources WHERE container = ?", [source.path]).fetchall()
    gone = [path for (path,) in found if path not in kept]
    for path in gone:
        db.execute("DELETE FROM sources WHERE path = ?", [path])
    if gone:
        _delete_orphans(db)


def _delete_if_orphan(db: Database, document_id: str | None) -> None:
    db.execute("DELETE FROM documents WHERE id = ? AND NOT EXISTS (SELECT 1 FROM sources WHERE document_id = documents.id)", [document_id])


def _delete_orphans(db: Database) -> None:
    db.execute("DELETE FROM documents WHERE NOT EXISTS (SELECT 1 FROM sources WHERE document_id = documents.id)")


def _put_source(db: Database, source: Source, *, document_id: str | None, error: tuple[str, str] | None = None) -> None:
    code, message = error or (None, None)
    values = {
        "path": source.path,
        "name": source.name,
        "container": source.container,
        "size": source.size,
        "modified_at": source.modified_at,
        "sha256": source.sha256,
        "hints": source.hints,
        "extractor": source.extractor,
        "document_id": document_id,
        "state": "failed" if error else "done",
        "error_code": code,
        "error_message": message,
    }
    upsert(db, "sources", "path", values)
