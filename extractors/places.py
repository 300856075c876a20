"""Places: where they are named, and which place of that name is meant.

A mention is found on one of three grounds: a name of the gazetteer that stands
as a place does (capital, preposition, spaCy's word for it; a hit alone is never
enough: `police`, `union` and `est` are towns), a venue, region or natural place
by its head noun ("pont Mathilde", "Jamarat Bridge", "Kano State"), or a name no
table knows that spaCy calls a place and the text introduces as one ("à X").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from extractors import gazetteers
from extractors.document import Passage
from extractors.gazetteers import Candidate
from extractors.locating import locate
from extractors.place_cues import Cues, cues
from extractors.records import Organisation, Place
from extractors.spans import Cover, Mention, Span, longest

if TYPE_CHECKING:
    from spacy.tokens import Doc

MAX_WORDS = 9  # "Centre des congrès et des expositions de la Porte de Versailles" needs them
FAIR_TOWN, LARGE_TOWN, FAMOUS_TOWN = 10_000, 100_000, 1_000_000  # inhabitants: such names need less context, or none
NEARBY = 48  # code points before a name in which its preposition and noun stand
# An elision, dotted initials, an abbreviated Saint or Mount, or a word with its inner hyphens and apostrophes.
_WORD = re.compile(r"\b(?:[cdjlmnstDL]|[Qq]u|[Jj]usqu|[Ll]orsqu|[Pp]uisqu)'(?=\w)|(?:[A-Z]\.){2,}|\b(?:Ste?|Mt|Ft)\.|[^\W_]+(?:(?:-|'(?!s\b))[^\W_]+)*")
SURE = 0.7  # confidence from which a mention speaks for others of its name
BEARING, LIKELY, PLAIN, CERTAIN = 0, 1, 2, 3  # how far the words around a name say that it is a place
OBSCURE, LARGE, RENOWNED = 1, 2, 3
LONGEST_ACRONYM = 5  # letters


class Word(NamedTuple):
    """A word of a passage: offsets into the passage, and spaCy's entity that covers it.

    is_capital: it begins with a capital and is no elided article.
    """

    start: int
    end: int
    text: str
    label: str
    entity: Span | None
    is_capital: bool


class Doubt(NamedTuple):
    """A name that the words around it do not make a place.

    may_fit: it stands as a place may, so that a country of the document that has one of that name settles it.
    """

    mention: Mention
    name: str
    may_fit: bool

    def shifted(self, by: int) -> Doubt:
        """The same, `by` code points further."""
        return self._replace(mention=self.mention.shifted(by))


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage as this module reads it; `people` holds the words of the document's personal names."""

    text: str
    words: tuple[Word, ...]
    cues: Cues
    people: frozenset[str]
    doc: Doc | None

    def span(self, first: int, last: int) -> str:
        """The text of words `first` to `last`, both included."""
        return self.text[self.words[first].start : self.words[last].end]

    def gap(self, index: int) -> str:
        """What stands between word `index` and the next; a line break where there is none."""
        return self.text[self.words[index].end : self.words[index + 1].start] if index + 1 < len(self.words) else "\n"

    def before(self, index: int) -> str:
        """The few words before word `index`."""
        start = self.words[index].start
        return self.text[max(0, start - NEARBY) : start]

    def before_on_line(self, index: int) -> str:
        """What stands before word `index` on its line, NEARBY and no more of a long one."""
        return self.before(index).rpartition("\n")[2]

    def opens_sentence(self, index: int) -> bool:
        """Whether a capital says nothing here: the first word of a line, sentence or quotation."""
        before = self.text[max(0, self.words[index].start - 3) : self.words[index].start].rstrip(" ")
        return not before or before[-1] in '.!?…:;\n«"“•–—'


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a place; offsets into the view."""
    people = frozenset(_people(passages))
    found: list[Mention] = []
    texts: list[str] = []
    doubts: list[Doubt] = []
    for passage in passages:
        reading = _read(passage, people)
        sure, unsure = _names(reading)
        more, unknown = _with_venues(reading, sure)
        found += [m.shifted(passage.start) for m in more]
        texts += [reading.text[m.start : m.end] for m in more]
        doubts += [d.shifted(passage.start) for d in [*unsure, *unknown]]
    return longest([*found, *_cleared(doubts, list(zip(found, texts, strict=True)))])


def _cleared(doubts: Sequence[Doubt], found: Sequence[tuple[Mention, str]]) -> list[Mention]:
    """The doubted names that the rest of the document speaks for.

    What spaCy takes for a person or leaves out is a place where the same document
    plainly says so elsewhere, or where it stands as one may and a place of that
    name is in a country that the document names.
    """
    settled = {gazetteers.normalise(text) for m, text in found if (m.rule == "gazetteer" and m.confidence >= SURE) or m.rule == "introduced"}
    homes = frozenset(_homes(found))
    return [d.mention for d in doubts if gazetteers.normalise(d.name) in settled or (d.may_fit and _is_at_home(d.name, homes))]


def _homes(found: Iterable[tuple[Mention, str]]) -> Iterator[str]:
    """The countries that a document's sure names leave no doubt about."""
    for mention, text in found:
        named = [c for c in gazetteers.candidates(text) if c.languages]
        countries = {c.country for c in named if c.kind == "country"} or {c.country for c in named}
        if mention.confidence >= SURE and len(countries) == 1:
            yield from (c for c in countries if c is not None)


def _is_at_home(name: str, homes: Collection[str]) -> bool:
    return any(c.country in homes and c.languages for c in gazetteers.candidates(name))


def resolve(mentions: Sequence[Mention], passages: Sequence[Passage], organisations: Sequence[Organisation]) -> list[Place]:
    """One place a spot, with all its mentions, country and coordinates, in order of first mention.

    What cannot be told stays open: no country, no coordinates. A place that spans
    countries has neither.
    """
    return locate(mentions, passages, organisations)


def _people(passages: Sequence[Passage]) -> Iterable[str]:
    """The words of the names of two words or more that spaCy calls persons."""
    for passage in passages:
        labels = passage.language.table["model"]["entities"]
        for entity in passage.doc.ents if passage.doc is not None else ():
            if labels.get(entity.label_) != "PERSON" or " " not in entity.text:
                continue
            if _renown(gazetteers.candidates(entity.text), passage.language.code) == OBSCURE:
                yield from entity.text.split()


def _read(passage: Passage, people: frozenset[str]) -> Reading:
    labels = passage.language.table["model"]["entities"]
    entities = [(e.start_char, e.end_char, labels.get(e.label_, "")) for e in passage.doc.ents] if passage.doc is not None else []
    starts = [e[0] for e in entities]
    words = []
    for found in _WORD.finditer(passage.text):
        start = found.start()
        index = bisect_right(starts, start) - 1
        inside = index >= 0 and start < entities[index][1]
        label, entity = (entities[index][2], entities[index][:2]) if inside else ("", None)
        text = found.group()
        words.append(Word(*found.span(), text, label, entity, text[0].isupper() and text[-1] != "'"))
    return Reading(passage.text, tuple(words), cues(passage.language), people, passage.doc)


def _with_venues(reading: Reading, names: Sequence[Mention]) -> tuple[list[Mention], list[Doubt]]:
    found = [*_facilities(reading), *names]
    unknown, unsure = _unknown(reading, Cover(m.span for m in found))
    return [*found, *unknown], unsure


# ------------------------------------------------------------------ names of the gazetteer


def _names(reading: Reading) -> tuple[list[Mention], list[Doubt]]:
    """Names of the gazetteer that stand where a place does, and those that may be one if the document says so elsewhere."""
    sure: list[Mention] = []
    unsure: list[Doubt] = []
    index = 0
    while index < len(reading.words):
        last = _longest_known(reading, index)
        if last is not None and not _is_something_else(reading, index, last):
            start, end = reading.words[index].start, reading.words[last].end
            confidence = _confidence(reading, index, last, sure[-1] if sure else None)
            if confidence:
                sure.append(Mention(start, end, "gazetteer", confidence))
                index = last
            elif not _inside_longer_name(reading, index, last) and reading.words[index].text not in reading.people:
                may_fit = _may_fit(reading, index, last, sure[-1] if sure else None)
                unsure.append(Doubt(Mention(start, end, "gazetteer", 0.55), reading.span(index, last), may_fit))
        elif last is not None and _is_acting(reading, index, last):
            index = last  # "New Zealand refused" names no Zealand
        index += 1
    return sure, unsure


def _longest_known(reading: Reading, index: int) -> int | None:
    """Index of the last word of the longest gazetteer name that starts at a word, None where none does."""
    word = reading.words[index]
    if not (word.is_capital or word.text in reading.cues.lower_heads):
        return None
    for last in range(_furthest(reading, index), index - 1, -1):
        if _is_known(reading, index, last):
            return last
    return None


def _furthest(reading: Reading, index: int) -> int:
    """The last word that a name starting at a word may have: capitals and particles, and a common word or two.

    "République démocratique du Congo", "golfe Persique", "Émirats arabes unis".
    """
    end = last = index
    common = 0
    while end - index < MAX_WORDS and _is_inner_gap(reading, end):
        end += 1
        word = reading.words[end]
        if word.is_capital or (end - index <= 2 and word.text not in reading.cues.particles):
            last = end
        common += not word.is_capital and word.text not in reading.cues.particles
        if common > 2 or (common and reading.words[index].text in reading.cues.openers):
            break
    return last


def _is_known(reading: Reading, first: int, last: int) -> bool:
    start, end = reading.words[first], reading.words[last]
    if end.text in reading.cues.particles or end.text.endswith("'"):
        return False
    found = gazetteers.candidates(reading.span(first, last))
    if start.is_capital and end.is_capital:
        return bool(found)
    # "golfe Persique", "Afrique centrale": a common word within, so only what is no town, and not "La réunion"
    capital = any(w.is_capital and w.text not in reading.cues.openers for w in reading.words[first : last + 1])
    return capital and any(c.languages and c.kind not in ("city", "county") for c in found)


def _is_inner_gap(reading: Reading, index: int) -> bool:
    gap, word = reading.gap(index), reading.words[index]
    if gap in (" ", "'s "):
        return True
    return (gap == "" and word.text.endswith(("'", "."))) or (gap == ", " and reading.words[index + 1].text in reading.cues.completing)


def _confidence(reading: Reading, first: int, last: int, previous: Mention | None) -> float:
    """Confidence that a known name is a place here, 0 where it is not."""
    words, name = reading.words[first : last + 1], reading.span(first, last)
    renown, label = _renown(gazetteers.candidates(name), reading.cues.language.code), _label(words)
    context = _context(reading, first, last, previous)
    if label in ("PERSON", "ORG") and context == PLAIN and _stands_alone(reading, first, last, previous):
        return 0.6
    if label == "ORG" and context == LIKELY and renown == OBSCURE and reading.cues.moving.search(reading.before(first)):
        # to Luganville: no body, if the document has its country
        return 0.45 if _stands_alone(reading, first, last, previous) and not words[0].text.isupper() else 0.0
    if label == "PERSON" or (renown < RENOWNED and any(w.text in reading.people for w in words if w.is_capital)):
        least = LIKELY if renown == RENOWNED else PLAIN if renown == LARGE else CERTAIN
        is_place = context >= least and (_covers(words) or (context == CERTAIN and not _inside_longer_name(reading, first, last)))
        return 0.6 if is_place else 0.0
    is_part = _inside_longer_name(reading, first, last)
    is_loose = label != "PLACE" and not (renown > OBSCURE and _modifies_event(reading, last))
    if is_part and is_loose and (renown < RENOWNED or reading.cues.needs_context):
        return 0.0
    if label == "PLACE":
        return _as_spacy_says(reading, words, renown, context, is_part)
    if label and not _covers(words) and context == BEARING and not _modifies_event(reading, last):
        return 0.7 if renown == RENOWNED and label == "MISC" else 0.0
    return _by_context(reading, first, last, renown, context)


def _may_fit(reading: Reading, first: int, last: int, previous: Mention | None) -> bool:
    """Whether a doubted name stands as a place may, so that it is one if the document has its country."""
    words = reading.words[first : last + 1]
    context, label = _context(reading, first, last, previous), _label(words)
    if context >= PLAIN:
        return True
    if label and not _covers(words):
        return False
    renown = _renown(gazetteers.candidates(reading.span(first, last)), reading.cues.language.code)
    # "the road to Auki"; "the Truro crematorium" where the model has a place, or a person of a large place's name
    return context == LIKELY or label == "PLACE" or (label == "PERSON" and renown > OBSCURE)


def _stands_alone(reading: Reading, first: int, last: int, previous: Mention | None) -> bool:
    """Whether what spaCy takes for a person or a body is one name after a preposition, or in a list that goes on or ends: "in Split, Trogir and Hvar"."""
    words = reading.words[first : last + 1]
    if not _covers(words) or any(w.text in reading.people for w in words) or _inside_longer_name(reading, first, last):
        return False
    before = reading.before(first)
    if reading.cues.preposition.search(before) or reading.cues.local.search(before):
        return not reading.words[first].text.isupper() or len(words[0].text) > LONGEST_ACRONYM
    is_listed = previous is not None and reading.cues.listing.fullmatch(reading.text, previous.end, words[0].start) is not None
    return not is_listed or reading.cues.goes_on.match(reading.text, words[-1].end) is not None


def _is_something_else(reading: Reading, first: int, last: int) -> bool:
    """Whether what stands around a name rules a place out: "US$", "Marburg virus", "Paris refuse"."""
    name, after = reading.span(first, last), reading.text[reading.words[last].end : reading.words[last].end + 24]
    if name in reading.cues.stop or (len(name) < 3 and not _is_code(reading, first)) or after.startswith("$"):
        return True
    if reading.cues.not_after.search(reading.before(first)):
        return True
    return reading.cues.not_before.match(after) is not None or _is_acting(reading, first, last)


def _is_code(reading: Reading, index: int) -> bool:
    """Whether two letters are a country's code, or a region's after its town: "US", "Columbus, OH"; not "QC", "Us"."""
    name = reading.words[index].text
    if not name.isupper():
        return False
    is_country = any(c.kind == "country" and c.languages for c in gazetteers.candidates(name))
    return is_country or (index > 0 and reading.gap(index - 1) == ", " and _is_known(reading, index - 1, index - 1))


def _label(words: Sequence[Word]) -> str:
    labels = Counter(w.label for w in words if w.is_capital)
    return labels.most_common(1)[0][0] if labels else ""


def _as_spacy_says(reading: Reading, words: Sequence[Word], renown: int, context: int, is_part: bool) -> float:
    if renown > OBSCURE:
        return 0.9 if renown == RENOWNED else 0.85
    if is_part and not _covers(words):
        return 0.0
    if context == BEARING and (reading.cues.needs_context or not _covers(words)):
        return 0.0
    return 0.7 if context >= PLAIN else 0.45


def _by_context(reading: Reading, first: int, last: int, renown: int, context: int) -> float:
    """Confidence in a name that spaCy does not call a place."""
    if renown == RENOWNED:
        return 0.9 if context else 0.8
    name = reading.span(first, last)
    is_famous = any(c.languages and (c.is_capital or c.population >= FAMOUS_TOWN) for c in gazetteers.candidates(name))
    if renown == LARGE:
        return 0.7 if context or _modifies_event(reading, last) else 0.6 if is_famous and not reading.opens_sentence(first) else 0.0
    is_distinctive = "-" in name or sum(w.is_capital for w in reading.words[first : last + 1]) > 1
    least = LIKELY if is_distinctive else PLAIN if reading.cues.needs_context else CERTAIN
    return 0.5 if context >= least and (context == CERTAIN or not reading.opens_sentence(first)) else 0.0


def _renown(candidates: Iterable[Candidate], language: str) -> int:
    """RENOWNED for a country, an area or the like; LARGE for a region or a large town."""
    best = OBSCURE
    for candidate in candidates:
        if language not in candidate.languages:
            continue
        if candidate.kind in ("country", "area", "natural", "facility"):
            return RENOWNED
        if candidate.kind == "region" or candidate.population >= LARGE_TOWN or candidate.is_capital:
            best = LARGE
    return best


def _covers(words: Sequence[Word]) -> bool:
    """Whether spaCy's entity is these very words, give or take an article."""
    entity = words[0].entity
    return entity is not None and entity[0] >= words[0].start - 4 and entity[1] <= words[-1].end + 1


def _inside_longer_name(reading: Reading, first: int, last: int) -> bool:
    before = first > 0 and reading.words[first - 1].is_capital and reading.gap(first - 1) == " " and not reading.opens_sentence(first - 1)
    return before or (last + 1 < len(reading.words) and reading.words[last + 1].is_capital and reading.gap(last) == " ")


def _modifies_event(reading: Reading, last: int) -> bool:
    """Whether a capitalised event follows, as in "San Diego Summit on …": the place is its own mention."""
    end = last
    while end + 1 < len(reading.words) and reading.gap(end) == " " and reading.words[end + 1].is_capital:
        end += 1
    return end > last and reading.words[end].text in reading.cues.event_nouns


def _context(reading: Reading, first: int, last: int, previous: Mention | None) -> int:
    """How far the words around a name say that it is a place, from BEARING to CERTAIN."""
    before = reading.before(first)
    if reading.cues.noun_before.search(before) or _joined_to_container(reading, last) or _opens_report(reading, first, last):
        return CERTAIN
    after = reading.text[reading.words[last].end : reading.words[last].end + 3]
    if reading.cues.preposition.search(before) or reading.cues.local.search(before) or (after.lstrip(" ").startswith(":") and reading.opens_sentence(first)):
        return PLAIN
    if previous is not None and previous.confidence >= 0.6 and reading.cues.listing.fullmatch(reading.text, previous.end, reading.words[first].start):
        return PLAIN
    return LIKELY if reading.cues.maybe.search(before) or reading.cues.possessive.match(after) else BEARING


def _opens_report(reading: Reading, first: int, last: int) -> bool:
    """Whether a name says where the report of its line is from: "BLANTYRE — ", "Lomé, le 3 mai", "• Vevey. Un chocolatier …"."""
    end = reading.words[last].end
    before = reading.before_on_line(first)
    is_dated = any(c.isdigit() for c in before) and reading.text[end : end + 2].lstrip().startswith(":")
    dateline = reading.cues.dateline.match(reading.text, end)
    is_dated = is_dated or dateline is not None and dateline.group()[-1].isdigit()
    is_town = _is_shouted_town(reading.span(first, last), reading.cues.language.code)
    is_heading = is_town and reading.text[end : end + 1] in ("", "\n")  # KINGSTON, and no more on its line
    if not is_dated and dateline is None and not is_heading and reading.cues.heading.match(reading.text, end) is None:
        return False
    return reading.cues.opening.fullmatch(before) is not None and (is_dated or is_town or _is_proper(reading, first, last))


def _is_shouted_town(name: str, language: str) -> bool:
    """Whether a name is all in capitals and a fair town's or a capital's: OUAGADOUGOU, ROSEAU; not LIBRE."""
    if not name.isupper() or len(name) <= LONGEST_ACRONYM - 2:
        return False
    return any(language in c.languages and c.kind == "city" and (c.is_capital or c.population >= FAIR_TOWN) for c in gazetteers.candidates(name))


def _is_proper(reading: Reading, first: int, last: int) -> bool:
    """Whether spaCy takes all words of a name for proper nouns: "Vevey", not "Argent"."""
    span = reading.doc.char_span(reading.words[first].start, reading.words[last].end) if reading.doc is not None else None
    return span is not None and all(token.pos_ == "PROPN" for token in span)


def _joined_to_container(reading: Reading, last: int) -> bool:
    """Whether a country or region follows as the one that holds it: "X, Ohio", "X (Tennessee)"."""
    joint = reading.cues.close_joint.match(reading.text, reading.words[last].end)
    if joint is None or last + 1 >= len(reading.words) or reading.words[last + 1].start != joint.end():
        return False
    end = _longest_known(reading, last + 1)
    return end is not None and any(c.kind in ("country", "region") and c.languages for c in gazetteers.candidates(reading.span(last + 1, end)))


def _is_acting(reading: Reading, first: int, last: int) -> bool:
    """Whether a country or capital stands for those who govern it: "Washington refused", "Paris and Berlin agreed"."""
    if not reading.cues.acting.match(reading.text, reading.words[last].end) or reading.cues.governed.search(reading.before(first)):
        return False
    code = reading.cues.language.code
    return any(code in c.languages and (c.kind == "country" or c.is_capital) for c in gazetteers.candidates(reading.span(first, last)))


# ------------------------------------------------------------------ venues, regions, natural places by their nouns


def _facilities(reading: Reading) -> list[Mention]:
    headed = (found for index in range(len(reading.words)) for found in (_headed(reading, index), _tailed(reading, index)))
    whole = (Mention(m.start(), m.end(), "facility", 0.7) for m in reading.cues.whole_names.finditer(reading.text))
    return [*(m for m in headed if m is not None), *whole]


def _mention(reading: Reading, first: int, last: int, rule: str) -> Mention | None:
    words = reading.words[first : last + 1]
    if words[-1].text in reading.cues.surnames and all(w.label == "PERSON" for w in words):
        return None  # "Monica Hall"
    return Mention(words[0].start, words[-1].end, rule, 0.7)


def _headed(reading: Reading, index: int) -> Mention | None:
    """A name that its head noun opens: "lac Tchad", "hôtel de l'Amitié de Bamako"."""
    match = reading.cues.heads.match(reading.text, reading.words[index].start)
    if match is None:
        return None
    first = next((i for i in range(index + 1, len(reading.words)) if reading.words[i].start >= match.end()), None)
    if first is None or reading.text[match.end() : reading.words[first].start] not in (" ", ' "', " «", " « "):
        return None
    opened = _skip_particles(reading, first)
    if opened is None:
        return None
    last = _name_end(reading, opened)
    if opened == first:  # "pont Mathilde de Rouen" is in Rouen, "hôtel de l'Amitié de Bamako" is a whole
        last = _before_town(reading, opened, last)
    elif reading.cues.of_town.fullmatch(match.group()) and not reading.words[index].is_capital and gazetteers.is_known(reading.span(opened, last)):
        return None  # "l'aéroport d'Atlanta": the town alone is a name; "le palais du Luxembourg" is one
    return _mention(reading, index, last, "natural" if reading.cues.natural.match(match.group()) else "facility")


def _skip_particles(reading: Reading, index: int) -> int | None:
    """The first capital after at most three particles, None where a common noun comes first."""
    for i in range(index, min(index + 4, len(reading.words))):
        word = reading.words[i]
        if word.is_capital:
            return i
        if word.text not in reading.cues.particles or word.text in reading.cues.separating or not _is_inner_gap(reading, i):
            return None
    return None


def _name_end(reading: Reading, index: int) -> int:
    last = index
    while last - index < MAX_WORDS and _is_inner_gap(reading, last):
        following = _skip_particles(reading, last + 1)
        if following is None:
            break
        last = following
    return last


def _before_town(reading: Reading, first: int, last: int) -> int:
    """The end of a name without the town that follows it: "pont Mathilde" of "pont Mathilde de Rouen"."""
    for i in range(first + 1, last):
        if reading.words[i].text in reading.cues.of and any(c.languages for c in gazetteers.candidates(reading.span(i + 1, last))):
            return i - 1
    return last


def _tailed(reading: Reading, index: int) -> Mention | None:
    """A name that its head noun closes: "Jamarat Bridge", "Kano State"."""
    if index == 0 or not reading.words[index - 1].is_capital or reading.gap(index - 1) != " ":
        return None
    match = reading.cues.tails.match(reading.text, reading.words[index].start)
    if match is None:
        return None
    last = index
    while reading.words[last].end < match.end():
        last += 1
    is_region = reading.cues.region_tails.fullmatch(match.group()) is not None
    if is_region and last + 1 < len(reading.words) and reading.words[last + 1].is_capital and reading.gap(last) == " ":
        return None  # "Ohio State University"
    first = _tail_start(reading, index, is_region)
    name = reading.words[first:index]
    if not any(w.text not in reading.cues.generic for w in name):
        return None
    candidates = gazetteers.candidates(reading.span(first, index - 1))
    is_plain = not reading.words[last].is_capital
    if (is_region or is_plain) and not candidates and not any(w.label == "PLACE" for w in name):
        return None
    if is_plain and _renown(candidates, reading.cues.language.code) == RENOWNED:
        return None  # "Japan nuclear plant" names Japan
    rule = "region" if is_region else "natural" if reading.cues.natural_tails.fullmatch(match.group()) else "facility"
    return _mention(reading, first, last, rule)


def _tail_start(reading: Reading, index: int, is_region: bool) -> int:
    first = index - 1
    while first > 0 and index - first < MAX_WORDS and reading.gap(first - 1) == " " and _belongs(reading, first - 1, is_region):
        first -= 1
    while first < index - 1 and (not reading.words[first].is_capital or reading.words[first].text in reading.cues.determiners):
        first += 1
    return first


def _belongs(reading: Reading, index: int, is_region: bool) -> bool:
    """Whether a word goes on with the name to its right, leftwards."""
    word = reading.words[index]
    if word.is_capital:
        return not (is_region and reading.opens_sentence(index) and not word.label)
    is_inner = word.text in reading.cues.inner and not is_region
    return is_inner and word.entity is not None and word.entity == reading.words[index + 1].entity


# ------------------------------------------------------------------ names that no table knows


def _unknown(reading: Reading, taken: Cover) -> tuple[list[Mention], list[Doubt]]:
    """Names no table knows that spaCy calls a place and the text introduces, or that follow a town's or quarter's noun; and those that it does not."""
    found: list[Mention] = []
    unsure: list[Doubt] = []
    for index, word in enumerate(reading.words):
        if not word.is_capital or (index and _same_entity(reading, index - 1) and reading.words[index - 1].is_capital):
            continue
        is_said = any(reading.cues.kinds[kind].search(reading.before(index)) for kind in ("city", "district"))
        if not is_said and word.label not in ("ORG", "PERSON", "PLACE"):
            continue
        last = _entity_end(reading, index)
        span, name = (word.start, reading.words[last].end), reading.span(index, last)
        is_free = not taken.touches(span) and not gazetteers.is_known(name) and name not in reading.cues.stop
        if not is_free or reading.cues.not_places.match(name) or _is_mixed_case(name) or word.label == "PEOPLE":
            continue
        if is_said and word.label == "ORG":
            continue
        if is_said or _is_introduced(reading, index, last):
            found.append(Mention(*span, "introduced", 0.5))
        elif word.label != "ORG" and not _inside_longer_name(reading, index, last):
            unsure.append(Doubt(Mention(*span, "introduced", 0.5), name, may_fit=False))
    return found, unsure


def _is_introduced(reading: Reading, first: int, last: int) -> bool:
    """Whether the words before a name of no table say that it is a place; more is asked of what spaCy takes for a body or a person."""
    words = reading.words[first : last + 1]
    if words[0].label == "PLACE":
        is_label = reading.opens_sentence(first) and reading.text[words[-1].end : words[-1].end + 2].strip() == ":"  # "Participation : 40 €"
        return not is_label and _context(reading, first, last, None) >= PLAIN
    is_owner = reading.cues.possessive.match(reading.text, words[-1].end) is not None  # at Islam's holiest site
    is_plain = first == last and _covers(words) and words[0].text not in reading.people and not words[0].text.isupper() and not is_owner
    if not is_plain or _inside_longer_name(reading, first, last) or reading.cues.surely.search(reading.before(first)) is None:
        return False
    return _is_proper(reading, first, last) and not _qualifies(reading, last)


def _qualifies(reading: Reading, last: int) -> bool:
    """Whether a noun follows that a name only qualifies: "in Hajj stampede"; not "in Chilobwe township"."""
    if (
        reading.doc is None
        or last + 1 >= len(reading.words)
        or reading.gap(last) != " "
        or reading.cues.part_after.match(reading.text, reading.words[last].end)
    ):
        return False
    following = reading.doc.char_span(reading.words[last + 1].start, reading.words[last + 1].end)
    return following is None or following[0].pos_ in ("ADJ", "NOUN", "PRON", "PROPN")


def _entity_end(reading: Reading, index: int) -> int:
    """The last capital of the entity that starts at a word."""
    last = index
    while _same_entity(reading, last):
        last += 1
    while not reading.words[last].is_capital:
        last -= 1
    return last


def _same_entity(reading: Reading, index: int) -> bool:
    return index + 1 < len(reading.words) and reading.words[index].entity is not None and reading.words[index].entity == reading.words[index + 1].entity


def _is_mixed_case(name: str) -> bool:
    """Whether capitals stand inside a word, as in the names of software: "BigBlueButton"."""
    return any(w[1:].lower() != w[1:] and not w.isupper() and "-" not in w and "'" not in w and not w.startswith("Mc") for w in name.split())
