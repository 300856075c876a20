"""ODT: the words of an OpenDocument text, its notes at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extractors.document import Document
from extractors.errors import DamagedDocument
from extractors.formats import package, properties
from extractors.formats.package import Piece
from extractors.formats.text import clean
from extractors.options import Options

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_OFFICE, _TEXT, _STYLE, _META = (_NAMESPACE % name for name in ("office", "text", "style", "meta"))
_DC = "{http://purl.org/dc/elements/1.1/}"
_SKIPPED = frozenset(
    {
        *("tracked-changes", "table-of-content", "annotation", "note-citation", "sequence-decls", "variable-decls", "user-field-decls", "forms"),
        *("table-columns", "table-column", "table-header-columns", "svg-title", "svg-desc", "ruby-text", "hidden-text", "event-listeners"),
    }
)


def read(data: bytes, name: str, options: Options) -> Document:
    """The text of a document; the day it was written is none of publication."""
    with package.opened(data, name) as opened:
        manifest = package.tree(opened, "META-INF/manifest.xml", name)
        if manifest is not None and any(_tag(element) == "encryption-data" for element in manifest.iter()):
            raise package.locked(name)
        roots = {path: package.tree(opened, path, name) for path in ("content.xml", "styles.xml", "meta.xml")}
    content, meta = roots["content.xml"], roots["meta.xml"]
    body = None if content is None else content.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise DamagedDocument(f"{name}: an OpenDocument text without its text; fetch it again")
    story = _Story([root for root in (content, roots["styles.xml"]) if root is not None])
    pieces = [*story.pieces(body), *story.notes()]
    text, notices = clean(package.running_text(pieces))
    author = properties.written(_told(meta, f"{_DC}creator") or _told(meta, f"{_META}initial-creator"))
    return Document(
        text,
        title=package.title(_told(meta, f"{_DC}title"), story.title, story.heading),
        media_type="application/vnd.oasis.opendocument.text",
        warnings=notices,
        metadata={} if author is None else {"author": author},
    )


class _Story:
    """The text of a document, walked once."""

    def __init__(self, roots: list[Any]) -> None:
        self.title: str | None = None
        self.heading: str | None = None
        self._parents = {style.get(f"{_STYLE}name"): style.get(f"{_STYLE}parent-style-name") for root in roots for style in root.iter(f"{_STYLE}style")}
        self._lists = {style.get(f"{_STYLE}name"): style for root in roots for style in root.iter(f"{_TEXT}list-style")}
        self._notes: list[Any] = []
        self._boxes: list[Any] = []

    def pieces(self, container: Any) -> Iterator[Piece]:
        """Paragraphs, items and rows below an element; a text box after the paragraph that holds it."""
        for child in container:
            tag = _tag(child)
            if tag in ("p", "h"):
                yield from self._paragraph(child)
            elif tag == "list":
                yield from self._list(child, (None, 0))
            elif tag == "table-row":
                yield from package.row([list(self.pieces(cell)) for cell in child if _tag(cell) == "table-cell"])
            elif tag not in _SKIPPED:
                yield from self.pieces(child)

    def notes(self) -> list[Piece]:
        """The notes that the text cites, in its order; a note's own notes are rare enough to be left to it."""
        found = []
        while self._notes:
            found += list(self.pieces(self._notes.pop(0)))
        return found

    def _paragraph(self, element: Any) -> Iterator[Piece]:
        text = "\n".join(" ".join(line.split()) for line in "".join(self._words(element)).split("\n")).strip()
        boxes, self._boxes = self._boxes, []
        if text:
            if self._is_title(element.get(f"{_TEXT}style-name")):
                self.title = self.title or text
            elif _tag(element) == "h":
                self.heading = self.heading or text
            yield Piece(text)
        for box in boxes:
            yield from self.pieces(box)

    def _words(self, element: Any) -> Iterator[str]:
        yield (element.text or "").replace("\n", " ")
        for child in element:
            tag = _tag(child)
            if tag in ("s", "tab"):
                yield " "
            elif tag == "line-break":
                yield "\n"
            elif tag == "note-body":
                self._notes.append(child)
            elif tag == "text-box":
                self._boxes.append(child)
            elif tag not in _SKIPPED:
                yield from self._words(child)
            yield (child.tail or "").replace("\n", " ")

    def _list(self, element: Any, outer: tuple[str | None, int]) -> Iterator[Piece]:
        """A list's items; `outer` is the style and the depth of the list around it."""
        style, depth = element.get(f"{_TEXT}style-name") or outer[0], outer[1] + 1
        is_numbered = self._is_numbered(style, depth)
        number = 0
        for item in element:
            if _tag(item) not in ("list-item", "list-header"):
                continue
            number += _tag(item) == "list-item"
            mark = "" if _tag(item) == "list-header" else f"{number}. " if is_numbered else "- "
            for child in item:
                for piece in self._list(child, (style, depth)) if _tag(child) == "list" else self.pieces([child]):
                    yield Piece(mark + piece.text, "item") if mark and _tag(child) != "list" and _tag(child) != "h" else piece
                    mark = ""

    def _is_numbered(self, style: str | None, depth: int) -> bool:
        levels = self._lists.get(style, ())
        level = next((level for level in levels if level.get(f"{_TEXT}level") == str(depth)), None)
        return level is not None and _tag(level) == "list-level-style-number" and bool(level.get(f"{_STYLE}num-format", "1"))

    def _is_title(self, style: str | None) -> bool:
        """Whether a style is that of titles, or made from it."""
        seen: set[str] = set()
        while style is not None and style not in seen:
            if style == "Title":
                return True
            seen.add(style)
            style = self._parents.get(style)
        return False


def _tag(element: Any) -> str:
    """Local name of an element; a picture's title is no field with the document's."""
    namespace, _, local = str(element.tag).rpartition("}")
    return f"svg-{local}" if namespace.endswith("svg-compatible:1.0") else local


def _told(meta: Any | None, path: str) -> str:
    found = None if meta is None else meta.find(f".//{path}")
    return "" if found is None else found.text or ""
