"""Reviews: what people say of an event is kept beside it, laid over every new extraction, and can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from extractors import Document, extract
from extractors.options import Options
from service import problems, reviews, store
from service.api import create_app
from service.settings import Settings
from service.store import documents
from service.store import reviews as stored_reviews
from service.store.reviews import Anchor, Review

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
API = "/api/v1"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "veille.db"


@pytest.fixture
def client(db: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(db, Options(), workers=0)), base_url="http://localhost") as opened:
        posted = opened.post(f"{API}/documents?wait=60", files=[("files", ("post.txt", POST))])
        assert posted.status_code == 200
        yield opened


def event(client: TestClient, **filters: Any) -> tuple[dict[str, Any], str]:
    """The one event that passes, whole, and its ETag."""
    [item] = client.get(f"{API}/events", params=filters).json()["items"]
    found = client.get(f"{API}/events/{item['id']}")
    whole: dict[str, Any] = found.json()
    return whole, found.headers["etag"]


def say(client: TestClient, **said: Any) -> httpx.Response:
    item, tag = event(client, review=["open", "accepted", "corrected", "rejected"])
    return client.patch(f"{API}/events/{item['id']}", json=said, headers={"If-Match": tag})


def test_a_rejected_event_is_out_of_every_list_but_that_of_the_rejected(client: TestClient) -> None:
    assert say(client, review="reject").json()["review"] == "rejected"
    assert client.get(f"{API}/events").json()["items"] == []
    assert client.get(f"{API}/events", params={"format": "csv"}).text.count("\n") == 1
    assert event(client, review="rejected")[0]["review"] == "rejected"


def test_a_corrected_event_is_found_by_what_it_says_now(client: TestClient) -> None:
    corrected = say(
        client, type="conference", status="planned", start="2024-06-04", places=["Ségou"], organisations=[{"name": "Médiation pour tous", "roles": ["host"]}]
    )
    assert corrected.status_code == 200
    found, tag = event(client, type="conference", status="planned", **{"from": "2024-06-04"}, place="Ségou", organisation="Médiation pour tous", country="ML")
    assert (found["start"], found["end"], found["review"]) == ("2024-06-04", "2024-06-04", "corrected")
    assert found["places"][0]["geonames_id"] is not None
    assert found["organisations"] == [{"id": "name:mediation pour tous", "name": "Médiation pour tous", "acronym": None, "key": None, "roles": ["host"]}]
    assert corrected.headers["etag"] == tag
    assert client.get(f"{API}/events", params={"type": "training"}).json()["items"] == []


def test_a_field_may_be_taken_away(client: TestClient) -> None:
    found = say(client, start=None, places=[], organisations=[]).json()
    assert (found["start"], found["end"], found["places"], found["organisations"]) == (None, None, [], [])


def test_a_later_word_on_a_field_wins_and_the_others_stay(client: TestClient) -> None:
    say(client, type="conference", title="Colloque")
    say(client, type="meeting")
    found = say(client, review="accept").json()
    assert (found["type"], found["title"], found["review"]) == ("meeting", "Colloque", "accepted")


def test_a_correction_survives_reprocessing_and_is_undone_to_what_was_extracted(client: TestClient) -> None:
    before, _ = event(client)
    assert say(client, type="conference", places=["Ségou"]).status_code == 200
    again = client.post(f"{API}/documents/{before['document']['id']}/reprocess")
    assert again.status_code == 202
    job = wait_for(client, again.headers["location"])
    assert (job["state"], job["files"][0]["state"]) == ("done", "updated")
    assert event(client)[0]["type"] == "conference"
    [review] = client.get(f"{API}/reviews").json()["items"]
    assert (review["action"], review["changes"]["type"], review["reviewer"], review["is_orphan"]) == ("correct", "conference", "local", False)
    assert client.delete(f"{API}/reviews/{review['id']}").json()["undone_by"] == "local"
    assert event(client)[0] == before
    assert client.delete(f"{API}/reviews/{review['id']}").status_code == 404  # it is taken back already


def wait_for(client: TestClient, address: str) -> dict[str, Any]:
    """A job once it is finished: the queue is served in order, so another document's end is its own."""
    client.post(f"{API}/documents?wait=60", files=[("files", ("later.txt", "A workshop was held in Nairobi on 5 June 2019.", "text/plain"))])
    job: dict[str, Any] = client.get(address).json()
    client.delete(f"{API}/documents/{client.get(f'{API}/documents', params={'q': 'Nairobi'}).json()['items'][0]['document_id']}")
    return job


@pytest.mark.parametrize(
    ("said", "status", "named"),
    [
        ({}, 400, "accept or reject"),
        ({"review": "maybe"}, 400, "review"),
        ({"review": "accept", "type": "meeting"}, 400, "not both"),
        ({"type": "picnic"}, 400, "picnic"),
        ({"status": "over"}, 400, "status"),
        ({"start": "soon"}, 400, "start"),
        ({"end": "2024-06-04"}, 400, "end"),
        ({"start": "2024-06-04", "end": "2024-06-03"}, 400, "before start"),
        ({"places": [{"name": "Ségou", "geonames_id": 1}]}, 400, "GeoNames"),
        ({"places": "Ségou"}, 400, "places"),
        ({"organisations": [{"name": "X", "roles": ["guest"]}]}, 400, "organisations"),
        ({"colour": "red"}, 400, "colour"),
    ],
    ids=str,
)
def test_a_wrong_correction_is_refused_by_name_and_changes_nothing(client: TestClient, said: dict[str, Any], status: int, named: str) -> None:
    before = event(client)
    refused = say(client, **said)
    assert refused.status_code == status
    assert named in refused.json()["detail"]
    assert event(client) == before
    assert client.get(f"{API}/reviews").json()["items"] == []


def test_a_review_of_what_one_has_not_seen_is_refused(client: TestClient) -> None:
    item, tag = event(client)
    blind = client.patch(f"{API}/events/{item['id']}", json={"review": "accept"})
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_failed")
    assert say(client, title="Atelier").status_code == 200
    stale = client.patch(f"{API}/events/{item['id']}", json={"review": "reject"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert client.patch(f"{API}/events/none", json={"review": "reject"}, headers={"If-Match": "*"}).status_code == 404
    assert len(client.get(f"{API}/reviews").json()["items"]) == 1


def test_a_review_follows_the_event_of_an_edited_file_and_is_listed_where_it_finds_none(tmp_path: Path, db: Path) -> None:
    from service import ingest
    from service.workers import Inline

    path = tmp_path / "post.txt"

    def read(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        with store.opened(db) as opened:
            ingest.ingest(opened, [ingest.Found(path, path.name)], ingest.Plan(Options()), Inline(Options()), ingest.Watcher(lambda _: None))

    read(POST)
    with store.opened(db) as opened:
        [(event_id,)] = opened.execute("SELECT id FROM events").fetchall()
        said = reviews.Correction(title="Atelier de Bamako")
        assert reviews.review_event(opened, event_id, said, "someone", now=0) is not None
    read(f"Une phrase de plus. {POST}")
    with store.opened(db) as opened:
        assert opened.execute("SELECT title, review FROM events").fetchall() == [("Atelier de Bamako", "corrected")]
    read("Rien de tout cela n'a eu lieu. La médiation est un mandat de la commune.")
    with store.opened(db) as opened:
        assert opened.execute("SELECT count(*) FROM events").fetchone() == (0,)
        assert opened.execute("SELECT is_orphan FROM reviews").fetchall() == [(1,)]
    read(POST)
    with store.opened(db) as opened:
        assert opened.execute("SELECT title FROM events").fetchall() == [("Atelier de Bamako",)]
        assert opened.execute("SELECT is_orphan FROM reviews").fetchall() == [(0,)]


def test_a_replay_tells_what_it_could_not_place() -> None:
    record = extract(Document(text=POST))
    [found] = record.events
    start, end = found.mentions[0]
    there = Anchor(record.id, "another id", found.type, start, end, record.text[start:end], found.evidence.quote)
    gone = replace(there, event_type="visit", start=9_000, end=9_006, sentence="Another sentence.")
    said = [Review("event", "reject", "someone", 0.0, {}, there), Review("event", "accept", "someone", 0.0, {}, gone)]
    replayed = reviews.replay(record, said)
    assert replayed.marks == {found.id: "rejected"}
    assert replayed.orphans == [said[1].id]
    assert replayed.record.events == record.events


def test_the_extraction_is_kept_as_it_was(client: TestClient, db: Path) -> None:
    document = event(client)[0]["document"]["id"]
    with store.opened_for_reading(db) as opened:
        before = documents.record(opened, document)
    say(client, type="conference", organisations=["Médiation pour tous"])
    with store.opened_for_reading(db) as opened:
        after = documents.record(opened, document)
        assert stored_reviews.extraction(opened, document) == before
    assert before is not None and after is not None and before != after
    assert {entity.name for entity in after.entities if entity.label == "ORG"} == {"Office du Niger", "Médiation pour tous"}


def test_every_review_code_is_one_of_the_closed_list() -> None:
    assert problems.Stale.code in problems.CODES


def test_reviewed_documents_are_written_as_gold_that_evaluate_reads(client: TestClient, db: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from service import cli

    client.post(f"{API}/documents?wait=60", files=[("files", ("other.txt", "A workshop was held in Nairobi on 5 June 2019."))])
    item, tag = event(client, place="Bamako")
    assert client.patch(f"{API}/events/{item['id']}", json={"type": "conference"}, headers={"If-Match": tag}).status_code == 200
    gold = tmp_path / "gold.jsonl"
    written = CliRunner().invoke(cli.app, ["export", str(gold), "--what", "gold", "--db", str(db)])
    assert (written.exit_code, "1 documents" in written.stderr) == (0, True)
    [document] = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    assert [told["type"] for told in document["events"]] == ["conference"]
    scored = CliRunner().invoke(cli.app, ["evaluate", str(gold)])
    assert scored.exit_code == 0 and "EVENT type" in scored.stdout
    item, tag = event(client, place="Bamako")
    client.patch(f"{API}/events/{item['id']}", json={"review": "reject"}, headers={"If-Match": tag})
    CliRunner().invoke(cli.app, ["export", str(gold), "--what", "gold", "--db", str(db)])
    assert json.loads(gold.read_text(encoding="utf-8"))["events"] == []
    assert CliRunner().invoke(cli.app, ["export", str(tmp_path / "gold.csv"), "--what", "gold", "--db", str(db)]).exit_code == cli.USAGE


# By the pages


def page_form(client: TestClient, document: str, action: str) -> dict[str, str]:
    """The hidden fields of a form on a document's page."""
    from lxml import html

    tree = html.fromstring(client.get(f"/documents/{document}").text)
    form = tree.xpath(f"//form[@action='{action}']")[-1]
    return {field.get("name"): field.get("value") or "" for field in form.xpath(".//input | .//select/option[@selected]/..") if field.tag == "input"} | {
        select.get("name"): select.xpath("./option[@selected]")[0].get("value") for select in form.xpath(".//select")
    }


def test_an_event_is_corrected_by_a_form_and_only_what_was_changed_is_kept(client: TestClient) -> None:
    item, _ = event(client)
    action = f"/events/{item['id']}/review"
    form = page_form(client, item["document"]["id"], action)
    answer = client.post(action, data={**form, "type": "conference", "places": "Ségou"}, follow_redirects=False)
    assert (answer.status_code, item["id"] in answer.headers["location"]) == (303, True)
    found, _ = event(client)
    assert (found["type"], [place["name"] for place in found["places"]], found["review"]) == ("conference", ["Ségou"], "corrected")
    [review] = client.get(f"{API}/reviews").json()["items"]
    assert set(review["changes"]) == {"type", "places"}
    again = client.post(action, data={**form, "type": "visit"})  # the page is older than the correction
    assert again.status_code == 412
    assert event(client)[0]["type"] == "conference"


@pytest.mark.parametrize(("said", "mark"), [("accept", "accepted"), ("reject", "rejected")])
def test_an_event_is_accepted_or_rejected_by_a_button_and_taken_back_on_the_page_of_reviews(client: TestClient, said: str, mark: str) -> None:
    item, _ = event(client)
    action = f"/events/{item['id']}/review"
    form = page_form(client, item["document"]["id"], action)
    client.post(action, data={"token": form["token"], "seen": form["seen"], "next": "/events", "say": said})
    assert event(client, review=mark)[0]["id"] == item["id"]
    [review] = client.get(f"{API}/reviews").json()["items"]
    shown = client.get("/reviews")
    assert item["evidence"]["quote"].split(".")[0][:20] in shown.text
    assert client.post(f"/reviews/{review['id']}/undo", data={"token": form["token"]}, follow_redirects=False).status_code == 303
    assert event(client)[0] == item


NOTE = "The workshop on mediation in Bamako was held on 3 June 2024, the Office du Niger said. It was the first of its kind there."


def form_of(client: TestClient, path: str, action: str) -> dict[str, Any]:
    """The hidden fields of a form of a page, and the values of its boxes."""
    from lxml import html

    [form] = html.fromstring(client.get(path).text).xpath(f"//form[@action='{action}']")
    boxes = form.xpath(f"//input[@type='checkbox'][@form='{form.get('id')}']")
    return {field.get("name"): field.get("value") for field in form.xpath(".//input")} | {"boxes": [box.get("value") for box in boxes]}


def test_events_are_merged_by_their_boxes_and_split_again_beside_the_text(client: TestClient) -> None:
    client.post(f"{API}/documents?wait=60", json={"text": NOTE.replace("Bamako", "Nairobi")})
    form = form_of(client, "/events?pick=yes", "/events/merge")
    boxes = form.pop("boxes")
    assert len(boxes) == 2
    alone = client.post("/events/merge", data={**form, "event": boxes[:1]})
    assert alone.url.params["pick"] == "few" and client.get(f"{API}/reviews").json()["items"] == []
    merged = client.post("/events/merge", data={**form, "event": boxes})
    assert merged.url.params["group"] == boxes[0]
    [document] = {client.get(f"{API}/events/{boxes[0]}").json()["document"]["id"]}
    assert [other["id"] for other in client.get(f"{API}/events/{boxes[0]}").json()["same"]] == boxes[1:]
    told = client.get("/reviews").text
    assert all(client.get(f"{API}/events/{box}").json()["title"] in told for box in boxes)
    split = page_form(client, document, f"/events/{boxes[0]}/split")
    assert client.post(f"/events/{boxes[0]}/split", data=split, follow_redirects=False).status_code == 303
    assert client.get(f"{API}/events/{boxes[0]}").json()["same"] == []
    assert client.post(f"{API}/events/{boxes[0]}/split").json()["code"] == "conflict"


def test_organisations_are_merged_by_their_boxes_and_a_name_is_split_off(client: TestClient) -> None:
    client.post(f"{API}/documents?wait=60", json={"text": "La mairie de Kayes a signé un accord le 2 mai 2024."})
    form = form_of(client, "/organisations", "/organisations/merge")
    boxes = form.pop("boxes")
    assert len(boxes) == 2
    assert client.post("/organisations/merge", data={**form, "organisation": boxes[:1]}).url.params["few"] == "yes"
    assert client.post("/organisations/merge", data={**form, "organisation": boxes}).url.path == "/reviews"
    [body] = client.get(f"{API}/organisations").json()["items"]
    assert body["id"] == boxes[0] and len(body["names"]) == 2
    assert "2 names" in client.get("/organisations").text
    client.post("/organisations/split", data={"token": form["token"], "organisation": body["id"], "name": body["names"][1]})
    assert len(client.get(f"{API}/organisations").json()["items"]) == 2


@pytest.mark.parametrize(("kind", "id_"), [("events", "event"), ("organisations", "organisation")])
def test_a_merge_of_one_thing_with_itself_is_refused(client: TestClient, kind: str, id_: str) -> None:
    [item] = client.get(f"{API}/{kind}").json()["items"]
    answer = client.post(f"{API}/{kind}/merge", json={kind: [item["id"], item["id"]]})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request") and id_ in answer.json()["detail"]
    assert client.get(f"{API}/reviews").json()["items"] == []


def test_a_form_without_its_token_changes_nothing(client: TestClient) -> None:
    item, _ = event(client)
    actions = ("/events/merge", "/organisations/merge", "/organisations/split")
    for address in (f"/events/{item['id']}/review", f"/events/{item['id']}/split", "/reviews/none/undo", *actions):
        assert client.post(address, data={"say": "reject", "seen": "0"}).status_code == 403
    assert event(client)[0] == item
