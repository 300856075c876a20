"""PDF: pdfium reads every page; pdfplumber those with tables or columns, and those where pdfium finds nothing."""

from __future__ import annotations

import ctypes
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from statistics import median
from typing import Any

from extractors.document import Document
from extractors.errors import DamagedDocument, EncryptedDocument, NoText, TooLarge
from extractors.formats import layout, properties
from extractors.formats.layout import BOLD, HYPHEN, Line, Sheet
from extractors.formats.plumber import Plumber
from extractors.options import Options
from extractors.records import Notice

_PASSWORD_NEEDED, _UNKNOWN_SECURITY = 4, 5  # pdfium's FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_TAIL_BYTES = 2_048
_LINE = re.compile(rf"[^\r\n{HYPHEN}]*(?:{HYPHEN}|[\r\n]+|$)")
_GAP = 1.5  # blanks wider than this many letter heights stand between cells or columns
_FEWEST_SPLIT_LINES = 3  # a page with fewer is running text
_MOST_PLUMBED = 20_000  # characters, and things drawn, on one page: pdfplumber keeps a dictionary of each; 20,000 took 7 s, 50,000 took 110 s
_LETTERS_SAMPLED, _MOST_UNKNOWN = 200, 0.1  # of a page; share of them whose font does not say which letter they are
_LONGEST_STRING = 32_767  # characters that pdfium reads of a string it is given to draw


def read(data: bytes, name: str, options: Options) -> Document:
    """The running text of a PDF, with the offset at which each page starts."""
    notices: list[Notice] = []
    with _opened(data, name) as pdf:
        if len(pdf) > options.max_pages:
            raise TooLarge(f"{name}: {len(pdf):,} pages, over the limit of {options.max_pages:,}; split it or raise max_pages")
        sheets = list(_sheets(pdf, data, name, options, notices))
        told = {key: value for key, value in pdf.get_metadata_dict().items() if isinstance(value, str)}
    empty = [number for number, sheet in enumerate(sheets, start=1) if not sheet.lines]
    if len(empty) == len(sheets) and any(notice.code == "page_damaged" for notice in notices):
        raise DamagedDocument(f"{name}: none of its {len(sheets)} pages can be read; fetch the file again")
    if len(empty) == len(sheets):
        raise NoText(f"{name}: {len(sheets)} pages of pictures without a text layer; run text recognition on it first (ocrmypdf) and give the result")
    if empty:
        notices.append(Notice(code="pages_without_text", message=f"no text on pages {_ranges(empty)}: pictures, or text recognition is needed"))
    text, pages = layout.running_text(sheets)
    author = properties.written(told.get("Author", ""))
    return Document(
        text,
        title=properties.title(told.get("Title", "")) or layout.headline(next(sheet for sheet in sheets if sheet.lines)),
        media_type="application/pdf",
        pages=pages,
        warnings=tuple(notices),
        metadata={} if author is None else {"author": author},
    )


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[Any]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (_PASSWORD_NEEDED, _UNKNOWN_SECURITY):
            raise EncryptedDocument(f"{name}: locked with a password; save an unlocked copy and give that") from error
        raise DamagedDocument(f"{name}: not a whole PDF ({_cut_or_broken(data)}); fetch the file again") from error
    try:
        if _is_cut(data):
            raise DamagedDocument(f"{name}: the PDF stops before its end ({len(data):,} bytes); fetch the whole file again")
        yield pdf
    finally:
        pdf.close()


def _cut_or_broken(data: bytes) -> str:
    return f"it stops before its end, after {len(data):,} bytes" if _is_cut(data) else "its table of contents is broken"


def _is_cut(data: bytes) -> bool:
    """Whether the bytes stop before the end: what follows the last end mark, if any, is more PDF."""
    end = data.rfind(b"%%EOF")
    if end < 0:
        return b"startxref" not in data[-_TAIL_BYTES:]
    return b" obj" in data[end:]


def _sheets(pdf: Any, data: bytes, name: str, options: Options, notices: list[Notice]) -> Iterator[Sheet]:
    """Each page's lines; what could not be read goes into `notices`."""
    import pypdfium2

    characters = 0
    illegible: list[int] = []
    with Plumber(data) as plumber:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                textpage = page.get_textpage()
                count = textpage.count_chars()
                characters += count
                if characters > options.max_characters:
                    raise TooLarge(f"{name}: over {options.max_characters:,} characters by page {number + 1}; split it or raise max_characters")
                lines, is_split = _lines(textpage, number, page.get_height())
                height, drawn = page.get_height(), _drawn(page)
                if count >= _LONGEST_STRING and _has_cut_string(page, textpage):
                    notices.append(
                        Notice(code="page_cut", message=f"page {number + 1} draws strings of over {_LONGEST_STRING:,} characters, whose ends were not read")
                    )
                illegible += [number + 1] * _is_illegible(textpage, count)
                textpage.close()
                page.close()
            except pypdfium2.PdfiumError:
                notices.append(Notice(code="page_damaged", message=f"page {number + 1} is damaged and was left out"))
                lines, is_split, height, count, drawn = [], False, 0.0, 0, 0
            if (is_split or not lines) and max(count, drawn) <= _MOST_PLUMBED:
                lines = plumber.lines(number) or lines
            yield Sheet(tuple(lines), height)
    if illegible:
        message = f"the fonts of pages {_ranges(illegible)} do not say which letters they draw: what was read there may be no words; try text recognition"
        notices.append(Notice(code="letters_unknown", message=message))


def _is_illegible(textpage: Any, count: int) -> bool:
    """Whether the font says of many letters of a page not which they are."""
    from pypdfium2 import raw

    sample = range(0, count, count // _LETTERS_SAMPLED + 1)
    return bool(sum(raw.FPDFText_HasUnicodeMapError(textpage.raw, index) == 1 for index in sample) > _MOST_UNKNOWN * len(sample))


def _drawn(page: Any) -> int:
    """How many things are drawn on a page: strings, lines, pictures."""
    from pypdfium2 import raw

    return int(raw.FPDFPage_CountObjects(page.raw))


def _has_cut_string(page: Any, textpage: Any) -> bool:
    """Whether a string of the page is as long as pdfium reads them, so that more of it may have followed."""
    from pypdfium2 import raw

    strings = page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])
    return any(raw.FPDFTextObj_GetText(drawn.raw, textpage.raw, None, 0) // 2 > _LONGEST_STRING - 1 for drawn in strings)


def _lines(textpage: Any, page: int, height: float) -> tuple[list[Line], bool]:
    """pdfium's lines of a page, and whether several of them have wide blanks inside: cells or columns."""
    text = textpage.get_text_range()
    lines: list[Line] = []
    split = 0
    for found in _LINE.finditer(text):
        words = found[0].strip()
        if not words.strip(HYPHEN):
            continue
        start = found.start() + found[0].index(words[0])
        line, is_split = _placed(textpage, words, start, (page, height))
        lines.append(line)
        split += is_split
    return lines, split >= _FEWEST_SPLIT_LINES


def _placed(textpage: Any, words: str, start: int, sheet: tuple[int, float]) -> tuple[Line, bool]:
    """A line with its place on the page; `start` is its offset in pdfium's text."""
    from pypdfium2 import raw

    page, height = sheet
    first = raw.FPDFText_GetCharIndexFromTextIndex(textpage.raw, start)
    last = raw.FPDFText_GetCharIndexFromTextIndex(textpage.raw, start + len(words.rstrip(HYPHEN)) - 1)
    rectangles = [textpage.get_rect(i) for i in range(textpage.count_rects(first, max(1, last - first + 1)))]
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage.raw, first, x, y)  # ctypes passes them by reference
    left = min((r[0] for r in rectangles), default=x.value)
    right = max((r[2] for r in rectangles), default=x.value)
    sampled = (first, (first + last) // 2, last)
    is_bold = all(_is_bold(textpage, index) for index in sampled)
    line = Line(layout.plain(words), left, right, height - y.value, _size(textpage, sampled), page, is_bold=is_bold)
    gaps = (b[0] - a[2] for a, b in itertools.pairwise(rectangles) if not line.is_item)
    return line, any(gap > _GAP * line.size for gap in gaps)


def _is_bold(textpage: Any, index: int) -> bool:
    """Whether the font of a letter has a bold name: its weight is often not told."""
    from pypdfium2 import raw

    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(textpage.raw, index, name, len(name), ctypes.byref(ctypes.c_int()))
    return _is_bold_name(name.value)


@lru_cache(maxsize=1_000)
def _is_bold_name(name: bytes) -> bool:
    return BOLD.search(name.decode("utf_8", "replace")) is not None


def _size(textpage: Any, indexes: Iterable[int]) -> float:
    """Height of the letters as drawn, in the middle: a bullet or a raised letter has another than its line.

    A font's own size says nothing where the page scales it.
    """
    from pypdfium2 import raw

    sizes = []
    matrix = raw.FS_MATRIX()
    for index in indexes:
        raw.FPDFText_GetMatrix(textpage.raw, index, matrix)
        sizes.append((raw.FPDFText_GetFontSize(textpage.raw, index) or 1.0) * (math.hypot(matrix.c, matrix.d) or 1.0))
    return median(sizes)


def _ranges(numbers: Sequence[int]) -> str:
    """[1, 2, 3, 7] as "1-3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
