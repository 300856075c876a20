"""How right records are: precision, recall and F1 against gold, and where the two part.

The annotation guide says what a right record is. A mention counts when its span
touches a gold one (overlap) or is the same (exact); a place also when it lies
near enough, a date when its days are the same; an event when type and trigger
agree, and then its date, places, organisations and status each count.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from extractors.errors import InvalidRequest, UnreadableFile
from extractors.spans import Cover, Span, overlap

Json = Mapping[str, Any]
T = TypeVar("T")

LABELS = ("ORG", "PLACE", "DATE")
NEAR_KM = 161.0  # 100 miles, the usual measure of geoparsing papers
CLOSE_KM = 25.0
_EARTH_KM = 6371.0
_NORTH_POLE = (90.0, 0.0)  # where a place without coordinates is put: near no gold place
_SENTENCE_END = re.compile(r"(?<=[.!?…»])\s+|\n+")
_REQUIRED = ("id", "text", "entities", "events")


@dataclass(slots=True)
class Count:
    """True positives among what was predicted and what gold holds."""

    hit: int = 0
    predicted: int = 0
    gold: int = 0

    def add(self, hit: int, predicted: int, gold: int) -> None:
        """Add the counts of one document."""
        self.hit += hit
        self.predicted += predicted
        self.gold += gold

    def row(self) -> Row:
        """The measures these counts give; nothing predicted where nothing was to be found is right."""
        total = self.predicted + self.gold
        return Row(
            precision=self.hit / self.predicted if self.predicted else float(not self.gold),
            recall=self.hit / self.gold if self.gold else 1.0,
            f1=2 * self.hit / total if total else 1.0,
            count=self,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; measures from 0 to 1, no count where they are not made of one."""

    precision: float
    recall: float
    f1: float
    count: Count | None = None

    def __str__(self) -> str:
        measures = f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}"
        return measures if self.count is None else f"{measures}  ({self.count.hit}/{self.count.predicted}/{self.count.gold})"


@dataclass(frozen=True, slots=True)
class Result:
    """Scores of a set of records, by name of row and by event type.

    documents: how many gold documents there were; with_record: how many of them had a record.
    """

    rows: Mapping[str, Row]
    event_types: Mapping[str, Row]
    documents: int
    with_record: int

    def table(self) -> str:
        """The scores as lines of text: hit, predicted and gold in brackets."""
        lines = [f"{name:22} {row}" for name, row in self.rows.items()]
        lines += [f"{'event ' + name:22} {row}" for name, row in self.event_types.items()]
        return "\n".join([*lines, f"documents {self.documents}, with a record {self.with_record}"])


@dataclass(frozen=True, slots=True, order=True)
class Disagreement:
    """One place where record and gold part.

    kind: a label, or EVENT; fault: missed, spurious, span, value or located.
    """

    document: str
    kind: str
    fault: str
    detail: str

    def __str__(self) -> str:
        return f"{self.document}\t{self.kind}\t{self.fault}\t{self.detail}"


def load_gold(paths: Iterable[str | Path]) -> list[Json]:
    """Gold documents of .json files, .jsonl files and folders (searched for .json), in order.

    Raises UnreadableFile for a path that cannot be read, InvalidRequest for one
    that does not hold gold documents.
    """
    return [document for path in map(Path, paths) for file in _gold_files(path) for document in _gold_of(file)]


def evaluate(golds: Sequence[Json], records: Mapping[str, Json]) -> Result:
    """Score records, in their JSON shape and by id, against gold documents.

    A gold document without a record counts as if nothing had been found in it.
    Of gold converted from other corpora, `bench`, `ignore`, `alternatives`,
    `type_alternatives` and `optional` are obeyed.
    """
    scores = _Scores()
    for gold in golds:
        scores.add(_compare(gold, records.get(gold["id"], {})))
    with_record = sum(gold["id"] in records for gold in golds)
    return scores.result(len(golds), with_record)


def disagreements(golds: Sequence[Json], records: Mapping[str, Json]) -> list[Disagreement]:
    """Every place where record and gold part, sorted by document."""
    found: list[Disagreement] = []
    for gold in golds:
        comparison = _compare(gold, records.get(gold["id"], {}))
        for label, aligned in comparison.labels.items():
            found += _label_disagreements(comparison, label, aligned)
        found += _event_disagreements(comparison)
    return sorted(found)


# Gold files


def _gold_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.json")) if path.is_dir() else [path]


def _gold_of(file: Path) -> Iterator[Json]:
    try:
        content = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{file}: cannot be read as UTF-8 gold ({error}); give .json or .jsonl files, or a folder of them") from error
    # Not splitlines: U+2028 inside a text is no end of line in JSON.
    for part in content.split("\n") if file.suffix == ".jsonl" else [content]:
        if part.strip():
            yield _gold_document(file, part)


def _gold_document(file: Path, content: str) -> Json:
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"{file}: not JSON ({error}); a gold document is one JSON object") from error
    missing = [key for key in _REQUIRED if not isinstance(document, dict) or key not in document]
    if missing:
        raise InvalidRequest(f"{file}: no gold document, {', '.join(missing)} missing; see the record's schema")
    gold: Json = document
    return gold


# Comparing one record with its gold


@dataclass(frozen=True, slots=True)
class _Named:
    """One mention with the entity it names."""

    span: Span
    entity: Json


@dataclass(frozen=True, slots=True)
class _Aligned(Generic[T]):
    """What gold and record hold, and which of one goes with which of the other (indices)."""

    gold: Sequence[T]
    predicted: Sequence[T]
    pairs: Sequence[tuple[int, int]]

    @property
    def both(self) -> list[tuple[T, T]]:
        return [(self.gold[i], self.predicted[j]) for i, j in self.pairs]

    @property
    def missed(self) -> list[T]:
        paired = {i for i, _ in self.pairs}
        return [item for i, item in enumerate(self.gold) if i not in paired]

    @property
    def spurious(self) -> list[T]:
        paired = {j for _, j in self.pairs}
        return [item for j, item in enumerate(self.predicted) if j not in paired]


@dataclass(frozen=True, slots=True)
class _Comparison:
    gold: Json
    record: Json
    labels: Mapping[str, _Aligned[_Named]]
    events: _Aligned[Json]

    @property
    def has_coordinates(self) -> bool:
        has: bool = self.gold.get("bench", {}).get("coords", True)
        return has

    def quote(self, spans: Iterable[Span]) -> str:
        return " | ".join(self.gold["text"][start:end] for start, end in spans)


def _compare(gold: Json, record: Json) -> _Comparison:
    labels = gold.get("bench", {}).get("labels", LABELS)
    return _Comparison(gold, record, {label: _aligned_mentions(gold, record, label) for label in labels}, _aligned_events(gold, record))


def _mentions(record: Json, label: str) -> list[_Named]:
    """Every mention of a label in reading order, each span once."""
    named: dict[Span, Json] = {}
    for entity in record.get("entities", ()):
        if entity["label"] == label:
            for start, end in entity["mentions"]:
                named.setdefault((start, end), entity)
    return [_Named(span, named[span]) for span in sorted(named)]


def _aligned_mentions(gold: Json, record: Json, label: str) -> _Aligned[_Named]:
    wanted = _mentions(gold, label)
    free = [(start, end) for start, end in gold.get("ignore", ())]
    if label == "PLACE":  # a place inside an organisation's name costs nothing
        free += [mention.span for mention in _mentions(gold, "ORG")]
    right, costless = Cover(mention.span for mention in wanted), Cover(free)
    found = [m for m in _mentions(record, label) if right.touches(m.span) or not costless.touches(m.span)]
    return _Aligned(wanted, found, _pairs(wanted, found, lambda g, p: _shared_part(g.span, p.span)))


def _pairs(gold: Sequence[T], predicted: Sequence[T], likeness: Callable[[T, T], float]) -> list[tuple[int, int]]:
    """One-to-one pairs of indices, the likest first; likeness 0 is no pair."""
    scored = [(-value, i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted) if (value := likeness(g, p)) > 0]
    taken_gold: set[int] = set()
    taken_predicted: set[int] = set()
    pairs = []
    for _, i, j in sorted(scored):
        if i not in taken_gold and j not in taken_predicted:
            taken_gold.add(i)
            taken_predicted.add(j)
            pairs.append((i, j))
    return pairs


def _shared_part(a: Span, b: Span) -> float:
    """Length two spans share, as a part of the length they cover together."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return max(shared, 0) / (max(a[1], b[1]) - min(a[0], b[0])) if shared > 0 else 0.0


def _aligned_events(gold: Json, record: Json) -> _Aligned[Json]:
    bench = gold.get("bench", {})
    wanted: Sequence[Json] = gold.get("events", [])
    found: Sequence[Json] = record.get("events", [])
    if "event_types" in bench:
        found = [event for event in found if event["type"] in bench["event_types"]]
    pairs = _pairs(wanted, found, _event_likeness(gold["text"]))
    paired_gold, paired_found = {i for i, _ in pairs}, {j for _, j in pairs}
    kept_gold = [i for i, event in enumerate(wanted) if i in paired_gold or not event.get("optional")]
    kept_found = [j for j, event in enumerate(found) if j in paired_found or _counts_as_spurious(event, bench)]
    place_gold = {i: n for n, i in enumerate(kept_gold)}
    place_found = {j: n for n, j in enumerate(kept_found)}
    return _Aligned([wanted[i] for i in kept_gold], [found[j] for j in kept_found], [(place_gold[i], place_found[j]) for i, j in pairs])


def _counts_as_spurious(event: Json, bench: Json) -> bool:
    """Whether an unpaired event is an error: a corpus may annotate only some, or events of other kinds."""
    if not bench.get("exhaustive_events", True):
        return False
    return not any(overlap(mention, other) for mention in event["mentions"] for other in bench.get("other_events", ()))


def _event_likeness(text: str) -> Callable[[Json, Json], float]:
    """How surely two events are one: the same type, then triggers that touch, then a sentence in common."""
    bounds = [m.end() for m in _SENTENCE_END.finditer(text)]

    def sentences(event: Json) -> set[int]:
        return {bisect_right(bounds, start) for start, _ in event["mentions"]}

    def likeness(gold: Json, predicted: Json) -> float:
        if predicted["type"] not in (gold["type"], *gold.get("type_alternatives", ())):
            return 0.0
        if not gold["mentions"]:  # a corpus that marks no trigger: the type decides
            return 0.5
        touching = sum(any(overlap(a, b) for b in predicted["mentions"]) for a in gold["mentions"])
        return 10.0 + touching if touching else float(not sentences(gold).isdisjoint(sentences(predicted)))

    return likeness


# What counts as right


def _same_days(gold: Json, predicted: Json) -> bool:
    days = (predicted.get("start"), predicted.get("end"))
    return days == (gold.get("start"), gold.get("end")) or any(days == tuple(other) for other in gold.get("alternatives", ()))


def _has_days(event: Json) -> bool:
    return bool(event.get("start") or event.get("end"))


def _is_near(gold: Json, predicted: Json, within_km: float) -> bool:
    """Whether a place lies within a distance; a country is right by its code, a place without coordinates by its country or lack of one."""
    same_country: bool = gold.get("country") == predicted.get("country")
    if gold.get("lat") is None:
        return gold.get("country") is None or same_country
    is_country = gold.get("kind") == "country" or str(gold.get("feature", "")).startswith("PCL")
    there = _NORTH_POLE if predicted.get("lat") is None else (predicted["lat"], predicted["lon"])
    return (is_country and same_country) or _kilometres((gold["lat"], gold["lon"]), there) <= within_km


def _kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two points given as degrees north and east."""
    (lat_a, lon_a), (lat_b, lon_b) = [(math.radians(lat), math.radians(lon)) for lat, lon in (a, b)]
    chord = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def _same_entity(gold: Json, predicted: Json) -> bool:
    """Whether two entities share a mention; where a corpus marks none, whether one name holds the other."""
    if gold.get("mentions"):
        return any(overlap(a, b) for a in gold["mentions"] for b in predicted.get("mentions", ()))
    names = [(entity.get("name") or "").casefold() for entity in (gold, predicted)]
    return all(names) and (names[0] in names[1] or names[1] in names[0])


# Adding up


@dataclass(slots=True)
class _Scores:
    rows: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    event_types: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    linked: int = 0
    link_precision: float = 0.0
    link_recall: float = 0.0

    def add(self, comparison: _Comparison) -> None:
        for label, aligned in comparison.labels.items():
            self._add_mentions(label, aligned)
        if "DATE" in comparison.labels:
            self._add_dates(comparison.labels["DATE"])
        if "PLACE" in comparison.labels and comparison.has_coordinates:
            self._add_places(comparison.labels["PLACE"])
        if "ORG" in comparison.labels:
            self._add_links(comparison.labels["ORG"])
        self._add_events(comparison)
        languages = comparison.gold.get("language"), comparison.record.get("language")
        if all(languages):
            self.rows["LANGUAGE"].add(int(languages[0] == languages[1]), 1, 1)

    def result(self, documents: int, with_record: int) -> Result:
        rows = {name: count.row() for name, count in self.rows.items()}
        if self.linked:
            precision, recall = self.link_precision / self.linked, self.link_recall / self.linked
            rows["ORG linking (B3)"] = Row(precision, recall, 2 * precision * recall / (precision + recall))
        return Result(rows, {name: count.row() for name, count in sorted(self.event_types.items())}, documents, with_record)

    def _add_mentions(self, label: str, aligned: _Aligned[_Named]) -> None:
        sizes = len(aligned.predicted), len(aligned.gold)
        exact = {m.span for m in aligned.gold} & {m.span for m in aligned.predicted}
        self.rows[f"{label} exact"].add(len(exact), *sizes)
        self.rows[f"{label} overlap"].add(len(aligned.pairs), *sizes)

    def _add_dates(self, aligned: _Aligned[_Named]) -> None:
        valued = _valued(aligned)
        right = sum(_same_days(g.entity, p.entity) for g, p in valued)
        gold = sum(_has_value(mention) for mention in aligned.gold)
        self.rows["DATE value"].add(right, len(aligned.spurious) + len(valued), gold)

    def _add_places(self, aligned: _Aligned[_Named]) -> None:
        for name, within_km in (("PLACE located", NEAR_KM), ("PLACE within 25 km", CLOSE_KM)):
            right = sum(_is_near(g.entity, p.entity, within_km) for g, p in aligned.both)
            self.rows[name].add(right, len(aligned.predicted), len(aligned.gold))

    def _add_links(self, aligned: _Aligned[_Named]) -> None:
        """B-cubed: of each paired mention, which part of its predicted cluster is its gold one, and the reverse."""
        both = Counter((g.entity["id"], p.entity["id"]) for g, p in aligned.both)
        gold: Counter[str] = Counter()
        predicted: Counter[str] = Counter()
        for (gold_id, predicted_id), count in both.items():
            gold[gold_id] += count
            predicted[predicted_id] += count
        self.linked += len(aligned.pairs)
        self.link_precision += sum(count * count / predicted[predicted_id] for (_, predicted_id), count in both.items())
        self.link_recall += sum(count * count / gold[gold_id] for (gold_id, _), count in both.items())

    def _add_events(self, comparison: _Comparison) -> None:
        events = comparison.events
        self.rows["EVENT type"].add(len(events.pairs), len(events.predicted), len(events.gold))
        right = sum(self._add_event(comparison, g, p) for g, p in events.both)
        self.rows["EVENT record"].add(right, sum(map(_slots, events.predicted)), sum(map(_slots, events.gold)))
        for event, _ in events.both:
            self.event_types[event["type"]].add(1, 0, 0)
        for event in events.gold:
            self.event_types[event["type"]].add(0, 0, 1)
        for event in events.predicted:
            self.event_types[event["type"]].add(0, 1, 0)

    def _add_event(self, comparison: _Comparison, gold: Json, predicted: Json) -> int:
        """Count one pair's arguments; how many of its slots are right, its type included."""
        is_dated = int(_same_days(gold, predicted) and _has_days(gold))
        self.rows["EVENT date"].add(is_dated, int(_has_days(predicted)), int(_has_days(gold)))
        right = 1 + is_dated
        for name in ("places", "organisations"):
            wanted = _arguments(comparison.gold, gold, name)
            found = _arguments(comparison.record, predicted, name)
            hits = len(_pairs(wanted, found, lambda g, p: float(_same_entity(g, p))))
            self.rows[f"EVENT {name}"].add(hits, len(found), len(wanted))
            right += hits
        if gold.get("status"):
            self.rows["EVENT status"].add(int(gold["status"] == predicted.get("status")), 1, 1)
        return right


def _has_value(mention: _Named) -> bool:
    """Whether gold gives the days of a date: some corpora mark the expression alone."""
    return "start" in mention.entity or "end" in mention.entity


def _valued(aligned: _Aligned[_Named]) -> list[tuple[_Named, _Named]]:
    return [(g, p) for g, p in aligned.both if _has_value(g)]


def _arguments(record: Json, event: Json, name: str) -> list[Json]:
    """The entities an event names as places or organisations, each once; an unknown id stands for nothing."""
    entities = {entity["id"]: entity for entity in record.get("entities", ())}
    return [entities.get(entity_id, {}) for entity_id in dict.fromkeys(event.get(name, ()))]


def _slots(event: Json) -> int:
    return 1 + _has_days(event) + sum(len(set(event.get(name, ()))) for name in ("places", "organisations"))


# Where record and gold part


def _label_disagreements(comparison: _Comparison, label: str, aligned: _Aligned[_Named]) -> Iterator[Disagreement]:
    document = comparison.gold["id"]
    for mention in aligned.missed:
        yield Disagreement(document, label, "missed", comparison.quote([mention.span]))
    for mention in aligned.spurious:
        yield Disagreement(document, label, "spurious", comparison.quote([mention.span]))
    for g, p in aligned.both:
        if g.span != p.span:
            yield Disagreement(document, label, "span", f"{comparison.quote([g.span])} <> {comparison.quote([p.span])}")
    if label == "DATE":
        for g, p in _valued(aligned):
            if not _same_days(g.entity, p.entity):
                yield Disagreement(document, label, "value", f"{comparison.quote([g.span])}: {_days(g.entity)} <> {_days(p.entity)}")
    if label == "PLACE" and comparison.has_coordinates:
        for g, p in aligned.both:
            if not _is_near(g.entity, p.entity, NEAR_KM):
                yield Disagreement(document, label, "located", f"{comparison.quote([g.span])}: {g.entity.get('country')} <> {_spot(p.entity)}")


def _event_disagreements(comparison: _Comparison) -> Iterator[Disagreement]:
    for fault, events in (("missed", comparison.events.missed), ("spurious", comparison.events.spurious)):
        for event in events:
            yield Disagreement(comparison.gold["id"], "EVENT", fault, f"{event['type']}: {comparison.quote(event['mentions'])}")


def _days(entity: Json) -> str:
    return f"{entity.get('start')}..{entity.get('end')}"


def _spot(place: Json) -> str:
    return f"{place.get('name')} {place.get('country')} {place.get('lat')},{place.get('lon')}"
