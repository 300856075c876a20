"""The pages as a browser is given them: both languages, every link within the query, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import gzip
import html
import json
import random
import re
import uuid
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2 as httpx
import icalendar
import pytest
from fastapi.testclient import TestClient

from extractors.options import Options
from extractors.records import Record
from service import access, exports, problems, store
from service.api import create_app
from service.pages import addresses, assets, charts, quality, wording
from service.queries import EventFilter
from service.settings import Settings
from service.store import documents, facets

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
PLAN = "Le forum de la jeunesse aura lieu à Kayes du 4 au 6 novembre 2027. La mairie de Kayes a signé un accord le 2 mai 2024."
NOTE = "A workshop on mediation was held in Nairobi on 5 June 2024. It was the second of its kind."
HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
KEY = "a-long-and-random-key"
API = "/api/v1"
PAGES = ("/", "/events", "/documents", "/types", "/add", "/reviews", "/organisations", "/events?pick=yes")
FILTERS = (
    {},
    {"type": "training"},
    {"type": ["training", "agreement"]},
    {"q": "médiation", "language": "fr"},
    {"country": "ML", "status": "planned"},
    {"from": "2024-05-01", "to": "2024-06-30"},
    {"min_confidence": "0.99"},
    {"organisation": "mairie de Kayes"},
    {"q": "nothing-at-all"},
)


def client_of(db: Path, **settings: Any) -> TestClient:
    app = create_app(Settings(db, Options(), **{"workers": 0, **settings}))
    return TestClient(
        app,
        base_url="http://localhost",
        raise_server_exceptions=False,
        headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "fr"},
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with three documents, one of a hostile name and title, and one file that failed."""
    with client_of(tmp_path_factory.mktemp("pages") / "veille.db") as opened:
        upload(opened, [("post.txt", POST)], title=HOSTILE)
        upload(opened, [(f"plan-{HOSTILE}.txt", PLAN), ("note.txt", NOTE)])
        upload(opened, [("empty.txt", "")])
        yield opened


def upload(client: TestClient, files: list[tuple[str, str]], **fields: str) -> httpx.Response:
    return client.post(f"{API}/documents", params={"wait": 60}, files=[("files", file) for file in files], data=fields)


class Page(HTMLParser):
    """Every tag of a page with its attributes, and the text."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [given for name, given in self.tags if name == tag and all(given.get(key.rstrip("_")) == value for key, value in wanted.items())]


def page(client: TestClient, path: str, status: int = 200, **options: Any) -> Page:
    response = client.get(path, **options)
    assert response.status_code == status, response.text[:2_000]
    assert response.headers["content-type"].startswith("text/html")
    return Page(response)


def document_ids(client: TestClient) -> list[str]:
    return [row["document_id"] for row in client.get(f"{API}/documents").json()["items"] if row["document_id"]]


def every_page(client: TestClient) -> list[str]:
    return [
        *PAGES,
        f"/documents/{document_ids(client)[0]}",
        "/events?type=training&q=atelier",
        "/documents?state=failed",
        "/login",
        "/nothing-here",
        "/events?colour=red",
    ]


def token_of(client: TestClient, path: str = "/add") -> str:
    return page(client, path).all("input", name="token")[0]["value"]


# What every page keeps to


@pytest.mark.parametrize("language", wording.languages())
def test_every_page_answers_in_each_language(client: TestClient, language: str) -> None:
    for path in every_page(client):
        response = client.get(path, headers={"Accept-Language": language})
        [root] = Page(response).all("html")
        assert root["lang"] == language, path


def test_a_table_of_words_comes_to_an_end() -> None:
    table = wording.wording("en").words.status
    assert list(table) == ["occurred", "planned", "ongoing", "cancelled", "postponed"]
    assert "planned" in table and "party" not in table and table["party"] == "party"


def test_every_page_is_the_same_size_of_words_in_each_language() -> None:
    keys = [sorted(wording.keys(wording.wording(code).words)) for code in wording.languages()]
    assert all(found == keys[0] for found in keys)
    assert len(keys[0]) > 100


def test_no_page_names_another_host(client: TestClient) -> None:
    for path in [*every_page(client), "/docs"]:
        for tag, given in Page(client.get(path, follow_redirects=True)).tags:
            for name in ("href", "src", "action", "formaction", "srcset", "data", "poster"):
                assert not urlsplit(given.get(name, "")).netloc, (path, tag, given)


def test_no_asset_names_another_host() -> None:
    assert {"app.js", "style.css", "world.svg", "icon.svg"} <= set(assets.assets())
    for name, asset in assets.assets().items():
        text = asset.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]+\.[a-z]", text), name


def test_pages_hold_nothing_inline_and_their_policy_allows_nothing_inline(client: TestClient) -> None:
    for path in every_page(client):
        response = client.get(path, follow_redirects=True)
        policy = response.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src 'self'" in policy
        for tag, given in Page(response).tags:
            assert tag != "style" and "style" not in given, (path, tag, given)
            assert tag != "script" or given["src"].startswith("/static/"), (path, given)
            assert not [name for name in given if name.startswith("on")], (path, tag, given)
            assert not given.get("href", "").lower().startswith("javascript:")


def test_the_api_page_keeps_a_policy_of_its_own_and_data_a_closed_one(client: TestClient) -> None:
    assert "'unsafe-inline'" in client.get("/docs").headers["content-security-policy"]
    assert client.get(f"{API}/events").headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_hostile_title_and_file_name_are_text_everywhere(client: TestClient) -> None:
    for path in ["/events", "/documents", "/add", *(f"/documents/{document_id}" for document_id in document_ids(client))]:
        response = client.get(path)
        assert "<script>alert" not in response.text and "<img" not in response.text
    assert HOSTILE in page(client, "/documents").text


def test_what_is_searched_for_comes_back_as_text(client: TestClient) -> None:
    found = client.get("/events", params={"q": HOSTILE})
    assert found.status_code == 200 and "<img" not in found.text
    assert Page(found).all("input", name="q")[0]["value"] == HOSTILE


def test_ids_are_used_once_on_every_page(client: TestClient) -> None:
    for path in every_page(client):
        ids = [given["id"] for _, given in Page(client.get(path, follow_redirects=True)).tags if "id" in given]
        assert len(ids) == len(set(ids)), path


def test_every_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    for path in every_page(client):
        if client.get(path).status_code != 200:
            continue  # the language links of a page that there is not
        links = {
            given["href"]
            for tag, given in Page(client.get(path, follow_redirects=True)).tags
            if tag in ("a", "link", "use") and given.get("href", "#")[0] == "/"
        }
        for link in sorted(links - seen):
            assert client.get(link, follow_redirects=True).status_code == 200, (path, link)
        seen |= links
    assert len(seen) > 60
    client.cookies.delete("veille_lang")  # one of the links is to the other language


# Languages


def test_the_switch_keeps_the_query_and_the_choice_is_remembered(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        found = page(fresh, "/events?type=training&q=a+b", headers={"Accept-Language": "de, fr;q=0.9, en;q=0.8"})
        assert found.all("html")[0]["lang"] == "fr"
        [link] = found.all("a", hreflang="en")
        assert dict(parse_qsl(urlsplit(link["href"]).query)) == {"type": "training", "q": "a b", "lang": "en"}
        assert page(fresh, link["href"]).all("html")[0]["lang"] == "en"
        assert page(fresh, "/types").all("html")[0]["lang"] == "en"
        assert page(fresh, "/types?lang=xx").all("html")[0]["lang"] == "en"


def test_days_numbers_and_countries_are_written_as_in_the_language() -> None:
    french, english = wording.wording("fr"), wording.wording("en")
    assert (french.day("2024-06-01"), english.day("2024-06-01")) == ("1er juin 2024", "1 June 2024")
    assert french.span("2024-06-03", "2024-06-05", "range", None) == "3 – 5 juin 2024"
    assert french.span("2024-05-30", "2024-06-02", "range", None) == "30 mai – 2 juin 2024"
    assert english.span("2024-06-01", "2024-06-30", "month", None) == "Jun 2024"
    assert english.span("2024-01-01", "2024-12-31", "year", None) == "2024"
    assert english.span("2024-01-01", "2025-12-31", "range", None) == "1 Jan 2024 – 31 Dec 2025"
    assert french.span("2017-03-01", None, "day", None) == "depuis 1er mars 2017"
    assert french.span(None, None, None, "XXXX-07-24") == "XXXX-07-24"
    assert (english.number(1234567), english.country("CI"), french.country("ML")) == ("1,234,567", "Côte d’Ivoire", "Mali")


# Events


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_page_of_events_shows_what_the_api_answers(client: TestClient, filters: dict[str, Any]) -> None:
    items = client.get(f"{API}/events", params=filters).json()["items"]
    found = page(client, "/events", params=filters)
    rows = [given for given in found.all("a") if "data-row" in given]
    assert [urlsplit(row["href"]).fragment for row in rows] == [f"e-{item['id']}" for item in items]
    assert wording.wording("fr").count("event", len(items)) in found.text


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_every_choice_of_a_facet_shows_as_many_events_as_it_says(client: TestClient, filters: dict[str, Any]) -> None:
    response = client.get("/events", params=filters)
    choices = re.findall(
        r'<a href="([^"]+)" data-replace(?: aria-current="true")?><span class="label">[^<]*</span> <span class="n">(\d+)</span></a>', response.text
    )
    assert choices or not client.get(f"{API}/events", params=filters).json()["items"]
    chosen = set(parse_qsl(urlsplit(str(response.url)).query))
    for href, count in choices:
        address = html.unescape(href)
        added = [pair for pair in parse_qsl(urlsplit(address).query) if pair not in chosen]
        if not added:
            continue  # lets a chosen value go
        [(name, value)] = added
        others = [pair for pair in chosen if pair[0] != name and not (name == "bbox" and pair[0] == "place")]
        alone = client.get(f"{API}/events", params=[*others, (name, value)]).json()["items"]
        assert len(alone) == int(count), address


def test_a_circle_of_the_map_shows_as_many_events_as_it_says(client: TestClient) -> None:
    found = client.get("/events").text
    circles = re.findall(r'<a href="([^"]+)"[^>]*><circle [^>]*><title>[^<]*: (\d+) ', found)
    assert len(circles) == 3
    for href, count in circles:
        assert len(client.get(html.unescape(href).replace("/events", f"{API}/events", 1)).json()["items"]) == int(count)


def test_bars_count_the_events_that_begin_then_and_lead_to_them(client: TestClient) -> None:
    found = page(client, "/events?type=training")
    [bar] = [given for given in found.all("a") if "from=" in given["href"]]
    assert dict(parse_qsl(urlsplit(bar["href"]).query)) == {"type": "training", "from": "2024-06-01", "to": "2024-06-30"}
    assert "2 événements" in bar["aria-label"]
    assert len(client.get(bar["href"].replace("/events", f"{API}/events", 1)).json()["items"]) == 2


def test_exports_are_exactly_what_is_seen(client: TestClient) -> None:
    found = page(client, "/events?type=training&sort=date")
    links = {urlsplit(given["href"]).path + given["download"]: given["href"] for given in found.all("a") if "download" in given}
    assert len(links) == (6 if exports.EVENT_FORMATS["parquet"].missing() is None else 5)
    for link in links.values():
        query = dict(parse_qsl(urlsplit(link).query))
        assert (query["type"], query["sort"]) == ("training", "date")
    csv = client.get(links[f"{API}/eventsevents.csv"]).text.splitlines()
    assert len(csv) == 3
    assert client.get(links[f"{API}/eventsevents.ics"]).text.count("BEGIN:VEVENT") == 2, "past events are seen, so they are exported"


def test_a_calendar_subscribes_to_what_is_planned_of_what_is_seen(client: TestClient) -> None:
    [link] = [
        given["href"] for given in page(client, "/events?language=fr&sort=type").all("a") if "format=ics" in given.get("href", "") and "download" not in given
    ]
    planned = icalendar.Calendar.from_ical(client.get(link).text).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in planned] == ["forum de la jeunesse"]


def test_what_several_documents_report_is_told_and_can_be_seen_once(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        upload(fresh, [("a.txt", POST), ("b.txt", POST + " Il a réuni trente agents."), ("c.txt", NOTE)])
        found = page(fresh, "/events")
        assert "2 comptes rendus" in found.text
        [once] = [given["href"] for given in found.all("a") if "once=true" in given.get("href", "")]
        assert "2 événements" in page(fresh, once).text and "chaque événement une fois" in page(fresh, once).text
        together = next(given["href"] for given in found.all("a") if "group=" in given.get("href", ""))
        assert "2 événements" in page(fresh, together).text


def test_the_table_is_sorted_by_its_headings_and_says_so(client: TestClient) -> None:
    found = page(client, "/events?language=fr")
    assert [given.get("aria-sort") for given in found.all("th")] == ["descending", "none", None, None, None, "none"]
    [link] = [given["href"] for given in found.all("a") if "sort=date" in given.get("href", "")]
    turned = page(client, link)
    assert next(given.get("aria-sort") for given in turned.all("th")) == "ascending"
    assert "language=fr" in link


def test_pages_of_a_list_follow_by_cursor_and_keep_the_query(client: TestClient) -> None:
    seen: list[str] = []
    address = "/events?limit=1&language=fr"
    while address:
        found = page(client, address)
        seen += [given["href"] for given in found.all("a") if "data-row" in given]
        address = next((given["href"] for given in found.all("a", rel="next")), "")
        assert not address or "language=fr" in address
    assert len(seen) == len(set(seen)) == 3


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/events?colour=red", "colour"),
        ("/events?from=yesterday", "from"),
        ("/events?status=party", "status"),
        ("/events?cursor=nonsense", "cursor"),
        ("/documents?state=lost", "state"),
        ("/organisations?colour=red", "colour"),
        ("/organisations?cursor=nonsense", "cursor"),
    ],
)
def test_a_wrong_filter_is_a_page_that_says_which(client: TestClient, path: str, said: str) -> None:
    found = page(client, path, 400)
    assert said in found.text
    assert found.all("a", href="/events")


def test_an_address_that_there_is_not_is_a_page_for_people_and_a_problem_for_programs(client: TestClient) -> None:
    assert "Il n’y a rien ici" in page(client, "/nothing-here", 404).text
    assert "Il n’y a rien ici" in page(client, "/documents/0123456789abcdef", 404).text
    assert client.get("/nothing-here", headers={"Accept": "application/json"}).json()["code"] == "not_found"
    assert client.get(f"{API}/nothing-here").json()["code"] == "not_found"


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5_000, "-1", "²", "x"])
def test_a_number_that_no_row_has_breaks_no_page(client: TestClient, number: str) -> None:
    for path in ("/reviews?before=", f"/documents/{document_ids(client)[0]}?part="):
        assert client.get(path + number).status_code == 200
    assert client.post(f"{API}/documents?wait={number}", json={"text": POST}).json()["code"] == "invalid_request"


def test_the_tables_are_linked_where_they_are_shown(tmp_path: Path) -> None:
    pytest.importorskip("datasette")
    for explore, count in (("off", 0), ("tables", 1)):
        with client_of(tmp_path / f"{explore}.db", explore=explore) as opened:
            assert len(page(opened, "/events").all("a", href="/data/")) == count
            assert opened.get("/data/").status_code == (200 if count else 404)


def test_every_page_is_asked_for_by_its_head_alone(client: TestClient) -> None:
    for path in (*PAGES, f"{API}/events", "/healthz", f"/static/{assets.edition()}/app.js"):
        answer, whole = client.head(path), client.get(path)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", whole.headers["content-type"])
    assert client.head(f"{API}/extract").status_code == 405


def test_an_empty_store_leads_to_where_documents_are_added(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as empty:
        assert "/add" in [given["href"] for given in page(empty, "/events").all("a", class_="button main")]
        page(empty, "/documents")
        page(empty, "/types")


# Parts, sizes, caches


def test_a_module_gets_the_main_part_alone_and_caches_keep_both_apart(client: TestClient) -> None:
    whole, part = client.get("/events"), client.get("/events", headers={"Veille-Part": "main"})
    assert "<html" in whole.text and "<html" not in part.text
    assert 'id="count"' in part.text
    assert "veille-part" in whole.headers["vary"] == part.headers["vary"]


def test_a_first_load_is_under_300_kb_and_a_click_under_15(client: TestClient) -> None:
    def sent(path: str, **headers: str) -> int:
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip", **headers}) as response:
            return len(b"".join(response.iter_raw()))

    loaded = {given.get("href") or given["src"] for tag, given in page(client, "/events").tags if tag in ("link", "script", "use")}
    modules = [f"/static/{assets.edition()}/{name}" for name in assets.assets()]
    assert {urlsplit(address).path for address in loaded} <= set(modules)
    assert sent("/events") + sum(map(sent, modules)) < 300_000
    assert sent("/events?type=training", **{"Veille-Part": "main"}) < 15_000


def a_full_record(draw: random.Random) -> Record:
    """A document of eight events, each at a place of its own, in words that hardly repeat."""

    def words(count: int) -> str:
        return " ".join("".join(draw.choice("bcdfglmnprst") + draw.choice("aeiou") for _ in range(draw.randint(1, 4))) for _ in range(count))

    sentences = [f"{words(35)}." for _ in range(8)]
    text, events, entities = " ".join(sentences), [], []
    for at, sentence in enumerate(sentences):
        start = text.index(sentence)
        place = {"name": words(1), "country": "FR", "lat": round(draw.uniform(-60, 80), 5), "lon": round(draw.uniform(-180, 180), 5), "kind": "city"}
        entities.append({"id": f"p{at}", "label": "PLACE", "geonames_id": None, "mentions": [[start, start + 4]], "confidence": 1, "rule": "x", **place})
        entities.append(
            {"id": f"o{at}", "label": "ORG", "name": words(4), "acronym": None, "key": None, "mentions": [[start, start + 4]], "confidence": 1, "rule": "x"}
        )
        day = f"{draw.randint(2023, 2024)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        about = {
            "type": draw.choice(("training", "visit", "justice")),
            "status": draw.choice(("occurred", "planned")),
            "title": words(5),
            "start": day,
            "end": day,
        }
        evidence = {"start": start, "end": start + len(sentence), "quote": sentence, "page": None}
        own = {
            "id": str(uuid.UUID(int=draw.getrandbits(128))),
            "mentions": [[start, start + 4]],
            "places": [f"p{at}"],
            "organisations": [f"o{at}"],
            "roles": {},
        }
        events.append({**about, **own, "evidence": evidence, "precision": "day", "edtf": None, "confidence": round(draw.random(), 2), "rule": "x"})
    kept = {"published_from": "caller", "source": "x", "media_type": "text/plain", "sha256": "ab" * 32, "pages": None, "warnings": [], "extractor": "x"}
    about = {"id": f"{draw.getrandbits(64):016x}", "language": "fr", "published": "2024-01-01", "title": words(9), "metadata": {}}
    return Record.model_validate_json(json.dumps({**kept, **about, "text": text, "entities": entities, "events": events}))


def test_a_click_stays_under_15_kb_where_there_is_much_to_show(tmp_path: Path) -> None:
    draw = random.Random(3)
    with client_of(tmp_path / "v.db") as full:
        with store.opened(tmp_path / "v.db") as db, store.writing(db):
            for _ in range(30):
                documents.put(db, a_full_record(draw))
        shown = page(full, "/events")
        assert "240 événements" in shown.text and len(shown.all("circle")) == 80
        paths = (
            "/events",
            "/events?type=training&status=occurred&sort=confidence",
            "/events?pick=yes",
            "/documents",
            "/types",
            "/reviews",
            "/add",
            "/organisations",
        )
        document = full.get(f"{API}/events?limit=1").json()["items"][0]["document"]["id"]
        for path in (*paths, f"/documents/{document}"):
            with full.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as response:
                assert len(b"".join(response.iter_raw())) < 15_000, path


def test_assets_are_kept_for_good_under_an_address_that_changes_with_them(client: TestClient) -> None:
    response = client.get(f"/static/{assets.edition()}/style.css")
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert client.get("/static/0000000000000000/style.css").headers["cache-control"] == "no-cache"
    assert client.get(f"/static/{assets.edition()}/../routes.py").status_code == 404
    assert gzip.decompress(assets.assets()["app.js"].packed) == assets.assets()["app.js"].content


# A document


def test_a_document_marks_what_was_found_and_keeps_its_text_to_the_letter(client: TestClient) -> None:
    document_id = client.get(f"{API}/events", params={"q": "atelier"}).json()["items"][0]["document"]["id"]
    response = client.get(f"/documents/{document_id}")
    [inside] = re.findall(r'<div class="passages"[^>]*>(.*?)</div>', response.text, re.DOTALL)
    assert html.unescape(re.sub(r"<[^>]*>", "", inside)) == client.get(f"{API}/documents/{document_id}/text").text
    found = Page(response)
    assert {"organisation", "place", "date"} <= {given.get("class") for given in found.all("span")}
    [event] = [given for given in found.all("a") if given.get("class", "").startswith("event")]
    assert any(given.get("id") == event["href"][1:] for given in found.all("article"))
    targets = {given.get("id") for _, given in found.tags}
    assert all(given["href"][1:] in targets for given in found.all("a") if "data-passage" in given)


def test_previous_and_next_walk_through_the_documents_of_the_query(client: TestClient) -> None:
    rows = [given["href"] for given in page(client, "/events?sort=date").all("a") if "data-row" in given]
    order = list(dict.fromkeys(urlsplit(row).path for row in rows))
    found, walked = page(client, rows[0]), [urlsplit(rows[0]).path]
    assert not found.all("a", rel="prev")
    while following := found.all("a", rel="next"):
        assert "sort=date" in following[0]["href"]
        walked.append(urlsplit(following[0]["href"]).path)
        found = page(client, following[0]["href"])
        if len(walked) > 6:
            break
    assert walked[: len(order)] == order
    assert urlsplit(found.all("a", rel="prev")[0]["href"]).path == walked[-2]


def test_previous_and_next_walk_through_the_documents_of_a_list_of_documents(client: TestClient) -> None:
    address = "/documents?language=fr&sort=title"
    order = [given["href"] for given in page(client, address).all("a") if "data-row" in given]
    assert len(order) == 2 and all("list=documents" in link and "sort=title" in link for link in order)
    first, last = (page(client, link) for link in order)
    assert not first.all("a", rel="prev") and not last.all("a", rel="next")
    assert [first.all("a", rel="next")[0]["href"], last.all("a", rel="prev")[0]["href"]] == [order[1], order[0]]
    assert address in [given.get("href") for given in first.all("a")], "the way back is the list"


LONG = "\n\n".join(
    [
        f"Le {1 + number % 28} mars 2023, un atelier de formation s'est tenu à Kayes." if number % 40 == 0 else f"Phrase {number} sans rien." * 12
        for number in range(300)
    ]
)


def test_a_long_document_comes_in_parts_that_hold_its_text_and_events_once(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        upload(fresh, [("long.txt", LONG)])
        [document] = document_ids(fresh)
        whole, events, address, weights = "", [], f"/documents/{document}", []
        while address:
            response = fresh.get(address, headers={"Accept-Encoding": "identity"})
            weights.append(len(response.content))
            found = Page(response)
            whole += html.unescape(re.sub(r"<[^>]+>", "", response.text.partition('class="passages"')[2].partition(">")[2].partition("</div>")[0]))
            events += [given["data-event"] for given in found.all("article")]
            address = next((given["href"] for given in found.all("a") if given.get("href", "").endswith(f"part={len(weights) + 1}")), "")
        assert whole == LONG and len(weights) == 4
        assert sorted(events) == sorted(item["id"] for item in fresh.get(f"{API}/events").json()["items"]) and len(events) > 5
        assert max(weights) < 80_000
        at_event = page(fresh, f"/documents/{document}?event={events[-1]}")
        assert [given for given in at_event.all("article") if given["data-event"] == events[-1]], "the part of the event that is asked for"
        assert page(fresh, f"/documents/{document}?part=99").text == page(fresh, f"/documents/{document}").text


# Documents and types


def test_documents_show_their_state_language_date_and_errors(client: TestClient) -> None:
    found = page(client, "/documents")
    assert "empty.txt: an empty file" in found.text
    failed = page(client, "/documents?state=failed")
    assert not [given for given in failed.all("a") if "data-row" in given] and "Échec" in failed.text
    assert len([given for given in page(client, "/documents?language=en").all("a") if "data-row" in given]) == 1


def test_types_show_definitions_words_examples_and_counts(client: TestClient) -> None:
    found = page(client, "/types")
    assert "Un atelier, un cours ou une session de renforcement des capacités." in found.text
    assert "renforcement des capacités" in found.text and "L'atelier a réuni trente agents à Thiès." in found.text
    assert "2 événements" in found.text and found.all("a", href="/events?type=training")
    assert "justes" in found.text and "relevés" in found.text


def test_what_the_page_of_types_calls_measured_is_of_types_that_there_are() -> None:
    from extractors import event_types

    measured = quality.measured()
    assert set(measured) <= set(event_types.load_all()) and len(measured) > 10
    for rows in measured.values():
        assert all(0 <= row.precision <= 1 and 0 <= row.recall <= 1 and row.events > 0 for row in rows.values())


# Forms


FORMS = ("/add", "/documents/retry", "/add/jobs/abc/retry", "/add/jobs/abc/cancel", "/login", "/logout")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "wrong", "salt.0000", "\udcff"])
def test_a_form_without_its_token_is_refused(client: TestClient, path: str, token: str) -> None:
    token_of(client)
    response = client.post(path, data={"token": token.encode("utf-8", "surrogateescape").decode("latin-1"), "text": POST, "key": KEY})
    assert response.status_code == 403
    assert "Revenez, rechargez-la" in response.text


def test_a_token_of_another_session_is_refused(client: TestClient, tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as other:
        token = token_of(other)
        page(client, "/add")
        assert client.post("/add", data={"token": token, "text": POST}).status_code == 403


def test_a_form_from_another_site_is_refused(client: TestClient) -> None:
    token = token_of(client)
    assert client.post("/add", data={"token": token, "text": POST}, headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_text_and_files_sent_by_the_form_become_documents(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        sent = fresh.post("/add", data={"token": token_of(fresh), "text": POST, "title": "Médiation", "published": "2024-06-05"}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, "/add#jobs")
        empty = ("files", ("", b"", "application/octet-stream"))  # as a browser sends a field without a file
        files = [("files", ("note.txt", NOTE)), empty]
        assert fresh.post("/add", data={"token": token_of(fresh)}, files=files, follow_redirects=False).status_code == 303
        upload(fresh, [("last.txt", PLAN)])  # waits for all before it
        found = page(fresh, "/add")
        assert "note.txt" in found.text and "Médiation" in found.text
        assert len(fresh.get(f"{API}/documents").json()["items"]) == 3
        nothing = fresh.post("/add", data={"token": token_of(fresh), "text": "  "})
        assert nothing.status_code == 400 and "Choisissez un fichier" in nothing.text


def test_what_failed_is_told_with_its_reason_and_tried_again(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        upload(fresh, [("empty.txt", "")])
        found = page(fresh, "/add")
        assert "empty.txt: an empty file" in found.text
        [form] = [given["action"] for given in found.all("form") if given.get("action", "").endswith("/retry")]
        assert fresh.post(form, data={"token": token_of(fresh)}, follow_redirects=False).headers["location"] == "/add#jobs"
        again = fresh.post("/documents/retry", data={"token": token_of(fresh)}, follow_redirects=False)
        assert again.status_code == 303


def test_of_what_failed_only_the_chosen_is_tried_again(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        upload(fresh, [("a.txt", ""), ("b.txt", " ")])
        found = page(fresh, "/documents?state=failed")
        boxes = [given["value"] for given in found.all("input", type="checkbox", name="chosen")]
        assert len(boxes) == 2
        token = found.all("input", name="token")[-1]["value"]

        def ends() -> dict[str, float | None]:
            with store.opened_for_reading(tmp_path / "v.db") as db:
                return dict(db.execute("SELECT s.number, i.finished_at FROM items i JOIN sources s ON s.path = i.identity").fetchall())

        before = ends()
        answer = fresh.post("/documents/retry", data={"token": token, "chosen": boxes[:1]}, follow_redirects=False)
        assert answer.headers["location"] == "/add#jobs"
        after = ends()
        assert [str(number) for number in before if before[number] != after[number]] == boxes[:1]
        nothing = fresh.post("/documents/retry", data={"token": token})
        assert "Cochez" in nothing.text


def test_what_the_gate_refuses_a_person_is_a_page_in_their_language(client: TestClient) -> None:
    forged = client.post("/add", data={"text": POST}, headers={"Origin": "http://evil.example"})
    assert forged.status_code == 403 and "C’est refusé" in forged.text
    large = client.post("/add", content=b"x", headers={"Content-Length": "1" + "0" * 12, "Content-Type": "text/plain"})
    assert large.status_code == 413 and "C’est trop à la fois" in large.text
    assert client.post(f"{API}/documents", json={}, headers={"Origin": "http://evil.example"}).json()["code"] == "forbidden"


def test_every_code_of_a_problem_has_its_words_in_every_language() -> None:
    for code in wording.languages():
        assert set(wording.wording(code).words.problem) == set(problems.CODES)


def test_a_wrong_field_of_the_form_is_a_page_that_says_which(client: TestClient) -> None:
    response = client.post("/add", data={"token": token_of(client), "text": POST, "published": "soon"})
    assert response.status_code == 400 and "published" in response.text


# Logging in


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[TestClient]:
    keys = tmp_path / "keys"
    keys.write_text(KEY + "\n", encoding="utf-8")
    with client_of(tmp_path / "veille.db", key_file=keys) as opened:
        yield opened


def log_in(client: TestClient, key: str = KEY, target: str = "/documents") -> httpx.Response:
    token = token_of(client, "/login")
    return client.post("/login", data={"token": token, "key": key, "next": target}, follow_redirects=False)


def test_without_a_session_every_page_leads_to_the_login(locked: TestClient) -> None:
    for path in (*PAGES, "/documents/abc", "/events?type=training"):
        response = locked.get(path, follow_redirects=False)
        assert response.status_code == 303 and response.headers["location"].startswith("/login?next=%2F"), path
    assert locked.post("/add", data={"text": POST}, follow_redirects=False).headers["location"].startswith("/login")
    assert locked.get(f"/static/{assets.edition()}/style.css").status_code == 200


def test_a_key_begins_a_session_that_scripts_and_other_sites_cannot_use(locked: TestClient) -> None:
    response = log_in(locked)
    assert (response.status_code, response.headers["location"]) == (303, "/documents")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and KEY not in cookie
    page(locked, "/documents")
    assert locked.get(f"{API}/events?format=csv").status_code == 200, "exports are links"
    assert locked.post(f"{API}/documents", json={"text": POST}).status_code == 401, "programs write with a key"
    out = locked.post("/logout", data={"token": token_of(locked)}, follow_redirects=False)
    assert out.headers["location"] == "/login"
    assert locked.get("/events", follow_redirects=False).status_code == 303
    assert locked.get(f"{API}/events").status_code == 401


def test_a_key_to_read_sees_the_pages_without_their_forms(tmp_path: Path) -> None:
    ring = tmp_path / "keys"
    ring.write_text(f"{KEY}\n{KEY}-of-a-reader name=reader scope=read\n", encoding="utf-8")
    with client_of(tmp_path / "v.db", key_file=ring) as opened:
        sent = opened.post(f"{API}/documents?wait=60", json={"text": POST}, headers={"X-API-Key": KEY}).json()
        log_in(opened, f"{KEY}-of-a-reader")
        for path in ("/events", "/documents", "/add", "/reviews", "/organisations", f"/documents/{sent['files'][0]['document']['id']}"):
            forms = [given["action"] for given in page(opened, path).all("form") if given.get("method") == "post"]
            assert forms == ["/logout"], path
        refused = opened.post("/add", data={"token": token_of(opened, "/events"), "text": POST})
        assert refused.status_code == 403 and "C’est refusé" in refused.text


def test_the_tables_send_a_person_without_a_key_to_where_it_is_given(tmp_path: Path) -> None:
    pytest.importorskip("datasette")
    (tmp_path / "keys").write_text(KEY + "\n", encoding="utf-8")
    with client_of(tmp_path / "v.db", key_file=tmp_path / "keys", explore="tables") as opened:
        assert opened.get("/data/", follow_redirects=False).headers["location"] == "/login?next=%2Fdata%2F"
        assert opened.get("/data/", headers={"Accept": "application/json"}).json()["code"] == "unauthorised"
        assert log_in(opened, target="/data/").headers["location"] == "/data/"
        assert opened.get("/data/").status_code == 200


def test_a_wrong_key_and_a_forged_session_let_nobody_in(locked: TestClient) -> None:
    wrong = log_in(locked, "not-a-key-of-this-service")
    assert wrong.status_code == 401 and "Ce n’est pas une clé" in wrong.text
    good = access.Sessions().begin("0" * 64)
    for forged in (good, "x", "a.1.-.b", "é.1.2.3", good.replace(".", "")):
        locked.cookies.clear()
        assert locked.get("/events", headers={"Cookie": f"veille_session={forged}".encode()}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/\tevil", ""])
def test_a_login_never_leads_to_another_site(locked: TestClient, target: str) -> None:
    assert log_in(locked, target=target).headers["location"] == "/events"


def test_a_session_ends_after_a_while() -> None:
    now = 1_000_000.0
    sessions = access.Sessions(lambda: now)
    cookie = sessions.begin("digest")
    assert sessions.digest_of(cookie) == "digest"
    assert sessions.is_token(cookie, sessions.token(cookie)) and not sessions.is_token(cookie + "x", sessions.token(cookie))
    now += 31 * 24 * 3600
    assert sessions.digest_of(cookie) is None


# Parts


def test_links_change_one_thing_of_the_query() -> None:
    query = addresses.address("/events", [("type", "training"), ("q", "a b"), ("to", "")])
    assert str(query) == "/events?type=training&q=a+b"
    assert str(query.toggled("type", "visit")) == "/events?type=training&q=a+b&type=visit"
    assert str(query.toggled("type", "training")) == "/events?q=a+b"
    assert str(query.toggled("language", "fr").toggled("language", "en")) == "/events?type=training&q=a+b&language=en"
    assert str(query.with_only(from_="2024-01-01")) == "/events?type=training&q=a+b&from=2024-01-01"
    assert addresses.of_document("a/b", query, "e1") == "/documents/a%2Fb?type=training&q=a+b&event=e1#e-e1"


def test_bars_are_months_for_a_few_years_and_years_for_more() -> None:
    short = charts.bars([("2024-11", 2), ("2025-02", 4)], None, None)
    assert [bar.period for bar in short] == ["2024-11", "2024-12", "2025-01", "2025-02"]
    assert [(bar.count, bar.share) for bar in short] == [(2, 50.0), (0, 0.0), (0, 0.0), (4, 100.0)]
    assert (short[-1].first, short[-1].last) == ("2025-02-01", "2025-02-28")
    long = charts.bars([("1999-11", 2), ("2025-02", 4), ("2025-03", 1)], None, None)
    assert (len(long), long[-1].period, long[-1].count) == (27, "2025", 5)
    ages = charts.bars([("0476-09", 1), ("9999-12", 1)], None, None)
    assert [bar.period for bar in ages] == ["0476", "9999"]
    assert charts.bars([], None, None) == []


def test_the_frame_of_the_map_holds_every_circle_and_stays_in_the_world() -> None:
    def circle(lat: float, lon: float, count: int = 1) -> facets.Circle:
        return facets.Circle("x", None, "city", lat, lon, count)

    for circles in ([circle(12.6, -8)], [circle(64, -21, 9), circle(-41, 174)], [circle(0, 179.9)], [circle(78, 15)]):
        frame = charts.frame(circles)
        assert frame.x >= 0 and frame.x + frame.width <= 720.01
        for dot in charts.dots(circles, frame):
            assert frame.x <= dot.x <= frame.x + frame.width and frame.y <= dot.y <= frame.y + frame.height


def test_counts_are_made_anew_as_soon_as_the_store_changes(tmp_path: Path) -> None:
    with client_of(tmp_path / "v.db") as fresh:
        upload(fresh, [("post.txt", POST)])
        assert "1 événement" in page(fresh, "/events").text
        upload(fresh, [("note.txt", NOTE)])
        assert "2 événements" in page(fresh, "/events").text
        with store.opened_for_reading(tmp_path / "v.db") as db:
            first = facets.overview(db, EventFilter())
            assert facets.overview(db, EventFilter()) is first
        fresh.delete(f"{API}/documents/{document_ids(fresh)[0]}")
        with store.opened_for_reading(tmp_path / "v.db") as db:
            assert facets.overview(db, EventFilter()).total == 1
