"""PDF pages that pdfplumber reads, and what makes a line stand by itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from extractors.document import Document
from extractors.formats import layout, read
from extractors.formats.layout import Line, Sheet


def drawn(draw: Callable[[Canvas, int], None], pages: int = 1) -> Document:
    """The document of a PDF whose pages, from 1, are drawn so."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    for number in range(1, pages + 1):
        draw(canvas, number)
        canvas.showPage()
    canvas.save()
    [document] = read(out.getvalue(), name="rapport.pdf")
    return document


def _table(canvas: Canvas, top: float) -> None:
    for row, cells in enumerate(
        [("Communes membres", "248 000", "306 000"), ("Région", "180 000", "204 000"), ("Autres", "61 000", "102 000"), ("Dons", "1 000", "900")]
    ):
        for x, cell in zip((60, 72 + canvas.stringWidth("Communes membres"), 230), cells, strict=True):
            canvas.drawString(x, top - 18 * row, cell)


def test_bullets_of_an_unused_code_are_bullets_on_pages_of_tables() -> None:
    def draw(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 10)
        for row, town in enumerate(("Metz, France", "Thionville, France", "Sarrebruck, Allemagne", "Sarrelouis, Allemagne")):
            canvas.drawString(60, 700 - 20 * row, "\u2022")
            canvas.drawString(72, 700 - 20 * row, town)
        _table(canvas, 500)

    assert drawn(draw).text.split("\n\n")[0] == "• Metz, France\n• Thionville, France\n• Sarrebruck, Allemagne\n• Sarrelouis, Allemagne"
    assert layout.plain("(cid:127) Metz") == layout.plain("\uf0b7 Metz") == layout.plain("\uf0a7 Metz") == "• Metz"


def test_the_widest_word_of_a_column_does_not_join_its_row() -> None:
    def draw(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 10)
        _table(canvas, 700)

    assert drawn(draw).text.split("\n") == [
        "Communes membres | 248 000 | 306 000",
        "Région | 180 000 | 204 000",
        "Autres | 61 000 | 102 000",
        "Dons | 1 000 | 900",
    ]


def test_a_footer_with_the_number_of_its_page_is_cut_on_pages_of_tables_too() -> None:
    def draw(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(60, 30, "Observatoire – reproduction autorisée")
        canvas.drawRightString(520, 30, str(number))
        if number == 2:
            _table(canvas, 700)
        for line in range(6):
            canvas.drawString(60, 400 - 13 * line, f"Une phrase de la page {number}, ligne {line}.")

    text = drawn(draw, pages=4).text
    assert "reproduction" not in text and text.count("Une phrase") == 24


def _line(text: str, top: float, *, size: float = 10, right: float = 500, is_bold: bool = False) -> Line:
    return Line(text, 60, right, top, size, 0, is_bold=is_bold)


def _sheets(heads: Mapping[int, str], pages: int) -> list[Sheet]:
    """Pages with a text of their own, some below a line that others bear too."""
    return [
        Sheet(
            (
                *([replace(_line(heads[number], 20), page=number)] if number in heads else []),
                replace(_line(f"Une phrase {'xiv'[number % 3]}-{number} de plus.", 300), page=number),
            ),
            800,
        )
        for number in range(pages)
    ]


@pytest.mark.parametrize(
    ("numbers", "pages", "is_cut"),
    [
        pytest.param((10, 12, 14), 60, True, id="the left pages of a chapter"),
        pytest.param((10, 13, 17), 60, True, id="a chapter with pages of figures"),
        pytest.param(range(0, 60, 10), 60, True, id="the first pages of all chapters"),
        pytest.param((4, 31, 55), 60, False, id="a sentence that comes back by chance"),
        pytest.param((4, 5), 60, False, id="twice"),
        pytest.param((0, 2), 3, True, id="a short report"),
    ],
)
def test_a_head_runs_where_it_comes_back_soon_or_throughout(numbers: Sequence[int], pages: int, is_cut: bool) -> None:
    kept = layout.without_furniture(_sheets(dict.fromkeys(numbers, "Le réseau et ses antennes"), pages))
    assert sum(len(sheet.lines) for sheet in kept) == pages + (0 if is_cut else len(numbers))


def test_a_bold_line_of_the_size_of_the_text_is_a_heading() -> None:
    lines = (
        _line("Les enseignements d’une année de travail avec les communes membres", 100, is_bold=True),
        _line("Le réseau a réuni vingt animateurs à Valence pour parler des jeunes", 113),
        _line("lecteurs.", 126, right=100),
    )
    text, _ = layout.running_text([Sheet(lines, 800)])
    assert text.split("\n\n") == [
        "Les enseignements d’une année de travail avec les communes membres",
        "Le réseau a réuni vingt animateurs à Valence pour parler des jeunes lecteurs.",
    ]


def test_bold_words_inside_a_paragraph_do_not_cut_it() -> None:
    lines = (_line("Le réseau a réuni vingt animateurs à Valence pour parler de la", 100), _line("lecture des jeunes.", 113, right=150, is_bold=True))
    assert layout.running_text([Sheet(lines, 800)])[0] == "Le réseau a réuni vingt animateurs à Valence pour parler de la lecture des jeunes."


def test_numbered_headings_and_items_open_a_line_and_figures_do_not() -> None:
    opened = ["2.1 Un accord", "a) un accord", "1° un accord", "‣ un accord", "3. un accord"]
    assert [_line(text, 0).is_item for text in opened] == [True] * 5
    assert [_line(text, 0).is_item for text in ("2.1 millions d’euros", "2.1", "à Metz")] == [False] * 3


def test_headings_that_follow_one_another_are_paragraphs_and_items_are_lines() -> None:
    headings = (_line("2. Les données", 100, right=150, is_bold=True), _line("2.1 Un accord", 118, right=140, is_bold=True))
    assert layout.running_text([Sheet(headings, 800)])[0] == "2. Les données\n\n2.1 Un accord"
    items = (_line("1. un atelier", 100, right=150), _line("2. un forum", 118, right=140))
    assert layout.running_text([Sheet(items, 800)])[0] == "1. un atelier\n2. un forum"
    wrapped = (
        _line("1. un atelier sur la lecture des jeunes de la Drôme, de leurs goûts et", 100),
        _line("écrans", 113, right=100),
        _line("2. un forum", 126, right=140),
    )
    text = layout.running_text([Sheet((*wrapped, _line("Le réseau y sera.", 160, right=150)), 800)])[0]
    assert text.split("\n")[1:] == ["2. un forum", "", "Le réseau y sera."]
