"""JSON Lines: a document a line, its text kept to the letter."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from extractors.document import Document
from extractors.errors import DamagedDocument, EmptyDocument, InvalidRequest, TooLarge, VeilleError
from extractors.formats import published
from extractors.formats.parts import BadPart
from extractors.formats.text import decode, unicode_encoding
from extractors.languages.identify import tag_code
from extractors.options import Options
from extractors.records import Notice

FIELDS = ("id", "text", "title", "published", "language", "source")
DEEPEST = 30  # levels of unknown fields that are kept: what writes records out gives up at some hundreds
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_each(data: bytes, name: str, options: Options) -> Iterator[Document | BadPart]:
    """Each non-blank line as a document, or as what is wrong with it; the others go on."""
    for number, line in enumerate(_lines(data), start=1):
        if not line.strip():
            continue
        fields: Mapping[str, Any] = {}
        try:
            fields, notices = _whole(_parse(line, f"{name}, line {number}"))
            yield replace(document(fields, f"{name}#{number}", options), sha256=hashlib.sha256(line).hexdigest(), warnings=notices)
        except VeilleError as error:
            yield BadPart(f"{name}#{number}", error, _identifier(fields), number)


def _lines(data: bytes) -> Iterator[bytes]:
    """Cut at "\\n" alone: U+2028 may stand inside a JSON string."""
    encoding = unicode_encoding(data)
    if encoding not in (None, "utf_8_sig"):
        data = decode(data)[0].encode("utf_8", "surrogatepass")
    yield from data.removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _parse(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(line.decode("utf_8"))
    except UnicodeDecodeError as error:
        raise DamagedDocument(f"{where}: not UTF-8 at byte {error.start + 1}; write the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise DamagedDocument(f"{where}: not JSON at character {error.pos + 1} ({error.msg}); write one whole object a line") from error
    except (RecursionError, ValueError) as error:  # ValueError: an integer of more than 4,300 digits
        raise DamagedDocument(f"{where}: JSON past what can be read ({type(error).__name__}); write a flat object") from error
    if not isinstance(fields, dict):
        raise InvalidRequest(f'{where}: {type(fields).__name__} where an object is needed; write {{"id": …, "text": …}}')
    if depth(fields) > DEEPEST:
        raise InvalidRequest(f"{where}: nested deeper than {DEEPEST} levels; write a flat object")
    return fields


def depth(value: Any) -> int:
    """Levels of mappings and lists in a value, however many."""
    deepest = 0
    level = [value]
    while level := [found for found in level if isinstance(found, dict | list)]:
        deepest += 1
        level = [inner for found in level for inner in (found.values() if isinstance(found, dict) else found)]
    return deepest


def _whole(fields: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Notice, ...]]:
    """The fields with U+FFFD for each lone surrogate, which JSON can write and no output can carry."""
    written = json.dumps(fields, ensure_ascii=False)
    mended, count = _SURROGATE.subn("\ufffd", written)
    if not count:
        return fields, ()
    return json.loads(mended), (Notice(code="bad_characters", message=f"{count} half characters (lone surrogates) stand as U+FFFD"),)


def document(fields: Mapping[str, Any], origin: str, options: Options) -> Document:
    """The document that some named fields describe; raises a VeilleError for what is not in shape."""
    text = fields.get("text")
    if not isinstance(text, str):
        raise InvalidRequest(f"{origin}: no `text`; give the document's text as a string")
    if not text.strip():
        raise EmptyDocument(f"{origin}: `text` is blank; leave the line out or give its text")
    if len(text) > options.max_characters:
        raise TooLarge(f"{origin}: {len(text):,} characters, over the limit of {options.max_characters:,}; cut it or raise max_characters")
    day = _day(fields, origin)
    return Document(
        text,
        title=_string(fields, "title", origin),
        published=day,
        published_from=None if day is None else "caller",
        language=_language(fields, origin),
        source=_string(fields, "source", origin) or origin,
        origin=origin,
        given_id=_identifier(fields),
        media_type="application/x-ndjson",
        metadata={key: value for key, value in fields.items() if key not in FIELDS},
    )


def _identifier(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)


def _string(fields: Mapping[str, Any], key: str, origin: str) -> str | None:
    value = fields.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidRequest(f"{origin}: `{key}` is {type(value).__name__}; give it as a string, or leave it out")
    return value


def _day(fields: Mapping[str, Any], origin: str) -> date | None:
    value = _string(fields, "published", origin)
    if value is None:
        return None
    found = published.day(value)
    if found is None:
        raise InvalidRequest(f"{origin}: `published` is {value!r}; give a day such as 2024-12-10, or leave it out")
    return found


def _language(fields: Mapping[str, Any], origin: str) -> str | None:
    value = _string(fields, "language", origin)
    if value is None:
        return None
    code = tag_code(value)
    if code is None:
        raise InvalidRequest(f'{origin}: `language` is {value!r}; give a code such as "fr" or "en", or leave it out')
    return code
