"""Trigger words: which words of a text may tell of an event, by the taxonomy."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

from extractors import event_types, sentences, syntax
from extractors.document import Passage
from extractors.event_types import Entry
from extractors.languages import Language
from extractors.languages.annotation import WANTED
from extractors.spans import Mention
from extractors.syntax import VERBAL, Word

_OBJECT_WINDOW = 9  # tokens after a verb in which its object is looked for where the parse gives none
_UNLESS_MARGIN = {"nouns": 30, "verbs": 80}  # code points around a trigger in which a phrase can make it something else
_GAP = 4  # words that may stand inside a verbal phrase: *placé mardi soir en garde à vue*, *picked the two men up*
_PRONOUN_WINDOW = 20  # tokens before a sentence in which its subject pronoun finds its noun
_OBJECTS = ("obj", "dobj", "obl", "nsubj", "attr", "oprd", "xcomp", "prep", "nmod")  # dependents of a verb that may be what it acts on, or hold that
_OF_A_NOUN = ("acl", "amod", "acl:relcl", "relcl")
_SHARING = ("xcomp", "ccomp", "conj")  # a verb with the subject of another
NAMED = "<name>"  # among an entry's objects: any named person or body
_NAMES = frozenset({"PER", "PERSON", "ORG"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(Mention):
    """A word that may tell of an event; `token` is its index in the passage's Doc, of a phrase that of its head."""

    entry: Entry
    passage: int
    token: int
    sentence: tuple[int, int]  # tokens of its sentence in the Doc, end exclusive

    @property
    def type(self) -> str:
        """Name of the event type."""
        return self.entry.type


Row = tuple[tuple[str, ...], Entry]  # a phrase, in small letters, and its entry


class Opening:
    """The entries that open with one word: those of no other word, and phrases by their second."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    @cached_property
    def words(self) -> Sequence[Row]:
        """Those of no other word."""
        return [row for row in self.rows if len(row[0]) == 1]

    @cached_property
    def phrases(self) -> Mapping[str, Sequence[Row]]:
        """The others by their second word, the longest first."""
        phrases: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: -len(row[0])):
            if len(row[0]) > 1:
                phrases.setdefault(row[0][1], []).append(row)
        return phrases

    def standing(self, index: int, forms: Sequence[str], lemmas: Sequence[str], last: int) -> Iterator[tuple[Row, int]]:
        """Those phrases that stand in words `index` to `last`, each with the number of its second word there.

        A noun's words follow each other; inside a verbal phrase there may be others.
        """
        for at in range(index + 1, min(index + 2 + _GAP, last)) if self.phrases else ():
            for second in {forms[at]: None, lemmas[at]: None}:
                for row in self.phrases.get(second, ()):
                    is_near = at == index + 1 or row[1].word_class == "verbs"
                    if is_near and all(at + k < last and word in (forms[at + k], lemmas[at + k]) for k, word in enumerate(row[0][2:], 1)):
                        yield row, at


@dataclass(frozen=True, eq=False, slots=True)
class Lexicon:
    """Entries by their first word."""

    by_first: Mapping[str, Opening]
    verb_forms: Mapping[str, str]

    def only(self, known: Callable[[Row], bool]) -> Lexicon:
        """The same with those rows alone that are known."""
        kept = {first: list(filter(known, opening.rows)) for first, opening in self.by_first.items()}
        return Lexicon({first: Opening(rows) for first, rows in kept.items() if rows}, self.verb_forms)


@lru_cache
def lexicon(language: Language, types_folder: Path | None = None) -> Lexicon:
    """The taxonomy's words in one language, a user's own types among them, compiled once."""
    table: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    verb_forms: dict[str, str] = {}
    section = language.section("events")
    for kind in event_types.load_all(types_folder).values():
        for entry in kind.entries(language.code):
            for phrase in entry.words:
                words = tuple(phrase.lower().replace("'", "' ").split())
                table.setdefault(words[0], []).append((words, entry))
                if "-" in phrase and section["splits_hyphens"]:
                    parts = tuple(phrase.lower().replace("-", " - ").split())
                    table.setdefault(parts[0], []).append((parts, entry))
                if entry.word_class == "verbs" and len(words) == 1:
                    verb_forms.update(_forms(words[0], section.get("verb_endings", {})))
                elif len(words) == 1:
                    for ending in section.get("noun_endings", ()):
                        table.setdefault(words[0] + ending, []).append(((words[0] + ending,), entry))
    return Lexicon({first: Opening(rows) for first, rows in table.items()}, verb_forms)


def find(passages: Sequence[Passage], types_folder: Path | None = None) -> list[Trigger]:
    """Every word that may tell of an event, the longest phrase where two overlap; offsets into the view."""
    return [t for number, passage in enumerate(passages) for t in _in_passage(passage, number, lexicon(passage.language, types_folder))]


def may_open(words: Lexicon, forms: Sequence[str], lemmas: Sequence[str], starts: Sequence[int] = ()) -> Iterator[int]:
    """Numbers of the words of a text, in small letters and with their lemmas, at which a trigger may stand.

    A superset of what `find` keeps, so that only the sentences of these need be parsed. starts: numbers of the words
    that open its sentences; without them the text is one.
    """
    by_first, verb_forms = words.by_first, words.verb_forms
    around = _Around(forms, lemmas, (*starts, len(forms)))
    for index, (form, lemma) in enumerate(zip(forms, lemmas, strict=True)):
        if form not in by_first and lemma not in by_first and form not in verb_forms:
            continue  # nineteen words of twenty
        openings = [by_first[key] for key in {form, lemma, verb_forms.get(form, "")} if key in by_first]
        if any(_may_open(opening, index, around) for opening in openings):
            yield index


class _Around:
    """The words that may be the object of a verb: those of its sentence, and those before it that a pronoun of it may stand for."""

    def __init__(self, forms: Sequence[str], lemmas: Sequence[str], bounds: Sequence[int]) -> None:
        self.forms, self.lemmas, self._bounds = forms, lemmas, bounds
        self._known: dict[int, frozenset[str]] = {}

    def may_hold(self, entry: Entry, index: int) -> bool:
        """Whether an object of an entry may stand there; a name, which the words do not tell, always may."""
        if not entry.needs_object or NAMED in entry.objects:
            return True
        number = bisect_right(self._bounds, index)
        if number not in self._known:
            low, high = max(self._bounds[number - 1] - _PRONOUN_WINDOW, 0) if number else 0, self._bounds[number]
            self._known[number] = frozenset((*self.forms[low:high], *self.lemmas[low:high]))
        known = self._known[number]
        return not entry.objects.isdisjoint(known) or any(known.issuperset(phrase) for phrase in entry.object_phrases)


def _may_open(opening: Opening, index: int, around: _Around) -> bool:
    forms, lemmas = around.forms, around.lemmas
    rows = chain(opening.words, (row for row, _ in opening.standing(index, forms, lemmas, len(forms))))
    return any(around.may_hold(entry, index) for _, entry in rows)


def _in_passage(passage: Passage, number: int, lexicon: Lexicon) -> list[Trigger]:
    assert passage.doc is not None, "find needs spaCy's reading of the passage"
    words = syntax.words_of(passage)
    text = _Text(passage, number, words, [word.lower for word in words], [word.lemma for word in words])
    found: list[Trigger] = []
    hits: list[int] | None = passage.doc.user_data.get(WANTED)  # `may_open` has looked at the others
    starts = [word.start for word in words]
    for first, last in _sentence_words(starts, sentences.split(passage.text, passage.language)):
        for index in range(first, last) if hits is None else hits[bisect_left(hits, first) : bisect_left(hits, last)]:
            found += _at(text, lexicon, index, (first, last))
    return _longest_phrases(found)


def _longest_phrases(found: Iterable[Trigger]) -> list[Trigger]:
    """Without those inside a longer one; a word of two types (*strike*) stays twice, for its sentence to decide."""
    kept: list[Trigger] = []
    for trigger in sorted(found, key=lambda t: (t.start, t.start - t.end)):
        if not kept or trigger.start >= kept[-1].end or trigger.span == kept[-1].span:
            kept.append(trigger)
    return kept


def _sentence_words(starts: Sequence[int], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Number of the first word of each sentence and of the one after its last, by where the words start."""
    for start, end in spans:
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        if last > first:
            yield first, last


@dataclass(frozen=True, eq=False, slots=True)
class _Text:
    """A passage and its number, with its words, their forms in small letters and their lemmas."""

    passage: Passage
    number: int
    words: Sequence[Word]
    forms: Sequence[str]
    lemmas: Sequence[str]


def _at(text: _Text, lexicon: Lexicon, index: int, sentence: tuple[int, int]) -> Iterator[Trigger]:
    passage, words = text.passage, text.words
    word = words[index]
    acted_on: _Objects | None = None
    for key in {word.lower: None, word.lemma: None, lexicon.verb_forms.get(word.lower, ""): None}:
        opening = lexicon.by_first.get(key)
        for (phrase, entry), at in _standing(opening, text, index, sentence[1]) if opening is not None else ():
            if not _is_form(word, key, phrase, entry) or not _fits(word, entry, words, sentence):
                continue
            if entry.needs_object:
                acted_on = acted_on or _Objects.of(word, words, sentence)
                if not acted_on.suit(entry, words, sentence[1]):
                    continue
            if at > index + 1 and not _is_parted(words, index, at, len(phrase) - 1):
                continue
            end = index + (len(phrase) if at == index + 1 else 1)
            span = (passage.start + word.start, passage.start + words[end - 1].end)
            if _is_something_else(passage.text, span, passage.start, entry):
                continue
            yield Trigger(
                *span,
                rule=f"{entry.type}:{entry.words[0]}",
                confidence=0.5,
                entry=entry,
                passage=text.number,
                token=_head(words, index, end),
                sentence=sentence,
            )


def _standing(opening: Opening, text: _Text, index: int, last: int) -> Iterator[tuple[Row, int]]:
    """Phrases that stand there, with the number of the word after their first."""
    yield from opening.standing(index, text.forms, text.lemmas, last)
    for row in opening.words:
        yield row, index + 1


def _is_parted(words: Sequence[Word], verb: int, rest: int, length: int) -> bool:
    """Whether the rest of a verbal phrase, so many words, hangs on its verb over what parts them: *picked the men up*, and not *took in over 300*."""
    if any(word.pos in VERBAL or word.is_punct for word in words[verb + 1 : rest]):
        return False
    return words[_head(words, rest, rest + length)].head.i == verb


def _is_form(word: Word, key: str, phrase: tuple[str, ...], entry: Entry) -> bool:
    """Whether a word, which the lexicon has by one of its forms, is a form of an entry's word."""
    if entry.word_class == "verbs":  # *found* is a form of *find*
        return len(phrase) > 1 or key == word.lemma or key != word.lower or "Tense=Past" not in word.morph
    return word.pos != "VERB" or key == word.lower  # *According* is no accord


def _head(words: Sequence[Word], first: int, end: int) -> int:
    """The number of that word of a phrase on which its others depend: *meeting* of *public meeting*."""
    return next((i for i in range(first, end) if not first <= words[i].head.i < end or words[i].head.i == i), first)


def _holds(words: Sequence[Word], first: int, rest: tuple[str, ...], last: int) -> bool:
    return first + len(rest) <= last and all(word in (words[first + k].lower, words[first + k].lemma) for k, word in enumerate(rest))


def _fits(word: Word, entry: Entry, words: Sequence[Word], sentence: tuple[int, int]) -> bool:
    """Whether the word class and the reflexive pronoun are what the entry asks."""
    if entry.word_class == "nouns":
        return word.pos not in ("VERB", "AUX", "ADP") or word.is_title
    if not (word.pos in VERBAL or word.pos == "ADJ" or _is_verb_in_headline(word, words, sentence)):
        return False
    return not entry.is_reflexive or any("Reflex=Yes" in w.morph or w.dep.startswith("expl") for w in word.children)


def _is_verb_in_headline(word: Word, words: Sequence[Word], sentence: tuple[int, int]) -> bool:
    """Whether what is tagged as a noun may be the verb of a headline, where tags fail."""
    if word.pos == "PROPN":
        return word.is_title and _is_title_case(words[sentence[0] : sentence[1]])
    return word.pos == "NOUN" and word.head is word and not any(w.pos == "DET" and w.i == word.i - 1 for w in word.children)


@dataclass(frozen=True, eq=False, slots=True)
class _Objects:
    """What a verb may act on: the words, their forms and lemmas, and whether a person or body is named among them."""

    numbers: Sequence[int]
    forms: frozenset[str]
    has_name: bool

    @classmethod
    def of(cls, verb: Word, words: Sequence[Word], sentence: tuple[int, int]) -> _Objects:
        """Those of one verb, looked up once for all its entries."""
        found = list(_objects(verb, words, sentence))
        return cls([w.i for w in found], frozenset(form for w in found for form in (w.lemma, w.lower)), any(w.entity in _NAMES for w in found))

    def suit(self, entry: Entry, words: Sequence[Word], last: int) -> bool:
        """Whether one is among an entry's objects, or opens one of several words; NAMED stands for any named person or body."""
        if not entry.objects.isdisjoint(self.forms) or (self.has_name and NAMED in entry.objects):
            return True
        return any(phrase[0] in self.forms and any(_holds(words, number, phrase, last) for number in self.numbers) for phrase in entry.object_phrases)


def _is_title_case(words: Sequence[Word]) -> bool:
    """Whether most words of a sentence Begin Like These, where tags fail."""
    long = [w for w in words if w.is_alpha and w.end - w.start > 3]
    return len(long) > 2 and sum(w.is_title for w in long) * 5 >= len(long) * 4


def _objects(verb: Word, words: Sequence[Word], sentence: tuple[int, int]) -> Iterator[Word]:
    """What the verb acts on: its dependents two deep, its passive subject, else the next words."""
    for child in verb.children:
        if child.dep.startswith(_OBJECTS):
            yield child
            yield from child.children
    if verb.dep in _OF_A_NOUN:
        yield verb.head
    if verb.dep in _SHARING:  # *un centre doit ouvrir*, *the plan was drafted and adopted*
        yield from (w for w in verb.head.children if w.dep.startswith("nsubj"))
    if any(w.pos == "PRON" and w.dep.startswith("nsubj") for w in verb.children):  # *Il sera examiné en juin*
        yield from words[max(sentence[0] - _PRONOUN_WINDOW, 0) : sentence[0]]
    yield from words[verb.i + 1 : min(verb.i + 1 + _OBJECT_WINDOW, sentence[1])]


def _is_something_else(text: str, span: tuple[int, int], offset: int, entry: Entry) -> bool:
    """Whether a phrase around the trigger, or a verb's object, is one that the entry excludes."""
    if not entry.unless:
        return False
    start, end = span[0] - offset, span[1] - offset
    margin = _UNLESS_MARGIN[entry.word_class]
    low = max(start - margin, 0)
    around = text[low : end + margin].lower().replace("\n", " ")
    left, right = start - low, end - low
    for phrase in entry.unless:
        at = around.find(phrase)
        while at >= 0:
            touches = at < right and at + len(phrase) > left
            excludes = touches == (entry.word_class == "nouns" or " " in phrase) or (touches and " " in phrase)
            if excludes and _is_whole(around, at, at + len(phrase)):
                return True
            at = around.find(phrase, at + 1)
    return False


def _is_whole(text: str, start: int, end: int) -> bool:
    return not (start and text[start - 1].isalnum()) and not (end < len(text) and text[end].isalnum())


def _forms(verb: str, endings: dict[str, list[str]]) -> dict[str, str]:
    """Regular forms of a verb, for those whose lemma the model misses."""
    for infinitive, forms in endings.items():
        if verb.endswith(infinitive):
            stem = verb.removesuffix(infinitive)
            return {stem + ending: verb for ending in forms}
    return {}
