"""Groups: events of several documents that are the same one, and documents that print the same report.

`index` notes what a document adds; `settle`, at the end of the same transaction,
looks again at the groups that it or what was removed touches. The result is the
same in whatever order documents come, and as if all had been grouped anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from service.store import reviews

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.linking import Candidate, Link
    from extractors.records import Record

_MOST_RIVALS = 2_000  # events of one block that a new one is compared with, the latest first: a bound on the cost of one document
_VALUES = 30_000  # that one statement takes


def index(db: Database, number: int, record: Record) -> None:
    """Note a document's events and text for comparison, and link them; inside a write transaction, after its rows are written."""
    from extractors import linking, similar

    signature = similar.signature(record.text)
    db.execute("INSERT OR REPLACE INTO signatures (document_number, signature) VALUES (?, ?)", [number, signature])
    db.execute("DELETE FROM bands WHERE document_number = ?", [number])
    db.conn.executemany("INSERT OR IGNORE INTO bands (key, document_number) VALUES (?, ?)", [(_hashed(band), number) for band in similar.bands(signature)])
    db.execute("INSERT OR IGNORE INTO reprint SELECT report_id FROM documents WHERE number = ? AND report_id IS NOT NULL", [number])
    db.execute("UPDATE documents SET report_id = id WHERE number = ?", [number])
    db.execute("INSERT OR IGNORE INTO reprint (report_id) VALUES (?)", [record.id])

    numbers = dict(db.execute("SELECT id, number FROM events WHERE document_id = ?", [record.id]).fetchall())
    db.execute("UPDATE events SET group_id = id WHERE document_id = ?", [record.id])
    for candidate in linking.candidates(record):
        own = numbers[candidate.id]
        db.execute("INSERT INTO candidates (event_number, content) VALUES (?, ?)", [own, candidate.dumps()])
        keys = sorted({_hashed(block) for block in linking.blocks(candidate)})
        _link(db, own, candidate, keys)
        db.conn.executemany("INSERT INTO blocks (key, event_number) VALUES (?, ?)", [(key, own) for key in keys])
        db.execute("INSERT OR IGNORE INTO regroup (group_id) VALUES (?)", [candidate.id])


def settle(db: Database) -> None:
    """Group again what has lost or won a neighbour; inside a write transaction."""
    if db.execute("SELECT 1 FROM regroup LIMIT 1").fetchone() is not None:
        seeds = [number for (number,) in db.execute("SELECT number FROM events WHERE group_id IN (SELECT group_id FROM regroup)").fetchall()]
        db.execute("DELETE FROM regroup")
        _regroup(db, seeds)
    if db.execute("SELECT 1 FROM reprint LIMIT 1").fetchone() is not None:
        documents = [number for (number,) in db.execute("SELECT number FROM documents WHERE report_id IN (SELECT report_id FROM reprint)").fetchall()]
        db.execute("DELETE FROM reprint")
        _reprint(db, documents)


def touch(db: Database, event_ids: Iterable[str]) -> None:
    """Have `settle` look again at the groups of some events, of which somebody said that they are the same or not."""
    wanted = json.dumps(list(event_ids))
    db.execute("INSERT OR IGNORE INTO regroup SELECT group_id FROM events WHERE group_id IS NOT NULL AND id IN (SELECT value FROM json_each(?))", [wanted])


def members(db: Database, group_id: str) -> list[dict[str, Any]]:
    """The events of a group, the earliest published first; of an id that was a group's once, the group of today.

    Each with `reasons`, why it is taken for the same as others of the group.
    """
    sql = """SELECT e.number, e.id, e.type, e.status, e.title, e.start_date AS start, e.end_date AS end, e.group_id AS "group", e.review,
            d.id AS document_id, d.title AS document_title, d.published, d.language, d.source, d.report_id AS report
        FROM events e JOIN documents d ON d.id = e.document_id
        WHERE e.group_id = coalesce((SELECT group_id FROM events WHERE id = ?), '') ORDER BY d.published IS NULL, d.published, d.number"""
    rows = list(db.query(sql, [group_id]))
    numbers = [row["number"] for row in rows]
    reasons: dict[int, list[str]] = {}
    for a, b, _, why in _links(db, numbers):
        for number in (a, b):
            reasons.setdefault(number, []).extend(json.loads(why))
    return [
        {**{name: value for name, value in row.items() if name != "number"}, "reasons": list(dict.fromkeys(reasons.get(row["number"], [])))} for row in rows
    ]


def _link(db: Database, own: int, candidate: Candidate, keys: Sequence[int]) -> None:
    """Compare an event with those of its blocks, and keep the links."""
    from extractors import linking

    rivals = f"""SELECT DISTINCT b.event_number, c.content FROM blocks b JOIN candidates c ON c.event_number = b.event_number
        WHERE b.key IN (SELECT value FROM json_each(?)) ORDER BY b.event_number DESC LIMIT {_MOST_RIVALS}"""
    for rival, content in db.execute(rivals, [json.dumps(keys)]).fetchall():
        link = linking.compared(candidate, linking.Candidate.loads(content))
        if link is not None:
            db.execute("INSERT INTO links (a, b, score, reasons) VALUES (?, ?, ?, ?)", [rival, own, link.score, json.dumps(link.reasons, ensure_ascii=False)])


def _regroup(db: Database, seeds: Sequence[int]) -> None:
    """Group some events anew, with all that links and people's words join to them."""
    from extractors import linking

    apart, together = _said(db)
    joined = _numbers_of(db, together)
    found = _closure(db, seeds, joined)
    known = {
        number: linking.Candidate.loads(content) for number, content in _rows(db, "SELECT event_number, content FROM candidates WHERE event_number", found)
    }
    links = [_as_link(known[a], known[b], score, why) for a, b, score, why in _links(db, list(known)) if a in known and b in known]
    groups = linking.grouped(known.values(), links, apart=apart, together=together)
    changed = [(groups[candidate.id], number, groups[candidate.id]) for number, candidate in known.items()]
    db.conn.executemany("UPDATE events SET group_id = ? WHERE number = ? AND group_id IS NOT ?", changed)


def _as_link(a: Candidate, b: Candidate, score: float, why: str) -> Link:
    from extractors import linking

    first, second = sorted((a.id, b.id))
    return linking.Link(first, second, score, tuple(json.loads(why)))


def _said(db: Database) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of events that people split, and that they merged; the last word on a pair holds."""
    last: dict[frozenset[str], str] = {}
    for review in reviews.standing(db, "group"):
        for a, b in review.changes.get("pairs", ()):
            last[frozenset((a, b))] = review.action
    pairs = {action: [tuple(sorted(pair)) for pair, said in last.items() if said == action and len(pair) == 2] for action in ("split", "merge")}
    return [(a, b) for a, b in pairs["split"]], [(a, b) for a, b in pairs["merge"]]


def _numbers_of(db: Database, pairs: Iterable[tuple[str, str]]) -> Mapping[int, set[int]]:
    """The neighbours that pairs of event ids make, by number."""
    numbers: dict[str, int] = {}
    for chunk in _chunks(sorted(set(chain.from_iterable(pairs)))):
        numbers |= dict(db.execute("SELECT id, number FROM events WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(chunk)]).fetchall())
    neighbours: dict[int, set[int]] = {}
    for a, b in pairs:
        if a in numbers and b in numbers:
            neighbours.setdefault(numbers[a], set()).add(numbers[b])
            neighbours.setdefault(numbers[b], set()).add(numbers[a])
    return neighbours


def _closure(db: Database, seeds: Sequence[int], joined: Mapping[int, set[int]]) -> list[int]:
    """Some events and all that a chain of links or of people's words joins to them."""
    found, new = set(seeds), set(seeds)
    while new:
        reached = {number for a, b, _, _ in _links(db, sorted(new)) for number in (a, b)}
        reached |= {number for event in new for number in joined.get(event, ())}
        new = reached - found
        found |= new
    return sorted(found)


def _links(db: Database, numbers: Sequence[int]) -> Iterator[tuple[int, int, float, str]]:
    """The links of some events, each once."""
    seen = set()
    for column in ("a", "b"):
        for a, b, score, why in _rows(db, f"SELECT a, b, score, reasons FROM links WHERE {column}", numbers):
            if (a, b) not in seen:
                seen.add((a, b))
                yield a, b, score, why


def _reprint(db: Database, seeds: Sequence[int]) -> None:
    """Say anew which documents print the same, of some and all that are like them."""
    from extractors import similar

    found, new = set(seeds), set(seeds)
    signatures: dict[int, bytes] = {}
    while new:
        mine = dict(_rows(db, "SELECT document_number, signature FROM signatures WHERE document_number", sorted(new)))
        signatures |= mine
        near: set[int] = set()
        for number, signature in mine.items():
            keys = json.dumps([_hashed(band) for band in similar.bands(signature)])
            sql = """SELECT DISTINCT b.document_number, s.signature FROM bands b JOIN signatures s ON s.document_number = b.document_number
                WHERE b.key IN (SELECT value FROM json_each(?)) AND b.document_number <> ?"""
            near |= {other for other, theirs in db.execute(sql, [keys, number]).fetchall() if similar.is_same_report(signature, theirs)}
        new = near - found
        found |= new
    ids = dict(_rows(db, "SELECT number, id FROM documents WHERE number", sorted(signatures)))
    reports = similar.reports({ids[number]: signature for number, signature in signatures.items()})
    db.conn.executemany("UPDATE documents SET report_id = ? WHERE number = ? AND report_id IS NOT ?", [(reports[i], n, reports[i]) for n, i in ids.items()])


def _rows(db: Database, select: str, numbers: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT that ends with a column, for some values of it."""
    for chunk in _chunks(numbers):
        yield from db.execute(f"{select} IN (SELECT value FROM json_each(?))", [json.dumps(chunk)]).fetchall()


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + _VALUES] for at in range(0, len(values), _VALUES))


def _hashed(key: str) -> int:
    """A key as 63 bits: rows of numbers are a quarter of the size, and two keys that meet by chance are only compared."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") >> 1
