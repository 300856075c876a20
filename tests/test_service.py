"""Lines of docs/service.md that no other file shows: what a program does with jobs, archives, bodies and groups, and what doctor says."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from extractors.options import Options
from service import cli, doctor, settings, store
from service.api import create_app
from service.settings import Settings

FRENCH = "Le Bénin et le Togo ont signé un accord sur la pêche à Cotonou le 3 juin 2024, a annoncé l'Office du Niger (ON)."
ENGLISH = "Benin and Togo signed an agreement on fishing in Cotonou on 3 June 2024."
OTHER = "Un atelier sur la médiation s'est tenu à Bamako le 5 mai 2023. L'Office du Niger et la mairie de Bamako l'avaient organisé."
API = "/api/v1"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(tmp_path / "veille.db", Options(), workers=0)), base_url="http://localhost") as opened:
        yield opened


def sent(client: TestClient, *files: tuple[str, bytes | str]) -> dict[str, Any]:
    """The job of some files, done."""
    answer = client.post(f"{API}/documents", params={"wait": 60}, files=[("files", file) for file in files])
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


def items(client: TestClient, name: str, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{API}/{name}", params=filters).json()["items"]
    return found


def test_the_file_that_came_is_given_back_whole_as_an_attachment(client: TestClient) -> None:
    page = f"<html><script>alert(1)</script><body><p>{OTHER}</p></body></html>".encode("cp1252")
    [file] = sent(client, ("dossier/été.html", page))["files"]
    answer = client.get(f"{API}/documents/{file['document']['id']}/original")
    assert answer.content == page
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A9t%C3%A9.html"
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("application/octet-stream", "nosniff")


def test_an_archive_that_is_sent_becomes_the_documents_in_it(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in (("mars/a.txt", FRENCH), ("mars/b.txt", OTHER), ("vide.txt", "")):
            archive.writestr(name, text)
    job = sent(client, ("posts.zip", packed.getvalue()))
    assert [(file["name"], file["state"], file["problem"] and file["problem"]["code"]) for file in job["files"]] == [
        ("posts.zip/mars/a.txt", "new", None),
        ("posts.zip/mars/b.txt", "new", None),
        ("posts.zip/vide.txt", "failed", "empty"),
    ]
    assert client.get(f"{API}/documents/{job['files'][0]['document']['id']}/original").content == packed.getvalue()


def test_an_event_told_in_both_languages_is_shown_once_and_people_split_and_merge_it(client: TestClient) -> None:
    sent(client, ("fr.txt", FRENCH), ("en.txt", ENGLISH))
    [first, second] = items(client, "events", type="agreement")
    [shown] = items(client, "events", type="agreement", once="true")
    assert first["group"] == second["group"] == shown["group"] and shown["reports"] == 2
    [same] = client.get(f"{API}/events/{first['id']}").json()["same"]
    assert same["id"] == second["id"] and same["reasons"]
    assert client.post(f"{API}/events/{second['id']}/split").status_code == 200
    assert client.get(f"{API}/events/{first['id']}").json()["same"] == []
    assert len(items(client, "events", type="agreement", once="true")) == 2
    assert client.post(f"{API}/events/merge", json={"events": [first["id"], second["id"]]}).status_code == 200
    assert [event["id"] for event in items(client, "events", group=first["id"])] == [event["id"] for event in (first, second)]
    assert client.post(f"{API}/events/merge", json={"events": [first["id"], "none"]}).status_code == 404


def test_organisations_and_places_are_listed_with_their_names_and_counts_and_bodies_are_merged_and_split(client: TestClient) -> None:
    sent(client, ("a.txt", FRENCH), ("b.txt", OTHER))
    bodies = {row["name"]: row for row in items(client, "organisations")}
    niger, town = bodies["Office du Niger"], bodies["mairie de Bamako"]
    assert (niger["documents"], niger["acronym"], niger["names"]) == (2, "ON", ["Office du Niger"])
    assert [(row["name"], row["country"], row["events"]) for row in items(client, "places", q="bamako")] == [("Bamako", "ML", 1)]
    said = client.post(f"{API}/organisations/merge", json={"organisations": [niger["id"], town["id"]]})
    assert said.status_code == 200
    assert set(items(client, "organisations", q="Office du Niger")[0]["names"]) == {"Office du Niger", "mairie de Bamako"}
    apart = client.post(f"{API}/organisations/{niger['id']}/split", json={"name": "mairie de Bamako"})
    assert apart.status_code == 200
    assert {row["name"] for row in items(client, "organisations")} == set(bodies)
    assert client.post(f"{API}/organisations/none/split", json={"name": "x"}).status_code == 404


def test_a_job_is_listed_tried_again_and_cancelled(client: TestClient) -> None:
    job = sent(client, ("a.txt", FRENCH), ("empty.txt", ""))
    [listed] = items(client, "jobs")
    assert (listed["id"], listed["state"], listed["total"], listed["done"], listed["failed"]) == (job["id"], "done", 2, 1, 1)
    again = client.post(f"{API}/jobs/{job['id']}/retry").json()
    assert sorted(file["state"] for file in again["files"]) in (["failed", "new"], ["new", "queued"], ["new", "running"])
    sent(client, ("b.txt", OTHER))  # the queue is served in order
    assert client.get(f"{API}/jobs/{job['id']}").json()["files"][1]["problem"]["code"] == "empty"
    assert client.delete(f"{API}/jobs/{job['id']}").json()["state"] == "done", "what is done stays"
    assert client.delete(f"{API}/jobs/none").status_code == 404


def test_a_wrong_definition_of_a_type_is_one_line_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inspection.toml").write_text('name = "inspection"\nlabel = "Inspection"\n', encoding="utf-8")
    monkeypatch.setenv("VEILLE_TYPES", str(tmp_path))
    result = CliRunner().invoke(cli.app, ["types"])
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (cli.USAGE, "", 1)
    assert "inspection.toml" in result.stderr


def test_doctor_has_a_cure_for_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "veille.db").write_text("no database", encoding="utf-8")
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1})())
    monkeypatch.setattr("extractors.gazetteers.PATH", tmp_path / "none.sqlite")
    monkeypatch.setattr(store, "engine", lambda: ("3.0", False))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(settings, "PORT", taken.getsockname()[1])
        found = {check.part: check for check in doctor.checks(Settings(tmp_path / "veille.db", Options(models=(("fr", "no_such_model"),))))}
    faults = {part for part, check in found.items() if not check.is_ok}
    assert faults == {"Python", "FTS5", "model fr", "gazetteer", "database", "disk"}
    assert all(found[part].cure for part in faults)
    assert "--port" in found["port"].found and "apt-get" in found["text recognition"].found


def test_extract_recognises_nothing_where_it_is_told_so(tmp_path: Path) -> None:
    from test_ocr import pdf

    (tmp_path / "scan.pdf").write_bytes(pdf(None))
    result = CliRunner().invoke(cli.app, ["extract", str(tmp_path / "scan.pdf"), "--ocr", "never"])
    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (cli.SOME_FAILED, "no_text")
