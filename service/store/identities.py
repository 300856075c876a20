"""Identities: which organisations of several documents are one body, and the lists of organisations and places over all documents.

The identity of an organisation is its key in the list of known bodies, else its
folded name, unless people said otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from service.store import paging, reviews

if TYPE_CHECKING:
    from sqlite_utils import Database

_ANY = ""  # name in `merges` that stands for every name of an identity


def of(db: Database, key: str | None, name: str) -> str:
    """The identity of an organisation, what people said included."""
    found = _own(key, name)
    seen = {found}
    while (
        row := db.execute("SELECT into_identity FROM merges WHERE identity = ? AND name IN (?, ?) ORDER BY name DESC", [found, name, _ANY]).fetchone()
    ) is not None:
        found = row[0]
        if found in seen:  # merged in a ring: the last word on one of them will break it
            break
        seen.add(found)
    return str(found)


def settle(db: Database) -> None:
    """Have every organisation's identity follow from the reviews that stand; inside a write transaction."""
    touched = {identity for (identity,) in db.execute("SELECT identity FROM merges UNION SELECT into_identity FROM merges")}
    db.execute("DELETE FROM merges")
    for review in reviews.standing(db, "organisation"):
        said = review.changes
        if review.action == "merge":
            # split names that are merged again follow the merge
            db.conn.executemany("INSERT OR REPLACE INTO merges VALUES (?, ?, ?)", [(other, _ANY, said["into"]) for other in said["organisations"]])
            db.execute("DELETE FROM merges WHERE identity = ? AND name = ?", [said["into"], _ANY])
            touched |= {*said["organisations"], said["into"]}
        else:
            alone = f"split:{review.id}"
            db.execute("INSERT OR REPLACE INTO merges VALUES (?, ?, ?)", [said["organisation"], said["name"], alone])
            touched |= {said["organisation"], alone}
    _rewrite(db, touched)


def exists(db: Database, identity: str) -> bool:
    """Whether some document has an organisation of an identity."""
    return db.execute("SELECT 1 FROM organisations WHERE identity = ? LIMIT 1", [identity]).fetchone() is not None


def has_name(db: Database, identity: str, name: str) -> bool:
    """Whether some document writes an organisation of an identity so."""
    return db.execute("SELECT 1 FROM organisations WHERE identity = ? AND name = ? LIMIT 1", [identity, name]).fetchone() is not None


def organisations(db: Database, q: str | None, limit: int, after: paging.Keys | None = None) -> paging.Page:
    """Organisations whose name or acronym holds some words, those of most events first."""
    sql = """SELECT o.identity AS id, max(o.acronym) AS acronym, max(o.key) AS key, count(DISTINCT o.document_id) AS documents,
            json_group_array(DISTINCT o.name) AS names,
            sum((SELECT count(*) FROM mentions m WHERE m.document_id = o.document_id AND m.entity_id = o.id)) AS mentions,
            sum((SELECT count(*) FROM event_organisations eo WHERE eo.document_id = o.document_id AND eo.organisation_id = o.id)) AS events
        FROM organisations o WHERE o.identity IN (SELECT identity FROM organisations WHERE :q IS NULL OR name LIKE :like ESCAPE '\\' OR acronym LIKE :like ESCAPE '\\')
        GROUP BY o.identity"""
    return _page(db, sql, "id", q, limit, after)


def places(db: Database, q: str | None, limit: int, after: paging.Keys | None = None) -> paging.Page:
    """Places whose name holds some words, those of most events first."""
    sql = """SELECT p.country, p.kind, p.lat, p.lon, p.geonames_id, count(DISTINCT p.document_id) AS documents, json_group_array(DISTINCT p.name) AS names,
            sum((SELECT count(*) FROM mentions m WHERE m.document_id = p.document_id AND m.entity_id = p.id)) AS mentions,
            sum((SELECT count(*) FROM event_places ep WHERE ep.document_id = p.document_id AND ep.place_id = p.id)) AS events,
            coalesce(p.geonames_id, lower(p.name)) || ' ' || coalesce(p.country, '') AS tie
        FROM places p WHERE :q IS NULL OR p.name LIKE :like ESCAPE '\\'
        GROUP BY coalesce(p.geonames_id, lower(p.name)), p.country"""
    return _page(db, sql, "tie", q, limit, after)


def _page(db: Database, sql: str, tie: str, q: str | None, limit: int, after: paging.Keys | None) -> paging.Page:
    """Some of the rows of a query, those of most events and then documents first."""
    keys = paging.Key("events", is_descending=True), paging.Key("documents", is_descending=True), paging.Key(tie)
    where, values = ("1", {}) if after is None else paging.after(keys, after)
    listed = f"SELECT *, {paging.columns(keys)} FROM ({sql}) WHERE {where} ORDER BY {paging.order_by(keys)} LIMIT :limit"
    rows = db.query(listed, {"q": q, "like": _like(q), "limit": limit + 1, **values})
    return paging.page(((_named(row), paging.taken(row, keys)) for row in rows), limit)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its names as a list, and the longest of them, which says most, as its name."""
    names = sorted(json.loads(row["names"]), key=lambda name: (-len(name), name))
    return {column: value for column, value in row.items() if column != "tie" and not column.startswith("key_")} | {"names": names, "name": names[0]}


def _like(q: str | None) -> str:
    escaped = (q or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _own(key: str | None, name: str) -> str:
    from extractors import gazetteers

    return key if key is not None else f"name:{gazetteers.normalise(name) or name.casefold()}"


def _rewrite(db: Database, touched: set[str]) -> None:
    """Say the identity anew of the organisations that have one of some, or would have by themselves."""
    rows = list(_having(db, touched))
    changed = [(new, document_id, entity_id) for document_id, entity_id, key, name, old in rows if (new := of(db, key, name)) != old]
    db.conn.executemany("UPDATE organisations SET identity = ? WHERE document_id = ? AND id = ?", changed)


def _having(db: Database, touched: set[str]) -> Iterator[tuple[str, str, str | None, str, str]]:
    wanted = json.dumps(sorted(touched))
    yield from db.execute(
        "SELECT document_id, id, key, name, identity FROM organisations WHERE identity IN (SELECT value FROM json_each(?))", [wanted]
    ).fetchall()
