"""PDF: pages a second and words in their order, beside pdfplumber's own `extract_text`, on reports drawn for it.

    python benchmarks/pdf.py [--pages N] [--rounds N]

Exit code 1 where a target is missed. README.md says what each figure means.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

import contenders
from timing import machine, seconds_in_rounds

from extractors.formats import pdf
from extractors.options import DEFAULT

ROOT = Path(__file__).resolve().parents[1]
LEAST_RATIO = 20.0  # of our pages a second to pdfplumber's
WORD = re.compile(r"\w+")
RUN = 3  # words in a row: a run that crosses from one column into the other is none of the report's
FRAME_GAP = 18  # points between columns


@dataclass(frozen=True)
class Report:
    """A report as drawn, its pages, and its words in the order in which people read them. is_across: only the places of its words tell that."""

    title: str
    data: bytes
    pages: int
    words: Sequence[str]
    is_across: bool


def main() -> int:
    """Prints the tables; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60, help="least pages of each report (60)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are counted (5)")
    arguments = parser.parse_args()
    print(machine())
    reports = [
        _drawn("one column", arguments.pages, columns=1, is_across=False),
        _drawn("two columns, one drawn after the other", arguments.pages, columns=2, is_across=False),
        _drawn("two columns, drawn line by line across", arguments.pages, columns=2, is_across=True),
    ]
    is_met = min([_compared(report, arguments.rounds) for report in reports])
    print(machine())
    print("targets met" if is_met else "A TARGET IS MISSED")
    return 0 if is_met else 1


def _compared(report: Report, rounds: int) -> bool:
    """A table of pages a second and of words that stand between their neighbours; whether the targets are met."""
    readers: Mapping[str, Callable[[bytes], str]] = {"Veille": _veille, "pdfplumber": contenders.pdfplumber}
    seconds = seconds_in_rounds({name: partial(read, report.data) for name, read in readers.items()}, rounds)
    right = {name: _right(read(report.data), report.words) for name, read in readers.items()}
    print(
        f"\n{report.title}: {report.pages} pages, {len(report.words):,} words\n\n{'':12} {'pages/s':>9}   words in place   Veille is × as fast (least – most)"
    )
    for name, took in seconds.items():
        ratios = sorted(theirs / ours for theirs, ours in zip(took, seconds["Veille"], strict=True))
        told = "" if name == "Veille" else f"{median(ratios):.1f} ({ratios[0]:.1f} – {ratios[-1]:.1f})"
        print(f"{name:12} {report.pages / median(took):9,.1f} {right[name]:16.1%}   {told}")
    ratio = median(theirs / ours for theirs, ours in zip(seconds["pdfplumber"], seconds["Veille"], strict=True))
    return (report.is_across or ratio >= LEAST_RATIO) and right["Veille"] >= right["pdfplumber"]


def _veille(data: bytes) -> str:
    return pdf.read(data, "report.pdf", DEFAULT).text


def _right(text: str, words: Sequence[str]) -> float:
    """The share of the report's runs of words that were read as such."""
    wanted, found = Counter(_runs(words)), Counter(_runs(WORD.findall(text)))
    return (wanted & found).total() / wanted.total()


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(RUN)), strict=False))


def _drawn(title: str, least_pages: int, *, columns: int, is_across: bool) -> Report:
    """A report of our own paragraphs. is_across: as some programs write pages, each line of the left column followed by that beside it."""
    paragraphs = _paragraphs()
    for count in itertools.count(least_pages * 6, least_pages):
        chosen = [paragraphs[number % len(paragraphs)] for number in range(count)]
        data, pages = _across(chosen) if is_across else flowed(chosen, columns)
        if pages >= least_pages:
            return Report(title, data, pages, WORD.findall("\n".join(chosen)), is_across)
    raise AssertionError


def _paragraphs() -> list[str]:
    """Paragraphs of the project's own gold documents, in an order that is the same for everybody."""
    texts = [json.loads(path.read_text(encoding="utf-8"))["text"] for path in sorted((ROOT / "tests" / "gold").glob("*/*.json"))]
    lines = [line for text in texts for line in text.split("\n") if len(line) > 200 and line.isprintable()]
    return random.Random(0).sample(lines, len(lines))  # noqa: S311 - no secret


def flowed(paragraphs: Sequence[str], columns: int) -> tuple[bytes, int]:
    """A PDF of some paragraphs, column after column, and how many pages it has."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    out = io.BytesIO()
    width, height, margin = float(A4[0]), float(A4[1]), 22 * float(mm)
    each = (width - 2 * margin - FRAME_GAP * (columns - 1)) / columns
    frames = [Frame(margin + number * (each + FRAME_GAP), margin, each, height - 2 * margin, 0, 0, 0, 0) for number in range(columns)]
    style = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=13, spaceAfter=6)
    template = BaseDocTemplate(out, pagesize=A4, invariant=1, pageTemplates=[PageTemplate(frames=frames)])
    template.build([Paragraph(escape(paragraph), style) for paragraph in paragraphs])
    return out.getvalue(), template.page


def _across(paragraphs: Sequence[str]) -> tuple[bytes, int]:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    width, height, margin, leading = float(A4[0]), float(A4[1]), 22 * float(mm), 13.0
    each = (width - 2 * margin - FRAME_GAP) / 2
    lines = [line for paragraph in paragraphs for line in [*simpleSplit(paragraph, "Times-Roman", 10, each), ""]]
    rows = int((height - 2 * margin) / leading)
    canvas: Any = Canvas(out, pagesize=A4, invariant=1)
    pages = 0
    for start in range(0, len(lines), 2 * rows):
        canvas.setFont("Times-Roman", 10)
        for number in range(rows):
            for column, line in enumerate(lines[start + number : start + 2 * rows : rows]):
                canvas.drawString(margin + column * (each + FRAME_GAP), height - margin - number * leading, line)
        canvas.showPage()
        pages += 1
    canvas.save()
    return out.getvalue(), pages


if __name__ == "__main__":
    sys.exit(main())
