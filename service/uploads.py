"""What a request brings: files, JSON or plain text, received up to a limit into files that we name."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from extractors.errors import EmptyDocument, InvalidRequest
from service import problems
from service.http_models import About, Text
from service.ingest import Found, Given
from service.store import DiskFull

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.formats import Hints
    from extractors.options import Options

_MOST_FILES, _MOST_FIELDS, _LONGEST_FIELD_BYTES = 1_000, 20, 16_384
_LONGEST_FORM_TEXT_BYTES = 12_000_000
_LONGEST_NAME = 255
TOKEN = "token"  # noqa: S105 - what a page's form names the word that proves where it comes from
_FILES = "files"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
TEXT = "text:"  # how the identity of a text begins that came without a file
WAIT = "wait"  # the one parameter of an address that is not about a document
_NO_NAME = "text"  # what a text is called whose sender does not say where it comes from
Model = TypeVar("Model", bound=About)


@dataclass(frozen=True, slots=True)
class Received:
    """What there is to store; call `discard` once nothing of it is needed."""

    given: Sequence[Found | Given]
    discard: Callable[[], None]


async def receive(request: Request, options: Options) -> Received:
    """The documents of a request: multipart `files`, JSON, or text.

    Raises UnsupportedBody for any other media type, InvalidRequest, BodyTooLarge, DiskFull,
    a DocumentError for text that is none.
    """
    if _media_type(request).get_content_type() == "multipart/form-data":
        _refuse_query(request)
        try:
            return await _files(request)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise DiskFull("the server has no room left to receive this upload; free some space there, then send it again") from error
            raise
    return _received(*await receive_text(request, options))


async def receive_form(request: Request, options: Options, check: Callable[[str], None]) -> Received | None:
    """What a page's form brings: files, else a text; None where it brings neither.

    check: is given the form's token before anything is kept, and raises for a wrong one. Raises as `receive` does.
    """
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FORM_TEXT_BYTES) as form:
        check(str(form.get(TOKEN, "")))
        files = [value for name, value in form.multi_items() if name == _FILES and isinstance(value, UploadFile) and (value.filename or value.size)]
        values = {name: value.strip() or None for name, value in form.multi_items() if isinstance(value, str) and name in About.model_fields}
        if files:
            return await run_in_threadpool(_copied, files, _hints(_validated(About, values)))
        if not str(given := form.get("text", "")).strip():
            return None
        text = _validated(Text, {**values, "text": str(given).replace("\r\n", "\n")})  # browsers send every line end as two characters
        return _received(text, document_of(text.text, _hints(text), options))


async def receive_text(request: Request, options: Options) -> tuple[Text, Document]:
    """The text of a request of JSON or plain text, and the document that it is; raises as `receive` does."""
    media_type = _media_type(request)
    kind = media_type.get_content_type()
    if kind == "application/json":
        _refuse_query(request)
        text = _validated(Text, await request.body())
    elif kind == "text/plain":
        text = _validated(
            Text,
            {
                **{name: value or None for name, value in request.query_params.items() if name != WAIT},
                "text": _decoded(await request.body(), media_type.get_content_charset()),
            },
        )
    else:
        raise problems.UnsupportedBody(f"{kind or 'no Content-Type'}: send multipart/form-data with files, application/json with a text, or text/plain.")
    return text, document_of(text.text, _hints(text), options)


def _received(text: Text, document: Document) -> Received:
    return Received([Given(document, text.source or _NO_NAME, f"{TEXT}{document.sha256}", _hints(text))], lambda: None)


def _refuse_query(request: Request) -> None:
    given = [name for name, value in request.query_params.items() if value and name != WAIT]
    if given:
        raise InvalidRequest(f"{given[0]}: this goes into the body, beside the files or the text")


def _media_type(request: Request) -> Message:
    """The Content-Type, parsed."""
    header = Message()
    header["Content-Type"] = "".join(c for c in request.headers.get("content-type", "") if c.isprintable()) or "application/octet-stream"
    return header


async def _files(request: Request) -> Received:
    """The files of a form, each copied to a file whose name is ours."""
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD_BYTES) as form:
        uploads, values = [], {}
        for name, value in form.multi_items():
            if isinstance(value, UploadFile) and name == _FILES:
                uploads.append(value)
            elif isinstance(value, str) and name != _FILES:
                values[name] = value or None
            else:
                raise InvalidRequest(f"{name}: send files under the name `{_FILES}`, and everything else as plain fields")
        if not uploads:
            raise InvalidRequest(f"{_FILES}: there is no file in the form; send one or many under this name")
        hints = _hints(_validated(About, values))
        return await run_in_threadpool(_copied, uploads, hints)


def _copied(uploads: Sequence[UploadFile], hints: Hints) -> Received:
    folder = tempfile.TemporaryDirectory(prefix="veille-")
    try:
        found = [_copy(upload, Path(folder.name, f"{number:05}"), hints) for number, upload in enumerate(uploads)]
    except BaseException:
        folder.cleanup()
        raise
    return Received(found, folder.cleanup)


def _copy(upload: UploadFile, target: Path, hints: Hints) -> Found:
    """An upload as a file to ingest, known by its bytes and its name: two people may call their files alike."""
    with target.open("xb") as file:
        shutil.copyfileobj(upload.file, file)
    with target.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = _harmless(upload.filename or "")
    return Found(target, name, f"upload:{sha256}/{name}", hints)


def _harmless(name: str) -> str:
    """The name that a sender gives a file, as a label: relative, printable, not too long."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part.strip("./ ")]
    label = "".join(character if character.isprintable() else "\ufffd" for character in "/".join(parts))
    return label[-_LONGEST_NAME:] or "unnamed"


def _validated(model: type[Model], given: bytes | dict[str, Any]) -> Model:
    """A model of JSON or of fields; raises InvalidRequest, which names the first fault."""
    try:
        return model.model_validate_json(given) if isinstance(given, bytes) else model.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(problems.first_fault(error.errors())) from error


def _decoded(body: bytes, charset: str | None) -> str:
    """Plain text in the encoding that the request names, else in the one that it looks to be in."""
    from extractors.formats import text

    if charset is None:
        return text.decode(body)[0]
    try:
        return body.decode(charset)
    except (LookupError, UnicodeError) as error:
        raise InvalidRequest(f"the text is not in the encoding {charset!r} that Content-Type names; send UTF-8") from error


def document_of(text: str, hints: Hints, options: Options) -> Document:
    """The document of a text, kept to the letter, as a line of JSON Lines is; raises a DocumentError."""
    from extractors import formats

    if not text.strip():
        raise EmptyDocument("text: there is nothing in it; send the words of the document")
    line = json.dumps({"text": text}).replace("%", "\\u0025").encode()  # "%PDF-" at its head would make it a PDF
    [document] = formats.read(line, name=f"{_NO_NAME}.jsonl", hints=hints, options=options)
    sha256 = hashlib.sha256(text.encode("utf_8", "surrogatepass")).hexdigest()
    return replace(document, media_type="text/plain", sha256=sha256, source=hints.source or _NO_NAME, origin=hints.source or _NO_NAME)


def _hints(about: About) -> Hints:
    from extractors.formats import Hints

    return Hints(**{field.name: getattr(about, field.name) or None for field in fields(Hints)})
