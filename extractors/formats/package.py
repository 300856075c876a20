"""Office documents as what they are: zip packages of XML."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from extractors.errors import DamagedDocument, EncryptedDocument
from extractors.formats import archive, properties
from extractors.formats.parts import Allowance

_XML = (".xml", ".rels")
_MOST_PIECES_IN_CELL = 3  # with more, a table is a page's columns
_LONGEST_TITLE = 300
_DOCTYPE = re.compile(b"<!DOCTYPE|<\0!\0D\0O\0C\0T\0Y\0P\0E\0|\0<\0!\0D\0O\0C\0T\0Y\0P\0E")
# Any other encoding could hide a DOCTYPE from a search of the bytes.
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["'](?!utf-8|utf-16|us-ascii|iso-8859-1|windows-1252)""", re.IGNORECASE)


@contextmanager
def opened(data: bytes, name: str) -> Iterator[zipfile.ZipFile]:
    """A package whose XML declares nothing of its own.

    Raises EncryptedDocument, DamagedDocument and TooLarge.
    """
    with archive.opened(data, name) as package:
        found = package.infolist()
        Allowance().take(len(found), sum(member.file_size for member in found), name)
        for member in found:
            if member.filename.lower().endswith(_XML):
                _check(archive.inflated(package, member, name), f"{name}, {member.filename}")
        yield package


def tree(package: zipfile.ZipFile, path: str, name: str) -> Any | None:
    """The root of a part of a package, None where it has no such part."""
    from lxml import etree

    if path not in package.namelist():
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(archive.inflated(package, package.getinfo(path), name), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DamagedDocument(f"{name}: {path} in it is no whole XML ({error}); open it in its program and save it again") from error


def locked(name: str) -> EncryptedDocument:
    """The error for a document that a password guards."""
    return EncryptedDocument(f"{name}: locked with a password; save an unlocked copy and give that")


def _check(data: bytes, where: str) -> None:
    if _DOCTYPE.search(data) or _ENCODING.match(data):
        raise DamagedDocument(f"{where}: declares a document type or an odd encoding, which no office program writes; save it again as .docx, .odt or .pdf")


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph of a document, an item of a list with its mark, or a row of a table."""

    text: str
    kind: Literal["paragraph", "item", "row"] = "paragraph"


def row(cells: Sequence[Sequence[Piece]]) -> list[Piece]:
    """A table's row as one line; its pieces one by one where the table only lays the page out."""
    filled = [cell for cell in cells if cell]
    if len(filled) < 2 or max(map(len, filled)) > _MOST_PIECES_IN_CELL:
        return [piece for cell in filled for piece in cell]
    return [Piece(" | ".join(" ".join(" ".join(piece.text for piece in cell).split()) for cell in filled), "row")]


def running_text(pieces: Iterable[Piece]) -> str:
    """The pieces one below the other: an empty line between two, none between items or rows."""
    parts: list[str] = []
    before = "paragraph"
    for piece in pieces:
        if parts:
            parts.append("\n" if piece.kind == before != "paragraph" else "\n\n")
        parts.append(piece.text)
        before = piece.kind
    return "".join(parts)


def title(told: str | None, named: str | None, heading: str | None) -> str | None:
    """What the document calls itself on its first page, else in its properties, else its first heading."""
    for value in (named, properties.title(told or ""), heading):
        if value and len(value) <= _LONGEST_TITLE:
            return " ".join(value.split())
    return None
