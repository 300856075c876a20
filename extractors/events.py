"""Events: which words tell of one, and what, when, where, who and whether it is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from extractors.document import Document, Passage
from extractors.records import DateRange, Event, Organisation, Place
from extractors.spans import Mention


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known of a document when its events are told apart; offsets into the view."""

    document: Document
    text: str
    passages: tuple[Passage, ...]
    organisations: tuple[Organisation, ...]
    places: tuple[Place, ...]
    dates: tuple[DateRange, ...]
    published: date | None


@dataclass(frozen=True, slots=True)
class Trigger(Mention):
    """A word that names an event."""

    type: str = ""


def find(passages: Sequence[Passage]) -> list[Trigger]:
    """Every word that may tell of an event."""
    return []


def resolve(triggers: Sequence[Trigger], scene: Scene) -> list[Event]:
    """One event a real occurrence, with its days, place, organisations and status."""
    return []
