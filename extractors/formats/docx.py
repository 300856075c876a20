"""DOCX: the words of a Word document, its lists numbered, its notes and text boxes at hand.

python-docx opens the package; its own text leaves out tracked insertions, content
controls, notes and text boxes, and its tables expand a span of columns cell by
cell (a `gridSpan` of two thousand million took 1.8 GB), so the XML is walked here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from extractors.document import Document
from extractors.errors import DamagedDocument, UnsupportedFormat
from extractors.formats import package, properties
from extractors.formats.package import Piece
from extractors.formats.text import clean
from extractors.options import Options

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PROPERTIES = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_STRICT = b"purl.oclc.org/ooxml"
_OTHER_WORD = re.compile(r"macroEnabled|template")
_SKIPPED = frozenset({"del", "moveFrom", "delText", "instrText", "rPr", "pPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "sdtEndPr", "rt", "Fallback"})
_PLACEHOLDER = re.compile(r"%([1-9])")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def read(data: bytes, name: str, options: Options) -> Document:
    """The text of a document, its notes at the end; the day it was written is none of publication."""
    with package.opened(data, name) as opened:
        is_strict = "_rels/.rels" in opened.namelist() and _STRICT in opened.read("_rels/.rels")
    if is_strict:
        raise UnsupportedFormat(f"{name}: Strict Open XML, which is not read; save it as an ordinary .docx")
    document = _opened(data, name)
    try:
        story = _Story(document)
        pieces = list(story.pieces(document.element.body))
        pieces += story.notes()
    except (AttributeError, KeyError, TypeError, ValueError, SyntaxError, RecursionError) as error:
        raise DamagedDocument(f"{name}: a Word document with parts out of shape ({error}); open it in Word and save it again") from error
    text, notices = clean(package.running_text(pieces))
    title, author = _properties(document)
    return Document(
        text,
        title=package.title(title, story.title, story.heading),
        media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        warnings=notices,
        metadata={} if author is None else {"author": author},
    )


def _opened(data: bytes, name: str) -> Any:
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        return docx.Document(io.BytesIO(data))
    except ValueError as error:
        if _OTHER_WORD.search(str(error)):
            raise UnsupportedFormat(f"{name}: a Word template, or a document with macros; save it as .docx") from error
        raise DamagedDocument(f"{name}: not a whole Word document ({error}); fetch it again") from error
    except (PackageNotFoundError, KeyError, AttributeError, TypeError, SyntaxError) as error:
        raise DamagedDocument(f"{name}: not a whole Word document ({error}); fetch it again") from error


def _properties(document: Any) -> tuple[str, str | None]:
    """Title and author as the properties have them; nothing where there are none, or they are out of shape."""
    if not any(rel.reltype == _PROPERTIES for rel in document.part.package.rels.values()):
        return "", None  # python-docx would make some up
    try:
        told = document.core_properties
        return str(told.title), properties.written(str(told.author))
    except (AttributeError, KeyError, ValueError):
        return "", None


class _Story:
    """The text of a document, walked once."""

    def __init__(self, document: Any) -> None:
        self.title: str | None = None
        self.heading: str | None = None
        self._part = document.part
        self._styles = _Styles(document.styles.element)
        self._numbering = _Numbering(self._related("numbering"))
        self._cited: list[tuple[str, str]] = []  # kind and id of notes, as the text calls them
        self._boxes: list[Any] = []

    def pieces(self, container: Any) -> Iterator[Piece]:
        """Paragraphs, items and rows below an element; a text box after the paragraph that holds it."""
        for child in container:
            tag = _tag(child)
            if tag == "p":
                yield from self._paragraph(child)
            elif tag == "tbl":
                for cells in self._rows(child):
                    yield from package.row(cells)
            elif tag not in _SKIPPED:
                yield from self.pieces(child)

    def notes(self) -> list[Piece]:
        """The notes that the text cites, in its order."""
        found = []
        for kind in ("footnote", "endnote"):
            root = self._related(f"{kind}s")
            by_id = {} if root is None else {note.get(f"{_W}id"): note for note in root}
            for number in [number for cited, number in self._cited if cited == kind]:
                found += list(self.pieces(by_id.pop(number, ())))
        return found

    def _related(self, name: str) -> Any | None:
        """The root of the part that is the document's footnotes, numbering…, None where it has none."""
        from docx.oxml import parse_xml

        related = next((rel.target_part for rel in self._part.rels.values() if rel.reltype == _RELATION + name and not rel.is_external), None)
        return None if related is None else parse_xml(related.blob)

    def _paragraph(self, element: Any) -> Iterator[Piece]:
        style = self._styles.of(element)
        mark = self._numbering.mark(*self._styles.numbering(element))
        text = "\n".join(" ".join(line.split()) for line in "".join(self._words(element)).split("\n")).strip()
        boxes, self._boxes = self._boxes, []
        if text and not style.startswith("toc "):
            self._note_title(style, text)
            is_item = bool(mark) and not style.startswith("heading")
            yield Piece(f"{mark} {text}" if mark else text, "item" if is_item else "paragraph")
        for box in boxes:
            yield from self.pieces(box)

    def _note_title(self, style: str, text: str) -> None:
        if style == "title":
            self.title = self.title or text
        elif style.startswith("heading"):
            self.heading = self.heading or text

    def _words(self, element: Any) -> Iterator[str]:
        for child in element:
            tag = _tag(child)
            if tag in ("t", "noBreakHyphen"):
                yield child.text or ("-" if tag == "noBreakHyphen" else "")
            elif tag in ("tab", "ptab"):
                yield " "
            elif tag in ("br", "cr"):
                yield "\n"
            elif tag in ("footnoteReference", "endnoteReference"):
                self._cited.append((tag.removesuffix("Reference"), child.get(f"{_W}id")))
            elif tag == "txbxContent":
                self._boxes.append(child)
            elif tag not in _SKIPPED and not (tag == "r" and _is_hidden(child)):
                yield from self._words(child)

    def _rows(self, table: Any) -> Iterator[list[list[Piece]]]:
        """Each row's cells, through what may wrap rows and cells."""
        for row in _inside(table, "tr"):
            if row.find(f"{_W}trPr/{_W}del") is None:
                yield [list(self.pieces(cell)) for cell in _inside(row, "tc")]


class _Styles:
    """Names of styles, and the lists that styles belong to."""

    def __init__(self, root: Any) -> None:
        self._styles = {style.get(f"{_W}styleId"): style for style in root.iterchildren(f"{_W}style")}

    def of(self, paragraph: Any) -> str:
        """Lower-case name of a paragraph's style, as Word calls it in English; "" where it has none."""
        style = self._styles.get(_value(paragraph, "pPr/pStyle"))
        return "" if style is None else (_value(style, "name") or "").lower()

    def numbering(self, paragraph: Any) -> tuple[str | None, int]:
        """The list that a paragraph or its style belongs to, and the level in it from 0."""
        found, style, seen = paragraph, self._styles.get(_value(paragraph, "pPr/pStyle")), set()
        while found is not None:
            number = _value(found, "pPr/numPr/numId")
            if number is not None:
                return number, _whole(_value(found, "pPr/numPr/ilvl"))
            found = style
            based_on = None if style is None else _value(style, "basedOn")
            style = None if based_on in seen else self._styles.get(based_on)
            seen.add(based_on)
        return None, 0


class _Numbering:
    """The marks of list items, counted as Word does."""

    def __init__(self, root: Any | None) -> None:
        numbers = [] if root is None else root.findall(f"{_W}num")
        kinds = {} if root is None else {kind.get(f"{_W}abstractNumId"): kind for kind in root.findall(f"{_W}abstractNum")}
        self._levels: dict[str, dict[int, Any]] = {}
        for number in numbers:
            kind = kinds.get(_value(number, "abstractNumId"))
            levels = [] if kind is None else kind.findall(f"{_W}lvl")
            self._levels[number.get(f"{_W}numId")] = {_whole(level.get(f"{_W}ilvl")): level for level in levels}
        self._counts: dict[str, dict[int, int]] = {}

    def mark(self, number: str | None, depth: int) -> str:
        """The next mark of a list: "-" for bullets, "2." or "2.1" for numbers, "" for no list."""
        if number is None or number == "0" or number not in self._levels:
            return ""
        level = self._levels[number].get(depth)
        form = None if level is None else _value(level, "numFmt")
        if form in (None, "bullet", "none"):
            return "-" if form == "bullet" else ""
        counts = self._counts.setdefault(number, {})
        counts[depth] = counts.get(depth, self._first(number, depth) - 1) + 1
        for deeper in [found for found in counts if found > depth]:
            del counts[deeper]
        return _PLACEHOLDER.sub(lambda found: self._shown(number, int(found[1]) - 1), _value(level, "lvlText") or "")

    def _first(self, number: str, depth: int) -> int:
        level = self._levels[number].get(depth)
        return _whole(None if level is None else _value(level, "start"), 1)

    def _shown(self, number: str, depth: int) -> str:
        count = self._counts[number].get(depth, self._first(number, depth))
        form = _value(self._levels[number][depth], "numFmt") if depth in self._levels[number] else None
        if form in ("lowerLetter", "upperLetter") and 0 < count <= len(_LETTERS):
            letter = _LETTERS[count - 1]
            return letter.upper() if form == "upperLetter" else letter
        return str(count)


def _tag(element: Any) -> str:
    """Local name of an element, "" of a comment; namespaces differ between text, drawings and shapes."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _inside(element: Any, wanted: str) -> Iterator[Any]:
    for child in element:
        tag = _tag(child)
        if tag == wanted:
            yield child
        elif tag in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            yield from _inside(child, wanted)


def _value(element: Any, path: str) -> str | None:
    """`w:val` of what stands at a path below an element."""
    found = element.find("/".join(_W + step for step in path.split("/")))
    value = None if found is None else found.get(f"{_W}val")
    return None if value is None else str(value)


def _whole(value: str | None, otherwise: int = 0) -> int:
    return int(value) if value is not None and value.isdecimal() and len(value) < 7 else otherwise


def _is_hidden(run: Any) -> bool:
    found = run.find(f"{_W}rPr/{_W}vanish")
    return found is not None and found.get(f"{_W}val") not in ("0", "false")
