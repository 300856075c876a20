"""Places: where they are named, and which place of that name is meant.

A mention is found on one of three grounds: a name of the gazetteer that stands
as a place does (capital, preposition, spaCy's word for it; a hit alone is never
enough: `police`, `union` and `est` are towns), a venue, region or natural place
by its head noun ("pont Mathilde", "Jamarat Bridge", "Kano State"), or a name no
table knows that spaCy calls a place and the text introduces as one ("à X").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from extractors import gazetteers
from extractors.document import Passage
from extractors.locating import locate
from extractors.place_reading import (
    BEARING,
    CERTAIN,
    FAMOUS_TOWN,
    LARGE,
    LIKELY,
    LONGEST_ACRONYM,
    MAX_WORDS,
    OBSCURE,
    PLAIN,
    RENOWNED,
    Reading,
    Word,
    context_of,
    entity_end,
    is_acting,
    is_inner_gap,
    is_inside_longer_name,
    is_mixed_case,
    is_proper,
    is_something_else,
    is_whole_entity,
    label_of,
    longest_known,
    modifies_event,
    people_of,
    read,
    renown_of,
    same_entity,
)
from extractors.place_signs import reviewed
from extractors.records import Organisation, Place
from extractors.spans import Cover, Mention, longest

SURE = 0.7  # confidence from which a mention speaks for others of its name


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


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a place; offsets into the view."""
    people = frozenset(people_of(passages))
    readings = [(passage.start, read(passage, people)) for passage in passages]
    found: list[Mention] = []
    texts: list[str] = []
    doubts: list[Doubt] = []
    for start, reading in readings:
        sure, unsure = _names(reading)
        more, unknown = _with_venues(reading, sure)
        found += [m.shifted(start) for m in more]
        texts += [reading.text[m.start : m.end] for m in more]
        doubts += [d.shifted(start) for d in [*unsure, *unknown]]
    return reviewed(readings, longest([*found, *_cleared(doubts, list(zip(found, texts, strict=True)))]))


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
        last = longest_known(reading, index)
        if last is not None and not is_something_else(reading, index, last):
            start, end = reading.words[index].start, reading.words[last].end
            confidence = _confidence(reading, index, last, sure[-1] if sure else None)
            if confidence:
                sure.append(Mention(start, end, "gazetteer", confidence))
                index = last
            elif not is_inside_longer_name(reading, index, last) and reading.words[index].text not in reading.people:
                may_fit = _may_fit(reading, index, last, sure[-1] if sure else None)
                unsure.append(Doubt(Mention(start, end, "gazetteer", 0.55), reading.span(index, last), may_fit))
        elif last is not None and is_acting(reading, index, last):
            index = last  # "New Zealand refused" names no Zealand
        index += 1
    return sure, unsure


def _confidence(reading: Reading, first: int, last: int, previous: Mention | None) -> float:
    """Confidence that a known name is a place here, 0 where it is not."""
    words, name = reading.words[first : last + 1], reading.span(first, last)
    renown, label = renown_of(gazetteers.candidates(name), reading.cues.language.code), label_of(words)
    context = context_of(reading, first, last, previous)
    if label in ("PERSON", "ORG") and context == PLAIN and _stands_alone(reading, first, last, previous):
        return 0.6
    if label == "ORG" and context == LIKELY and renown == OBSCURE and reading.cues.moving.search(reading.before(first)):
        # to Luganville: no body, if the document has its country
        return 0.45 if _stands_alone(reading, first, last, previous) and not words[0].text.isupper() else 0.0
    if label == "PERSON" or (renown < RENOWNED and any(w.text in reading.people for w in words if w.is_capital)):
        least = LIKELY if renown == RENOWNED else PLAIN if renown == LARGE else CERTAIN
        is_place = context >= least and (is_whole_entity(words) or (context == CERTAIN and not is_inside_longer_name(reading, first, last)))
        return 0.6 if is_place else 0.0
    is_part = is_inside_longer_name(reading, first, last)
    is_loose = label != "PLACE" and not (renown > OBSCURE and modifies_event(reading, last))
    if is_part and is_loose and (renown < RENOWNED or reading.cues.needs_context):
        return 0.0
    if label == "PLACE":
        return _as_spacy_says(reading, words, renown, context, is_part)
    if label and not is_whole_entity(words) and context == BEARING and not modifies_event(reading, last):
        return 0.7 if renown == RENOWNED and label == "MISC" else 0.0
    return _by_context(reading, first, last, renown, context)


def _may_fit(reading: Reading, first: int, last: int, previous: Mention | None) -> bool:
    """Whether a doubted name stands as a place may, so that it is one if the document has its country."""
    words = reading.words[first : last + 1]
    context, label = context_of(reading, first, last, previous), label_of(words)
    if context >= PLAIN:
        return True
    if label and not is_whole_entity(words):
        return False
    renown = renown_of(gazetteers.candidates(reading.span(first, last)), reading.cues.language.code)
    # "the road to Auki"; "the Truro crematorium" where the model has a place, or a person of a large place's name
    return context == LIKELY or label == "PLACE" or (label == "PERSON" and renown > OBSCURE)


def _stands_alone(reading: Reading, first: int, last: int, previous: Mention | None) -> bool:
    """Whether what spaCy takes for a person or a body is one name after a preposition, or in a list that goes on or ends: "in Split, Trogir and Hvar"."""
    words = reading.words[first : last + 1]
    if not is_whole_entity(words) or any(w.text in reading.people for w in words) or is_inside_longer_name(reading, first, last):
        return False
    before = reading.before(first)
    if reading.cues.preposition.search(before) or reading.cues.local.search(before):
        return not reading.words[first].text.isupper() or len(words[0].text) > LONGEST_ACRONYM
    is_listed = previous is not None and reading.cues.listing.fullmatch(reading.text, previous.end, words[0].start) is not None
    return not is_listed or reading.cues.goes_on.match(reading.text, words[-1].end) is not None


def _as_spacy_says(reading: Reading, words: Sequence[Word], renown: int, context: int, is_part: bool) -> float:
    if renown > OBSCURE:
        return 0.9 if renown == RENOWNED else 0.85
    if is_part and not is_whole_entity(words):
        return 0.0
    if context == BEARING and (reading.cues.needs_context or not is_whole_entity(words)):
        return 0.0
    return 0.7 if context >= PLAIN else 0.45


def _by_context(reading: Reading, first: int, last: int, renown: int, context: int) -> float:
    """Confidence in a name that spaCy does not call a place."""
    if renown == RENOWNED:
        return 0.9 if context else 0.8
    name = reading.span(first, last)
    is_famous = any(c.languages and (c.is_capital or c.population >= FAMOUS_TOWN) for c in gazetteers.candidates(name))
    if renown == LARGE:
        return 0.7 if context or modifies_event(reading, last) else 0.6 if is_famous and not reading.opens_sentence(first) else 0.0
    is_distinctive = "-" in name or sum(w.is_capital for w in reading.words[first : last + 1]) > 1
    least = LIKELY if is_distinctive else PLAIN if reading.cues.needs_context else CERTAIN
    return 0.5 if context >= least and (context == CERTAIN or not reading.opens_sentence(first)) else 0.0


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
        if word.text not in reading.cues.particles or word.text in reading.cues.separating or not is_inner_gap(reading, i):
            return None
    return None


def _name_end(reading: Reading, index: int) -> int:
    last = index
    while last - index < MAX_WORDS and is_inner_gap(reading, last):
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
    if is_plain and renown_of(candidates, reading.cues.language.code) == RENOWNED:
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
        if not word.is_capital or (index and same_entity(reading, index - 1) and reading.words[index - 1].is_capital):
            continue
        is_said = any(reading.cues.kinds[kind].search(reading.before(index)) for kind in ("city", "district"))
        if not is_said and word.label not in ("ORG", "PERSON", "PLACE"):
            continue
        last = entity_end(reading, index)
        span, name = (word.start, reading.words[last].end), reading.span(index, last)
        is_free = not taken.touches(span) and not gazetteers.is_known(name) and name not in reading.cues.stop
        if not is_free or reading.cues.not_places.match(name) or is_mixed_case(name) or word.label == "PEOPLE":
            continue
        if is_said and word.label == "ORG":
            continue
        if is_said or _is_introduced(reading, index, last):
            found.append(Mention(*span, "introduced", 0.5))
        elif word.label != "ORG" and not is_inside_longer_name(reading, index, last):
            unsure.append(Doubt(Mention(*span, "introduced", 0.5), name, may_fit=False))
    return found, unsure


def _is_introduced(reading: Reading, first: int, last: int) -> bool:
    """Whether the words before a name of no table say that it is a place; more is asked of what spaCy takes for a body or a person."""
    words = reading.words[first : last + 1]
    if words[0].label == "PLACE":
        is_label = reading.opens_sentence(first) and reading.text[words[-1].end : words[-1].end + 2].strip() == ":"  # "Participation : 40 €"
        return not is_label and context_of(reading, first, last, None) >= PLAIN
    is_owner = reading.cues.possessive.match(reading.text, words[-1].end) is not None  # at Islam's holiest site
    is_plain = first == last and is_whole_entity(words) and words[0].text not in reading.people and not words[0].text.isupper() and not is_owner
    if not is_plain or is_inside_longer_name(reading, first, last) or reading.cues.surely.search(reading.before(first)) is None:
        return False
    return is_proper(reading, first, last) and not _qualifies(reading, last)


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
