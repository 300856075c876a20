"""What kind of file some bytes are: content first, the suffix only refines text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePath

from extractors.errors import DamagedDocument, EncryptedDocument, TypeMismatch, UnsupportedFormat
from extractors.formats import archive, csv_rows, feed, mail, mbox, text, warc

_HEAD_BYTES = 4_096
_PDF_MARK = b"%PDF-"
_PDF_HEAD_BYTES = 1_024  # how far into a file its readers accept the mark of a PDF


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: what to call it, which suffixes promise it, what to do where it cannot be read."""

    noun: str
    suffixes: frozenset[str]
    cure: str = ""


TEXT = Kind("plain text", frozenset({".txt", ".text"}))
MARKDOWN = Kind("Markdown", frozenset({".md", ".markdown"}))
HTML = Kind("HTML", frozenset({".htm", ".html", ".xhtml"}))
PDF = Kind("PDF", frozenset({".pdf"}))
DOCX = Kind("a Word document", frozenset({".docx"}))
ODT = Kind("an OpenDocument text", frozenset({".odt", ".ott"}))
JSON_LINES = Kind("JSON Lines", frozenset({".jsonl", ".ndjson"}))
CSV = Kind("a table of comma-separated values", frozenset({".csv", ".tsv"}))
MAIL = Kind("a mail message", frozenset({".eml"}))
MAILBOX = Kind("a mailbox", frozenset({".mbox"}))
FEED = Kind("an RSS or Atom feed", frozenset({".atom", ".rss"}))
WARC = Kind("a web archive", frozenset({".warc"}), "fetch it again, or give the pages as .html")
ZIP = Kind("a zip archive", frozenset({".zip"}), "unpack it and give the files in it")
OF_MANY = frozenset({JSON_LINES, CSV, MAIL, MAILBOX, FEED, WARC, ZIP})  # kinds of files that hold several documents

_READABLE = "plain text, Markdown, HTML, PDF, DOCX, ODT, mail, CSV, JSON Lines, feeds, web archives and zip archives of them are read"
_UNPACK = ZIP.cure
_SAVE_AS = "save it as DOCX, ODT, PDF, HTML or plain text"
_RECOGNISE = "run text recognition (OCR) on it first, then give the text or the searchable PDF"
_TRANSCRIBE = "give a transcript of it instead"
_EXPORT = "export its texts as CSV with a column `text`"


def _unread(noun: str, cure: str, *suffixes: str) -> Kind:
    return Kind(noun, frozenset(suffixes), cure)


_OFFICE = _unread("an old Microsoft Office document", _SAVE_AS, ".doc", ".dot", ".xls", ".ppt", ".msg")
_OFFICE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_OFFICE = "EncryptedPackage".encode("utf_16_le")  # how Office stores a .docx with a password
_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", _unread("a JPEG picture", _RECOGNISE, ".jpg", ".jpeg")),
    (b"\x89PNG\r\n", _unread("a PNG picture", _RECOGNISE, ".png")),
    (b"GIF8", _unread("a GIF picture", _RECOGNISE, ".gif")),
    (b"II*\0", _unread("a TIFF picture", _RECOGNISE, ".tif", ".tiff")),
    (b"MM\0*", _unread("a TIFF picture", _RECOGNISE, ".tif", ".tiff")),
    (b"RIFF", _unread("a WebP picture, sound or film", _TRANSCRIBE, ".webp", ".wav", ".avi")),
    (_OFFICE_START, _OFFICE),
    (b"{\\rtf", _unread("a Rich Text document", _SAVE_AS, ".rtf")),
    (b"%!PS", _unread("a PostScript document", _SAVE_AS, ".ps", ".eps")),
    (b"\x1f\x8b", _unread("a gzip archive", _UNPACK, ".gz", ".tgz")),
    (b"BZh", _unread("a bzip2 archive", _UNPACK, ".bz2")),
    (b"\xfd7zXZ\0", _unread("an xz archive", _UNPACK, ".xz")),
    (b"7z\xbc\xaf\x27\x1c", _unread("a 7-Zip archive", _UNPACK, ".7z")),
    (b"Rar!", _unread("a RAR archive", _UNPACK, ".rar")),
    (b"SQLite format 3\0", _unread("an SQLite database", "export its texts as JSON Lines", ".db", ".sqlite")),
    (b"ID3", _unread("a sound file", _TRANSCRIBE, ".mp3")),
    (b"\x7fELF", _unread("a program", "leave it out")),
)
_SCANS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"))
_OPEN_XML: tuple[tuple[str, Kind], ...] = (
    ("word/", DOCX),
    ("xl/", _unread("an Excel workbook", _EXPORT, ".xlsx", ".xlsm")),
    ("ppt/", _unread("a PowerPoint presentation", _SAVE_AS, ".pptx")),
)
_MIMETYPES: tuple[tuple[bytes, Kind], ...] = (
    (b"application/vnd.oasis.opendocument.text", ODT),
    (b"application/vnd.oasis.opendocument.spreadsheet", _unread("an OpenDocument table", _EXPORT, ".ods")),
    (b"application/vnd.oasis.opendocument", _unread("an OpenDocument presentation or drawing", _SAVE_AS, ".odp", ".odg")),
    (b"application/epub+zip", _unread("an EPUB book", _SAVE_AS, ".epub")),
)
_TEXT_NOT_READ: tuple[Kind, ...] = (
    Kind(f"{CSV.noun} without a column `text`", CSV.suffixes, "name the columns in the first row: `text`, and if known id, title, published, language, source"),
    _unread("JSON", "write one object a line, each with `text`, into a .jsonl file", ".json", ".geojson"),
    _unread("XML", "save the text of it as .txt or .html", ".xml", ".fodt"),
    _unread("a calendar or an address card", "leave it out", ".ics", ".vcf"),
)
_CARD = re.compile(r"BEGIN:(?:VCALENDAR|VCARD)\b", re.IGNORECASE)
_BINARY = (PDF, DOCX, ODT, ZIP, WARC, *(kind for _, kind in _SIGNATURES), *(kind for _, kind in (*_OPEN_XML, *_MIMETYPES)))
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,2000}-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:p|div|h[1-6]|a|br|ul|ol|li|table|span|article|section|meta)\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def sniff(data: bytes, name: str) -> Kind:
    """The kind of a file that Veille can read.

    Raises UnsupportedFormat, EncryptedDocument, TypeMismatch where the suffix promises
    another kind, DamagedDocument where nothing shows what it promises.
    """
    suffix = PurePath(name).suffix.lower()
    if data.startswith(archive.STARTS):
        return _zip_kind(data, suffix, name)
    if _is_pdf(data):
        return PDF
    if warc.is_archive(data):
        return WARC
    if data.startswith(_OFFICE_START) and _LOCKED_OFFICE in data:
        raise EncryptedDocument(f"{name}: locked with a password; save an unlocked copy and give that")
    found = _by_signature(data)
    if found is not None:
        raise _refusal(found, suffix, name)
    promised = next((kind for kind in _BINARY if suffix in kind.suffixes), None)
    if text.unicode_encoding(data) is None and _is_binary(data):
        if promised is not None:
            raise DamagedDocument(f"{name}: named as {promised.noun} but the bytes do not begin like one; fetch the file again")
        raise UnsupportedFormat(f"{name}: binary data of an unknown kind; {_READABLE}")
    if promised is not None:
        raise TypeMismatch(f"{name}: named as {promised.noun} but holds text; give it the suffix of what it is (.txt, .md, .html) if it is meant")
    return _text_kind(data, suffix, name)


def picture(data: bytes) -> str | None:
    """The media type of a picture that may be a scan of a page, None for any other file."""
    return next((media_type for mark, media_type in _SCANS if data.startswith(mark)), None)


def _is_pdf(data: bytes) -> bool:
    """Whether a file begins with the mark of a PDF, or has it among other bytes and then a PDF's objects: a text may speak of the mark."""
    if data[:_PDF_HEAD_BYTES].lstrip(b"\xef\xbb\xbf\0 \t\r\n").startswith(_PDF_MARK):
        return True
    return _PDF_MARK in data[:_PDF_HEAD_BYTES] and b" obj" in data and b"endobj" in data and not _is_document_line(data)


def _zip_kind(data: bytes, suffix: str, name: str) -> Kind:
    """A zip file is an office document, a book or an archive: what it holds tells."""
    with archive.opened(data, name) as opened:
        members = opened.namelist()
        declared = archive.inflated(opened, opened.getinfo("mimetype"), name) if "mimetype" in members else b""
    if "[Content_Types].xml" in members:
        found = next((kind for folder, kind in _OPEN_XML if any(member.startswith(folder) for member in members)), ZIP)
    else:
        found = next((kind for mark, kind in _MIMETYPES if declared.startswith(mark)), ZIP)
    if found in (DOCX, ODT) or (found is ZIP and suffix not in DOCX.suffixes | ODT.suffixes):
        return found
    raise _refusal(found, suffix, name)


def _by_signature(data: bytes) -> Kind | None:
    if data[4:8] == b"ftyp":
        return _unread("a film or sound file", _TRANSCRIBE, ".mp4", ".m4a", ".mov", ".heic")
    return next((kind for mark, kind in _SIGNATURES if data.startswith(mark)), None)


def _refusal(found: Kind, suffix: str, name: str) -> UnsupportedFormat | TypeMismatch:
    promised = next((k for k in (TEXT, MARKDOWN, HTML, JSON_LINES, CSV, MAIL, MAILBOX, FEED, *_BINARY, *_TEXT_NOT_READ) if suffix in k.suffixes), None)
    if promised is None or promised.noun == found.noun:
        return UnsupportedFormat(f"{name}: {found.noun}, which Veille cannot read ({_READABLE}); {found.cure}")
    return TypeMismatch(f"{name}: named as {promised.noun} but the bytes are those of {found.noun}; {found.cure}")


def _is_binary(data: bytes) -> bool:
    """More than one byte in twenty is a control character: a stray one is only a blemish."""
    sample = data[:_HEAD_BYTES]
    return len(_CONTROL.findall(sample)) * 20 > len(sample)


def _text_kind(data: bytes, suffix: str, name: str) -> Kind:
    head = _head(data)
    if feed.is_feed(head):
        return FEED
    if _HTML_START.match(head) or (suffix in HTML.suffixes and (_TAG.search(head) or head.lstrip().startswith("<"))):
        return HTML
    if suffix in JSON_LINES.suffixes or _is_document_line(data):
        return JSON_LINES
    if suffix in FEED.suffixes:
        raise TypeMismatch(f"{name}: named as {FEED.noun} but does not begin like one; give it the suffix of what it is (.txt, .html)")
    if suffix in MAILBOX.suffixes or mbox.is_mailbox(data, is_named_so=False):
        return MAILBOX
    if mail.is_mail(head, is_named_so=suffix in MAIL.suffixes):
        return MAIL
    if suffix in MAIL.suffixes:
        raise TypeMismatch(f"{name}: named as {MAIL.noun} but does not begin with its headers; give it the suffix of what it is (.txt, .md, .html)")
    if csv_rows.delimiter(head) is not None if suffix in CSV.suffixes else csv_rows.is_documents(head):
        return CSV
    for kind in _TEXT_NOT_READ:
        if suffix in kind.suffixes or (".ics" in kind.suffixes and _CARD.match(head)):
            raise UnsupportedFormat(f"{name}: {kind.noun}, which is not read as it stands ({_READABLE}); {kind.cure}")
    return MARKDOWN if suffix in MARKDOWN.suffixes else TEXT


def _head(data: bytes) -> str:
    return data[:_HEAD_BYTES].decode(text.unicode_encoding(data) or "latin_1", "replace").lstrip("\ufeff")


def _is_document_line(data: bytes) -> bool:
    """Whether the first line is a JSON object with a `text`."""
    line = data.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    if not line.startswith(b"{"):
        return False
    try:
        return "text" in json.loads(line)
    except (ValueError, RecursionError):
        return False
