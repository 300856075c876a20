"""What goes wrong over HTTP: one table from exception to response, each an RFC 9457 problem with a stable code."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, get_args

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from extractors import errors
from extractors.errors import VeilleError
from service import store
from service.queries import RAISED, InvalidFilter
from service.store.sources import Conflict
from service.tasks import Failure

MEDIA_TYPE = "application/problem+json"
# SERVICE's closed list; a client may count on no other being added without a new version of the API.
Code = Literal[
    "empty", "encrypted", "no_text", "unsupported_format", "unsupported_language", "type_mismatch", "too_large", "damaged",
    "timeout", "memory", "worker_crash", "storage", "unreadable", "not_found", "invalid_request", "invalid_filter",
    "unauthorised", "forbidden", "method_not_allowed", "not_acceptable", "conflict", "precondition_failed", "queue_full", "internal",
]  # fmt: skip
CODES: tuple[str, ...] = get_args(Code)
_log = logging.getLogger("veille")


class Refused(VeilleError):
    """A request that is turned away before anything is done; `headers` go with the response."""

    headers: ClassVar[Mapping[str, str]] = {}


class NotFound(Refused):
    """What is asked for is not there."""

    code = "not_found"


class Unauthorised(Refused):
    """No key, or none of ours."""

    code = "unauthorised"
    headers: ClassVar = {"WWW-Authenticate": 'Bearer realm="veille"'}


class Forbidden(Refused):
    """A host name or a page that may not ask."""

    code = "forbidden"


class NotAcceptable(Refused):
    """A format that is not written here."""

    code = "not_acceptable"


class UnsupportedBody(Refused):
    """A body of a media type that is not read here."""

    code = "unsupported_format"


class BodyTooLarge(Refused):
    """A request that carries more than its address takes."""

    code = "too_large"


class PreconditionRequired(Refused):
    """A change to something that the client does not say it has seen."""

    code = "precondition_failed"


class Stale(Refused):
    """What is to be changed has changed since it was read."""

    code = "precondition_failed"


class TooSlow(Refused):
    """A body that does not come."""

    code = "timeout"
    headers: ClassVar = {"Connection": "close"}


class QueueFull(Refused):
    """More work than can wait."""

    code = "queue_full"
    headers: ClassVar = {"Retry-After": "10"}


# The nearest class of an exception decides.
ERRORS: Mapping[type[Exception], tuple[int, Code]] = {
    errors.EmptyDocument: (422, "empty"),
    errors.NoText: (422, "no_text"),
    errors.EncryptedDocument: (422, "encrypted"),
    errors.DamagedDocument: (422, "damaged"),
    errors.UnsupportedFormat: (415, "unsupported_format"),
    errors.TypeMismatch: (415, "type_mismatch"),
    errors.UnsupportedLanguage: (422, "unsupported_language"),
    errors.TooLarge: (413, "too_large"),
    errors.UnreadableFile: (422, "unreadable"),
    errors.InvalidRequest: (400, "invalid_request"),
    RequestValidationError: (400, "invalid_request"),
    InvalidFilter: (400, "invalid_filter"),
    Unauthorised: (401, "unauthorised"),
    Forbidden: (403, "forbidden"),
    NotFound: (404, "not_found"),
    NotAcceptable: (406, "not_acceptable"),
    Conflict: (409, "conflict"),
    BodyTooLarge: (413, "too_large"),
    UnsupportedBody: (415, "unsupported_format"),
    PreconditionRequired: (428, "precondition_failed"),
    Stale: (412, "precondition_failed"),
    TooSlow: (408, "timeout"),
    QueueFull: (503, "queue_full"),
    errors.MissingPart: (503, "internal"),
    store.StoreError: (503, "storage"),
    store.DiskFull: (507, "storage"),
    Exception: (500, "internal"),
}
# Of a document that failed, by its code; the last three are those that no exception above stands for.
_STATUSES: Mapping[Code, int] = {code: status for status, code in ERRORS.values()} | {"timeout": 422, "memory": 422, "worker_crash": 422}
# What the framework raises by itself, by its status.
_FRAMEWORK_CODES: Mapping[int, Code] = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_format",
}
_TITLES: Mapping[str, str] = {
    "empty": "There is nothing in the document",
    "encrypted": "The document needs a password",
    "no_text": "The document has pages but no text",
    "unsupported_format": "This format is not read",
    "unsupported_language": "This language is not read",
    "type_mismatch": "The name promises another format than the content has",
    "too_large": "Over the limit",
    "damaged": "The document is cut or corrupt",
    "timeout": "It took too long",
    "memory": "The document needs too much memory",
    "worker_crash": "The document ended the program that read it",
    "storage": "The database cannot be used",
    "unreadable": "The document cannot be read",
    "not_found": "There is no such thing",
    "invalid_request": "The request is not in the documented shape",
    "invalid_filter": "There is no such filter or value",
    "unauthorised": "A key is needed",
    "forbidden": "Refused",
    "method_not_allowed": "This address does not take this method",
    "not_acceptable": "None of these formats is written here",
    "conflict": "It contradicts what is stored",
    "precondition_failed": "It has changed in the meantime",
    "queue_full": "Too much work is waiting",
    "internal": "A fault of the service",
}
_ASK = "ask whoever runs the service to look at its log"
# What to say where the exception's own words are for whoever runs the service: they name paths.
_SENTENCES: Mapping[type[Exception], str] = {
    store.DiskFull: f"There is no room left on the disk, and what you sent is not stored; {_ASK} and to free some space.",
    store.StoreError: f"The database cannot be read or written just now; try again in a few seconds, and {_ASK} if it goes on.",
    errors.MissingPart: f"A model or table is not installed; {_ASK} and to run `veille doctor`.",
    Exception: f"Something went wrong that should not; try again, and {_ASK} if it goes on.",
}


class Problem(BaseModel):
    """RFC 9457: what went wrong, and what to do about it."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(examples=["urn:veille:problem:empty"], description="The code as a URI.")
    title: str = Field(examples=["There is nothing in the document"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["note.txt: an empty file (0 bytes, no text); put the text in it or leave it out"])
    code: Code = Field(examples=["empty"], description="Stable; test this, not the words.")


def problem(status: int, code: Code, detail: str) -> Problem:
    """A problem in the words of its code."""
    return Problem(type=f"urn:veille:problem:{code}", title=_TITLES[code], status=status, detail=detail, code=code)


def of(error: Exception) -> Problem:
    """The problem that an exception is."""
    kind = next(known for known in type(error).__mro__ if known in ERRORS)
    status, code = ERRORS[kind]
    return problem(status, code, _SENTENCES.get(kind) or str(error))


def of_failure(failure: Failure) -> Problem:
    """The problem of a document that gave no record."""
    code: Code = next((known for known in get_args(Code) if known == failure.code), "internal")
    kind = {"internal": Exception, "storage": store.StoreError}.get(code)
    if kind is None:
        return problem(_STATUSES[code], code, failure.message)
    _log.error("%s", failure.message)
    return problem(ERRORS[kind][0], code, _SENTENCES[kind])


def response(error: Exception) -> Response:
    """What a client gets for an exception; the log gets the rest where it is a fault of the service."""
    found = of(error)
    if found.status >= 500 and not isinstance(error, Refused):
        _log.error("%s: %s", type(error).__name__, error)
    return answer(found, error.headers if isinstance(error, Refused) else None)


def answer(found: Problem, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """A problem as a response, with further members."""
    return JSONResponse({**found.model_dump(), **more}, found.status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of an application be a problem."""

    async def refused(_: Request, error: Exception) -> Response:
        return response(error)

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = error.errors()
        kind = InvalidFilter if faults[0]["loc"][:1] == ("query",) else RequestValidationError
        return answer(problem(*ERRORS[kind], first_fault(faults)))

    async def of_the_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _FRAMEWORK_CODES.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal")
        detail = _FRAMEWORK_SENTENCES.get(error.status_code, str(error.detail)).format(method=request.method)
        return answer(problem(error.status_code, code, detail), error.headers)

    app.add_exception_handler(VeilleError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, of_the_framework)
    app.add_exception_handler(Exception, refused)


_FRAMEWORK_SENTENCES: Mapping[int, str] = {
    404: "There is nothing at this address; /docs lists those that there are.",
    405: "{method} is not for this address; the Allow header says what is, and /docs what it does.",
}


def first_fault(faults: Sequence[Any]) -> str:
    """The first of pydantic's complaints as a sentence that names the field."""
    fault = faults[0]
    where = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query", "path"))
    if fault["type"] == "extra_forbidden":
        return f"{where}: there is no such field; see /docs for those that there are"
    return f"{where or 'the body'}: {fault['msg'].removeprefix(RAISED)}; see /docs for what it takes"
