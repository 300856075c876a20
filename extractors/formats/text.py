"""Plain text: which encoding the bytes are in, and the clean-up every reader ends with."""

from __future__ import annotations

import codecs
import re
import unicodedata

from extractors.document import Document
from extractors.options import Options
from extractors.records import Notice

# Longest first: the mark of UTF-16 LE is also the head of UTF-32 LE's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
_SAMPLE_BYTES = 4_096
# Codecs of Python that are no encodings of documents; some of them take time that is the square of their input's.
_NOT_DECLARED = frozenset({"idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
_REPLACEMENT = "\ufffd"
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u2060\ufeff]")  # soft hyphen, zero-width blanks, stray byte order mark
_MOST_MARKS = 30  # accents on one letter: Unicode's stream-safe format (UAX 15); NFC sorts them in a time that is their number squared
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


def read(data: bytes, name: str, options: Options) -> Document:
    """A text file, its line ends as "\\n"."""
    text, encoding, notices = decode(data)
    text, more = clean(text)
    return Document(text, media_type="text/plain", encoding=encoding, warnings=(*notices, *more))


def decode(data: bytes) -> tuple[str, str, tuple[Notice, ...]]:
    """Text, name of its encoding, and what had to be guessed.

    By byte order mark, else UTF-8, else Windows-1252 or ISO 8859-15. Never
    fails: bytes that fit nothing become U+FFFD, with a warning.
    """
    encoding = unicode_encoding(data)
    try:
        return data.decode(encoding or "utf_8"), (encoding or "utf_8").removesuffix("_sig"), ()
    except UnicodeDecodeError:
        if encoding is not None or _is_nearly_utf8(data):
            return _with_replacement(data, encoding or "utf_8")
    encoding = _western_encoding(data)
    text = data.decode(encoding, "replace")
    return text, encoding, (Notice(code="encoding_guessed", message=f"the bytes are not UTF-8; read as {encoding}"), *_lost(text))


def unicode_encoding(data: bytes) -> str | None:
    """The encoding that a byte order mark gives away, or the zero bytes of UTF-16 without one."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE_BYTES]
    evens, odds = sample[::2].count(0), sample[1::2].count(0)
    if odds * 4 > len(sample) and evens * 20 < odds:
        return "utf_16_le"
    if evens * 4 > len(sample) and odds * 20 < evens:
        return "utf_16_be"
    return None


def known_encoding(name: str) -> str | None:
    """The encoding that a page or mail declares, as Python calls it ("utf_8"); None for what is none or no other program reads."""
    try:
        encoding = codecs.lookup(name).name.replace("-", "_")
        "a".encode(encoding)  # a LookupError for "zlib", which makes no text
    except (LookupError, ValueError):
        return None
    return None if encoding in _NOT_DECLARED else encoding


def clean(text: str) -> tuple[str, tuple[Notice, ...]]:
    """NFC, line ends as "\\n", and neither control characters nor invisible ones: final from here on."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    text, removed = _CONTROL.subn("", text)
    thinned = _MARKS.sub(_thinned, text)
    marks = len(text) - len(thinned)
    text = unicodedata.normalize("NFC", thinned)
    notices = []
    if removed:
        notices.append(Notice(code="control_characters", message=f"{removed} control characters, which no text holds, were left out"))
    if marks:
        notices.append(Notice(code="combining_marks", message=f"{marks} accents piled on letters that had {_MOST_MARKS} were left out"))
    return text, tuple(notices)


def _thinned(found: re.Match[str]) -> str:
    """A run of signs without those accents that stand on a letter which has its most."""
    out: list[str] = []
    marks = 0
    for character in found[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            out.append(character)
    return "".join(out)


def first_line(text: str, longest: int = 200) -> str | None:
    """The first non-blank line, as a title, where it is short enough to be one."""
    for line in text.split("\n"):
        if line.strip():
            title = " ".join(line.split())
            return title if len(title) <= longest else None
    return None


def _is_nearly_utf8(data: bytes) -> bool:
    """Over 99 % of the characters are valid UTF-8, and so are most of those beyond ASCII.

    The second half keeps English with a few Windows quotation marks out.
    """
    text = data.decode("utf_8", "replace")
    bad = text.count(_REPLACEMENT)
    beyond_ascii = sum(1 for character in text if character > "\x7f") - bad
    return bad * 100 < len(text) and beyond_ascii > bad


def _western_encoding(data: bytes) -> str:
    """Windows-1252 or ISO 8859-15. Unlimited, charset-normalizer reads short French as Polish."""
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=["cp1252", "iso8859_15"]).best()
    return best.encoding if best is not None else "cp1252"


def _with_replacement(data: bytes, encoding: str) -> tuple[str, str, tuple[Notice, ...]]:
    text = data.decode(encoding, "replace")
    return text, encoding.removesuffix("_sig"), _lost(text)


def _lost(text: str) -> tuple[Notice, ...]:
    bad = text.count(_REPLACEMENT)
    if not bad:
        return ()
    return (Notice(code="bad_bytes", message=f"{bad} bytes could not be read as text and stand as U+FFFD"),)
