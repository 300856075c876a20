"""Bytes in, Documents out. `read` looks at the bytes and picks one of the readers beside it.

Each reader is one module with `read(data, name, options) -> Document`; here the
caller's hints are laid over what the reader found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from extractors.document import Document
from extractors.errors import EmptyDocument, TooLarge, UnreadableFile, UnsupportedFormat, VeilleError
from extractors.formats import archive, csv_rows, docx, feed, html, json_lines, kinds, mail, markdown, mbox, odt, pdf, published, text, warc
from extractors.formats.parts import DEEPEST, Allowance, BadPart, Part
from extractors.languages.identify import tag_code
from extractors.options import Options

__all__ = ["BadPart", "Hints", "Part", "read", "read_each", "read_one", "unpack"]

_READERS: dict[kinds.Kind, Callable[[bytes, str, Options], Document]] = {
    kinds.TEXT: text.read,
    kinds.MARKDOWN: markdown.read,
    kinds.HTML: html.read,
    kinds.PDF: pdf.read,
    kinds.DOCX: docx.read,
    kinds.ODT: odt.read,
    kinds.MAIL: mail.read,
    kinds.WARC: warc.read,
}
_UNPACKED: dict[kinds.Kind, Callable[[bytes, str, Options, Allowance], Iterator[Part | BadPart]]] = {
    kinds.MAIL: mail.parts,
    kinds.MAILBOX: mbox.members,
    kinds.WARC: warc.members,
    kinds.ZIP: archive.members,
}


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller knows of a document; wins over what the file says."""

    title: str | None = None
    published: date | None = None
    language: str | None = None
    source: str | None = None


_NO_HINTS, _DEFAULTS = Hints(), Options()


def read(source: bytes | Path, *, name: str | None = None, hints: Hints = _NO_HINTS, options: Options = _DEFAULTS) -> list[Document]:
    """The documents of a file: one, or one a line, row, entry, mail, attachment, page or member of an archive.

    name: what messages and `Document.source` call it, by default the path.
    Raises a VeilleError; of a file of many documents, the error of the first bad
    one (`read_each` goes on past it).
    """
    documents = []
    for item in read_each(source, name=name, hints=hints, options=options):
        if isinstance(item, BadPart):
            raise item.error
        documents.append(item)
    return documents


def read_each(source: bytes | Path, *, name: str | None = None, hints: Hints = _NO_HINTS, options: Options = _DEFAULTS) -> Iterator[Document | BadPart]:
    """The same one by one, each bad one in its place.

    Raises a VeilleError where the whole file cannot be read, at the first `next`.
    """
    for item in unpack(source, name=name, hints=hints, options=options):
        if not isinstance(item, Part):
            yield item
            continue
        try:
            found: Document | BadPart = read_one(item.data, name=item.origin, hints=hints, options=options)
        except VeilleError as error:
            if item.is_whole:
                raise
            found = BadPart(item.origin, error)
        yield found


def unpack(source: bytes | Path, *, name: str | None = None, hints: Hints = _NO_HINTS, options: Options = _DEFAULTS) -> Iterator[Document | BadPart | Part]:
    """What a file holds, unpacked but not read: a Part for `read_one` to read, lines and rows as documents.

    A file of one document is one Part. Raises as `read_each` does.
    """
    shown = _shown(source, name)
    for item in _unpacked(Part(_load(source, shown, options), shown, is_whole=True), options, Allowance(), 0):
        yield _with_hints(item, hints) if isinstance(item, Document) else item


def read_one(source: bytes | Path, *, name: str | None = None, hints: Hints = _NO_HINTS, options: Options = _DEFAULTS) -> Document:
    """The one document of a file, of a mail what its writer wrote, of a record of a web archive its page. Raises a DocumentError."""
    shown = _shown(source, name)
    data = _load(source, shown, options)
    kind = kinds.sniff(data, shown)
    if kind not in _READERS:
        raise UnsupportedFormat(f"{shown}: {kind.noun} where one document is expected; give it as a file of its own")
    return _finished(_READERS[kind](data, shown, options), data, shown, hints, options)


def _unpacked(whole: Part, options: Options, allowance: Allowance, depth: int) -> Iterator[Document | BadPart | Part]:
    """A part, or what it holds where it holds several; raises, before the first, what is wrong with all of it."""
    data, origin = whole.data, whole.origin
    kind = kinds.sniff(data, origin)
    if kind is kinds.JSON_LINES:
        yield from json_lines.read_each(data, origin, options)
    elif kind is kinds.CSV:
        yield from csv_rows.read_each(data, origin, options)
    elif kind is kinds.FEED:
        yield from feed.read_each(data, origin, options, allowance)
    elif kind in _UNPACKED:
        if depth >= DEEPEST:
            raise TooLarge(f"{origin}: over {DEEPEST} archives and mails inside one another; unpack it and give the files in it")
        for item in _UNPACKED[kind](data, origin, options, allowance):
            yield from [item] if isinstance(item, BadPart) or item.is_body else _inside(item, options, allowance, depth + 1)
    else:
        yield whole


def _inside(part: Part, options: Options, allowance: Allowance, depth: int) -> Iterator[Document | BadPart | Part]:
    """What a part of a file holds; what is wrong with it in its place."""
    try:
        _load(part.data, part.origin, options)
        yield from _unpacked(part, options, allowance, depth)
    except VeilleError as error:
        yield BadPart(part.origin, error)


def _shown(source: bytes | Path, name: str | None) -> str:
    return _printable(name if name is not None else str(source) if isinstance(source, Path) else "document")


def _printable(name: str) -> str:
    """A name that any output can carry: file names need not be UTF-8, nor free of control characters."""
    name = name.encode("utf_8", "surrogateescape").decode("utf_8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def _load(source: bytes | Path, name: str, options: Options) -> bytes:
    if isinstance(source, Path):
        try:
            if not source.is_file():  # a pipe would never end, a folder has no bytes
                raise UnreadableFile(f"{name}: no such file, or not an ordinary one; give the path of a file")
            _check_bytes(source.stat().st_size, name, options)
            source = source.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
            reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise UnreadableFile(f"{name}: cannot be read ({reason}); check that it exists and that you may read it") from error
    _check_bytes(len(source), name, options)
    if not source.strip(b"\0 \t\r\n"):
        raise EmptyDocument(f"{name}: an empty file ({len(source)} bytes, no text); put the text in it or leave it out")
    return source


def _check_bytes(size: int, name: str, options: Options) -> None:
    if size > options.max_bytes:
        raise TooLarge(f"{name}: {size:,} bytes, over the limit of {options.max_bytes:,}; split it or raise max_bytes")


def _finished(found: Document, data: bytes, name: str, hints: Hints, options: Options) -> Document:
    if not found.text.strip():
        raise EmptyDocument(f"{name}: no text in it; put the text in it or leave it out")
    if len(found.text) > options.max_characters:
        raise TooLarge(f"{name}: {len(found.text):,} characters, over the limit of {options.max_characters:,}; split it or raise max_characters")
    found = replace(found, sha256=hashlib.sha256(data).hexdigest(), source=found.source or name, origin=name, fallback_published=published.from_name(name))
    return _with_hints(found, hints)


def _with_hints(found: Document, hints: Hints) -> Document:
    """What the caller says laid over it; a title from the first line where nobody gives one."""
    return replace(
        found,
        title=hints.title or found.title or text.first_line(found.text),
        published=hints.published or found.published,
        published_from="caller" if hints.published is not None else found.published_from,
        language=(hints.language and tag_code(hints.language)) or found.language,
        source=hints.source or found.source,
    )
