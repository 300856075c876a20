"""The pages in a real Chromium: no accessibility fault in any mode, keys alone, no JavaScript, uploads, and the weight of a visit."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from extractors.options import Options
from service import server
from service.api import create_app
from service.settings import Settings

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (Debian: apt-get install chromium)")

POSTS = {
    "atelier.txt": "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé.",
    "forum.txt": "Le forum de la jeunesse aura lieu à Kayes du 4 au 6 novembre 2027. La mairie de Kayes a signé un accord le 2 mai 2024.",
    "workshop.txt": "A workshop on mediation was held in Nairobi on 5 June 2024. It was the second of its kind.",
}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desktop": {"width": 1360, "height": 900}, "phone": {"width": 390, "height": 844}}
MOST_OPENED = 6  # parts folded out; the page of types has dozens, all alike, and axe looks at each line
PICTURES = os.environ.get("VEILLE_TEST_PICTURES")  # a folder for screenshots, to be looked at


class Site:
    """A running service and a browser."""

    def __init__(self, address: str, browser: Any) -> None:
        self.address, self.browser = address, browser
        self.document = httpx.get(f"{address}/api/v1/events", params={"q": "médiation", "language": "fr"}).json()["items"][0]["document"]["id"]
        self.plan = httpx.get(f"{address}/api/v1/events", params={"q": "forum"}).json()["items"][0]["document"]["id"]
        self.pages = {
            "events": "/events",
            "documents": "/documents",
            "document": f"/documents/{self.document}?q=m%C3%A9diation",
            "types": "/types",
            "add": "/add",
            "reviews": "/reviews",
            "organisations": "/organisations",
            "merge": "/events?pick=yes",
        }

    def visit(self, path: str, **options: Any) -> Any:
        """A page in a context of its own, which fails on any error of a script and any other host."""
        context = self.browser.new_context(**{"viewport": SIZES["desktop"], "locale": "fr", "reduced_motion": "reduce", **options})
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: page.faults.append(request.url) if not request.url.startswith(self.address) else None)
        page.goto(self.address + path)
        return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    import uvicorn

    settings = Settings(tmp_path_factory.mktemp("browser") / "veille.db", Options(), workers=0)
    listening = server.listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error", ws="none"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    address = server.address(listening)
    try:
        with httpx.Client(base_url=address, timeout=120) as client:
            client.post("/api/v1/documents", params={"wait": 60}, files=[("files", post) for post in POSTS.items()]).raise_for_status()
            client.post("/api/v1/documents", params={"wait": 60}, files=[("files", ("empty.txt", "")), ("files", ("atelier.txt", POSTS["atelier.txt"]))])
            bodies = [body["id"] for body in client.get("/api/v1/organisations").json()["items"]]
            review = client.post("/api/v1/organisations/merge", json={"organisations": bodies[:2]}).json()["id"]
            client.delete(f"/api/v1/reviews/{review}").raise_for_status()  # the page of reviews has something to show
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield Site(address, browser)
            browser.close()
    finally:
        running.should_exit = True
        thread.join()
        listening.close()


def close(page: Any) -> None:
    faults = page.faults
    page.context.close()
    assert faults == []


# Whatever reaches over the side of the box that it stands in, which would hide it.
CUT = """[...document.querySelectorAll("main *")].filter((each) => {
    const [own, box] = [each, each.closest(".table-frame, .panel, .card") ?? each].map((one) => one.getBoundingClientRect());
    return own.width > 1 && own.right > box.right + 1;
}).map((each) => each.outerHTML.slice(0, 100))"""
# every pair of language, colours and width
MODES = [("fr", "light", "desktop"), ("en", "dark", "desktop"), ("en", "light", "phone"), ("fr", "dark", "phone")]


@pytest.mark.parametrize(("language", "scheme", "size"), MODES)
def test_no_page_has_an_accessibility_fault(site: Site, language: str, scheme: str, size: str) -> None:
    page = site.visit("/events", locale=language, color_scheme=scheme, viewport=SIZES[size])
    for name, path in site.pages.items():
        page.goto(site.address + path)
        inspect(page, name, f"{name}-{language}-{scheme}-{size}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        assert page.evaluate(CUT) == [], name
    close(page)


def test_no_page_has_an_accessibility_fault_without_scripts_or_with_the_help_open_or_where_nothing_is_found(site: Site) -> None:
    page = site.visit("/events")
    page.keyboard.press("?")
    inspect(page, "help", "help")
    for path in ("/events?q=nothing-at-all", "/events?sort=nonsense", "/documents?state=failed", "/nowhere"):
        with page.expect_response("**") as answered:
            page.goto(site.address + path)
        if answered.value.status >= 400:
            page.faults.clear()  # the browser notes that the page is an error, which it is
        inspect(page, path, path.strip("/").replace("?", "-"))
    close(page)
    page = site.visit("/events", java_script_enabled=False)
    for name, path in site.pages.items():
        page.goto(site.address + path)
        marks = page.content()
        assert "<main" in marks and page.locator("main h1").count() == 1, name
        # axe is a script itself: what it looks at without ours is the same markup, whose parts for scripts stay hidden
        assert page.locator("main button:visible[data-zoom], header [data-keys]:visible").count() == 0, name
    close(page)


def inspect(page: Any, name: str, picture: str) -> None:
    """No fault of WCAG 2.2 AA, with everything that can be folded out folded out."""
    page.evaluate(f"[...document.querySelectorAll('details')].slice(0, {MOST_OPENED}).forEach((each) => {{ each.open = true }})")
    if PICTURES:
        page.screenshot(path=Path(PICTURES, f"{picture}.png"), full_page=True)
    found = axe.Axe().run(page, options={"runOnly": WCAG, "rules": {"target-size": {"enabled": True}}}).response["violations"]
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found] == [], name


def test_a_click_on_a_facet_replaces_the_results_and_keeps_the_address(site: Site) -> None:
    page = site.visit("/events")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name=re.compile("^Formation")).first.click()
    page.wait_for_url("**/events?type=training")
    assert page.locator("#count").inner_text() == "2 événements"
    assert page.locator("#said").inner_text() == "2 événements"
    assert page.evaluate("window.stayed") is True
    assert "type=training" in page.get_by_role("link", name="English").get_attribute("href")
    page.go_back()
    sync_api.expect(page.locator("#count")).to_have_text("4 événements")
    assert page.evaluate("window.stayed") is True
    close(page)


def test_a_first_visit_stays_under_300_kb_and_a_click_under_15(site: Site) -> None:
    page = site.visit("about:blank".removeprefix("about:blank"), viewport=SIZES["desktop"])
    received: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda about: received.append(about["encodedDataLength"]))
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(f"{site.address}/events", wait_until="networkidle")
    assert 0 < sum(received) < 300_000
    session.send("Network.setCacheDisabled", {"cacheDisabled": False})
    page.goto(f"{site.address}/events", wait_until="networkidle")
    received.clear()
    page.get_by_role("link", name=re.compile("^Formation")).first.click()
    page.wait_for_url("**/events?type=training")
    page.wait_for_load_state("networkidle")
    assert 0 < sum(received) < 15_000
    close(page)


def test_the_keyboard_alone_searches_walks_the_rows_and_opens_one(site: Site) -> None:
    page = site.visit("/events")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    page.keyboard.type("médiation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events?q=m%C3%A9diation")
    sync_api.expect(page.locator("#count")).to_have_text("2 événements")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/**")
    assert page.locator(".card.lit h3").inner_text() == first
    heading = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != heading)
    assert "q=m%C3%A9diation" in page.url
    page.wait_for_selector("[data-step=previous]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**/documents/{re.search('documents/([0-9a-f]+)', heading).group(1)}**")  # type: ignore[union-attr]
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog#keys").is_visible()
    close(page)


def test_keys_walk_the_events_beside_a_text_and_accept_or_reject_the_one_in_hand(site: Site) -> None:
    page = site.visit(f"/documents/{site.plan}")
    page.keyboard.press("j")
    page.keyboard.press("j")
    card = page.evaluate("document.activeElement.id")
    with page.expect_navigation():
        page.keyboard.press("r")
    assert page.url.endswith(f"#{card}")
    sync_api.expect(page.locator(f"#{card} .state.rejected")).to_have_count(1)
    with page.expect_navigation():
        page.keyboard.press("a")
    sync_api.expect(page.locator(f"#{card} .state.accepted")).to_have_count(1)
    assert page.locator(".card .state.rejected").count() == 0
    page.goto(f"{site.address}/reviews")
    while page.get_by_role("button", name="Annuler").count():
        with page.expect_navigation():  # else the next look finds no button on a page that is not there yet
            page.get_by_role("button", name="Annuler").first.click()
    close(page)


def test_an_event_lights_its_words_and_its_words_light_it(site: Site) -> None:
    page = site.visit(site.pages["document"])
    page.locator(".card").first.hover()
    lit = page.locator(".passages .lit").all_inner_texts()
    assert any("Bamako" in text for text in lit)
    page.mouse.move(0, 0)
    assert page.locator(".passages .lit").count() == 0
    page.locator(".passages a.event").first.hover()
    assert page.locator(".card.lit").count() == 1
    page.get_by_role("link", name="Voir le passage").first.click()
    assert "#t-" in page.url
    close(page)


def test_the_map_zooms_and_goes_back(site: Site) -> None:
    page = site.visit("/events")
    box = page.locator("#map").get_attribute("viewBox")
    page.get_by_role("button", name="Agrandir").click()
    assert page.locator("#map").get_attribute("viewBox") != box
    page.get_by_role("button", name="Tout l’ensemble").click()
    assert [float(part) for part in page.locator("#map").get_attribute("viewBox").split()] == [float(part) for part in box.split()]
    assert page.evaluate("document.querySelector('#map use').getBBox().width") > 600, "the outlines are not drawn"
    close(page)


def test_without_javascript_every_part_is_there_and_links_lead_on(site: Site) -> None:
    page = site.visit("/events", java_script_enabled=False)
    assert page.locator("table.rows tbody tr").count() == 4
    assert page.locator(".months a").count() >= 2
    assert page.locator("#map circle").count() == 3
    assert page.locator(".zoom").is_hidden()
    page.get_by_role("link", name=re.compile("^Formation")).first.click()
    assert page.url.endswith("/events?type=training")
    assert page.locator("#count").inner_text() == "2 événements"
    page.get_by_label("Rechercher").fill("Nairobi")
    page.get_by_role("button", name="Rechercher").click()
    assert "type=training" in page.url
    assert page.locator("#count").inner_text() == "1 événement"
    page.get_by_role("link", name="English").click()
    assert page.locator("#count").inner_text() == "1 event"
    close(page)


def test_without_javascript_a_file_and_a_text_are_sent_by_the_form(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "visite.txt"
    file.write_text("Le préfet a effectué une visite à Korhogo le 7 mars 2023.", encoding="utf-8")
    page = site.visit("/add", java_script_enabled=False)
    page.get_by_label("Choisir des fichiers").set_input_files(file)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    assert page.url.endswith("/add#jobs")
    assert "visite.txt" in page.locator(".job").first.inner_text()
    page.get_by_label("Texte", exact=True).fill("Une conférence sur le climat a réuni des maires à Dakar le 9 mai 2023.")
    page.get_by_role("button", name="Envoyer le texte").click()
    assert "text" in page.locator(".job").first.inner_text()
    close(page)


def test_files_that_are_dropped_are_sent_and_become_documents(site: Site) -> None:
    page = site.visit("/add")
    dropped = page.evaluate_handle(
        """() => {
            const dropped = new DataTransfer();
            dropped.items.add(new File(["Un marché a été attribué à Thiès le 4 mai 2022."], "marche.txt", { type: "text/plain" }));
            dropped.items.add(new File(["Une réunion publique s'est tenue à Mbour le 5 mai 2022."], "reunion.txt", { type: "text/plain" }));
            return dropped;
        }"""
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": dropped})
    assert "over" in page.locator("#drop").get_attribute("class")
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    sync_api.expect(page.locator("#bars .done")).to_have_count(2)
    for name in ("marche.txt", "reunion.txt"):
        sync_api.expect(page.locator(".job .files li", has_text=name).locator("a")).to_be_visible(timeout=60_000)
    close(page)


@pytest.mark.parametrize("way", ["chosen", "dropped"])
def test_a_folder_that_is_chosen_or_dropped_comes_with_the_names_of_its_files_and_without_hidden_ones(site: Site, tmp_path: Path, way: str) -> None:
    folder = tmp_path / way
    (folder / "mars" / ".cache").mkdir(parents=True)
    texts = {f"foire-{number}.txt": f"Une foire {way} s'est tenue à Parakou le {number} avril 2022." for number in (1, 2)}
    for name, text in {**texts, ".DS_Store": "x", ".cache/vieux.txt": "x"}.items():
        (folder / "mars" / name).write_text(text, encoding="utf-8")
    page = site.visit("/add")
    if way == "chosen":
        page.get_by_label("Choisir un dossier").set_input_files(folder)
        page.get_by_role("button", name="Envoyer", exact=True).click()
    else:
        drag(page, "#drop", folder)
    sync_api.expect(page.locator("#bars .done")).to_have_count(2)
    names = [f"{way}/mars/{name}" for name in texts]
    assert page.locator("#bars .file").all_inner_texts() == names
    job = page.locator(".job").first  # one for both
    for name in names:
        sync_api.expect(job.locator(".files li", has_text=name).locator("a")).to_be_visible(timeout=60_000)
    inspect(page, "/add", f"folder-{way}")
    page.goto(f"{site.address}/documents?q={way}")
    assert sorted(name for name in page.locator("td.what .file").all_inner_texts()) == names
    close(page)


def test_a_full_queue_is_waited_for_and_a_file_that_is_refused_costs_no_other(site: Site, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"gala-{number}.txt").write_text(f"Un gala a eu lieu à Segbana le {number} avril 2022.", encoding="utf-8")
    page = site.visit("/add")
    statuses = iter([503, 413])  # there is no room; then both together are too much

    def answer(route: Any) -> None:
        status = next(statuses, None) if route.request.method == "POST" else None
        route.continue_() if status is None else route.fulfill(status=status, body="<div class='panel'><p>Plus tard</p></div>", content_type="text/html")

    page.route("**/add", answer)
    page.clock.install()
    page.get_by_label("Choisir des fichiers").set_input_files(sorted(tmp_path.iterdir()))
    page.get_by_role("button", name="Envoyer", exact=True).click()
    sync_api.expect(page.locator("#bars .state", has_text="Plus tard")).to_have_count(2)
    page.clock.fast_forward("00:10")
    sync_api.expect(page.locator("#bars .done")).to_have_count(2)
    for name in ("gala-1.txt", "gala-2.txt"):
        sync_api.expect(page.locator(".job .files li", has_text=name)).to_have_count(1)
    assert len(page.faults) == 2 and all("the server responded with a status of" in fault for fault in page.faults)
    page.context.close()


def drag(page: Any, target: str, *paths: Path) -> None:
    """Drop files and folders of the disk, as the system's file manager does; a script of the page could not make folders."""
    box = page.locator(target).bounding_box()
    session = page.context.new_cdp_session(page)
    about = {"x": box["x"] + 20, "y": box["y"] + 20, "data": {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}}
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, **about})


def test_files_sent_by_script_have_a_bar_each_and_the_jobs_follow_by_themselves(site: Site, tmp_path: Path) -> None:
    files = []
    for number in (1, 2):
        file = tmp_path / f"salon-{number}.txt"
        file.write_text(f"Un salon de l'emploi s'est tenu à Parakou le {number} avril 2022.", encoding="utf-8")
        files.append(file)
    page = site.visit("/add")
    page.get_by_label("Choisir des fichiers").set_input_files(files)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    sync_api.expect(page.locator("#bars .done")).to_have_count(2)
    for name in ("salon-1.txt", "salon-2.txt"):
        sync_api.expect(page.locator(".job .files li", has_text=name).locator("a")).to_be_visible(timeout=60_000)
    sync_api.expect(page.locator("#jobs[data-busy]")).to_have_count(0)
    close(page)
