"""Lines on pages into running text: furniture cut, wrapped lines joined, hyphens mended.

Everything here happens while a file is read, before any offset exists. Lengths
are in points, downwards from the top of the page.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from statistics import median

from extractors import languages
from extractors.formats.text import clean

BOLD = re.compile(r"bold|black|heavy|[-,]Bd", re.IGNORECASE)  # in the name of a font
HYPHEN = "\ufffe"  # how pdfium marks a hyphen at the end of a line, a true one too
_MARGIN = 0.12  # share of a page's height at its top and bottom where running lines stand
_MARGIN_LINES = 4  # running lines are among this many at either end of a page
_NEAR = 8  # pages from the first to the third that bear the head of a chapter: every other page, some of them full of figures
_THROUGHOUT = 0.1  # of a report's pages
_NUMBER = re.compile(r"\d+")
_BARE_NUMBER = re.compile(r"[\W_]*\d{1,4}[\W_]*")
_ITEM = re.compile(r"(?:[-•*–—·▪▫◦■□●○➢➤✓✔►▶‣⁃❖]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\d{1,3}°|\d{1,2}(?:\.\d{1,2}){1,3}\.?(?=\s+[A-ZÀ-Þ«\"“]))\s")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'»”’)\]]*$")
_WORD = re.compile(r"\w+")
# Letters that fonts join into one, and the bullets of Microsoft's Symbol and Wingdings fonts.
_LETTERS = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
    | dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf06e\uf071\uf0a8\uf0e0", "•")
)
_UNUSED_CODE = "(cid:127)"  # as pdfplumber writes it; PDF 32000 D.2: in WinAnsiEncoding all unused codes are the bullet
_CELLS = " | "
_HYPHENATED = re.compile(rf"\w[-{HYPHEN}]$")
_LAST_WORD, _FIRST_WORD = re.compile(r"(?<!\w)\w++$"), re.compile(r"^\w+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or a row of a table.

    left, right, baseline: where it stands. size: of its first letter.
    is_row: a table's row, which no other line continues. is_bold: from end to end.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    page: int
    is_row: bool = False
    is_bold: bool = False

    @property
    def is_item(self) -> bool:
        return _ITEM.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's lines in reading order, and its height."""

    lines: tuple[Line, ...]
    height: float


def plain(words: str) -> str:
    """A line's words as they will stand in the text; a hyphen mark at its end stays."""
    hyphen = HYPHEN if words.endswith(HYPHEN) else ""
    return " ".join(clean(words.replace(_UNUSED_CODE, "•").translate(_LETTERS))[0].split()) + hyphen


def running_text(sheets: Sequence[Sheet]) -> tuple[str, tuple[int, ...]]:
    """The text of all pages, and the offset at which each page starts."""
    lines = [line for sheet in without_furniture(sheets) for line in sheet.lines]
    joins = _Joins(lines)
    parts: list[str] = []
    starts: dict[int, int] = {}
    length = 0
    is_item = False  # whether the paragraph began as one
    for index, line in enumerate(lines):
        starts.setdefault(line.page, length)
        text = line.text
        is_item = (is_item and bool(parts) and not parts[-1].endswith("\n")) or (line.is_item and not line.is_bold)
        if index + 1 < len(lines):
            text = joins.ended(line, lines[index + 1], is_item=is_item)
        parts.append(text)
        length += len(text)
    text = "".join(parts).replace(HYPHEN, "-")
    pages = [starts.get(number) for number in range(len(sheets))]
    return text, _filled(pages, length)


def without_furniture(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The pages without running headers and footers, and without page numbers.

    A line counts as running where it stands in the margin of several pages with
    the same words, numbers that count the pages aside, on pages near one another or
    throughout, and not as often in the body. Where that would be every line of every
    page, none is cut: the pages are copies.
    """
    margins = [_margins(sheet) for sheet in sheets]
    running = _running(sheets, margins)
    out = []
    for sheet, margin in zip(sheets, margins, strict=True):
        cut = {id(line) for side in margin for line in itertools.takewhile(lambda line: _is_running(line, running), side)}
        out.append(Sheet(tuple(line for line in sheet.lines if id(line) not in cut), sheet.height))
    return out if any(sheet.lines for sheet in out) else list(sheets)


def headline(sheet: Sheet, longest: int = 250) -> str | None:
    """The words of a page's largest print, None where no print stands out."""
    lines = [line for line in sheet.lines if _WORD.search(line.text)]
    if not lines:
        return None
    largest = max(line.size for line in lines)
    if largest <= 1.15 * median(line.size for line in lines for _ in line.text):
        return None
    first = next(index for index, line in enumerate(lines) if line.size >= 0.98 * largest)
    words = []
    for line in lines[first:]:
        if line.size < 0.98 * largest:
            break
        words.append(line.text)
    title = " ".join(" ".join(words).replace(HYPHEN + " ", "").split())
    return title if 3 < len(title) <= longest else None


def _margins(sheet: Sheet) -> tuple[list[Line], list[Line]]:
    """The few lines in the top margin of a page and in its bottom margin, each from the outside in."""
    by_height = sorted(sheet.lines, key=lambda line: line.baseline)
    top = [line for line in by_height[:_MARGIN_LINES] if line.baseline < _MARGIN * sheet.height]
    bottom = [line for line in by_height[: -_MARGIN_LINES - 1 : -1] if line.baseline > (1 - _MARGIN) * sheet.height]
    return top, bottom


def _running(sheets: Sequence[Sheet], margins: Sequence[tuple[list[Line], list[Line]]]) -> set[tuple[object, ...]]:
    """What the running lines of some pages repeat."""
    pages: dict[tuple[object, ...], list[int]] = {}
    for number, margin in enumerate(margins):
        for line in itertools.chain(*margin):
            for key in _keys(line):
                pages.setdefault(key, []).append(number)
    marginal = {id(line) for margin in margins for line in itertools.chain(*margin)}
    in_body: Counter[tuple[object, ...]] = Counter((_words(line),) for sheet in sheets for line in sheet.lines if id(line) not in marginal)
    needed = 2 if len(sheets) <= 3 else 3
    throughout = max(needed, _THROUGHOUT * len(sheets))
    return {
        key
        for key, found in pages.items()
        if len(found) - in_body[key] >= needed
        # a sentence that a long report repeats stands at the edge of a page now and then, far apart
        and (len(found) >= throughout or any(last - first <= _NEAR for first, last in zip(found, found[needed - 1 :], strict=False)))
    }


def _is_running(line: Line, running: AbstractSet[tuple[object, ...]]) -> bool:
    return _BARE_NUMBER.fullmatch(line.text) is not None or not running.isdisjoint(_keys(line))


def _words(line: Line) -> str:
    return " ".join(line.text.replace(_CELLS, " ").split()).casefold()


def _keys(line: Line) -> Iterator[tuple[object, ...]]:
    """What a running line repeats: its words, or its words around a number that counts the pages.

    "Chapitre 2" at the head of page 9 and "Chapitre 3" at that of page 20 repeat nothing.
    """
    words = _words(line)
    yield (words,)
    cells = [cell for cell in line.text.split(_CELLS) if not _BARE_NUMBER.fullmatch(cell)]
    if line.is_row and 0 < len(cells) < line.text.count(_CELLS) + 1:  # on other pages the number stands apart
        yield (" ".join(" ".join(cells).split()).casefold(),)
    template = _NUMBER.sub("#", words)
    for position, number in enumerate(_NUMBER.findall(words)):
        if len(number) < 5:
            yield template, position, int(number) - line.page


class _Joins:
    """Which lines go on in the next one. Knows the line spacing, the columns' right edges and the words of a text."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._edges: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self._reach: dict[tuple[tuple[int, int], float, float], float | None] = {}
        for line in lines:
            self._edges.setdefault(_print(line), []).append((line.left, line.right))
        for group in self._edges.values():
            group.sort()
        gaps: dict[int, list[float]] = {}
        for line, following in itertools.pairwise(lines):
            gap = following.baseline - line.baseline
            if line.page == following.page and _print(line) == _print(following) and 0 < gap < 3 * line.size:
                gaps.setdefault(_print(line)[1], []).append(gap)
        self._pitch = {size: median(found) for size, found in gaps.items()}
        self._words = Counter(word.casefold() for line in lines for word in re.findall(r"[\w-]*\w", line.text))

    def ended(self, line: Line, following: Line, *, is_item: bool) -> str:
        """The line's text, the last of an item or not, with what stands between it and the next one."""
        if not self._goes_on(line, following):
            close = (line.is_row and following.is_row) or (is_item and following.is_item)
            return line.text + ("\n" if close else "\n\n")
        if _HYPHENATED.search(line.text):
            return self._mended(line.text[:-1], following.text)
        return line.text + " "

    def _goes_on(self, line: Line, following: Line) -> bool:
        if line.is_row or following.is_row or following.is_item or abs(line.size - following.size) > 0.1 * line.size:
            return False
        if line.is_bold is not following.is_bold and not following.text[:1].islower():  # a heading, or what it heads
            return False
        if _HYPHENATED.search(line.text):
            return True
        below = line.page == following.page and following.baseline > line.baseline
        if not below:  # the next column or page
            return following.text[:1].islower() and not _SENTENCE_END.search(line.text) and self._is_full(line, following)
        if following.baseline - line.baseline > 1.3 * self._pitch.get(_print(line)[1], 1.4 * line.size):
            return False
        if _is_centred(line, following):
            return not _SENTENCE_END.search(line.text)
        if not line.is_item and following.left > line.left + 0.7 * line.size:
            return False
        return self._is_full(line, following)

    def _is_full(self, line: Line, following: Line) -> bool:
        """Whether the next line's first word would not have fitted."""
        word = following.text.split(maxsplit=1)[0]
        width = (len(word) + 1) * (following.right - following.left) / max(1, len(following.text))
        return line.right + width > self._right_edge(line) - 0.1 * line.size

    def _right_edge(self, line: Line) -> float:
        """How far the lines of this print reach that begin about where this one does."""
        key = _print(line), line.left, line.size
        if key not in self._reach:  # the lines of a column begin alike
            group = self._edges[key[0]]
            first = bisect_left(group, (line.left - 3 * line.size, 0.0))
            last = bisect_left(group, (line.left + 3 * line.size, 0.0))
            self._reach[key] = max((right for _, right in group[first:last]), default=None)
        reach = self._reach[key]
        return line.right if reach is None else reach

    def _mended(self, head: str, tail: str) -> str:
        """`head` ready for `tail` to follow, its hyphen kept where it belongs to the word.

        It does before a capital or a figure ("États-Unis"), where the text writes the
        word so elsewhere, or where the tail is one of French's hyphenated particles.
        """
        before, after = _LAST_WORD.search(head), _FIRST_WORD.search(tail)
        if before is None or after is None:
            return head + "-"
        whole, hyphenated = (before[0] + after[0]).casefold(), f"{before[0]}-{after[0]}".casefold()
        if not after[0][0].islower() or before[0][-1].isdigit() or self._words[hyphenated] > self._words[whole]:
            return head + "-"
        return head + ("-" if after[0].casefold() in _particles() and not self._words[whole] else "")


def _print(line: Line) -> tuple[int, int]:
    return line.page, round(2 * line.size)


def _is_centred(line: Line, following: Line) -> bool:
    middles = abs(line.left + line.right - following.left - following.right) / 2
    return middles < 0.3 * line.size and abs(line.left - following.left) > line.size


def _particles() -> frozenset[str]:
    return frozenset(word for code in languages.codes() for word in languages.load(code).section("reading").get("hyphenated_tails", ()))


def _filled(pages: Sequence[int | None], end: int) -> tuple[int, ...]:
    """Page starts, a page without text starting where the next one with text does."""
    filled: list[int] = []
    for start in reversed(pages):
        end = end if start is None else start
        filled.append(end)
    return tuple(reversed(filled))
