"""The HTTP service: `create_app(settings)` under /api/v1, with its health beside it. /docs shows it to people."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from extractors import event_types
from extractors.errors import InvalidRequest, TooLarge
from extractors.records import SCHEMA_VERSION, Record
from service import access, examples, explore, exports, http_models, keys, observing, pages, problems, queries, reviews, uploads
from service.engine import Engine
from service.precedence import CountedReads, Precedence
from service.queries import DocumentFilter, EventFilter, Filter, InvalidFilter
from service.settings import Settings
from service.store import StoreError, documents, events, facets, identities, jobs, paging, schema
from service.store import reviews as stored_reviews
from service.tasks import Failure

PREFIX = "/api/v1"
MOST_EXTRACT_CHARACTERS = 200_000
_MOST_EXTRACT_BYTES = 12 * MOST_EXTRACT_CHARACTERS + 10_000  # JSON may write a character in twelve bytes
_LONGEST_WAIT_S = 60
_CORNERS = r"^-?[0-9]{1,2}(\.[0-9]+)?(,-?[0-9]{1,2}(\.[0-9]+)?){3}$"  # as they are shown; up to 180 for west and east
_LOOK_S = 1.0  # between two looks at a job that somebody follows
_PAGE = 100  # rows where no limit is asked for
_PAGED = "json"  # the format that comes a page at a time
_BLOCK_BYTES = 65_536
_DESCRIPTION = """French and English posts and reports become events that can be asked: who, what, where, when, and the sentence that says so.

Post documents to `/documents`, ask `/events`. Errors are `application/problem+json`; their `code` is stable, and their `detail` says what to do."""


_Limit = Annotated[int, Query(ge=1, le=1_000)]
_Cursor = Annotated[str | None, Query(max_length=2_000, description="Where the page begins: as `next` has it.")]
_Q = Annotated[str | None, Query(max_length=200, description="Part of a name.")]
T = TypeVar("T")
F = TypeVar("F", exports.Format, exports.DocumentFormat)


async def engine_of(request: Request) -> Engine:
    """The engine of the application that a request is for; not a plain function, which would be called in another thread."""
    engine: Engine = request.app.state.engine
    return engine


Working = Annotated[Engine, Depends(engine_of)]


async def _closed(request: Request) -> None:
    """Raise InvalidFilter for a parameter that the address does not have, so that a misspelt one is never ignored."""
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known:
            raise InvalidFilter(f"{name[:80]}: there is no such parameter; those that exist: {', '.join(known) or 'none'}")


_CLOSED = [Depends(_closed)]


def create_app(settings: Settings) -> FastAPI:
    """The service on a store; its models load while it starts.

    Raises InvalidRequest where the file of keys is wrong.
    """
    from fastapi_offline import FastAPIOffline

    rules = access.Rules(
        keys=keys.Ring(settings.key_file),
        hosts=settings.hosts,
        max_bytes=settings.max_request_bytes,
        max_bytes_at={f"{PREFIX}/extract": _MOST_EXTRACT_BYTES},
    )

    precedence = Precedence()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = Engine(settings, precedence=precedence)
        app.state.engine = engine
        engine.start()
        warming = threading.Thread(target=_warm, args=(engine,), name="warming", daemon=True)
        warming.start()
        try:
            yield
        finally:
            await run_in_threadpool(warming.join)
            engine.stop()

    def count(method: str, status: int) -> None:
        app.state.engine.metrics.request(method, status)

    app: FastAPI = FastAPIOffline(
        redoc_url=None,  # its page loads a picture from another host
        title="Veille",
        description=_DESCRIPTION,
        version=_release(),
        swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True},
        lifespan=lifespan,
    )
    app.openapi = partial(_described, app)  # type: ignore[method-assign]
    problems.install(app)
    app.add_middleware(CountedReads, precedence=precedence)
    app.add_middleware(access.Gate, rules=rules, refused=pages.refused)
    app.add_middleware(observing.RequestLog, counted=count)
    app.include_router(_root)
    app.include_router(_api, prefix=PREFIX)
    pages.install(app, rules)
    if settings.explore != "off":
        explore.mount(app, settings)
    return app


def _warm(engine: Engine) -> None:
    """Count the events once, so that the first page does not wait for it; a store that fails is told to whoever asks it."""
    with contextlib.suppress(StoreError), engine.opened_for_reading() as db:
        facets.warm(db)


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, without the errors that FastAPI would answer with if they were not made problems."""
    if app.openapi_schema is None:
        found = FastAPI.openapi(app)
        for operation in (operation for path in found["paths"].values() for operation in path.values()):
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
        for name in ("HTTPValidationError", "ValidationError"):
            found["components"]["schemas"].pop(name, None)
        examples.fill(found)
    return app.openapi_schema or {}


def _release() -> str:
    """The version of Veille; in a clone that was never installed, nobody knows."""
    try:
        return importlib.metadata.version("veille")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an address may answer instead, for the API page."""
    schema = {"$ref": f"#/components/schemas/{problems.Problem.__name__}"}
    return {status: {"content": {problems.MEDIA_TYPE: {"schema": schema}}} for status in statuses}


def _queries(model: type[Filter], **more: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a filter, for the API page: the model itself reads them from the address."""
    fields = model.model_json_schema()["properties"]
    cursor = {"cursor": {"type": "string", "description": "Where the page begins: as `next` has it."}}
    corners = (
        {"bbox": {"type": "string", "description": fields["bbox"]["description"], "pattern": _CORNERS, "examples": ["-12,10,4,25"]}} if "bbox" in fields else {}
    )
    described = {**fields, **corners, **cursor, **more}
    return {"parameters": [{"name": name, "in": "query", "schema": about, "description": about.get("description", "")} for name, about in described.items()]}


_root = APIRouter(tags=["health"])
# The keys are checked at the gate; named here, they have a place on the API page.
_keys = [Security(HTTPBearer(auto_error=False)), Security(APIKeyHeader(name="X-API-Key", auto_error=False))]
_api = APIRouter(dependencies=_keys, responses=_failures(400, 401, 403))
# The default keeps the API page from filling its form with examples, which would hold for the files.
_ABOUT = {name: {"type": "string", "description": field.description or "", "default": ""} for name, field in http_models.About.model_fields.items()}
_FORM_SCHEMA = {
    "type": "object",
    "required": ["files"],
    "properties": {
        "files": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}},
        **_ABOUT,
    },
}
_TEXT_BODY = {"application/json": {"schema": http_models.Text.model_json_schema()}, "text/plain": {"schema": {"type": "string"}}}


def _body(content: Mapping[str, Any], *more: Mapping[str, Any]) -> dict[str, Any]:
    """What an address takes, for the API page."""
    of_text = [{"name": name, "in": "query", "schema": about, "description": "With text/plain only."} for name, about in _ABOUT.items()]
    return {"requestBody": {"required": True, "content": content}, "parameters": [*of_text, *more]}


_FORMAT_OF_RECORD = {
    "name": "format",
    "in": "query",
    "schema": {"enum": list(exports.DOCUMENT_FORMATS)},
    "description": "Instead of the Accept header.",
}
_WAIT = {
    "name": uploads.WAIT,
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "maximum": _LONGEST_WAIT_S},
    "description": "Seconds to wait for the result instead of answering at once.",
}


@_root.get("/healthz")
async def health() -> dict[Literal["status"], Literal["alive"]]:
    """Alive; says nothing of models and store."""
    return {"status": "alive"}


@_root.get("/readyz", responses={503: {"model": http_models.Readiness}})
def readiness(engine: Working) -> http_models.Readiness:
    """Ready for work: models loaded, store writable, room in the queue; else 503."""
    checks: dict[Literal["models", "store", "queue"], bool] = {"models": engine.has_models(), "store": engine.can_store(), "queue": not engine.is_full()}
    found = http_models.Readiness(status="ready" if all(checks.values()) else "not_ready", checks=checks)
    return found if found.status == "ready" else JSONResponse(found.model_dump(), 503, {"Retry-After": "5"})  # type: ignore[return-value]


@_root.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(engine: Working) -> Response:
    """Counts and times for Prometheus."""
    return Response(engine.metrics.text(), media_type=observing.MEDIA_TYPE)


@_root.get("/version")
def version(engine: Working) -> http_models.Version:
    """What is running."""
    from extractors.fingerprint import fingerprint

    return http_models.Version(
        veille=_release(),
        record_schema=SCHEMA_VERSION,
        database_schema=len(schema.MIGRATIONS),
        extractor=fingerprint(engine.settings.options),
    )


@_api.post(
    "/documents",
    tags=["documents"],
    status_code=202,
    response_model=http_models.Job,
    responses={200: {"model": http_models.Job, "description": "All were known, or are done after the wait"}, **_failures(413, 415, 422, 503, 507)},
    openapi_extra=_body({"multipart/form-data": {"schema": _FORM_SCHEMA}, **_TEXT_BODY}, _WAIT),
)
async def post_documents(request: Request, engine: Working) -> Response:
    """Keep files (multipart `files`, one or many), or a text as JSON or `text/plain`, and queue them for extraction.

    Optional fields hold for all files; of plain text they are query parameters. A bad file among good ones has its
    problem in `files`, and the others are stored; where none is, the answer is the problem of the first.
    """
    wait_s = _seconds(request.query_params.get(uploads.WAIT))
    received = await uploads.receive(request, engine.settings.options)
    try:
        job_id, is_done = await engine.keep(received.given)
    finally:
        await run_in_threadpool(received.discard)
    is_done = is_done or (wait_s > 0 and await engine.finished(job_id, wait_s))
    job = await run_in_threadpool(_job, engine, job_id, wait_s > 0)
    if not is_done:
        return JSONResponse(job.model_dump(mode="json"), 202, {"Location": f"{PREFIX}/jobs/{job_id}", "Retry-After": "1"})
    failed = [result for result in job.files if result.problem is not None]
    if failed and not job.done and failed[0].problem is not None:
        return problems.answer(failed[0].problem, files=job.model_dump(mode="json")["files"])
    stored = {result.document.id for result in job.files if result.document is not None}
    headers = {"Location": f"{PREFIX}/documents/{quote(stored.pop(), safe='')}"} if len(stored) == 1 else {}
    return JSONResponse(job.model_dump(mode="json"), 200, headers)


def _seconds(value: str | None) -> float:
    """How long a client wants to wait; raises InvalidRequest."""
    if not value:
        return 0.0
    if not value.isdecimal() or len(value) > len(str(_LONGEST_WAIT_S)) or int(value) > _LONGEST_WAIT_S:
        raise InvalidRequest(f"{uploads.WAIT}: give whole seconds, {_LONGEST_WAIT_S} at most")
    return float(value)


def _job(engine: Engine, job_id: str, with_record: bool = False) -> http_models.Job:
    """A job as it is now; raises NotFound."""
    with engine.opened_for_reading() as db:
        return job_of(db, job_id, with_record=with_record)


def job_of(db: Any, job_id: str, *, with_record: bool = False) -> http_models.Job:
    """A job with what became of each file, and the record of the only one if asked for; raises NotFound."""
    about = _there(jobs.about(db, job_id), job_id)
    known: dict[str, http_models.DocumentAbout | None] = {}
    files = [_file_result(db, result, known) for result in about["files"]]
    if with_record and len(files) == 1 and files[0].document is not None:
        files[0].record = documents.record(db, files[0].document.id)
    return http_models.Job(**_counted(about), files=files)


def _counted(about: Mapping[str, Any]) -> dict[str, Any]:
    states = Counter(result.state for result in about["files"])
    done = states["new"] + states["updated"] + states["known"]
    created_at = datetime.fromtimestamp(about["created_at"], UTC)
    return {"id": about["id"], "state": about["state"], "created_at": created_at, "total": len(about["files"]), "done": done, "failed": states["failed"]}


def _file_result(db: Any, result: jobs.Result, known: dict[str, http_models.DocumentAbout | None]) -> http_models.FileResult:
    """What became of a file; a document that came by many names, as those of a careless archive do, is looked up once."""
    problem = problems.of_failure(Failure(result.error_code, result.error_message or "")) if result.error_code is not None else None
    document_id = result.document_id
    if document_id is not None and document_id not in known:
        about = documents.about(db, document_id, names=1)
        known[document_id] = http_models.DocumentAbout.model_validate(about) if about is not None else None
    document = known[document_id] if document_id is not None else None
    return http_models.FileResult.model_validate({"name": result.name, "state": result.state, "document": document, "problem": problem})


@_api.get("/jobs", tags=["jobs"], response_model=http_models.JobPage, dependencies=_CLOSED)
def list_jobs(engine: Working, limit: _Limit = _PAGE, cursor: _Cursor = None) -> Response:
    """The last requests that brought documents, newest first."""
    with engine.opened_for_reading() as db:
        found = jobs.latest(db, limit + 1, _number("jobs", cursor))
    following = _following("jobs", {"limit": limit}, (found[limit - 1]["number"],) if len(found) > limit else None)
    page = http_models.JobPage(items=[http_models.JobAbout(**_counted(about)) for about in found[:limit]], next=following)
    return Response(page.model_dump_json(), media_type="application/json")


@_api.get("/jobs/{job_id}", tags=["jobs"], responses=_failures(404))
def get_job(job_id: str, engine: Working) -> http_models.Job:
    """What has become of the documents of one request so far."""
    return _job(engine, job_id)


def _known_job(job_id: str, engine: Working) -> str:
    """The id of a job that there is, asked before the answer begins; raises NotFound."""
    _job_about(engine, job_id)
    return job_id


@_api.get("/jobs/{job_id}/events", tags=["jobs"], response_class=EventSourceResponse, responses=_failures(404))
async def follow_job(job_id: Annotated[str, Depends(_known_job)], engine: Working) -> AsyncIterator[http_models.JobAbout]:
    """The same as server-sent events: one at once and one whenever something of it is done, until all of it is."""
    before = None
    while before is None or before.state in ("queued", "running"):
        now = await run_in_threadpool(_job_about, engine, job_id)
        if now != before:
            yield now
        before = now
        await engine.finished(job_id, _LOOK_S)


def _job_about(engine: Engine, job_id: str) -> http_models.JobAbout:
    with engine.opened_for_reading() as db:
        return http_models.JobAbout(**_counted(_there(jobs.about(db, job_id), job_id)))


@_api.delete("/jobs/{job_id}", tags=["jobs"], responses=_failures(404))
def cancel_job(job_id: str, engine: Working) -> http_models.Job:
    """Extract nothing more of it; what is stored stays."""
    _there(engine.cancel(job_id) or None, job_id)
    return _job(engine, job_id)


@_api.post("/jobs/{job_id}/retry", tags=["jobs"], responses=_failures(404))
def retry_job(job_id: str, engine: Working) -> http_models.Job:
    """Try again what failed or was cancelled in it."""
    engine.retry(job_id)
    return _job(engine, job_id)


@_api.get("/documents", tags=["documents"], response_model=http_models.DocumentPage, openapi_extra=_queries(DocumentFilter))
def list_documents(request: Request, engine: Working) -> Response:
    """The documents, and the files that gave none with the reason."""
    pairs, asked = _split(request, "cursor")
    wanted: DocumentFilter = DocumentFilter.from_address(pairs)
    after = wanted.keys_of(asked["cursor"]) if "cursor" in asked else None
    with engine.opened_for_reading() as db:
        page = documents.page(db, wanted, wanted.limit or _PAGE, after)
    following = _next(request, wanted, page.following)
    return JSONResponse({"items": page.rows, "next": following}, headers=_link(following))


@_api.get(
    "/documents/{document_id:path}/record",
    tags=["documents"],
    response_model=Record,
    responses={200: {"content": {form.media_type: {} for form in exports.DOCUMENT_FORMATS.values()}}, **_failures(404, 406)},
    openapi_extra={"parameters": [_FORMAT_OF_RECORD]},
)
def get_record(document_id: str, request: Request, engine: Working) -> Response:
    """The record: the text with every organisation, place, date and event in it, as `veille extract` writes it; as W3C Web Annotations or a page where asked."""
    form = _format(exports.DOCUMENT_FORMATS, request.query_params.get("format"), request.headers.get("accept"))
    with engine.opened_for_reading() as db:
        found = _there(documents.record(db, document_id), document_id)
    answer = _tagged(request, form.whole(found), _with_charset(form.media_type))
    answer.headers["Vary"] = "Accept"
    if form.name == "html":  # never shown at our own address: it is to be kept
        answer.headers["Content-Disposition"] = 'attachment; filename="document.html"'
    return answer


@_api.get(
    "/documents/{document_id:path}/original",
    tags=["documents"],
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **_failures(404)},
)
def get_original(document_id: str, request: Request, engine: Working) -> Response:
    """The file that came over HTTP, as an attachment; of what was in an archive, the archive."""
    with engine.opened_for_reading() as db:
        name, content = _there(jobs.original(db, document_id), document_id)
    # never shown by a browser: it is somebody's file, and may be a page with a script
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name.rpartition('/')[2], safe='')}"}
    answer = _tagged(request, content, "application/octet-stream")
    answer.headers.update(headers)
    return answer


@_api.post("/documents/{document_id:path}/reprocess", tags=["documents"], status_code=202, response_model=http_models.Job, responses=_failures(404))
def reprocess_document(document_id: str, engine: Working) -> Response:
    """Read and extract it again; reviews of its events are kept."""
    job_id = _there(engine.reprocess(document_id), document_id)
    return JSONResponse(_job(engine, job_id).model_dump(mode="json"), 202, {"Location": f"{PREFIX}/jobs/{job_id}", "Retry-After": "1"})


@_api.get("/documents/{document_id:path}/text", tags=["documents"], response_class=Response, responses={200: {"content": {"text/plain": {}}}, **_failures(404)})
def get_text(document_id: str, request: Request, engine: Working) -> Response:
    """The text that offsets refer to."""
    with engine.opened_for_reading() as db:
        found = documents.text(db, document_id)
    return _tagged(request, _there(found, document_id).encode(), "text/plain; charset=utf-8")


@_api.get("/documents/{document_id:path}", tags=["documents"], response_model=http_models.DocumentAbout, responses=_failures(404))
def get_document(document_id: str, request: Request, engine: Working) -> Response:
    """What is known of a document but for its text and what was found in it."""
    with engine.opened_for_reading() as db:
        found = documents.about(db, document_id)
    return _tagged(request, JSONResponse(_there(found, document_id)).body, "application/json")


@_api.delete("/documents/{document_id:path}", tags=["documents"], status_code=204, responses=_failures(404))
def delete_document(document_id: str, engine: Working) -> Response:
    """Remove a document with all its events."""
    with engine.opened() as db:
        _there(documents.delete(db, document_id) or None, document_id)
    return Response(status_code=204)


@_api.get(
    "/events",
    tags=["events"],
    response_model=http_models.EventPage,
    responses={200: {"content": {form.media_type: {} for form in exports.EVENT_FORMATS.values()}}, **_failures(406)},
    openapi_extra=_queries(
        EventFilter,
        format={"enum": [form.wire or name for name, form in exports.EVENT_FORMATS.items()], "description": "Instead of the Accept header."},
        all={"type": "boolean", "description": "Every event at once, not a page of them; in a calendar also those that are not planned.", "examples": [True]},
    ),
)
def list_events(request: Request, engine: Working) -> Response:
    """The events that pass every filter, in any of the formats of `veille export`.

    JSON comes a page at a time unless `all` is asked for, every other format whole unless a `limit` is.
    """
    pairs, asked = _split(request, "cursor", "format", "all")
    form = _format(exports.EVENT_FORMATS, asked.get("format"), request.headers.get("accept"))
    if (cure := form.missing()) is not None:
        raise problems.NotAcceptable(cure)
    wanted: EventFilter = EventFilter.from_address(pairs)
    has_all = _is_true("all", asked.get("all"))
    wanted = wanted if has_all else form.narrowed(wanted)
    if wanted.limit is None and "cursor" not in asked and (has_all or form.name != _PAGED):
        return _streamed(form, events.everything(engine.opened_for_reading, wanted, is_whole=form.is_whole))
    after = wanted.keys_of(asked["cursor"]) if "cursor" in asked else None
    with engine.opened_for_reading() as db:
        page = events.page(db, wanted, wanted.limit or _PAGE, after, is_whole=form.is_whole)
    following = _next(request, wanted, page.following)
    if form.name == _PAGED:
        return JSONResponse({"items": page.rows, "next": following}, headers={"Vary": "Accept", **_link(following)})
    answer = _streamed(form, iter(page.rows))
    answer.headers.update(_link(following))
    return answer


def _streamed(form: exports.Format, rows: Iterator[dict[str, Any]]) -> Response:
    """Events in a format, as a file, sent as they are read; raises what reading the first of them does."""
    first = next(rows, None)
    told = rows if first is None else chain([first], rows)
    chunks = form.chunks(told)
    if form.name == _PAGED:  # as its pages are
        chunks = chain([b'{"items":'], chunks, [b',"next":null}'])
    headers = {"Vary": "Accept", "Content-Disposition": f'attachment; filename="events{form.suffix}"'}
    return StreamingResponse(_in_blocks(chunks), 200, headers, _with_charset(form.media_type))


def _in_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each costs a turn of the event loop."""
    pending, size = [], 0
    for chunk in chunks:
        pending.append(chunk)
        size += len(chunk)
        if size >= _BLOCK_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    yield b"".join(pending)


@_api.get("/events/facets", tags=["events"], responses=_failures(400), openapi_extra=_queries(EventFilter))
def count_events(request: Request, engine: Working) -> http_models.Facets:
    """How many of the events that pass the filters have each type, country, month, place…; each facet leaves out its own filter."""
    pairs, _ = _split(request, "limit", "sort", "cursor")
    wanted: EventFilter = EventFilter.from_address(pairs)
    with engine.opened_for_reading() as db:
        seen = facets.overview(db, wanted)
    return http_models.Facets(
        total=seen.total,
        facets={name: [http_models.Counted(value=value, count=count) for value, count in counts] for name, counts in seen.facets.items()},
        months=[http_models.Counted(value=month, count=count) for month, count in seen.months],
        places=[http_models.PlaceCounted.model_validate(asdict(circle)) for circle in seen.choices],
    )


@_api.get("/events/{event_id}", tags=["events"], response_model=http_models.EventDetail, responses=_failures(404))
def get_event(event_id: str, request: Request, engine: Working) -> Response:
    """One event: its evidence, the words that tell of it, and where its document came from."""
    with engine.opened_for_reading() as db:
        found = events.item(db, event_id)
    return _tagged(request, JSONResponse(_there(found, event_id)).body, "application/json")


@_api.patch(
    "/events/{event_id}",
    tags=["reviews"],
    response_model=http_models.EventDetail,
    responses=_failures(404, 412, 428),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": reviews.Correction.model_json_schema()}}}},
)
async def review_event(event_id: str, request: Request, engine: Working) -> Response:
    """Accept or reject an event, or give its fields as they should be; kept beside what was extracted, and laid over every new extraction.

    `If-Match` has to hold the ETag of the event as you read it.
    """
    known = request.headers.get("if-match")
    if known is None:
        raise problems.PreconditionRequired("Send the ETag of the event in If-Match, so that nobody's review is overwritten unseen.")
    types = event_types.load_all(engine.settings.options.types_folder)
    correction = reviews.Correction.parse(await request.body(), types)
    return await run_in_threadpool(_reviewed, event_id, correction, request, engine)


def _reviewed(event_id: str, correction: reviews.Correction, request: Request, engine: Engine) -> Response:
    with engine.opened() as db:

        def is_fresh() -> bool:
            return request.headers["if-match"] in ("*", _tag(_event_body(db, event_id)))

        _there(reviews.review_event(db, event_id, correction, access.reviewer(request.scope), now=time.time(), is_fresh=is_fresh), event_id)
        body = _event_body(db, event_id)
    return Response(body, 200, {"ETag": _tag(body)}, "application/json")


def _event_body(db: Any, event_id: str) -> bytes:
    return bytes(JSONResponse(_there(events.item(db, event_id), event_id)).body)


@_api.post("/events/merge", tags=["reviews"], responses=_failures(404))
def merge_events(given: http_models.EventsNamed, request: Request, engine: Working) -> http_models.ReviewAbout:
    """Say that events of several documents are one and the same; they stay together whatever is extracted."""
    with engine.opened() as db:
        said = reviews.merge_events(db, given.events, access.reviewer(request.scope), now=time.time())
    return _review(_there(said, ", ".join(given.events)))


@_api.post("/events/{event_id}/split", tags=["reviews"], responses=_failures(404, 409))
def split_event(event_id: str, request: Request, engine: Working) -> http_models.ReviewAbout:
    """Say that an event is none of those that it is grouped with; they are never merged again."""
    with engine.opened() as db:
        said = reviews.split_event(db, event_id, access.reviewer(request.scope), now=time.time())
    return _review(_there(said, event_id))


@_api.get("/organisations", tags=["organisations and places"], dependencies=_CLOSED)
def list_organisations(engine: Working, q: _Q = None, limit: _Limit = _PAGE, cursor: _Cursor = None) -> http_models.OrganisationPage:
    """The organisations over all documents, those of most events first."""
    with engine.opened_for_reading() as db:
        found = identities.organisations(db, q, limit, None if cursor is None else queries.keys_of(_list("organisations", q=q), cursor, 3))
    items = [http_models.OrganisationRow.model_validate(row) for row in found.rows]
    return http_models.OrganisationPage(items=items, next=_following("organisations", {"q": q, "limit": limit}, found.following))


@_api.post("/organisations/merge", tags=["reviews"], responses=_failures(404))
def merge_organisations(given: http_models.OrganisationsNamed, request: Request, engine: Working) -> http_models.ReviewAbout:
    """Say that organisations are one body, the first of them."""
    with engine.opened() as db:
        said = reviews.merge_organisations(db, given.organisations, access.reviewer(request.scope), now=time.time())
    return _review(_there(said, ", ".join(given.organisations)))


@_api.post("/organisations/{organisation_id:path}/split", tags=["reviews"], responses=_failures(404))
def split_organisation(organisation_id: str, given: http_models.NameOf, request: Request, engine: Working) -> http_models.ReviewAbout:
    """Say that what documents write so is another body."""
    with engine.opened() as db:
        said = reviews.split_organisation(db, organisation_id, given.name, access.reviewer(request.scope), now=time.time())
    return _review(_there(said, f"{organisation_id} as {given.name}"))


@_api.get("/places", tags=["organisations and places"], dependencies=_CLOSED)
def list_places(engine: Working, q: _Q = None, limit: _Limit = _PAGE, cursor: _Cursor = None) -> http_models.PlacePage:
    """The places over all documents, those of most events first."""
    with engine.opened_for_reading() as db:
        found = identities.places(db, q, limit, None if cursor is None else queries.keys_of(_list("places", q=q), cursor, 3))
    items = [http_models.PlaceRow.model_validate(row) for row in found.rows]
    return http_models.PlacePage(items=items, next=_following("places", {"q": q, "limit": limit}, found.following))


def _following(name: str, asked: Mapping[str, Any], keys: paging.Keys | None) -> str | None:
    """Address of the next page of a list, which what was asked but for the limit tells from every other."""
    if keys is None:
        return None
    given = {key: value for key, value in asked.items() if value is not None}
    told = {key: value for key, value in given.items() if key != "limit"}
    return f"{PREFIX}/{name}?{urlencode({**given, 'cursor': queries.cursor(_list(name, **told), keys)})}"


def _list(name: str, **asked: Any) -> str:
    return json.dumps([name, {key: value for key, value in asked.items() if value is not None}], sort_keys=True)


def _number(name: str, cursor: str | None, **asked: Any) -> int | None:
    """The one key of a cursor of a list by number; raises InvalidFilter."""
    return None if cursor is None else int(queries.keys_of(_list(name, **asked), cursor, 1)[0])


@_api.get("/reviews", tags=["reviews"], dependencies=_CLOSED)
def list_reviews(
    engine: Working,
    limit: _Limit = _PAGE,
    cursor: _Cursor = None,
    orphans: Annotated[bool, Query(description="Only those that find no event any more.")] = False,
) -> http_models.ReviewPage:
    """What people said, newest first, with what was taken back."""
    with engine.opened_for_reading() as db:
        found = stored_reviews.log(db, limit + 1, _number("reviews", cursor, orphans=orphans or None), only_orphans=orphans)
    asked = {"limit": limit, "orphans": orphans or None}
    following = _following("reviews", asked, (found[limit - 1].number,) if len(found) > limit else None)
    return http_models.ReviewPage(items=[_review(review) for review in found[:limit]], next=following)


@_api.delete("/reviews/{review_id}", tags=["reviews"], responses=_failures(404))
def undo_review(review_id: str, request: Request, engine: Working) -> http_models.ReviewAbout:
    """Take a review back; what was extracted shows again, with the other reviews over it."""
    with engine.opened() as db:
        _there(reviews.undo(db, review_id, access.reviewer(request.scope), now=time.time()), review_id)
        return _review(_there(stored_reviews.get(db, review_id), review_id))


def _review(review: stored_reviews.Review) -> http_models.ReviewAbout:
    at = review.anchor
    about = {
        "id": review.id,
        "created_at": datetime.fromtimestamp(review.created_at, UTC),
        "reviewer": review.reviewer,
        "subject": review.subject,
        "action": review.action,
        "changes": dict(review.changes),
        **{name: getattr(at, name, None) for name in ("document_id", "event_id", "quote", "sentence")},
        "undone_at": None if review.undone_at is None else datetime.fromtimestamp(review.undone_at, UTC),
        "undone_by": review.undone_by,
        "is_orphan": review.is_orphan,
    }
    return http_models.ReviewAbout.model_validate(about)


@_api.get("/types", tags=["events"], dependencies=_CLOSED)
def list_types(engine: Working) -> http_models.TypeList:
    """The event types, with labels, definitions and examples in each language."""
    return http_models.TypeList(
        items=[
            http_models.TypeAbout(
                name=kind.name,
                label=dict(kind.label),
                definition=dict(kind.definition),
                examples={code: [example for entry in entries for example in entry.examples] for code, entries in kind.by_language.items()},
            )
            for kind in event_types.load_all(engine.settings.options.types_folder).values()
        ]
    )


@_api.post("/extract", tags=["documents"], response_model=Record, responses=_failures(413, 415, 422, 503), openapi_extra=_body(_TEXT_BODY))
async def post_extract(request: Request, engine: Working) -> Response:
    """The record of a text of up to 200,000 characters; nothing is stored."""
    text, document = await uploads.receive_text(request, engine.settings.options)
    if len(text.text) > MOST_EXTRACT_CHARACTERS:
        raise TooLarge(f"text: {len(text.text):,} characters, over the {MOST_EXTRACT_CHARACTERS:,} that this address takes; post it to {PREFIX}/documents")
    result = await engine.extract(document)
    if isinstance(result, Failure):
        return problems.answer(problems.of_failure(result))
    return Response(result.model_dump_json(), 200, media_type="application/json")


def _split(request: Request, *names: str) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """The query of an address without some parameters, and those; raises InvalidFilter for one given twice."""
    pairs: list[tuple[str, str]] = []
    own: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in names:
            pairs.append((name, value))
        elif value and own.setdefault(name, value) != value:
            raise InvalidFilter(f"{name}: given twice; give one value")
    return pairs, own


def _format(forms: Mapping[str, F], asked: str | None, accept: str | None) -> F:
    """The format that a client wants: by name, else by its Accept header.

    Raises InvalidFilter for a name that is none, NotAcceptable where the header wants none of ours.
    """
    import mimeparse

    if asked is not None:
        found = next((form for form in forms.values() if asked in (form.name, form.wire)), None)
        if found is None:
            raise InvalidFilter(f"format: {asked[:20]!r} is not one of {_listed(form.wire or form.name for form in forms.values())}")
        return found
    # of two that are as welcome, the last wins; a browser asks for HTML of everything, which is to be had by name
    media_types = {form.media_type: form for form in reversed(list(forms.values())) if form.media_type != "text/html"}
    try:
        best: str = mimeparse.best_match(list(media_types), accept or "*/*")
    except mimeparse.MimeTypeParseException:
        best = ""
    if not best:
        raise problems.NotAcceptable(f"Ask for one of {_listed(reversed(media_types))} in Accept.")
    return media_types[best]


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _is_true(name: str, value: str | None) -> bool:
    if value not in (None, "true", "false", "1", "0"):
        raise InvalidFilter(f"{name}: give true or false")
    return value in ("true", "1")


def _next(request: Request, wanted: Filter, keys: Sequence[str | int | float] | None) -> str | None:
    """Address of the next page: this one's with another cursor."""
    if keys is None:
        return None
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor" and value]
    return f"{request.url.path}?{urlencode([*pairs, ('cursor', wanted.cursor(keys))])}"


def _link(following: str | None) -> dict[str, str]:
    return {} if following is None else {"Link": f'<{following}>; rel="next"'}


def _there(found: T | None, wanted: str) -> T:
    """What was found; raises NotFound for nothing."""
    if found is None:
        raise problems.NotFound(f"{wanted[:80]}: there is none with this id; the lists of documents and events have those that there are")
    return found


def _tag(body: bytes | memoryview) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _tagged(request: Request, body: bytes | memoryview, media_type: str) -> Response:
    """A body with its ETag, or 304 where the client has it already."""
    tag = _tag(body)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = [word.strip().removeprefix("W/") for word in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(bytes(body), 200, headers, media_type)
