"""The documents of corpus/: what a newcomer meets on them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import make_reports
import pytest

from extractors import formats
from extractors.languages import identify
from extractors.options import Options
from service import ingest, store
from service.queries import EventFilter
from service.store import events
from service.workers import Inline

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(CORPUS.iterdir())
TELLING = (  # of what is planned, called off and put off; the last two of the same, one in each language
    "2025-08-28-agenda-rentree-prevention.txt",
    "2024-05-02-youth-violence-summit-cancelled.txt",
    "2025-03-03-colloque-radicalisation-reporte.html",
    "2024-03-14-signature-lettre-intention-thies.txt",
    "2024-03-15-letter-of-intent-thies.txt",
)
SCAN = "2024-11-14-comite-securite-kolda-convention-signee.pdf"  # its second page is a picture: read without recognition, with a word on what is missing


def words(path: Path) -> list[str]:
    return [word for document in formats.read(path) for word in document.text.split()]


def test_the_corpus_holds_the_formats_that_people_have() -> None:
    suffixes = Counter(path.suffix for path in FILES)
    assert set(suffixes) == {".txt", ".md", ".html", ".pdf", ".docx", ".eml", ".mbox", ".rss", ".jsonl"}
    assert suffixes[".pdf"] >= 2
    assert sum(suffixes.values()) >= 40


def test_a_newcomer_sees_every_feature_on_the_corpus(tmp_path: Path) -> None:
    """Each status, an event told twice and in both languages, places for the map, and doubtful ones to check, on five documents of it."""
    with store.opened(tmp_path / "veille.db") as db:
        ingest.ingest(db, [ingest.Found(CORPUS / name, name) for name in TELLING], ingest.Plan(Options()), Inline(Options()), ingest.Watcher(lambda _: None))
        found = list(events.items(db, EventFilter()))
        doubtful = list(events.items(db, EventFilter.parse({"review": ["to_check"]})))
        once = list(events.items(db, EventFilter(once=True)))
    assert {event["status"] for event in found} >= {"occurred", "planned", "cancelled", "postponed"}
    assert {event["document"]["language"] for event in found if event["reports"] == 2} == {"fr", "en"}
    assert 0 < len(once) < len(found)
    assert 0 < len(doubtful) < len(found)
    assert sum(any(place["lat"] is not None for place in event["places"]) for event in found) > len(found) / 2
    assert len({event["type"] for event in found}) > 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_corpus_file_is_read_without_a_warning_but_for_its_scan(path: Path) -> None:
    for document in formats.read(path):
        assert len(document.text.split()) > 50
        assert [notice.code for notice in document.warnings] == (["pages_without_text"] if path.name == SCAN else [])
        assert identify.passages(document, document.text, Options())[1] == []


def test_the_scanned_page_holds_a_picture_and_no_letters() -> None:
    import pypdfium2

    [document] = formats.read(CORPUS / SCAN)
    first, second = pypdfium2.PdfDocument(CORPUS / SCAN)
    assert first.get_textpage().count_chars() > 500
    assert (second.get_textpage().count_chars(), [found.type for found in second.get_objects()]) == (0, [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    assert document.page_of(len(document.text)) == 2


@pytest.mark.parametrize("source", sorted(make_reports.SOURCES.glob("*.txt")), ids=lambda source: source.stem)
def test_a_report_of_the_corpus_is_the_one_its_source_draws(source: Path, tmp_path: Path) -> None:
    drawn = tmp_path / f"{source.stem}.pdf"
    make_reports.draw(make_reports.read(source), drawn)
    assert words(drawn) == words(CORPUS / drawn.name)


def test_the_same_report_is_drawn_to_the_same_bytes(tmp_path: Path) -> None:
    report = make_reports.read(min(make_reports.SOURCES.glob("*.txt")))
    for name in ("a.pdf", "b.pdf"):
        make_reports.draw(report, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
