"""What people say through the pages: forms on a document, in the list of events and in that of organisations, and the page of all that was said."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from extractors import event_types
from service import access, problems, queries, reviews
from service.pages import addresses
from service.pages.showing import PageRoute, StaleReview, Visit, fields_of, local_path
from service.store import events, identities
from service.store import reviews as stored

if TYPE_CHECKING:
    from service.engine import Engine
    from service.store.reviews import Review

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_ROWS = 50
_BODIES = "/organisations"
_BODY_ROWS = 40
_BODY_FIELDS = ("q", "cursor", "few")
_BODY_KEYS = 3  # of the order of the list
_MOST_CHOSEN = 100
_FIELDS = ("type", "status", "title", "start", "end")
_NOWHERE = addresses.address("/", ())
_FOLDED = "name:"  # how the identity of an organisation begins that is none of the known bodies
_LISTS = {"places": ",", "organisations": ";"}  # and what parts the names in a form


@dataclass(frozen=True, slots=True)
class Row:
    """A review as the page shows it. at: UTC."""

    review: Review
    at: datetime
    said: str
    about: str
    href: str | None  # where what it is about can be seen


@router.post("/events/{event_id}/review")
async def review_event(request: Request, event_id: str) -> Response:
    """Accept, reject or correct an event by a form."""
    visit = Visit(request)
    given = await _form(visit)
    await run_in_threadpool(_review, visit, event_id, given)
    return visit.redirect(local_path(given.get("next", "")))


@router.post("/events/merge")
async def merge_events(request: Request) -> Response:
    """Say that the events that were ticked are one and the same."""
    visit = Visit(request)
    given = await fields_of(visit, _MOST_CHOSEN)
    chosen = [str(event) for event in given.getlist("event")]
    if len(set(chosen)) < 2:
        back = local_path(str(given.get("next", "")))
        return visit.redirect(f"{back}{'&' if '?' in back else '?'}pick=few")

    def merge() -> None:
        with _engine(request).opened() as db:
            if reviews.merge_events(db, chosen, access.reviewer(request.scope), now=time.time()) is None:
                raise problems.NotFound("event")

    await run_in_threadpool(merge)
    return visit.redirect(f"/events?{urlencode({'group': chosen[0]})}")


@router.post("/events/{event_id}/split")
async def split_event(request: Request, event_id: str) -> Response:
    """Say that an event is none of those that it is grouped with."""
    visit = Visit(request)
    given = await _form(visit)

    def split() -> None:
        with _engine(request).opened() as db:
            if reviews.split_event(db, event_id, access.reviewer(request.scope), now=time.time()) is None:
                raise problems.NotFound(event_id[:80])

    await run_in_threadpool(split)
    return visit.redirect(local_path(given.get("next", "")))


@router.get("/reviews")
def show_reviews(request: Request) -> Response:
    """All that was said, newest first."""
    visit = Visit(request)
    before = visit.address.value("before")
    with _engine(request).opened_for_reading() as db:
        found = stored.log(db, _ROWS + 1, addresses.number(before))
        titles = events.titles(db, {event for review in found for event in _grouped(review)})
    older = str(visit.address.with_only(before=str(found[_ROWS - 1].number))) if len(found) > _ROWS else None
    return visit.page("reviews.html", section="reviews", rows=[_row(visit, review, titles) for review in found[:_ROWS]], older=older)


@router.post("/reviews/{review_id}/undo")
async def undo_review(request: Request, review_id: str) -> Response:
    """Take a review back."""
    visit = Visit(request)
    await _form(visit)

    def undo() -> None:
        with _engine(request).opened() as db:
            if reviews.undo(db, review_id, access.reviewer(request.scope), now=time.time()) is None:
                raise problems.NotFound(review_id[:80])

    await run_in_threadpool(undo)
    return visit.redirect("/reviews")


@router.get(_BODIES)
def show_organisations(request: Request) -> Response:
    """Those of most events first, by every name that documents give them."""
    visit = Visit(request)
    for name, _ in visit.address.pairs:
        if name not in _BODY_FIELDS:
            raise queries.InvalidFilter(f"{name[:80]}: there is no such filter; those that exist: q")
    q = visit.address.value("q")[:200]
    told, cursor = json.dumps([_BODIES, q]), visit.address.value("cursor")
    with _engine(request).opened_for_reading() as db:
        found = identities.organisations(db, q or None, _BODY_ROWS, queries.keys_of(told, cursor, _BODY_KEYS) if cursor else None)
    query = visit.address.without("cursor", "few")
    return visit.page(
        "organisations.html",
        section="organisations",
        query=query,
        rows=found.rows,
        is_first=not cursor,
        is_few=bool(visit.address.value("few")),
        next_page=None if found.following is None else query.with_only(cursor=queries.cursor(told, found.following)),
    )


@router.post(f"{_BODIES}/merge")
async def merge_organisations(request: Request) -> Response:
    """Say that the organisations that were ticked are one body: that of most events, which the list has first."""
    visit = Visit(request)
    chosen = [str(identity) for identity in (await fields_of(visit, _MOST_CHOSEN)).getlist("organisation")]
    if len(set(chosen)) < 2:
        return visit.redirect(f"{_BODIES}?few=yes")
    return await _said(visit, lambda db, who: reviews.merge_organisations(db, chosen, who, now=time.time()))


@router.post(f"{_BODIES}/split")
async def split_organisation(request: Request) -> Response:
    """Say that what documents write so is another body."""
    visit = Visit(request)
    given = await fields_of(visit)
    organisation, name = str(given.get("organisation", "")), str(given.get("name", ""))
    return await _said(visit, lambda db, who: reviews.split_organisation(db, organisation, name, who, now=time.time()))


async def _said(visit: Visit, say: Callable[[Any, str], Review | None]) -> Response:
    def write() -> None:
        with _engine(visit.request).opened() as db:
            if say(db, access.reviewer(visit.request.scope)) is None:
                raise problems.NotFound("organisation")

    await run_in_threadpool(write)
    return visit.redirect("/reviews")


def _review(visit: Visit, event_id: str, given: Mapping[str, str]) -> None:
    types = event_types.load_all(_engine(visit.request).settings.options.types_folder)
    with _engine(visit.request).opened() as db:
        shown = events.item(db, event_id)
        if shown is None:
            raise problems.NotFound(event_id[:80])

        def is_fresh() -> bool:
            return str(stored.last_number(db, shown["document"]["id"])) == given.get("seen")

        said = given.get("say", "")
        changes = _changes(given, shown) if said == "correct" else {}
        correction = reviews.Correction.parse(changes or {"review": "accept" if said == "correct" else said}, types)
        try:
            reviews.review_event(db, event_id, correction, access.reviewer(visit.request.scope), now=time.time(), is_fresh=is_fresh)
        except problems.Stale as error:
            raise StaleReview(visit.wording.words.reviewing.stale) from error


def _changes(given: Mapping[str, str], shown: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form that say something else than the event does."""
    changes: dict[str, Any] = {}
    for name in _FIELDS:
        if name in given and (given[name].strip() or None) != shown[name]:
            changes[name] = given[name].strip() or None
    if "end" in changes:
        changes.setdefault("start", shown["start"])
    elif "start" in changes and changes["start"] is not None and shown["end"] is not None:
        changes["end"] = shown["end"]
    for name, mark in _LISTS.items():
        names = [word.strip() for word in given.get(name, "").split(mark) if word.strip()]
        if name in given and names != [one["name"] for one in shown[name]]:
            known = {one["name"]: one for one in shown[name]}
            changes[name] = [_kept(word, known.get(word)) for word in names]
    return changes


def _kept(name: str, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """A place or organisation by its name, with what the event knew of it already."""
    about = {field: known[field] for field in ("geonames_id", "roles") if known.get(field)} if known is not None else {}
    return {"name": name, **about}


def _row(visit: Visit, review: Review, titles: Mapping[str, str]) -> Row:
    words = visit.wording.words.reviewing
    fields = ", ".join(
        f"{words[name if name != 'title' else 'name']}: {_told(visit, name, value)}" for name, value in review.changes.items() if name in (*_FIELDS, *_LISTS)
    )
    about, href = _about(review, titles)
    return Row(review, datetime.fromtimestamp(review.created_at, UTC), words[f"said_{review.action}"].format(changes=fields), about, href)


def _about(review: Review, titles: Mapping[str, str]) -> tuple[str, str | None]:
    """What a review is about, and the address of it where there is one."""
    if review.anchor is not None:
        href = None if review.is_orphan else f"{addresses.of_document(review.anchor.document_id, _NOWHERE)}#e-{review.anchor.event_id}"
        return review.anchor.sentence, href
    if grouped := _grouped(review):
        there = next((event for event in grouped if event in titles), None)
        return " · ".join(titles.get(event, event) for event in grouped), None if there is None else f"/events?group={there}"
    names = [name for value in review.changes.values() for name in (value if isinstance(value, list) else [value])]
    return " · ".join(str(name).removeprefix(_FOLDED) for name in names), None


def _grouped(review: Review) -> list[str]:
    """Ids of the events that a review merges or splits."""
    return list(dict.fromkeys(event for pair in review.changes["pairs"] for event in pair)) if review.subject == "group" else []


def _told(visit: Visit, name: str, value: Any) -> str:
    """A field as it was given, in the words of the page."""
    if value is not None and name in ("start", "end"):
        return visit.wording.day(value, is_short=True)
    if name == "status":
        return str(visit.wording.words.status[value])
    if name == "type":
        known = event_types.load_all(_engine(visit.request).settings.options.types_folder).get(value)
        return value if known is None else known.label.get(visit.wording.code, value)
    return _written(value)


def _written(value: Any) -> str:
    """A value of a change as people read it."""
    if isinstance(value, list):
        return ", ".join(_written(one) for one in value) or "–"
    return str(value["name"]) if isinstance(value, Mapping) else "–" if value is None else str(value)


async def _form(visit: Visit) -> dict[str, str]:
    """The fields of a form of this session, each once; raises StaleForm."""
    return {name: value for name, value in (await fields_of(visit)).items() if isinstance(value, str)}


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine
