"""A long document in parts, so that a report of a thousand pages is not one page of a browser."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.pages import addresses

if TYPE_CHECKING:
    from extractors.marks import Piece
    from extractors.records import Event, Record

_CHARACTERS = 22_000  # of a part without events: some seven pages of print, under 15 KB as they are sent
_EVENT = 900  # characters that weigh as much as an event, with what is marked for it and its card
_LEAST = 1_500  # characters of a part, however many events it tells of
_LOOK_AHEAD = 1_500  # for the end of a paragraph, or of a line


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text, code points from start to end. number: from 1, of total."""

    number: int
    total: int
    start: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


def parts(text: str, events: Sequence[int] = ()) -> list[Part]:
    """A text in parts, cut after paragraphs where it has them; one part where there is not much of it.

    events: where it tells of each, in order.
    """
    starts = [0]
    while (end := _reach(starts[-1], events)) + _LOOK_AHEAD < len(text):
        starts.append(_cut(text, end))
    return [Part(number, len(starts), start, end) for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text) + 1], strict=True), start=1)]


def part_at(found: Sequence[Part], at: int) -> Part:
    """The part that holds a place of the text."""
    return next((part for part in found if part.holds(at)), found[0])


def chosen(found: Sequence[Part], record: Record, event_id: str, number: str) -> Part:
    """The part to show: that of an event where one is named, else that of a number, else the first."""
    event = next((event for event in record.events if event.id == event_id), None)
    if event is not None:
        return part_at(found, begin(event))
    asked = addresses.number(number) or 1
    return found[asked - 1] if asked <= len(found) else found[0]


def begin(event: Event) -> int:
    """Where the text first tells of an event."""
    return event.mentions[0][0] if event.mentions else event.evidence.start


def within(pieces: Sequence[Piece], part: Part) -> list[Piece]:
    """The pieces of a text that lie in a part, those across its bounds cut."""
    found, at = [], 0
    for piece in pieces:
        start, end = max(at, part.start), min(at + len(piece.text), part.end)
        if start < end:
            is_whole = end - start == len(piece.text)
            found.append(piece if is_whole else replace(piece, text=piece.text[start - at : end - at], begins=piece.begins if start == at else []))
        at += len(piece.text)
    return found


def named(record: Record, entries: Mapping[str, Sequence[tuple[str, str, int]]], part: Part) -> dict[str, list[tuple[str, str, int, int]]]:
    """What a part names, by kind: id, name, number of mentions there, and where the text first names it; most first."""
    mentions = {entity.id: entity.mentions for entity in record.entities}
    found = {}
    for kind, names in entries.items():
        here = [(id_, name, sum(part.holds(start) for start, _ in mentions[id_]), mentions[id_][0][0]) for id_, name, _ in names]
        found[kind] = sorted((entry for entry in here if entry[2]), key=lambda entry: -entry[2])
    return {kind: names for kind, names in found.items() if names}


def _reach(start: int, events: Sequence[int]) -> int:
    """How far a part may go that begins somewhere."""
    end = start + _CHARACTERS
    for at in events[bisect_left(events, start) :]:
        if at >= end:
            break
        end -= _EVENT
    return max(end, start + _LEAST)


def _cut(text: str, at: int) -> int:
    """Where to cut at or soon after a place: behind a paragraph, else a line, else a word."""
    for mark in ("\n\n", "\n", " "):
        found = text.find(mark, at, at + _LOOK_AHEAD)
        if found >= 0:
            return found + len(mark)
    return at
