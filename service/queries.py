"""What can be asked: one filter model for the pages, the API, the command line and the exports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from extractors.errors import InvalidRequest
from extractors.records import EventType, Status

EventOrder = Literal["date", "-date", "published", "-published", "confidence", "-confidence", "type", "-type"]
DocumentOrder = Literal["published", "-published", "title", "-title", "source", "-source", "events", "-events", "extracted_at", "-extracted_at"]
Limit = Annotated[int, Field(ge=1, le=10_000)]


class InvalidFilter(InvalidRequest):
    """A filter that does not exist, or a value it cannot have."""

    code = "invalid_filter"


def _corners(value: Any) -> Any:
    """"west,south,east,north" as four numbers."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return [item.upper() if isinstance(item, str) else item for item in value] if isinstance(value, list | tuple) else value


Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]


class Filter(BaseModel):
    """Closed, so that a misspelt filter is an error and never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Any:
        """A filter from what a person typed.

        Raises InvalidFilter, which names the filter, what it was given, and what it takes.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "filter"
            raise InvalidFilter(f"{name}: {first['msg']} (given: {values.get(name)!r})") from error


class EventFilter(Filter):
    """Which events; every filter must hold, several values of one are alternatives."""

    q: str | None = Field(default=None, max_length=1_000, description='Words of the event: all of them; "exact phrase", begin*.')
    type: tuple[EventType, ...] = Field(default=(), description="Event type, such as training.")
    status: tuple[Status, ...] = Field(default=(), description="occurred, planned, ongoing, cancelled or postponed.")
    country: Annotated[tuple[Country, ...], BeforeValidator(_upper)] = Field(default=(), description="ISO 3166-1 alpha-2 code, such as ML.")
    place: str | None = Field(default=None, max_length=200, description="Words of a place's name.")
    organisation: str | None = Field(default=None, max_length=200, description="Words of an organisation's name or acronym.")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="Language of the document: fr or en.")
    from_: date | None = Field(default=None, alias="from", description="Takes place on this day or later.")
    to: date | None = Field(default=None, description="Takes place on this day or earlier.")
    bbox: Annotated[tuple[Longitude, Latitude, Longitude, Latitude] | None, BeforeValidator(_corners)] = Field(
        default=None, description="west,south,east,north in degrees."
    )
    min_confidence: float | None = Field(default=None, ge=0, le=1, description="Least confidence, 0 to 1.")
    document: str | None = Field(default=None, max_length=200, description="Id of the document.")
    sort: EventOrder = Field(default="-date", description="date, published, confidence or type; with - descending.")
    limit: Limit | None = Field(default=None, description="At most so many.")


class DocumentFilter(Filter):
    """Which documents; every filter must hold."""

    q: str | None = Field(default=None, max_length=1_000, description='Words of the text: all of them; "exact phrase", begin*.')
    state: Literal["done", "failed"] | None = Field(default=None, description="done or failed.")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="fr or en.")
    published_from: date | None = Field(default=None, description="Published on this day or later.")
    published_to: date | None = Field(default=None, description="Published on this day or earlier.")
    sort: DocumentOrder = Field(default="-published", description="published, title, source, events or extracted_at; with - descending.")
    limit: Limit | None = Field(default=None, description="At most so many.")
