"""Jobs: what a request brought, waiting in the store until it is extracted, however often the program ends in between.

A worker of the queue claims an item for a while (its lease), renews the lease as
long as it is at it, and finishes the item. A lease that ran out is anybody's
again: its owner has died. Times are seconds since 1970; the caller has the clock.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from service import failpoints
from service.store import writing

if TYPE_CHECKING:
    from sqlite_utils import Database

MOST_ATTEMPTS = 3
_CHUNK_BYTES = 1_000_000
ItemState = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file or text to be kept and extracted; `content` is read to its end, and None where it is kept already or lies at its path."""

    kind: Literal["file", "text", "path"]
    name: str
    identity: str
    sha256: str
    size: int
    hints: str
    content: BinaryIO | None


@dataclass(frozen=True, slots=True)
class Item:
    """A file or text that is somebody's to extract."""

    number: int
    job_id: str
    kind: str
    name: str
    identity: str
    sha256: str
    hints: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one document of an item."""

    name: str
    state: str
    document_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None


def add(db: Database, incoming: Iterable[Incoming], *, now: float, settled: Sequence[Result] = ()) -> str:
    """Keep what a request brought, all of it or nothing, and return the id of its job.

    settled: what is known already of what it brought, told as an item that is done.
    """
    job_id = uuid.uuid4().hex[:16]
    failpoints.reach("before_enqueue")
    db.execute("PRAGMA synchronous = FULL")  # what is accepted outlives a loss of power too
    with writing(db):
        db.execute("INSERT INTO jobs (id, created_at) VALUES (?, ?)", [job_id, now])
        if settled:
            columns = "job_id, kind, name, identity, sha256, state, finished_at"
            number = db.execute(f"INSERT INTO items ({columns}) VALUES (?, 'file', ?, '', '', 'done', ?)", [job_id, settled[0].name, now]).lastrowid
            _put_results(db, int(number or 0), settled)
        for one in incoming:
            _keep_bytes(db, one)
            columns = "job_id, kind, name, identity, sha256, hints, state"
            db.execute(f"INSERT INTO items ({columns}) VALUES (?, ?, ?, ?, ?, ?, 'queued')", [job_id, one.kind, one.name, one.identity, one.sha256, one.hints])
    failpoints.reach("after_enqueue")
    return job_id


def claim(db: Database, owner: str, *, now: float, lease_s: float) -> Item | None:
    """The item that has waited longest, now this owner's; None where none waits.

    What this owner has in hand itself is nobody's to claim by it, however old the lease: it is at work on it,
    and the store was locked too long for a renewal. An item that has taken its owner with it too often is
    failed instead, and the next one claimed.
    """
    _give_up(db, owner, now)
    columns = "number, job_id, kind, name, identity, sha256, hints, attempts"
    sql = f"""UPDATE items SET state = 'running', owner = :owner, lease_until = :until, attempts = attempts + 1
        WHERE number = (SELECT number FROM items WHERE {_CLAIMABLE} ORDER BY number LIMIT 1) RETURNING {columns}"""
    if db.execute(f"SELECT 1 FROM items WHERE {_CLAIMABLE} LIMIT 1", {"owner": owner, "now": now}).fetchone() is None:
        return None  # no write lock is taken for nothing
    with writing(db):
        row = db.execute(sql, {"owner": owner, "until": now + lease_s, "now": now}).fetchone()
    if row is None:
        return None
    item = Item(*row)
    failpoints.reach("after_claim", item.name)
    return item


def renew(db: Database, owner: str, numbers: Collection[int], *, now: float, lease_s: float) -> set[int]:
    """Hold on to some items that an owner has in hand; those of them that are still its own, without what was cancelled meanwhile."""
    sql = "UPDATE items SET lease_until = ? WHERE number = ? AND owner = ? AND state = 'running'"
    with writing(db):
        return {number for number in numbers if db.execute(sql, [now + lease_s, number, owner]).rowcount}


def release(db: Database, owner: str, numbers: Collection[int] | None = None) -> None:
    """Give back what an owner has in hand and will not finish, by default all of it; it was no attempt."""
    sql = "UPDATE items SET state = 'queued', owner = NULL, lease_until = NULL, attempts = attempts - 1 WHERE owner = :owner AND state = 'running'"
    with writing(db):
        if numbers is None:
            db.execute(sql, {"owner": owner})
        else:
            for number in numbers:
                db.execute(f"{sql} AND number = :number", {"owner": owner, "number": number})


def finish(db: Database, item: Item, owner: str, results: Sequence[Result], *, now: float) -> None:
    """Note what became of an item, unless it is another's by now or was cancelled."""
    state = "failed" if any(result.state == "failed" for result in results) else "done"
    failpoints.reach("before_finish", item.name)
    with writing(db):
        sql = "UPDATE items SET state = ?, owner = NULL, lease_until = NULL, finished_at = ? WHERE number = ? AND owner = ? AND state = 'running'"
        if db.execute(sql, [state, now, item.number, owner]).rowcount:
            db.execute("DELETE FROM results WHERE item_number = ?", [item.number])
            _put_results(db, item.number, results)
    failpoints.reach("after_finish", item.name)


def is_kept(db: Database, sha256: str | None) -> bool:
    """Whether some bytes are kept."""
    return db.execute("SELECT 1 FROM bytes WHERE sha256 = ?", [sha256]).fetchone() is not None


def content(db: Database, sha256: str) -> bytes | None:
    """Bytes that are kept, None where they are not."""
    row = db.execute("SELECT content FROM bytes WHERE sha256 = ?", [sha256]).fetchone()
    return None if row is None else bytes(row[0])


def original(db: Database, document_id: str) -> tuple[str, bytes] | None:
    """Name and bytes of the file that a document was read from, None where they are not kept."""
    mine = "SELECT coalesce(container, path) FROM sources WHERE document_id = ?"
    sql = f"SELECT s.name, b.content FROM sources s JOIN bytes b ON b.sha256 = s.sha256 WHERE s.path IN ({mine}) ORDER BY s.number LIMIT 1"
    row = db.execute(sql, [document_id]).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def sweep(db: Database) -> int:
    """Drop the bytes that no item and no source needs any more; how many contents went."""
    with writing(db):
        return int(db.execute(f"DELETE FROM bytes WHERE {_UNNEEDED}").rowcount)


def cancel(db: Database, job_id: str, *, now: float) -> bool:
    """Let nothing more of a job be begun, and what is in hand not be finished; False where there is no such job."""
    with writing(db):
        if db.execute("SELECT 1 FROM jobs WHERE id = ?", [job_id]).fetchone() is None:
            return False
        sql = "UPDATE items SET state = 'cancelled', owner = NULL, lease_until = NULL, finished_at = ? WHERE job_id = ? AND state IN ('queued', 'running')"
        db.execute(sql, [now, job_id])
    return True


def retry(db: Database, job_id: str | None = None) -> int:
    """Queue what failed or was cancelled once more, of one job or of all; how many items that are."""
    with writing(db):
        sql = """UPDATE items SET state = 'queued', attempts = 0, finished_at = NULL
            WHERE state IN ('failed', 'cancelled') AND job_id = coalesce(?, job_id)
            AND (kind = 'path' OR sha256 IN (SELECT sha256 FROM bytes)) RETURNING number"""
        return len(db.execute(sql, [job_id]).fetchall())


def retry_sources(db: Database, numbers: Sequence[int]) -> int:
    """The same of some sources by their numbers, or of the archives that they came in; how many items that are."""
    with writing(db):
        sql = """WITH RECURSIVE chosen (path, container) AS (
                SELECT path, container FROM sources WHERE number IN (SELECT value FROM json_each(?))
                UNION SELECT s.path, s.container FROM sources s JOIN chosen c ON s.path = c.container)
            UPDATE items SET state = 'queued', attempts = 0, finished_at = NULL
            WHERE state IN ('failed', 'cancelled') AND identity IN (SELECT path FROM chosen)
            AND (kind = 'path' OR sha256 IN (SELECT sha256 FROM bytes)) RETURNING number"""
        return len(db.execute(sql, [json.dumps(list(numbers))]).fetchall())


def open_items(db: Database) -> int:
    """How many items wait or are in hand."""
    return int(db.execute("SELECT count(*) FROM items WHERE state IN ('queued', 'running')").fetchone()[0])


def is_open(db: Database, job_id: str) -> bool:
    """Whether something of a job waits or is in hand."""
    return db.execute("SELECT 1 FROM items WHERE job_id = ? AND state IN ('queued', 'running')", [job_id]).fetchone() is not None


def about(db: Database, job_id: str) -> dict[str, Any] | None:
    """A job with the state and the results of everything in it, None where there is none."""
    row = db.execute("SELECT id, created_at FROM jobs WHERE id = ?", [job_id]).fetchone()
    return None if row is None else _about(db, [row])[0]


def latest(db: Database, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The last jobs, newest first; `number` is where the next page begins."""
    rows = db.execute("SELECT number, id, created_at FROM jobs WHERE number < ? ORDER BY number DESC LIMIT ?", [before or 2**62, limit]).fetchall()
    found = _about(db, [(job_id, created_at) for _, job_id, created_at in rows])
    return [{**one, "number": number} for one, (number, _, _) in zip(found, rows, strict=True)]


_CLAIMABLE = "state IN ('queued', 'running') AND (state = 'queued' OR (lease_until < :now AND owner <> :owner))"
_UNNEEDED = """NOT EXISTS (SELECT 1 FROM items i WHERE i.sha256 = bytes.sha256 AND i.state <> 'done')
    AND NOT EXISTS (SELECT 1 FROM sources s WHERE s.sha256 = bytes.sha256)"""


def _keep_bytes(db: Database, one: Incoming) -> None:
    if one.content is None or db.execute("SELECT 1 FROM bytes WHERE sha256 = ?", [one.sha256]).fetchone() is not None:
        return
    row = db.execute("INSERT INTO bytes (sha256, size, content) VALUES (?, ?, zeroblob(?))", [one.sha256, one.size, one.size]).lastrowid
    if not one.size:
        return
    connection: sqlite3.Connection = db.conn
    with connection.blobopen("bytes", "content", int(row or 0)) as blob:
        while chunk := one.content.read(_CHUNK_BYTES):
            blob.write(chunk)


def _give_up(db: Database, owner: str, now: float) -> None:
    """Fail what has taken its owner, another than this one, with it as often as may be."""
    lost, values = f"state = 'running' AND lease_until < :now AND owner <> :owner AND attempts >= {MOST_ATTEMPTS}", {"owner": owner, "now": now}
    if db.execute(f"SELECT 1 FROM items WHERE {lost}", values).fetchone() is None:
        return
    with writing(db):
        for number, name in db.execute(f"SELECT number, name FROM items WHERE {lost}", values).fetchall():
            db.execute("UPDATE items SET state = 'failed', owner = NULL, lease_until = NULL, finished_at = ? WHERE number = ?", [now, number])
            said = f"{name}: the service ended {MOST_ATTEMPTS} times while it had this in hand; `veille jobs retry` tries once more"
            db.execute("DELETE FROM results WHERE item_number = ?", [number])
            _put_results(db, number, [Result(name, "failed", None, "worker_crash", said)])


def _put_results(db: Database, number: int, results: Iterable[Result]) -> None:
    for position, result in enumerate(results):
        row = [number, position, result.name, result.state, result.document_id, result.error_code, result.error_message]
        db.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _about(db: Database, found: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """Some jobs, given by id and when they came, with all that is in them."""
    sql = """SELECT i.job_id, i.number, i.name, i.state, r.name, r.state, r.document_id, r.error_code, r.error_message
        FROM items i LEFT JOIN results r ON r.item_number = i.number AND i.state IN ('done', 'failed')
        WHERE i.job_id IN (SELECT value FROM json_each(?)) ORDER BY i.number, r.position"""
    states: dict[str, dict[int, str]] = {job_id: {} for job_id, _ in found}
    files: dict[str, list[Result]] = {job_id: [] for job_id, _ in found}
    for job_id, number, name, state, *result in db.execute(sql, [json.dumps(list(states))]):
        states[job_id][number] = state
        files[job_id].append(Result(name, state) if result[0] is None else Result(*result))
    return [{"id": job_id, "created_at": created_at, "state": _state(list(states[job_id].values())), "files": files[job_id]} for job_id, created_at in found]


def _state(states: Sequence[str]) -> str:
    """The state of a job by those of its items."""
    for state in ("running", "queued"):
        if state in states:
            return "running" if state == "running" or "done" in states or "failed" in states else state
    return "cancelled" if "cancelled" in states else "failed" if states and all(state == "failed" for state in states) else "done"
