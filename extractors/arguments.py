"""What the sentence of a trigger says: when, where, who, and how much speaks for a real occurrence."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from extractors import clauses, signs
from extractors.clauses import Clause
from extractors.event_types import Entry
from extractors.records import Organisation, Place
from extractors.scene import Moment, Scene, Setting, within
from extractors.spans import Span
from extractors.syntax import Sentence, Word
from extractors.triggers import Trigger
from extractors.weighing import Signs

_LEAD = re.compile(r"\W*$")
_NEAR_KM = 60.0  # two places this near can be one event's: a venue and its city, a borough and its town
_NOMINAL = ("NOUN", "PROPN")
_REACH = 80  # code points between a trigger and a place that no preposition ties to it
_TOPIC_WINDOW = 3  # tokens before a trigger in which a word makes it a mere topic
_CUE_WINDOW = 7  # tokens on either side of a trigger in which a cue speaks for it
_CUE = 2  # points that a cue gives
_NONE: frozenset[str] = frozenset()
_PARTICIPLE_REACH = 30  # code points after a participle in which a date is its own


@dataclass(eq=False, slots=True)
class Telling:
    """A trigger word and one type, with what its sentence says around it; offsets into the view. Its evidence, signs and log-odds come last, from the rest."""

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
    is_bare: bool
    is_vague: bool
    takes_up: bool
    evidence: int = 0
    bundles: tuple[Signs, ...] = ()
    log_odds: float = 0.0

    @property
    def signs(self) -> tuple[str, ...]:
        """Every sign that it shows, once."""
        return tuple(chain.from_iterable(bundle.names for bundle in self.bundles))

    @property
    def surplus(self) -> int:
        """Evidence beyond what the trigger's entry asks; below 0 the word alone makes no event."""
        return self.evidence - self.trigger.entry.need


def tell(readings: Sequence[Trigger], scene: Scene) -> list[Telling]:
    """What the sentence of a word says of its event, once for each type that the word may tell of.

    Of a type's entries that have the word that one counts which asks least of this sentence.
    """
    setting = scene.setting_of(readings[0])
    word, sentence = setting.sentence.passage[readings[0].token], setting.sentence
    likeliest: dict[str, Trigger] = {}
    for trigger in readings:
        known = likeliest.setdefault(trigger.type, trigger)
        if known is not trigger and _asked(trigger.entry, word, sentence) < _asked(known.entry, word, sentence):
            likeliest[trigger.type] = trigger
    said = _said(readings[0], word, setting, scene)
    tellings = [said if trigger is said.trigger else replace(said, trigger=trigger) for trigger in likeliest.values()]
    for telling in tellings:
        telling.evidence = _evidence(telling, word, sentence)
        telling.bundles = tuple(signs.read(telling, word, setting, scene))
        telling.log_odds = signs.log_odds(telling.bundles) if len(scene.paragraphs) > 1 else signs.log_odds_of_evidence(telling.surplus)
    return tellings


def _asked(entry: Entry, word: Word, sentence: Sentence) -> int:
    """How much evidence an entry asks beyond what one of its cues gives."""
    return entry.need - (_CUE if _has_cue(entry.cues, word, sentence) else 0)


def _said(trigger: Trigger, word: Word, setting: Setting, scene: Scene) -> Telling:
    """A telling but for what the trigger's type and entry make of it."""
    sentence = setting.sentence
    paragraph = scene.paragraph_of(trigger.start)
    determiners = _NONE.union(*[w.kinds for w in word.children if w.i < word.i])
    moment = _moment(trigger, setting, paragraph, scene)
    places, is_located = _places(trigger, setting, paragraph, scene)
    return Telling(
        trigger=trigger,
        lemma=word.lemma,
        sentence=setting.span,
        paragraph=paragraph,
        clause=setting.clause_of(word),
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
        is_definite="articles" in determiners,
        is_demonstrative="demonstratives" in determiners,
        is_indefinite="indefinites" in determiners,
        is_counted=_is_counted(word),
        is_bare=not any(w.pos in ("DET", "NUM") or w.dep == "poss" for w in word.children),
        is_vague="vague" in word.kinds,
        takes_up="takes_up" in word.kinds,
    )


def _evidence(told: Telling, word: Word, sentence: Sentence) -> int:
    """Points for and against a real occurrence; chosen on documents of our own and the open gold."""
    clause, entry = told.clause, told.trigger.entry
    points = 0 if told.moment is None else 1 if told.moment.fineness == 1 else 2
    points += 1 if told.places or told.organisations else 0
    points += 1 if clause.tense in ("past", "future") else 0
    points += told.is_heading + clause.is_announced + told.is_demonstrative
    points += 2 if clause.is_supported else 0
    points += 2 if clause.is_cancelled or clause.is_postponed else 0
    points += _CUE if _has_cue(entry.cues, word, sentence) else 0
    points -= 2 if clause.is_possible and not told.is_expected else 0  # *doit se rendre à Lyon vendredi* is announced
    points -= 2 if clause.is_conditional else 0
    points -= 3 * (clause.is_negated + clause.is_habitual + told.is_topic)
    if clause.is_passing and not told.is_heading:
        points -= 1 if _qualifies(told.moment, told.trigger) else 4
    if entry.word_class == "nouns" and not told.is_heading:
        points -= 1 if told.is_bare and "Number=Plur" in word.morph else 0
        points -= 1 if told.is_bare and word.dep in ("nmod", "compound", "pobj") else 0
    elif clause.is_infinitive and not (told.is_heading or told.is_expected or clause.is_announced):
        points -= 3  # tells of an aim: "afin de réunir"
    return points


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
    while low and scene.is_chained(here[low - 1][0], here[low][0]):
        low -= 1
    while high + 1 < len(here) and scene.is_chained(here[high][0], here[high + 1][0]):
        high += 1
    return _once(p for _, p in here[low : high + 1]), bool(located)


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
