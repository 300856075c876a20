"""Which place a name means: the choice among the gazetteer's candidates of a whole document.

A candidate's score adds what the name alone says (kind, people, whether it is the
name in use), what stands beside it ("Athens, Ohio", "au Québec", "city of"), and
what the rest of the document names: its countries, its regions, the places near.
The confidence of a choice is its lead over the next best.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from extractors import gazetteers
from extractors.document import Passage
from extractors.gazetteers import Candidate
from extractors.place_cues import Cues, cues
from extractors.records import Place
from extractors.spans import Mention

EARTH_KM = 6371.0
NEAR_KM = 300.0  # as far as two places of one story usually are
DOUBTFUL_TOWN = 5_000  # inhabitants: below, a name needs the document's support
# What a name says by itself: countries before all, areas and landmarks that our own table lists, then people.
KIND_PRIOR = {"country": 11.0, "area": 8.5, "natural": 8.0, "facility": 8.0, "region": 0.5, "county": -3.0, "city": 1.0, "district": 0.0}
CAPITAL, NAME_IN_USE, CONTAINED, KIND_SAID, SAME_COUNTRY, SAME_REGION, NEAR = 1.0, 2.5, 8.0, 4.0, 2.0, 1.5, 1.0


@dataclass(slots=True)
class Name:
    """All mentions of one name in a document, and what stands beside them."""

    text: str
    mentions: list[Mention]
    language: str
    candidates: tuple[Candidate, ...]
    holders: list[str] = field(default_factory=list)  # keys of names that stand as its container
    said: Counter[str] = field(default_factory=Counter)  # kinds that the words before it tell
    chosen: Candidate | None = None
    confidence: float = 0.3

    @property
    def is_open(self) -> bool:
        """Whether the gazetteer has no answer: a venue, a quarter, a name it does not know."""
        return self.chosen is None


def locate(mentions: Sequence[Mention], passages: Sequence[Passage]) -> list[Place]:
    """One place a spot, in order of first mention; see places.resolve."""
    names = _names(sorted(mentions, key=lambda m: m.span), passages)
    for _ in range(2):  # the second time with what the first one settled
        settled = [n for n in names.values() if n.chosen is not None and n.confidence >= 0.5]
        for name in names.values():
            _choose(name, names, settled)
    return _places(names, passages)


def _names(mentions: Sequence[Mention], passages: Sequence[Passage]) -> dict[str, Name]:
    """Names by key, each with its candidates and the evidence around its mentions."""
    names: dict[str, Name] = {}
    starts = [p.start for p in passages]
    previous: tuple[Mention, str, Passage] | None = None
    for mention in mentions:
        passage = passages[bisect_right(starts, mention.start) - 1]
        text = passage.text[mention.start - passage.start : mention.end - passage.start]
        key = gazetteers.normalise(text)
        if key not in names:
            candidates = gazetteers.candidates(text) if mention.rule not in ("facility",) or _is_landmark(text) else ()
            names[key] = Name(text, [], passage.language.code, candidates)
        names[key].mentions.append(mention)
        before = passage.text[max(0, mention.start - passage.start - 48) : mention.start - passage.start]
        _note_kinds(names[key], before, cues(passage.language))
        if previous is not None and previous[2] is passage:
            gap = passage.text[previous[0].end - passage.start : mention.start - passage.start]
            if cues(passage.language).joint.fullmatch(gap):
                names[previous[1]].holders.append(key)
        previous = (mention, key, passage)
    return names


def _is_landmark(text: str) -> bool:
    return any(c.kind in ("facility", "natural", "area") for c in gazetteers.candidates(text))


def _note_kinds(name: Name, before: str, words: Cues) -> None:
    if words.city.search(before):
        name.said["city"] += 1
    elif words.region.search(before):
        name.said["region"] += 1


def _choose(name: Name, names: Mapping[str, Name], settled: Sequence[Name]) -> None:
    others = [n.chosen for n in settled if n is not name and n.chosen is not None]
    scored = sorted(((_score(c, name, names, others), -i, c) for i, c in enumerate(name.candidates)), reverse=True, key=lambda s: s[:2])
    if not scored:
        return
    best, _, chosen = scored[0]
    margin = best - next((s for s, _, c in scored[1:] if not _same_spot(c, chosen)), best - 6.0)
    if _is_doubtful(chosen, best):
        name.chosen, name.confidence = None, 0.2
        return
    name.chosen, name.confidence = chosen, round(min(0.98, 0.45 + margin / 10.0), 2)


def _score(candidate: Candidate, name: Name, names: Mapping[str, Name], others: Sequence[Candidate]) -> float:
    score = KIND_PRIOR[candidate.kind] + CAPITAL * candidate.is_capital
    if candidate.kind in ("region", "county", "city"):
        score += 1.2 * math.log10(candidate.population + 100)
    if name.language not in candidate.languages:
        score -= NAME_IN_USE if candidate.kind != "country" or not candidate.languages else 2 * NAME_IN_USE
    score += KIND_SAID * _agrees(candidate, name.said)
    if any(h.chosen is not None and _holds(h.chosen, candidate) or _may_hold(h, candidate) for k in name.holders if (h := names[k]) is not name):
        score += CONTAINED
    if candidate.country is not None and candidate.kind != "country":
        score += SAME_COUNTRY * any(o.country == candidate.country for o in others)
        score += SAME_REGION * any(o.admin1 == candidate.admin1 is not None for o in others)
        score += NEAR * any(_distance(o, candidate) < NEAR_KM for o in others if o.kind not in ("country", "area"))
    return score


def _agrees(candidate: Candidate, said: Counter[str]) -> float:
    """From -1 to 1: how far the words before a name speak for a candidate's kind."""
    total = said["city"] + said["region"]
    if not total:
        return 0.0
    lean = (said["city"] - said["region"]) / total
    return lean if candidate.kind == "city" else -lean if candidate.kind in ("region", "county", "country", "area") else 0.0


def _may_hold(holder: Name, candidate: Candidate) -> bool:
    return any(_holds(c, candidate) for c in holder.candidates if c.kind in ("country", "region", "county") and c.languages)


def _holds(whole: Candidate, part: Candidate) -> bool:
    if whole.id == part.id:
        return False
    if whole.kind == "country":
        return part.kind != "country" and whole.country == part.country
    if whole.kind == "region" and whole.admin1:
        return part.kind in ("city", "county") and whole.admin1 == part.admin1
    return whole.kind == "county" and part.kind == "city" and part.admin2 is not None and part.admin2 == whole.admin2


def _same_spot(a: Candidate, b: Candidate) -> bool:
    return a.country == b.country and (a.kind == b.kind == "country" or _distance(a, b) < 25.0)


def _distance(a: Candidate, b: Candidate) -> float:
    """Kilometres between two candidates, infinite where one has no coordinates."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return math.inf
    north, south = math.radians(a.lat), math.radians(b.lat)
    h = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def _is_doubtful(candidate: Candidate, score: float) -> bool:
    """Whether a small town is all there is and nothing in the document speaks for it."""
    return candidate.kind in ("city", "county") and candidate.population < DOUBTFUL_TOWN and score < 5.5


def _places(names: Mapping[str, Name], passages: Sequence[Passage]) -> list[Place]:
    """Names of one place joined, in order of first mention."""
    groups: dict[str, list[Name]] = defaultdict(list)
    for key, name in names.items():
        groups[f"#{name.chosen.id}" if name.chosen is not None else key].append(name)
    ordered = sorted(groups.values(), key=lambda g: min(m.span for n in g for m in n.mentions))
    flow = sorted(((m, n) for n in names.values() for m in n.mentions), key=lambda pair: pair[0].span)
    return [_place(f"p{number}", group, flow) for number, group in enumerate(ordered, start=1)]


def _place(identifier: str, group: Sequence[Name], flow: Sequence[tuple[Mention, Name]]) -> Place:
    mentions = sorted(m for n in group for m in [x.span for x in n.mentions])
    rule = group[0].mentions[0].rule
    chosen = group[0].chosen
    name = max((n.text for n in group), key=lambda t: (not t.isupper(), len(t)))
    if chosen is None:
        holder = _container(group[0], flow)
        at = holder if holder is not None and holder.kind not in ("country", "area", "natural") else None
        kind = rule if rule in ("facility", "natural") else None
        return Place(
            id=identifier,
            name=name,
            country=holder.country if holder else None,
            lat=at.lat if at else None,
            lon=at.lon if at else None,
            kind=kind,
            mentions=mentions,
            confidence=0.4 if holder else 0.2,
            rule=f"{rule}+container" if holder else rule,
        )
    return Place(
        id=identifier,
        name=name,
        country=chosen.country,
        lat=None if chosen.country is None else chosen.lat,
        lon=None if chosen.country is None else chosen.lon,
        kind="region" if chosen.kind == "county" else chosen.kind,
        geonames_id=chosen.geonames_id,
        mentions=mentions,
        confidence=max(n.confidence for n in group),
        rule=rule,
    )


def _container(name: Name, flow: Sequence[tuple[Mention, Name]]) -> Candidate | None:
    """The settled place that holds an open one: named in it, joined to it, near it, else the document's main town."""
    inner = next(_names_within(name.text), None)
    if inner is not None:
        return inner
    index = next(i for i, (_, n) in enumerate(flow) if n is name)
    around = [n.chosen for _, n in [*flow[index + 1 : index + 3], *flow[max(0, index - 2) : index][::-1]] if n.chosen is not None and n.chosen.country]
    towns = Counter(n.chosen.id for _, n in flow if n.chosen is not None and n.chosen.kind in ("city", "county"))
    main = next((n.chosen for _, n in flow if n.chosen is not None and towns and n.chosen.id == towns.most_common(1)[0][0]), None)
    near = next((c for c in around if c.kind in ("city", "county", "region")), None)
    return near or main or next(iter(around), None)


def _names_within(text: str) -> Iterator[Candidate]:
    """Towns named in a venue's own name, the last first: Bamako in "hôtel de l'Amitié de Bamako"."""
    parts = text.split()
    for first in range(len(parts) - 1, 0, -1):
        found = [c for c in gazetteers.candidates(" ".join(parts[first:])) if c.languages and c.kind == "city" and c.population > 20_000]
        if found and parts[first][0].isupper():
            yield max(found, key=lambda c: c.population)
