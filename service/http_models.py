"""What goes in and out over HTTP, as the API page shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from extractors.records import Confidence, EventType, Notice, Precision, PublishedFrom, Record, Role, Status
from service.problems import Problem

_TEXT = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024."


class Shape(BaseModel):
    """Closed: a field that is not documented is an error."""

    model_config = ConfigDict(extra="forbid")


def _iso_day(value: Any) -> Any:
    """The value, unless it is a number, which pydantic takes for seconds since 1970."""
    if isinstance(value, date) or value is None:
        return value
    if not isinstance(value, str) or len(value) != len("2024-06-03"):
        raise ValueError("give a day such as 2024-06-03")
    return value


class About(Shape):
    """What the sender knows of a document; it wins over what the document says."""

    title: str | None = Field(default=None, max_length=1_000, examples=["Atelier de médiation à Bamako"], description="Where it says none, or a better one.")
    language: str | None = Field(
        default=None, pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9_-]{1,20})?$", examples=["fr"], description="A code such as fr or en, for text that does not tell."
    )
    published: Annotated[date | None, BeforeValidator(_iso_day)] = Field(
        default=None, examples=["2024-06-05"], description="A day such as 2024-06-05, from which relative dates count."
    )
    source: str | None = Field(default=None, max_length=2_000, examples=["https://example.org/atelier"], description="Where it comes from, in your words.")


class Text(About):
    """A document given as text, which is kept to the letter."""

    text: str = Field(examples=[_TEXT])


class DocumentAbout(Shape):
    """A document but for its text and what was found in it."""

    id: str = Field(examples=["7f13ef3232958cab"])
    title: str | None
    published: date | None = Field(examples=["2024-06-05"])
    published_from: PublishedFrom | None = Field(description="What says so.")
    language: str | None = Field(examples=["fr"])
    source: str | None = Field(examples=["atelier.txt"])
    sources: list[str] = Field(description="Names under which it came in, the first of them.")
    source_count: int = Field(examples=[1], description="How many there are.")
    media_type: str | None = Field(examples=["text/plain"])
    pages: int | None
    sha256: str | None
    characters: int = Field(examples=[76])
    events: int = Field(examples=[1], description="How many were found in it.")
    organisations: int
    places: int
    warnings: list[Notice]
    extractor: str = Field(description="Fingerprint of what read it.")
    extracted_at: str = Field(examples=["2024-06-05T08:00:00Z"])
    metadata: dict[str, Any] = Field(description="Fields of its source that Veille does not know.")


class FileResult(Shape):
    """What became of one document of a request; a file of JSON Lines holds many."""

    name: str = Field(examples=["atelier.txt"])
    state: Literal["queued", "running", "cancelled", "new", "updated", "known", "failed"] = Field(description="known: it was there already, and this is it.")
    document: DocumentAbout | None = Field(description="Null until it is stored, and where it failed.")
    problem: Problem | None = Field(description="Why it failed, else null.")
    record: Record | None = Field(default=None, description="Where the request waited for its one document: all that was found in it.")


class JobAbout(Shape):
    """A request's documents, counted."""

    id: str = Field(examples=["3f2c9a4be1d04f7d"])
    state: Literal["queued", "running", "done", "failed", "cancelled"] = Field(description="failed: nothing of it could be stored.")
    created_at: datetime
    total: int = Field(examples=[2], description="How many documents it is known to hold.")
    done: int = Field(examples=[1], description="How many are stored.")
    failed: int = Field(examples=[1])


class Job(JobAbout):
    """A request's documents and what became of them."""

    files: list[FileResult]


class JobPage(Shape):
    """The last jobs, newest first."""

    items: list[JobAbout]
    next: str | None = Field(description="Address of the next page, null on the last.")


class DocumentRow(Shape):
    """A source: the document it holds, or why it holds none."""

    document_id: str | None = Field(examples=["7f13ef3232958cab"])
    title: str | None
    published: date | None
    published_from: PublishedFrom | None
    language: str | None
    state: Literal["done", "failed"]
    source: str
    source_number: int
    media_type: str | None
    pages: int | None
    characters: int | None
    events: int
    organisations: int
    places: int
    error_code: str | None
    error_message: str | None
    warnings: str | None
    extracted_at: str | None


class PlaceOf(Shape):
    """A place of an event."""

    name: str = Field(examples=["Bamako"])
    country: str | None = Field(examples=["ML"])
    lat: float | None = Field(examples=[12.65])
    lon: float | None = Field(examples=[-8.0])
    kind: str | None = Field(examples=["city"])
    geonames_id: int | None = Field(examples=[2460596])


class OrganisationOf(Shape):
    """An organisation of an event, and its part in it."""

    id: str = Field(description="The same for one body in every document, as /organisations has it.", examples=["name:office du niger"])
    name: str = Field(examples=["Office du Niger"])
    acronym: str | None = Field(examples=["ON"])
    key: str | None
    roles: list[Role] = Field(examples=[["organiser"]])


class DocumentOf(Shape):
    """The document of an event."""

    id: str = Field(examples=["7f13ef3232958cab"])
    title: str | None
    published: date | None
    language: str | None
    source: str | None


class EvidenceOf(Shape):
    """The sentence that says so; offsets are code points into the document's text, end exclusive."""

    start: int
    end: int
    quote: str = Field(examples=[_TEXT])
    page: int | None


class EventItem(Shape):
    """One event of one document."""

    id: str = Field(examples=["0f4b8f7e-6c0d-5a53-9c3e-0b5f6a1f2c3d"])
    type: EventType
    status: Status = Field(examples=["occurred"])
    title: str = Field(examples=["atelier de formation sur la médiation"])
    start: date | None = Field(examples=["2024-06-03"])
    end: date | None = Field(examples=["2024-06-03"], description="Inclusive.")
    precision: Precision | None = Field(examples=["day"])
    edtf: str | None
    places: list[PlaceOf]
    organisations: list[OrganisationOf]
    evidence: EvidenceOf
    document: DocumentOf
    confidence: Confidence
    rule: str = Field(description="What found it.")
    review: Literal["accepted", "corrected", "rejected"] | None = Field(description="What a person said of it.")
    group: str = Field(description="Id of the group of events that are the same one in several documents: that of its smallest member.")
    reports: int = Field(examples=[1], description="How many reports tell of it; what several papers print to the letter is one.")


class Trigger(Shape):
    """Words that tell of the event."""

    start: int
    end: int
    quote: str = Field(examples=["atelier"])


class SameEvent(Shape):
    """The same event in another document, and why it is taken for that."""

    id: str
    type: EventType
    status: Status
    title: str
    start: date | None
    end: date | None
    group: str
    review: Literal["accepted", "corrected", "rejected"] | None
    document_id: str
    document_title: str | None
    published: date | None
    language: str | None
    source: str | None
    report: str = Field(description="The same for documents that print the same.")
    reasons: list[str] = Field(examples=[["same day", "Bamako in both"]])


class EventDetail(EventItem):
    """One event with the words that tell of it, and the other documents that report it."""

    triggers: list[Trigger]
    sources: list[str] = Field(description="Every name under which its document came in.")
    same: list[SameEvent]


class EventsNamed(Shape):
    """Some events by their ids."""

    events: list[str] = Field(min_length=2, max_length=100, json_schema_extra={"uniqueItems": True})


class Named(Shape):
    """An organisation or a place, over all documents."""

    name: str = Field(examples=["Office du Niger"])
    names: list[str] = Field(description="Every way in which documents write it.")
    documents: int = Field(examples=[2])
    mentions: int = Field(examples=[5])
    events: int = Field(examples=[1])


class OrganisationRow(Named):
    """An organisation, over all documents."""

    id: str = Field(description="What stands for it in merge and split.", examples=["name:office du niger"])
    acronym: str | None = Field(examples=["ON"])
    key: str | None = Field(description="Its id in the list of known bodies.")


class PlaceRow(Named):
    """A place, over all documents."""

    country: str | None
    kind: str | None
    lat: float | None
    lon: float | None
    geonames_id: int | None


class OrganisationPage(Shape):
    """Some organisations, those of most events first."""

    items: list[OrganisationRow]
    next: str | None = Field(description="Address of the next page, null on the last.")


class PlacePage(Shape):
    """Some places, those of most events first."""

    items: list[PlaceRow]
    next: str | None = Field(description="Address of the next page, null on the last.")


class OrganisationsNamed(Shape):
    """Organisations by their ids."""

    organisations: list[str] = Field(min_length=2, max_length=100, json_schema_extra={"uniqueItems": True}, description="All become the first.")


class NameOf(Shape):
    """One way of writing an organisation."""

    name: str = Field(min_length=1, max_length=300, description="The name that is another body's.")


class EventPage(Shape):
    """Some events of a list."""

    items: list[EventItem]
    next: str | None = Field(description="Address of the next page, null on the last.")


class Counted(Shape):
    """A value and how many events have it."""

    value: str = Field(examples=["training"])
    count: int = Field(examples=[12])


class PlaceCounted(Shape):
    """A place and how many events happen there."""

    name: str = Field(examples=["Bamako"])
    country: str | None = Field(examples=["ML"])
    kind: str | None = Field(examples=["city"])
    lat: float = Field(examples=[12.65])
    lon: float = Field(examples=[-8.0])
    count: int = Field(examples=[3])


class Facets(Shape):
    """The events that pass some filters, counted; each facet as if its own filter were not given."""

    total: int = Field(examples=[40], description="How many events pass every filter.")
    facets: dict[str, list[Counted]] = Field(
        examples=[{"type": [{"value": "training", "count": 12}]}],
        description="By the name of a filter, its values, those of most events first: type, status, country, language, review, and the twelve first organisations.",
    )
    months: list[Counted] = Field(examples=[[{"value": "2024-06", "count": 5}]], description="In order, by the first day; as if no day were asked for.")
    places: list[PlaceCounted] = Field(description="The eighty first; as if no place were asked for.")


class DocumentPage(Shape):
    """Some sources of a list."""

    items: list[DocumentRow]
    next: str | None = Field(description="Address of the next page, null on the last.")


class ReviewAbout(Shape):
    """Something that a person said of what was extracted."""

    id: str = Field(examples=["3f2c9a4be1d04f7d"])
    created_at: datetime
    reviewer: str = Field(examples=["local"], description="Name of the key.")
    subject: Literal["event", "organisation", "group"]
    action: Literal["accept", "reject", "correct", "merge", "split"]
    changes: dict[str, Any] = Field(description="Fields as they should be.")
    document_id: str | None
    event_id: str | None
    quote: str | None = Field(description="The word that tells of the event.")
    sentence: str | None
    undone_at: datetime | None
    undone_by: str | None
    is_orphan: bool = Field(description="Nothing in the document is it about any more.")


class ReviewPage(Shape):
    """The last reviews, newest first."""

    items: list[ReviewAbout]
    next: str | None = Field(description="Address of the next page, null on the last.")


class TypeAbout(Shape):
    """An event type: what it is, by language."""

    name: EventType
    label: dict[str, str] = Field(examples=[{"en": "Training", "fr": "Formation"}])
    definition: dict[str, str]
    examples: dict[str, list[str]]


class TypeList(Shape):
    """Every event type."""

    items: list[TypeAbout]


class Readiness(Shape):
    """Whether the service can work."""

    status: Literal["ready", "not_ready"]
    checks: dict[Literal["models", "store", "queue"], bool]


class Version(Shape):
    """What is running."""

    veille: str = Field(examples=["0.1.0"])
    record_schema: int
    database_schema: int
    extractor: str = Field(description="Fingerprint of code, tables, models and settings.")
