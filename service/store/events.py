"""Events: found by a filter, as flat rows for tables and as whole items for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING, Any

from service.queries import DOUBTFUL
from service.store import groups, paging, search

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

_Chosen = tuple[str, dict[str, Any]]  # SQL for numbers of events, each with its keys, and the values it takes
# Names of events_view that differ from how a filter sorts.
_SORTED_BY = {"date": "e.start_date", "published": "d.published", "confidence": "e.confidence", "type": "e.type"}
_READ_AT_ONCE = 1_000
_ENDS = "coalesce(e.end_date, CASE e.status WHEN 'ongoing' THEN '9999-12-31' ELSE e.start_date END)"
_HAS_PLACE = "EXISTS (SELECT 1 FROM event_places ep JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id WHERE ep.event_id = e.id AND {0})"


def find(db: Database, wanted: EventFilter) -> Iterator[dict[str, Any]]:
    """Rows of events_view that pass a filter, in its order, with `extracted_at` of their document."""
    return (row for row, _ in _rows(db, wanted, _passing(wanted)))


def items(db: Database, wanted: EventFilter) -> Iterator[dict[str, Any]]:
    """The same events whole: places and organisations as lists, evidence and document as objects."""
    return (item for item, _ in _items(db, wanted, _passing(wanted)))


def page(db: Database, wanted: EventFilter, limit: int, after: paging.Keys | None = None, *, is_whole: bool) -> paging.Page:
    """At most `limit` events that come after some keys, as `items` where whole, else as rows of the view.

    Chosen by the columns in memory, which is for a program that stays: reading them takes seconds of a large store.
    """
    from service.store.selection import Selection

    numbers = Selection(db, wanted).first(limit + 1, after)
    chosen = _passing(wanted.model_copy(update={"limit": limit + 1}), after) if numbers is None else _given(wanted, numbers)
    return paging.page((_items if is_whole else _rows)(db, wanted, chosen), limit)


def everything(opened: Callable[[], AbstractContextManager[Database]], wanted: EventFilter, *, is_whole: bool) -> Iterator[dict[str, Any]]:
    """Every event that passes a filter, in its order, for an answer that is sent while it is read.

    Read page by page and the store opened for each, since what sends it asks from one thread and then another.
    """
    after: paging.Keys | None = None
    while True:
        with opened() as db:
            found = page(db, wanted, _READ_AT_ONCE, after, is_whole=is_whole)
        yield from found.rows
        after = found.following
        if after is None:
            return


def item(db: Database, event_id: str) -> dict[str, Any] | None:
    """One event whole, with the spans of its triggers and all sources of its document; None where there is none."""
    joined = "events e JOIN documents d ON d.id = e.document_id"
    row = next(db.query(f"SELECT {_WHOLE} FROM {joined} WHERE e.id = ?", [event_id]), None)
    if row is None:
        return None
    triggers = db.query('SELECT start, "end", quote FROM event_mentions WHERE event_id = ? ORDER BY position', [event_id])
    names = db.execute("SELECT name FROM sources WHERE document_id = ? ORDER BY number", [row["document_id"]])
    same = [other for other in groups.members(db, event_id) if other["id"] != event_id]
    return {**_item(row, _reports(db, [row["group_id"]])), "triggers": list(triggers), "sources": [name for (name,) in names], "same": same}


def document_of(db: Database, event_id: str) -> str | None:
    """Id of the document that tells of an event, None where there is no such event."""
    row = db.execute("SELECT document_id FROM events WHERE id = ?", [event_id]).fetchone()
    return None if row is None else str(row[0])


def titles(db: Database, event_ids: Iterable[str]) -> dict[str, str]:
    """What some events are called, by their ids; those that are gone are left out."""
    return dict(db.execute("SELECT id, title FROM events WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(list(event_ids))]).fetchall())


def rejected(db: Database, document_id: str) -> set[str]:
    """Ids of the events of a document that a person rejected."""
    return {row[0] for row in db.execute("SELECT id FROM events WHERE document_id = ? AND review = 'rejected'", [document_id])}


def counts_by_type(db: Database, document_ids: list[str]) -> Counter[str]:
    """How many events of each type some documents tell of."""
    sql = "SELECT type, count(*) FROM events WHERE document_id IN (SELECT value FROM json_each(?)) GROUP BY type"
    return Counter(dict(db.execute(sql, [json.dumps(document_ids)]).fetchall()))


_PLACES = """(SELECT json_group_array(json(place)) FROM (
    SELECT json_object('name', p.name, 'country', p.country, 'lat', p.lat, 'lon', p.lon, 'kind', p.kind, 'geonames_id', p.geonames_id) AS place
    FROM event_places ep JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id WHERE ep.event_id = e.id ORDER BY ep.position))"""
_ORGANISATIONS = """(SELECT json_group_array(json(body)) FROM (
    SELECT json_object('id', o.id, 'identity', o.identity, 'name', o.name, 'acronym', o.acronym, 'key', o.key) AS body
    FROM event_organisations eo JOIN organisations o ON o.document_id = eo.document_id AND o.id = eo.organisation_id
    WHERE eo.event_id = e.id ORDER BY eo.position))"""
_ROLES = "(SELECT json_group_array(json_array(r.organisation_id, r.role)) FROM event_roles r WHERE r.event_id = e.id)"
_DOCUMENT = "json_object('id', d.id, 'title', d.title, 'published', d.published, 'language', d.language, 'source', d.source)"


_WHOLE = f"e.*, json_object('places', json({_PLACES}), 'organisations', json({_ORGANISATIONS}), 'roles', json({_ROLES}), 'document', {_DOCUMENT}) AS parts"


def _reports(db: Database, of: Iterable[str]) -> dict[str, int]:
    """How many reports tell of the event of each of some groups; what several papers print to the letter is one."""
    sql = """SELECT g.group_id, count(DISTINCT o.report_id) FROM events g JOIN documents o ON o.id = g.document_id
        WHERE g.group_id IN (SELECT value FROM json_each(?)) GROUP BY g.group_id"""
    return dict(db.execute(sql, [json.dumps(list(of))]).fetchall())


def _rows(db: Database, wanted: EventFilter, chosen: _Chosen) -> Iterator[tuple[dict[str, Any], paging.Keys]]:
    joined = "JOIN events e ON e.number = n.number JOIN documents d ON d.id = e.document_id JOIN events_view v ON v.event_id = e.id"
    for row, keys in _selected(db, wanted, chosen, f"v.*, d.extracted_at AS extracted_at, n.* FROM ({{}}) n {joined}"):
        del row["number"]
        yield row, keys


def _items(db: Database, wanted: EventFilter, chosen: _Chosen) -> Iterator[tuple[dict[str, Any], paging.Keys]]:
    joined = "JOIN events e ON e.number = n.number JOIN documents d ON d.id = e.document_id"
    found = _selected(db, wanted, chosen, f"{_WHOLE}, n.* FROM ({{}}) n {joined}")
    while some := list(islice(found, _READ_AT_ONCE)):
        reports = _reports(db, {row["group_id"] for row, _ in some})  # events of one group are often listed together
        for row, keys in some:
            yield _item(row, reports), keys


def _selected(db: Database, wanted: EventFilter, chosen: _Chosen, select: str) -> Iterator[tuple[dict[str, Any], paging.Keys]]:
    """What a SELECT over the numbers of some events gives for each, and the keys of each."""
    keys, (numbers, values) = keys_of(wanted.sort), chosen
    for row in db.query(f"SELECT {select.format(numbers)} ORDER BY {paging.order_by_columns(keys)}", values):
        yield row, paging.taken(row, keys)


def _item(row: dict[str, Any], reports: Mapping[str, int]) -> dict[str, Any]:
    """One event as programs read it. reports: by group, as `_reports` counts them."""
    parts = json.loads(row["parts"])
    roles: dict[str, list[str]] = {}
    for body, role in parts["roles"]:
        roles.setdefault(body, []).append(role)
    organisations = [
        {"id": body["identity"], **{column: body[column] for column in ("name", "acronym", "key")}, "roles": roles.get(body["id"], [])}
        for body in parts["organisations"]
    ]
    return {
        "id": row["id"],
        "type": row["type"],
        "status": row["status"],
        "title": row["title"],
        "start": row["start_date"],
        "end": row["end_date"],
        "precision": row["precision"],
        "edtf": row["edtf"],
        "places": parts["places"],
        "organisations": organisations,
        "evidence": {"start": row["sentence_start"], "end": row["sentence_end"], "quote": row["sentence"], "page": row["page"]},
        "document": parts["document"],
        "confidence": row["confidence"],
        "rule": row["rule"],
        "review": row["review"],
        "group": row["group_id"],
        "reports": reports.get(row["group_id"], 1),  # another has joined or left it since
    }


def _given(wanted: EventFilter, numbers: Sequence[int]) -> _Chosen:
    """Events of which the numbers are known."""
    joined = "json_each(:numbers) given JOIN events e ON e.number = given.value JOIN documents d ON d.id = e.document_id"
    return f"SELECT e.number, {paging.columns(keys_of(wanted.sort))} FROM {joined}", {"numbers": json.dumps(list(numbers))}


def _passing(wanted: EventFilter, after: paging.Keys | None = None) -> _Chosen:
    """The events that pass a filter and come after some keys."""
    keys = keys_of(wanted.sort)
    clauses, values = conditions(wanted)
    if after is not None:
        clause, more = paging.after(keys, after)
        clauses.append(clause)
        values |= more
    where = " AND ".join(clauses) or "1"
    values["limit"] = -1 if wanted.limit is None else wanted.limit
    order = paging.order_by(keys)
    # without the documents, where nothing is asked of them, an index gives the events in their order
    joined = "events e JOIN documents d ON d.id = e.document_id" if "d." in where + order else "events e"
    return f"SELECT e.number, {paging.columns(keys)} FROM {joined} WHERE {where} ORDER BY {order} LIMIT :limit", values


def conditions(wanted: EventFilter) -> tuple[list[str], dict[str, Any]]:
    """WHERE clauses over `events e JOIN documents d` that let through what passes a filter, and their values."""
    clauses, values = _time_and_space(wanted)
    for column in ("type", "status"):
        if chosen := getattr(wanted, column):
            clauses.append(f"e.{column} IN (SELECT value FROM json_each(:{column}))")
            values[column] = json.dumps(chosen)
    for column, value in (("d.language", wanted.language), ("e.document_id", wanted.document)):
        if value is not None:
            name = column.split(".")[1]
            clauses.append(f"{column} = :{name}")
            values[name] = value
    clauses.append(_reviewed(wanted.review))
    if wanted.group is not None:
        clauses.append("e.group_id = (SELECT group_id FROM events WHERE id = :group)")
        values["group"] = wanted.group
    if wanted.once:
        clauses.append("e.id = e.group_id")
    if wanted.min_confidence is not None:
        clauses.append("e.confidence >= :min_confidence")
        values["min_confidence"] = wanted.min_confidence
    if (searched := _searched(wanted)) is not None:
        clauses.append("e.number IN (SELECT rowid FROM events_search WHERE events_search MATCH :expression)" if searched else "0")
        values["expression"] = searched
    return clauses, values


def _reviewed(wanted: Sequence[str]) -> str:
    """The clause of what people said of an event; words of a closed list, which the filter has checked."""
    if not wanted:
        return "e.review IS NOT 'rejected'"
    conditions = {"open": "e.review IS NULL", "to_check": f"(e.review IS NULL AND e.confidence < {DOUBTFUL})"}
    return "(" + " OR ".join(conditions.get(word, f"e.review = '{word}'") for word in wanted) + ")"


def _time_and_space(wanted: EventFilter) -> tuple[list[str], dict[str, Any]]:
    clauses: list[str] = []
    values: dict[str, Any] = {}
    if wanted.from_ is not None:
        clauses.append(f"{_ENDS} >= :from_day")
        values["from_day"] = wanted.from_.isoformat()
    if wanted.to is not None:
        clauses.append("coalesce(e.start_date, e.end_date) <= :to_day")
        values["to_day"] = wanted.to.isoformat()
    if wanted.country:
        clauses.append(_HAS_PLACE.format("p.country IN (SELECT value FROM json_each(:country))"))
        values["country"] = json.dumps(wanted.country)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        inside = "p.lon BETWEEN :west AND :east" if west <= east else "(p.lon >= :west OR p.lon <= :east)"  # across the date line
        clauses.append(_HAS_PLACE.format(f"p.lat BETWEEN :south AND :north AND {inside}"))
        values |= {"west": west, "south": south, "east": east, "north": north}
    return clauses, values


def _searched(wanted: EventFilter) -> str | None:
    """The FTS5 query of the filters that are words; "" where one has no word in it, None where there is none."""
    parts = [
        search.expression(text) if column is None else search.names_expression(column, text)
        for column, text in ((None, wanted.q), ("places", wanted.place), ("organisations", wanted.organisation))
        if text is not None
    ]
    if not parts:
        return None
    return "" if None in parts else " AND ".join(f"({part})" for part in parts)


def keys_of(sort: str) -> tuple[paging.Key, ...]:
    """The order of a filter; an event's number, which follows its document's text, makes it total."""
    column = paging.nullable(_SORTED_BY[sort.removeprefix("-")], sort.startswith("-"))
    day = () if sort.removeprefix("-") == "date" else (paging.Key("coalesce(e.start_date, '')"),)
    return *column, *day, paging.Key("e.number")
