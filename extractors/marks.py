"""A record's text cut where something begins or ends, so that marks that overlap are all kept: what every page of a document is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractors.records import Entity, Record

KINDS: Mapping[str, str] = {"ORG": "organisation", "PLACE": "place", "DATE": "date"}


@dataclass(slots=True)
class Piece:
    """A run of text under the same marks.

    kinds: organisation, place, date. names: "kind", and what is named. event: id of the event whose trigger this is.
    of: ids of the entities and events that it belongs to. begins: ids whose first mention begins here.
    """

    text: str
    kinds: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    event: str | None = None
    of: list[str] = field(default_factory=list)
    begins: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    id: str
    kind: str
    name: str
    is_first: bool


def pieces(record: Record) -> list[Piece]:
    """The text in order, cut at the bounds of every mention and of every event's sentence."""
    marks = sorted([*_of_entities(record.entities), *_of_events(record)], key=lambda mark: (mark.start, -mark.end))
    bounds = sorted({0, len(record.text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    found, open_marks, following = [], [], 0
    for start, end in pairwise(bounds):
        while following < len(marks) and marks[following].start <= start:
            open_marks.append(marks[following])
            following += 1
        open_marks = [mark for mark in open_marks if mark.end > start]
        found.append(_piece(record.text[start:end], start, open_marks))
    return found


def named(record: Record) -> dict[str, list[tuple[str, str, int]]]:
    """What the text names, by kind: id, name, number of mentions; most first."""
    found: dict[str, list[tuple[str, str, int]]] = {kind: [] for kind in ("organisation", "place")}
    for entity in record.entities:
        if (kind := KINDS[entity.label]) in found and entity.mentions:
            found[kind].append((entity.id, name_of(entity), len(entity.mentions)))
    return {kind: sorted(entries, key=lambda entry: -entry[2]) for kind, entries in found.items() if entries}


def name_of(entity: Entity) -> str:
    """What an entity is called: its name, or the days that it stands for."""
    name = getattr(entity, "name", None)
    if name is not None:
        return str(name)
    start, end = getattr(entity, "start", None), getattr(entity, "end", None)
    days = [day.isoformat() for day in (start, end) if day is not None]
    return getattr(entity, "edtf", None) or " – ".join(dict.fromkeys(days))


def _of_entities(entities: Iterable[Entity]) -> Iterable[_Mark]:
    for entity in entities:
        for position, (start, end) in enumerate(entity.mentions):
            yield _Mark(start, end, entity.id, KINDS[entity.label], name_of(entity), position == 0)


def _of_events(record: Record) -> Iterable[_Mark]:
    for event in record.events:
        yield _Mark(event.evidence.start, event.evidence.end, event.id, "sentence", event.title, False)
        for position, (start, end) in enumerate(event.mentions):
            yield _Mark(start, end, event.id, "event", event.title, position == 0)


def _piece(text: str, start: int, marks: Sequence[_Mark]) -> Piece:
    piece = Piece(text)
    for mark in marks:
        if mark.id not in piece.of:
            piece.of.append(mark.id)
        if mark.is_first and mark.start == start:
            piece.begins.append(mark.id)
        if mark.kind == "event":
            piece.event = piece.event or mark.id
        elif mark.kind != "sentence" and mark.kind not in piece.kinds:
            piece.kinds.append(mark.kind)
            piece.names.append((mark.kind, mark.name))
    return piece
