"""Web archives (WARC): each page of HTML that was fetched whole, as its own file; what a PDF or office document is, likewise."""

from __future__ import annotations

import codecs
import contextlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message

from extractors.document import Document
from extractors.errors import DamagedDocument, DocumentError, EmptyDocument, TooLarge, UnsupportedFormat
from extractors.formats import html
from extractors.formats.parts import Allowance, BadPart, Part, named
from extractors.formats.text import known_encoding, unicode_encoding
from extractors.options import Options

_MARK, _GZIP = b"WARC/", b"\x1f\x8b"
_BLOCK_BYTES = 1_000_000  # warcio joins the blocks of a line one by one
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_WINDOWS = {"gzip": (_GZIP_WINDOW,), "x-gzip": (_GZIP_WINDOW,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
_PAGES = frozenset({"application/xhtml+xml", "text/html"})
_FILES = frozenset(
    {
        "application/msword",
        "application/pdf",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
_AS_IT_IS = frozenset({"", "identity"})
_LONGEST_HEADER = 1_000
_MOST_RECORDS = 100_000  # of all kinds: warcio takes 20 s for them, and a site's pictures are among them


@dataclass(frozen=True, slots=True)
class _Response:
    """What a server answered. address: of what was asked for. body: as it came, still packed by `coding`."""

    address: str
    captured: str
    status: str
    media_type: str
    charset: str | None
    coding: str
    body: bytes


def is_archive(data: bytes) -> bool:
    """Whether a file, packed by gzip or not, begins like a web archive."""
    if not data.startswith(_GZIP):
        return data.startswith(_MARK)
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(data[:1_024], len(_MARK)) == _MARK
    except zlib.error:
        return False


def members(data: bytes, name: str, options: Options, allowance: Allowance) -> Iterator[Part | BadPart]:
    """Each page (as its record of the archive) and each file of an archive, in its order.

    Pictures, scripts, redirections and answers of failure are no documents. Raises EmptyDocument where nothing else is in it.
    """
    plain, is_whole = _plain(data, allowance.inflated_bytes)
    allowance.take(0, len(plain), name)
    taken: dict[str, int] = {}
    try:
        for record in _records(plain, name, is_whole=is_whole):
            part = _part(record, name, options, taken)
            if part is not None:
                allowance.take(1, 0, name)
                yield part
    except DocumentError as error:
        if not taken:
            raise
        yield BadPart(named(name, "the rest", taken), error)
        return
    if not taken:
        raise EmptyDocument(f"{name}: no page in this web archive; fetch the pages again or leave it out")


def read(data: bytes, name: str, options: Options) -> Document:
    """The page of one record; its address is its source, unless the caller names another."""
    found = _response(data, name)
    page = html.read(_marked(_unpacked(found, name, options), found.charset), name, options)
    told = {"url": found.address, "captured": found.captured}
    return replace(page, source=found.address or None, metadata={**page.metadata, **{key: value for key, value in told.items() if value}})


def _plain(data: bytes, most: int) -> tuple[bytes, bool]:
    """An archive unpacked, one byte over `most` at the most, and whether that is all of it."""
    if not data.startswith(_GZIP):
        return data, True
    out = bytearray()
    while data.startswith(_GZIP) and len(out) <= most:
        found, rest, is_whole = _inflated(data, _GZIP_WINDOW, most + 1 - len(out))
        out += found
        if not is_whole:
            return bytes(out), len(out) > most
        data = rest
    return bytes(out), not data.strip(b"\0\r\n")


def _inflated(data: bytes, window: int, most: int) -> tuple[bytes, bytes, bool]:
    """What some bytes unpack to, `most` at the most; the bytes behind them; whether their end was met. Raises nothing: what is broken has no end."""
    packed = zlib.decompressobj(window)
    try:
        return packed.decompress(data, most), packed.unused_data, packed.eof
    except zlib.error:
        return b"", b"", False


def _records(plain: bytes, name: str, *, is_whole: bool) -> Iterator[bytes]:
    """Each record of an archive that is not packed, whole, with the headers of its own. Raises DamagedDocument where one is cut."""
    from warcio.archiveiterator import WARCIterator  # type: ignore[import-untyped, unused-ignore]
    from warcio.exceptions import ArchiveLoadFailed  # type: ignore[import-untyped, unused-ignore]

    records = WARCIterator(io.BytesIO(plain), no_record_parse=True, block_size=_BLOCK_BYTES)
    number = 0
    while True:
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # what warcio says of a wrong length; `err_count` tells it too
                record = next(records)
            block = record.raw_stream.read()
        except StopIteration:
            break
        except (ArchiveLoadFailed, AttributeError, OverflowError, TypeError, ValueError) as error:
            raise DamagedDocument(f"{name}: cannot be read after record {number} ({' '.join(str(error).split())[:200]}); fetch the archive again") from error
        number += 1
        if number > _MOST_RECORDS:
            raise TooLarge(f"{name}: over {_MOST_RECORDS:,} records; split it")
        if records.err_count or record.length is None or len(block) < record.length:
            raise DamagedDocument(f"{name}: stops before its end, or record {number} is not as long as it says; fetch the archive again")
        yield bytes(record.rec_headers.to_bytes()) + block + b"\r\n\r\n"
    if not is_whole:
        raise DamagedDocument(f"{name}: stops before its end, after record {number}; fetch the archive again")


def _part(record: bytes, name: str, options: Options, taken: dict[str, int]) -> Part | BadPart | None:
    """The document of a record, None where it is none."""
    try:
        found = _response(record, name)
    except DamagedDocument as error:
        return BadPart(named(name, "record", taken), error)
    if not found.status.startswith("2") or found.media_type not in _PAGES | _FILES:
        return None
    origin = named(name, found.address.partition("#")[0], taken)
    if found.media_type in _PAGES:
        return Part(record, origin, is_body=True)
    try:
        return Part(_unpacked(found, origin, options), origin)
    except DocumentError as error:
        return BadPart(origin, error)


def _response(record: bytes, name: str) -> _Response:
    """What one record holds, of status "" where that is no answer of a server. Raises DamagedDocument where its headers are none."""
    from warcio.archiveiterator import WARCIterator  # type: ignore[import-untyped, unused-ignore]
    from warcio.bufferedreaders import ChunkedDataReader  # type: ignore[import-untyped, unused-ignore]

    try:
        found = next(WARCIterator(io.BytesIO(record), verify_http=True, block_size=_BLOCK_BYTES))
    except Exception as error:
        raise DamagedDocument(f"{name}: a record that cannot be read ({' '.join(str(error).split())[:200]}); fetch the page again") from error
    said, stream = found.http_headers, found.raw_stream
    if said is not None and (said.get_header("transfer-encoding") or "").lower() == "chunked":
        stream = ChunkedDataReader(stream, block_size=_BLOCK_BYTES)
    is_answer = found.rec_type == "resource" or (found.rec_type == "response" and said is not None)
    typed = Message()
    typed["Content-Type"] = ((said or found.rec_headers).get_header("content-type") or "").replace("\n", " ")[:_LONGEST_HEADER]
    return _Response(
        address=found.rec_headers.get_header("WARC-Target-URI") or "",
        captured=found.rec_headers.get_header("WARC-Date") or "",
        status=("200" if said is None else said.get_statuscode()) if is_answer else "",
        media_type=typed.get_content_type(),
        charset=typed.get_content_charset(),
        coding="" if said is None else (said.get_header("content-encoding") or "").strip().lower(),
        body=stream.read() if is_answer else b"",
    )


def _unpacked(found: _Response, name: str, options: Options) -> bytes:
    """The body of an answer as its writer wrote it. Raises TooLarge, DamagedDocument, and UnsupportedFormat for a packing that is not gzip's or zlib's."""
    windows = _WINDOWS.get(found.coding, ())
    if found.coding not in _AS_IT_IS and not windows:
        raise UnsupportedFormat(f"{name}: a page packed by {found.coding[:40]!r}; fetch it again without")
    for window in windows:
        body, _, is_whole = _inflated(found.body, window, options.max_bytes + 1)
        if len(body) > options.max_bytes:
            raise TooLarge(f"{name}: unpacks to over the limit of {options.max_bytes:,} bytes; split it or raise max_bytes")
        if is_whole:
            return body
    if windows and found.body.startswith(_GZIP):
        raise DamagedDocument(f"{name}: a page that cannot be unpacked to its end; fetch it again")
    return found.body  # many archives keep what is unpacked already, under the headers that it came with


def _marked(body: bytes, charset: str | None) -> bytes:
    """A page in UTF-8 and marked so where its server named the encoding, as that comes before what the page says of itself."""
    encoding = None if charset is None or unicode_encoding(body) is not None else known_encoding(charset)
    if encoding is None or encoding.startswith("utf_8"):
        return body
    try:
        return codecs.BOM_UTF8 + body.decode("cp1252" if encoding in ("ascii", "iso8859_1") else encoding).encode("utf_8")
    except UnicodeError:
        return body
