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
from collections.abc import Iterable, Mapping, Sequence
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
    {character: " " for character in "\u00a0\u202f\u2007\u2009\u200a\u2002\u2003\u2008\u3000\t"}
    | {character: "\n" for character in "\x0b\x0c\x85\u2028\u2029"}
    | {"\u2011": "-", "\u2010": "-", "\u2019": "'", "\u02bc": "'"}
    | {chr(code): " " for code in (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0))}
)
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"  # left out of the view: soft hyphen, zero-width blanks
_LINE = re.compile(r"[^\n]*\n?")
_ITEM = re.compile(r"\s*(?:[•*·▪◦|#>]|(?P<ambiguous>[-–—]|\(?\d{1,3}[.)]|\(?[a-z][.)]))\s")
# What a line-wrapping program keeps together at a line's start: French puts a no-break blank inside quotation marks, before : ; ? ! and in numbers.
_FIRST_WORD = re.compile(r"\s*(?:[«“]\s)?\S+(?:\s[:;?!»%€$]|\s\d{3}\b)*")
_BROKEN_WORD = re.compile(r"\w-$")  # a line that ends so goes on in the middle of a word: États-|Unis
_SENTENCE_END = re.compile(r"[.!?…:;][\"'»”)\]]*$")


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
        return sum(1 for start in self.pages if start <= offset)


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
    plain = _plain_line_ends(composed).translate(_PLAIN)
    soft = _soft_breaks(plain)
    shown = "".join(" " if index in soft else character for index, character in enumerate(plain)) if soft else plain
    hidden = {index for index in soft if index and _BROKEN_WORD.match(plain, index - 2)} | _invisible(plain)
    if not hidden:
        return View(shown, offsets)
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


def passages(text: str, paragraph_languages: Sequence[tuple[Span, Language]]) -> list[Passage]:
    """Paragraphs of one language joined into runs of at most PASSAGE_CHARACTERS."""
    out: list[Passage] = []
    for (start, end), language in paragraph_languages:
        last = out[-1] if out else None
        if last is not None and last.language is language and end - last.start <= PASSAGE_CHARACTERS:
            out[-1] = replace(last, end=end, text=text[last.start : end])
        else:
            out.append(Passage(start, end, language, text[start:end]))
    return out


def _compose(text: str) -> tuple[str, array[int] | None]:
    """NFC of a text and, where that moves anything, the offset of each code point."""
    if unicodedata.is_normalized("NFC", text):
        return text, None
    parts: list[str] = []
    offsets: array[int] = array("q")
    for cluster in re.finditer(r"[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]+", text, re.DOTALL):
        part = unicodedata.normalize("NFC", cluster.group())
        parts.append(part)
        offsets.extend([cluster.start()] * len(part))
    offsets.append(len(text))
    return "".join(parts), offsets


def _plain_line_ends(text: str) -> str:
    """"\\r\\n" as a blank and "\\n", a lone "\\r" as "\\n": the length stays."""
    return text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text


def _invisible(text: str) -> set[int]:
    if not any(character in text for character in _INVISIBLE):
        return set()
    return {index for index, character in enumerate(text) if character in _INVISIBLE}


def _soft_breaks(text: str) -> set[int]:
    """Offsets of the line breaks that the writer's line width made.

    A break is soft where the next line's first word would not have fitted. The
    width is the one that explains most breaks; that the text is wrapped at all
    shows in the lines that go on in lower case.
    """
    lines = text.split("\n")
    breaks = [index for index in range(len(lines) - 1) if lines[index].strip() and lines[index + 1].strip()]
    rooms = {index: _room(lines[index], lines[index + 1]) for index in breaks}
    width = _width(rooms.values())
    full = {index for index, (length, needed) in rooms.items() if length <= width < needed}
    going_on = {index for index in breaks if lines[index + 1].lstrip()[0].islower() and not _ITEM.match(lines[index + 1])}
    too_long = sum(1 for line in lines if len(line.rstrip()) > width and " " in line.strip())
    if not full & going_on or len(full & going_on) * 5 < len(going_on) * 4 or too_long * 10 > len(full):
        return set()
    starts = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    return {starts[index + 1] - 1 for index in full if not _begins_item(lines, index, full)}


def _room(line: str, following: str) -> tuple[int, int]:
    """Length of a line, and what it would be with the next one's first word."""
    length = len(line.rstrip())
    first = _FIRST_WORD.match(following)
    word = first[0].strip() if first else ""
    return length, length + len(word) + (0 if _BROKEN_WORD.search(line.rstrip()) else 1)


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
    for step in (-1, 1):
        near = index + 1 + step
        while 0 <= near < len(lines) and lines[near].strip():
            other = _ITEM.match(lines[near])
            if other and other["ambiguous"] and _shape(other["ambiguous"]) == shape and near - 1 not in full:
                return True
            near += step
    return False


def _shape(marker: str) -> str:
    return re.sub(r"[a-z]", "a", re.sub(r"\d+", "1", marker))
