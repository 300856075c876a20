"""The signs that tie a date, a place or a body to a telling of an event: where it stands, how the sentence's grammar hangs it there, what it is.

Each sign is a few words, the same in every language; `attachment` weighs them. They come in bundles:
those that hold together, put into words once for all mentions and tellings that lie alike.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

from extractors import clauses
from extractors.arguments import Telling
from extractors.languages import Language
from extractors.records import Organisation, Place
from extractors.scene import Moment, Scene
from extractors.spans import Span
from extractors.syntax import VERBAL, Word

T = TypeVar("T")  # Python 3.11 has no PEP 695
Signs = tuple[str, ...]  # a bundle

_GAPS = tuple((n, f"at least {n} characters away") for n in (3, 12, 30, 60, 100, 160, 240))
_MARKS = (
    (",", "comma"),
    (";", "semicolon"),
    (":", "colon"),
    ("(", "bracket opens"),
    (")", "bracket closes"),
    ('"', "quotation mark"),
    ("«", "quotation mark"),
    ("“", "quotation mark"),
    (" – ", "dash"),
    (" — ", "dash"),
    (" - ", "dash"),
    (". ", "stop"),
)
_FUNCTIONS = {
    "nsubj": "subject",
    "nsubj:pass": "passive subject",
    "nsubjpass": "passive subject",
    "csubj": "subject",
    "obj": "object",
    "dobj": "object",
    "dative": "indirect object",
    "iobj": "indirect object",
    "obl:agent": "agent",
    "obl:mod": "oblique",
    "obl:arg": "oblique",
    "obl": "oblique",
    "pobj": "oblique",
    "npadvmod": "adverbial",
    "nmod": "modifier",
    "compound": "compound",
    "poss": "possessive",
    "amod": "compound",
    "flat:name": "compound",
    "appos": "apposition",
    "ROOT": "root",
    "conj": "conjunct",
    "attr": "object",
    "xcomp": "object",
    "advmod": "adverbial",
    "dep": "loose",
    "parataxis": "loose",
}
_CLIMB = 12  # heads to climb from a word
_FAR = 4  # steps of the tree from which on it does not matter how many
_LEADS = 4  # code points before a mention that opens its paragraph: a bullet, an article
_DETERMINERS = 3  # words between a preposition and its name
_DATELINE_PARAGRAPHS = 3  # number of the last paragraph that may hold the dateline
_LONG_DAYS = 400  # between an event and the day of publication: history
_KEPT = 20_000  # bundles of a sort that are kept
_HERE = "same sentence"
_NAMED = ("", "named once", "named twice", "named often")
_WAYS = ("in a list", "under a verb of its own", "trigger under a verb of its own", "speaks", "under a participle in passing")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the [arguments] section of a language says of words."""

    prepositions: dict[str, str]
    determiners: frozenset[str]
    speech: frozenset[str]
    we: frozenset[str]


@lru_cache
def lexicon(language: Language) -> Lexicon:
    """The words of a language that tell how a name hangs in a sentence."""
    section, cues = language.section("arguments"), language.section("events")
    prepositions = {word: kind for kind, words in section["prepositions"].items() for word in words}
    determiners = {w for name in ("articles", "indefinites", "demonstratives") for w in cues[name]} - prepositions.keys()
    return Lexicon(prepositions, frozenset(determiners | set(section["determiners"])), frozenset(section["speech"]), frozenset(cues["first_person"]))


class Named(Generic[T]):
    """One mention of a thing, and what of it is the same for every telling; offsets into the view.

    key: the same for all mentions of the thing.
    """

    def __init__(self, thing: T, key: Hashable, span: Span, scene: Scene) -> None:
        self.thing, self.key, self.span, self.scene = thing, key, span, scene
        self.paragraph = scene.paragraph_of(span[0])
        start, end = scene.paragraphs[self.paragraph]
        self.opens = span[0] - start <= _LEADS
        self.fills = (span[1] - span[0]) * 2 >= end - start
        self.is_quoted = scene.is_quoted(span[0])

    @cached_property
    def sentence(self) -> int:
        return self.scene.sentence_of(self.span[0])

    @cached_property
    def passage(self) -> int:
        """Number of the passage that it stands in."""
        return bisect_right(self.scene.passage_starts, self.span[0]) - 1

    @cached_property
    def preposition(self) -> str:
        return preposition_before(self.span[0], self.passage, self.scene)

    def preposition_in(self, view: Vantage) -> str:
        """The kind of preposition before it, where it stands in the same passage as a telling."""
        return self.preposition if self.passage == view.number else "in another passage"

    @cached_property
    def hanging(self) -> Hanging | None:
        return _hanging(self.span, self.passage, self.scene)


@dataclass(eq=False, slots=True)
class Hanging:
    """How the grammar of its sentence hangs a name: chain is its word, or the one that opens its list, and those that it hangs on."""

    function: str
    preposition: str
    chain: Sequence[Word]
    is_listed: bool


class Vantage:
    """A telling as its possible arguments see it.

    starts: of the triggers of all events, in order; own: of those of its event. is_first: of the tellings of its event.
    """

    def __init__(self, told: Telling, scene: Scene, starts: Sequence[int], own: Sequence[int], *, is_first: bool) -> None:
        self.told, self.scene, self.starts, self.own, self.is_first = told, scene, starts, own, is_first
        self.trigger = told.trigger.span
        self.number = told.trigger.passage
        self.is_noun = told.trigger.entry.word_class == "nouns"
        told_in = "heading" if told.is_heading else "item" if told.is_brief else None
        article = "definite" if told.is_definite or told.is_demonstrative else "indefinite" if told.is_indefinite else None
        self.manner = told_in, is_first, told.clause.tense, article, told.trigger.entry.word_class
        self.has_rivals = len(starts) > len(own)

    def rivals(self, low: int, high: int) -> int:
        """How many triggers of other events start between two offsets."""
        return bisect_left(self.starts, high) - bisect_left(self.starts, low) - bisect_left(self.own, high) + bisect_left(self.own, low)

    @cached_property
    def words(self) -> Sequence[Word]:
        return self.scene.words_of(self.number)

    @property
    def language(self) -> Language:
        return self.scene.passages[self.number].language

    @cached_property
    def word(self) -> Word:
        return self.words[self.told.trigger.token]

    @cached_property
    def above(self) -> list[Word]:
        """The trigger word and those it hangs on, prepositions left out."""
        return above(self.word)

    @cached_property
    def steps(self) -> dict[int, int]:
        """How many steps above the trigger each of these is, by id."""
        return {id(w): steps for steps, w in enumerate(self.above)}

    @cached_property
    def sentence(self) -> int:
        return self.scene.sentence_of(self.trigger[0])

    @cached_property
    def nobody_acts(self) -> bool:
        """Whether neither the trigger nor the verb that carries it has an agent, or a named or common subject, of its own."""
        below = [w for v in self.above[:2] for w in v.children]
        return not any((w.dep.startswith("nsubj") and w.pos != "PRON") or w.dep in ("obl:agent", "agent") for w in below)

    @cached_property
    def says_we(self) -> bool:
        offset = self.scene.passages[self.number].start
        low, high = (bisect_left(self.words, edge - offset, key=lambda w: w.start) for edge in self.told.sentence)
        known = lexicon(self.language).we
        return any(w.lower in known and not self.scene.is_quoted(offset + w.start) for w in self.words[low:high])

    @cached_property
    def rivals_here(self) -> int:
        """How many triggers of other events its sentence holds."""
        return self.rivals(*self.told.sentence) if self.has_rivals else 0

    @cached_property
    def heading(self) -> int:
        """Number of the paragraph that is the nearest heading at or above the trigger; -1 where there is none below the title."""
        below = self.scene.section_headings
        index = bisect_right(below, self.told.paragraph) - 1
        return below[index] if index >= 0 else -1


def above(word: Word) -> list[Word]:
    """A word and those it hangs on, nearest first, prepositions left out."""
    chain = [word]
    for _ in range(_CLIMB):
        if word.head is word:
            break
        word = word.head
        if word.pos != "ADP" or word.head is word:
            chain.append(word)
    return chain


def common(named: Named[T], relation: str, view: Vantage, starts: Sequence[int], *, has_own: bool) -> list[Signs]:
    """Signs of any mention. starts: of all mentions of its kind; has_own: whether a sentence of the event names one of its kind."""
    span, trigger = named.span, view.trigger
    is_before = span < trigger
    low, high = (span[1], trigger[0]) if is_before else (trigger[1], span[0])
    is_here = relation == _HERE
    others = bisect_left(starts, high) - bisect_left(starts, low)
    rivals = view.rivals(low, high) if view.has_rivals else 0
    crowd = _crowd(is_here, min(max(rivals, 0), 2), others if 0 <= others < 2 else 2, named.is_quoted)
    if not is_here:
        return [_standing(relation, has_own, *view.manner), crowd, _lying(relation, named.opens, named.fills)]
    sentence = view.told.sentence
    alike = min(bisect_left(starts, sentence[1]) - bisect_left(starts, sentence[0]), 3)
    side = "before" if span[0] < trigger[0] else "after"
    text = view.scene.text[low:high]
    has_relative = clauses.relatives(view.language).search(text) is not None
    is_nearer = view.has_rivals and view.rivals(span[0] - (high - low), span[1] + high - low) > 0
    return [
        _standing(relation, has_own, *view.manner),
        crowd,
        _company(alike, view.rivals_here > 0, side),
        _position(side, view.manner[-1], sum([high - low >= n for n, _ in _GAPS]), has_relative, is_nearer),
        _marks(tuple([mark in text for mark, _ in _MARKS])),
        *_grammar(named, view),
    ]


def relation_of(named: Named[T], view: Vantage) -> str:
    """Where a mention stands as a telling sees it: in its sentence, around it in its paragraph, above, in the title."""
    told, scene, number = view.told, view.scene, named.paragraph
    if told.sentence[0] <= named.span[0] < told.sentence[1]:
        return _HERE
    if number == told.paragraph:
        steps = named.sentence - view.sentence
        return "sentence before" if steps == -1 else "earlier in paragraph" if steps < 0 else "sentence after" if steps == 1 else "later in paragraph"
    if number == told.paragraph - 1:
        return "heading just above" if scene.is_heading(number) else "line above" if scene.is_line(number) else "paragraph before"
    if number == view.heading:
        return "section heading"
    if number == 0:
        return "title"
    if number == told.paragraph + 1:
        return "below heading" if told.is_heading else "line below" if scene.is_line(told.paragraph) else "paragraph after"
    return "opening" if number <= 2 else "elsewhere"


def _bundle(signs: Callable[..., Iterator[str]]) -> Callable[..., Signs]:
    """A function that puts signs into words once for each set of what it is given."""
    return lru_cache(maxsize=_KEPT)(lambda *given: tuple(signs(*given)))


@_bundle
def _standing(relation: str, has_own: bool, told_in: str | None, is_first: bool, tense: str | None, article: str | None, word_class: str) -> Iterator[str]:
    yield relation
    yield f"{relation}, {'one' if has_own else 'none'} in sentence"
    if told_in is not None:
        yield f"{relation}, told in {told_in}"
    yield f"{relation}, first telling" if is_first else f"{relation}, later telling"
    if relation == _HERE:
        return
    if tense is not None:
        yield f"{relation}, tense {tense}"
    if article is not None:
        yield f"{relation}, {article}"
    yield f"{relation}, {word_class}"


@_bundle
def _crowd(is_here: bool, rivals: int, others: int, is_quoted: bool) -> Iterator[str]:
    """What stands between a mention and the trigger: other events, other mentions of its kind."""
    where = "same" if is_here else "other"
    if rivals:
        yield f"{where} sentence: another event between"
    if rivals > 1:
        yield f"{where} sentence: events between"
    yield f"{where} sentence: {('nearest on its side', 'another between', 'others between')[others]}"
    if is_quoted:
        yield "quoted"


@_bundle
def _company(alike: int, has_rivals: bool, side: str) -> Iterator[str]:
    yield "alone of its kind" if alike == 1 else "one of two" if alike == 2 else "one of many"
    yield f"{'alone' if alike == 1 else 'one'} of its kind, {'another' if has_rivals else 'no'} event here"
    if alike == 1 and not has_rivals:
        yield f"only pair, {side}"


@_bundle
def _position(side: str, word_class: str, gaps: int, has_relative: bool, is_nearer: bool) -> Iterator[str]:
    yield f"{side} {word_class}"
    yield from [f"{side}, {name}" for _, name in _GAPS[:gaps]]
    if has_relative:
        yield f"relative clause between, {side}"
    if is_nearer:
        yield f"another event nearer, {side}"


@_bundle
def _marks(found: tuple[bool, ...]) -> Iterator[str]:
    yield from dict.fromkeys(f"{name} between" for (_, name), is_found in zip(_MARKS, found, strict=True) if is_found)


@_bundle
def _lying(relation: str, opens: bool, fills: bool) -> Iterator[str]:
    if opens:
        yield f"{relation}, opens paragraph"
    if fills:
        yield f"{relation}, most of paragraph"


def _grammar(named: Named[T], view: Vantage) -> Iterator[Signs]:
    hanging = named.hanging
    if hanging is None:
        return
    chain, function = hanging.chain, hanging.function
    steps = view.steps
    up = next((number for number, w in enumerate(chain) if id(w) in steps), None)
    if up is None:
        yield _hung(function, hanging.preposition, None, 0, view.told.trigger.type)
        return
    down = steps[id(chain[up])]
    head = chain[0].head
    yield _hung(function, hanging.preposition, min(up, _FAR), min(down, _FAR), view.told.trigger.type)
    yield _way(
        hanging.is_listed,
        any(w.pos in VERBAL for w in chain[1:up]),
        any(w.pos in VERBAL for w in view.above[1:down]),
        function == "subject" and head.lemma in lexicon(view.language).speech and head is not view.word,
        any(clauses.is_passing(w) for w in chain[1 : up + 1] if w is not view.word),
    )


@_bundle
def _hung(function: str, preposition: str, up: int | None, down: int, event_type: str) -> Iterator[str]:
    yield function
    yield f"{preposition} it"
    if up is None:
        yield "apart in the tree"
        return
    yield f"up {up}"
    yield f"down {down}"
    if up < _FAR and down < _FAR:
        yield f"up {up} down {down}"
        yield f"{function}, up {up} down {down}"
    if up + down <= 2:
        yield f"close, {preposition} it"
        yield f"close, {function}"
        yield f"{event_type}: {function}" if function not in ("oblique", "modifier") else f"{event_type}: {preposition} it"


@_bundle
def _way(*holds: bool) -> Iterator[str]:
    yield from [sign for sign, is_so in zip(_WAYS, holds, strict=True) if is_so]


def _hanging(span: Span, number: int, scene: Scene) -> Hanging | None:
    root = scene.root_of(span, number)
    if root is None:
        return None
    first = clauses.first_conjunct(root)
    start = span[0] if first is root else scene.passages[number].start + min([first.start, *(w.start for w in first.children)])
    return Hanging(_function(first), preposition_before(start, number, scene), above(first), first is not root)


def _function(word: Word) -> str:
    if word.dep == "pobj" and word.head.dep == "agent":
        return "agent"
    if word.dep == "nsubj" and any(w.dep.endswith("pass") for w in word.head.children):
        return "passive subject"
    return _FUNCTIONS.get(word.dep, "other function")


def preposition_before(start: int, number: int, scene: Scene) -> str:
    """The kind of preposition before an offset in a passage, articles left out; *noun* or *verb* or *nothing* where there is none."""
    offset, words = scene.passages[number].start, scene.words_of(number)
    known = lexicon(scene.passages[number].language)
    index = bisect_left(words, start - offset, key=lambda w: w.start) - 1
    steps = 0
    while index >= 0 and steps < _DETERMINERS and words[index].lower in known.determiners:
        index -= 1
        steps += 1
    if index < 0:
        return "nothing before"
    word = words[index]
    if word.lower in known.prepositions:
        return known.prepositions[word.lower]
    if word.is_punct or not word.is_alpha:
        return {"(": "bracket before", ",": "comma before"}.get(word.lower, "mark before")
    return "verb before" if word.pos in VERBAL else "noun before" if word.pos in ("NOUN", "PROPN", "ADJ") else "other word before"


class NamedDay(Named[Moment]):
    """One mention of a date."""

    def __init__(self, thing: Moment, key: Hashable, span: Span, scene: Scene) -> None:
        super().__init__(thing, key, span, scene)
        is_range = thing.first is not thing.last or (thing.start != thing.end and thing.fineness == 2)
        self.fineness = thing.fineness
        self.signs = _day(self.fineness, thing.is_open, is_range)

    @cached_property
    def publication(self) -> tuple[str, int, bool] | None:
        """How it lies to the day of publication: side, what kind of that day it is (0: another, 1: below, 2: in a dateline, 3: a line of its own), whether long past."""
        moment, published = self.thing, self.scene.published
        if published is None:
            return None
        when = "after" if moment.start is not None and moment.start > published else "before" if moment.end is not None and moment.end < published else "around"
        kind = 0
        if moment.start == moment.end == published:
            kind = 1 if self.paragraph > _DATELINE_PARAGRAPHS else 3 if self.scene.is_line(self.paragraph) else 2
        return when, kind, moment.end is not None and (published - moment.end).days > _LONG_DAYS


def of_date(named: NamedDay, relation: str, view: Vantage) -> list[Signs]:
    """Signs of a date: how fine it is, what it is to its paragraph, and whether the clause's tense agrees with it."""
    told, span = view.told, named.span
    opens = 0 <= span[0] - view.scene.paragraphs[told.paragraph][0] <= _LEADS
    year = (("before" if span[0] < view.trigger[0] else "after"), named.preposition_in(view)) if named.fineness == 1 else None
    found = [named.signs, _there(relation, named.fineness, told.moment is not None and told.moment.span == span, opens and told.is_brief, year, opens)]
    if relation == _HERE and (told.clause.is_postponed or told.clause.is_cancelled):
        rows = view.scene.moments_within(told.sentence)
        found.append(("put off, only date" if len(rows) == 1 else "put off, first date" if rows[0].span == span else "put off, later date",))
    if named.publication is not None:
        clause = told.clause
        found.append(_of_publication(*named.publication, relation, "future" if clause.is_announced and clause.tense != "past" else clause.tense or "no"))
    return found


@_bundle
def _day(fineness: int, is_open: bool, is_range: bool) -> Iterator[str]:
    yield f"fineness {fineness}"
    if is_open:
        yield "open"
    if is_range:
        yield "range"


@_bundle
def _there(relation: str, fineness: int, is_nearest: bool, opens_item: bool, year: tuple[str, str] | None, opens: bool) -> Iterator[str]:
    yield f"{relation}, fineness {fineness}"
    if is_nearest:
        yield "nearest fine date"
    if opens_item:
        yield "opens the item"
    if year is not None:
        yield f"year {year[0]}"
        yield f"year, {year[1]}"
        if opens:
            yield "year opens paragraph"


@_bundle
def _of_publication(when: str, kind: int, is_long_past: bool, relation: str, tense: str) -> Iterator[str]:
    """How a date lies to the day of publication, and what the tense says to that."""
    yield f"{when} publication"
    yield f"{when} publication, {tense} tense"
    if kind:
        yield "day of publication"
        yield f"day of publication, {relation}"
    if kind > 1:
        yield f"dateline, {relation}"
        yield "dateline of its own" if kind == 3 else "dateline"
    if is_long_past:
        yield "long past"


class NamedPlace(Named[Place]):
    """One mention of a place."""

    def __init__(self, thing: Place, key: Hashable, span: Span, scene: Scene) -> None:
        super().__init__(thing, key, span, scene)
        rows, starts = scene.place_mentions, scene.place_starts
        index = bisect_left(starts, span[0])
        self.is_main = thing is scene.main_place
        self.in_title = _in_title(thing.mentions, scene)
        self.signs = _place(
            thing.kind,
            index + 1 < len(rows) and scene.is_chained(span, rows[index + 1][0]),
            index > 0 and scene.is_chained(rows[index - 1][0], span),
            self.opens and self.paragraph > 0 and scene.text[span[0] : span[1]].isupper(),
            any(thing is lead for lead in scene.lead_places),
            min(len(thing.mentions), 3),
            len(scene.places) == 1,
        )


def of_place(named: NamedPlace, relation: str, view: Vantage) -> list[Signs]:
    """Signs of a place: its kind, its neighbours, how often it is named."""
    told, place = view.told, named.thing
    nearest = None if all(place is not p for p in told.places) else "located" if told.is_located else "near"
    return [
        named.signs,
        _place_there(relation, place.kind, None if relation == _HERE else named.preposition_in(view), named.is_main),
        _place_here(place.kind, told.trigger.type, nearest),
        *([_titled(view.is_first)] if named.in_title else ()),
    ]


@_bundle
def _place(kind: str | None, goes_on: bool, follows: bool, is_dateline: bool, leads: bool, mentions: int, is_only: bool) -> Iterator[str]:
    yield f"{kind}"
    if goes_on:
        yield "chained to the next"
        yield f"chained to the next, {kind}"
    if follows:
        yield "chained to the one before"
        yield f"chained to the one before, {kind}"
    if is_dateline:
        yield "dateline"
    if leads:
        yield "leads the title"
    yield _NAMED[mentions]
    if is_only:
        yield "only place"


@_bundle
def _place_there(relation: str, kind: str | None, preposition: str | None, is_main: bool) -> Iterator[str]:
    yield f"{relation}, {kind}"
    if preposition is not None:
        yield f"{relation}, {preposition}"
    if is_main:
        yield "main place"
        yield f"main place, {relation}"


@_bundle
def _place_here(kind: str | None, event_type: str, nearest: str | None) -> Iterator[str]:
    if nearest is not None:
        yield "nearest place"
        yield f"nearest place, {nearest}"
    yield f"{event_type}, {kind}"


@_bundle
def _titled(is_first: bool) -> Iterator[str]:
    yield "in title"
    yield "in title, first telling" if is_first else "in title, later telling"


def _in_title(mentions: Sequence[Span], scene: Scene) -> bool:
    return mentions[0][0] < scene.paragraphs[0][1]


class NamedBody(Named[Organisation]):
    """One mention of an organisation."""

    def __init__(self, thing: Organisation, key: Hashable, span: Span, scene: Scene) -> None:
        super().__init__(thing, key, span, scene)
        self.in_title = _in_title(thing.mentions, scene)
        is_acronym = scene.text[max(span[0] - 1, 0) : span[0]] == "("
        self.signs = _body(is_acronym, min(len(thing.mentions), 3), span in scene.full_names)
        self.roles = [role for role, body in (("letterhead", scene.letterhead), ("author", scene.author)) if body is thing]


def of_organisation(named: NamedBody, relation: str, view: Vantage) -> list[Signs]:
    """Signs of a body: whose text it is, and how often it is named."""
    trigger = view.told.trigger
    found = [named.signs, _body_there(relation, trigger.type, view.manner[-1]), *([_titled(view.is_first)] if named.in_title else ())]
    for role in named.roles:
        found.append(_role(role, relation, trigger.type, view.says_we))
        if not view.says_we and relation != _HERE:
            found.append(_unnamed(role, trigger.type, view.scene.says_we, view.told.is_brief, view.nobody_acts))
    return found


@_bundle
def _body(is_acronym: bool, mentions: int, is_full: bool) -> Iterator[str]:
    if is_acronym:
        yield "acronym after its name"
    yield _NAMED[mentions]
    if not is_full:
        yield "short form"


@_bundle
def _body_there(relation: str, event_type: str, word_class: str) -> Iterator[str]:
    yield f"{event_type}, {relation}"
    yield f"{word_class}, {relation}"


@_bundle
def _role(role: str, relation: str, event_type: str, says_we: bool) -> Iterator[str]:
    """Signs of the body whose text it is: who says *we*, and who acts where nobody is named."""
    yield role
    yield f"{role}, {relation}"
    yield f"{role}, {event_type}"
    if says_we:
        yield f"{role}, we"


@_bundle
def _unnamed(role: str, event_type: str, text_says_we: bool, is_brief: bool, nobody_acts: bool) -> Iterator[str]:
    yield f"{role}, of a text that says we" if text_says_we else f"{role}, of a text without we"
    yield f"{role}, unnamed"
    if is_brief:
        yield f"{role}, item"
    if nobody_acts:
        yield f"{role}, nobody acts"
        yield f"{role}, nobody acts, {event_type}"
