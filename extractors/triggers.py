"""Trigger words: which words of a text may tell of an event, by the taxonomy."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
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


@dataclass(frozen=True, eq=False, slots=True)
class Lexicon:
    """Entries by their first word, each with the words that must follow."""

    by_first: dict[str, tuple[tuple[tuple[str, ...], Entry], ...]]
    verb_forms: dict[str, str]


@lru_cache
def lexicon(language: Language, types_folder: Path | None = None) -> Lexicon:
    """The taxonomy's words in one language, a user's own types among them, compiled once."""
    table: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    verb_forms: dict[str, str] = {}
    section = language.section("events")
    for kind in event_types.load_all(types_folder).values():
        for entry in kind.entries.get(language.code, ()):
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
    return Lexicon({first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in table.items()}, verb_forms)


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
        for key in {form, lemma, verb_forms.get(form, "")}:
            if any(_continues(phrase, index, forms, lemmas) and around.may_hold(entry, index) for phrase, entry in by_first.get(key, ())):
                yield index
                break


class _Around:
    """The words that may be the object of a verb: those of its sentence, and those before it that a pronoun of it may stand for."""

    def __init__(self, forms: Sequence[str], lemmas: Sequence[str], bounds: Sequence[int]) -> None:
        self._forms, self._lemmas, self._bounds = forms, lemmas, bounds
        self._known: dict[int, frozenset[str]] = {}

    def may_hold(self, entry: Entry, index: int) -> bool:
        """Whether an object of an entry may stand there; a name, which the words do not tell, always may."""
        if not entry.objects or NAMED in entry.objects:
            return True
        number = bisect_right(self._bounds, index)
        if number not in self._known:
            low, high = max(self._bounds[number - 1] - _PRONOUN_WINDOW, 0) if number else 0, self._bounds[number]
            self._known[number] = frozenset((*self._forms[low:high], *self._lemmas[low:high]))
        return not entry.objects.isdisjoint(self._known[number])


def _continues(phrase: Sequence[str], index: int, forms: Sequence[str], lemmas: Sequence[str]) -> bool:
    if len(phrase) == 1:
        return True
    if index + len(phrase) > len(forms):
        return False
    return all(word == forms[index + k] or word == lemmas[index + k] for k, word in enumerate(phrase) if k)


def _in_passage(passage: Passage, number: int, words: Lexicon) -> list[Trigger]:
    assert passage.doc is not None, "find needs spaCy's reading of the passage"
    found: list[Trigger] = []
    hits: list[int] | None = passage.doc.user_data.get(WANTED)  # `may_open` has looked at the others
    starts = [word.start for word in syntax.words_of(passage)]
    for first, last in _sentence_words(starts, sentences.split(passage.text, passage.language)):
        for index in range(first, last) if hits is None else hits[bisect_left(hits, first) : bisect_left(hits, last)]:
            found += _at((passage, number), words, index, (first, last))
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


def _at(numbered: tuple[Passage, int], lexicon: Lexicon, index: int, sentence: tuple[int, int]) -> Iterator[Trigger]:
    passage, number = numbered
    words = syntax.words_of(passage)
    word = words[index]
    for key in dict.fromkeys((word.lower, word.lemma, lexicon.verb_forms.get(word.lower, ""))):
        for phrase, entry in lexicon.by_first.get(key, ()):
            end = index + len(phrase)
            if end > sentence[1] or not _follows(words, index, phrase) or not _is_form(word, key, phrase, entry) or not _fits(word, entry, words, sentence):
                continue
            span = (passage.start + word.start, passage.start + words[end - 1].end)
            if _is_something_else(passage.text, span, passage.start, entry):
                continue
            yield Trigger(
                *span, rule=f"{entry.type}:{entry.words[0]}", confidence=0.5, entry=entry, passage=number, token=_head(words, index, end), sentence=sentence
            )


def _is_form(word: Word, key: str, phrase: tuple[str, ...], entry: Entry) -> bool:
    """Whether a word, which the lexicon has by one of its forms, is a form of an entry's word."""
    if entry.word_class == "verbs":  # *found* is a form of *find*
        return len(phrase) > 1 or key == word.lemma or key != word.lower or "Tense=Past" not in word.morph
    return word.pos != "VERB" or key == word.lower  # *According* is no accord


def _head(words: Sequence[Word], first: int, end: int) -> int:
    """The number of that word of a phrase on which its others depend: *meeting* of *public meeting*."""
    return next((i for i in range(first, end) if not first <= words[i].head.i < end or words[i].head.i == i), first)


def _follows(words: Sequence[Word], index: int, phrase: tuple[str, ...]) -> bool:
    return len(phrase) == 1 or all(word in (words[index + k].lower, words[index + k].lemma) for k, word in enumerate(phrase) if k)


def _fits(word: Word, entry: Entry, words: Sequence[Word], sentence: tuple[int, int]) -> bool:
    """Whether the word class, the reflexive pronoun and the object are what the entry asks."""
    if entry.word_class == "nouns":
        return word.pos not in ("VERB", "AUX", "ADP") or word.is_title
    if not (word.pos in VERBAL or word.pos == "ADJ" or _is_verb_in_headline(word, words, sentence)):
        return False
    if entry.is_reflexive and not any("Reflex=Yes" in w.morph or w.dep.startswith("expl") for w in word.children):
        return False
    return not entry.objects or any(_is_object(w, entry.objects) for w in _objects(word, words, sentence))


def _is_verb_in_headline(word: Word, words: Sequence[Word], sentence: tuple[int, int]) -> bool:
    """Whether what is tagged as a noun may be the verb of a headline, where tags fail."""
    if word.pos == "PROPN":
        return word.is_title and _is_title_case(words[sentence[0] : sentence[1]])
    return word.pos == "NOUN" and word.head is word and not any(w.pos == "DET" and w.i == word.i - 1 for w in word.children)


def _is_object(word: Word, objects: frozenset[str]) -> bool:
    """Whether a word is one of the objects; NAMED stands for any named person or body."""
    return word.lemma in objects or word.lower in objects or (NAMED in objects and word.entity in _NAMES)


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
