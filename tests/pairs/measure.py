"""Scores linking on the stories of this folder: on the events as annotated, and on those that the pipeline finds.

    precision   of the pairs of events of two documents that were put in one group, those that are one event
    recall      of the pairs that are one event, those that were put in one group

A found event is the annotated one whose trigger it holds; one that holds none is
an event of its own, so that linking it with anything is an error.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from extractors import extract, gazetteers, linking, wording
from extractors.document import Document
from extractors.gazetteers import bodies
from extractors.linking import Body, Candidate, Spot
from extractors.records import Record

FOLDER = Path(__file__).parent
PARTS = ("first", "second", "third", "fourth")  # the rules were fitted on the first three; the fourth was written after them
_BODY = re.compile(r"(.*?)(?: \((.*)\))?")


@dataclass(frozen=True)
class Text:
    """One document of a story, with its annotated events."""

    id: str
    story: str
    language: str
    published: date | None
    text: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Labelled:
    """Events to link, and what each really is: events of one label are one event."""

    candidates: tuple[Candidate, ...]
    labels: Mapping[str, str]
    expected: frozenset[tuple[str, str, str]]  # label and two documents that tell of it


@dataclass(frozen=True)
class Score:
    precision: float
    recall: float
    linked: int
    expected: int
    wrong: tuple[tuple[str, str], ...]
    missed: tuple[tuple[str, str, str], ...]


@cache
def texts(part: str) -> tuple[Text, ...]:
    """The documents of one part."""
    stories = tomllib.loads((FOLDER / f"{part}.toml").read_text(encoding="utf-8"))["story"]
    return tuple(
        Text(f"{story['name']}/{n}", story["name"], t["language"], t.get("published"), t["text"], tuple(t["events"]))
        for story in stories
        for n, t in enumerate(story["texts"])
    )


@cache
def records(part: str) -> tuple[Record, ...]:
    """What the pipeline makes of them."""
    return tuple(extract(Document(t.text, published=t.published, published_from="caller", language=t.language, given_id=t.id)) for t in texts(part))


@cache
def gold(parts: tuple[str, ...]) -> Labelled:
    """The annotated events, as if the pipeline made no error."""
    found, labels, told = [], {}, []
    for text in (t for part in parts for t in texts(part)):
        for number, event in enumerate(text.events):
            candidate = _annotated(text, number, event)
            found.append(candidate)
            labels[candidate.id] = f"{text.story}/{event['same']}"
            told.append((labels[candidate.id], text.id))
    return Labelled(tuple(found), labels, _pairs(told))


@cache
def found(parts: tuple[str, ...], *, only_found: bool = False) -> Labelled:
    """The events that the pipeline finds; with `only_found` the pairs expected are those of which it found both."""
    events, labels, told, annotated = [], {}, [], []
    for text, record in ((t, r) for part in parts for t, r in zip(texts(part), records(part), strict=True)):
        annotated += [(f"{text.story}/{e['same']}", text.id) for e in text.events]
        for event, candidate in zip(record.events, linking.candidates(record), strict=True):
            label = _label(text, event.mentions)
            events.append(candidate)
            labels[candidate.id] = f"{text.story}/{label}" if label else candidate.id
            told.append((labels[candidate.id], text.id))
    return Labelled(tuple(events), labels, _pairs(set(told) if only_found else annotated))


def score(labelled: Labelled, linker: Callable[[Sequence[Candidate]], Mapping[str, str]] = linking.groups, seed: int | None = None) -> Score:
    """Precision and recall of the groups; seed: shuffle the events first."""
    ordered = list(labelled.candidates)
    if seed is not None:
        random.Random(seed).shuffle(ordered)
    group = linker(ordered)
    by_group: dict[str, list[Candidate]] = {}
    for candidate in sorted(labelled.candidates, key=lambda c: c.id):
        by_group.setdefault(group[candidate.id], []).append(candidate)
    right: set[tuple[str, str, str]] = set()
    wrong: list[tuple[str, str]] = []
    for a, b in (pair for members in by_group.values() for pair in combinations(members, 2)):
        label = labelled.labels[a.id]
        if label == labelled.labels[b.id] and a.document != b.document:
            right.add((label, *sorted((a.document, b.document))))
        elif label != labelled.labels[b.id]:
            wrong.append((a.id, b.id))
    linked = len(right) + len(wrong)
    missed = tuple(sorted(labelled.expected - right))
    return Score(len(right) / max(linked, 1), 1 - len(missed) / max(len(labelled.expected), 1), linked, len(labelled.expected), tuple(wrong), missed)


def _pairs(told: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str, str]]:
    documents: dict[str, set[str]] = {}
    for label, document in told:
        documents.setdefault(label, set()).add(document)
    return frozenset((label, a, b) for label, ids in documents.items() for a, b in combinations(sorted(ids), 2))


def _spans(text: str, event: Mapping[str, Any]) -> list[tuple[int, int]]:
    return [found.span() for quote in event["at"] for found in re.finditer(rf"(?<!\w){re.escape(quote)}", text)]


def _label(text: Text, mentions: Iterable[tuple[int, int]]) -> str | None:
    for event in text.events:
        if any(start < m_end and m_start < end for start, end in _spans(text.text, event) for m_start, m_end in mentions):
            return str(event["same"])
    return None


def _annotated(text: Text, number: int, event: Mapping[str, Any]) -> Candidate:
    start, _, end = event.get("days", "").partition("/")
    spots = _spots(event, text.text)
    named = tuple(map(_body, event.get("bodies", ())))
    span = max(_spans(text.text, event))
    blanked = [form for body in event.get("bodies", ()) for form in _BODY.fullmatch(body).groups() if form]  # type: ignore[union-attr]
    told = wording.tell("", text.text, span, event["type"], [*(s.name for s in spots), *blanked])
    return Candidate(
        id=f"{text.id}#{number}",
        document=text.id,
        type=event["type"],
        status=event.get("status", "occurred"),
        start=date.fromisoformat(start) if start else None,
        end=date.fromisoformat(end or start) if start else None,
        published=text.published,
        language=text.language,
        places=spots,
        organisations=named,
        states=told.states,
        names=told.names,
        words=told.words,
        series=told.series,
    )


def _spots(event: Mapping[str, Any], text: str) -> tuple[Spot, ...]:
    """The places of an event, and their countries where the text names them."""
    spots = [_spot(place) for place in event.get("places", ())]
    named = {name for name in re.findall(r"[A-ZÉ][\w’'-]+(?: [A-Z][\w-]+)*", text) if any(c.kind == "country" for c in gazetteers.candidates(name)[:1])}
    countries = [_spot(f"{name}|{gazetteers.candidates(name)[0].country}") for name in sorted(named)]
    return (*spots, *(c for c in countries if c.country in {s.country for s in spots} and c.geonames_id not in {s.geonames_id for s in spots}))


def _spot(place: str) -> Spot:
    """A country, else the biggest town of a name, else what else bears it."""
    name, _, country = place.partition("|")
    bearers = [c for c in gazetteers.candidates(name) if c.country == country]
    known = next((c for kind in ("country", "city") for c in bearers if c.kind == kind), bearers[0])
    return Spot(name, known.geonames_id, known.country, known.lat, known.lon, known.kind)


def _body(written: str) -> Body:
    found = _BODY.fullmatch(written)
    assert found is not None
    name, acronym = found[1], found[2]
    table = bodies.load()
    key = table.acronym(acronym or name) or table.by_name.get(" ".join(bodies.split(name)))
    return Body(name, key, acronym or (name if name.isupper() else None), wording.name_stems(name))
