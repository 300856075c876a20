"""A passage as places are looked for in it: its words with spaCy's entities, the names of the gazetteer among them, and what stands around a name."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from extractors import gazetteers
from extractors.document import Passage
from extractors.gazetteers import Candidate
from extractors.place_cues import Cues, cues
from extractors.spans import Mention, Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

MAX_WORDS = 9  # "Centre des congrès et des expositions de la Porte de Versailles" needs them
NEARBY = 48  # code points before a name in which its preposition and noun stand
FAIR_TOWN, LARGE_TOWN, FAMOUS_TOWN = 10_000, 100_000, 1_000_000  # inhabitants: such names need less context, or none
LONGEST_ACRONYM = 5  # letters
BEARING, LIKELY, PLAIN, CERTAIN = 0, 1, 2, 3  # how far the words around a name say that it is a place
OBSCURE, LARGE, RENOWNED = 1, 2, 3
# An elision, dotted initials, an abbreviated Saint or Mount, or a word with its inner hyphens and apostrophes.
_WORD = re.compile(r"\b(?:[cdjlmnstDL]|[Qq]u|[Jj]usqu|[Ll]orsqu|[Pp]uisqu)'(?=\w)|(?:[A-Z]\.){2,}|\b(?:Ste?|Mt|Ft)\.|[^\W_]+(?:(?:-|'(?!s\b))[^\W_]+)*")


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


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage as places are looked for in it.

    people: the words of the document's personal names. longest: what `longest_known` has found so far.
    """

    text: str
    words: tuple[Word, ...]
    cues: Cues
    people: frozenset[str]
    doc: Doc | None
    longest: dict[int, int | None] = field(default_factory=dict)

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


def people_of(passages: Sequence[Passage]) -> Iterable[str]:
    """The words of the names of two words or more that spaCy calls persons."""
    for passage in passages:
        labels = passage.language.table["model"]["entities"]
        for entity in passage.doc.ents if passage.doc is not None else ():
            if labels.get(entity.label_) != "PERSON" or " " not in entity.text:
                continue
            if renown_of(gazetteers.candidates(entity.text), passage.language.code) == OBSCURE:
                yield from entity.text.split()


def read(passage: Passage, people: frozenset[str]) -> Reading:
    """The words of a passage, each with the entity that covers it."""
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


def longest_known(reading: Reading, index: int) -> int | None:
    """Index of the last word of the longest gazetteer name that starts at a word, None where none does."""
    if index not in reading.longest:
        word = reading.words[index]
        may_open = word.is_capital or word.text in reading.cues.lower_heads
        ends = range(_furthest(reading, index), index - 1, -1) if may_open else ()
        reading.longest[index] = next((last for last in ends if is_known(reading, index, last)), None)
    return reading.longest[index]


def _furthest(reading: Reading, index: int) -> int:
    """The last word that a name starting at a word may have: capitals and particles, and a common word or two.

    "République démocratique du Congo", "golfe Persique", "Émirats arabes unis".
    """
    end = last = index
    common = 0
    while end - index < MAX_WORDS and is_inner_gap(reading, end):
        end += 1
        word = reading.words[end]
        if word.is_capital or (end - index <= 2 and word.text not in reading.cues.particles):
            last = end
        common += not word.is_capital and word.text not in reading.cues.particles
        if common > 2 or (common and reading.words[index].text in reading.cues.openers):
            break
    return last


def is_known(reading: Reading, first: int, last: int) -> bool:
    """Whether words `first` to `last` are a name of the gazetteer as it is written."""
    start, end = reading.words[first], reading.words[last]
    if end.text in reading.cues.particles or end.text.endswith("'"):
        return False
    found = gazetteers.candidates(reading.span(first, last))
    if start.is_capital and end.is_capital:
        return bool(found)
    # "golfe Persique", "Afrique centrale": a common word within, so only what is no town, and not "La réunion"
    capital = any(w.is_capital and w.text not in reading.cues.openers for w in reading.words[first : last + 1])
    return capital and any(c.languages and c.kind not in ("city", "county") for c in found)


def is_inner_gap(reading: Reading, index: int) -> bool:
    """Whether a name may go on from word `index` to the next."""
    gap, word = reading.gap(index), reading.words[index]
    if gap in (" ", "'s "):
        return True
    return (gap == "" and word.text.endswith(("'", "."))) or (gap == ", " and reading.words[index + 1].text in reading.cues.completing)


def is_something_else(reading: Reading, first: int, last: int) -> bool:
    """Whether what stands around a name rules a place out: "US$", "Marburg virus", "Paris refuse"."""
    name, after = reading.span(first, last), reading.text[reading.words[last].end : reading.words[last].end + 24]
    if name in reading.cues.stop or (len(name) < 3 and not _is_code(reading, first)) or after.startswith("$"):
        return True
    if reading.cues.not_after.search(reading.before(first)):
        return True
    return reading.cues.not_before.match(after) is not None or is_acting(reading, first, last)


def _is_code(reading: Reading, index: int) -> bool:
    """Whether two letters are a country's code, or a region's after its town: "US", "Columbus, OH"; not "QC", "Us"."""
    name = reading.words[index].text
    if not name.isupper():
        return False
    is_country = any(c.kind == "country" and c.languages for c in gazetteers.candidates(name))
    return is_country or (index > 0 and reading.gap(index - 1) == ", " and is_known(reading, index - 1, index - 1))


def label_of(words: Sequence[Word]) -> str:
    """spaCy's label of most of a name's capitals, empty where it has none."""
    if len(words) == 1:
        return words[0].label if words[0].is_capital else ""
    labels = Counter(w.label for w in words if w.is_capital)
    return labels.most_common(1)[0][0] if labels else ""


def renown_of(candidates: Iterable[Candidate], language: str) -> int:
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


def is_whole_entity(words: Sequence[Word]) -> bool:
    """Whether spaCy's entity is these very words, give or take an article."""
    entity = words[0].entity
    return entity is not None and entity[0] >= words[0].start - 4 and entity[1] <= words[-1].end + 1


def is_inside_longer_name(reading: Reading, first: int, last: int) -> bool:
    """Whether a capital stands right before a name, or right after it."""
    before = first > 0 and reading.words[first - 1].is_capital and reading.gap(first - 1) == " " and not reading.opens_sentence(first - 1)
    return before or (last + 1 < len(reading.words) and reading.words[last + 1].is_capital and reading.gap(last) == " ")


def modifies_event(reading: Reading, last: int) -> bool:
    """Whether a capitalised event follows, as in "San Diego Summit on …": the place is its own mention."""
    end = last
    while end + 1 < len(reading.words) and reading.gap(end) == " " and reading.words[end + 1].is_capital:
        end += 1
    return end > last and reading.words[end].text in reading.cues.event_nouns


def context_of(reading: Reading, first: int, last: int, previous: Mention | None) -> int:
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
    is_dated = reading.text[end : end + 2].lstrip().startswith(":") and any(c.isdigit() for c in before)
    dateline = reading.cues.dateline.match(reading.text, end)
    is_dated = is_dated or dateline is not None and dateline.group()[-1].isdigit()
    is_town = _is_shouted_town(reading.span(first, last), reading.cues.language.code)
    is_heading = is_town and reading.text[end : end + 1] in ("", "\n")  # KINGSTON, and no more on its line
    if not is_dated and dateline is None and not is_heading and reading.cues.heading.match(reading.text, end) is None:
        return False
    return reading.cues.opening.fullmatch(before) is not None and (is_dated or is_town or is_proper(reading, first, last))


def _is_shouted_town(name: str, language: str) -> bool:
    """Whether a name is all in capitals and a fair town's or a capital's: OUAGADOUGOU, ROSEAU; not LIBRE."""
    if not name.isupper() or len(name) <= LONGEST_ACRONYM - 2:
        return False
    return any(language in c.languages and c.kind == "city" and (c.is_capital or c.population >= FAIR_TOWN) for c in gazetteers.candidates(name))


def is_proper(reading: Reading, first: int, last: int) -> bool:
    """Whether spaCy takes all words of a name for proper nouns: "Vevey", not "Argent"."""
    span = reading.doc.char_span(reading.words[first].start, reading.words[last].end) if reading.doc is not None else None
    return span is not None and all(token.pos_ == "PROPN" for token in span)


def _joined_to_container(reading: Reading, last: int) -> bool:
    """Whether a country or region follows as the one that holds it: "X, Ohio", "X (Tennessee)"."""
    joint = reading.cues.close_joint.match(reading.text, reading.words[last].end)
    if joint is None or last + 1 >= len(reading.words) or reading.words[last + 1].start != joint.end():
        return False
    end = longest_known(reading, last + 1)
    return end is not None and any(c.kind in ("country", "region") and c.languages for c in gazetteers.candidates(reading.span(last + 1, end)))


def is_acting(reading: Reading, first: int, last: int) -> bool:
    """Whether a country or capital stands for those who govern it: "Washington refused", "Paris and Berlin agreed"."""
    if not reading.cues.acting.match(reading.text, reading.words[last].end) or reading.cues.governed.search(reading.before(first)):
        return False
    code = reading.cues.language.code
    return any(code in c.languages and (c.kind == "country" or c.is_capital) for c in gazetteers.candidates(reading.span(first, last)))


def entity_end(reading: Reading, index: int) -> int:
    """The last capital of the entity that starts at a word."""
    last = index
    while same_entity(reading, last):
        last += 1
    while not reading.words[last].is_capital:
        last -= 1
    return last


def same_entity(reading: Reading, index: int) -> bool:
    """Whether a word and the next are in one entity of spaCy."""
    return index + 1 < len(reading.words) and reading.words[index].entity is not None and reading.words[index].entity == reading.words[index + 1].entity


def is_mixed_case(name: str) -> bool:
    """Whether capitals stand inside a word, as in the names of software: "BigBlueButton"."""
    return any(w[1:].lower() != w[1:] and not w.isupper() and "-" not in w and "'" not in w and not w.startswith("Mc") for w in name.split())
