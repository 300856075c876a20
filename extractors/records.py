"""The record of a document: the published contract, generated into docs/record.schema.json.

`gold/GUIDELINES` of the project defines what a right record is. Offsets are
Unicode code points into `text`, end exclusive; days are ISO 8601, inclusive.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION: Literal[1] = 1

# Open, because a user may add a type of their own; the built-in ones are the files of event_types/.
EventType = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", examples=["training", "agreement"])]
Status = Literal["occurred", "planned", "ongoing", "cancelled", "postponed"]
Role = Literal["organiser", "host", "funder", "participant", "target", "signatory"]
Precision = Literal["day", "month", "season", "year", "range"]
PublishedFrom = Literal["caller", "front_matter", "metadata", "dateline", "filename"]
Confidence = Annotated[float, Field(ge=0, le=1)]
Offsets = tuple[int, int]


class Model(BaseModel):
    """Base of the record's parts: closed, and immutable once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SameBody = Literal["acronym", "short form", "same name", "table row"]  # same name: but for accents, case, hyphens and small words


class Organisation(Model):
    """A named body, with every place in the text that names it."""

    id: str
    label: Literal["ORG"] = "ORG"
    name: str = Field(description="The full name as written, typographic blanks made plain.")
    acronym: str | None = None
    key: str | None = Field(default=None, description="Stable id of a body listed in gazetteers/organisations.csv.")
    variants: dict[str, SameBody] = Field(default_factory=dict, description="The other ways the text writes it, and why each is taken for the same body.")
    mentions: list[Offsets]
    confidence: Confidence
    rule: str


class Place(Model):
    """A place, with where it is as far as that can be told."""

    id: str
    label: Literal["PLACE"] = "PLACE"
    name: str
    country: str | None = Field(description="ISO 3166-1 alpha-2; null for what spans countries or cannot be told.")
    lat: float | None = Field(description="Degrees north, WGS 84; centroid for a country or region.")
    lon: float | None = Field(description="Degrees east, WGS 84.")
    kind: str | None = Field(description="country, region, city, district, facility, natural or area.")
    geonames_id: int | None = None
    mentions: list[Offsets]
    confidence: Confidence
    rule: str


class DateRange(Model):
    """Days that an expression fixes; both null, and `edtf` set, where the year cannot be told."""

    id: str
    label: Literal["DATE"] = "DATE"
    start: date | None = Field(description="First day, inclusive; null for an open start.")
    end: date | None = Field(description="Last day, inclusive; null for an open end.")
    precision: Precision
    edtf: str | None = Field(default=None, description="Extended Date/Time Format, where start and end say less: XXXX-07-24.")
    mentions: list[Offsets]
    confidence: Confidence
    rule: str


class Evidence(Model):
    """The sentence that says so."""

    start: int
    end: int
    quote: str
    page: int | None = Field(default=None, description="Page number, from 1, where the document has pages.")


class Event(Model):
    """One real event of the document, however often it is mentioned."""

    id: str = Field(description="uuid5 of document, type and first trigger span.")
    type: EventType
    status: Status
    title: str = Field(description="Its own words.")
    mentions: list[Offsets] = Field(description="The trigger words.")
    start: date | None
    end: date | None
    precision: Precision | None
    edtf: str | None = None
    places: list[str] = Field(description="Ids of places in `entities`.")
    organisations: list[str] = Field(description="Ids of organisations in `entities`.")
    roles: dict[Role, list[str]] = Field(default_factory=dict)
    evidence: Evidence
    confidence: Confidence
    rule: str


Entity = Annotated[Organisation | Place | DateRange, Field(discriminator="label")]


class Notice(Model):
    """A partial loss, or something to know before trusting the record."""

    code: str
    message: str


class Record(Model):
    """Everything Veille knows of one document."""

    schema_version: Literal[1] = SCHEMA_VERSION
    id: str
    language: str | None
    published: date | None
    published_from: PublishedFrom | None
    title: str | None
    source: str | None
    media_type: str | None
    sha256: str | None = Field(description="Of the bytes that were read; null for text given as such.")
    pages: int | None
    text: str
    entities: list[Entity]
    events: list[Event]
    warnings: list[Notice]
    extractor: str = Field(description="Fingerprint of code, tables, models and settings.")
    metadata: dict[str, Any] = Field(default_factory=dict, description="Unknown fields of the input, kept.")

    def to_html(self, *, is_page: bool = False) -> str:
        """The text with everything found in it marked, and the events below; is_page: a whole page instead of a fragment."""
        from extractors import showing

        return showing.to_html(self, is_page=is_page)

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """pandas frames of the record: documents, events, organisations, places, dates, mentions; raises MissingPart without pandas."""
        from extractors import frames

        return frames.to_frames([self])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.to_html()


def schema() -> dict[str, Any]:
    """JSON Schema of a record as it is written: every field present, null where the document does not say."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Record.model_json_schema(mode="serialization")}
