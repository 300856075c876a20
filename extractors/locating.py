"""Which place a name means: the choice among the gazetteer's candidates of a whole document.

A candidate's score adds what the name alone says (kind, people, whether it is the
name in use), what stands beside it ("Athens, Ohio", "au Québec", "city of"), and
what the rest of the document names: its countries, its regions, the places near.
The confidence of a choice is its lead over the next best.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from extractors import gazetteers, languages
from extractors.document import Passage
from extractors.gazetteers import Candidate, bodies
from extractors.place_cues import Cues, cues
from extractors.records import Organisation, Place
from extractors.spans import Mention

EARTH_KM = 6371.0
WEAK = 0.5  # confidence of a mention below which it must fit the document
AFTER, BEFORE = 2, 6  # mentions on either side of an open place that may hold it
APART, PARAGRAPH, SENTENCE = range(3)  # what two mentions share
HOME = 0.5  # of a document's mentions of places, the share in one country that makes it a document about that country
QUARTER_KM = 60.0  # from a town to what is said to be a quarter of it
NEAR_KM = 300.0  # as far as two places of one story usually are
DOUBTFUL, SURE = 0.45, 0.75  # confidences between which a choice speaks for others more and more
WHOLE = 100  # as much as one can say
DOUBTFUL_TOWN, LARGE_TOWN, FAMOUS_TOWN = 5_000, 50_000, 1_000_000  # inhabitants: the smaller, the more support a name needs
# What a name says by itself: countries before all, areas and landmarks that our own table lists, then people.
KIND_PRIOR = {"country": 11.0, "area": 9.5, "natural": 9.5, "facility": 9.0, "region": -0.2, "county": -1.0, "city": 1.0}
SPOKEN = 0.5  # of a place where the text's language is spoken
RENOWN = 0.8  # of a town, for each tenfold of names in other languages: Venice and Geneva are spoken of far away
CAPITAL, NAME_IN_USE, CONTAINED, KIND_SAID, SAME_COUNTRY, SAME_REGION, NEAR, HOLDS = 2.0, 2.5, 8.0, 3.0, 2.0, 1.5, 1.0, 4.0
FAME = 2.0  # what a small town of the name of one of a million lacks: Montréal in the Aude
OTHER_ACCENTS = 6.0  # the Tigré is no river
FEW = 1.0  # mentions of other places that count for as much as a country named once
FULL_SHARE = 4.0  # a country with a quarter of a document's places speaks fully for its regions and neighbourhoods
# Kinds of known bodies that are at home where their name says.
STATE_BODIES = frozenset({"agency", "armed forces", "court", "justice", "ministry", "parliament", "police"})
INSIDE = 4  # words of a place's name within a body's
LISTED = 8.0  # what a list of its peers says of a name: "Oregon, Ohio and Utah" are three states
LONG_LIST = 3  # names from which a list has peers
LISTED_KINDS = frozenset({"country", "region"})
AMONG_COUNTRIES = 8.0  # at most, for the one of two countries of a name in which the document's other places are

_REGION_NOUN = "region noun"  # among the kinds that the words around a name tell: a noun does, and not a preposition alone
_PIECE = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_SHORTEST = 3  # letters of a place's name within a body's


Peers = tuple[str, str | None]  # a kind, and of regions the country that they are all of


@dataclass
class Name:
    """All mentions of one name in a document, and what stands beside them."""

    text: str
    mentions: list[Mention]
    language: str
    candidates: tuple[Candidate, ...]
    holders: list[str] = field(default_factory=list)  # keys of names that stand as its container
    held: list[str] = field(default_factory=list)  # keys of names that it stands as the container of
    towns: list[str] = field(default_factory=list)  # keys of towns that it is said to be a quarter of
    said: Counter[str] = field(default_factory=Counter)  # kinds that the words before it tell
    peers: set[Peers] = field(default_factory=set)  # what the lists that it stands in are of
    chosen: Candidate | None = None
    confidence: float = 0.3
    is_inside: bool = False  # only within the names of bodies: it speaks for other places and is none itself

    @cached_property
    def is_famous(self) -> bool:
        """Whether a town of a million bears it."""
        return any(c.kind == "city" and c.population >= FAMOUS_TOWN and self.language in c.languages for c in self.candidates)

    @cached_property
    def is_country_above_all(self) -> bool:
        """Whether a country bears it, and no large town or region: "à Porto Rico" says no more than "en Haïti"."""
        found = [c for c in self.candidates if self.language in c.languages]
        return any(c.kind == "country" for c in found) and not any(c.kind == "region" or c.population >= LARGE_TOWN for c in found if c.kind != "country")

    @property
    def weight(self) -> int:
        """How much it says of others, in hundredths: a choice that nearly fell another way says little."""
        return round(WHOLE * min(1.0, max(0.0, (self.confidence - DOUBTFUL) / (SURE - DOUBTFUL))))

    @property
    def is_region(self) -> bool:
        """Whether a noun beside it says that it is one: "Nyanza province"."""
        return self.mentions[0].rule == "region" or (self.said[_REGION_NOUN] > 0 and _side(self.said) == "region")

    @property
    def is_spurious(self) -> bool:
        """Whether it was weakly found as a small town's name, and then no such town fits the document."""
        return self.chosen is None and not self.is_region and all(m.rule == "gazetteer" and m.confidence < WEAK for m in self.mentions)


def locate(mentions: Sequence[Mention], passages: Sequence[Passage], organisations: Sequence[Organisation]) -> list[Place]:
    """One place a spot, in order of first mention; see places.resolve."""
    names = _names(sorted(mentions, key=lambda m: m.span), passages)
    named = {key.split("#")[0].split("@")[0] for key in names}
    names |= {key: name for name in _inside(organisations, passages) if (key := gazetteers.normalise(name.text)) not in named}
    for _ in range(2):  # the second time with what the first one settled
        settled = {id(n) for n in names.values() if n.chosen is not None and n.confidence >= 0.5}
        others = _Others()
        for name in names.values():
            others.count(name, name.weight if id(name) in settled else 0)
        for name in names.values():
            others.count(name, -name.weight if id(name) in settled else 0)
            _choose(name, names, others)
            others.count(name, name.weight if id(name) in settled else 0)
    return _places([n for n in names.values() if not n.is_spurious and not n.is_inside], names, passages)


# ---------------------------------------------------------------- what bodies tell of the place


def _inside(organisations: Sequence[Organisation], passages: Sequence[Passage]) -> Iterator[Name]:
    """The places in the names of a document's bodies, but for those that are at home anywhere: *Saskatoon | Police Service*."""
    for body in organisations:
        row = bodies.load().by_key.get(body.key or "")
        if row is None or row.kind in STATE_BODIES:
            passage = _passage_at(body.mentions[0][0], passages)
            yield from (
                Name(text, [Mention(*body.mentions[0], "inside")], passage.language.code, gazetteers.candidates(text), is_inside=True)
                for text in _towns_in(body.name, cues(passage.language))
            )


def _towns_in(text: str, words: Cues) -> Iterator[str]:
    """The names of countries, regions and fair towns among the capitals of a body's name."""
    pieces = list(_PIECE.finditer(text))
    at = 0
    while at < len(pieces):
        last = next((i for i in range(min(at + INSIDE, len(pieces)) - 1, at - 1, -1) if _is_town(text[pieces[at].start() : pieces[i].end()], words)), None)
        if last is not None and last - at + 1 < len(pieces):
            yield text[pieces[at].start() : pieces[last].end()]
        at = at + 1 if last is None else last + 1


def _is_town(text: str, words: Cues) -> bool:
    if not text[0].isupper() or text in words.stop or len(text) < _SHORTEST:
        return False
    found = [c for c in gazetteers.candidates(text) if words.language.code in c.languages]
    return any(c.kind in ("country", "region", "county") or c.population >= DOUBTFUL_TOWN for c in found)


@dataclass(slots=True)
class _Others:
    """The places that a document's other names have settled on: mentions by country, names by region, places by latitude, all in hundredths."""

    countries: Counter[str | None] = field(default_factory=Counter)
    regions: Counter[str | None] = field(default_factory=Counter)
    bands: dict[int, Counter[Candidate]] = field(default_factory=lambda: defaultdict(Counter))

    def count(self, name: Name, times: int) -> None:
        """Add a name's place, or take it away."""
        place = name.chosen
        if place is None or not times:
            return
        self.countries[place.country] += times * len(name.mentions)
        self.regions[place.admin1] += times
        if place.lat is not None and place.kind not in ("country", "area"):
            self.bands[_band(place.lat)][place] += times

    def has_near(self, candidate: Candidate) -> bool:
        """Whether one of them is less than NEAR_KM away."""
        if candidate.lat is None:
            return False
        middle = _band(candidate.lat)
        return any(n > 0 and _distance(o, candidate) < NEAR_KM for band in (middle, middle - 1, middle + 1) for o, n in self.bands.get(band, {}).items())


def _band(latitude: float) -> int:
    """Number of a belt of the earth, each NEAR_KM wide."""
    return math.floor(latitude * math.radians(1) * EARTH_KM / NEAR_KM)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A mention with its text, the name it is a mention of, the kinds that the words around it tell, and what the list is of that it stands in."""

    mention: Mention
    passage: Passage
    text: str
    key: str
    said: Counter[str]
    peers: Peers | None = None


def _names(mentions: Sequence[Mention], passages: Sequence[Passage]) -> dict[str, Name]:
    """Names by key, each with its candidates and the evidence around its mentions."""
    names: dict[str, Name] = {}
    previous: _Sighting | None = None
    for sighting in _held_apart(_told_apart(_listed(list(_sightings(mentions, passages))))):
        mention, passage, key = sighting.mention, sighting.passage, sighting.key
        name = names.setdefault(key, Name(sighting.text, [], passage.language.code, _candidates(sighting.text, mention.rule)))
        name.mentions.append(mention)
        name.said += sighting.said
        name.peers.update(peers for peers in (sighting.peers,) if peers is not None)
        if previous is not None and _is_held(previous, sighting):
            names[previous.key].holders.append(key)
            name.held.append(previous.key)
        elif previous is not None and _joins(previous, sighting, cues(passage.language).inward):
            name.towns.append(previous.key)
        previous = sighting
    return names


def _sightings(mentions: Sequence[Mention], passages: Sequence[Passage]) -> Iterator[_Sighting]:
    for mention in mentions:
        passage = _passage_at(mention.start, passages)
        start, end = mention.start - passage.start, mention.end - passage.start
        text, words = passage.text[start:end], cues(passage.language)
        said = _said(passage.text[max(0, start - 48) : start], passage.text[end : end + 24], words)
        yield _Sighting(mention, passage, text, gazetteers.normalise(text), said)


def _passage_at(offset: int, passages: Sequence[Passage]) -> Passage:
    return passages[bisect_right(passages, offset, key=lambda p: p.start) - 1]


def _listed(sightings: Sequence[_Sighting]) -> list[_Sighting]:
    """The sightings, with what the longer lists are of that they stand in: all countries, or all regions of one country."""
    out: list[_Sighting] = []
    run: list[_Sighting] = []
    for sighting in sightings:
        if run and not _joins(run[-1], sighting, cues(sighting.passage.language).enumerating):
            out += _as_peers(run)
            run = []
        run.append(sighting)
    return [*out, *_as_peers(run)]


def _as_peers(run: Sequence[_Sighting]) -> Iterator[_Sighting]:
    found = [[c for c in gazetteers.candidates(s.text) if s.passage.language.code in c.languages] for s in run]
    is_long = len(run) >= LONG_LIST and len({s.key for s in run}) == len(run)  # "Lebanon, Ohio, and Oregon, Ohio" are no four
    peers = _peers(found) if is_long else None
    for sighting, candidates in zip(run, found, strict=True):
        is_one = peers is not None and any(_is_peer(c, peers) for c in candidates)
        yield replace(sighting, peers=peers) if is_one else sighting


def _peers(found: Sequence[Sequence[Candidate]]) -> Peers | None:
    """What two of three names of a list may be or more: countries, or regions of one country; one at least is no large town's name too."""
    counts = Counter(
        peers for candidates in found for peers in {(c.kind, c.country if c.kind == "region" else None) for c in candidates} if peers[0] in LISTED_KINDS
    )
    if not counts:
        return None
    [(peers, count)] = counts.most_common(1)
    plain = (candidates for candidates in found if not any(c.kind == "city" and c.population >= LARGE_TOWN for c in candidates))
    return peers if 3 * count >= 2 * len(found) and any(_is_peer(c, peers) for candidates in plain for c in candidates) else None


def _is_peer(candidate: Candidate, peers: Peers) -> bool:
    kind, country = peers
    return candidate.kind == kind and country in (None, candidate.country)


def _told_apart(sightings: Iterable[_Sighting]) -> list[_Sighting]:
    """The sightings, with a key of its own for a town and its region's: "à Québec" is not "au Québec".

    A mention whose words tell neither goes with the more frequent of the two.
    """
    seen = list(sightings)
    sides: dict[str, Counter[str]] = defaultdict(Counter)
    for sighting in seen:
        if (side := _side(sighting.said)) and _is_two_fold(sighting.text):
            sides[sighting.key][side] += 1
    out = []
    for sighting in seen:
        usual = sides[sighting.key].most_common(1)
        side = (_side(sighting.said) or usual[0][0]) if usual else ""
        if sighting.peers is not None and _is_two_fold(sighting.text):
            side = "listed"  # "Utah, Washington and Idaho" says nothing of Washington elsewhere
        out.append(replace(sighting, key=f"{sighting.key}#{side}") if side else sighting)
    return out


def _held_apart(sightings: Sequence[_Sighting]) -> list[_Sighting]:
    """The sightings, with a key of its own for each of two places of a name that are said to be in different ones.

    "Birmingham, Alabama" is not "Birmingham, England"; a mention without a holder goes with the one before it.
    """
    holders: dict[int, str] = {}
    for index, (sighting, after) in enumerate(pairwise(sightings)):
        if sighting.key != after.key and _is_held(sighting, after) and _may_be_in(sighting, after):
            holders[index] = after.key
    several: dict[str, set[str]] = defaultdict(set)
    for index, holder in holders.items():
        several[sightings[index].key].add(holder)
    current = {key: next(holders[i] for i in sorted(holders) if sightings[i].key == key) for key, found in several.items() if len(found) > 1}
    out = []
    for index, sighting in enumerate(sightings):
        if sighting.key in current:
            current[sighting.key] = holders.get(index, current[sighting.key])
            out.append(replace(sighting, key=f"{sighting.key}@{current[sighting.key]}"))
        else:
            out.append(sighting)
    return out


def _is_held(part: _Sighting, whole: _Sighting) -> bool:
    """Whether a mention is joined to the one that follows as to what holds it: "Athens, Ohio"; peers of a list hold nothing."""
    return (part.peers is None or part.peers != whole.peers) and _joins(part, whole, cues(part.passage.language).joint)


def _joins(first: _Sighting, second: _Sighting, pattern: re.Pattern[str]) -> bool:
    """Whether what stands between two mentions is all a pattern's."""
    start = first.passage.start
    return first.passage is second.passage and pattern.fullmatch(first.passage.text, first.mention.end - start, second.mention.start - start) is not None


def _may_be_in(part: _Sighting, whole: _Sighting) -> bool:
    wholes = [c for c in gazetteers.candidates(whole.text) if c.kind in ("country", "region", "county") and c.languages]
    return any(_holds(w, p) for w in wholes for p in gazetteers.candidates(part.text))


def _side(said: Counter[str]) -> str:
    towns, regions = said["city"] + said["district"], said["region"]
    return "town" if towns > regions else "region" if regions > towns else ""


def _is_two_fold(text: str) -> bool:
    """Whether a name is that of a large town and of a region or country too."""
    found = [c for c in gazetteers.candidates(text) if c.languages]
    is_town = any(c.kind == "city" and c.population >= LARGE_TOWN for c in found)
    return is_town and any(c.kind in ("region", "country") for c in found)


def _candidates(text: str, rule: str) -> tuple[Candidate, ...]:
    """Places that a mention may be: for a venue its own name only, for "Nyanza Province" also Nyanza."""
    found = gazetteers.candidates(text)
    if rule == "natural":  # Montego Bay is a town, Solomon Islands a country
        return tuple(c for c in found if c.languages)
    if rule == "facility":
        return tuple(c for c in found if c.kind in ("facility", "natural", "area") or (c.languages and c.kind == "region"))
    if rule == "region" and not found:
        return tuple(c for c in gazetteers.candidates(text.rsplit(" ", 1)[0]) if c.kind in ("region", "county"))
    return found


def _said(before: str, after: str, words: Cues) -> Counter[str]:
    """The kinds that the words around a mention tell."""
    said = Counter(kind for kind, pattern in words.kinds.items() if pattern.search(before))
    if words.region_after.match(after):
        said["region"] += 1
    if said["region"]:
        said[_REGION_NOUN] += 1
    # a noun says more than a preposition: "l'oblast de Kemerovo" is no town
    return said or Counter(kind for kind, pattern in words.sides.items() if pattern.search(before))


def _choose(name: Name, names: Mapping[str, Name], others: _Others) -> None:
    scored = sorted(((_score(c, name, names, others), -i, c) for i, c in enumerate(name.candidates)), reverse=True, key=lambda s: s[:2])
    if not scored:
        return
    best, _, chosen = scored[0]
    if _is_misplaced(chosen, name, names, others):
        name.chosen, name.confidence = None, 0.2
        return
    margin = best - next((s for s, _, c in scored[1:] if not _same_spot(c, chosen)), best - 6.0)
    name.chosen, name.confidence = chosen, round(min(0.98, 0.45 + margin / 10.0), 2)


def _score(candidate: Candidate, name: Name, names: Mapping[str, Name], others: _Others) -> float:
    score = KIND_PRIOR[candidate.kind] + CAPITAL * (candidate.is_capital and name.language in candidate.languages)
    if candidate.kind == "city":
        score += RENOWN * math.log10(1 + candidate.renown)
    if candidate.kind in ("region", "county", "city"):
        score += 1.2 * math.log10(candidate.population + 100)
    if (
        candidate.kind == "natural"
        and candidate.name.casefold() != name.text.casefold()
        and gazetteers.normalise(candidate.name) == gazetteers.normalise(name.text)
    ):
        score -= OTHER_ACCENTS
    if name.language not in candidate.languages:
        score -= NAME_IN_USE if candidate.kind != "country" or not candidate.languages else 2 * NAME_IN_USE
    if candidate.kind == "city" and candidate.population < LARGE_TOWN and name.is_famous:
        score -= FAME
    if not name.is_country_above_all:
        score += KIND_SAID * _agrees(candidate, name.said)
    score += LISTED * any(_is_peer(candidate, peers) for peers in name.peers)
    if any(h.chosen is not None and _holds(h.chosen, candidate) or _may_hold(h, candidate) for k in name.holders if (h := names[k]) is not name):
        score += CONTAINED
    if candidate.kind in ("country", "region") and any(_holds(candidate, c) for k in name.held for c in names[k].candidates if c.languages):
        score += HOLDS
    if candidate.kind == "country" and sum(c.kind == "country" for c in name.candidates) > 1:
        score += AMONG_COUNTRIES * others.countries[candidate.country] / max(WHOLE, others.countries.total())
    score += SPOKEN * (candidate.country in _spoken_in(name.language))
    if candidate.country is not None and candidate.kind != "country":
        named = others.countries[candidate.country] / WHOLE
        share = named / (others.countries.total() / WHOLE + FEW)
        score += SAME_COUNTRY * (named / (named + FEW) / 2 + share)
        weight = min(1.0, FULL_SHARE * share)  # in a digest of the world's news a shared region is chance
        score += weight * SAME_REGION * (candidate.admin1 is not None and others.regions[candidate.admin1] > 0)
        score += weight * NEAR * others.has_near(candidate)
    return score


@lru_cache
def _spoken_in(language: str) -> frozenset[str]:
    return cues(languages.load(language)).spoken_in


def _agrees(candidate: Candidate, said: Counter[str]) -> float:
    """From -1 to 1: how far the words around a name speak for a candidate's kind."""
    towns, regions = said["city"] + said["district"], said["region"]
    if not towns + regions:
        return 0.0
    lean = (towns - regions) / (towns + regions)
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


def _is_misplaced(candidate: Candidate, name: Name, names: Mapping[str, Name], others: _Others) -> bool:
    """Whether the text puts a lesser place elsewhere: beside a holder that does not hold it, or among other countries.

    A small town that is all there is, where nothing in the document speaks for it, is one too.
    """
    if candidate.kind not in ("city", "county") or candidate.population >= FAMOUS_TOWN:
        return False
    if any(t.chosen is not None and _distance(t.chosen, candidate) > QUARTER_KM for k in name.towns if (t := names[k]) is not name):
        return True
    holders = [h.chosen for k in name.holders if (h := names[k]).chosen is not None and h.chosen.kind in ("country", "region")]
    if any(c.kind == "region" and name.language in c.languages for c in name.candidates):
        holders = [h for h in holders if h.kind == "country"]  # "Neuchâtel, Genève, Vaud et le Jura" are a list
    if holders:
        return not any(_holds(h, candidate) for h in holders)
    if candidate.kind == "city" and not others.countries[candidate.country] and name.is_region:
        return True  # "Nyanza province" in Kenya is no town of Rwanda
    if candidate.population >= LARGE_TOWN or others.countries[candidate.country]:
        return False
    return name.language not in candidate.languages or candidate.population < DOUBTFUL_TOWN


def _places(found: Sequence[Name], names: Mapping[str, Name], passages: Sequence[Passage]) -> list[Place]:
    """Names of one place joined, in order of first mention."""
    groups: dict[str, list[Name]] = defaultdict(list)
    for name in found:
        groups[f"#{name.chosen.id}" if name.chosen is not None else f"{name.text}#{name.mentions[0].start}"].append(name)
    ordered = sorted(groups.values(), key=lambda g: min(m.span for n in g for m in n.mentions))
    flow = _Flow.of(found, names, passages)
    return [_place(f"p{number}", group, names, flow) for number, group in enumerate(ordered, start=1)]


def _place(identifier: str, group: Sequence[Name], names: Mapping[str, Name], flow: _Flow) -> Place:
    mentions = sorted(m for n in group for m in [x.span for x in n.mentions])
    rule = group[0].mentions[0].rule
    chosen = group[0].chosen
    name = max((n.text for n in group), key=lambda t: (not t.isupper(), len(t)))
    if chosen is None:
        holder = _container(group[0], names, flow)
        narrow = ("region",) if group[0].is_region else ("region", "county", "city", "facility")  # no town holds a province
        at = holder if holder is not None and holder.kind in narrow else None
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


@dataclass(frozen=True, slots=True)
class _Flow:
    """A document's mentions of places in reading order, and what is settled of them.

    first: index of each name's first mention. settled: places with a country, by
    name; countries: those that they lie in; states: the countries among them, by code.
    main: the town named most often, if only in the names of bodies. home: the
    country that half of the mentions lie in, None where there is none.
    """

    mentions: Sequence[tuple[Mention, Name]]
    first: Mapping[int, int]
    settled: Mapping[int, Candidate]
    states: Mapping[str | None, Candidate]
    countries: frozenset[str | None]
    main: Candidate | None
    home: str | None
    passages: Sequence[Passage]

    @classmethod
    def of(cls, found: Sequence[Name], names: Mapping[str, Name], passages: Sequence[Passage]) -> _Flow:
        """The flow of the names found; `names` has those too that were found spurious."""
        mentions = sorted(((m, n) for n in found for m in n.mentions), key=lambda pair: pair[0].span)
        settled = {id(n): n.chosen for n in names.values() if n.chosen is not None and n.chosen.country is not None}
        towns = Counter(n.chosen for _, n in mentions if n.chosen is not None and n.chosen.kind in ("city", "county"))
        towns = towns or Counter(n.chosen for n in names.values() if n.is_inside and n.chosen is not None and n.chosen.kind in ("city", "county"))
        first = {id(n): index for index, (_, n) in reversed(list(enumerate(mentions)))}
        shares = Counter(settled[id(n)].country for _, n in mentions if id(n) in settled)
        home = next((country for country, count in shares.most_common(1) if count >= HOME * shares.total()), None)
        main = towns.most_common(1)[0][0] if towns else None
        states = {c.country: c for c in settled.values() if c.kind == "country"}
        return cls(mentions, first, settled, states, frozenset(c.country for c in settled.values()), main, home, passages)

    def beside(self, name: Name) -> list[Candidate]:
        """The settled places that stand in a name's sentence, those after it first, then those before it in its paragraph, the nearest first."""
        index = self.first[id(name)]
        own = self.mentions[index][0]
        following = [pair for pair in self.mentions[index + 1 : index + 1 + AFTER] if self._between(own, pair[0]) == SENTENCE]
        preceding = [pair for pair in reversed(self.mentions[max(0, index - BEFORE) : index]) if self._between(pair[0], own) >= PARAGRAPH]
        preceding.sort(key=lambda pair: -self._between(pair[0], own))  # stable: those of the sentence first
        return [self.settled[id(n)] for _, n in (*following, *preceding) if id(n) in self.settled]

    def _between(self, first: Mention, second: Mention) -> int:
        """Whether two mentions share a sentence, a paragraph, or neither."""
        passage = _passage_at(first.start, self.passages)
        gap = passage.text[first.end - passage.start : second.start - passage.start]
        is_apart = second.start > passage.start + len(passage.text) or "\n" in gap
        return APART if is_apart else PARAGRAPH if ". " in gap else SENTENCE


def _container(name: Name, names: Mapping[str, Name], flow: _Flow) -> Candidate | None:
    """The settled place that holds an open one: named in it, joined to it, beside it, else the document's main town.

    What is joined to it says its country, else the document does where one country is its home.
    """
    joined = [flow.settled[id(names[k])] for k in (*name.towns, *name.holders) if id(names[k]) in flow.settled]
    around = [*joined, *flow.beside(name)]
    country = joined[0].country if joined else flow.home
    if country is not None:
        around = [c for c in around if c.country == country]
    main = flow.main
    if main is not None and (main.country != country if country is not None else bool(around) and around[0].country != main.country):
        main = None
    near = next((c for c in around if c.kind in ("city", "county", "region")), None)
    return _town_within(name.text, flow.countries) or near or main or next(iter(around), None) or flow.states.get(country)


def _town_within(text: str, countries: Collection[str | None]) -> Candidate | None:
    """The town named in a venue's own name, Bamako in "hôtel de l'Amitié de Bamako"; of the document's countries if any."""
    parts = text.split()
    spans = [*(parts[first:] for first in range(len(parts) - 1, 0, -1)), *(parts[:last] for last in range(len(parts) - 1, 0, -1))]
    for span in spans:
        found = [c for c in gazetteers.candidates(" ".join(span)) if c.languages and c.kind == "city" and c.population > LARGE_TOWN]
        fitting = [c for c in found if not countries or c.country in countries]
        if fitting and span[0][0].isupper():
            return max(fitting, key=lambda c: c.population)
    return None
