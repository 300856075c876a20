"""Places: where they are named, and which place of that name is meant.

A mention is found on one of three grounds: a name of the gazetteer in a place's
context (capital, preposition, spaCy's word for it; a hit alone is never enough:
`police`, `union` and `est` are towns), a venue or natural place by its head noun
("pont Mathilde", "Jamarat Bridge"), or an unknown name that spaCy calls a place
and the text introduces as one ("à X", "near X").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from extractors import gazetteers
from extractors.document import Passage
from extractors.gazetteers import Candidate
from extractors.locating import locate
from extractors.place_cues import Cues, cues
from extractors.records import Organisation, Place
from extractors.spans import Mention, Span, longest

MAX_WORDS = 9  # "Daughters of the American Revolution Constitution Hall" has eight
LARGE_TOWN = 100_000  # inhabitants: such a name needs less context
# An elision, dotted initials, an abbreviated Saint or Mount, or a word with its inner hyphens and apostrophes.
_WORD = re.compile(r"(?:\b(?:[cdjlmnstCDJLMNST]|[Qq]u|[Jj]usqu|[Ll]orsqu|[Pp]uisqu)'(?=\w))|(?:[A-Z]\.){2,}|\b(?:Ste?|Mt|Ft)\.|[^\W_]+(?:(?:-|'(?!s\b))[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a passage: offsets into the passage, and spaCy's entity that covers it."""

    start: int
    end: int
    text: str
    label: str
    entity: Span | None

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper() and not self.text.endswith("'")


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage as this module reads it."""

    text: str
    words: tuple[Word, ...]
    cues: Cues
    doc: Any

    def span(self, first: int, last: int) -> str:
        """The text of words `first` to `last`, both included."""
        return self.text[self.words[first].start : self.words[last].end]

    def gap(self, index: int) -> str:
        """What stands between word `index` and the next."""
        return self.text[self.words[index].end : self.words[index + 1].start]

    def opens_sentence(self, index: int) -> bool:
        """Whether a capital says nothing here: the first word of a line or sentence, or after an opening quote."""
        before = self.text[max(0, self.words[index].start - 3) : self.words[index].start].rstrip(" ")
        return not before or before[-1] in ".!?…:;\n«\"“•-–—(" and not before.endswith("-\n")


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a place; offsets into the view."""
    return [m.shifted(p.start) for p in passages for m in _find(_read(p))]


def resolve(mentions: Sequence[Mention], passages: Sequence[Passage], organisations: Sequence[Organisation]) -> list[Place]:
    """One place a spot, with all its mentions, country and coordinates, in order of first mention.

    What cannot be told stays open: no country, no coordinates. A place that spans
    countries has neither.
    """
    return locate(mentions, passages)


def _find(reading: Reading) -> list[Mention]:
    facilities = _facilities(reading)
    names = _names(reading)
    return longest([*facilities, *names, *_unknown(reading, [*facilities, *names])])


def _read(passage: Passage) -> Reading:
    labels = passage.language.table["model"]["entities"]
    entities = [(e.start_char, e.end_char, labels.get(e.label_, "")) for e in passage.doc.ents] if passage.doc is not None else []
    starts = [e[0] for e in entities]
    words = []
    for found in _WORD.finditer(passage.text):
        index = bisect_right(starts, found.start()) - 1
        inside = index >= 0 and found.start() < entities[index][1]
        label, entity = (entities[index][2], entities[index][:2]) if inside else ("", None)
        words.append(Word(found.start(), found.end(), found.group(), label, entity))
    return Reading(passage.text, tuple(words), cues(passage.language), passage.doc)


def _names(reading: Reading) -> list[Mention]:
    """Names of the gazetteer that stand where a place does."""
    mentions, index = [], 0
    while index < len(reading.words):
        last = _longest_known(reading, index)
        if last is None:
            index += 1
            continue
        confidence = _is_place(reading, index, last)
        if confidence:
            mentions.append(Mention(reading.words[index].start, reading.words[last].end, "gazetteer", confidence))
        index = last + 1 if confidence else index + 1
    return mentions


def _longest_known(reading: Reading, index: int) -> int | None:
    """Index of the last word of the longest gazetteer name that starts at a word, None where none does."""
    if not (reading.words[index].is_capital or reading.words[index].text in reading.cues.natural_heads):
        return None
    end = index
    while end + 1 < len(reading.words) and end - index < MAX_WORDS and _is_inner_gap(reading, end):
        end += 1
    for last in range(end, index - 1, -1):
        word = reading.words[last]
        if word.text in reading.cues.particles or word.text.endswith("'"):
            continue
        found = gazetteers.candidates(_name(reading, index, last))
        if not word.is_capital or not reading.words[index].is_capital:
            found = tuple(c for c in found if c.languages and c.kind not in ("city", "county"))
        if found:
            return last
    return None


def _is_inner_gap(reading: Reading, index: int) -> bool:
    gap, word = reading.gap(index), reading.words[index]
    return gap == " " or (gap == "" and word.text.endswith(("'", "."))) or (gap == ", " and reading.words[index + 1].text == "D.C.")


def _name(reading: Reading, first: int, last: int) -> str:
    """The name as the gazetteer may know it: "Kano State" by its own name or without its noun."""
    return reading.span(first, last)


def _is_place(reading: Reading, first: int, last: int) -> float:
    """Confidence that a known name is a place here, 0 where it is not."""
    words, name = reading.words[first : last + 1], reading.span(first, last)
    if name in reading.cues.stop or _is_acting(reading, first, last) or _is_lower_case_code(name):
        return 0.0
    candidates, labels = gazetteers.candidates(name), Counter(w.label for w in words if w.is_capital)
    label = labels.most_common(1)[0][0] if labels else ""
    rank = _renown(candidates, reading.cues.language.code)
    if label == "PERSON" and not (rank == 3 and words[0].entity == (words[0].start, words[-1].end) and _introduced(reading, first)):
        return 0.0
    if label in ("ORG", "PEOPLE", "MISC") and not _covers(words) and not (rank == 3 and label == "MISC"):
        return 0.0
    context = _context(reading, first, last)
    if rank == 3:
        return 0.9 if label == "PLACE" or context else 0.8
    if _inside_longer_name(reading, first, last) and label != "PLACE":
        return 0.0
    if rank == 2:
        return 0.85 if label == "PLACE" else 0.7 if context else 0.0
    if label == "PLACE":
        return 0.7 if context or not reading.cues.is_noisy else 0.0
    return 0.5 if context == 2 and not reading.opens_sentence(first) else 0.0


def _renown(candidates: Iterable[Candidate], language: str) -> int:
    """3 for a country, an area or the like; 2 for a region or a large town; 1 for any other place."""
    best = 1
    for candidate in candidates:
        if language not in candidate.languages:
            continue
        if candidate.kind in ("country", "area", "natural", "facility"):
            return 3
        if candidate.kind == "region" or candidate.population >= LARGE_TOWN or candidate.is_capital:
            best = 2
    return best


def _is_lower_case_code(name: str) -> bool:
    """Whether a name of two or three letters lacks the capitals that make it one: "Us" for "US"."""
    return len(name) < 4 and not name.isupper() and name.isascii() and "." not in name and len(name) < 3


def _covers(words: Sequence[Word]) -> bool:
    """Whether spaCy's entity is these very words."""
    return words[0].entity is not None and words[0].entity[0] >= words[0].start - 4 and words[0].entity[1] <= words[-1].end + 1


def _inside_longer_name(reading: Reading, first: int, last: int) -> bool:
    before = first > 0 and reading.words[first - 1].is_capital and reading.gap(first - 1) == " " and not reading.opens_sentence(first - 1)
    after = last + 1 < len(reading.words) and reading.words[last + 1].is_capital and reading.gap(last) == " "
    return before or after


def _context(reading: Reading, first: int, last: int) -> int:
    """How far the words around a name say that it is a place: 2 plainly, 1 perhaps, 0 not at all."""
    if _introduced(reading, first) or _joined_to_container(reading, last):
        return 2
    after = reading.text[reading.words[last].end : reading.words[last].end + 2]
    if after in (" :", ": ") and reading.opens_sentence(first):
        return 2
    before = reading.text[max(0, reading.words[first].start - 24) : reading.words[first].start]
    return 1 if reading.cues.maybe.search(before) else 0


def _introduced(reading: Reading, first: int) -> bool:
    before = reading.text[max(0, reading.words[first].start - 48) : reading.words[first].start]
    return bool(reading.cues.introducing.search(before))


def _joined_to_container(reading: Reading, last: int) -> bool:
    """Whether a country or region follows as the one that holds it: "X, Ohio", "X (Tennessee)"."""
    following = reading.cues.joint.match(reading.text, reading.words[last].end)
    if not following or last + 1 >= len(reading.words):
        return False
    index = next((i for i in range(last + 1, min(last + 8, len(reading.words))) if reading.words[i].start >= following.end()), None)
    if index is None or reading.words[index].start != following.end():
        return False
    end = _longest_known(reading, index)
    return end is not None and any(c.kind in ("country", "region") and c.languages for c in gazetteers.candidates(reading.span(index, end)))


def _is_acting(reading: Reading, first: int, last: int) -> bool:
    """Whether a country or town stands for those who govern it: "Washington refused", "Paris and Berlin agreed"."""
    name = reading.span(first, last)
    code = reading.cues.language.code
    if not any(code in c.languages and (c.kind == "country" or c.is_capital) for c in gazetteers.candidates(name)):
        return False
    if reading.cues.maybe.search(reading.text[max(0, reading.words[first].start - 24) : reading.words[first].start].replace(" and ", " ").replace(" et ", " ")):
        return False
    return bool(reading.cues.acting.match(reading.text, reading.words[last].end))


def _facilities(reading: Reading) -> list[Mention]:
    found = []
    for index in range(len(reading.words)):
        span = _headed(reading, index) or _tailed(reading, index)
        if span is not None and not _in_person(reading, *span):
            kind = "natural" if _is_natural(reading, *span) else "facility"
            found.append(Mention(reading.words[span[0]].start, reading.words[span[1]].end, kind, 0.7))
    for match in reading.cues.whole_names.finditer(reading.text):
        found.append(Mention(match.start(), match.end(), "facility", 0.7))
    return found


def _headed(reading: Reading, index: int) -> Span | None:
    """Words of a name that its head noun opens: "lac Tchad", "hôtel de l'Amitié de Bamako"."""
    match = reading.cues.heads.match(reading.text, reading.words[index].start)
    if match is None:
        return None
    first = next((i for i in range(index + 1, len(reading.words)) if reading.words[i].start >= match.end()), None)
    if first is None or reading.text[match.end() : reading.words[first].start] not in (" ", " «", ' "'):
        return None
    opened = _skip_particles(reading, first)
    if opened is None:
        return None
    last = _name_end(reading, opened)
    if opened == first:  # "pont Mathilde de Rouen" is in Rouen, "hôtel de l'Amitié de Bamako" is a whole
        last = _before_town(reading, opened, last)
    return index, last


def _skip_particles(reading: Reading, index: int) -> int | None:
    """The first capital after at most three particles, None where a common noun comes first."""
    for i in range(index, min(index + 4, len(reading.words))):
        if reading.words[i].is_capital:
            return i
        if reading.words[i].text not in reading.cues.particles or not _is_inner_gap(reading, i):
            return None
    return None


def _name_end(reading: Reading, index: int) -> int:
    last = index
    while last + 1 < len(reading.words) and last - index < MAX_WORDS and _is_inner_gap(reading, last):
        following = _skip_particles(reading, last + 1)
        if following is None or reading.words[last + 1].text in reading.cues.separating:
            break
        last = following
    return last


def _before_town(reading: Reading, first: int, last: int) -> int:
    for i in range(first + 1, last):
        is_known = any(c.languages for c in gazetteers.candidates(reading.span(i + 1, last)))
        if reading.words[i].text in reading.cues.of and is_known:
            return i - 1
    return last


def _tailed(reading: Reading, index: int) -> Span | None:
    """Words of a name that its head noun closes: "Jamarat Bridge", "Kano State"."""
    match = reading.cues.tails.match(reading.text, reading.words[index].start)
    if match is None or index == 0 or reading.gap(index - 1) != " ":
        return None
    last = index
    while last + 1 < len(reading.words) and reading.words[last].end < match.end():
        last += 1
    first = index
    while first > 0 and index - first < MAX_WORDS and reading.gap(first - 1) == " " and _belongs(reading, first - 1):
        first -= 1
    while first < index and (not reading.words[first].is_capital or reading.words[first].text in reading.cues.generic):
        first += 1
    return (first, last) if first < index else None


def _belongs(reading: Reading, index: int) -> bool:
    word = reading.words[index]
    if word.is_capital:
        return True
    return word.text in reading.cues.inner and index > 0 and reading.gap(index - 1) == " " and _belongs(reading, index - 1)


def _in_person(reading: Reading, first: int, last: int) -> bool:
    return all(w.label == "PERSON" for w in reading.words[first : last + 1])


def _is_natural(reading: Reading, first: int, last: int) -> bool:
    return bool(reading.cues.natural.search(reading.span(first, last)))


def _unknown(reading: Reading, taken: Sequence[Mention]) -> list[Mention]:
    """Names that spaCy calls a place, that no table knows, and that the text introduces as one."""
    spans = {m.span for m in taken}
    found = []
    for index, word in enumerate(reading.words):
        if word.label != "PLACE" or word.entity is None or not word.is_capital or word.text in reading.cues.stop:
            continue
        if index > 0 and reading.words[index - 1].entity == word.entity and reading.words[index - 1].is_capital:
            continue
        last = index
        while last + 1 < len(reading.words) and reading.words[last + 1].entity == word.entity:
            last += 1
        while last > index and not reading.words[last].is_capital:
            last -= 1
        span = (word.start, reading.words[last].end)
        if any(a < span[1] and span[0] < b for a, b in spans):
            continue
        if _introduced(reading, index) or _joined_to_container(reading, last):
            found.append(Mention(*span, "introduced", 0.5))
    return found
