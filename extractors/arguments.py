"""What the sentence of a trigger says: when, where, who, and how much speaks for a real occurrence."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from extractors import clauses, document, sentences, signs, syntax
from extractors.clauses import Clause
from extractors.document import Document, Passage
from extractors.languages import Language
from extractors.records import DateRange, Organisation, Place
from extractors.spans import Cover, Span
from extractors.syntax import Sentence, Word
from extractors.triggers import Trigger

_LIST_GAP = re.compile(r" ?(?:,|;|\||&|et|and|puis|then|ou|or)(?: (?:et|and|le|les|the|on))? ?$")
_PLACE_GAP = re.compile(r"[\s,(]*(?:(?:en|au|aux|à|in|du|de|des|et|and|the|of)\s+)?(?:la |le |les |l'|the )?$")
_QUOTATION_MARK = re.compile(r"[\"«»“”]")
_COLON = re.compile(r"\s?:\s")
_LEAD = re.compile(r"\W*$")
_ITEM = re.compile(r"[-•*–—·▪◦|]|\(?\w{1,2}[.)]\s")
_STOPS = frozenset('.!?;,:…»"')
_HEADING_CHARACTERS = 130  # a longer paragraph is prose
_LEAD_CHARACTERS = 4  # an article or a bullet may stand before the date that opens an agenda item
_ITEM_CHARACTERS = 250  # a longer list item is a paragraph like others
_SECTIONED = 3  # headings below the title from which on each opens an item of its own
_NEAR_KM = 60.0  # two places this near can be one event's: a venue and its city, a borough and its town
_AUTHOR_MENTIONS = 2  # below this nobody can tell whose post it is
_NOMINAL = ("NOUN", "PROPN")
_REACH = 80  # code points between a trigger and a place that no preposition ties to it
_TOPIC_WINDOW = 3  # tokens before a trigger in which a word makes it a mere topic
_CUE_WINDOW = 7  # tokens on either side of a trigger in which a cue speaks for it
_PARTICIPLE_REACH = 30  # code points after a participle in which a date is its own
_ATTRIBUTION_WINDOW = 25  # code points before a body's name in which "according to" makes it a mere source


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is known of a document when its events are told apart; offsets into the view."""

    document: Document
    text: str
    passages: tuple[Passage, ...]
    organisations: tuple[Organisation, ...]
    places: tuple[Place, ...]
    dates: tuple[DateRange, ...]
    published: date | None
    trigger_starts: tuple[int, ...] = ()
    types_folder: Path | None = None

    def with_triggers(self, found: Sequence[Trigger]) -> Scene:
        """The same scene that knows where its triggers start."""
        starts = tuple(t.start for t in found)
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
        single = sorted((Moment(m, d, d) for d in self.dates for m in d.mentions), key=lambda m: m.span)
        joined: list[Moment] = []
        for moment in single:
            if joined and joined[-1].goes_on_with(moment, self.text):
                joined[-1] = Moment((joined[-1].span[0], moment.span[1]), joined[-1].first, moment.last)
            else:
                joined.append(moment)
        return joined

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
    def author(self) -> Organisation | None:
        """The body that says *we*: the one named most often, and more than once."""
        most = max(self.organisations, key=lambda o: (len(o.mentions), -o.mentions[0][0]), default=None)
        return most if most is not None and len(most.mentions) >= _AUTHOR_MENTIONS else None

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

    def words_of(self, number: int) -> Sequence[Word]:
        """The words of a passage, taken out of spaCy's Doc once for all its triggers."""
        if number not in self._words:
            self._words[number] = syntax.words_of(self.passages[number])
        return self._words[number]

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
    def _words(self) -> dict[int, list[Word]]:
        return {}

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
        short = [self._is_short(number) for number in range(len(self.paragraphs))]
        return frozenset(n for n, is_short in enumerate(short) if is_short and (n == 0 or (n + 1 < len(short) and not short[n + 1])))

    @cached_property
    def sections(self) -> list[int]:
        """For each paragraph the number of its section; a text with few headings is one section."""
        below = [n for n in sorted(self.headings) if n > 1]
        if len(below) < _SECTIONED:
            return [0] * len(self.paragraphs)
        return [bisect_right(below, n) for n in range(len(self.paragraphs))]

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

    triggers: how many words of it may tell of an event.
    """

    span: Span
    sentence: Sentence
    language: Language
    moments: Sequence[Moment]
    places: Sequence[tuple[Span, Place]]
    organisations: tuple[Organisation, ...]
    triggers: int


@dataclass(frozen=True, eq=False, slots=True)
class Telling:
    """One trigger with what its sentence says around it; offsets into the view."""

    trigger: Trigger
    lemma: str
    sentence: Span
    paragraph: int
    clause: Clause
    moment: Moment | None
    places: tuple[Place, ...]
    is_located: bool
    is_dated: bool
    organisations: tuple[Organisation, ...]
    section: int
    is_topic: bool
    is_heading: bool
    is_brief: bool
    is_expected: bool
    is_definite: bool
    is_demonstrative: bool
    is_indefinite: bool
    is_counted: bool
    is_vague: bool
    takes_up: bool
    evidence: int
    signs: tuple[str, ...] = ()
    log_odds: float = 0.0

    @property
    def surplus(self) -> int:
        """Evidence beyond what the trigger's entry asks; below 0 the word alone makes no event."""
        return self.evidence - self.trigger.entry.need


def tell(trigger: Trigger, scene: Scene) -> Telling:
    """What the sentence of a trigger says of its event."""
    setting = scene.setting_of(trigger)
    sentence = setting.sentence
    word = sentence.passage[trigger.token]
    paragraph = scene.paragraph_of(trigger.start)
    determiners = [w for w in word.children if w.i < word.i]
    moment = _moment(trigger, setting, paragraph, scene)
    places, is_located = _places(trigger, setting, paragraph, scene)
    telling = Telling(
        trigger=trigger,
        lemma=word.lemma,
        sentence=setting.span,
        paragraph=paragraph,
        clause=clauses.read(word, sentence),
        moment=moment,
        is_dated=moment is not None and _is_tied(moment, word, trigger.passage, scene),
        places=places,
        is_located=is_located,
        section=scene.sections[paragraph],
        is_topic=_is_topic(word, sentence),
        organisations=setting.organisations,
        is_heading=scene.is_heading(paragraph),
        is_brief=scene.is_brief(paragraph),
        is_expected=moment is not None and moment.fineness > 1 and scene.published is not None and moment.start is not None and moment.start >= scene.published,
        is_definite=any("articles" in w.kinds for w in determiners),
        is_demonstrative=any("demonstratives" in w.kinds for w in determiners),
        is_indefinite=any("indefinites" in w.kinds for w in determiners),
        is_counted=_is_counted(word),
        is_vague="vague" in word.kinds,
        takes_up="takes_up" in word.kinds,
        evidence=0,
    )
    return _weighed(telling, word, setting, scene)


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


def _weighed(telling: Telling, word: Word, setting: Setting, scene: Scene) -> Telling:
    judged = replace(telling, evidence=sum(_evidence(telling, word, setting.sentence)))
    read = tuple(signs.read(judged, word, setting, scene))
    odds = signs.log_odds(read) if len(scene.paragraphs) > 1 else signs.log_odds_of_evidence(judged.surplus)
    return replace(judged, signs=read, log_odds=odds)


def _evidence(told: Telling, word: Word, sentence: Sentence) -> Iterator[int]:
    """Points for and against a real occurrence; chosen on documents of our own and the open gold."""
    clause, entry = told.clause, told.trigger.entry
    if told.moment is not None:
        yield 1 if told.moment.fineness == 1 else 2
    yield 1 if told.places or told.organisations else 0
    yield 1 if clause.tense in ("past", "future") else 0
    yield 1 if told.is_heading else 0
    yield 2 if clause.is_supported else 0
    yield 1 if clause.is_announced else 0
    yield 2 if clause.is_cancelled or clause.is_postponed else 0
    yield 2 if _has_cue(entry.cues, word, sentence) else 0
    yield 1 if told.is_demonstrative else 0
    yield -2 if clause.is_possible and not told.is_expected else 0  # *doit se rendre à Lyon vendredi* is announced
    yield -2 if clause.is_conditional else 0
    yield -3 if clause.is_negated else 0
    yield -3 if clause.is_habitual else 0
    yield -3 if told.is_topic else 0
    yield (-1 if _qualifies(told.moment, told.trigger) else -4) if clause.is_passing and not told.is_heading else 0
    if entry.word_class == "nouns" and not told.is_heading:
        is_bare = not any(w.pos in ("DET", "NUM") or w.dep == "poss" for w in word.children)
        yield -1 if is_bare and "Number=Plur" in word.morph else 0
        yield -1 if is_bare and word.dep in ("nmod", "compound", "pobj") else 0
    elif clause.is_infinitive and not (told.is_heading or told.is_expected or clause.is_announced):
        yield -3  # tells of an aim: "afin de réunir"


def _has_cue(cues: frozenset[str], word: Word, sentence: Sentence) -> bool:
    """Whether one of the cues stands close to a word in its sentence."""
    if sentence.forms.isdisjoint(cues):
        return False
    low, high = max(word.i - _CUE_WINDOW, sentence.words[0].i), min(word.i + _CUE_WINDOW, sentence.words[-1].i)
    return any(w.lemma in cues or w.lower in cues for w in sentence.passage[low : high + 1] if w is not word)


def _qualifies(moment: Moment | None, trigger: Trigger) -> bool:
    """Whether a date belongs to a participle: *une cellule ouverte depuis avril*, but not *le 10 mai … payé par*."""
    return moment is not None and 0 <= moment.span[0] - trigger.end <= _PARTICIPLE_REACH


def _moment(trigger: Trigger, setting: Setting, paragraph: int, scene: Scene) -> Moment | None:
    """The nearest date of the sentence, else the one that leads the paragraph."""
    least = 2 if scene.is_heading(paragraph) else 1  # the year in a heading is part of a name: *the 2025 season*
    here = [m for m in setting.moments if m.fineness >= least and not _is_of_another(m, trigger, setting, scene)]
    if here:
        closed = [m for m in here if not m.is_open] or here
        return min(closed, key=lambda m: (-m.fineness, _distance(m.span, trigger.span)))
    yearless = [m for m in setting.moments if m.first.edtf is not None]
    if yearless:
        return min(yearless, key=lambda m: _distance(m.span, trigger.span))
    start = scene.paragraphs[paragraph][0]
    leading = [m for m in within(scene.moments, scene.paragraphs[paragraph]) if _LEAD.match(scene.text, start, m.span[0])]
    return leading[0] if leading and leading[0].is_known and leading[0].span[1] < trigger.start else None


def _is_tied(moment: Moment, word: Word, number: int, scene: Scene) -> bool:
    """Whether the parse hangs a date on the trigger, or on the verb that makes the trigger happen."""
    root = scene.root_of(moment.span, number)
    if root is None:
        return False
    hung = (root, root.head, root.head.head)
    return word in hung or (word.head.pos == "VERB" and word.head in hung)


def _is_of_another(moment: Moment, trigger: Trigger, setting: Setting, scene: Scene) -> bool:
    """Whether a date belongs to another clause than the trigger.

    In a relative clause on a later event (*le débat … un forum qui se tiendra en mai*), or to a participle in passing (*l'agence, créée en 2019, a reçu un don*).
    """
    following = bisect_left(scene.trigger_starts, trigger.end)
    if following < len(scene.trigger_starts) and scene.trigger_starts[following] < moment.span[0]:
        between = clauses.relatives(setting.language).search(scene.text, trigger.end, moment.span[0])
        if between is not None and scene.trigger_starts[following] < between.start():
            return True
    root = scene.root_of(moment.span, trigger.passage)
    if root is None:
        return False
    carrier = root.head
    return clauses.is_passing(carrier) and setting.sentence.passage[trigger.token] not in (carrier, *carrier.children, carrier.head)


def within(moments: Sequence[Moment], span: Span) -> list[Moment]:
    """The moments, which are in reading order, that begin inside a span."""
    first = bisect_left(moments, span[0], key=lambda m: m.span[0])
    out = []
    for moment in moments[first:]:
        if moment.span[0] >= span[1]:
            break
        out.append(moment)
    return out


def _places(trigger: Trigger, setting: Setting, paragraph: int, scene: Scene) -> tuple[tuple[Place, ...], bool]:
    """The place nearest to the trigger with what directly contains it, and whether a preposition puts it there.

    In a heading all places count; a place that no preposition ties to the event must stand close to it.
    """
    here, locative = setting.places, setting.sentence.cues.words["locative"]
    if not here:
        return (), False
    if scene.is_brief(paragraph):
        return _once(p for _, p in here), True
    located = [i for i, (span, _) in enumerate(here) if _is_locative(scene.text, span, locative)]
    close = [i for i, (span, _) in enumerate(here) if _distance(span, trigger.span) <= _REACH]
    if not (located or close):
        return (), False
    nearest = min(located or close, key=lambda i: _distance(here[i][0], trigger.span))
    low = high = nearest
    while low and _PLACE_GAP.match(scene.text, here[low - 1][0][1], here[low][0][0]):
        low -= 1
    while high + 1 < len(here) and _PLACE_GAP.match(scene.text, here[high][0][1], here[high + 1][0][0]):
        high += 1
    return _once(p for _, p in here[low : high + 1]), bool(located)


def _places_within(scene: Scene, span: Span) -> list[tuple[Span, Place]]:
    rows = scene.place_mentions
    first = bisect_left(rows, span[0], key=lambda row: row[0][0])
    last = bisect_left(rows, span[1], key=lambda row: row[0][0])
    return rows[first:last]


def _is_locative(text: str, span: Span, locative: frozenset[str]) -> bool:
    before = text[max(span[0] - 12, 0) : span[0]].lower().replace("'", "' ").split()
    return any(word in locative for word in before[-2:])


def _is_topic(word: Word, sentence: Sentence) -> bool:
    """Whether the word only names what something is about: *prévention de la violence*, *risk of flooding*."""
    word = clauses.first_conjunct(word)  # *lutte contre le vol, le racket et le meurtre*
    before = sentence.passage[max(word.i - _TOPIC_WINDOW, sentence.words[0].i) : min(word.i, sentence.words[-1].i + 1)]
    return "topics" in word.head.kinds or any("topics" in w.kinds for w in before) or _is_about(word)


def _is_about(word: Word) -> bool:
    """Whether the word is what another noun is about: *a seminar on burglary*, *un guide sur les agressions*."""
    if word.head.pos == "ADP":
        return "about" in word.head.kinds and word.head.head.pos in _NOMINAL
    return word.head.pos in _NOMINAL and any(w.dep == "case" and "about" in w.kinds for w in word.children)


def _once(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple({p.id: p for p in places}.values())


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


def _is_counted(word: Word) -> bool:
    return "Number=Plur" in word.morph and any(w.pos == "NUM" or w.dep == "nummod" for w in word.children)


def _distance(a: Span, b: Span) -> int:
    return max(a[0] - b[1], b[0] - a[1], 0)


def are_near(a: Place, b: Place) -> bool:
    """Whether two places can be where one event took place: near each other, or one a country or region of the other."""
    if a.country is not None and a.country == b.country and {a.kind, b.kind} & {"country", "region"}:
        return True
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return a.country is not None and a.country == b.country
    return kilometres((a.lat, a.lon), (b.lat, b.lon)) <= _NEAR_KM


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (latitude, longitude) pairs in degrees; haversine, radius 6371 km."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(h)))


def _low(moment: Moment) -> date:
    return moment.start or date.min


def _high(moment: Moment) -> date:
    return moment.end or date.max


def organisations_of(tellings: Iterable[Telling]) -> list[Organisation]:
    """Every body that one of the tellings names, once, in order."""
    return list({o.id: o for t in tellings for o in t.organisations}.values())
