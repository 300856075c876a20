"""Mail messages: what the writer wrote, and what is attached, each a document of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import errors as faults
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import parseaddr
from typing import Any

from extractors.document import Document
from extractors.errors import DamagedDocument, EncryptedDocument, TooLarge
from extractors.formats import html, published
from extractors.formats.parts import Allowance, BadPart, Part, named
from extractors.formats.text import clean, decode, known_encoding
from extractors.languages.identify import tag_code
from extractors.options import Options
from extractors.records import Notice

_LONGEST_HEADER = 10_000  # characters: stdlib email takes 2 GiB for a megabyte of encoded words
_LONGEST_TITLE = 300
_HEADER = re.compile(r"[!-9;-~]{1,76}:")
_SURE_HEADERS = frozenset({"delivered-to", "dkim-signature", "message-id", "mime-version", "received", "return-path"})
_USUAL_HEADERS = frozenset({"date", "from", "subject", "to"})
_FEWEST_HEADERS = 3
_CUT = (faults.StartBoundaryNotFoundDefect, faults.CloseBoundaryNotFoundDefect)
_LOCKED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_NO_DOCUMENTS = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/rfc822-headers", "message/delivery-status"}
)


class _Policy(Compat32):
    """Raw headers, cut before anything parses them."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


def is_mail(head: str, *, is_named_so: bool) -> bool:
    """Whether a text begins like a mail: with headers alone, and where its name does not say so with those of machines."""
    lines = head.replace("\r\n", "\n").removeprefix("\n").split("\n\n", 1)[0].split("\n")
    if lines and lines[0].startswith("From "):
        del lines[0]
    names = [found[0][:-1].lower() for line in lines[: max(1, len(lines) - 1)] if (found := _HEADER.match(line))]
    whole = all(line[:1] in (" ", "\t") or _HEADER.match(line) for line in lines[: max(1, len(lines) - 1)])
    if not whole or not _USUAL_HEADERS & set(names):
        return False
    return is_named_so or (bool(_SURE_HEADERS & set(names)) and len(set(names)) >= _FEWEST_HEADERS)


def read(data: bytes, name: str, options: Options) -> Document:
    """What the writer of a mail wrote: its plain text rather than its HTML; the day it was sent."""
    mail = _parsed(data, name)
    text, notices = _body(mail)
    text, more = clean(text)
    sent = published.day(_header(mail, "Date"))
    writer = _writer(mail)
    left_out = sum(_is_decoration(part) for part in mail.walk())
    if left_out:
        more = (*more, Notice(code="pictures_left_out", message=f"{left_out} pictures that stand in the text of the mail were not read"))
    return Document(
        text.strip("\n"),
        title=_header(mail, "Subject")[:_LONGEST_TITLE] or None,
        published=sent,
        published_from=None if sent is None else "metadata",
        language=tag_code(_header(mail, "Content-Language")),
        media_type="message/rfc822",
        warnings=(*notices, *more),
        metadata={"author": writer} if writer else {},
    )


def parts(data: bytes, name: str, options: Options, allowance: Allowance) -> Iterator[Part | BadPart]:
    """The mail itself, unless it only carries others, then each attachment and each mail inside it.

    Raises, before the first, what is wrong with the whole.
    """
    mail = _parsed(data, name)
    attached = [part for part in _leaves(mail) if _is_attached(part) and part.get_content_type() not in _NO_DOCUMENTS]
    allowance.take(len(attached), 0, name)
    if not attached or _body(mail)[0].strip():
        yield Part(data, name, is_body=True)
    taken: dict[str, int] = {}
    for number, part in enumerate(attached, start=1):
        origin = named(name, _file_name(part, number), taken)
        try:
            content = _content(part)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            yield BadPart(origin, DamagedDocument(f"{origin}: an attachment that cannot be unpacked ({error}); save it from the mail and give that"))
            continue
        try:
            allowance.take(0, len(content), name)
        except TooLarge as error:
            yield BadPart(origin, error)
            return
        yield Part(content, origin)


def _parsed(data: bytes, name: str) -> Message:
    try:
        mail = message_from_bytes(data, policy=_Policy())
        found = list(mail.walk())
    except RecursionError as error:
        raise DamagedDocument(f"{name}: parts inside parts past what can be read; save the text of the mail as .txt") from error
    if any(part.get_content_type() in _LOCKED for part in found):
        raise EncryptedDocument(f"{name}: an encrypted mail; save its text as .txt and give that")
    if any(isinstance(defect, _CUT) for part in found for defect in part.defects):
        raise DamagedDocument(f"{name}: the mail stops before its end ({len(data):,} bytes); fetch the whole mail again")
    return mail


def _leaves(part: Message) -> Iterator[Message]:
    """The parts of a mail that hold something, those of a mail inside it left to that."""
    if part.get_content_type() == "message/rfc822" or not part.is_multipart():
        yield part
        return
    for inner in part.get_payload():
        if isinstance(inner, Message):
            yield from _leaves(inner)


def _is_attached(part: Message) -> bool:
    """Whether a part is a document of its own, and neither the mail's text nor a picture in it."""
    if part.get_content_type() == "message/rfc822" or part.get_content_disposition() == "attachment":
        return True
    if _is_decoration(part) or part.get_content_maintype() == "multipart":  # one that is not: its boundary is missing
        return False
    return part.get_content_type() not in ("text/plain", "text/html") or part.get_filename() is not None


def _is_decoration(part: Message) -> bool:
    return part.get_content_maintype() == "image" and part.get_content_disposition() != "attachment"


def _body(mail: Message) -> tuple[str, tuple[Notice, ...]]:
    """The words of a mail, and what had to be guessed."""
    texts: list[str] = []
    notices: list[Notice] = []
    for part in _written(mail):
        text, found = _text(part)
        if text.strip():
            texts.append(text.strip("\n"))
            notices += found
    return "\n\n".join(texts), tuple(notices)


def _written(part: Message) -> Iterator[Message]:
    """The parts that are a mail's text, of alternatives the plain one unless it is blank."""
    if not part.is_multipart():
        if part.get_content_maintype() in ("text", "multipart") and not _is_attached(part):
            yield part
        return
    if part.get_content_type() == "message/rfc822":
        return
    inner = [found for found in part.get_payload() if isinstance(found, Message)]
    if part.get_content_type() == "multipart/alternative":
        choices = [list(_written(found)) for found in inner]
        choices = [choice for choice in choices if any(_text(found)[0].strip() for found in choice)]
        plain = next((choice for choice in choices if all(found.get_content_subtype() == "plain" for found in choice)), None)
        yield from plain or next(iter(reversed(choices)), [])
        return
    for found in inner:
        yield from _written(found)


def _text(part: Message) -> tuple[str, tuple[Notice, ...]]:
    """The words of a text part in the encoding it declares, else as any file of text."""
    data = _decoded(part)
    declared = known_encoding(part.get_content_charset() or "utf_8")
    notices: tuple[Notice, ...] = ()
    try:
        text = data.decode(declared or "utf_8")
    except UnicodeError:
        text, _, notices = decode(data)
    text = text.replace("\r\n", "\n")
    return (html.fragment_text(text) if part.get_content_subtype() == "html" else text), notices


def _decoded(part: Message) -> bytes:
    payload: Any = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _content(part: Message) -> bytes:
    """The bytes of an attachment; of a mail inside the mail, that mail's."""
    if part.is_multipart():
        inner: Any = part.get_payload(0)
        return bytes(inner.as_bytes())
    return _decoded(part)


def _file_name(part: Message, number: int) -> str:
    name = _words(part.get_filename() or "")
    if name or part.get_content_type() != "message/rfc822":
        return name or f"part-{number}"
    inner: Any = part.get_payload(0) if part.is_multipart() else part
    return f"{_header(inner, 'Subject')[:100].replace('/', '-') or f'mail-{number}'}.eml"


def _writer(mail: Message) -> str:
    """Name, else address, of who sent a mail."""
    try:
        return next((found for found in parseaddr(_header(mail, "From")) if found), "")
    except RecursionError:  # brackets inside brackets
        return ""


def _header(mail: Message, name: str) -> str:
    value = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    if not value.isascii():  # raw bytes stand as half characters
        value = decode(value.encode("utf_8", "surrogateescape"))[0]
    return _words(value)


def _words(value: str) -> str:
    """A raw header in one line, its encoded words decoded."""
    parts = []
    try:
        for words, charset in decode_header(value):
            if isinstance(words, str):
                parts.append(words)
                continue
            try:
                parts.append(words.decode(known_encoding(charset or "utf_8") or "utf_8"))
            except UnicodeError:
                parts.append(decode(words)[0])
    except (faults.HeaderParseError, ValueError):
        parts = [value]
    return " ".join(clean("".join(parts))[0].split())
