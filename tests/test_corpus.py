from __future__ import annotations

from collections import Counter
from pathlib import Path

import make_reports
import pytest

from extractors import formats
from extractors.languages import identify
from extractors.options import Options

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(CORPUS.iterdir())


def words(path: Path) -> list[str]:
    return [word for document in formats.read(path) for word in document.text.split()]


def test_the_corpus_holds_every_format_that_is_read() -> None:
    suffixes = Counter(path.suffix for path in FILES)
    assert set(suffixes) == {".txt", ".md", ".html", ".pdf", ".docx", ".eml", ".jsonl"}
    assert suffixes[".pdf"] >= 2
    assert sum(suffixes.values()) >= 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_corpus_file_is_read_without_a_warning(path: Path) -> None:
    for document in formats.read(path):
        assert len(document.text.split()) > 50
        assert document.warnings == ()
        assert identify.passages(document, document.text, Options())[1] == []


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
