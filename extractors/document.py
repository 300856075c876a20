"""What was read: a document, its view, its paragraphs and its passages.

The text is fixed once it is read. Finders see a *view* of it: the same text
with soft line breaks, no-break blanks and typographic apostrophes made plain,
so that wrapped mail and typographic French give the same records.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from extractors.records import Notice, PublishedFrom
from extractors.spans import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from extractors.languages import Language

# Code points that the view shows as another one, always one for one.
_PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " ", "\t": " ", "\u2011": "-", "\u2019": "'", "\u02bc": "'"})
_LINE = re.compile(r"[^\n]*\n?")
_ITEM = re.compile(r"\s*(?:[-•*–—·▪◦]|\(?\d{1,3}[.)]|\(?[a-z][.)]|[|#>])\s")
PASSAGE_CHARACTERS = 4_000  # bounds memory, and is what a batch of spaCy is made of


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
    """The view of a document's text: composed, with plain blanks and soft line breaks undone."""
    composed, offsets = _compose(text)
    return View(_join_wrapped_lines(composed.translate(_PLAIN).replace("\r", " ")), offsets)


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


def _join_wrapped_lines(text: str) -> str:
    """Turn into a blank each line break that the writer's line width made.

    A break is soft when the next line's first word would not have fitted. Only a
    text whose lines are all short, and whose full lines mostly go on in lower
    case, counts as wrapped.
    """
    lines = text.split("\n")
    width = max((len(line.rstrip()) for line in lines if " " in line.strip()), default=0)
    if not 40 <= width <= 100:
        return text
    full = [i for i in range(len(lines) - 1) if _is_full(lines[i], lines[i + 1], width)]
    going_on = sum(1 for i in full if lines[i + 1].lstrip()[:1].islower())
    if len(full) < 2 or going_on * 2 < len(full):
        return text
    soft = set(full)
    return "".join(line + (" " if i in soft else "\n") for i, line in enumerate(lines[:-1])) + lines[-1]


def _is_full(line: str, following: str, width: int) -> bool:
    if not line.strip() or not following.strip() or _ITEM.match(following):
        return False
    return len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > width
