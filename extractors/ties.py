"""The signs that tie a date, a place or a body to a telling of an event: where it stands, how the sentence's grammar hangs it there, what it is.

Each sign is a few words, the same in every language; `attachment` weighs them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from extractors import clauses
from extractors.arguments import Telling
from extractors.languages import Language
from extractors.records import Organisation, Place
from extractors.scene import Moment, Scene
from extractors.spans import Span
from extractors.syntax import VERBAL, Word

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


@dataclass(eq=False)
class Vantage:
    """A telling as its possible arguments see it.

    starts: of the triggers of all events, in order; own: of those of its event. is_first: of the tellings of its event.
    """

    told: Telling
    scene: Scene
    starts: Sequence[int]
    own: Sequence[int]
    is_first: bool

    def rivals(self, low: int, high: int) -> int:
        """How many triggers of other events start between two offsets."""
        return bisect_left(self.starts, high) - bisect_left(self.starts, low) - bisect_left(self.own, high) + bisect_left(self.own, low)

    @cached_property
    def number(self) -> int:
        return self.told.trigger.passage

    @cached_property
    def words(self) -> Sequence[Word]:
        return self.scene.words_of(self.number)

    @cached_property
    def offset(self) -> int:
        return self.scene.passages[self.number].start

    @cached_property
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
    def has_subject(self) -> bool:
        """Whether the trigger, or the verb that carries it, has a named or common subject of its own."""
        return any(w.dep.startswith("nsubj") and w.pos != "PRON" for v in self.above[:2] for w in v.children)

    @cached_property
    def has_agent(self) -> bool:
        return any(w.dep in ("obl:agent", "agent") for v in self.above[:2] for w in v.children)

    @cached_property
    def says_we(self) -> bool:
        low, high = (bisect_left(self.words, edge - self.offset, key=lambda w: w.start) for edge in self.told.sentence)
        known = lexicon(self.language).we
        return any(w.lower in known and not self.scene.is_quoted(self.offset + w.start) for w in self.words[low:high])

    @cached_property
    def rivals_here(self) -> int:
        """How many triggers of other events its sentence holds."""
        return self.rivals(*self.told.sentence)

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


def common(span: Span, relation: str, view: Vantage, starts: Sequence[int], has_own: bool) -> Iterator[str]:
    """Signs of any mention. starts: of all mentions of its kind; has_own: whether a sentence of the event names one of its kind."""
    told = view.told
    yield relation
    yield f"{relation}, {'one' if has_own else 'none'} in sentence"
    if told.is_heading:
        yield f"{relation}, told in heading"
    elif told.is_brief:
        yield f"{relation}, told in item"
    low, high = sorted((span, told.trigger.span))
    between = (low[1], high[0])
    yield from (f"{'same' if relation == 'same sentence' else 'other'} sentence: {sign}" for sign in _crowd(between, view, starts))
    yield f"{relation}, first telling" if view.is_first else f"{relation}, later telling"
    if view.scene.is_quoted(span[0]):
        yield "quoted"
    if relation == "same sentence":
        alike = bisect_left(starts, told.sentence[1]) - bisect_left(starts, told.sentence[0])
        yield "alone of its kind" if alike == 1 else "one of two" if alike == 2 else "one of many"
        yield f"{'alone' if alike == 1 else 'one'} of its kind, {'no' if not view.rivals_here else 'another'} event here"
        if alike == 1 and not view.rivals_here:
            yield "only pair, before" if span[0] < told.trigger.start else "only pair, after"
        yield from _position(span, between, view)
        yield from _grammar(span, view)
    else:
        yield from _in_paragraph(span, view, relation)


def relation_of(span: Span, view: Vantage) -> str:
    """Where a mention stands as a telling sees it: in its sentence, around it in its paragraph, above, in the title."""
    told, scene = view.told, view.scene
    if told.sentence[0] <= span[0] < told.sentence[1]:
        return "same sentence"
    number = scene.paragraph_of(span[0])
    if number == told.paragraph:
        steps = scene.sentence_of(span[0]) - scene.sentence_of(told.trigger.start)
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


def _crowd(between: Span, view: Vantage, starts: Sequence[int]) -> Iterator[str]:
    """What stands between a mention and the trigger: other events, other mentions of its kind."""
    rivals = view.rivals(*between)
    if rivals > 0:
        yield "another event between"
        if rivals > 1:
            yield "events between"
    others = bisect_left(starts, between[1]) - bisect_left(starts, between[0])
    yield "nearest on its side" if not others else "another between" if others == 1 else "others between"


def _position(span: Span, between: Span, view: Vantage) -> Iterator[str]:
    is_before = span[0] < view.told.trigger.start
    side = "before" if is_before else "after"
    yield f"{side} {view.told.trigger.entry.word_class}"
    distance = between[1] - between[0]
    yield from [f"{side}, {name}" for n, name in _GAPS if distance >= n]
    text = view.scene.text[between[0] : between[1]]
    yield from {f"{name} between" for mark, name in _MARKS if mark in text}
    if clauses.relatives(view.language).search(text):
        yield f"relative clause between, {side}"
    if view.rivals(span[0] - distance, span[1] + distance) > 0:
        yield f"another event nearer, {side}"


def _grammar(span: Span, view: Vantage) -> Iterator[str]:
    root = view.scene.root_of(span, view.number)
    if root is None:
        return
    named = clauses.first_conjunct(root)
    function = _function(named, view)
    preposition = _preposition(span, named, root, view)
    yield function
    yield f"{preposition} it"
    chain = above(named)
    ours = {id(w): steps for steps, w in enumerate(view.above)}
    up = next((steps for steps, w in enumerate(chain) if id(w) in ours), None)
    if up is None:
        yield "apart in the tree"
        return
    down = ours[id(chain[up])]
    yield f"up {min(up, _FAR)}"
    yield f"down {min(down, _FAR)}"
    if up < _FAR and down < _FAR:
        yield f"up {up} down {down}"
        yield f"{function}, up {up} down {down}"
    if up + down <= 2:
        yield f"close, {preposition} it"
        yield f"close, {function}"
        yield f"{view.told.trigger.type}: {function}" if function not in ("oblique", "modifier") else f"{view.told.trigger.type}: {preposition} it"
    if named is not root:
        yield "in a list"
    if any(w.pos in VERBAL for w in chain[1:up]):
        yield "under a verb of its own"
    if any(w.pos in VERBAL for w in view.above[1:down]):
        yield "trigger under a verb of its own"
    if function == "subject" and named.head.lemma in lexicon(view.language).speech and named.head is not view.word:
        yield "speaks"
    if any(clauses.is_passing(w) for w in chain[1 : up + 1] if w is not view.word):
        yield "under a participle in passing"


def _function(word: Word, view: Vantage) -> str:
    if word.dep == "pobj" and word.head.dep == "agent":
        return "agent"
    if word.dep == "nsubj" and any(w.dep.endswith("pass") for w in word.head.children):
        return "passive subject"
    return _FUNCTIONS.get(word.dep, "other function")


def _preposition(span: Span, named: Word, root: Word, view: Vantage) -> str:
    """The kind of preposition that stands before a name, or before the list that it goes on with."""
    start = span[0] if named is root else view.offset + min([named.start, *(w.start for w in named.children)])
    return preposition_before(start, view)


def preposition_before(start: int, view: Vantage) -> str:
    """The kind of preposition before an offset, articles left out; *noun* or *verb* or *nothing* where there is none."""
    known = lexicon(view.language)
    if not 0 <= start - view.offset < len(view.scene.passages[view.number].text):
        return "in another passage"
    index = bisect_left(view.words, start - view.offset, key=lambda w: w.start) - 1
    steps = 0
    while index >= 0 and steps < _DETERMINERS and view.words[index].lower in known.determiners:
        index -= 1
        steps += 1
    if index < 0:
        return "nothing before"
    word = view.words[index]
    if word.lower in known.prepositions:
        return known.prepositions[word.lower]
    if word.is_punct or not word.is_alpha:
        return {"(": "bracket before", ",": "comma before"}.get(word.lower, "mark before")
    return "verb before" if word.pos in VERBAL else "noun before" if word.pos in ("NOUN", "PROPN", "ADJ") else "other word before"


def _in_paragraph(span: Span, view: Vantage, relation: str) -> Iterator[str]:
    scene = view.scene
    start, end = scene.paragraphs[scene.paragraph_of(span[0])]
    if span[0] - start <= _LEADS:
        yield f"{relation}, opens paragraph"
    if (span[1] - span[0]) * 2 >= end - start:
        yield f"{relation}, most of paragraph"
    if view.told.clause.tense is not None:
        yield f"{relation}, tense {view.told.clause.tense}"
    if view.told.is_definite or view.told.is_demonstrative:
        yield f"{relation}, definite"
    elif view.told.is_indefinite:
        yield f"{relation}, indefinite"
    yield f"{relation}, {view.told.trigger.entry.word_class}"


def of_date(moment: Moment, span: Span, relation: str, view: Vantage) -> Iterator[str]:
    """Signs of a date: how fine it is, what it is to its paragraph, and whether the clause's tense agrees with it."""
    told = view.told
    yield f"fineness {moment.fineness}"
    yield f"{relation}, fineness {moment.fineness}"
    if moment.is_open:
        yield "open"
    if moment.first is not moment.last or (moment.start != moment.end and moment.fineness == 2):
        yield "range"
    if told.moment is not None and told.moment.span == span:
        yield "nearest fine date"
    opens = 0 <= span[0] - view.scene.paragraphs[told.paragraph][0] <= _LEADS
    if opens and told.is_brief:
        yield "opens the item"
    if moment.fineness == 1:
        yield "year before" if span[0] < told.trigger.start else "year after"
        yield f"year, {preposition_before(span[0], view)}"
        yield from ("year opens paragraph",) if opens else ()
    if (told.clause.is_postponed or told.clause.is_cancelled) and relation == "same sentence":
        rows = view.scene.moments_within(told.sentence)
        yield "put off, only date" if len(rows) == 1 else "put off, first date" if rows[0].span == span else "put off, later date"
    yield from _of_publication(moment, relation, view)


def _of_publication(moment: Moment, relation: str, view: Vantage) -> Iterator[str]:
    """How a date lies to the day of publication, and what the tense says to that."""
    published, clause = view.scene.published, view.told.clause
    if published is None:
        return
    when = "after" if moment.start is not None and moment.start > published else "before" if moment.end is not None and moment.end < published else "around"
    yield f"{when} publication"
    tense = "future" if clause.is_announced and clause.tense != "past" else clause.tense or "no"
    yield f"{when} publication, {tense} tense"
    if moment.start == moment.end == published:
        yield "day of publication"
        yield f"day of publication, {relation}"
        number = view.scene.paragraph_of(moment.span[0])
        if number <= _DATELINE_PARAGRAPHS:
            yield f"dateline, {relation}"
            yield "dateline of its own" if view.scene.is_line(number) else "dateline"
    if moment.end is not None and (published - moment.end).days > _LONG_DAYS:
        yield "long past"


def of_place(place: Place, span: Span, relation: str, view: Vantage) -> Iterator[str]:
    """Signs of a place: its kind, its neighbours, how often it is named."""
    scene = view.scene
    yield f"{place.kind}"
    yield f"{relation}, {place.kind}"
    if relation != "same sentence":
        yield f"{relation}, {preposition_before(span[0], view)}"
    rows = scene.place_mentions
    index = bisect_left(rows, span[0], key=lambda row: row[0][0])
    if index + 1 < len(rows) and scene.is_chained(span, rows[index + 1][0]):
        yield "chained to the next"
        yield f"chained to the next, {place.kind}"
    if index and scene.is_chained(rows[index - 1][0], span):
        yield "chained to the one before"
        yield f"chained to the one before, {place.kind}"
    number = scene.paragraph_of(span[0])
    if span[0] - scene.paragraphs[number][0] <= _LEADS and scene.text[span[0] : span[1]].isupper() and number > 0:
        yield "dateline"
    if place in scene.lead_places:
        yield "leads the title"
    yield from _prominence(place.mentions, view)
    if place is scene.main_place:
        yield "main place"
        yield f"main place, {relation}"
    if len(scene.places) == 1:
        yield "only place"
    if place in view.told.places:
        yield "nearest place"
        yield "nearest place, located" if view.told.is_located else "nearest place, near"
    yield f"{view.told.trigger.type}, {place.kind}"


def _prominence(mentions: Sequence[Span], view: Vantage) -> Iterator[str]:
    """How often a thing is named, and whether the title names it."""
    yield "named once" if len(mentions) == 1 else "named twice" if len(mentions) == 2 else "named often"
    if mentions[0][0] < view.scene.paragraphs[0][1]:
        yield "in title"
        yield "in title, first telling" if view.is_first else "in title, later telling"


def of_organisation(body: Organisation, span: Span, relation: str, view: Vantage) -> Iterator[str]:
    """Signs of a body: whose text it is, and how often it is named."""
    scene, told = view.scene, view.told
    if scene.text[max(span[0] - 1, 0) : span[0]] == "(":
        yield "acronym after its name"
    yield from _prominence(body.mentions, view)
    if span not in scene.full_names:
        yield "short form"
    yield f"{told.trigger.type}, {relation}"
    yield f"{told.trigger.entry.word_class}, {relation}"
    if body is scene.letterhead:
        yield from _as_publisher("letterhead", relation, view)
    if body is scene.author:
        yield from _as_publisher("author", relation, view)


def _as_publisher(role: str, relation: str, view: Vantage) -> Iterator[str]:
    """Signs of the body whose text it is: who says *we*, and who acts where nobody is named."""
    told = view.told
    yield role
    yield f"{role}, {relation}"
    yield f"{role}, {told.trigger.type}"
    if view.says_we:
        yield f"{role}, we"
    elif relation != "same sentence":
        yield f"{role}, of a text that says we" if view.scene.says_we else f"{role}, of a text without we"
        yield f"{role}, unnamed"
        if told.is_brief:
            yield f"{role}, item"
        if not view.has_subject and not view.has_agent:
            yield f"{role}, nobody acts"
            yield f"{role}, nobody acts, {told.trigger.type}"
