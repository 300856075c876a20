"""What was read: a document, its view, its paragraphs and its passages.

The text is fixed once it is read. Finders see a *view* of it: the same text
with soft line breaks, no-break blanks and typographic apostrophes made plain,
so that wrapped mail and typographic French give the same records.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from extractors.records import Notice, PublishedFrom
from extractors.spans import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from extractors.languages import Language

PASSAGE_CHARACTERS = 4_000  # bounds memory, and is what a batch of spaCy is made of
_NARROWEST, _WIDEST = 40, 100  # characters of the lines that people and programs wrap text to

# Code points that the view shows as another one, always one for one: blanks, line ends, hyphen, apostrophes, control characters.
_PLAIN = str.maketrans(
    dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\u2002\u2003\u2008\u3000\t", " ")
    | {"\u2011": "-", "\u2010": "-", "\u2019": "'", "\u02bc": "'"}
    | {chr(code): " " for code in (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0))}
)
_LINE_ENDS = str.maketrans(dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n"))
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"  # left out of the view: soft hyphen, zero-width blanks
_LINE = re.compile(r"[^\n]*\n?")
_PILE = re.compile(r"[^\w\s\x00-\x7f]{31,}")  # more than the accents of a letter: NFC sorts them in a time that is their number squared
_ITEM = re.compile(r"\s*(?:[•*·▪◦|#>]|(?P<ambiguous>[-–—]|\(?\d{1,3}[.)]|\(?[a-z][.)]))\s")
_LIST_LINES = 20  # around a line that may be a list's next item, where another item would show
_SENTENCE_END = re.compile(r"[.!?…:;][\"'»”’)\]]*$")
_FIRST_WORD = re.compile(r"[ \t]*[^ \t]+")
# The same where no-break blanks cannot be told from others: French puts one inside quotation marks, before : ; ? ! and in numbers.
_LOOSE_FIRST_WORD = re.compile(r"[ \t]*(?:[«“] )?[^ \t]+(?: [:;?!»%€$]| \d{3}\b)*")


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what is known about it before anything is extracted.

    pages: offset at which each page starts, empty where the format has none.
    sha256: of the bytes read, None for text given as such.
    source: as the caller tells it; origin: the file, or line of a file ("posts.jsonl#3"), that was read.
    fallback_published: the day in the file's name, which counts where the text has no dateline.
    """

    text: str
    title: str | None = None
    published: date | None = None
    published_from: PublishedFrom | None = None
    language: str | None = None
    source: str | None = None
    origin: str | None = None
    fallback_published: date | None = None
    given_id: str | None = None
    media_type: str = "text/plain"
    sha256: str | None = None
    encoding: str | None = None
    pages: tuple[int, ...] = ()
    warnings: tuple[Notice, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The caller's id, else the first 16 hex digits of the sha256 of what was read."""
        if self.given_id is not None:
            return self.given_id
        read = [self.text, self.title, self.published and self.published.isoformat(), self.language]
        return hashlib.sha256(json.dumps(read, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def page_of(self, offset: int) -> int | None:
        """Number, from 1, of the page that holds a code point; None where there are no pages."""
        if not self.pages:
            return None
        return bisect_right(self.pages, offset)


@dataclass(frozen=True, slots=True)
class View:
    """The text as finders see it, and the way back to the document's own offsets.

    offsets: for each code point of the view, where it stands in the document
    (one more for the end); None where the two run in step.
    """

    text: str
    offsets: array[int] | None = None

    def source(self, span: Span) -> Span:
        """A span of the view as a span of the document."""
        if self.offsets is None:
            return span
        return self.offsets[span[0]], self.offsets[span[1]]


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of paragraphs in one language; offsets into the view."""

    start: int
    end: int
    language: Language
    text: str
    doc: Doc | None = None

    def parsed(self, doc: Doc) -> Passage:
        """The same passage with spaCy's reading of it."""
        return replace(self, doc=doc)


def view(text: str) -> View:
    """The view of a document's text: composed, with plain blanks and soft line breaks undone.

    Of the same length unless accents are decomposed, words are broken at a hyphen
    where a line ends, or invisible characters stand in it: then `offsets` leads back.
    """
    composed, offsets = _compose(text)
    composed = _plain_line_ends(composed)
    plain = composed.translate(_PLAIN)
    soft = _soft_breaks(plain, [composed, _plain_line_ends(text)] if offsets else [composed])
    hidden = _invisible(plain).union(*(_left_out(plain, index) for index in soft))
    shown = list(plain)
    for index in soft:
        shown[index] = " "
    if not hidden:
        return View("".join(shown), offsets)
    kept = [index for index in range(len(plain) + 1) if index not in hidden]
    return View("".join(shown[index] for index in kept[:-1]), array("q", kept if offsets is None else [offsets[index] for index in kept]))


def paragraphs(text: str) -> list[Span]:
    """Spans of the non-blank lines of a view, blanks at both ends left out."""
    spans = []
    for line in _LINE.finditer(text):
        stripped = line.group().strip()
        if stripped:
            start = line.start() + line.group().index(stripped[0])
            spans.append((start, start + len(stripped)))
    return spans


def passages(text: str, paragraph_languages: Sequence[tuple[Span, Language | None]]) -> list[Passage]:
    """Paragraphs of one language joined into runs of at most PASSAGE_CHARACTERS, longer ones cut between sentences.

    Those without a language are left out, and nothing is joined across them.
    """
    out: list[Passage] = []
    last: Passage | None = None
    for start, end, language in ((*piece, language) for span, language in paragraph_languages for piece in _pieces(text, span)):
        if language is None:
            last = None
            continue
        if last is not None and last.language is language and end - last.start <= PASSAGE_CHARACTERS:
            joined = out.pop().start
            last = Passage(joined, end, language, text[joined:end])
        else:
            last = Passage(start, end, language, text[start:end])
        out.append(last)
    return out


def _pieces(text: str, span: Span) -> Iterator[Span]:
    """A paragraph in pieces of at most PASSAGE_CHARACTERS, cut behind a sentence, else at a blank, else anywhere."""
    start, end = span
    while end - start > PASSAGE_CHARACTERS:
        window = text[start : start + PASSAGE_CHARACTERS]
        cut = max(window.rfind(mark, PASSAGE_CHARACTERS // 2) for mark in (". ", "! ", "? ")) + 1
        cut = cut or window.rfind(" ") + 1 or PASSAGE_CHARACTERS
        yield start, start + cut
        start += cut
    yield start, end


def _compose(text: str) -> tuple[str, array[int] | None]:
    """NFC of a text and, where that moves anything, the offset of each code point."""
    if _PILE.search(text) is None and unicodedata.is_normalized("NFC", text):
        return text, None
    parts: list[str] = []
    offsets: array[int] = array("q")
    for cluster in re.finditer(r"[^\u0300-\u036f][\u0300-\u036f]{0,30}|[\u0300-\u036f]{1,31}", text, re.DOTALL):
        part = unicodedata.normalize("NFC", cluster.group())
        parts.append(part)
        offsets.extend([cluster.start()] * len(part))
    offsets.append(len(text))
    return "".join(parts), offsets


def _plain_line_ends(text: str) -> str:
    """Every line end as "\\n", "\\r\\n" as a blank and one: the length stays."""
    return text.replace("\r\n", " \n").translate(_LINE_ENDS)


def _invisible(text: str) -> set[int]:
    if not any(character in text for character in _INVISIBLE):
        return set()
    return {index for index, character in enumerate(text) if character in _INVISIBLE}


def _left_out(text: str, line_end: int) -> Iterator[int]:
    """Offsets around a soft line end that the view does without: all blanks but one, and that one too inside "États-|Unis"."""
    start, end = line_end, line_end + 1
    while start and text[start - 1] == " ":  # trailing blanks, and what was "\\r"
        start -= 1
    while end < len(text) and text[end] == " ":  # a hanging indent
        end += 1
    is_within_word = text[start - 1] == "-" and text[start - 2].isalpha()
    return (index for index in range(start, end) if is_within_word or index != line_end)


def _soft_breaks(plain: str, forms: Sequence[str]) -> set[int]:
    """Offsets of the line breaks that the writer's line width made.

    forms: the text before it was made plain, and before its accents were
    composed. The program that wrapped it counted the characters of one of them,
    and did not break at no-break blanks.
    """
    if "\n" not in plain:
        return set()
    lines = plain.split("\n")
    if " " in plain and " " not in forms[0].replace(" \n", ""):
        soft = _soft_lines(lines, _LOOSE_FIRST_WORD)
    else:
        soft = max((_soft_lines(form.split("\n"), _FIRST_WORD) for form in forms), key=len)
    starts = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    return {starts[index + 1] - 1 for index in soft if not _begins_item(lines, index, soft)}


def _soft_lines(lines: Sequence[str], first_word: re.Pattern[str]) -> set[int]:
    """Numbers of the lines that end where the next one's first word would not have fitted.

    The width is the one that explains most breaks. That the text is wrapped at
    all shows in the lines that go on in lower case: four in five end at it.
    """
    breaks = [index for index in range(len(lines) - 1) if lines[index].strip() and lines[index + 1].strip()]
    rooms = {index: _room(lines[index], lines[index + 1], first_word) for index in breaks}
    width = _width(rooms.values())
    full = {index for index, (length, needed) in rooms.items() if length <= width < needed}
    going_on = {index for index in breaks if lines[index + 1].lstrip()[0].islower() and not _ITEM.match(lines[index + 1])}
    too_long = sum(1 for line in lines if len(line.rstrip()) > width and " " in line.strip())
    if not full & going_on or len(full & going_on) * 5 < len(going_on) * 4 or too_long * 10 > len(full):
        return set()
    hard = sum(1 for index in breaks if index not in full and not _ITEM.match(lines[index + 1]))
    if hard * 5 < len(full):  # paragraphs are set apart by blank lines
        return full
    return {index for index in full if not _ends_paragraph(lines[index], lines[index + 1])}


def _ends_paragraph(line: str, following: str) -> bool:
    return _SENTENCE_END.search(line.rstrip()) is not None and following.lstrip()[0].isupper()


def _room(line: str, following: str, first_word: re.Pattern[str]) -> tuple[int, int]:
    """Length of a line, and what it would be with the next one's first word."""
    length = len(line.rstrip())
    first = first_word.match(following)
    return length, length + len(first[0].strip() if first else "") + (0 if line.rstrip().endswith("-") else 1)


def _width(rooms: Iterable[tuple[int, int]]) -> int:
    """The line width, of those people use, that explains most of the breaks; the widest of equals."""
    steps = [0] * (_WIDEST + 2)
    for length, needed in rooms:
        if needed > _NARROWEST and length <= _WIDEST:
            steps[max(length, _NARROWEST)] += 1
            steps[min(needed, _WIDEST + 1)] -= 1
    explained = list(itertools.accumulate(steps))[: _WIDEST + 1]
    return max(range(_NARROWEST, _WIDEST + 1), key=lambda width: (explained[width], width))


def _begins_item(lines: Sequence[str], index: int, full: set[int]) -> bool:
    """Whether the line after this one is a list's next item, and not the rest of a sentence.

    A dash, "12." or "a)" may begin either; an item is indented, or is not the only one of its list.
    """
    found = _ITEM.match(lines[index + 1])
    if found is None:
        return False
    if found["ambiguous"] is None or lines[index + 1][0].isspace():
        return True
    shape = _shape(found["ambiguous"])
    before = itertools.takewhile(str.strip, reversed(lines[max(0, index + 1 - _LIST_LINES) : index + 1]))
    after = itertools.takewhile(str.strip, lines[index + 2 : index + 2 + _LIST_LINES])
    numbered = itertools.chain(zip(itertools.count(index, -1), before), enumerate(after, start=index + 2))
    others = ((number, _ITEM.match(line)) for number, line in numbered if number - 1 not in full)
    return any(other is not None and other["ambiguous"] is not None and _shape(other["ambiguous"]) == shape for _, other in others)


def _shape(marker: str) -> str:
    return re.sub(r"[a-z]", "a", re.sub(r"\d+", "1", marker))
