"""pdfplumber's reading of single PDF pages: those with tables or columns, and those where pdfium finds nothing."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

from extractors.formats.layout import BOLD, Line, plain

_WORDS = {"x_tolerance_ratio": 0.15, "use_text_flow": True}  # the defaults lose 10 to 30 % of word breaks
_GAP = 1.5  # blanks wider than this many letter heights stand between cells or columns
_CELL_GAP = 1.0  # in a line above or below one with such blanks: the widest word of a column leaves less
_GUTTER_SHARE = 0.15  # of the rows of a page may cross the blank between its columns: titles, full-width lines
_COLUMN_SHARE = 0.6  # of a column's width is what its lines at least fill, in the middle; a table's cells do not

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of a page that is read from top to bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, thing: dict[str, Any]) -> bool:
        x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return bool(self.left <= x < self.right and self.top <= y < self.bottom)


class Plumber:
    """The reader of one file, opened when the first page needs it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pdf: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pdf is not None:
            with suppress(Exception):  # it walks the pages again, and may fail as it did the first time
                self._pdf.close()

    def lines(self, number: int) -> list[Line]:
        """The lines of a page (from 0): a table's rows as one line each, columns one after the other.

        Empty where pdfplumber fails.
        """
        import pdfplumber

        try:
            self._pdf = self._pdf or pdfplumber.open(io.BytesIO(self._data))
            page = self._pdf.pages[number]
            lines = _page_lines(page, number)
            page.close()
        except Exception:  # noqa: BLE001 - on odd files it raises anything at all, and it is only a second opinion
            return []
        return lines


def _page_lines(page: Any, number: int) -> list[Line]:
    tables = [(table, _Region(*table.bbox)) for table in page.find_tables() if _is_table(table)]
    outside = page.filter(lambda thing: not any(region.holds(thing) for _, region in tables))
    lines = [line for region in _regions(outside) for line in _text_lines(outside, region, number)]
    for table, region in tables:
        above = [index for index, line in enumerate(lines) if line.baseline < region.bottom and line.left < region.right and line.right > region.left]
        at = above[-1] + 1 if above else 0
        lines[at:at] = _rows(table, number)
    return lines


def _is_table(table: Any) -> bool:
    """Two rows and two columns at least: a frame around text is none."""
    return len(table.rows) > 1 and max(sum(cell is not None for cell in row.cells) for row in table.rows) > 1


def _rows(table: Any, number: int) -> Iterator[Line]:
    for row, cells in zip(table.rows, table.extract(**_WORDS), strict=True):
        words = " | ".join(plain(cell.replace("-\n", "-").replace("\n", " ")) for cell in cells if cell and cell.strip())
        if words:
            left, _, right, bottom = row.bbox
            yield Line(words, left, right, bottom, 1.0, number, is_row=True)


def _text_lines(page: Any, region: _Region, number: int) -> Iterator[Line]:
    """The lines of a region; one with wide blanks inside is a row of cells."""
    part = page.filter(lambda thing: thing["object_type"] != "char" or region.holds(thing))
    lines = [line for line in part.extract_text_lines(**_WORDS) if line["text"].strip()]
    gaps = [_widest_gap(line) for line in lines]
    are_split = [gap > _GAP for gap in gaps]
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        for index in order:
            neighbour = index - order.step
            are_split[index] = are_split[index] or (are_split[neighbour] and gaps[index] > _CELL_GAP)
    words = part.extract_words(**_WORDS) if any(are_split) else []
    for line, is_split in zip(lines, are_split, strict=True):
        characters = [c for c in line["chars"] if c["text"].strip()]
        size = characters[0]["size"]
        cells = _cells(words, line, size) if is_split else []
        is_row = len(cells) > 1 and len(cells[0]) > 3  # not a bullet or a number and its text
        is_bold = all(BOLD.search(c["fontname"]) for c in (characters[0], characters[len(characters) // 2], characters[-1]))
        text = " | ".join(cells) if is_row else plain(line["text"])
        yield Line(text, line["x0"], line["x1"], line["bottom"], size, number, is_row=is_row, is_bold=is_bold)


def _widest_gap(line: dict[str, Any]) -> float:
    """The widest blank of a line, in letter heights."""
    characters = [c for c in line["chars"] if c["text"].strip()]
    return max(((b["x0"] - a["x1"]) / max(1e-3, characters[0]["size"]) for a, b in itertools.pairwise(characters)), default=0.0)


def _cells(words: Iterable[dict[str, Any]], line: dict[str, Any], size: float) -> list[str]:
    """The words of a line in groups that wide blanks divide."""
    within = _Region(line["x0"] - 1, line["top"] - 1, line["x1"] + 1, line["bottom"] + 1)
    groups: list[list[str]] = []
    end = 0.0
    for word in sorted((w for w in words if within.holds(w)), key=lambda w: w["x0"]):
        if groups and word["x0"] - end <= _CELL_GAP * size:
            groups[-1].append(word["text"])
        else:
            groups.append([word["text"]])
        end = word["x1"]
    return [plain(" ".join(group)) for group in groups]


def _regions(page: Any) -> list[_Region]:
    """The parts of a page in reading order: the whole of it, or its columns between the lines that run across."""
    words = page.extract_words(**_WORDS)
    rows = _by_row(words)
    gutter = _gutter(rows, page.width)
    top, bottom = page.bbox[1] - 1, page.bbox[3] + 1
    if gutter is None:
        return [_Region(page.bbox[0] - 1, top, page.bbox[2] + 1, bottom)]
    regions = []
    for row in rows:
        if _crosses(row, gutter):
            row_top, row_bottom = min(w["top"] for w in row), max(w["bottom"] for w in row)
            regions += [*_halves(page, gutter, top, row_top), _Region(page.bbox[0] - 1, row_top, page.bbox[2] + 1, row_bottom)]
            top = row_bottom
    return [*regions, *_halves(page, gutter, top, bottom)]


def _halves(page: Any, gutter: float, top: float, bottom: float) -> list[_Region]:
    return [_Region(page.bbox[0] - 1, top, gutter, bottom), _Region(gutter, top, page.bbox[2] + 1, bottom)] if bottom > top else []


def _by_row(words: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Words that stand beside one another, from the top of the page."""
    rows: list[list[dict[str, Any]]] = []
    for word in sorted(words, key=lambda w: w["bottom"]):
        if rows and word["bottom"] - rows[-1][0]["bottom"] < 0.5 * (word["bottom"] - word["top"]):
            rows[-1].append(word)
        else:
            rows.append([word])
    return rows


def _crosses(row: Sequence[dict[str, Any]], x: float) -> bool:
    """Whether a row runs across x: a word stands on it, or two stand close to it."""
    left, right = [w for w in row if w["x0"] < x], [w for w in row if w["x0"] >= x]
    if any(w["x1"] > x for w in left):
        return True
    if not left or not right:
        return False
    height = max(w["bottom"] - w["top"] for w in row)
    return bool(min(w["x0"] for w in right) - max(w["x1"] for w in left) < height / 2)


def _gutter(rows: Sequence[Sequence[dict[str, Any]]], width: float) -> float | None:
    """Where the blank between two columns of running text stands, None where the page has none."""
    if len(rows) < 8:
        return None
    candidates = [width * share / 100 for share in range(30, 71)]
    crossing = [sum(_crosses(row, x) for row in rows) for x in candidates]
    fewest = min(crossing)
    if fewest > _GUTTER_SHARE * len(rows):
        return None
    best = [x for x, count in zip(candidates, crossing, strict=True) if count == fewest]
    gutter = best[len(best) // 2]
    sides = [[[w for w in row if (w["x0"] < gutter) is is_left] for row in rows if not _crosses(row, gutter)] for is_left in (True, False)]
    return gutter if all(_is_column([row for row in side if row]) for side in sides) else None


def _is_column(rows: Sequence[Sequence[dict[str, Any]]]) -> bool:
    if len(rows) < 5:
        return False
    lefts, rights = [min(w["x0"] for w in row) for row in rows], [max(w["x1"] for w in row) for row in rows]
    widths = [right - left for left, right in zip(lefts, rights, strict=True)]
    return bool(median(widths) >= _COLUMN_SHARE * (max(rights) - min(lefts)))
