"""What people say of events through the pages: forms on a document, and the page of all that was said."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from extractors import event_types
from service import access, problems, reviews, uploads
from service.pages.showing import PageRoute, Visit, local_path
from service.store import events
from service.store import reviews as stored

if TYPE_CHECKING:
    from service.engine import Engine
    from service.store.reviews import Review

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_ROWS = 50
_FIELDS = ("type", "status", "title", "start", "end")
_LISTS = {"places": ",", "organisations": ";"}  # and what parts the names in a form


@dataclass(frozen=True, slots=True)
class Row:
    """A review as the page shows it."""

    review: Review
    at: datetime
    said: str
    about: str


@router.post("/events/{event_id}/review")
async def review_event(request: Request, event_id: str) -> Response:
    """Accept, reject or correct an event by a form."""
    visit = Visit(request)
    given = await _form(visit)
    await run_in_threadpool(_review, visit, event_id, given)
    return visit.redirect(local_path(given.get("next", "")))


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
        found = stored.log(db, _ROWS + 1, int(before) if before.isdecimal() else None)
    older = str(visit.address.with_only(before=str(found[_ROWS - 1].number))) if len(found) > _ROWS else None
    return visit.page("reviews.html", section="reviews", rows=[_row(visit, review) for review in found[:_ROWS]], older=older)


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
            raise problems.Stale(visit.wording.words.reviewing.stale) from error


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


def _row(visit: Visit, review: Review) -> Row:
    words = visit.wording.words.reviewing
    fields = ", ".join(
        f"{words[name if name != 'title' else 'name']}: {_written(value)}" for name, value in review.changes.items() if name in (*_FIELDS, *_LISTS)
    )
    about = "" if review.anchor is not None else ", ".join(map(_written, review.changes.values()))
    return Row(review, datetime.fromtimestamp(review.created_at, UTC), words[f"said_{review.action}"].format(changes=fields), about)


def _written(value: Any) -> str:
    """A value of a change as people read it."""
    if isinstance(value, list):
        return ", ".join(_written(one) for one in value) or "–"
    return str(value["name"]) if isinstance(value, Mapping) else "–" if value is None else str(value)


async def _form(visit: Visit) -> dict[str, str]:
    """The fields of a form of this session; raises StaleForm."""
    async with visit.request.form(max_files=0, max_fields=20, max_part_size=20_000) as form:
        given = {name: value for name, value in form.items() if isinstance(value, str)}
    visit.check(given.get(uploads.TOKEN, ""))
    return given


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine
