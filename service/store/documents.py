"""Documents: a record as rows of tables, back again, found again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from service.store import groups, identities, paging, search, upsert, writing
from service.store.prepared import Prepared

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.records import Event, Record
    from service.queries import DocumentFilter


def put(db: Database, record: Record, marks: Mapping[str, str] = MappingProxyType({}), prepared: Prepared | None = None) -> None:
    """Write a record in place of what the store had of the same document; call it inside a `writing`.

    marks: by event id, what people said of it: accepted, rejected or corrected. prepared: of this very record, where somebody has made it.
    """
    prepared = prepared or Prepared.of(record)
    number = _put_document(db, record)
    numbers = _put_parts(db, record)
    for event_id, mark in marks.items():
        db.execute("UPDATE events SET review = ? WHERE id = ?", [mark, event_id])
    groups.index(db, number, record.id, prepared, numbers)
    search.index_document(db, number, record, prepared.words)
    for event, event_number in zip(prepared.events, numbers, strict=True):
        search.index_event(db, event_number, event.candidate.id, event.words)


def delete(db: Database, document_id: str) -> bool:
    """Remove a document with all its rows and sources; False where there is none."""
    with writing(db):
        is_gone = bool(db.execute("DELETE FROM documents WHERE id = ?", [document_id]).rowcount)
        groups.settle(db)
    return is_gone


def resolve(db: Database, wanted: str) -> list[str]:
    """Ids of the documents that a person may mean: by id, start of an id, source, or id of an event."""
    for condition in (
        "id = :w",
        "id IN (SELECT document_id FROM sources WHERE path = :w OR name = :w)",
        "id IN (SELECT document_id FROM events WHERE id = :w)",
    ):
        if found := [row[0] for row in db.execute(f"SELECT id FROM documents WHERE {condition} ORDER BY number", {"w": wanted})]:
            return found
    starts = db.execute("SELECT id FROM documents WHERE substr(id, 1, length(:w)) = :w ORDER BY number", {"w": wanted}) if len(wanted) >= 4 else []
    return [row[0] for row in starts]


def record(db: Database, document_id: str) -> Record | None:
    """The record of a document as it was saved, None where there is none."""
    from extractors.records import Record

    row = next(db.query("SELECT * FROM documents WHERE id = ?", [document_id]), None)
    if row is None:
        return None
    for column in ("number", "extracted_at", "report_id"):
        del row[column]
    row["metadata"] = json.loads(row["metadata"])
    row["entities"] = _entities(db, document_id)
    row["events"] = _events(db, document_id)
    row["warnings"] = list(db.query("SELECT code, message FROM warnings WHERE document_id = ? ORDER BY position", [document_id]))
    return Record.model_validate(row)


def exists(db: Database, document_id: str) -> bool:
    """Whether there is such a document."""
    return db.execute("SELECT 1 FROM documents WHERE id = ?", [document_id]).fetchone() is not None


def count(db: Database) -> int:
    """How many documents the store holds."""
    return int(db.execute("SELECT count(*) FROM documents").fetchone()[0])


def find(db: Database, wanted: DocumentFilter) -> Iterator[dict[str, Any]]:
    """Rows of documents_view that pass a filter, in its order."""
    return (row for row, _ in _rows(db, wanted))


def page(db: Database, wanted: DocumentFilter, limit: int, after: paging.Keys | None = None) -> paging.Page:
    """At most `limit` rows of documents_view that come after some keys."""
    return paging.page(_rows(db, wanted.model_copy(update={"limit": limit + 1}), after), limit)


def neighbours(db: Database, wanted: DocumentFilter, document_id: str) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """The documents before and after one in the order of a filter, `document_id` and `title`; None at the ends."""
    keys = _keys(wanted)
    row = next(db.query(f"SELECT {paging.columns(keys)} FROM documents_view WHERE document_id = ? LIMIT 1", [document_id]), None)
    if row is None:
        return None, None
    last = paging.taken(row, keys)
    backwards = [paging.Key(key.expression, not key.is_descending) for key in keys]
    return _nearest(db, wanted, backwards, last, document_id), _nearest(db, wanted, keys, last, document_id)


def about(db: Database, document_id: str, *, names: int = 100) -> dict[str, Any] | None:
    """What is known of a document but for its text and what was found in it, which is counted; None where there is none.

    names: how many of those under which it came are told, since a text may come by thousands; all are counted.
    """
    row: dict[str, Any] | None = next(db.query(f"SELECT {_ABOUT} FROM documents d WHERE d.id = ?", [document_id]), None)
    if row is None:
        return None
    row["metadata"] = json.loads(row["metadata"])
    row["warnings"] = list(db.query("SELECT code, message FROM warnings WHERE document_id = ? ORDER BY position", [document_id]))
    row["sources"] = [name for (name,) in db.execute("SELECT name FROM sources WHERE document_id = ? ORDER BY number LIMIT ?", [document_id, names])]
    return row


def text(db: Database, document_id: str) -> str | None:
    """The text that offsets refer to, None where there is no such document."""
    row = db.execute("SELECT text FROM documents WHERE id = ?", [document_id]).fetchone()
    return None if row is None else str(row[0])


_LAST_DAY = "9999-12-31"
_ABOUT = """d.id, d.title, d.published, d.published_from, d.language, d.source, d.media_type, d.pages, d.sha256, d.extractor, d.extracted_at, d.metadata,
    length(d.text) AS characters,
    (SELECT count(*) FROM sources s WHERE s.document_id = d.id) AS source_count,
    (SELECT count(*) FROM events e WHERE e.document_id = d.id) AS events,
    (SELECT count(*) FROM organisations o WHERE o.document_id = d.id) AS organisations,
    (SELECT count(*) FROM places p WHERE p.document_id = d.id) AS places"""


def _rows(db: Database, wanted: DocumentFilter, after: paging.Keys | None = None) -> Iterator[tuple[dict[str, Any], paging.Keys]]:
    conditions, values = _conditions(wanted)
    keys = _keys(wanted)
    if after is not None:
        clause, more = paging.after(keys, after)
        conditions.append(clause)
        values |= more
    where = " AND ".join(conditions) or "1"
    limit = -1 if wanted.limit is None else wanted.limit
    order = paging.order_by(keys)
    # those of the page are chosen first: what the view counts of each is then counted of them alone
    chosen = f"SELECT source_number FROM documents_view WHERE {where} ORDER BY {order} LIMIT :limit"
    values["limit"] = limit
    if (numbers := _by_day(db, wanted, where, values, after)) is not None:
        chosen, values = "SELECT value FROM json_each(:numbers)", {"numbers": json.dumps(numbers)}
    sql = f"SELECT *, {paging.columns(keys)} FROM documents_view WHERE source_number IN ({chosen}) ORDER BY {order}"
    for row in db.query(sql, values):
        del row["number"]
        yield row, paging.taken(row, keys)


def _by_day(db: Database, wanted: DocumentFilter, where: str, values: Mapping[str, Any], after: paging.Keys | None) -> list[int] | None:
    """The rows of a page in the order of their days, which an index knows, so that no other row is read.

    None for another order, for words, and for a page that goes on to rows without a day.
    """
    is_other = wanted.sort.removeprefix("-") != "published" or wanted.q is not None or wanted.state == "failed"
    if is_other or wanted.limit is None or (after is not None and after[0]):
        return None
    sign, direction, first = ("<=", "DESC", _LAST_DAY) if wanted.sort.startswith("-") else (">=", "ASC", "")
    bound = first if after is None else after[1]
    sql = (
        f"SELECT source_number FROM documents_view WHERE published {sign} :bound AND {where} ORDER BY published {direction}, source, source_number LIMIT :limit"
    )
    found = [number for (number,) in db.execute(sql, {**values, "bound": bound})]
    return found if len(found) == wanted.limit else None


def _nearest(db: Database, wanted: DocumentFilter, keys: Sequence[paging.Key], last: paging.Keys, document_id: str) -> dict[str, str] | None:
    conditions, values = _conditions(wanted)
    clause, more = paging.after(keys, last)
    where = " AND ".join([*conditions, clause, "document_id <> :own"])
    sql = f"SELECT document_id, coalesce(title, source) AS title FROM documents_view WHERE {where} ORDER BY {paging.order_by(keys)} LIMIT 1"
    return next(db.query(sql, {**values, **more, "own": document_id}), None)


def _keys(wanted: DocumentFilter) -> tuple[paging.Key, ...]:
    column = wanted.sort.removeprefix("-")  # one of a closed list: the filter has checked it
    return *paging.nullable(column, wanted.sort.startswith("-")), paging.Key("source"), paging.Key("source_number")


def _conditions(wanted: DocumentFilter) -> tuple[list[str], dict[str, Any]]:
    """WHERE clauses over documents_view, and their values."""
    clauses, values = [], wanted.model_dump(mode="json", exclude_none=True)
    if wanted.q is not None:
        values["expression"] = search.expression(wanted.q)
        found = "SELECT rowid FROM documents_search WHERE documents_search MATCH :expression"
        clauses.append(f"document_id IN (SELECT id FROM documents WHERE number IN ({found}))" if values["expression"] else "0")
    for column in ("state", "language"):
        if getattr(wanted, column) is not None:
            clauses.append(f"{column} = :{column}")
    if wanted.published_from is not None:
        clauses.append("published >= :published_from")
    if wanted.published_to is not None:
        clauses.append("published <= :published_to")
    return clauses, values


def _put_document(db: Database, record: Record) -> int:
    """Write the document's own row, drop what was extracted from it before, and return its number."""
    values = record.model_dump(mode="json", exclude={"entities", "events", "warnings"})
    values["metadata"] = json.dumps(values["metadata"], ensure_ascii=False)
    values["extracted_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for table in ("events", "entities", "warnings"):  # before the row that they refer to could change its meaning
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", [record.id])
    upsert(db, "documents", "id", values)
    return int(db.execute("SELECT number FROM documents WHERE id = ?", [record.id]).fetchone()[0])


def _put_parts(db: Database, record: Record) -> list[int]:
    """Write what was found in a document; the numbers of its events."""
    _insert(db, "warnings", [(record.id, i, w.code, w.message) for i, w in enumerate(record.warnings)])
    _put_entities(db, record)
    return [_put_event(db, record, position, event) for position, event in enumerate(record.events)]


def _put_entities(db: Database, record: Record) -> None:
    _insert(db, "entities", [(record.id, e.id, e.label, i, e.confidence, e.rule) for i, e in enumerate(record.entities)])
    organisations, places, dates = [], [], []
    for entity in record.entities:
        key = (record.id, entity.id)
        if entity.label == "ORG":
            organisations.append((*key, entity.name, entity.acronym, entity.key, identities.of(db, entity.key, entity.name)))
        elif entity.label == "PLACE":
            places.append((*key, entity.name, entity.country, entity.lat, entity.lon, entity.kind, entity.geonames_id))
        else:
            dates.append((*key, _iso(entity.start), _iso(entity.end), entity.precision, entity.edtf))
    _insert(db, "organisations", organisations)
    _insert(db, "places", places)
    _insert(db, "dates", dates)
    _insert(db, "mentions", [(record.id, e.id, i, start, end, record.text[start:end]) for e in record.entities for i, (start, end) in enumerate(e.mentions)])


def _put_event(db: Database, record: Record, position: int, event: Event) -> int:
    evidence = event.evidence
    cursor = db.execute(
        f"INSERT INTO events ({', '.join(_EVENT_COLUMNS)}) VALUES ({', '.join('?' * len(_EVENT_COLUMNS))})",
        [event.id, record.id, position, event.type, event.status, event.title, _iso(event.start), _iso(event.end), event.precision, event.edtf]
        + [evidence.quote, evidence.start, evidence.end, evidence.page, event.confidence, event.rule, event.id],
    )
    assert cursor.lastrowid is not None  # an INSERT that succeeds always has one
    _insert(db, "event_mentions", [(event.id, i, start, end, record.text[start:end]) for i, (start, end) in enumerate(event.mentions)])
    _insert(db, "event_places", [(event.id, i, record.id, place) for i, place in enumerate(event.places)])
    _insert(db, "event_organisations", [(event.id, i, record.id, body) for i, body in enumerate(event.organisations)])
    _insert(db, "event_roles", [(event.id, role, i, record.id, body) for role, bodies in event.roles.items() for i, body in enumerate(bodies)])
    return int(cursor.lastrowid)


_EVENT_COLUMNS = (
    *("id", "document_id", "position", "type", "status", "title", "start_date", "end_date", "precision", "edtf"),
    *("sentence", "sentence_start", "sentence_end", "page", "confidence", "rule", "group_id"),  # its own group, until others join it
)


def _insert(db: Database, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Plain executemany: sqlite-utils' insert_all looks the table up each time, which costs 0.6 ms a table and document."""
    if rows:
        db.conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _iso(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _entities(db: Database, document_id: str) -> list[dict[str, Any]]:
    """The document's entities as the record writes them, in its order."""
    spans = _spans(db, 'SELECT entity_id, start, "end" FROM mentions WHERE document_id = ? ORDER BY entity_id, position', document_id)
    parts: dict[str, dict[str, Any]] = {}
    for table in ("organisations", "places", "dates"):
        for row in db.query(f"SELECT * FROM {table} WHERE document_id = ?", [document_id]):
            parts[row["id"]] = {_RECORD_NAMES.get(column, column): value for column, value in row.items() if column not in ("document_id", "identity")}
    rows = db.query("SELECT id, label, confidence, rule FROM entities WHERE document_id = ? ORDER BY position", [document_id])
    return [{**parts[row["id"]], **row, "mentions": spans.get(row["id"], [])} for row in rows]


_RECORD_NAMES = {"start_date": "start", "end_date": "end"}


def _events(db: Database, document_id: str) -> list[dict[str, Any]]:
    """The document's events as the record writes them, in its order."""
    mine = "WHERE event_id IN (SELECT id FROM events WHERE document_id = ?)"
    spans = _spans(db, f'SELECT event_id, start, "end" FROM event_mentions {mine} ORDER BY event_id, position', document_id)
    places = _lists(db, f"SELECT event_id, place_id FROM event_places {mine} ORDER BY event_id, position", document_id)
    bodies = _lists(db, f"SELECT event_id, organisation_id FROM event_organisations {mine} ORDER BY event_id, position", document_id)
    roles: dict[str, dict[str, list[str]]] = {}
    for event_id, role, body in db.execute(f"SELECT event_id, role, organisation_id FROM event_roles {mine} ORDER BY event_id, role, position", [document_id]):
        roles.setdefault(event_id, {}).setdefault(role, []).append(body)
    events = []
    for row in db.query("SELECT * FROM events WHERE document_id = ? ORDER BY position", [document_id]):
        event = {_RECORD_NAMES.get(column, column): row[column] for column in _KEPT_COLUMNS}
        event["evidence"] = {"start": row["sentence_start"], "end": row["sentence_end"], "quote": row["sentence"], "page": row["page"]}
        own = row["id"]
        events.append(
            event | {"mentions": spans.get(own, []), "places": places.get(own, []), "organisations": bodies.get(own, []), "roles": roles.get(own, {})}
        )
    return events


_KEPT_COLUMNS = ("id", "type", "status", "title", "start_date", "end_date", "precision", "edtf", "confidence", "rule")


def _spans(db: Database, sql: str, document_id: str) -> dict[str, list[tuple[int, int]]]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for owner, start, end in db.execute(sql, [document_id]):
        spans.setdefault(owner, []).append((start, end))
    return spans


def _lists(db: Database, sql: str, document_id: str) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for owner, item in db.execute(sql, [document_id]):
        lists.setdefault(owner, []).append(item)
    return lists
