"""The HTTP service as its clients see it: every address, every failure, and the same record through every door."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import geojson
import httpx2 as httpx
import icalendar
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from extractors import errors
from extractors.options import Options
from extractors.records import Record
from service import cli, engine, http_models, keys, problems, server, store, workers
from service.api import MOST_EXTRACT_CHARACTERS, create_app
from service.queries import DocumentFilter, EventFilter
from service.settings import Settings, load
from service.store import documents as stored_documents
from service.store import events as stored_events
from service.store.sources import Conflict
from service.tasks import Failure

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
PLAN = "Le forum de la jeunesse aura lieu à Kayes du 4 au 6 novembre 2027. La mairie de Kayes a signé un accord le 2 mai 2024."
NOTE = "A workshop on mediation was held in Nairobi on 5 June 2024. It was the second of its kind."
POLISH = "Policja zatrzymała wczoraj trzech mężczyzn podejrzanych o kradzież samochodów na terenie całego województwa mazowieckiego. " * 3
KEY, OTHER_KEY = "a-long-and-random-key", "another-long-and-random-key"
API = "/api/v1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - asked for, to be refused
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256))


def client_of(db: Path, **settings: Any) -> TestClient:
    return TestClient(
        create_app(Settings(db, settings.pop("options", Options()), **{"workers": 0, **settings})), base_url="http://localhost", raise_server_exceptions=False
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with three documents in it."""
    with client_of(tmp_path_factory.mktemp("api") / "veille.db") as opened:
        assert upload(opened, ("post.txt", POST), ("plan.txt", PLAN), ("note.txt", NOTE)).status_code == 200
        yield opened


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    """A service with nothing in it, whose requests may carry little."""
    with client_of(tmp_path / "veille.db", max_request_bytes=5_000) as opened:
        yield opened


def upload(client: TestClient, *files: tuple[str, str | bytes], **fields: str) -> httpx.Response:
    return client.post(f"{API}/documents", params={"wait": 60}, files=[("files", file) for file in files], data=fields)


def document_of(response: httpx.Response) -> dict[str, Any]:
    [result] = response.json()["files"]
    document: dict[str, Any] = result["document"]
    return document


def events_of(client: TestClient, **filters: Any) -> list[dict[str, Any]]:
    response = client.get(f"{API}/events", params=filters)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The sentence of a problem, which has to be a whole one."""
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    found = response.json()
    assert (response.status_code, found["status"], found["code"]) == (status, status, code)
    assert found["type"].endswith(f":{code}")
    assert found["title"] and "Traceback" not in response.text
    detail: str = found["detail"]
    return detail


# Health


def test_the_service_is_alive_ready_and_knows_its_version(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"models": True, "store": True, "queue": True}})
    assert http_models.Version.model_validate(client.get("/version").json()).record_schema == 1


def test_a_service_without_its_models_is_alive_but_not_ready_and_says_so(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db", options=Options(models=(("fr", "no_such_model"),))) as broken:
        said = refused(upload(broken, ("post.txt", POST)), 503, "internal")
        assert "veille doctor" in said
        ready = broken.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["models"]) == (503, False)
        assert broken.get("/healthz").status_code == 200


def test_a_service_whose_database_is_gone_says_so_and_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    with client_of(path) as broken:
        for file in tmp_path.iterdir():
            file.unlink()
        for response in (broken.get(f"{API}/events"), broken.get(f"{API}/documents"), upload(broken, ("post.txt", POST)), broken.delete(f"{API}/documents/x")):
            said = refused(response, 503, "storage")
            assert str(tmp_path) not in said
        assert broken.get("/readyz").json()["checks"]["store"] is False
        assert not path.exists()


def test_a_locked_database_can_be_read_and_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.01)
    monkeypatch.setattr(engine, "_PROBE_TIMEOUT_S", 0.01)
    path = tmp_path / "v.db"
    with client_of(path) as opened:
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            assert opened.get("/readyz").json()["checks"]["store"] is False
            assert opened.get(f"{API}/documents").status_code == 200
            refused(opened.delete(f"{API}/documents/x"), 503, "storage")
        finally:
            other.close()


def test_health_answers_while_a_document_is_extracted(empty: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    is_begun, may_end = threading.Event(), threading.Event()
    submit = workers.Inline.submit

    def slow(*arguments: Any) -> Any:
        is_begun.set()
        may_end.wait(timeout=60)
        return submit(*arguments)

    monkeypatch.setattr(workers.Inline, "submit", slow)
    posted = empty.post(f"{API}/documents", files=[("files", ("post.txt", POST))])
    try:
        assert (posted.status_code, posted.json()["done"]) == (202, 0)
        assert is_begun.wait(timeout=60)
        assert empty.get("/healthz").status_code == 200
        assert empty.get(f"{API}/events").json()["items"] == []
        job = empty.get(posted.headers["location"]).json()
        assert (job["state"], job["total"], job["done"], job["files"][0]["state"]) == ("running", 1, 0, "running")
    finally:
        may_end.set()
    assert upload(empty, ("note.txt", NOTE)).status_code == 200
    assert empty.get(posted.headers["location"]).json()["state"] == "done"


def test_what_cannot_wait_is_sent_away_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MOST_EXTRACTS", 0)
    with client_of(tmp_path / "v.db", max_queue=0) as full:
        for response in (upload(full, ("post.txt", POST)), full.post(f"{API}/extract", json={"text": POST})):
            refused(response, 503, "queue_full")
            assert int(response.headers["retry-after"]) > 0
        assert full.get("/readyz").json()["checks"]["queue"] is False
        assert full.get(f"{API}/documents").json()["items"] == []


# Documents in


def test_a_file_becomes_a_document_at_the_place_that_the_answer_names(empty: TestClient) -> None:
    response = upload(empty, ("dossier/post.txt", POST), published="2024-06-09", title="Médiation", source="https://example.org/1")
    job = http_models.Job.model_validate(response.json())
    assert (response.status_code, job.total, job.done, job.failed) == (200, 1, 1, 0)
    document = empty.get(response.headers["location"]).json()
    assert document == document_of(response)
    assert {key: document[key] for key in ("title", "published", "published_from", "source", "language", "events")} == {
        "title": "Médiation",
        "published": "2024-06-09",
        "published_from": "caller",
        "source": "https://example.org/1",
        "language": "fr",
        "events": 1,
    }
    assert document["sources"] == ["dossier/post.txt"]


def test_fields_that_a_form_sends_empty_are_not_given(empty: TestClient) -> None:
    document = document_of(upload(empty, ("post.txt", POST), title="", published="", language="", source=""))
    assert (document["title"], document["published"], document["source"]) == (POST, None, "post.txt")
    plain = empty.post(f"{API}/extract", params={"title": "", "published": ""}, content=POST.encode(), headers={"Content-Type": "text/plain"})
    assert (plain.status_code, plain.json()["published"]) == (200, None)


def test_known_bytes_answer_with_the_known_document_whatever_their_name_or_door(empty: TestClient) -> None:
    first = upload(empty, ("post.txt", POST))
    for again in (upload(empty, ("post.txt", POST)), upload(empty, ("copy.txt", POST)), empty.post(f"{API}/documents?wait=60", json={"text": POST})):
        assert again.status_code == 200
        assert again.json()["files"][0]["state"] == "known"
        assert document_of(again)["id"] == document_of(first)["id"]
    assert empty.get(f"{API}/documents/{document_of(first)['id']}").json()["sources"] == ["post.txt", "copy.txt", "text"]
    assert len(events_of(empty)) == 1


def test_two_files_of_one_name_are_two_documents(empty: TestClient) -> None:
    ids = {document_of(upload(empty, ("post.txt", text)))["id"] for text in (POST, PLAN)}
    assert len(ids) == 2
    assert all(empty.get(f"{API}/documents/{identifier}").status_code == 200 for identifier in ids)


def test_a_bad_file_among_good_ones_has_its_problem_and_the_others_are_stored(empty: TestClient) -> None:
    response = upload(empty, ("post.txt", POST), ("empty.txt", ""), ("picture.pdf", JPEG), ("note.txt", NOTE))
    job = http_models.Job.model_validate(response.json())
    assert (response.status_code, job.done, job.failed) == (200, 2, 2)
    assert [(file.name, file.state, file.problem and file.problem.code) for file in job.files] == [
        ("post.txt", "new", None),
        ("empty.txt", "failed", "empty"),
        ("picture.pdf", "failed", "type_mismatch"),
        ("note.txt", "new", None),
    ]
    assert "location" not in response.headers
    assert len(empty.get(f"{API}/documents", params={"state": "done"}).json()["items"]) == 2


def test_each_line_of_json_lines_is_a_document_of_the_job(empty: TestClient) -> None:
    lines = "\n".join([json.dumps({"id": "a/b", "text": POST}), "{broken", json.dumps({"id": "c", "text": NOTE})])
    job = http_models.Job.model_validate(upload(empty, ("posts.jsonl", lines)).json())
    assert [(file.document and file.document.id, file.problem and file.problem.code) for file in job.files] == [("a/b", None), (None, "damaged"), ("c", None)]
    assert empty.get(f"{API}/documents/a/b").json()["id"] == "a/b"
    assert empty.get(f"{API}/documents/a%2Fb/text").text == POST


BAD_FILES = [
    ("empty.txt", b"", 422, "empty"),
    ("blank.txt", b" \n", 422, "empty"),
    ("sound.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)), 415, "unsupported_format"),
    ("picture.pdf", JPEG, 415, "type_mismatch"),
    ("cut.pdf", b"%PDF-1.7\n1 0 obj <<", 422, "damaged"),
    ("polish.txt", POLISH.encode(), 422, "unsupported_language"),
]


@pytest.mark.parametrize(("name", "content", "status", "code"), BAD_FILES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_file_alone_is_its_own_problem_and_is_listed_with_its_reason(empty: TestClient, name: str, content: bytes, status: int, code: str) -> None:
    assert name in refused(upload(empty, (name, content)), status, code)
    [row] = empty.get(f"{API}/documents").json()["items"]
    assert (row["state"], row["error_code"], row["source"], row["document_id"]) == ("failed", code, name, None)


def test_a_file_over_the_limit_of_one_document_is_too_large(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db", options=Options(max_bytes=20)) as opened:
        assert "post.txt" in refused(upload(opened, ("post.txt", POST)), 413, "too_large")


BAD_BODIES: list[tuple[dict[str, Any], int, str, str]] = [
    ({"json": {"text": ""}}, 422, "empty", "text"),
    ({"json": {"text": " \n"}}, 422, "empty", "text"),
    ({"json": {"text": POLISH}}, 422, "unsupported_language", "French"),
    ({"json": {}}, 400, "invalid_request", "text"),
    ({"json": [POST]}, 400, "invalid_request", "body"),
    ({"json": {"text": 7}}, 400, "invalid_request", "text"),
    ({"json": {"text": POST, "publised": "2024-06-09"}}, 400, "invalid_request", "publised"),
    ({"json": {"text": POST, "published": "soon"}}, 400, "invalid_request", "published"),
    ({"json": {"text": POST, "published": 20240609}}, 400, "invalid_request", "published"),
    ({"json": {"text": POST, "published": "2024-02-30"}}, 400, "invalid_request", "published"),
    ({"json": {"text": POST, "language": "French!"}}, 400, "invalid_request", "language"),
    ({"json": {"text": POST}, "params": {"title": "x"}}, 400, "invalid_request", "title"),
    ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "invalid_request", "JSON"),
    ({"content": b'{"text": "\xff"}', "headers": {"Content-Type": "application/json"}}, 400, "invalid_request", "JSON"),
    ({"content": b'{"text": ' + b"[" * 2_000, "headers": {"Content-Type": "application/json"}}, 400, "invalid_request", "JSON"),
    ({"content": b"", "headers": {"Content-Type": "text/plain"}}, 422, "empty", "text"),
    ({"content": b"\xff", "headers": {"Content-Type": "text/plain; charset=utf-8"}}, 400, "invalid_request", "UTF-8"),
    ({"content": b"a", "headers": {"Content-Type": "text/plain; charset=klingon"}}, 400, "invalid_request", "klingon"),
    ({"content": b"a", "headers": {"Content-Type": "text/plain"}, "params": {"colour": "red"}}, 400, "invalid_request", "colour"),
    ({"content": POST.encode(), "headers": {"Content-Type": "application/pdf"}}, 415, "unsupported_format", "application/pdf"),
    ({"content": POST.encode()}, 415, "unsupported_format", "multipart/form-data"),
    ({"data": {"text": POST}}, 415, "unsupported_format", "multipart/form-data"),
]


@pytest.mark.parametrize("door", ["documents", "extract"])
@pytest.mark.parametrize(("body", "expected"), [(body, tuple(expected)) for body, *expected in BAD_BODIES], ids=lambda value: str(value)[:40])
def test_a_bad_text_is_refused_at_both_doors_with_a_word_on_what_is_wrong(
    client: TestClient, door: str, body: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    status, code, said = expected
    before = len(client.get(f"{API}/documents", params={"state": "done"}).json()["items"])
    assert said in refused(client.post(f"{API}/{door}{'?wait=60' if door == 'documents' else ''}", **body), status, code)
    assert len(client.get(f"{API}/documents", params={"state": "done"}).json()["items"]) == before


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"files": [("file", ("post.txt", POST))]}, "file"),
        ({"files": [("files", (None, POST))]}, "files"),
        ({"files": [("files", ("post.txt", POST))], "data": {"colour": "red"}}, "colour"),
        ({"files": [("files", ("post.txt", POST))], "data": {"published": "soon"}}, "published"),
        ({"files": [("files", ("post.txt", POST))], "params": {"published": "2024-06-09"}}, "published"),
        ({"content": b"nothing", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, ""),
        ({"content": b"nothing", "headers": {"Content-Type": "multipart/form-data"}}, "boundary"),
        ({"files": [(f"field{number}", (None, "x")) for number in range(50)]}, "fields"),
        ({"files": [("files", (f"{number}", "x")) for number in range(1_001)]}, "files"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_form_is_refused(client: TestClient, form: dict[str, Any], named: str) -> None:
    assert named in refused(client.post(f"{API}/documents", **form), 400, "invalid_request")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\posts\\a.txt", "a\r\nb.txt", "\u202etxt.a", "", "." * 300 + "txt", "a" * 3_000, "=1+1.txt"]
)
def test_the_name_of_an_upload_is_a_label_and_leads_nowhere(empty: TestClient, name: str) -> None:
    response = empty.post(f"{API}/documents?wait=60", files=[("files", (name or "\u200b", POST, "text/plain"))])
    assert response.status_code == 200
    label = response.json()["files"][0]["name"]
    assert 0 < len(label) <= 255
    assert label.isprintable() and not label.startswith("/") and ".." not in label.split("/")


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("path", ["documents", "extract", "nothing"])
def test_a_request_over_the_limit_ends_early_and_leaves_nothing(
    empty: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, is_chunked: bool
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    limit = 5_000 if path != "extract" else 12 * MOST_EXTRACT_CHARACTERS + 10_000
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2 * limit // 1_000):
            sent += 1_000
            yield b"a" * 1_000

    response = empty.post(f"{API}/{path}", content=chunks() if is_chunked else b"a" * (limit + 1), headers={"Content-Type": "text/plain"})
    if path == "nothing" and is_chunked:
        refused(response, 404, "not_found")  # nothing reads it
    else:
        assert f"{limit:,}" in refused(response, 413, "too_large")
    assert list(folder.iterdir()) == []
    assert empty.get(f"{API}/documents").json()["items"] == []


def test_an_upload_over_the_limit_leaves_no_file_behind(empty: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    refused(upload(empty, ("post.txt", POST), ("big.txt", "a" * 6_000)), 413, "too_large")
    upload(empty, ("post.txt", POST), ("empty.txt", ""))
    assert list(folder.iterdir()) == []


def test_extract_takes_texts_up_to_its_limit_and_stores_nothing(client: TestClient) -> None:
    before = client.get(f"{API}/documents").json()
    record = Record.model_validate(client.post(f"{API}/extract", json={"text": NOTE, "title": "A note"}).json())
    assert (record.text, record.title, record.language, len(record.events)) == (NOTE, "A note", "en", 1)
    assert "200,000" in refused(client.post(f"{API}/extract", json={"text": "é" * (MOST_EXTRACT_CHARACTERS + 1)}), 413, "too_large")
    assert client.get(f"{API}/documents").json() == before


def test_plain_text_is_read_in_the_encoding_that_it_names_or_looks_to_be_in(client: TestClient) -> None:
    for encoding, media_type in (("utf_8", "text/plain"), ("cp1252", "text/plain; charset=windows-1252"), ("cp1252", "text/plain")):
        response = client.post(f"{API}/extract", content=POST.encode(encoding), headers={"Content-Type": media_type})
        assert response.json()["text"] == POST


@pytest.mark.parametrize(
    "text",
    [f"<html><body>{POST}</body></html>", f'{{"text": "no"}}\n{POST}', f"%PDF-1.7 {POST}", f"---\ntitle: no\n---\n{POST}", f"{POST}\r\n\u2028\u00a0fin."],
)
def test_text_given_as_such_is_kept_to_the_letter(client: TestClient, text: str) -> None:
    for given in ({"json": {"text": text}}, {"content": text.encode(), "headers": {"Content-Type": "text/plain"}}):
        record = client.post(f"{API}/extract", **given).json()
        assert record["text"] == text
        assert all(text[start:end] for event in record["events"] for start, end in event["mentions"])


@pytest.mark.parametrize("given", [{}, {"published": "2024-06-09"}, {"title": "Un titre", "language": "fr", "published": "2024-06-09"}], ids=str)
def test_a_text_gives_the_same_record_through_every_door(tmp_path: Path, given: dict[str, str]) -> None:
    text = f"{POST} Hier, un accord a été signé à Kayes. {PLAN}"
    (tmp_path / "post.txt").write_text(text, encoding="utf-8")
    records = []
    for door in ("file", "json"):
        with client_of(tmp_path / f"{door}.db") as opened:
            posted = upload(opened, ("post.txt", text), **given) if door == "file" else opened.post(f"{API}/documents?wait=60", json={"text": text, **given})
            records.append(opened.get(posted.headers["location"] + "/record").json())
            records.append(opened.post(f"{API}/extract", json={"text": text, **given}).json())
            plain = opened.post(f"{API}/extract", params=given, content=text.encode(), headers={"Content-Type": "text/plain"})
            records.append(plain.json())
    if set(given) <= {"published"}:
        options = [f"--published={day}" for day in given.values()]
        records.append(json.loads(CliRunner().invoke(cli.app, ["extract", str(tmp_path / "post.txt"), *options]).stdout))
    for record in records:
        del record["source"]
    assert len(records[0]["events"]) >= 3
    assert all(record == records[0] for record in records)


# Documents out


def test_a_document_is_had_as_metadata_text_and_record(client: TestClient) -> None:
    identifier = client.get(f"{API}/documents", params={"q": "médiation", "language": "fr"}).json()["items"][0]["document_id"]
    about = http_models.DocumentAbout.model_validate(client.get(f"{API}/documents/{identifier}").json())
    text = client.get(f"{API}/documents/{identifier}/text")
    record = Record.model_validate(client.get(f"{API}/documents/{identifier}/record").json())
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == record.text == POST
    assert (about.id, about.characters, about.events) == (record.id, len(POST), len(record.events))


@pytest.mark.parametrize("part", ["", "/text", "/record", "/original"])
def test_what_has_not_changed_is_not_sent_again(client: TestClient, part: str) -> None:
    identifier = client.get(f"{API}/documents").json()["items"][0]["document_id"]
    first = client.get(f"{API}/documents/{identifier}{part}")
    again = client.get(f"{API}/documents/{identifier}{part}", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get(f"{API}/documents/{identifier}{part}", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path", ["documents/none", "documents/none/text", "documents/none/record", "events/none", "nothing", "documents/x/y/z", "../../etc/passwd"]
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    refused(client.get(f"{API}/{path}"), 404, "not_found")


def test_a_deleted_document_is_gone_with_its_events(empty: TestClient) -> None:
    document = document_of(upload(empty, ("post.txt", POST)))
    upload(empty, ("note.txt", NOTE))
    event = events_of(empty, document=document["id"])[0]
    assert empty.delete(f"{API}/documents/{document['id']}").status_code == 204
    refused(empty.get(f"{API}/documents/{document['id']}"), 404, "not_found")
    refused(empty.get(f"{API}/events/{event['id']}"), 404, "not_found")
    refused(empty.delete(f"{API}/documents/{document['id']}"), 404, "not_found")
    assert len(events_of(empty)) == 1
    assert upload(empty, ("post.txt", POST)).json()["files"][0]["state"] == "new"


def test_the_documents_are_listed_with_those_that_failed(empty: TestClient) -> None:
    upload(empty, ("post.txt", POST), ("empty.txt", ""), published="2024-06-09")
    page = http_models.DocumentPage.model_validate(empty.get(f"{API}/documents").json())
    assert {(row.source, row.state, row.error_code) for row in page.items} == {("post.txt", "done", None), ("empty.txt", "failed", "empty")}
    for filters, count in (
        ({"state": "failed"}, 1),
        ({"published_from": "2024-06-10"}, 0),
        ({"published_to": "2024-06-09"}, 1),
        ({"q": "ateliers"}, 1),
        ({"q": ""}, 2),
    ):
        assert len(empty.get(f"{API}/documents", params=filters).json()["items"]) == count


# Events


def test_every_event_has_its_documented_shape(client: TestClient) -> None:
    page = http_models.EventPage.model_validate(client.get(f"{API}/events").json())
    assert len(page.items) == 4
    for item in page.items:
        detail = http_models.EventDetail.model_validate(client.get(f"{API}/events/{item.id}").json())
        text = client.get(f"{API}/documents/{item.document.id}/text").text
        assert text[detail.evidence.start : detail.evidence.end] == detail.evidence.quote
        assert detail.triggers and all(text[trigger.start : trigger.end] == trigger.quote for trigger in detail.triggers)
        assert detail.sources


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({"type": "training"}, {"Bamako", "Nairobi"}),
        ({"type": ["training", "conference"]}, {"Bamako", "Nairobi", "Kayes"}),
        ({"status": "planned"}, {"Kayes"}),
        ({"country": "ke"}, {"Nairobi"}),
        ({"place": "bamako"}, {"Bamako"}),
        ({"organisation": "mairie kayes"}, {"Kayes"}),
        ({"language": "en"}, {"Nairobi"}),
        ({"from": "2024-06-04", "to": "2024-06-30"}, {"Nairobi"}),
        ({"bbox": "30,-5,40,5"}, {"Nairobi"}),
        ({"q": "ateliers"}, {"Bamako"}),
        ({"min_confidence": "1"}, set()),
        ({"q": "", "type": "", "status": "planned"}, {"Kayes"}),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),  # one name whatever the hash seed, as pytest-xdist needs
)
def test_events_are_found_by_every_filter(client: TestClient, filters: dict[str, Any], places: set[str]) -> None:
    assert {place["name"] for event in events_of(client, **filters) for place in event["places"]} == places


@pytest.mark.parametrize("sort", ["date", "-date", "published", "-confidence", "type", "-type"])
@pytest.mark.parametrize("limit", [1, 3])
def test_the_pages_of_events_make_the_list_each_event_once(client: TestClient, sort: str, limit: int) -> None:
    whole = [event["id"] for event in events_of(client, sort=sort)]
    found: list[str] = []
    address: str | None = f"{API}/events?sort={sort}&limit={limit}&q="
    while address is not None:
        response = client.get(address)
        found += [event["id"] for event in response.json()["items"]]
        assert len(found) <= len(whole)
        address = response.json()["next"]
        assert response.links.get("next", {}).get("url") == address
    assert found == whole


@pytest.mark.parametrize("sort", get_args(DocumentFilter.model_fields["sort"].annotation))
def test_the_pages_of_documents_make_the_list_each_row_once(empty: TestClient, sort: str) -> None:
    upload(empty, ("post.txt", POST), ("empty.txt", ""), ("note.txt", NOTE))
    upload(empty, ("empty.txt", " "))
    whole = [row["source_number"] for row in empty.get(f"{API}/documents", params={"sort": sort}).json()["items"]]
    found: list[int] = []
    address: str | None = f"{API}/documents?sort={sort}&limit=1"
    while address is not None:
        page = empty.get(address).json()
        found += [row["source_number"] for row in page["items"]]
        address = page["next"]
    assert found == whole and len(set(found)) == 4


def test_a_page_stays_where_it_was_when_events_come_and_go(empty: TestClient) -> None:
    first, second = (document_of(upload(empty, ("a", text))) for text in (POST, NOTE))
    page = empty.get(f"{API}/events", params={"sort": "date", "limit": 1}).json()
    assert page["items"][0]["document"]["id"] == first["id"]
    empty.delete(f"{API}/documents/{first['id']}")
    upload(empty, ("b", "Un atelier s'est tenu à Kayes le 2 janvier 2020."))
    assert [event["document"]["id"] for event in empty.get(page["next"]).json()["items"]] == [second["id"]]


CURSORS = ["x", "!", "e30", "W10", "bnVsbA", "WyJkYXRlIiwgMV0", "WyItZGF0ZSIsIFtdLCBbXSwgW10sIFtdLCBbXV0", "a" * 5_000, "é"]


@pytest.mark.parametrize("word", CURSORS, ids=lambda word: word[:20])
def test_a_cursor_that_is_none_of_ours_is_refused(client: TestClient, word: str) -> None:
    for path in ("events", "documents", "jobs", "organisations", "places", "reviews"):
        if len(word) > 2_000 and path not in ("events", "documents"):
            continue  # refused by its length
        assert "cursor" in refused(client.get(f"{API}/{path}", params={"cursor": word}), 400, "invalid_filter")


@pytest.mark.parametrize("other", ["sort=date", "sort=type&language=fr", "sort=type&q=atelier"])
def test_a_cursor_of_another_query_is_refused(client: TestClient, other: str) -> None:
    address = client.get(f"{API}/events", params={"limit": 1, "sort": "type"}).json()["next"]
    assert client.get(address.replace("limit=1", "limit=2")).status_code == 200
    refused(client.get(address.replace("sort=type", other)), 400, "invalid_filter")


@pytest.mark.parametrize("name", ["organisations", "places", "jobs"])
def test_the_pages_of_every_other_list_make_it_whole_by_cursors_that_are_no_offsets(empty: TestClient, name: str) -> None:
    for post in (POST, NOTE, "Le préfet a effectué une visite à Korhogo le 7 mars 2023 avec la mairie de Korhogo et l'Office du Niger."):
        upload(empty, ("a.txt", post))
    whole = empty.get(f"{API}/{name}").json()["items"]
    found: list[Any] = []
    address: str | None = f"{API}/{name}?limit=1"
    while address is not None:
        page = empty.get(address).json()
        found += page["items"]
        address = page["next"]
        assert address is None or not address.rpartition("cursor=")[2].isdecimal()
    assert found == whole and len(whole) >= 2
    assert name == "jobs" or "cursor" in refused(empty.get(empty.get(f"{API}/{name}?limit=1").json()["next"] + "&q=o"), 400, "invalid_filter")


@pytest.mark.parametrize(
    "filters",
    [
        *(
            {"colour": "red"},
            {"from": "hier"},
            {"from": "2024"},
            {"to": "20240603"},
            {"limit": "-1"},
            {"limit": "0"},
            {"limit": "1000000000"},
            {"limit": "ten"},
        ),
        *({"sort": "id; DROP TABLE events"}, {"bbox": "1,2,3"}, {"bbox": "0,-100,0,100"}, {"status": "done"}, {"country": "Mali"}, {"min_confidence": "2"}),
        *({"language": "french"}, {"q": "a" * 1_001}, {"q": ["a", "b"]}, {"format": "pdf"}, {"format": ["csv", "ics"]}, {"all": "maybe"}),
    ],
    ids=str,
)
def test_a_wrong_filter_is_refused_by_its_name(client: TestClient, filters: dict[str, Any]) -> None:
    assert next(iter(filters)) in refused(client.get(f"{API}/events", params=filters), 400, "invalid_filter")


@pytest.mark.parametrize("path", ["jobs", "organisations", "places", "reviews", "types"])
def test_a_list_without_filters_refuses_what_it_does_not_have(client: TestClient, path: str) -> None:
    assert "colour" in refused(client.get(f"{API}/{path}?colour=red"), 400, "invalid_filter")
    if path != "types":
        assert "limit" in refused(client.get(f"{API}/{path}?limit=ten"), 400, "invalid_filter")


NAUGHTY = [
    '"',
    "'",
    "'; DROP TABLE events; --",
    "* AND (",
    "NEAR(a b)",
    "title:x",
    "\x00",
    "\x00a\x1f",
    "%00",
    "{}",
    "<script>alert(1)</script>",
    "=1+1",
    "😀",
    "\u202e",
    "a" * 150,
    "*",
    "NULL",
]


@pytest.mark.parametrize("word", NAUGHTY, ids=lambda word: repr(word)[:20])
def test_no_word_in_any_parameter_breaks_the_service(client: TestClient, word: str) -> None:
    for path, model in (("events", EventFilter), ("documents", DocumentFilter)):
        for name in [*model.names(), "cursor", "format", "all", word]:
            response = client.get(f"{API}/{path}", params={name: word})
            assert response.status_code in (200, 400), (name, response.text)
            if response.status_code == 400:
                refused(response, 400, "invalid_filter")
                assert "SELECT" not in response.text and "sqlite3" not in response.text.lower()
    assert client.get(f"{API}/events").json()["items"]


# Formats

FORMATS = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "ics": "text/calendar; charset=utf-8",
    "ftm": "application/json+ftm",
    "jsonld": "application/ld+json",
    "sqlite": "application/vnd.sqlite3",
}


@pytest.mark.parametrize(("name", "media_type"), FORMATS.items())
def test_a_format_is_had_by_name_and_by_accept(client: TestClient, name: str, media_type: str) -> None:
    named = client.get(f"{API}/events", params={"format": name})
    accepted = client.get(f"{API}/events", headers={"Accept": f"text/html, {media_type.partition(';')[0]};q=0.9, image/*;q=0.1"})
    assert named.headers["content-type"] == accepted.headers["content-type"] == media_type
    assert named.content == accepted.content
    assert accepted.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "json"),
        ("", "json"),
        ("application/*", "json"),
        ("text/csv;q=0.5, application/geo+json;q=0.6", "geojson"),
        ("text/*;q=0.5, application/json;q=0", "csv"),
    ],
)
def test_the_format_that_is_most_welcome_wins(client: TestClient, accept: str, media_type: str) -> None:
    assert client.get(f"{API}/events", headers={"Accept": accept}).headers["content-type"] == FORMATS[media_type]


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/png, text/html;q=0.5", "nonsense", "a/b/c", ";;,,"])
def test_a_format_that_is_not_written_is_not_acceptable(client: TestClient, accept: str) -> None:
    assert "text/calendar" in refused(client.get(f"{API}/events", headers={"Accept": accept}), 406, "not_acceptable")


def test_every_format_holds_the_same_events(client: TestClient) -> None:
    ids = {event["id"] for event in events_of(client)}
    texts = {name: client.get(f"{API}/events", params={"format": name, "all": "true"}).text for name in FORMATS if name != "sqlite"}
    assert {json.loads(line)["id"] for line in texts["ndjson"].splitlines()} == ids
    assert {row["event_id"] for row in csv.DictReader(io.StringIO(texts["csv"], newline=""))} == ids
    collection = geojson.loads(texts["geojson"])
    assert collection.is_valid
    assert {feature["id"] for feature in collection["features"]} == ids
    assert {str(event["UID"]).removesuffix("@veille") for event in icalendar.Calendar.from_ical(texts["ics"]).walk("VEVENT")} == ids
    assert {entity["id"] for entity in map(json.loads, texts["ftm"].splitlines()) if entity["schema"] == "Event"} == ids
    assert {annotation["id"].removeprefix("urn:uuid:") for annotation in json.loads(texts["jsonld"])["items"]} == ids


def test_a_record_is_also_had_as_annotations_and_as_a_page(client: TestClient) -> None:
    document = events_of(client)[0]["document"]["id"]
    record = f"{API}/documents/{document}/record"
    text = client.get(f"{API}/documents/{document}/text").text
    annotated = client.get(record, headers={"Accept": "application/ld+json"})
    assert annotated.headers["content-type"] == "application/ld+json" and annotated.headers["vary"] == "Accept"
    for annotation in annotated.json()["items"]:
        for target in annotation["target"]:
            position, words = target["selector"]
            assert text[position["start"] : position["end"]] == words["exact"]
    page = client.get(record, params={"format": "html"})
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.text.startswith("<!DOCTYPE html>")
    assert client.get(record, headers={"Accept": "text/html,*/*;q=0.8"}).headers["content-type"] == "application/json", "as a browser asks for it"
    refused(client.get(record, params={"format": "csv"}), 400, "invalid_filter")


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_holds_every_event_however_many_are_read_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    asked = {"format": name, "all": "true", "sort": "date"}
    expected = client.get(f"{API}/events", params=asked).content
    monkeypatch.setattr(stored_events, "_READ_AT_ONCE", 1)
    found = client.get(f"{API}/events", params=asked)
    assert found.content == expected and "next" not in found.links
    if name == "json":
        assert [event["id"] for event in found.json()["items"]] == [event["id"] for event in events_of(client, sort="date")]
        assert found.json()["next"] is None
    paged = client.get(f"{API}/events", params={**asked, "limit": 1})
    assert paged.content != expected and paged.links["next"], "who asks for a limit gets pages"


def test_facets_count_what_each_choice_would_show(client: TestClient) -> None:
    asked = {"language": "fr", "type": "training"}
    found = http_models.Facets.model_validate(client.get(f"{API}/events/facets", params=asked).json())
    assert found.total == len(events_of(client, **asked))
    for name, counts in found.facets.items():
        for counted in counts:
            assert counted.count == len(events_of(client, **{**asked, name: counted.value})), (name, counted)
    assert sum(month.count for month in found.months) <= found.total
    assert {place.name for place in found.places} >= {place["name"] for event in events_of(client, **asked) for place in event["places"] if place["lat"]}
    refused(client.get(f"{API}/events/facets", params={"colour": "red"}), 400, "invalid_filter")


def test_what_is_to_be_checked_comes_most_doubtful_first_unless_another_order_is_asked_for(client: TestClient) -> None:
    doubts = [event["confidence"] for event in events_of(client, review="to_check")]
    assert doubts == sorted(doubts) and all(doubt < 0.6 for doubt in doubts)
    assert EventFilter.parse({"review": ["to_check"]}).sort == "confidence"
    assert EventFilter.parse({"review": ["to_check"], "sort": "type"}).sort == "type"
    assert EventFilter.parse({"review": ["to_check", "rejected"]}).sort == EventFilter().sort == "-date"


def test_a_calendar_holds_what_is_planned_unless_all_is_asked_for(client: TestClient) -> None:
    planned = client.get(f"{API}/events", params={"format": "ics"}).text
    assert [str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(planned).walk("VEVENT")] == ["forum de la jeunesse"]


def test_the_types_have_labels_definitions_and_examples(client: TestClient) -> None:
    types = {kind.name: kind for kind in http_models.TypeList.model_validate(client.get(f"{API}/types").json()).items}
    assert len(types) == 17
    assert all(set(kind.label) == set(kind.definition) == {"en", "fr"} for kind in types.values())
    assert types["training"].examples["fr"]


# Who may come in


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_the_service_answers_to_the_names_of_this_machine(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.7:8000", "", "[", "localhost@evil.example"])
@pytest.mark.parametrize("path", ["/healthz", f"{API}/events", "/docs", "/nothing"])
def test_a_forged_host_is_refused(client: TestClient, host: str, path: str) -> None:
    refused(client.get(path, headers={"Host": host}), 403, "forbidden")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "http://localhost.evil.example", "["])
def test_a_page_of_another_site_may_not_write(client: TestClient, origin: str) -> None:
    body: dict[str, Any] = {"content": POST.encode(), "headers": {"Content-Type": "text/plain", "Origin": origin}}
    refused(client.post(f"{API}/documents", **body), 403, "forbidden")
    refused(client.post(f"{API}/extract", **body), 403, "forbidden")
    refused(client.delete(f"{API}/documents/x", headers={"Origin": origin}), 403, "forbidden")


def test_a_page_of_our_own_may_write(client: TestClient) -> None:
    assert client.post(f"{API}/extract", json={"text": NOTE}, headers={"Origin": "http://localhost"}).status_code == 200


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "keys").write_text(f"# of the desk\n{KEY}\n\nsha256:{hashlib.sha256(OTHER_KEY.encode()).hexdigest()}\n", encoding="utf-8")
    with client_of(tmp_path / "v.db", key_file=tmp_path / "keys") as opened:
        yield opened


@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {OTHER_KEY}"}, {"X-API-Key": KEY}, {"X-API-Key": OTHER_KEY}]
)
def test_a_key_opens_the_service_under_any_host(keyed: TestClient, headers: dict[str, str]) -> None:
    assert keyed.get(f"{API}/events", headers={"Host": "veille.example", **headers}).status_code == 200


@pytest.mark.parametrize("name", ["", "calendar"])
def test_a_calendar_subscribes_with_a_key_as_its_password_which_changes_nothing(keyed: TestClient, name: str) -> None:
    assert keyed.get(f"{API}/events?format=ics", auth=(name, KEY)).status_code == 200
    refused(keyed.get(f"{API}/events?format=ics", auth=(name, KEY[:-1])), 401, "unauthorised")
    refused(keyed.post(f"{API}/extract", json={"text": POST}, auth=(name, KEY)), 401, "unauthorised")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Basic /w=="},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": "é".encode()},
        {"X-API-Key": f"sha256:{KEY}"},
    ],
)
def test_without_a_key_only_health_and_the_api_page_answer(keyed: TestClient, headers: dict[str, Any]) -> None:
    for path in (f"{API}/events", f"{API}/nothing", "/version"):
        response = keyed.get(path, headers=headers)
        refused(response, 401, "unauthorised")
        assert response.headers["www-authenticate"].startswith("Bearer")
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert keyed.get(path, headers=headers).status_code in (200, 503)


def test_with_named_hosts_no_other_is_answered_whatever_the_key(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEY, encoding="utf-8")
    with client_of(tmp_path / "v.db", key_file=tmp_path / "keys", hosts=("veille.example",)) as opened:
        assert opened.get(f"{API}/types", headers={"Host": "veille.example:443", "X-API-Key": KEY}).status_code == 200
        refused(opened.get(f"{API}/types", headers={"Host": "other.example", "X-API-Key": KEY}), 403, "forbidden")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("", "holds no key"), ("# none\n", "holds no key"), ("short\n", "guessed"), (b"\xff\xfe", "not text")]
)
def test_a_file_of_keys_that_keeps_nobody_out_is_refused(tmp_path: Path, content: str | bytes | None, said: str) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(errors.InvalidRequest, match=said):
        create_app(Settings(tmp_path / "v.db", Options(), key_file=path))


def test_a_key_is_made_once_kept_as_a_digest_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    settings = Settings(tmp_path / "v.db", Options(), key_file=path)
    key = server.prepare(settings, EVERYWHERE, may_make_key=True)
    assert key is not None and key not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    assert [known.digest for known in keys.load(path)] == [hashlib.sha256(key.encode()).hexdigest()]
    assert server.prepare(settings, EVERYWHERE, may_make_key=True) is None


@pytest.mark.parametrize("host", [EVERYWHERE, "192.168.1.7", "::", "veille.example"])
def test_serve_refuses_an_address_that_others_reach_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.delenv("VEILLE_KEY_FILE", raising=False)
    result = CliRunner().invoke(cli.app, ["serve", "--host", host, "--db", str(tmp_path / "v.db")])
    assert result.exit_code == 2
    assert "VEILLE_KEY_FILE" in result.stderr and len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "v.db").exists()


def test_serve_says_in_a_line_that_the_database_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "v.db").write_text("not a database", encoding="utf-8")
    result = CliRunner().invoke(cli.app, ["serve", "--db", str(tmp_path / "v.db")])
    assert result.exit_code == 1
    assert "not a SQLite database" in result.stderr and len(result.stderr.splitlines()) == 1


def test_serve_says_in_a_line_that_the_port_is_taken(tmp_path: Path) -> None:
    with server.listen("127.0.0.1", 0) as taken:
        result = CliRunner().invoke(cli.app, ["serve", "--port", str(taken.getsockname()[1]), "--db", str(tmp_path / "v.db")])
    assert result.exit_code == 2
    assert "--port" in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_running_service_answers_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--db", str(tmp_path / "v.db")]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None and running.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", running.stderr.readline())
        assert address is not None
        assert httpx.get(f"{address[0]}/healthz", timeout=60).json() == {"status": "alive"}
        assert "server" not in httpx.get(f"{address[0]}/version", timeout=60).headers
        running.terminate()
        said = running.stderr.read()
        assert running.stdout.read() == ""
    assert "GET /healthz" in said and "Traceback" not in said


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_addresses_of_this_machine_need_no_key(tmp_path: Path, host: str) -> None:
    assert server.prepare(Settings(tmp_path / "v.db", Options()), host) is None


def test_the_settings_of_the_service_come_from_the_environment() -> None:
    found = load({"VEILLE_KEY_FILE": "/run/keys", "VEILLE_HOSTS": "Veille.example, other.example,", "VEILLE_MAX_REQUEST_BYTES": "1_000"})
    assert (found.key_file, found.hosts, found.max_request_bytes) == (Path("/run/keys"), ("veille.example", "other.example"), 1_000)
    with pytest.raises(errors.InvalidRequest, match="VEILLE_MAX_REQUEST_BYTES"):
        load({"VEILLE_MAX_REQUEST_BYTES": "much"})


# Problems


def test_the_codes_are_the_closed_list_of_the_service() -> None:
    assert set(problems.CODES) == {
        *("empty", "encrypted", "no_text", "unsupported_format", "unsupported_language", "type_mismatch", "too_large", "damaged", "timeout", "memory"),
        *("worker_crash", "storage", "unreadable", "not_found", "invalid_request", "invalid_filter", "unauthorised", "forbidden", "method_not_allowed"),
        *("not_acceptable", "conflict", "precondition_failed", "queue_full", "internal"),
    }


@pytest.mark.parametrize("code", problems.CODES)
def test_every_code_has_its_words(code: problems.Code) -> None:
    assert problems.problem(400, code, "detail").title


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        *(
            (errors.EncryptedDocument("a.pdf: locked"), 422, "encrypted"),
            (errors.NoText("a.pdf: scans"), 422, "no_text"),
            (errors.UnreadableFile("a: no"), 422, "unreadable"),
        ),
        *((Conflict("a: taken"), 409, "conflict"), (problems.QueueFull("later"), 503, "queue_full"), (errors.DamagedDocument("a: cut"), 422, "damaged")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_speaks_to_the_sender_keeps_its_words(error: Exception, status: int, code: str) -> None:
    found = problems.of(error)
    assert (found.status, found.code, found.detail) == (status, code, str(error))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        *((store.StoreError("/secret/veille.db: locked"), 503, "storage"), (store.DiskFull("/secret/veille.db: full"), 507, "storage")),
        *(
            (errors.MissingPart("/secret/places.sqlite"), 503, "internal"),
            (RuntimeError("/secret"), 500, "internal"),
            (errors.VeilleError("/secret"), 500, "internal"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_speaks_to_the_operator_names_no_path(error: Exception, status: int, code: str) -> None:
    found = problems.of(error)
    assert (found.status, found.code) == (status, code)
    assert "secret" not in found.detail and found.detail.endswith(".")


@pytest.mark.parametrize("code", ["timeout", "memory", "worker_crash"])
def test_a_document_that_cost_too_much_is_refused_with_its_reason(code: str) -> None:
    found = problems.of_failure(Failure(code, "a.pdf: took too much; split it"))
    assert (found.status, found.code, found.detail) == (422, code, "a.pdf: took too much; split it")


@pytest.mark.parametrize(("code", "shown"), [("internal", "internal"), ("storage", "storage"), ("no_such_code", "internal")])
def test_a_document_that_met_a_fault_of_ours_tells_nothing_of_our_insides(code: str, shown: str) -> None:
    found = problems.of_failure(Failure(code, "KeyError in /secret/events.py:12"))
    assert (found.code, found.status) == (shown, 503 if code == "storage" else 500)
    assert "events.py" not in found.detail


def test_a_fault_of_the_service_is_a_problem_without_its_insides(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/secret/place")

    monkeypatch.setattr(stored_documents, "about", broken)
    assert "secret" not in refused(client.get(f"{API}/documents/x"), 500, "internal")


@pytest.mark.parametrize(("method", "path"), [("PUT", f"{API}/events"), ("POST", "/healthz"), ("PATCH", f"{API}/documents/x"), ("GET", f"{API}/extract")])
def test_a_method_that_an_address_does_not_take_is_named(client: TestClient, method: str, path: str) -> None:
    response = client.request(method, path)
    assert method in refused(response, 405, "method_not_allowed")
    assert response.headers["allow"]


# The API page


def test_the_api_page_names_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "//" not in page.text.replace("http://localhost", "")
    assert "default-src 'none'" in page.headers["content-security-policy"] and "connect-src 'self'" in page.headers["content-security-policy"]
    for part in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/static-offline-docs/{part}" in page.text
        assert client.get(f"/static-offline-docs/{part}").status_code == 200
    assert client.get("/redoc").status_code == 404


def test_every_answer_says_how_a_browser_is_to_treat_it(client: TestClient) -> None:
    for path in ("/healthz", f"{API}/events", f"{API}/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_description_has_every_filter_body_and_example(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    paths = described["paths"]
    for path, model in (("events", EventFilter), ("documents", DocumentFilter)):
        assert {parameter["name"] for parameter in paths[f"{API}/{path}"]["get"]["parameters"]} >= {*model.names(), "cursor"}
    assert set(paths[f"{API}/documents"]["post"]["requestBody"]["content"]) == {"multipart/form-data", "application/json", "text/plain"}
    assert set(paths[f"{API}/events"]["get"]["responses"]["200"]["content"]) == {
        *(media_type.split(";")[0] for media_type in FORMATS.values()),
        "application/vnd.apache.parquet",  # pyarrow, which writes it, is an extra
    }
    assert described["components"]["schemas"]["Problem"]["properties"]["code"]["examples"]
    form = paths[f"{API}/documents"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert {name: field["default"] for name, field in form.items() if name != "files"} == dict.fromkeys(http_models.About.model_fields, "")
    assert "HTTPValidationError" not in json.dumps(described)
    assert set(described["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyHeader"}


def test_a_full_disk_while_receiving_is_said_and_hurts_no_later_upload(empty: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("shutil.copyfileobj", refuse)
        assert "room" in refused(upload(empty, ("post.txt", POST)), 507, "storage")
    assert upload(empty, ("post.txt", POST)).status_code == 200
