"""Draw the PDF reports of corpus/ from the texts of tests/reports/: `python -m tests.make_reports`.

The same text gives the same bytes. A source starts with `running:` and
`footer:` (printed on every page), then has one block a paragraph: `#` headings,
`!` centred lines, `-` items, `|` rows of a table, `---` for a new page, `~~~`
where the pages begin that somebody scanned: pictures, without letters.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "tests" / "reports"
_SCANNED, _SCAN_DPI = "~~~", 150
_STYLES = getSampleStyleSheet()
_BODY = ParagraphStyle("body", parent=_STYLES["BodyText"], fontSize=12, leading=18, alignment=4, spaceAfter=9)
_CENTRED = ParagraphStyle("centred", parent=_BODY, alignment=1)
_MARKS = (("### ", _STYLES["Heading3"]), ("## ", _STYLES["Heading2"]), ("# ", _STYLES["Title"]), ("! ", _CENTRED))


@dataclass(frozen=True)
class Report:
    """The text of a report, block by block, and what its pages repeat."""

    running: str
    footer: str
    blocks: list[str]


def read(source: Path) -> Report:
    """A source of tests/reports/."""
    running, footer, body = source.read_text(encoding="utf-8").split("\n", 2)
    blocks = [block.strip() for block in body.split("\n\n") if block.strip()]
    return Report(running.removeprefix("running: "), footer.removeprefix("footer: "), blocks)


def draw(report: Report, to: Path) -> None:
    """Write a report as PDF, its one page before `~~~` as text where it has that mark."""
    at = report.blocks.index(_SCANNED) if _SCANNED in report.blocks else len(report.blocks)
    scans = _scanned(replace(report, blocks=report.blocks[at + 1 :])) if at < len(report.blocks) else []
    breaks = [part for _ in scans for part in (PageBreak(), Spacer(1, 1))]
    _build(to, report, [part for block in report.blocks[:at] for part in _flowables(block)] + breaks, _scan_of(scans) if scans else _page(report))


def _build(to: Path | io.BytesIO, report: Report, story: list[Any], later: Callable[[Any, Any], None]) -> None:
    # invariant: no day of creation and no random id in the file
    template = SimpleDocTemplate(to if isinstance(to, io.BytesIO) else str(to), pagesize=A4, margin=25 * mm, invariant=1, title=report.running)
    template.build(story, onFirstPage=_page(report), onLaterPages=later)


def _scanned(report: Report) -> list[Any]:
    """The pages of a report as a scanner of offices gives them: black and white."""
    import pypdfium2

    drawn = io.BytesIO()
    _build(drawn, report, [part for block in report.blocks for part in _flowables(block)], _page(report))
    pages = pypdfium2.PdfDocument(drawn.getvalue())
    return [page.render(scale=_SCAN_DPI / 72, grayscale=True).to_pil().point(lambda level: 255 if level > 160 else 0, mode="1") for page in pages]


def _scan_of(scans: list[Any]) -> Callable[[Any, Any], None]:
    def decorate(canvas: Any, template: Any) -> None:
        canvas.drawImage(ImageReader(scans[template.page - 2]), 0, 0, *A4)

    return decorate


def _flowables(block: str) -> list[Any]:
    lines = block.split("\n")
    if block == "---":
        return [PageBreak()]
    if block.startswith("|"):
        return [Table([[cell.strip() for cell in line.strip("|").split("|")] for line in lines]), Spacer(1, 8)]
    if all(line.startswith("- ") or line[0].isdigit() for line in lines):
        return [Paragraph(escape(line.removeprefix("- ")), _BODY, bulletText="•" if line.startswith("- ") else None) for line in lines]
    return [_paragraph(line) for line in lines]


def _paragraph(line: str) -> Paragraph:
    for mark, style in _MARKS:
        if line.startswith(mark):
            return Paragraph(escape(line.removeprefix(mark)), style)
    return Paragraph(escape(line), _BODY)


def _page(report: Report) -> Callable[[Any, Any], None]:
    def decorate(canvas: Any, template: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(25 * mm, A4[1] - 14 * mm, report.running)
        canvas.drawString(25 * mm, 12 * mm, report.footer)
        canvas.drawRightString(A4[0] - 25 * mm, 12 * mm, f"{template.page}")

    return decorate


def main() -> None:
    """Draw every report into corpus/."""
    for source in sorted(SOURCES.glob("*.txt")):
        draw(read(source), ROOT / "corpus" / f"{source.stem}.pdf")


if __name__ == "__main__":
    main()
