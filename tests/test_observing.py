"""What can be seen of a running service: numbers, log lines, and the progress of a job."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from extractors.options import Options
from service.api import create_app
from service.observing import JsonLines
from service.settings import Settings

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024."
KEY = "a-long-and-random-key"
API = "/api/v1"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    keys = tmp_path / "keys"
    keys.write_text(KEY, encoding="utf-8")
    settings = Settings(tmp_path / "veille.db", Options(), workers=0, key_file=keys)
    with TestClient(create_app(settings), base_url="http://localhost", headers={"X-API-Key": KEY}) as opened:
        yield opened


def values(client: TestClient) -> dict[tuple[str, ...], float]:
    """Each sample's value by its name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_documents_requests_and_the_queue_are_counted(client: TestClient) -> None:
    client.post(f"{API}/documents?wait=60", files=[("files", ("post.txt", POST)), ("files", ("empty.txt", ""))])
    client.get("/nothing")
    found = values(client)
    assert (found["veille_documents_total", "new"], found["veille_documents_total", "empty"]) == (1, 1)
    assert (found["veille_requests_total", "POST", "200"], found["veille_requests_total", "GET", "404"]) == (1, 1)
    assert found["veille_stage_seconds_count", "extract"] >= 1 and found["veille_stage_seconds_count", "store"] >= 1
    assert 0 < found["veille_stage_seconds_sum", "extract"] < 60
    assert (found["veille_queue_length",], found["veille_workers",]) == (0, 0)


def test_nobody_makes_up_labels(client: TestClient) -> None:
    for method in ("BREW", "PROPFIND"):
        client.request(method, "/healthz")
    assert values(client)["veille_requests_total", "OTHER", "405"] == 2


def test_a_key_is_needed_for_the_numbers(client: TestClient) -> None:
    assert client.get("/metrics", headers={"X-API-Key": "wrong-and-long-enough"}).status_code == 401


@pytest.mark.parametrize(("given", "kept"), [("abc-1", "abc-1"), ("x" * 500, "x" * 64)])
def test_a_request_keeps_the_id_that_it_came_with(client: TestClient, given: str, kept: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == kept


def test_a_request_without_an_id_gets_one_of_its_own(client: TestClient) -> None:
    first, second = (client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second


def test_the_log_holds_neither_text_nor_query_nor_key(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "veille"):
        client.post(f"{API}/extract", json={"text": POST})
        client.get(f"{API}/events", params={"q": "médiation"})
    lines = [JsonLines().format(record) for record in caplog.records if record.name == "veille.requests"]
    assert [json.loads(line)["path"] for line in lines] == [f"{API}/extract", f"{API}/events"]
    assert {"time", "level", "request", "method", "path", "status", "ms"} == json.loads(lines[0]).keys()
    for secret in (KEY, "médiation", "Bamako"):
        assert secret not in "".join(lines) + caplog.text


def test_a_job_is_followed_to_its_end(client: TestClient) -> None:
    posted = client.post(f"{API}/documents", files=[("files", ("post.txt", POST))])
    with client.stream("GET", posted.headers["location"] + "/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line.removeprefix("data:")) for line in stream.iter_lines() if line.startswith("data:")]
    assert told[-1]["state"] == "done"
    assert [job["done"] for job in told] == sorted(job["done"] for job in told)
    assert client.get(f"{API}/jobs/none/events").status_code == 404
