"""The pages, an address each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from extractors import marks
from service import exports, problems, uploads
from service.pages import addresses, assets, charts, parts, quality
from service.pages.addresses import Address
from service.pages.showing import PageRoute, Visit, fields_of, local_path
from service.queries import DocumentFilter, EventFilter
from service.store import documents, events, facets, groups, jobs, reviews

if TYPE_CHECKING:
    from extractors.event_types import EventType
    from extractors.records import Record
    from service.engine import Engine
    from service.store.facets import Circle, Overview

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_API = "/api/v1"
_ROWS = 40
_MOST_CHOSEN = 1_000
_HUES = 6  # of style.css
_JOBS = 10
_FILES_OF_JOB = 20  # shown of one job, the failed ones first
_WORDS_OF_TYPE, _EXAMPLES_OF_TYPE = 40, 6  # of nouns and of verbs; of examples and of counterexamples; `veille types NAME` has all
_OWN = ("cursor", "event", "pick")  # parameters of pages that are no filters
_LIST = "list"  # says that a document was opened from the list of documents
_FOREVER = "public, max-age=31536000, immutable"
# The others are for programs, whose writers find them on the API page.
_FORMATS = {name: exports.EVENT_FORMATS[name] for name in ("csv", "geojson", "ics", "parquet", "ftm", "sqlite")}
_EVENT_SORTS = {"date": "date", "type": "type", "confidence": "confidence"}
_DOCUMENT_SORTS = ("title", "published", "events", "source")


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: what it is called, how many it would show, and the address that chooses it or lets it go."""

    label: str
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that holds, and the address without it."""

    name: str
    value: str
    href: str


@router.get("/", name="start")
@router.get("/events")
def show_events(request: Request) -> Response:
    """What was found: search, facets, months, map and table of one query."""
    visit = Visit(request)
    query = visit.address.at("/events")
    wanted = _wanted(EventFilter, query)
    after = wanted.keys_of(query.value("cursor")) if query.value("cursor") else None
    with _engine(request).opened_for_reading() as db:
        overview = facets.overview(db, wanted)
        page = events.page(db, wanted, wanted.limit or _ROWS, after, is_whole=True)
        is_empty = not overview.total and not documents.count(db)
    query = query.without(*_OWN)
    seen = charts.frame(overview.circles)
    labels = _Labels(visit, _types(request))
    chips = _chips(labels, query, overview, page.rows)
    return visit.page(
        "events.html",
        section="events",
        query=query,
        wanted=wanted,
        overview=overview,
        rows=page.rows,
        picking=visit.address.value("pick") if visit.may_write else "",
        is_first=after is None,
        is_empty=is_empty,
        next_page=None if page.following is None else query.with_only(cursor=wanted.cursor(page.following)),
        facets=_facets(labels, query, overview),
        chips=chips,
        bars=charts.bars(overview.months, wanted.from_, wanted.to),
        frame=seen,
        dots=charts.dots(overview.circles, seen),
        corners=charts.corners,
        sorts=_sorts(query, wanted.sort, _EVENT_SORTS),
        exports={name: _export(query, name) for name, form in _FORMATS.items() if form.missing() is None},
        formats=_FORMATS,
        subscription=query.at(f"{_API}/events").without("sort", "limit").with_only(format="ics"),
        labels=labels,
    )


@router.get("/documents")
def show_documents(request: Request) -> Response:
    """The documents, and the files that gave none with the reason."""
    visit = Visit(request)
    query = visit.address
    wanted = _wanted(DocumentFilter, query)
    after = wanted.keys_of(query.value("cursor")) if query.value("cursor") else None
    with _engine(request).opened_for_reading() as db:
        page = documents.page(db, wanted, wanted.limit or _ROWS, after)
    return _documents_page(visit, query.without("cursor"), wanted, page.rows, page.following)


@router.post("/documents/retry")
async def retry_documents(request: Request) -> Response:
    """Queue again the files that were chosen, or every one that is kept and failed."""
    visit = Visit(request)
    form = await fields_of(visit, _MOST_CHOSEN)
    chosen = [number for value in form.getlist("chosen") if (number := addresses.number(str(value))) is not None]
    is_all = "all" in form
    queued = await run_in_threadpool(_retry, _engine(request), None if is_all else chosen)
    why_not = "nothing_to_retry" if is_all or chosen else "nothing_chosen"
    return visit.redirect("/add#jobs" if queued else f"/documents?{urlencode({'state': 'failed', 'retried': why_not})}")


@router.get("/documents/{document_id:path}")
def show_document(request: Request, document_id: str) -> Response:
    """A document: its text with what was found in it."""
    visit = Visit(request)
    query = visit.address
    within = query.without(*_OWN, "part")
    with _engine(request).opened_for_reading() as db:
        record, about = documents.record(db, document_id), documents.about(db, document_id)
        if record is None or about is None:
            raise problems.NotFound(document_id[:80])
        previous, following = _neighbours(db, query, record)
        seen = reviews.last_number(db, document_id)
        split = parts.parts(record.text, sorted(map(parts.begin, record.events)))
        part = parts.chosen(split, record, query.value("event"), query.value("part"))
        cards = sorted((event for event in record.events if part.holds(parts.begin(event))), key=lambda event: (parts.begin(event), event.id))
        same = {event.id: [other for other in groups.members(db, event.id) if other["id"] != event.id] for event in cards}
        said = {row["id"]: row["review"] for row in events.items(db, EventFilter.parse({"document": document_id, "review": _EVERY_REVIEW}))}
    here = within.with_only(part=str(part.number)) if part.total > 1 else within
    return visit.page(
        "document.html",
        section="documents",
        record=record,
        about=about,
        pieces=parts.within(marks.pieces(record), part),
        named=parts.named(record, marks.named(record), part),
        part=part,
        part_of=lambda at: parts.part_at(split, at).number,
        event_parts=sorted({parts.part_at(split, parts.begin(event)).number for event in record.events}),
        to_part=lambda number: within.with_only(part=str(number)),
        entities={entity.id: entity for entity in record.entities},
        cards=cards,
        reviews=said,
        seen=seen,
        same=same,
        here=str(here),
        types=list(_types(request)),
        previous=previous,
        following=following,
        back=within.without(_LIST).at("/documents" if query.value(_LIST) else "/events"),
        is_of_documents=bool(query.value(_LIST)),
        labels=_Labels(visit, _types(request)),
        files=f"{_API}/documents/{quote(document_id, safe='')}",
    )


def _neighbours(db: Any, query: Address, record: Record) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """The documents before and after one in the list that it was opened from: of documents, or of events."""
    within = query.without(*_OWN, "part")
    if query.value(_LIST):
        found = documents.neighbours(db, _wanted(DocumentFilter, within.without(_LIST)), record.id)
    else:
        shown = query.value("event") or (record.events[0].id if record.events else "")
        found = facets.neighbours(db, _wanted(EventFilter, within), shown)
    before, after = (
        None if one is None else {"title": one["title"], "href": addresses.of_document(one["document_id"], within, one.get("id"))} for one in found
    )
    return before, after


@router.get("/types")
def show_types(request: Request) -> Response:
    """What counts as an event."""
    visit = Visit(request)
    with _engine(request).opened_for_reading() as db:
        counts = dict(facets.overview(db, EventFilter()).facets["type"])
    asked = visit.address.value("words")
    return visit.page(
        "types.html",
        section="types",
        kinds=list(_types(request).values()),
        most_words=_WORDS_OF_TYPE,
        most_examples=_EXAMPLES_OF_TYPE,
        counts=counts,
        quality=quality.measured(),
        shown=asked if asked in visit.wording.words.language else visit.wording.code,
        labels=_Labels(visit, _types(request)),
    )


@router.get("/add")
def show_add(request: Request) -> Response:
    """Where documents are sent from, and what became of the last ones."""
    visit = Visit(request)
    return visit.page("add.html", section="add", note=None, **_jobs_of(_engine(request)))


@router.post("/add")
async def add(request: Request) -> Response:
    """Take files or a text from the form."""
    visit, engine = Visit(request), _engine(request)
    received = await uploads.receive_form(request, engine.settings.options, visit.check)
    if received is None:
        return await run_in_threadpool(lambda: visit.page("add.html", 400, section="add", note=visit.wording.words.add.nothing, **_jobs_of(engine)))
    try:
        await engine.keep(received.given)
    finally:
        await run_in_threadpool(received.discard)
    return visit.redirect("/add#jobs")


@router.post("/add/jobs/{job_id}/retry")
async def retry_job(request: Request, job_id: str) -> Response:
    """Queue again what failed of an upload."""
    visit = Visit(request)
    await fields_of(visit)
    await run_in_threadpool(_engine(request).retry, job_id)
    return visit.redirect("/add#jobs")


@router.post("/add/jobs/{job_id}/cancel")
async def cancel_job(request: Request, job_id: str) -> Response:
    """Begin nothing more of an upload."""
    visit = Visit(request)
    await fields_of(visit)
    await run_in_threadpool(_engine(request).cancel, job_id)
    return visit.redirect("/add#jobs")


@router.get("/login")
def show_login(request: Request) -> Response:
    """Where a key is given."""
    visit = Visit(request)
    target = local_path(visit.address.value("next"))
    return visit.redirect(target) if visit.is_logged_in else visit.page("login.html", target=target, is_wrong=False)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Begin the session of a key."""
    visit = Visit(request)
    form = await fields_of(visit)
    key, target = str(form.get("key", "")).strip(), local_path(str(form.get("next", "")))
    session = visit.rules.log_in(key)
    if session is None:
        return visit.page("login.html", 401, target=target, is_wrong=True)
    visit.log_in(session)
    return visit.redirect(target)


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session."""
    visit = Visit(request)
    await fields_of(visit)
    visit.log_in("")
    return visit.redirect("/login")


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _types(request: Request) -> Mapping[str, EventType]:
    from extractors import event_types

    return event_types.load_all(_engine(request).settings.options.types_folder)


def _wanted(model: type[Any], query: Address) -> Any:
    return model.from_address(query.without(*_OWN, "retried").pairs)


class _Labels:
    """What values of filters are called."""

    def __init__(self, visit: Visit, types: Mapping[str, EventType]) -> None:
        self._wording, self._types = visit.wording, types
        self.words = visit.wording.words

    def type(self, name: str) -> str:
        known = self._types.get(name)
        return name if known is None else known.label.get(self._wording.code, name)

    def hue(self, name: str) -> int:
        """Which of the colours of tags a type has; the same on every page."""
        return list(self._types).index(name) % _HUES if name in self._types else 0

    def value(self, name: str, value: str) -> str:
        """A value of a filter as people read it."""
        words = self.words
        if name == "type":
            return self.type(value)
        if name == "country":
            return self._wording.country(value.upper())
        if name in ("status", "review", "language"):
            return str({"status": words.status, "review": words.review, "language": words.language}[name][value])
        if name in ("from", "to"):
            return self._wording.day(value)
        if name == "once":
            return str(words.table.once_chosen)
        return f"≥ {value}" if name == "min_confidence" else value


def _facets(labels: _Labels, query: Address, overview: Overview) -> dict[str, list[Choice]]:
    """The facets in the order of the page, with the values that nothing has any more but are chosen."""
    found: dict[str, list[Choice]] = {}
    for name in ("type", "status", "country", "place", "organisation", "language", "review"):
        if name == "place":
            found[name] = [_place_choice(circle, query) for circle in overview.choices[:12]]
            continue
        counts = list(overview.facets[name])
        counts += [(value, 0) for key, value in query.pairs if key == name and value not in dict(counts)]
        choices = [Choice(labels.value(name, value), count, str(query.toggled(name, value)), query.has(name, value)) for value, count in counts]
        found[name] = sorted(choices, key=lambda choice: not choice.is_chosen)
    if len(found["review"]) < 2:
        del found["review"]  # nobody has reviewed anything yet
    return found


def _place_choice(circle: Circle, query: Address) -> Choice:
    return Choice(circle.name, circle.count, str(query.without("place").toggled("bbox", charts.corners(circle))), query.has("bbox", charts.corners(circle)))


def _chips(labels: _Labels, query: Address, overview: Overview, rows: Sequence[Mapping[str, Any]]) -> list[Chip]:
    """The filters that hold, each with the address that lets it go."""
    words = labels.words
    named = {"bbox": {charts.corners(circle): circle.name for circle in overview.choices}}
    if rows:  # ids say nothing to people
        about = rows[0]["document"]
        named |= {"group": {query.value("group"): rows[0]["title"]}, "document": {about["id"]: about["title"] or about["source"] or about["id"]}}
    chips = []
    for name, value in query.pairs:
        if name in ("sort", "limit"):
            continue
        label = named.get(name, {}).get(value) or (words.search.area if name == "bbox" else labels.value(name, value))
        rest = Address(query.path, tuple(pair for pair in query.pairs if pair != (name, value)))
        chips.append(Chip(words.filter[name], label, str(rest)))
    return chips


def _sorts(query: Address, current: str, columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """For each column the address that sorts by it, the other way round where it does already, and the value of aria-sort."""
    found = {}
    for column, name in columns.items():
        direction = {name: "ascending", f"-{name}": "descending"}.get(current, "none")
        ascends_first = name in ("type", "title", "source")
        following = f"-{name}" if direction == "ascending" or (direction == "none" and not ascends_first) else name
        found[column] = (str(query.with_only(sort=following)), direction)
    return found


def _export(query: Address, name: str) -> str:
    """Where exactly what is seen can be had in a format: all of it, and not the first page alone."""
    return str(query.at(f"{_API}/events").with_only(format=name, all="true"))


def _documents_page(visit: Visit, query: Address, wanted: DocumentFilter, rows: Sequence[Mapping[str, Any]], following: Any) -> Response:
    return visit.page(
        "documents.html",
        section="documents",
        query=query.without("retried"),
        opened_from=query.without("retried").with_only(**{_LIST: "documents"}),
        wanted=wanted,
        rows=rows,
        why_not=query.value("retried"),
        next_page=None if following is None else query.without("retried").with_only(cursor=wanted.cursor(following)),
        is_first=not visit.address.value("cursor"),
        sorts=_sorts(query.without("retried"), wanted.sort, {name: name for name in _DOCUMENT_SORTS}),
    )


_EVERY_REVIEW = ["open", "accepted", "corrected", "rejected"]


def _retry(engine: Engine, numbers: Sequence[int] | None) -> int:
    with engine.opened() as db:
        return jobs.retry(db) if numbers is None else jobs.retry_sources(db, numbers)


def _jobs_of(engine: Engine) -> dict[str, Any]:
    """The last uploads as the page shows them."""
    with engine.opened_for_reading() as db:
        found = jobs.latest(db, _JOBS)
        shown = [_job(db, job) for job in found]
    return {"jobs": shown, "is_busy": any(job["is_open"] for job in shown)}


def _job(db: Any, job: Mapping[str, Any]) -> dict[str, Any]:
    results = sorted(job["files"], key=lambda result: result.state != "failed")
    finished = sum(result.state in ("new", "updated", "known", "failed", "cancelled") for result in results)
    return {
        "id": job["id"],
        "state": job["state"],
        "is_open": job["state"] in ("queued", "running"),
        "total": len(results),
        "finished": finished,
        "failed": sum(result.state in ("failed", "cancelled") for result in results),
        "files": [_file(db, result) for result in results[:_FILES_OF_JOB]],
        "more": max(0, len(results) - _FILES_OF_JOB),
    }


def _file(db: Any, result: jobs.Result) -> dict[str, Any]:
    from service.tasks import Failure

    about = documents.about(db, result.document_id) if result.document_id is not None else None
    problem = None if result.error_code is None else problems.of_failure(Failure(result.error_code, result.error_message or ""))
    return {"name": result.name, "state": result.state, "document": about, "problem": problem}


@router.get("/static/{edition}/{name}")
def show_asset(request: Request, edition: str, name: str) -> Response:
    """A file that the pages load; what is asked for in another edition is that of this one, and not kept."""
    asset = assets.assets().get(name)
    if asset is None:
        raise problems.NotFound(name[:80])
    headers = {"Cache-Control": _FOREVER if edition == assets.edition() else "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.content, 200, headers, asset.media_type)
    return Response(asset.packed, 200, {**headers, "Content-Encoding": "gzip"}, asset.media_type)
