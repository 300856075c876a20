"""What can be asked: one filter model for the pages, the API, the command line and the exports."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from extractors.errors import InvalidRequest
from extractors.records import EventType, Status

EventOrder = Literal["date", "-date", "published", "-published", "confidence", "-confidence", "type", "-type"]
Review = Literal["open", "to_check", "accepted", "corrected", "rejected"]
DOUBTFUL = 0.6  # confidence below which an event is one to check
DocumentOrder = Literal["published", "-published", "title", "-title", "source", "-source", "events", "-events", "extracted_at", "-extracted_at"]
_SHOWN = 80  # characters of a wrong value that its error repeats
RAISED = "Value error, "  # how pydantic begins what a validator of ours says
Limit = Annotated[int, Field(ge=1, le=10_000)]


class InvalidFilter(InvalidRequest):
    """A filter that does not exist, or a value it cannot have."""

    code = "invalid_filter"


def _corners(value: Any) -> Any:
    """ "west,south,east,north" as four numbers."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _iso_day(value: Any) -> Any:
    """The value, unless it is digits alone, which pydantic takes for seconds since 1970."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("give a day such as 2024-06-03")
    return value


def _upper(value: Any) -> Any:
    return [item.upper() if isinstance(item, str) else item for item in value] if isinstance(value, list | tuple) else value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Day = Annotated[date, BeforeValidator(_iso_day)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]


class Filter(BaseModel):
    """Closed, so that a misspelt filter is an error and never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    sort: str

    @property
    def key_count(self) -> int:
        """How many keys the store sorts such a list by."""
        raise NotImplementedError

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
            if first["type"] == "extra_forbidden":
                raise InvalidFilter(f"{name}: there is no such filter; those that exist: {', '.join(cls.names())}") from error
            raise InvalidFilter(f"{name}: {first['msg'].removeprefix(RAISED)} (given: {str(values.get(name))[:_SHOWN]!r})") from error

    @classmethod
    def names(cls) -> list[str]:
        """The filters as they are written in an address."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def from_address(cls, pairs: Iterable[tuple[str, str]]) -> Any:
        """A filter from the query of an address; a field left empty, as forms send it, is not given.

        Raises InvalidFilter, also for a filter given twice that takes one value.
        """
        many = {field.alias or name for name, field in cls.model_fields.items() if field.default == ()}
        values: dict[str, Any] = {}
        for name, value in pairs:
            if not value:
                continue
            if name in many:
                values.setdefault(name, []).append(value)
            elif values.setdefault(name, value) != value:
                raise InvalidFilter(f"{name}: given twice; give one value")
        return cls.parse(values)

    def cursor(self, keys: Sequence[str | int | float]) -> str:
        """Where a page of this list ended, as an opaque word for an address."""
        return cursor(self._query(), keys)

    def keys_of(self, word: str) -> tuple[str | int | float, ...]:
        """The keys that a cursor stands for; raises InvalidFilter for a word that `cursor` did not make, or made for another query."""
        return keys_of(self._query(), word, self.key_count)

    def _query(self) -> str:
        return type(self).__name__ + self.model_dump_json(exclude={"limit"})


def cursor(query: str, keys: Sequence[str | int | float]) -> str:
    """Where a page of a list ended, as an opaque word for an address. query: whatever tells this list from every other."""
    return base64.urlsafe_b64encode(json.dumps([_mark(query), *keys], ensure_ascii=False).encode()).decode().rstrip("=")


def keys_of(query: str, word: str, count: int) -> tuple[str | int | float, ...]:
    """The keys that a cursor of a list stands for.

    Raises InvalidFilter for a word that `cursor` did not make, or made for another list.
    """
    try:
        mark, *keys = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):  # of base64, UTF-8 and JSON alike
        mark, keys = None, []
    if mark != _mark(query) or len(keys) != count or not all(map(_is_key, keys)):
        raise InvalidFilter("cursor: not one of this list in this order; take the address from `next` as it stands, or leave the cursor out")
    return tuple(keys)


def _mark(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class EventFilter(Filter):
    """Which events; every filter must hold, several values of one are alternatives."""

    q: str | None = Field(default=None, max_length=1_000, description='Words of the event: all of them; "exact phrase", begin*.')
    type: tuple[EventType, ...] = Field(default=(), description="Event type, such as training.")
    status: tuple[Status, ...] = Field(default=(), description="occurred, planned, ongoing, cancelled or postponed.")
    country: Annotated[tuple[Country, ...], BeforeValidator(_upper)] = Field(default=(), description="ISO 3166-1 alpha-2 code, such as ML.")
    place: str | None = Field(default=None, max_length=200, description="Words of a place's name.")
    organisation: str | None = Field(default=None, max_length=200, description="Words of an organisation's name or acronym.")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="Language of the document: fr or en.")
    from_: Day | None = Field(default=None, alias="from", description="Takes place on this day or later.")
    to: Day | None = Field(default=None, description="Takes place on this day or earlier.")
    bbox: Annotated[tuple[Longitude, Latitude, Longitude, Latitude] | None, BeforeValidator(_corners)] = Field(
        default=None, description="west,south,east,north in degrees."
    )
    min_confidence: float | None = Field(default=None, ge=0, le=1, description="Least confidence, 0 to 1.")
    review: tuple[Review, ...] = Field(
        default=(), description="open, accepted, corrected, rejected; to_check: open and doubtful, the most doubtful first. By default all but rejected."
    )
    document: str | None = Field(default=None, max_length=200, description="Id of the document.")
    group: str | None = Field(default=None, max_length=200, description="Id of an event: it, and the same one in other documents.")
    once: bool = Field(default=False, description="Each event once, however many documents report it.")
    sort: EventOrder = Field(default="-date", description="date, published, confidence or type; with - descending.")
    limit: Limit | None = Field(default=None, description="At most so many.")

    @model_validator(mode="before")
    @classmethod
    def _doubtful_first(cls, given: Any) -> Any:
        """Who asks for what is to be checked gets the most doubtful first, unless another order is named."""
        if isinstance(given, Mapping) and "sort" not in given and list(given.get("review") or ()) == ["to_check"]:
            return {**given, "sort": "confidence"}
        return given

    @property
    def key_count(self) -> int:
        return 3 if self.sort.removeprefix("-") == "date" else 4


class DocumentFilter(Filter):
    """Which documents; every filter must hold."""

    q: str | None = Field(default=None, max_length=1_000, description='Words of the text: all of them; "exact phrase", begin*.')
    state: Literal["done", "failed"] | None = Field(default=None, description="done or failed.")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="fr or en.")
    published_from: Day | None = Field(default=None, description="Published on this day or later.")
    published_to: Day | None = Field(default=None, description="Published on this day or earlier.")
    sort: DocumentOrder = Field(default="-published", description="published, title, source, events or extracted_at; with - descending.")
    limit: Limit | None = Field(default=None, description="At most so many.")

    @property
    def key_count(self) -> int:
        return 4


def _is_key(value: Any) -> bool:
    """Whether SQLite could have given a value: text that is Unicode, or a number of 64 bits."""
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63)
