"""The scene of a document's events: what its text names, and how its paragraphs, headings and sentences lie; offsets into the view."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from extractors import clauses, document, sentences, syntax
from extractors.clauses import Clause
from extractors.document import Document, Passage
from extractors.languages import Language
from extractors.records import DateRange, Organisation, Place
from extractors.spans import Cover, Span
from extractors.syntax import Sentence, Word
from extractors.triggers import Trigger

_LIST_GAP = re.compile(r" ?(?:,|;|\||&|et|and|puis|then|ou|or)(?: (?:et|and|le|les|the|on))? ?$")
_QUOTATION_MARK = re.compile(r"[\"«»“”]")
_WORDS = re.compile(r"[^\W\d_]+")
_COLON = re.compile(r"\s?:\s")
_ITEM = re.compile(r"[-•*–—·▪◦|]|\(?\w{1,2}[.)]\s")
_GAP_WORD = re.compile(r"[^\s,()]+")
_STOPS = frozenset('.!?;,:…»"')
_YEAR_DIGITS = 4
_APART = tuple(":–—|-,;.(")  # what sets a year apart in a heading: *2021 : bilan*
_HEADING_CHARACTERS = 130  # a longer paragraph is prose
_LEAD_CHARACTERS = 4  # an article or a bullet may stand before the date that opens an agenda item
_ITEM_CHARACTERS = 250  # a longer list item is a paragraph like others
_SECTIONED = 3  # headings below the title from which on each opens an item of its own
_AUTHOR_MENTIONS = 2  # below this nobody can tell whose post it is
_MASTHEAD_CHARACTERS = 140  # longest line at the head that says what kind of paper this is
_HEAD_LINES, _FOOT_LINES = 3, 2  # paragraphs in which a body with a line of its own is whose text it is
_CHAIN = 30  # code points at most between two places of which one goes on with the other
_ACRONYM_GAP = 3  # code points between a name and its acronym in brackets
_ATTRIBUTION_WINDOW = 25  # code points before a body's name in which "according to" makes it a mere source


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is known of a document when its events are told apart; offsets into the view.

    told: days that the text tells by another day (*la veille*), which are no dates of the record.
    """

    document: Document
    text: str
    passages: tuple[Passage, ...]
    organisations: tuple[Organisation, ...]
    places: tuple[Place, ...]
    dates: tuple[DateRange, ...]
    published: date | None
    told: tuple[DateRange, ...] = ()
    trigger_starts: tuple[int, ...] = ()
    types_folder: Path | None = None

    def with_triggers(self, found: Sequence[Trigger]) -> Scene:
        """The same scene that knows where its trigger words start, in order, each once."""
        starts = tuple(dict.fromkeys(t.start for t in found))
        return self if starts == self.trigger_starts else replace(self, trigger_starts=starts)

    @cached_property
    def named(self) -> Cover:
        """Spans of all organisations and places: a word inside a name tells of nothing."""
        return Cover([m for o in self.organisations for m in o.mentions] + [m for p in self.places for m in p.mentions])

    @cached_property
    def dated(self) -> Cover:
        """Spans of all dates: *March* in one is no march."""
        return Cover(m for e in self.dates for m in e.mentions)

    @cached_property
    def moments(self) -> list[Moment]:
        """Dates in reading order, those of one list joined: *les 16 et 17 juin* is one moment."""
        single = sorted((Moment(m, d, d) for d in (*self.dates, *self.told) for m in d.mentions), key=lambda m: m.span)
        joined: list[Moment] = []
        for moment in single:
            if joined and joined[-1].goes_on_with(moment, self.text):
                joined[-1] = Moment((joined[-1].span[0], moment.span[1]), joined[-1].first, moment.last)
            else:
                joined.append(moment)
        return joined

    @cached_property
    def dated_mentions(self) -> list[tuple[Span, Moment]]:
        """Every moment of which a day is known, in reading order, but for the year in the name that a heading gives: *2019 floods*."""
        return [(m.span, m) for m in self.moments if m.is_known and not self._is_in_name(m)]

    def _is_in_name(self, moment: Moment) -> bool:
        """Whether a bare year stands among other words of a heading, with no mark between that sets it apart."""
        if moment.fineness != 1 or moment.span[1] - moment.span[0] != _YEAR_DIGITS:
            return False
        number = self.paragraph_of(moment.span[0])
        if not self.is_heading(number):
            return False
        start, end = self.paragraphs[number]
        before, after = self.text[start : moment.span[0]].rstrip(), self.text[moment.span[1] : end].lstrip()
        return before[-1:] not in _APART if before else bool(after) and after[:1] not in _APART

    @cached_property
    def place_mentions(self) -> list[tuple[Span, Place]]:
        """Every mention of a place, in reading order."""
        return sorted(((m, p) for p in self.places for m in p.mentions), key=lambda row: row[0])

    @cached_property
    def organisation_mentions(self) -> list[tuple[Span, Organisation]]:
        """Every mention of an organisation, its short forms (*l'Observatoire*, *the Alliance*) included, in reading order."""
        full = [(m, o) for o in self.organisations for m in o.mentions]
        return sorted([*full, *self._short_forms()], key=lambda row: row[0])

    @cached_property
    def acting_mentions(self) -> list[tuple[Span, Organisation]]:
        """The mentions of organisations but for those that are only the source of their sentence (*according to*) or a credit in brackets."""
        rows = self.organisation_mentions
        languages = {p.language.code: p.language for p in self.passages}.values()
        sources = [_attributions(language) for language in languages]
        acting = []
        for index, (span, body) in enumerate(rows):
            before = self.text[max(span[0] - _ATTRIBUTION_WINDOW, 0) : span[0]].lower()
            is_credit = before.endswith("(") and not (index and span[0] - rows[index - 1][0][1] <= _ACRONYM_GAP)
            if not (is_credit or any(source.search(before) for source in sources)):
                acting.append((span, body))
        return acting

    @cached_property
    def full_names(self) -> frozenset[Span]:
        """Spans of all mentions of organisations but for their short forms."""
        return frozenset(m for o in self.organisations for m in o.mentions)

    def listed(self, name: str, make: Callable[[Scene], Any]) -> Any:
        """What is made of the scene once for all its events."""
        if name not in self._listed:
            self._listed[name] = make(self)
        return self._listed[name]

    @cached_property
    def _listed(self) -> dict[str, Any]:
        return {}

    @cached_property
    def place_starts(self) -> list[int]:
        """Where each mention of a place starts, in reading order."""
        return [span[0] for span, _ in self.place_mentions]

    @cached_property
    def passage_starts(self) -> list[int]:
        """Where each passage starts."""
        return [p.start for p in self.passages]

    @cached_property
    def author(self) -> Organisation | None:
        """The body that says *we*: that of the masthead, else the one named most often, and more than once; else the first at the head."""
        if self.masthead is not None:
            return self.masthead
        most = max(self.organisations, key=lambda o: (len(o.mentions), -o.mentions[0][0]), default=None)
        if most is not None and len(most.mentions) >= _AUTHOR_MENTIONS:
            return most
        first = min(self.organisations, key=lambda o: o.mentions[0], default=None) if self.says_we else None
        return first if first is not None and self.paragraph_of(first.mentions[0][0]) < _HEAD_LINES else None

    @cached_property
    def masthead(self) -> Organisation | None:
        """The body of a line at the head that says what kind of paper this is: *Newsletter of the Network*, *Procès-verbal du conseil*."""
        for start, end in self.paragraphs[:_HEAD_LINES]:
            if end - start > _MASTHEAD_CHARACTERS or self._papers.isdisjoint(_WORDS.findall(self.text[start:end].lower())):
                continue
            first = bisect_left(self.organisation_mentions, start, key=lambda row: row[0][0])
            for span, body in self.organisation_mentions[first : first + 1]:
                if span[1] <= end:
                    return body
        return None

    @cached_property
    def _papers(self) -> frozenset[str]:
        """Words for what a body puts out: newsletter, minutes, annual report."""
        return frozenset(word for p in self.passages for word in p.language.section("arguments")["papers"])

    def _short_forms(self) -> Iterator[tuple[Span, Organisation]]:
        """Definite head nouns with a capital that take up the last body named by that head."""
        heads: dict[str, list[tuple[int, Organisation]]] = {}
        for body in self.organisations:
            words = body.name.split()
            if len(words) > 1:
                for word in {words[0], words[-1]}:
                    if word[:1].isalpha() and len(word) > 3:
                        heads.setdefault(word[:1].upper() + word[1:], []).append((body.mentions[0][0], body))
        if not heads:
            return
        known = Cover(m for o in self.organisations for m in o.mentions)
        determiners = "|".join(dict.fromkeys(re.escape(a) for p in self.passages for a in p.language.section("events")["articles"]))
        for found in re.finditer(rf"\b(?i:{determiners})\s?({'|'.join(map(re.escape, heads))})\b(?!\s[A-Z])", self.text):
            earlier = [body for start, body in heads[found.group(1)] if start < found.start()]
            if earlier and not known.touches(found.span(1)):
                yield found.span(1), earlier[-1]

    @cached_property
    def paragraphs(self) -> list[Span]:
        """Spans of the paragraphs of the view."""
        return document.paragraphs(self.text)

    @cached_property
    def lead_places(self) -> tuple[Place, ...]:
        """The place that opens the title, as in *Mali : …*: where everything happens that names no other."""
        if not self.paragraphs:
            return ()
        start, end = self.paragraphs[0]
        return tuple(p for span, p in self.place_mentions if span[0] == start and _COLON.match(self.text, span[1], end))

    @cached_property
    def sentence_spans(self) -> list[Span]:
        """Spans of the sentences of the view."""
        return [(p.start + a, p.start + b) for p in self.passages for a, b in sentences.split(p.text, p.language)]

    def sentence_of(self, offset: int) -> int:
        """Index of the sentence that holds an offset."""
        return sentences.holding(self.sentence_spans, offset)

    @cached_property
    def section_headings(self) -> list[int]:
        """Numbers of the paragraphs below the title that are headings, in order."""
        return [n for n in sorted(self.headings) if n > 0]

    def is_line(self, number: int) -> bool:
        """Whether a paragraph is short and ends without a stop."""
        return self._short[number]

    @cached_property
    def main_place(self) -> Place | None:
        """The place named most often, the first of equals."""
        return max(self.places, key=lambda p: (len(p.mentions), -p.mentions[0][0]), default=None)

    @cached_property
    def main_organisations(self) -> list[Organisation]:
        """Bodies that act somewhere in the text, those named most often first."""
        acting = {body.id for _, body in self.acting_mentions}
        return sorted((o for o in self.organisations if o.id in acting), key=lambda o: (-len(o.mentions), o.mentions[0][0]))

    @cached_property
    def says_we(self) -> bool:
        """Whether the text speaks of its writers as *we*."""
        return any("first_person" in w.kinds and not self.is_quoted(p.start + w.start) for n, p in enumerate(self.passages) for w in self.words_of(n))

    def is_quoted(self, offset: int) -> bool:
        """Whether an offset stands between quotation marks that open in its paragraph."""
        marks, start = self.quotation_marks, self.paragraphs[self.paragraph_of(offset)][0]
        return (bisect_left(marks, offset) - bisect_left(marks, start)) % 2 == 1

    @cached_property
    def letterhead(self) -> Organisation | None:
        """The body that has a line of its own among the first ones or the last ones of a text."""
        lines = [*self.paragraphs[:_HEAD_LINES], *self.paragraphs[-_FOOT_LINES:]]
        for start, end in lines:
            first = bisect_left(self.organisation_mentions, start, key=lambda row: row[0][0])
            for span, body in self.organisation_mentions[first : first + 2]:
                if span[1] <= end and (span[1] - span[0]) * 2 >= end - start:
                    return body
        return None

    def is_chained(self, a: Span, b: Span) -> bool:
        """Whether a place goes on with the next: *Goma, in eastern Congo*."""
        if b[0] - a[1] > _CHAIN:
            return False
        gap = self.text[a[1] : b[0]].lower().replace("'", "' ")
        return all(word in self._joints for word in _GAP_WORD.findall(gap))

    @cached_property
    def _joints(self) -> frozenset[str]:
        """Words that may stand between a place and one that goes on with it."""
        return frozenset(word for p in self.passages for word in p.language.section("arguments")["joints"])

    @cached_property
    def document_id(self) -> str:
        """Id of the document, which is a digest of its whole text."""
        return self.document.id

    @cached_property
    def title(self) -> str:
        """The first paragraph, in small letters."""
        return self.text[: self.paragraphs[0][1]].lower()

    @cached_property
    def quotation_marks(self) -> list[int]:
        """Offsets of all double quotation marks."""
        return [found.start() for found in _QUOTATION_MARK.finditer(self.text)]

    def moments_within(self, span: Span) -> list[Moment]:
        """The moments that begin inside a span."""
        return within(self.moments, span)

    def words_of(self, number: int) -> Sequence[Word]:
        """The words of a passage."""
        return syntax.words_of(self.passages[number])

    def setting_of(self, trigger: Trigger) -> Setting:
        """The sentence of a trigger with what it names, read once for all its triggers."""
        key = trigger.passage, trigger.sentence
        if key not in self._settings:
            self._settings[key] = _setting(trigger, self)
        return self._settings[key]

    def root_of(self, span: Span, number: int) -> Word | None:
        """The word of a span on which the others depend; the span, of the view, begins in the passage of that number."""
        key = number, span
        if key not in self._roots:
            passage = self.passages[number]
            assert passage.doc is not None
            named = passage.doc.char_span(span[0] - passage.start, min(span[1], passage.end) - passage.start, alignment_mode="expand")
            self._roots[key] = None if named is None else self.words_of(number)[named.root.i]
        return self._roots[key]

    @cached_property
    def _settings(self) -> dict[tuple[int, Span], Setting]:
        return {}

    @cached_property
    def _roots(self) -> dict[tuple[int, Span], Word | None]:
        return {}

    def paragraph_of(self, offset: int) -> int:
        """Index of the paragraph that holds an offset."""
        return sentences.holding(self.paragraphs, offset)

    def is_heading(self, number: int) -> bool:
        """Whether a paragraph is short, ends without a stop and has prose below it (or leads the text)."""
        return number in self.headings

    def is_brief(self, number: int) -> bool:
        """Whether a paragraph is a heading or an item of an agenda, where every place belongs to the event."""
        start, end = self.paragraphs[number]
        opens = _ITEM.match(self.text, start, end) is not None or any(m.span[0] - start <= _LEAD_CHARACTERS for m in within(self.moments, (start, end))[:1])
        return self.is_heading(number) or (end - start <= _ITEM_CHARACTERS and opens)

    @cached_property
    def headings(self) -> frozenset[int]:
        """Indices of the paragraphs that are headings."""
        short = self._short
        return frozenset(n for n, is_short in enumerate(short) if is_short and (n == 0 or (n + 1 < len(short) and not short[n + 1])))

    @cached_property
    def sections(self) -> list[int]:
        """For each paragraph the number of its section; a text with few headings is one section."""
        below = [n for n in sorted(self.headings) if n > 1]
        if len(below) < _SECTIONED:
            return [0] * len(self.paragraphs)
        return [bisect_right(below, n) for n in range(len(self.paragraphs))]

    @cached_property
    def _short(self) -> list[bool]:
        return [self._is_short(number) for number in range(len(self.paragraphs))]

    def _is_short(self, number: int) -> bool:
        start, end = self.paragraphs[number]
        return end - start <= _HEADING_CHARACTERS and self.text[end - 1] not in _STOPS and _ITEM.match(self.text, start, end) is None


@dataclass(frozen=True, slots=True)
class Moment:
    """When, as one date or a list of them says it."""

    span: Span
    first: DateRange
    last: DateRange

    @property
    def start(self) -> date | None:
        """First day, inclusive."""
        return self.first.start

    @property
    def end(self) -> date | None:
        """Last day, inclusive."""
        return self.last.end

    @property
    def is_open(self) -> bool:
        """Whether it goes on (*depuis 2017*) or has no known start (*until June*)."""
        return (self.start is None) != (self.end is None)

    @property
    def is_known(self) -> bool:
        """Whether any day of it is known."""
        return self.start is not None or self.end is not None

    @property
    def fineness(self) -> int:
        """The finer, the more: 3 for a day, 2 for a month or a range, 1 for a year, 0 for nothing known."""
        if not self.is_known:
            return 0
        return {"day": 3, "year": 1}.get(self.first.precision, 2)

    def goes_on_with(self, following: Moment, text: str) -> bool:
        """Whether the next date only continues a list that this one begins."""
        if self.is_open or following.is_open or self.first.precision != following.last.precision or not following.is_known:
            return False
        if None in (self.start, following.start) or not self.start < following.start:  # type: ignore[operator]
            return False
        return following.span[0] - self.span[1] <= 12 and _LIST_GAP.match(text, self.span[1], following.span[0]) is not None

    def agrees_with(self, other: Moment | None) -> bool:
        """Whether two moments can be of one event: one holds the other, or one is not known."""
        if other is None or self.is_known != other.is_known:
            return True
        if not self.is_known:
            return self.first.edtf == other.first.edtf
        low, high = max(_low(self), _low(other)), min(_high(self), _high(other))
        if low > high:
            return False
        return (_low(self), _high(self)) == (low, high) or (_low(other), _high(other)) == (low, high)


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """The sentence of a trigger, and what it says to each of its triggers alike; offsets into the view.

    triggers: how many words of it may tell of an event. clauses: those read, by the number of their word.
    """

    span: Span
    sentence: Sentence
    language: Language
    moments: Sequence[Moment]
    places: Sequence[tuple[Span, Place]]
    organisations: tuple[Organisation, ...]
    triggers: int
    clauses: dict[int, Clause] = field(default_factory=dict)

    def clause_of(self, word: Word) -> Clause:
        """The clause of one of its words, read once for all types that the word may tell of."""
        if word.i not in self.clauses:
            self.clauses[word.i] = clauses.read(word, self.sentence)
        return self.clauses[word.i]


def _setting(trigger: Trigger, scene: Scene) -> Setting:
    passage, words = scene.passages[trigger.passage], scene.words_of(trigger.passage)
    sentence = Sentence(words[trigger.sentence[0] : trigger.sentence[1]], words, syntax.cues(passage.language))
    span = passage.start + sentence.words[0].start, passage.start + sentence.words[-1].end
    return Setting(
        span=span,
        sentence=sentence,
        language=passage.language,
        moments=within(scene.moments, span),
        places=_places_within(scene, span),
        organisations=_organisations(span, scene, passage.language),
        triggers=bisect_left(scene.trigger_starts, span[1]) - bisect_left(scene.trigger_starts, span[0]),
    )


def _places_within(scene: Scene, span: Span) -> list[tuple[Span, Place]]:
    rows = scene.place_mentions
    first = bisect_left(rows, span[0], key=lambda row: row[0][0])
    last = bisect_left(rows, span[1], key=lambda row: row[0][0])
    return rows[first:last]


def _organisations(sentence: Span, scene: Scene, language: Language) -> tuple[Organisation, ...]:
    """Bodies that the sentence names, but for those that are only its source; *we* is whoever wrote the text."""
    rows = scene.organisation_mentions
    first = bisect_left(rows, sentence[0], key=lambda row: row[0][0])
    out: dict[str, Organisation] = {}
    previous_end = -1
    for span, body in rows[first:]:
        if span[0] >= sentence[1]:
            break
        before = scene.text[max(span[0] - _ATTRIBUTION_WINDOW, sentence[0]) : span[0]].lower()
        is_source = _attributions(language).search(before) is not None
        is_credit = before.endswith("(") and span[0] - previous_end > 3
        if not (is_source or is_credit):
            out[body.id] = body
        previous_end = span[1]
    if scene.author is not None:
        words = re.findall(r"\w+", scene.text[sentence[0] : sentence[1]].lower())
        if not syntax.cues(language).words["first_person"].isdisjoint(words):
            out.setdefault(scene.author.id, scene.author)
    return tuple(out.values())


@lru_cache
def _attributions(language: Language) -> re.Pattern[str]:
    """What stands before a body that is only the source of a sentence: *according to*."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, language.section('events')['attribution']))})\W")


def within(moments: Sequence[Moment], span: Span) -> list[Moment]:
    """The moments, which are in reading order, that begin inside a span."""
    first = bisect_left(moments, span[0], key=lambda m: m.span[0])
    out = []
    for moment in moments[first:]:
        if moment.span[0] >= span[1]:
            break
        out.append(moment)
    return out


def _low(moment: Moment) -> date:
    return moment.start or date.min


def _high(moment: Moment) -> date:
    return moment.end or date.max
