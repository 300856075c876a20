"""Groups: events of several documents that are the same one, and documents that print the same report.

`index` notes what a document adds; `settle`, at the end of the same transaction,
looks again at the groups that it or what was removed touches. The result is the
same in whatever order documents come, and as if all had been grouped anew.

Crowds are the exception, so that a document costs what it costs however many tell
the same: where more than `_CROWD` events hang together, a new one joins the group
that it fits and the others stay as they are, until a person says something of them.
And of very many that share a day and a place with it, a new one meets those with most in common.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from service.store import reviews
from service.store.postings import BANDS, BLOCKS

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.linking import Candidate, Link
    from service.store.prepared import Prepared

_MOST_RIVALS = 64  # events that a new one is compared with, those that share most of its blocks first
_MOST_NEAR = 24  # texts that a new one is compared with, those that share most of its bands first
_BLOCK = 128  # events of a block that are looked at, the latest
_CROWD = 64  # events or documents that hang together, from which they are not all looked at again for each that comes
_HOLDERS = 16  # documents a band leads to: of a thousand copies any few will do to find their report
_VALUES = 30_000  # that one statement takes
_CANDIDATES = 4_096  # that are kept in memory as they are compared: 20 MB


def index(db: Database, number: int, document_id: str, prepared: Prepared, numbers: Sequence[int]) -> None:
    """Note a document's events and text for comparison, and link them; inside a write transaction, after its rows are written.

    number, numbers: those of the document and of its events.
    """
    _note_text(db, number, document_id, prepared)
    for event, own in zip(prepared.events, numbers, strict=True):
        db.execute("INSERT INTO candidates (event_number, content) VALUES (?, ?)", [own, event.content])
        _link(db, own, event.candidate, event.blocks)
        BLOCKS.add(db, own, event.blocks)
        db.execute("INSERT OR IGNORE INTO regroup (group_id) VALUES (?)", [event.candidate.id])


def settle(db: Database, *, in_full: bool = False) -> None:
    """Group again what has lost or won a neighbour, crowds too if `in_full`; inside a write transaction."""
    if db.execute("SELECT 1 FROM regroup LIMIT 1").fetchone() is not None:
        touched = [group for (group,) in db.execute("SELECT group_id FROM regroup").fetchall()]
        db.execute("DELETE FROM regroup")
        seeds = [n for (n,) in db.execute("SELECT number FROM events WHERE group_id IN (SELECT value FROM json_each(?))", [json.dumps(touched)]).fetchall()]
        _regroup(db, seeds, touched, limit=None if in_full else _CROWD)
    reports = [report for (report,) in db.execute("SELECT report_id FROM reprint").fetchall()]
    db.execute("DELETE FROM reprint")
    for report in reports:
        _reprint(db, report)


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

    contents = _rows(db, "SELECT event_number, content FROM candidates WHERE event_number", _rivals(db, keys))
    for rival, content in contents:
        link = linking.compared(candidate, _parsed(content))
        if link is not None:
            db.execute("INSERT INTO links (a, b, score, reasons) VALUES (?, ?, ?, ?)", [rival, own, link.score, json.dumps(link.reasons, ensure_ascii=False)])


def _rivals(db: Database, keys: Sequence[int]) -> list[int]:
    """Events that share a block, those with most in common first; of equals those of the rarer block: an organisation's says more than a whole country's."""
    blocks = sorted(BLOCKS.holders(db, keys, _BLOCK), key=lambda block: (len(block), block))
    return _most_shared(blocks, _MOST_RIVALS)


def _most_shared(holders: Iterable[Iterable[int]], most: int) -> list[int]:
    """The numbers that stand in most of some lists, the first of equals first."""
    return [number for number, _ in Counter(chain.from_iterable(holders)).most_common(most)]


def _regroup(db: Database, seeds: Sequence[int], touched: Sequence[str], limit: int | None) -> None:
    """Group some events anew, with all that links and people's words join to them.

    touched: the groups that they are of. From `limit` events on only those that
    are new are looked at, and what has lost its first event gets its name anew.
    """
    apart, together = _said(db)
    joined = _numbers_of(db, together)
    found = _closure(db, seeds, joined, limit)
    is_said = not {identity for pair in (*apart, *together) for identity in pair}.isdisjoint(_alone(db, touched))
    if limit is None or len(found) <= limit:
        _group(db, found, apart, together)
    elif is_said:
        _group(db, _closure(db, seeds, joined, None), apart, together)
    else:
        _attach(db, touched)


def _group(db: Database, numbers: Sequence[int], apart: Sequence[tuple[str, str]], together: Sequence[tuple[str, str]]) -> None:
    """The groups of events that nothing joins to any other."""
    from extractors import linking

    known = _candidates(db, numbers)
    links = [_as_link(known[a], known[b], score, why) for a, b, score, why in _links(db, list(known)) if a in known and b in known]
    groups = linking.grouped(known.values(), links, apart=apart, together=together)
    changed = [(groups[candidate.id], number, groups[candidate.id]) for number, candidate in known.items()]
    db.conn.executemany("UPDATE events SET group_id = ? WHERE number = ? AND group_id IS NOT ?", changed)


def _attach(db: Database, touched: Sequence[str]) -> None:
    """Each event that is alone in its group to the one that it fits; a group without its first event is called by the next."""
    alone = _alone(db, touched)
    for group in touched:
        first = db.execute("SELECT min(id) FROM events WHERE group_id = ?", [group]).fetchone()[0]
        if group in alone:
            _join(db, alone[group])
        elif first is not None and first != group:
            _rename(db, [group], first)


def _alone(db: Database, groups: Sequence[str]) -> dict[str, int]:
    """Numbers of the events that are a group of their own, by id: those that are new among them."""
    sql = "SELECT id, number FROM events e WHERE id IN (SELECT value FROM json_each(?)) AND group_id = id AND NOT EXISTS (SELECT 1 FROM events o WHERE o.group_id = e.id AND o.id <> e.id)"
    return dict(db.execute(sql, [json.dumps(list(groups))]).fetchall())


def _join(db: Database, own: int) -> None:
    """An event that is alone to the group that the surest links lead to."""
    from extractors import linking

    [candidate] = _candidates(db, [own]).values()
    sums: dict[str, float] = {}
    ours = [(b if a == own else a, score) for a, b, score, _ in _links(db, [own])]
    group_of = dict(_rows(db, "SELECT number, group_id FROM events WHERE number", [rival for rival, _ in ours]))
    for rival, score in ours:
        sums[group_of[rival]] = sums.get(group_of[rival], 0.0) + score
    for group in sorted(sums, key=lambda name: (-sums[name], name)):
        rows = db.execute("SELECT number FROM events WHERE group_id = ? ORDER BY number LIMIT ?", [group, _CROWD]).fetchall()
        if linking.joins(candidate, _candidates(db, [number for (number,) in rows]).values()):
            _rename(db, [group, candidate.id], min(group, candidate.id))
            return


def _rename(db: Database, groups: Sequence[str], name: str) -> None:
    for group in groups:
        if group != name:
            db.execute("UPDATE events SET group_id = ? WHERE group_id = ?", [name, group])


def _candidates(db: Database, numbers: Sequence[int]) -> dict[int, Candidate]:
    return {number: _parsed(content) for number, content in _rows(db, "SELECT event_number, content FROM candidates WHERE event_number", numbers)}


@lru_cache(maxsize=_CANDIDATES)
def _parsed(content: str) -> Candidate:
    """An event as it is compared; those of a crowd are asked for with every document that tells the same."""
    from extractors import linking

    return linking.Candidate.loads(content)


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


def _closure(db: Database, seeds: Sequence[int], joined: Mapping[int, set[int]], limit: int | None) -> list[int]:
    """Some events and all that a chain of links or of people's words joins to them; no further once they are more than `limit`."""
    found, new = set(seeds), set(seeds)
    while new and (limit is None or len(found) <= limit):
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


def _note_text(db: Database, number: int, document: str, prepared: Prepared) -> None:
    """Keep what a text is recognised by, and say which report it prints: the smallest id of those like it, and of those like them."""
    [(before,)] = db.execute("SELECT report_id FROM documents WHERE number = ?", [number]).fetchall()
    if before is not None:
        db.execute("INSERT OR IGNORE INTO reprint (report_id) VALUES (?)", [before])
    keys, signature = prepared.bands, prepared.signature
    BANDS.remove(db, number)
    near = _near(db, keys, signature)
    db.execute("INSERT OR REPLACE INTO signatures (document_number, signature) VALUES (?, ?)", [number, signature])
    BANDS.add(db, number, keys)
    known = {report for _, report in _rows(db, "SELECT number, report_id FROM documents WHERE number", near)}
    name = min({document, *known})
    db.execute("UPDATE documents SET report_id = ? WHERE number = ?", [name, number])
    for report in known - {name}:
        db.execute("UPDATE documents SET report_id = ? WHERE report_id = ?", [name, report])


def _near(db: Database, keys: Sequence[int], signature: bytes) -> list[int]:
    """Documents that print the same as a text, by its bands."""
    from extractors import similar

    rivals = sorted(_most_shared(BANDS.holders(db, keys, _HOLDERS), _MOST_NEAR))
    found = list(_rows(db, "SELECT document_number, signature FROM signatures WHERE document_number", rivals))
    is_near = similar.same_reports(signature, [theirs for _, theirs in found])
    return [number for (number, _), is_so in zip(found, is_near, strict=True) if is_so]


def _reprint(db: Database, report: str) -> None:
    """Say anew which documents print the same, of a report that has lost one; of a crowd only by which id it is called."""
    from extractors import similar

    rows = db.execute("SELECT number, id FROM documents WHERE report_id = ? ORDER BY id LIMIT ?", [report, _CROWD + 1]).fetchall()
    if len(rows) > _CROWD:
        db.execute("UPDATE documents SET report_id = ? WHERE report_id = ?", [rows[0][1], report])
        return
    ids = dict(rows)
    signatures = _rows(db, "SELECT document_number, signature FROM signatures WHERE document_number", sorted(ids))
    reports = similar.reports({ids[number]: signature for number, signature in signatures})
    db.conn.executemany("UPDATE documents SET report_id = ? WHERE number = ? AND report_id IS NOT ?", [(reports[i], n, reports[i]) for n, i in ids.items()])


def _rows(db: Database, select: str, numbers: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT that ends with a column, for some values of it."""
    for chunk in _chunks(numbers):
        yield from db.execute(f"{select} IN (SELECT value FROM json_each(?))", [json.dumps(chunk)]).fetchall()


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + _VALUES] for at in range(0, len(values), _VALUES))
