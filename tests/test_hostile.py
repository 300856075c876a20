"""A sample of the hostile set in one process, and each trap of the libraries that the readers walk around.

benchmarks/hostile.py runs the whole set, through the workers and through the service.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import catalogue, outcomes, pages, pdfs
from hostile.case import zipped
from hostile.prose import END, MIDDLE, START, around
from typer.testing import CliRunner

from extractors import errors, formats
from extractors.document import Document
from extractors.formats.text import known_encoding
from extractors.languages import identify
from extractors.options import Options
from extractors.pipeline import extract
from service import cli

_LARGEST = 150_000  # bytes of a file that the sample takes: the larger ones are for the benchmark


def one(data: bytes | str, name: str, **options: int) -> Document:
    return formats.read_one(data.encode() if isinstance(data, str) else data, name=name, options=Options(**options))  # type: ignore[arg-type]


def codes(document: Document) -> list[str]:
    return [notice.code for notice in document.warnings]


# --- the set


def test_there_are_many_cases_of_each_class_and_no_two_have_one_name() -> None:
    cases = catalogue.cases()
    names = Counter((case.group, case.name) for case in cases)
    assert len(cases) >= 250
    assert set(names.values()) == {1}
    assert min(Counter(case.group for case in cases).values()) >= 15


def test_the_set_is_the_same_at_each_run(tmp_path: Path) -> None:
    sample = [case for case in catalogue.sample(20) if not case.is_folder and case.group in ("mail", "pdf", "suffix")]
    for folder in (tmp_path / "a", tmp_path / "b"):
        catalogue.write_cases(folder, sample)
    assert [catalogue.place(case, tmp_path / "a").read_bytes() for case in sample] == [catalogue.place(case, tmp_path / "b").read_bytes() for case in sample]


def test_outcomes_are_words_of_the_closed_list() -> None:
    known = {error.code for error in _below(errors.VeilleError)} | {"done", "skipped", "timeout", "memory", "worker_crash", "conflict"}
    assert {code for case in catalogue.cases() for code in case.codes} <= known


def _below(kind: type[errors.VeilleError]) -> Iterator[type[errors.VeilleError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _below(inner)


def _ingested(folder: Path, db: Path) -> tuple[list[tuple[float, dict[str, Any]]], list[str]]:
    result = CliRunner().invoke(cli.app, ["ingest", str(folder), "--db", str(db), "--json"])
    assert result.exit_code in (0, 3), result.output
    return [(0.0, json.loads(line)) for line in result.stdout.splitlines()], result.stderr.splitlines()


def test_a_sample_of_each_class_ends_as_it_must_and_harms_no_neighbour(tmp_path: Path) -> None:
    cases = [case for case in catalogue.sample(16) if case.name != "sparse"]
    folder = tmp_path / "set"
    controls = catalogue.write_controls(folder, ["pdf", "text"])
    told, _ = _ingested(folder, tmp_path / "alone.db")
    alone = outcomes.controls(controls, told, outcomes.records(tmp_path / "alone.db"))
    catalogue.write_cases(folder, cases)
    for case in cases:
        path = catalogue.place(case, folder)
        if path.is_file() and path.stat().st_size > _LARGEST:
            path.unlink()
    cases = [case for case in cases if os.path.lexists(catalogue.place(case, folder))]
    told, complaints = _ingested(folder, tmp_path / "mixed.db")
    stored = outcomes.records(tmp_path / "mixed.db")
    results = outcomes.by_case(folder, cases, told, complaints)
    assert {case.name: bad for case in cases if (bad := outcomes.wrong(case, results[case.name], stored))} == {}
    assert len({case.group for case in cases}) == len({case.group for case in catalogue.cases()})
    assert outcomes.controls(controls, told, stored) == alone
    assert all(alone.values())


# --- runs of characters


@pytest.mark.parametrize("run", ["!", "(", "a.", "1/", "é", "\u0301"])
def test_a_run_that_spacy_would_stall_at_is_blanked_with_a_warning(run: str) -> None:
    text = f"{START}\n\nAttention{run * 20_000}\n\n{END}"
    readable = identify.readable(text, Options())
    assert len(readable) == len(text)
    assert max(map(len, readable.split())) <= Options().max_run_characters
    assert "long_run" in [notice.code for notice in extract(Document(text)).warnings]


# --- PDF


def _cells(letters: int) -> bytes:
    """A page of three rows of two cells, and a string of so many letters."""
    rows = b"".join(b"BT /F1 9 Tf 72 %d Td (un) Tj 200 0 Td (deux) Tj ET\n" % (700 - 20 * row) for row in range(4))
    return pdfs.made([rows + b"BT /F1 0.01 Tf 72 500 Td (" + b"a" * letters + b") Tj ET"])


@pytest.mark.parametrize(("letters", "opened"), [(400, 1), (25_000, 0)])
def test_a_page_of_very_many_letters_is_not_given_to_pdfplumber(letters: int, opened: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import pdfplumber

    calls: list[object] = []
    original = pdfplumber.open
    monkeypatch.setattr(pdfplumber, "open", lambda file: calls.append(file) or original(file))  # type: ignore[func-returns-value]
    one(_cells(letters), "a.pdf")
    assert len(calls) == opened


def test_a_page_of_very_many_lines_is_not_given_to_pdfplumber(monkeypatch: pytest.MonkeyPatch) -> None:
    import pdfplumber

    monkeypatch.delattr(pdfplumber, "open")
    with pytest.raises(errors.NoText):
        one(pdfs.made([b"0 0 m 9 9 l S " * 30_000]), "a.pdf")


def test_the_same_page_over_and_over_is_no_running_header() -> None:
    assert one(pdfs.made([pdfs.words(START)] * 5), "a.pdf").text.count("Tulle") == 5


def test_letters_of_no_size_are_read_without_a_headline() -> None:
    assert "Tulle" in one(pdfs.made([pdfs.words(START, size=0)]), "a.pdf").text


def test_a_string_longer_than_pdfium_reads_leaves_a_warning() -> None:
    assert codes(one(pdfs.made([b"BT /F1 1 Tf (" + b"bon mot " * 5_000 + b") Tj ET"]), "a.pdf")) == ["page_cut"]


@pytest.mark.parametrize("with_widths", [True, False])
def test_letters_whose_font_does_not_say_which_they_are_leave_a_warning(with_widths: bool) -> None:
    assert codes(one(pdfs._unmapped(with_widths=with_widths), "a.pdf")) == ["letters_unknown"]


def test_pages_that_are_all_damaged_are_a_damaged_document() -> None:
    data = next(case for case in pdfs.cases() if case.name == "tree_deep.pdf")
    assert not data.warns
    with pytest.raises(errors.DamagedDocument):
        one(pdfs._deep_tree(5_000), "a.pdf")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", '{"text": "Le fichier commence par %PDF-1.7."}\n'),
        ("a.txt", around("Le fichier commence par %PDF-1.7.")),
        ("a.html", f"<!doctype html><html><body><p>%PDF-1.7 {START}</p></body></html>"),
        ("a.csv", f'id,text\n%PDF-1.7,"{START}"\n'),
    ],
)
def test_a_text_that_speaks_of_the_mark_of_pdf_is_none(name: str, data: str) -> None:
    [document] = formats.read(data.encode(), name=name)
    assert "%PDF-1.7" in document.text + (document.given_id or "")


def test_a_pdf_behind_a_kilobyte_of_other_bytes_is_one() -> None:
    assert "Tulle" in one(b"X-Head: 1\n" * 90 + pdfs.made([pdfs.words(START)]), "a.pdf").text


# --- HTML


@pytest.mark.parametrize("count", [100, 40_000])
def test_a_page_of_very_many_elements_is_read_whole_and_plainly(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura

    calls: list[object] = []
    original = trafilatura.bare_extraction
    monkeypatch.setattr(trafilatura, "bare_extraction", lambda *given, **named: calls.append(given) or original(*given, **named))  # type: ignore[func-returns-value]
    document = one(pages._page("<table>" + "<tr><td>Voiture</td></tr>" * (count // 2) + "</table>"), "a.html")
    assert document.text.count("Voiture") == count // 2
    assert "Brive" in document.text
    assert (len(calls), codes(document)) == ((1, []) if count == 100 else (0, ["plain_reading"]))


def test_a_page_over_the_limit_is_refused_before_its_article_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura

    monkeypatch.delattr(trafilatura, "bare_extraction")
    with pytest.raises(errors.TooLarge, match="limit of 1,000"):
        one(pages._page("<p>" + "mot " * 1_000), "a.html", max_characters=1_000)


def test_a_text_node_of_over_ten_megabytes_does_not_end_the_page() -> None:
    assert "Brive" in one(pages._page(f"<script>{'mot ' * 2_600_000}</script>"), "a.html").text


def test_a_tag_of_very_many_attributes_loses_them_and_no_text() -> None:
    document = one(pages._page("<p " + " ".join(f"a{n}=1" for n in range(50_000)) + f">{MIDDLE}</p>"), "a.html")
    assert MIDDLE[:40] in document.text
    assert "a49999" not in document.text


def test_a_page_that_begins_with_comments_is_a_page() -> None:
    assert "<" not in one("<!-- a -->" * 2_000 + pages._page(""), "a.html").text


@pytest.mark.parametrize("kind", ['{"@type": [{"@id": "a"}], "headline": "b"}', '{"@type": [["a"]]}', "[" * 5_000, '[1, "a", null, [{}]]'])
def test_linked_data_of_any_shape_is_read_past(kind: str) -> None:
    assert "Tulle" in one(pages._page("", f'<script type="application/ld+json">{kind}</script>'), "a.html").text


def test_a_script_in_a_title_is_no_script_any_more() -> None:
    title = one(pages._page("", "<title><script>alert(1)</script>École &lt;script&gt;alert(2)&lt;/script&gt;</title>"), "a.html").title
    assert title is not None and "<" not in title


# --- encodings


@pytest.mark.parametrize("name", ["rot13", "zlib", "base64", "idna", "punycode", "unicode_escape", "undefined", "klingon", "a\0b", "é", ""])
def test_what_is_no_encoding_of_documents_is_none_of_ours(name: str) -> None:
    assert known_encoding(name) is None


@pytest.mark.parametrize("name", ["utf-8", "UTF-16", "utf-32", "iso-8859-15", "windows-1252", "us-ascii", "iso-2022-jp"])
def test_encodings_of_pages_and_mails_are_known(name: str) -> None:
    assert known_encoding(name) is not None


@pytest.mark.parametrize("declared", ["utf-16", "punycode", "unicode_escape", "klingon"])
def test_a_page_that_declares_an_encoding_that_it_cannot_have_is_read_as_utf_8(declared: str) -> None:
    assert "inauguré" in one(pages._page("", f'<meta charset="{declared}">'), "a.html").text


# --- archives


def test_a_link_in_an_archive_is_not_read_as_its_target() -> None:
    data = zipped([("lien.txt", "/etc/passwd"), ("bon.txt", around(MIDDLE))], modes={"lien.txt": 0o120777})
    link, good = formats.read_each(data, name="a.zip")
    assert isinstance(link, formats.BadPart)
    assert isinstance(link.error, errors.UnsupportedFormat)
    assert isinstance(good, Document)


# --- JSON Lines


@pytest.mark.parametrize("depth", [31, 200, 500, 900, 980, 5_000])
@pytest.mark.parametrize("inner", ["[]", '{"a":}'])
def test_a_deep_line_is_bad_alone(depth: int, inner: str) -> None:
    opening, closing = inner[:-1], inner[-1]
    deep = f'{{"text": "{START}", "a": {opening * depth}1{closing * depth}}}\n'
    bad, good = formats.read_each(f'{deep}{{"text": "{END}"}}\n'.encode(), name="a.jsonl")
    assert isinstance(bad, formats.BadPart)
    assert isinstance(good, Document)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_cannot_write_does_not_reach_the_record(number: str) -> None:
    [document] = formats.read(f'{{"text": "{START}", "n": {number}}}\n'.encode(), name="a.jsonl")
    written = extract(document).model_dump_json()
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in json.loads(written)["metadata"].values())
