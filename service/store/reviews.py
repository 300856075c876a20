"""The log of reviews, and what was extracted before they changed it."""

from __future__ import annotations

import json
import uuid
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlite_utils import Database

    from extractors.records import Record


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a review of an event is about, and how to find it again: code points into the document's text."""

    document_id: str
    event_id: str
    event_type: str
    start: int
    end: int
    quote: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Review:
    """One thing that somebody said. created_at: seconds since 1970."""

    subject: str
    action: str
    reviewer: str
    created_at: float
    changes: Mapping[str, Any] = field(default_factory=dict)
    anchor: Anchor | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    undone_at: float | None = None
    undone_by: str | None = None
    is_orphan: bool = False
    number: int = 0


def add(db: Database, review: Review) -> None:
    """Write a review to the end of the log; call it inside a write transaction."""
    at = review.anchor
    anchored = [at.document_id, at.event_id, at.event_type, at.start, at.end, at.quote, at.sentence] if at is not None else [None] * 7
    columns = f"id, created_at, reviewer, subject, action, changes, {_ANCHOR}"
    said = [review.id, review.created_at, review.reviewer, review.subject, review.action, json.dumps(review.changes, ensure_ascii=False)]
    db.execute(f"INSERT INTO reviews ({columns}) VALUES ({', '.join('?' * 13)})", [*said, *anchored])


def undo(db: Database, review_id: str, reviewer: str, now: float) -> Review | None:
    """Mark a review as taken back, inside a write transaction; it, or None where there is none to take back."""
    found = get(db, review_id)
    if found is None or found.undone_at is not None:
        return None
    db.execute("UPDATE reviews SET undone_at = ?, undone_by = ? WHERE id = ?", [now, reviewer, review_id])
    return found


def get(db: Database, review_id: str) -> Review | None:
    """A review, None where there is none."""
    return next(iter(_found(db, "id = ?", [review_id])), None)


def last_number(db: Database, document_id: str) -> int:
    """A number that grows with every review of a document that is made or taken back; 0 where there is none."""
    row = db.execute("SELECT coalesce(max(number), 0) + count(undone_at) FROM reviews WHERE document_id = ?", [document_id]).fetchone()
    return int(row[0])


def of_document(db: Database, document_id: str) -> list[Review]:
    """The reviews of a document's events that hold, in the order in which they were made."""
    return _found(db, "document_id = ? AND subject = 'event' AND undone_at IS NULL", [document_id])


def standing(db: Database, subject: str) -> list[Review]:
    """The reviews of organisations or groups that hold, in order."""
    return _found(db, "subject = ? AND undone_at IS NULL", [subject])


def log(db: Database, limit: int, before: int | None = None, *, only_orphans: bool = False) -> list[Review]:
    """The last reviews, newest first, those that were taken back included."""
    condition = "number < ?" + (" AND is_orphan AND undone_at IS NULL" if only_orphans else "")
    return _found(db, condition, [before or 2**62], order="DESC", limit=limit)


def mark_orphans(db: Database, document_id: str, orphans: Iterable[str]) -> None:
    """Note which reviews of a document find no event there any more; inside a write transaction."""
    lost = json.dumps(list(orphans))
    db.execute("UPDATE reviews SET is_orphan = id IN (SELECT value FROM json_each(?)) WHERE document_id = ? AND subject = 'event'", [lost, document_id])


def follow(db: Database, former: str, document_id: str) -> None:
    """Let the reviews of a document that was edited be those of what it has become; inside a write transaction."""
    db.execute("UPDATE reviews SET document_id = ? WHERE document_id = ?", [document_id, former])


def keep_extraction(db: Database, record: Record) -> None:
    """Keep a record as it was extracted; inside a write transaction."""
    content = zlib.compress(record.model_dump_json().encode())
    db.execute("INSERT OR REPLACE INTO extractions (document_id, record) VALUES (?, ?)", [record.id, content])


def extraction(db: Database, document_id: str) -> Record | None:
    """The record as it was extracted, where reviews have changed what the tables say; else None."""
    from extractors.records import Record

    row = db.execute("SELECT record FROM extractions WHERE document_id = ?", [document_id]).fetchone()
    return None if row is None else Record.model_validate_json(zlib.decompress(row[0]))


def reviewed_documents(db: Database) -> list[str]:
    """Ids of the documents of which something was reviewed, in the order of the store."""
    sql = "SELECT id FROM documents WHERE id IN (SELECT document_id FROM reviews WHERE undone_at IS NULL) ORDER BY number"
    return [row[0] for row in db.execute(sql)]


_ANCHOR = "document_id, event_id, event_type, span_start, span_end, quote, sentence"


def _found(db: Database, condition: str, values: list[Any], order: str = "ASC", limit: int = -1) -> list[Review]:
    rows = db.query(f"SELECT * FROM reviews WHERE {condition} ORDER BY number {order} LIMIT {limit:d}", values)
    return [_review(row) for row in rows]


def _review(row: Mapping[str, Any]) -> Review:
    anchor = None
    if row["event_id"] is not None:
        anchor = Anchor(row["document_id"], row["event_id"], row["event_type"], row["span_start"], row["span_end"], row["quote"], row["sentence"])
    return Review(
        subject=row["subject"],
        action=row["action"],
        reviewer=row["reviewer"],
        created_at=row["created_at"],
        changes=json.loads(row["changes"]),
        anchor=anchor,
        id=row["id"],
        undone_at=row["undone_at"],
        undone_by=row["undone_by"],
        is_orphan=bool(row["is_orphan"]),
        number=row["number"],
    )
