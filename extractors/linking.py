"""Whether two events of two documents are the same one, and why; and the groups that follow from it.

    candidates(record) → Candidate        what of an event is compared
    blocks(candidate) → keys              two events that may be the same share one
    same(a, b) → Verdict                  is it the same, how surely, for which reasons
    groups(candidates) → event id → group id

Pure functions: a store keeps candidates, block keys and links, and asks again only
for what a new document touches. Titles share few words across languages, so type,
days, place and organisations decide; names, numbers and words that both tell help.
The tables are linking.toml; what a text says in words is read by `wording`.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import combinations, product
from typing import Any, NamedTuple

from extractors import wording
from extractors.arguments import kilometres
from extractors.gazetteers import bodies
from extractors.records import DateRange, Event, Organisation, Place, Record

_LONGEST = 62  # days of an event that blocks by its days: two months
_WIDE = frozenset({"country", "region", "county", "area"})  # kinds of places that hold others
_NEXT_BODIES, _NAMES, _WORDS = 2, 3, 4  # how many further organisations, names and words count
_FEW_BODIES = 8  # organisations of a document that may be about one event; a newsletter names more
_ENOUGH_WORDS = 3  # from which it says something that two events share none
_DAY, _RANGE, _MONTH, _GUESS = "day", "range", "month", "guess"
_MONTH_DAYS = 28  # an event told by so many days or more is told by its month


class Spot(NamedTuple):
    """A place as linking compares it; lat and lon in degrees, None where they cannot be told."""

    name: str
    geonames_id: int | None
    country: str | None
    lat: float | None
    lon: float | None
    kind: str | None

    @property
    def is_wide(self) -> bool:
        return self.kind in _WIDE


class Body(NamedTuple):
    """An organisation as linking compares it: key of organisations.csv, acronym, and the stems of its name in sorted order."""

    name: str
    key: str | None
    acronym: str | None
    stems: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """What of an event decides whether another document's is the same.

    start, end: inclusive days, both None where the text does not say; published:
    the document's day. beside: organisations of the document that the event does
    not name. states: codes of the countries that title and sentence name, as
    places or as those who act. names: proper names and numbers of title and sentence;
    words: the stems of their other words; series: the number of a session or edition.
    """

    id: str
    document: str
    type: str
    status: str
    start: date | None
    end: date | None
    published: date | None
    language: str | None
    places: tuple[Spot, ...]
    organisations: tuple[Body, ...]
    beside: tuple[Body, ...] = ()
    states: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    series: int | None = None

    @cached_property
    def when(self) -> _When | None:
        """The days of an event; of an undated one, a guess from the day its document was published."""
        return _when(self)

    @cached_property
    def countries(self) -> frozenset[str]:
        """Codes of the countries of its places, and of those that title and sentence name."""
        return frozenset({s.country for s in self.places if s.country is not None}.union(self.states))

    @cached_property
    def told(self) -> frozenset[str]:
        """All that title and sentence say: names, numbers and words."""
        return frozenset({*self.names, *self.words})

    @cached_property
    def town_stems(self) -> frozenset[str]:
        """What its towns are called by."""
        return frozenset({s for x in self.places if not x.is_wide for s in wording.name_stems(x.name)} - wording.generic_stems())

    @cached_property
    def body_stems(self) -> frozenset[str]:
        """What its organisations are told apart by, those of the table aside."""
        return frozenset({s for x in self.organisations if x.key is None for s in x.stems} - wording.generic_stems())

    def dumps(self) -> str:
        """As JSON, for a store."""
        days = {
            name: value.isoformat() if value is not None else None for name, value in (("start", self.start), ("end", self.end), ("published", self.published))
        }
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps({**values, **days}, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def loads(text: str) -> Candidate:
        """From what `dumps` wrote."""
        values: dict[str, Any] = json.loads(text)
        for name in ("start", "end", "published"):
            values[name] = date.fromisoformat(values[name]) if values[name] is not None else None
        values["places"] = tuple([Spot(*row) for row in values["places"]])
        for field in ("organisations", "beside"):
            values[field] = tuple([Body(name, key, acronym, tuple(stems)) for name, key, acronym, stems in values[field]])
        for field in ("states", "names", "words"):
            values[field] = tuple(values[field])
        read = Candidate.__new__(Candidate)
        # A frozen class fills its fields one by one: half of what reading costs, and an event is read for each that it is compared with.
        read.__dict__.update(values)
        return read


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two events are the same one; score 0 to 1; reasons in short words, the weightiest first."""

    is_same: bool
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two events, the smaller id first, that are the same one when looked at alone."""

    a: str
    b: str
    score: float
    reasons: tuple[str, ...]


# ---------------------------------------------------------------- what is compared


def candidates(record: Record) -> list[Candidate]:
    """The events of a record as linking compares them, in the record's order."""
    entities = {entity.id: entity for entity in record.entities}
    known = [x for x in record.entities if isinstance(x, Organisation)]
    names = list({record.text[start:end]: None for x in record.entities for start, end in x.mentions})
    return [_candidate(event, record, entities, known, names) for event in record.events]


def spot(place: Place) -> Spot:
    """A place of a record as linking compares it."""
    return Spot(place.name, place.geonames_id, place.country, place.lat, place.lon, place.kind)


def body(organisation: Organisation) -> Body:
    """An organisation of a record as linking compares it."""
    return Body(organisation.name, organisation.key, organisation.acronym, wording.name_stems(organisation.name))


def _candidate(
    event: Event, record: Record, entities: Mapping[str, Organisation | Place | DateRange], known: Sequence[Organisation], names: Sequence[str]
) -> Candidate:
    """known: the bodies of the record. names: the words of all its mentions, each once."""
    named = [entities[i] for i in (*event.places, *event.organisations)]
    told = wording.tell(event.title, record.text, (event.evidence.start, event.evidence.end), event.type, names)
    return Candidate(
        id=event.id,
        document=record.id,
        type=event.type,
        status=event.status,
        start=event.start,
        end=event.end,
        published=record.published,
        language=record.language,
        places=tuple(spot(x) for x in named if isinstance(x, Place)),
        organisations=tuple(body(x) for x in named if isinstance(x, Organisation)),
        beside=tuple(body(x) for x in known if x.id not in event.organisations) if len(known) <= _FEW_BODIES else (),
        states=told.states,
        names=told.names,
        words=told.words,
        series=told.series,
    )


# ---------------------------------------------------------------- who is compared with whom


def blocks(candidate: Candidate) -> tuple[str, ...]:
    """Keys of which two events share at least one where they may be the same; none for an event that cannot be placed in time.

    family of types | day | country, or what a town, an organisation or a person is called by, for each day it may have
    taken place on: so an index finds an event's rivals without comparing all.
    """
    rules = _rules()
    when = candidate.when
    if when is None or (when.end - when.start).days > _LONGEST:
        return ()
    family = rules.family(candidate.type)
    countries = candidate.countries
    keys = {body.key for body in candidate.organisations if body.key is not None}
    acronyms = {bodies.undotted(body.acronym) for body in candidate.organisations if body.key is None and body.acronym is not None}
    labels = keys | acronyms | candidate.town_stems | candidate.body_stems
    if candidate.type in rules.names_decide:
        labels |= set(sorted(candidate.names, key=lambda name: (-len(name), name))[:_NAMES])
    where = sorted(countries | {f"@{label}" for label in labels})
    last = when.end + timedelta(days=0 if when.grade == _GUESS else rules.slack(candidate.type))
    days = [when.start + timedelta(days=n) for n in range((last - when.start).days + 1)]
    return tuple(f"{family}|{day.isoformat()}|{place}" for day in days for place in where)


def links(found: Iterable[Candidate]) -> list[Link]:
    """Every pair of events that are the same one when looked at alone, whatever the order they come in."""
    known = {c.id: c for c in found}
    holders: dict[str, list[str]] = defaultdict(list)
    for identity in sorted(known):
        for key in blocks(known[identity]):
            holders[key].append(identity)
    pairs = {pair for ids in holders.values() for pair in combinations(ids, 2)}
    return [link for a, b in sorted(pairs) if (link := compared(known[a], known[b])) is not None]


def compared(a: Candidate, b: Candidate) -> Link | None:
    """The link of two events, None where they are not the same one."""
    verdict = same(a, b)
    if not verdict.is_same:
        return None
    first, second = sorted((a.id, b.id))
    return Link(first, second, verdict.score, verdict.reasons)


# ---------------------------------------------------------------- is it the same


def same(a: Candidate, b: Candidate) -> Verdict:
    """Whether two events are one, and why: symmetrical in a and b.

    Contradictions end it: one document, types that are never told for each other,
    days or places apart, other numbers of a series. Else the points of
    linking.toml are added up as log-odds.
    """
    against = contradiction(a, b)
    if against is not None:
        return Verdict(is_same=False, score=0.0, reasons=(against,))
    rules = _rules()
    grounds = [*_type_grounds(a, b), *_day_grounds(a, b), *_place_grounds(a, b), *_body_grounds(a, b), *_word_grounds(a, b)]
    start = rules.points["rare" if {a.type, b.type} <= rules.rare else "start"]
    total = start + sum(points for points, _ in grounds)
    score = round(1 / (1 + math.exp(-total)), 4)
    ranked = sorted(grounds, key=lambda ground: (-abs(ground[0]), ground[1]))
    return Verdict(score >= rules.limits["same_at"], score, tuple(reason for _, reason in ranked))


def contradiction(a: Candidate, b: Candidate) -> str | None:
    """Why two events can be in no group together, None where nothing speaks against it."""
    if a.document == b.document:
        return "one document"
    if a.type != b.type and _rules().cost(a.type, b.type) is None:
        return "{} is not told as {}".format(*sorted((a.type, b.type)))
    if a.series is not None and b.series is not None and a.series != b.series:
        return "numbers {} and {} of a series".format(*sorted((a.series, b.series)))
    return _days_apart(a, b) or _places_apart(a, b)


_Ground = tuple[float, str]  # log-odds, and the reason in short words


def _type_grounds(a: Candidate, b: Candidate) -> Iterator[_Ground]:
    cost = _rules().cost(a.type, b.type)
    if cost:
        yield -cost, "{} told as {}".format(*sorted((a.type, b.type)))


# -- days


@dataclass(frozen=True, slots=True)
class _When:
    """Inclusive days on which an event took place, and how they are told."""

    start: date
    end: date
    grade: str


def _when(candidate: Candidate) -> _When | None:
    end = candidate.start if candidate.end is None else candidate.end
    start = end if candidate.start is None else candidate.start
    if candidate.start is None and end is not None and candidate.status == "ongoing" and candidate.published is not None:
        start = min(candidate.published, end)
    if start is not None and end is not None:
        size = (end - start).days + 1
        return _When(start, end, _DAY if size == 1 else _RANGE if size < _MONTH_DAYS else _MONTH)
    if candidate.published is None:
        return None
    limits = _rules().limits
    if candidate.status == "planned":
        return _When(candidate.published, candidate.published + timedelta(days=int(limits["guess_ahead_days"])), _GUESS)
    return _When(candidate.published - timedelta(days=int(limits["guess_days"])), candidate.published, _GUESS)


def _days_apart(a: Candidate, b: Candidate) -> str | None:
    first, second = a.when, b.when
    if first is None or second is None:
        return "nothing says when"
    gap = _gap(first, second)
    slack = 0 if _GUESS in (first.grade, second.grade) else min(_rules().slack(a.type), _rules().slack(b.type))
    return f"{gap} days apart" if gap > slack else None


def _gap(a: _When, b: _When) -> int:
    """Days from the end of one to the start of the other; 0 where they overlap."""
    return max((b.start - a.end).days, (a.start - b.end).days, 0)


def _day_grounds(a: Candidate, b: Candidate) -> Iterator[_Ground]:
    points, first, second = _rules().points, a.when, b.when
    assert first is not None and second is not None  # noqa: PT018 - contradiction has seen to it
    grades = {first.grade, second.grade}
    if _GUESS in grades:
        yield (points["days_fresh"], "told within days of it") if _is_fresh(a, b) or _is_fresh(b, a) else (points["days_guessed"], "days of publication agree")
    elif _gap(first, second):
        yield points["one_day_apart"], "one day apart"
    elif (first.start, first.end) == (second.start, second.end):
        name = {_DAY: "same_day", _RANGE: "same_days", _MONTH: "same_month"}[first.grade]
        yield points[name], name.replace("_", " ")
    elif _MONTH in grades:
        yield points["month_holds_day"], "within the month"
    elif first.start == second.start:
        yield points["one_end"], "same first day"
    else:
        yield points["days_overlap"], "days overlap"


def _is_fresh(undated: Candidate, dated: Candidate) -> bool:
    """Whether what has no day of its own was told as news of the other's."""
    when = dated.when
    if undated.start is not None or undated.end is not None or undated.status == "planned" or undated.published is None:
        return False
    return when is not None and when.grade != _GUESS and 0 <= (undated.published - when.end).days <= _rules().limits["fresh_days"]


# -- places


def _places_apart(a: Candidate, b: Candidate) -> str | None:
    """Why two events took place apart: other towns, or other countries."""
    fine = [(x, y) for x, y in product(a.places, b.places) if not (x.is_wide or y.is_wide)]
    known = [(distance, x, y) for x, y in fine if (distance := _kilometres(x, y)) is not None]
    if known:
        distance = min(distance for distance, _, _ in known)
        return f"{distance:.0f} km apart" if distance > _rules().limits["apart_km"] else None
    ours, theirs = a.countries, b.countries
    return "other countries" if ours and theirs and not ours & theirs else None


def _kilometres(a: Spot, b: Spot) -> float | None:
    if a.geonames_id is not None and a.geonames_id == b.geonames_id:
        return 0.0
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    return kilometres((a.lat, a.lon), (b.lat, b.lon))


def _place_grounds(a: Candidate, b: Candidate) -> Iterator[_Ground]:
    """The best that any place of one says of any of the other."""
    grounds = [ground for x, y in product(a.places, b.places) if (ground := _place_ground(x, y)) is not None]
    if grounds:
        yield max(grounds)
    elif a.countries & b.countries:
        yield _rules().points["state_named"], f"both name {min(a.countries & b.countries)}"


def _place_ground(a: Spot, b: Spot) -> _Ground | None:
    points, limits = _rules().points, _rules().limits
    distance = _kilometres(a, b)
    if not (a.is_wide or b.is_wide) and distance is not None:
        if distance <= limits["same_place_km"]:
            return points["same_place"], "same place" if distance < 1 else f"{distance:.0f} km apart"
        return (points["near_place"], f"{distance:.0f} km apart") if distance <= limits["near_place_km"] else None
    if a.country is None or a.country != b.country:
        return None
    if a.is_wide and b.is_wide:
        return points["same_country"], "same country"
    return points["place_within"], "one place lies in the other's country"


# -- organisations


def _body_grounds(a: Candidate, b: Candidate) -> Iterator[_Ground]:
    points = _rules().points
    shared = sorted({min(x.acronym or x.name, y.acronym or y.name) for x, y in product(a.organisations, b.organisations) if is_same_body(x, y)})
    if shared:
        further = min(len(shared) - 1, _NEXT_BODIES)
        yield points["first_body"] + further * points["next_body"], f"{', '.join(shared[: further + 1])} in both"
        if len(a.organisations) > len(shared) and len(b.organisations) > len(shared):
            yield points["bodies_left"], "each names another organisation"
    elif any(is_same_body(x, y) for x, y in _pairs_of_bodies(a, b)):
        yield points["body_beside"], "one organisation in both documents"
    elif a.organisations and b.organisations:
        is_sure = a.language == b.language or all(any(x.key is not None for x in c.organisations) for c in (a, b))
        yield points["other_bodies" if is_sure else "untold_bodies"], "no organisation in both"


def _pairs_of_bodies(a: Candidate, b: Candidate) -> Iterator[tuple[Body, Body]]:
    """Those of one event with those of the other's document; two that neither event names say nothing."""
    yield from product(a.organisations, b.beside)
    yield from product(a.beside, b.organisations)


def is_same_body(a: Body, b: Body) -> bool:
    """Whether two names, in one language or two, are of one organisation: by key, by acronym, or word by word."""
    if a.key is not None and b.key is not None:
        return a.key == b.key
    if a.acronym is not None and b.acronym is not None and bodies.undotted(a.acronym) == bodies.undotted(b.acronym):
        return True
    if len(a.stems) < 2 or len(b.stems) < 2:
        return False
    ours, theirs = set(a.stems), set(b.stems)
    return len(ours & theirs) > 1 and 2 * len(ours & theirs) >= len(ours | theirs)


# -- names, numbers and words


def _word_grounds(a: Candidate, b: Candidate) -> Iterator[_Ground]:
    """What the two sentences tell in the same words; a name counts too where the other has it as a place's or an organisation's."""
    points, limits = _rules().points, _rules().limits
    ours, theirs = a.told, b.told
    told = theirs.intersection(a.names) | ours.intersection(b.names)
    names = sorted(told | _crossed(a, b) | _crossed(b, a))
    words = sorted((ours & theirs).difference(names))
    least = min(len(ours), len(theirs))
    is_one_language = a.language == b.language
    if names:
        yield points["name"] * min(len(names), _NAMES), f"both name {', '.join(names[:_NAMES])}"
    if words and (not is_one_language or len(ours & theirs) >= limits["words_alike"] * least):
        yield points["word"] * min(len(words), _WORDS), f"both tell of {', '.join(words[:_WORDS])}"
    if not told and {a.type, b.type} & _rules().names_decide and a.names and b.names:
        yield points["other_names"], "no name in both"
    if least >= _ENOUGH_WORDS and not names and len(words) <= limits["words_apart"] * least * is_one_language:
        yield points["other_words" if is_one_language else "untold_words"], "other words"


def _crossed(a: Candidate, b: Candidate) -> set[str]:
    """What one has as a town or an organisation, and the other, which has none, as a word of another name: *tribunal d'Abidjan*."""
    names = b.told
    found = set(a.town_stems & (names | b.body_stems)) if not b.places else set()
    return found | (a.body_stems & names if not b.organisations else set())


# ---------------------------------------------------------------- groups


def groups(found: Iterable[Candidate], *, apart: Iterable[tuple[str, str]] = (), together: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """For each event id its group: the smallest id of those that are the same event; whatever the order they come in.

    apart and together: pairs of event ids that a user split or merged.
    """
    known = list(found)
    return grouped(known, links(known), apart=apart, together=together)


def grouped(
    found: Iterable[Candidate], linked: Iterable[Link], *, apart: Iterable[tuple[str, str]] = (), together: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """`groups` from links that are known: what a store asks for the events that a change touches.

    The surest links join first. None joins two sets that a user split, of which two
    events contradict each other, or whose events are not the same on average: no
    group is a chain. What a user merged is one event from the start, and contradicts
    another only where each of its members does. Events that no chain of links or
    merges joins do not concern each other, so that a connected set can be grouped alone.
    """
    known = {c.id: c for c in found}
    split = {frozenset(pair) for pair in apart}
    links = [link for link in linked if link.a in known and link.b in known]
    sets = _Sets(known, split, {(link.a, link.b): link.score for link in links})
    for a, b in sorted({(min(pair), max(pair)) for pair in together}):
        if a in known and b in known:
            sets.merge(a, b)
    for link in sorted(links, key=lambda link: (-link.score, link.a, link.b)):
        sets.join(link.a, link.b)
    return {identity: sets.smallest(identity) for identity in sorted(known)}


def joins(event: Candidate, group: Iterable[Candidate]) -> bool:
    """Whether an event fits a group: it contradicts none of it, and is on average the same."""
    scores = [same(event, other).score for other in group]
    return all(scores) and sum(scores) >= _rules().limits["same_at"] * len(scores) > 0


class _Sets:
    """Disjoint sets of events; each is made of units, which are single events or what a user merged."""

    def __init__(self, known: Mapping[str, Candidate], split: set[frozenset[str]], scores: Mapping[tuple[str, str], float]) -> None:
        self._known, self._split, self._scores = known, split, scores
        self._units: dict[str, list[list[str]]] = {identity: [[identity]] for identity in sorted(known)}
        self._root = {identity: identity for identity in known}
        self._totals: dict[str, dict[str, float | None]] = {identity: {} for identity in known}

    def smallest(self, identity: str) -> str:
        """The id of an event's set."""
        while self._root[identity] != identity:
            self._root[identity] = self._root[self._root[identity]]
            identity = self._root[identity]
        return identity

    def merge(self, a: str, b: str) -> None:
        """Two sets as one unit, because a user says so; but what a user split stays apart."""
        first, second = sorted((self.smallest(a), self.smallest(b)))
        if first != second and not self._are_split(first, second):
            self._unite(first, second, [[identity for unit in (*self._units[first], *self._units[second]) for identity in unit]])

    def join(self, a: str, b: str) -> None:
        """Two sets as one, unless they contradict each other, or are on the whole not the same."""
        first, second = sorted((self.smallest(a), self.smallest(b)))
        if first == second or self._are_split(first, second):
            return
        total = self._total(first, second)
        if total is not None and total >= _rules().limits["same_at"] * len(self._units[first]) * len(self._units[second]):
            self._unite(first, second, [*self._units[first], *self._units[second]])

    def _total(self, first: str, second: str) -> float | None:
        """Sum of the scores of two sets' units, None where two contradict each other; kept, since links ask often."""
        if second not in self._totals[first]:
            scores = [self._score(x, y) for x, y in product(self._units[first], self._units[second])]
            self._totals[first][second] = self._totals[second][first] = sum(scores) if all(scores) else None
        return self._totals[first][second]

    def _unite(self, first: str, second: str, units: list[list[str]]) -> None:
        self._root[second] = first
        self._units[first] = units
        del self._units[second]
        ours, theirs = self._totals.pop(first), self._totals.pop(second)
        for other in ours.keys() | theirs.keys():
            self._totals.get(other, {}).pop(second, None)
            self._totals.get(other, {}).pop(first, None)
        self._totals[first] = {}
        for other in sorted((ours.keys() & theirs.keys()) - {first, second}):
            mine, its = ours[other], theirs[other]
            self._totals[first][other] = self._totals[other][first] = None if mine is None or its is None else mine + its

    def _are_split(self, first: str, second: str) -> bool:
        ours, theirs = ([identity for unit in self._units[root] for identity in unit] for root in (first, second))
        return bool(self._split) and any(frozenset(pair) in self._split for pair in product(ours, theirs))

    def _score(self, ours: Sequence[str], theirs: Sequence[str]) -> float:
        """How much two units are the same; 0 where they contradict each other."""
        return max(self._scores.get((min(a, b), max(a, b))) or same(self._known[a], self._known[b]).score for a, b in product(ours, theirs))


# ---------------------------------------------------------------- the tables


@dataclass(frozen=True, eq=False, slots=True)
class _Rules:
    """linking.toml, ready to be asked."""

    points: Mapping[str, float]
    limits: Mapping[str, float]
    names_decide: frozenset[str]
    rare: frozenset[str]
    families: Mapping[str, tuple[str, int]]
    costs: Mapping[frozenset[str], float]

    def family(self, name: str) -> str:
        """First type of the family of a type; a user's own type is a family of its own."""
        return self.families.get(name, (name, 0))[0]

    def slack(self, name: str) -> int:
        """How many days two reports of one event of this type may lie apart."""
        return self.families.get(name, (name, 0))[1]

    def cost(self, a: str, b: str) -> float | None:
        """What it costs that one event is told as two types; None where that is never so."""
        return 0.0 if a == b else self.costs.get(frozenset((a, b)))


@lru_cache
def _rules() -> _Rules:
    table = tomllib.loads((files("extractors") / "linking.toml").read_text(encoding="utf-8"))
    return _Rules(
        points=table["points"],
        limits=table["limits"],
        names_decide=frozenset(table["names_decide"]["types"]),
        rare=frozenset(table["rare"]["types"]),
        families={name: (row["types"][0], row["slack_days"]) for row in table["families"] for name in row["types"]},
        costs={frozenset(pair): row["cost"] for row in table["told_as"] for pair in combinations(row["types"], 2)},
    )
