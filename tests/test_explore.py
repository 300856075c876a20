"""The database below /data: what Datasette shows of it, and what it never does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from extractors.errors import InvalidRequest
from extractors.records import Event, Evidence, Place, Record
from service import access, explore, keys, settings, store
from service.store import guarded, sources
from service.store.sources import Source

pytest.importorskip("datasette")
PRIVATE = "/home/anna/secret"


def record() -> Record:
    bamako: Any = Place(id="p1", name="Bamako", country="ML", lat=12.65, lon=-8.0, kind="city", mentions=[(13, 19)], confidence=0.9, rule="gazetteer")
    told = Event(
        id="event-1", type="training", status="occurred", title="<b>atelier</b>", mentions=[(0, 7)], start=date(2024, 6, 3), end=date(2024, 6, 3),
        precision="day", places=["p1"], organisations=[], evidence=Evidence(start=0, end=20, quote="Atelier tenu à Bamako."), confidence=0.9, rule="noun",
    )  # fmt: skip
    return Record(
        id="doc/1", language="fr", published=date(2024, 6, 5), published_from="caller", title="Un atelier", source="a.txt", media_type="text/plain",
        sha256=None, pages=None, text="Atelier tenu à Bamako.", entities=[bamako], events=[told], warnings=[], extractor="x",
    )  # fmt: skip


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "a?b#100%.db"  # a name that an address of SQLite's would not take as it stands
    with store.opened(path) as opened:
        sources.save(opened, record(), Source(f"{PRIVATE}/a.txt", "a.txt", "ab", "x"))
        opened.execute("INSERT INTO bytes VALUES ('ab', 6, 'upload')")
    return path


def service(db: Path, mode: settings.Explore, key_file: Path | None = None) -> TestClient:
    app = FastAPI()
    app.add_middleware(access.Gate, rules=access.Rules(keys=keys.Ring(key_file), hosts=(), max_bytes=1_000, max_bytes_at={}))
    explore.mount(app, replace(settings.load({}), db=db, explore=mode))
    return TestClient(app, base_url="http://localhost")


@pytest.fixture
def client(db: Path) -> Iterator[TestClient]:
    with service(db, "tables") as opened:
        yield opened


EVENTS = "/data/veille/events_view"


def test_every_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    """Below our path once and not twice; pages of the service itself are not in this application."""
    waiting, seen = ["/data/", f"{EVENTS}?_search=bamako&type=training&_facet=place"], set()
    while waiting:
        page = waiting.pop()
        response = client.get(page)
        assert response.status_code == 200, (page, response.text[:300])
        links = re.findall(r'(?:href|src|action)="([^"#][^"]*)"', response.text) if response.headers["content-type"].startswith("text/html") else []
        for link in {urljoin(page, found.replace("&amp;", "&")) for found in links}:
            parts = urlsplit(link)
            if parts.netloc == "datasette.io" or not parts.path.startswith("/data"):
                continue
            assert not parts.path.startswith("/data/data")
            if parts.path not in seen:
                seen.add(parts.path)
                waiting.append(link.removeprefix("http://localhost"))
    assert {EVENTS, f"{EVENTS}.csv", f"{EVENTS}.json", "/data/veille/places_view"} <= seen


def test_what_is_shown_has_our_words_facets_and_full_text(client: TestClient) -> None:
    page = client.get(f"{EVENTS}?_search=bamako").text
    assert "One row an event" in page and "last day, inclusive" in page
    assert "&lt;b&gt;atelier&lt;/b&gt;" in page and "<b>atelier" not in page
    assert 'href="/documents/doc%2F1"' in page, "an id leads to its page"
    told = client.get(f"{EVENTS}.json?_search=bamako&_shape=objects").json()
    assert [row["event_id"] for row in told["rows"]] == ["event-1"]
    assert {result["name"] for result in told["facet_results"].values()} == {"type", "status", "country", "language"}
    assert client.get(f"{EVENTS}.json?_search=zzz&_shape=array").json() == []
    assert [row["document_id"] for row in client.get("/data/veille/documents_view.json?_search=atelier&_shape=array").json()] == ["doc/1"]


def test_an_event_that_is_stored_later_is_there_at_once(client: TestClient, db: Path) -> None:
    assert client.get(f"{EVENTS}.json").json()["filtered_table_rows_count"] == 1
    with store.opened(db) as opened:
        other = record().model_copy(update={"id": "2", "events": [record().events[0].model_copy(update={"id": "event-2"})]})
        sources.save(opened, other, Source("/b.txt", "b.txt", "cd", "x"))
    assert client.get(f"{EVENTS}.json").json()["filtered_table_rows_count"] == 2


@pytest.mark.parametrize(
    "path",
    [
        *("/-/databases.json", "/-/metadata", "/-/versions", "/-/plugins", "/-/settings", "/-/config", "/-/threads", "/-/actor.json", "/-/permissions"),
        *(
            "/-/messages",
            "/-/allow-debug",
            "/-/patterns",
            "/-/auth-token",
            "/-/logout",
            "/veille/-/x",
            "/-/",
            "/-",
            "//-/databases.json",
            "/%2D/databases.json",
        ),
    ],
)
def test_pages_about_the_machine_are_closed(client: TestClient, path: str) -> None:
    response = client.get(f"/data{path}")
    assert response.status_code == 404
    assert "a?b" not in response.text and "tmp" not in response.text.replace(path, "")


def test_neither_the_file_nor_a_table_that_is_not_public_is_given_out(client: TestClient, db: Path) -> None:
    for path in ("veille.db", "veille/bytes", "veille/bytes.json", "veille/sources", "veille/sources.csv", "veille/reviews", "veille/bytes/ab", "_internal"):
        response = client.get(f"/data/{path}")
        assert response.status_code in (403, 404) or path.endswith(".csv"), path
        assert "upload" not in response.text and PRIVATE not in response.text and db.name not in response.text


@pytest.mark.parametrize("address", ["/data/veille?sql=select+1", "/data/veille.json?sql=select+1", f"{EVENTS}?_where=1"])
def test_sql_is_off(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 403


def test_sql_that_is_allowed_has_its_limits(db: Path) -> None:
    with service(db, "sql") as client:

        def answer(sql: str) -> Any:
            return client.get("/data/veille.json", params={"sql": sql, "_shape": "array"})

        assert answer("select date, place from events_view").json() == [{"date": "2024-06-03", "place": "Bamako"}]
        counting = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
        assert answer(f"{counting} limit 5000").json()[-1] == {"i": 1000}, "at most so many rows"
        assert answer(f"select count(*) from ({counting})").status_code == 400, "at most a second"


@pytest.mark.parametrize(
    "sql",
    [
        "select content from bytes",
        "select path from sources",
        "select * from reviews",
        "select * from pragma_database_list",
        "select * from pragma_database_list()",
        "with events_view as (select content from bytes) select * from events_view",
        "select (select group_concat(path) from sources) from events_view",
        "select load_extension('x')",
        "attach 'other.db' as other",
        "delete from events",
        "create temp table t (a)",
        "vacuum into 'copy.db'",
        "pragma journal_mode = delete",
    ],
)
def test_no_sql_reads_what_is_not_public_or_writes(db: Path, sql: str) -> None:
    connection = guarded.connect(str(db))
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute(sql).fetchall()
    connection.close()


def test_the_gate_stands_before_it(db: Path, tmp_path: Path) -> None:
    key = keys.add(tmp_path / "keys", "reader", "read")
    with service(db, "tables", tmp_path / "keys") as client:
        assert client.get("/data/").status_code == 401
        assert client.get(EVENTS, headers={"X-API-Key": key}).status_code == 200
    with service(db, "tables") as client:
        assert client.get("/data/", headers={"Host": "evil.example"}).status_code == 403
        assert client.post("/data/", headers={"Origin": "http://evil.example"}).status_code == 403
        policy = client.get("/data/").headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "http" not in policy


def test_the_setting_has_three_words() -> None:
    assert [settings.load({"VEILLE_EXPLORE": word}).explore for word in ("", "tables", "sql")] == ["off", "tables", "sql"]
    with pytest.raises(InvalidRequest, match="VEILLE_EXPLORE"):
        settings.load({"VEILLE_EXPLORE": "yes"})
