"""Draw the PDF reports of corpus/ from the texts of tests/reports/: `python -m tests.make_reports`.

The same text gives the same bytes. A source starts with `running:` and
`footer:` (printed on every page), then has one block a paragraph: `#` headings,
`!` centred lines, `-` items, `|` rows of a table, `---` for a new page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "tests" / "reports"
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
    """Write a report as PDF."""
    # invariant: no day of creation and no random id in the file
    template = SimpleDocTemplate(str(to), pagesize=A4, margin=25 * mm, invariant=1, title=report.running)
    template.build([part for block in report.blocks for part in _flowables(block)], onFirstPage=_page(report), onLaterPages=_page(report))


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
