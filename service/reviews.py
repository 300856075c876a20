"""What people say of what was extracted: accept, reject, correct, kept as a log and replayed over every new extraction.

replay(record, reviews) → the record as people left it, what they said of each event, and what found no event
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from extractors.errors import InvalidRequest
from extractors.records import Entity, Event, Organisation, Place, Record, Role, Status
from service import problems
from service.queries import Day
from service.store import documents, events, groups, identities, reviews, writing
from service.store.reviews import Anchor, Review
from service.store.sources import Conflict

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.store.prepared import Prepared

_RULE = "review"  # of an entity that a person added
_STATES = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}


class Shape(BaseModel):
    """Closed: a field that is not documented is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaceGiven(Shape):
    """A place by its name, or by its number in GeoNames among those of that name."""

    name: str = Field(min_length=1, max_length=200, examples=["Bamako"])
    geonames_id: int | None = Field(default=None, examples=[2460596])


class OrganisationGiven(Shape):
    """An organisation by its name, and its part in the event."""

    name: str = Field(min_length=1, max_length=300, examples=["Office du Niger"])
    roles: tuple[Role, ...] = Field(default=(), examples=[["organiser"]])


def _listed(value: Any) -> Any:
    """Names alone as what they name."""
    return [{"name": item} if isinstance(item, str) else item for item in value] if isinstance(value, list | tuple) else value


class Correction(Shape):
    """What a person says of an event: its fields as they should be, or that it is right or wrong as a whole."""

    review: Literal["accept", "reject"] | None = Field(default=None, description="Right as it is, or none at all.")
    type: str | None = Field(default=None, examples=["training"])
    status: Status | None = None
    title: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    start: Day | None = Field(default=None, description="First day; null takes both days away.")
    end: Day | None = Field(default=None, description="Last day, inclusive; by default the first.")
    places: Annotated[tuple[PlaceGiven, ...] | None, BeforeValidator(_listed)] = Field(default=None, description="All of them; names will do.")
    organisations: Annotated[tuple[OrganisationGiven, ...] | None, BeforeValidator(_listed)] = Field(default=None, description="All of them; names will do.")

    @model_validator(mode="after")
    def _says_something(self) -> Correction:
        if not self.model_fields_set:
            raise ValueError("say accept or reject, or give a field as it should be")
        if self.review is not None and self.changes():
            raise ValueError("accept or reject an event as it is, or give its fields as they should be, not both")
        if "end" in self.model_fields_set and "start" not in self.model_fields_set:
            raise ValueError("end: give start too")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("end: before start")
        return self

    @classmethod
    def parse(cls, given: bytes | Mapping[str, Any], types: Iterable[str]) -> Correction:
        """A correction from JSON or fields; raises InvalidRequest, which names the first fault."""
        try:
            found = cls.model_validate_json(given) if isinstance(given, bytes) else cls.model_validate(given)
        except ValidationError as error:
            raise InvalidRequest(problems.first_fault(error.errors())) from error
        if found.type is not None and found.type not in (known := list(types)):
            raise InvalidRequest(f"type: {found.type[:40]!r} is none of {', '.join(known)}")
        return found

    def changes(self) -> dict[str, Any]:
        """The fields given, as the log keeps them."""
        return self.model_dump(mode="json", exclude={"review"}, include=self.model_fields_set - {"review"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """A record as people left it. marks: by event id, accepted, rejected or corrected. orphans: ids of reviews that found no event."""

    record: Record
    marks: Mapping[str, str]
    orphans: Sequence[str]


def review_event(
    db: Database, event_id: str, correction: Correction, reviewer: str, *, now: float, is_fresh: Callable[[], bool] = lambda: True
) -> Review | None:
    """Say something of an event; the review, or None where there is no such event.

    is_fresh: asked once nobody else can write, whether the event is still what the reviewer saw. Raises Stale, InvalidRequest.
    """
    with writing(db):
        record = _extracted(db, event_id)
        if record is None:
            return None
        if not is_fresh():
            raise problems.Stale("the event has changed since you read it; read it again, then send what should still change")
        event = next(event for event in record.events if event.id == event_id)
        (start, end), sentence = event.mentions[0], event.evidence.quote
        changes = _resolved(correction.changes())
        anchor = Anchor(record.id, event.id, event.type, start, end, record.text[start:end], sentence)
        review = Review("event", correction.review or "correct", reviewer, now, changes, anchor)
        reviews.add(db, review)
        if reviews.extraction(db, record.id) is None:
            reviews.keep_extraction(db, record)
        put(db, record)
        groups.settle(db)
    return review


def undo(db: Database, review_id: str, reviewer: str, *, now: float) -> Review | None:
    """Take a review back; it, or None where there is none to take back."""
    with writing(db):
        found = reviews.undo(db, review_id, reviewer, now)
        if found is not None and found.anchor is not None and (record := reviews.extraction(db, found.anchor.document_id)) is not None:
            put(db, record)
        if found is not None and found.subject == "group":
            groups.touch(db, {event for pair in found.changes["pairs"] for event in pair})
        if found is not None and found.subject == "organisation":
            identities.settle(db)
        groups.settle(db, in_full=found is not None and found.subject == "group")
    return found


def put(db: Database, record: Record, prepared: Prepared | None = None) -> None:
    """Write a record as it was extracted, with what people said of its events laid over it; inside a write transaction.

    prepared: of this very record, where somebody has made it.
    """
    said = reviews.of_document(db, record.id)
    if not said:
        documents.put(db, record, prepared=prepared)
        return
    replayed = replay(record, said)
    documents.put(db, replayed.record, replayed.marks)
    reviews.keep_extraction(db, record)
    reviews.mark_orphans(db, record.id, replayed.orphans)


def replay(record: Record, said: Sequence[Review]) -> Replayed:
    """A record as reviews leave it, one after the other; a later word on a field wins."""
    left = {event.id: event for event in record.events}
    entities: dict[str, Entity] = {entity.id: entity for entity in record.entities}
    marks: dict[str, str] = {}
    orphans = []
    for review in said:
        found = _anchored(record, review.anchor) if review.anchor is not None else None
        if found is None:
            orphans.append(review.id)
            continue
        marks[found.id] = _STATES[review.action]
        left[found.id] = _changed(left[found.id], review.changes, entities)
    changed = record.model_copy(update={"events": list(left.values()), "entities": list(entities.values())})
    return Replayed(changed, marks, orphans)


def _extracted(db: Database, event_id: str) -> Record | None:
    """The record of the document that tells of an event, as it was extracted."""
    document_id = events.document_of(db, event_id)
    return None if document_id is None else reviews.extraction(db, document_id) or documents.record(db, document_id)


def _anchored(record: Record, anchor: Anchor) -> Event | None:
    """The event that a review is about: by its id, else by its words at the same place, else by its words in the same sentence."""

    def overlaps(event: Event, *, same_words: bool) -> bool:
        spans = [(start, end) for start, end in event.mentions if start < anchor.end and anchor.start < end]
        return any(record.text[start:end] == anchor.quote for start, end in spans) if same_words else bool(spans)

    def is_in_sentence(event: Event) -> bool:
        return event.evidence.quote == anchor.sentence and any(record.text[start:end] == anchor.quote for start, end in event.mentions)

    tests: tuple[Callable[[Event], bool], ...] = (
        lambda event: event.id == anchor.event_id,
        lambda event: event.type == anchor.event_type and overlaps(event, same_words=False),
        lambda event: overlaps(event, same_words=True),
        is_in_sentence,
    )
    for is_it in tests:
        found = [event for event in record.events if is_it(event)]
        if len(found) == 1:
            return found[0]
    return None


def _changed(event: Event, changes: Mapping[str, Any], entities: dict[str, Entity]) -> Event:
    """An event with some fields as a person gave them; what they name joins the entities."""
    update: dict[str, Any] = {name: changes[name] for name in ("type", "status", "title") if changes.get(name) is not None}
    if "start" in changes:
        start = None if changes["start"] is None else date.fromisoformat(changes["start"])
        end = date.fromisoformat(changes["end"]) if changes.get("end") is not None else start
        precision = None if start is None else "day" if start == end else "range"
        update |= {"start": start, "end": end, "precision": precision, "edtf": None}
    if changes.get("places") is not None:
        update["places"] = [_place(given, entities) for given in changes["places"]]
    if changes.get("organisations") is not None:
        bodies = [(_organisation(given["name"], entities), given["roles"]) for given in changes["organisations"]]
        update["organisations"] = [body for body, _ in bodies]
        roles: dict[str, list[str]] = {}
        for body, parts in bodies:
            for part in parts:
                roles.setdefault(part, []).append(body)
        update["roles"] = roles
    return event.model_copy(update=update)


def _place(given: Mapping[str, Any], entities: dict[str, Entity]) -> str:
    """Id of the document's place that a person named, which is added where the document has none."""
    for entity in entities.values():
        same_name = entity.label == "PLACE" and entity.name.casefold() == given["name"].casefold()
        if isinstance(entity, Place) and (entity.geonames_id == given["geonames_id"] if given["geonames_id"] is not None else same_name):
            return entity.id
    about = {name: given.get(name) for name in ("name", "country", "lat", "lon", "kind", "geonames_id")}
    added = Place.model_validate({"id": _new_id(entities), "mentions": [], "confidence": 1.0, "rule": _RULE, **about})
    entities[added.id] = added
    return added.id


def _organisation(name: str, entities: dict[str, Entity]) -> str:
    for entity in entities.values():
        if isinstance(entity, Organisation) and name.casefold() in (entity.name.casefold(), (entity.acronym or "").casefold()):
            return entity.id
    added = Organisation(id=_new_id(entities), name=name, mentions=[], confidence=1.0, rule=_RULE)
    entities[added.id] = added
    return added.id


def _new_id(entities: Mapping[str, Entity]) -> str:
    number = 1
    while f"R{number}" in entities:
        number += 1
    return f"R{number}"


def _resolved(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes whose places are looked up now, so that a later gazetteer does not move what a person meant."""
    if changes.get("places"):
        changes["places"] = [_looked_up(given) for given in changes["places"]]
    return changes


def _looked_up(given: Mapping[str, Any]) -> dict[str, Any]:
    from extractors import gazetteers

    found = gazetteers.candidates(given["name"])
    if given["geonames_id"] is not None:
        found = tuple(place for place in found if place.geonames_id == given["geonames_id"])
        if not found:
            raise InvalidRequest(f"places: {given['name']!r} is not the name of {given['geonames_id']} in GeoNames; leave the number out, or give a name of it")
    if not found:
        return {**given, "country": None, "lat": None, "lon": None, "kind": None}
    best = found[0]
    return {"name": given["name"], "geonames_id": best.geonames_id, "country": best.country, "lat": best.lat, "lon": best.lon, "kind": best.kind}


def merge_events(db: Database, event_ids: Sequence[str], reviewer: str, *, now: float) -> Review | None:
    """Say that some events of several documents are one; the review, or None where there is no such event. Raises InvalidRequest for one alone."""
    first, *others = sorted(set(event_ids))
    if not others:
        raise InvalidRequest("events: name at least two different events")
    with writing(db):
        if any(events.document_of(db, event_id) is None for event_id in event_ids):
            return None
        return _regrouped(db, Review("group", "merge", reviewer, now, {"pairs": [[first, other] for other in others]}))


def split_event(db: Database, event_id: str, reviewer: str, *, now: float) -> Review | None:
    """Say that an event is none of those that it is grouped with; the review, or None where there is no such event.

    Raises Conflict for an event that is grouped with none.
    """
    with writing(db):
        found = groups.members(db, event_id)
        if not found:
            return None
        if len(found) == 1:
            raise Conflict("the event is grouped with no other, so that there is nothing to split; `same` of an event lists those that it is grouped with")
        return _regrouped(db, Review("group", "split", reviewer, now, {"pairs": [[event_id, other["id"]] for other in found if other["id"] != event_id]}))


def _regrouped(db: Database, review: Review) -> Review:
    reviews.add(db, review)
    groups.touch(db, {event for pair in review.changes["pairs"] for event in pair})
    groups.settle(db, in_full=True)
    return review


def merge_organisations(db: Database, ids: Sequence[str], reviewer: str, *, now: float) -> Review | None:
    """Say that some organisations are the first of them; the review, or None where there is no such organisation. Raises InvalidRequest for one alone."""
    into, *others = dict.fromkeys(ids)
    if not others:
        raise InvalidRequest("organisations: name at least two different organisations")
    with writing(db):
        if not all(identities.exists(db, identity) for identity in ids):
            return None
        return _renamed(db, Review("organisation", "merge", reviewer, now, {"into": into, "organisations": others}))


def split_organisation(db: Database, identity: str, name: str, reviewer: str, *, now: float) -> Review | None:
    """Say that what documents write so is another body; the review, or None where there is no such organisation of this name."""
    with writing(db):
        if not identities.has_name(db, identity, name):
            return None
        return _renamed(db, Review("organisation", "split", reviewer, now, {"organisation": identity, "name": name}))


def _renamed(db: Database, review: Review) -> Review:
    reviews.add(db, review)
    identities.settle(db)
    return review
