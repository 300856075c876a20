"""Trigger words: which words of a text may tell of an event, by the taxonomy."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from extractors import event_types, sentences
from extractors.document import Passage
from extractors.event_types import Entry
from extractors.languages import Language
from extractors.languages.annotation import WANTED
from extractors.spans import Mention

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_OBJECT_WINDOW = 9  # tokens after a verb in which its object is looked for where the parse gives none
_UNLESS_MARGIN = {"nouns": 30, "verbs": 80}  # code points around a trigger in which a phrase can make it something else
_PRONOUN_WINDOW = 20  # tokens before a sentence in which its subject pronoun finds its noun
_VERBAL = ("VERB", "AUX")
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


def may_open(words: Lexicon, forms: Sequence[str], lemmas: Sequence[str]) -> Iterator[int]:
    """Numbers of the words of a text, in small letters and with their lemmas, at which a trigger may stand.

    A superset of what `find` keeps, so that only the sentences of these need be parsed.
    """
    by_first, verb_forms = words.by_first, words.verb_forms
    for index, (form, lemma) in enumerate(zip(forms, lemmas, strict=True)):
        if form not in by_first and lemma not in by_first and form not in verb_forms:
            continue  # nineteen words of twenty
        for key in {form, lemma, verb_forms.get(form, "")}:
            if any(_continues(phrase, index, forms, lemmas) for phrase, _ in by_first.get(key, ())):
                yield index
                break


def _continues(phrase: Sequence[str], index: int, forms: Sequence[str], lemmas: Sequence[str]) -> bool:
    if index + len(phrase) > len(forms):
        return False
    return all(word in (forms[index + k], lemmas[index + k]) for k, word in enumerate(phrase) if k)


def _in_passage(passage: Passage, number: int, words: Lexicon) -> list[Trigger]:
    doc = passage.doc
    assert doc is not None, "find needs spaCy's reading of the passage"
    found: list[Trigger] = []
    hits: list[int] | None = doc.user_data.get(WANTED)  # `may_open` has looked at the others
    for first, last in _sentence_tokens(doc, sentences.split(passage.text, passage.language)):
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


def _sentence_tokens(doc: Doc, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    offsets = doc.to_array("IDX").tolist()
    for start, end in spans:
        first, last = bisect_left(offsets, start), bisect_left(offsets, end)
        if last > first:
            yield first, last


def _at(numbered: tuple[Passage, int], words: Lexicon, index: int, sentence: tuple[int, int]) -> Iterator[Trigger]:
    passage, number = numbered
    doc = passage.doc
    assert doc is not None
    token = doc[index]
    keys = dict.fromkeys((token.lower_, token.lemma_.lower(), words.verb_forms.get(token.lower_, "")))
    for key in keys:
        for phrase, entry in words.by_first.get(key, ()):
            if len(phrase) == 1 and entry.word_class == "verbs" and key != token.lemma_.lower() and key == token.lower_ and "Tense=Past" in str(token.morph):
                continue  # *found* is a form of *find*
            end = index + len(phrase)
            if end > sentence[1] or not _follows(doc, index, phrase) or not _fits(token, entry, sentence):
                continue
            if entry.word_class == "nouns" and token.pos_ == "VERB" and key != token.lower_:
                continue  # *According* is no accord
            span = (passage.start + token.idx, passage.start + doc[end - 1].idx + len(doc[end - 1]))
            if _is_something_else(passage.text, span, passage.start, entry):
                continue
            yield Trigger(
                *span, rule=f"{entry.type}:{entry.words[0]}", confidence=0.5, entry=entry, passage=number, token=_head(doc, index, end), sentence=sentence
            )


def _head(doc: Doc, first: int, end: int) -> int:
    """The token of a phrase on which its others depend: *meeting* of *public meeting*."""
    return next((i for i in range(first, end) if not first <= doc[i].head.i < end or doc[i].head.i == i), first)


def _follows(doc: Doc, index: int, phrase: tuple[str, ...]) -> bool:
    return all(word in (doc[index + k].lower_, doc[index + k].lemma_.lower()) for k, word in enumerate(phrase) if k)


def _fits(token: Token, entry: Entry, sentence: tuple[int, int]) -> bool:
    """Whether the word class, the reflexive pronoun and the object are what the entry asks."""
    if entry.word_class == "nouns":
        return token.pos_ not in ("VERB", "AUX", "ADP") or token.is_title
    is_headline_word = token.pos_ == "PROPN" and token.is_title and _is_title_case(token.doc[sentence[0] : sentence[1]])
    is_mistagged = token.pos_ == "NOUN" and token.i == token.head.i and not any(t.pos_ == "DET" and t.i == token.i - 1 for t in token.children)
    if not (token.pos_ in (*_VERBAL, "ADJ") or is_headline_word or is_mistagged):
        return False
    if entry.is_reflexive and not any("Reflex=Yes" in str(t.morph) or t.dep_.startswith("expl") for t in token.children):
        return False
    return not entry.objects or any(_is_object(t, entry.objects) for t in _objects(token, sentence))


def _is_object(token: Token, objects: frozenset[str]) -> bool:
    """Whether a word is one of the objects; NAMED stands for any named person or body."""
    if token.lemma_.lower() in objects or token.lower_ in objects:
        return True
    return NAMED in objects and token.ent_type_ in _NAMES


def _is_title_case(tokens: Sequence[Token]) -> bool:
    """Whether most words of a sentence Begin Like These, where tags fail."""
    words = [t for t in tokens if t.is_alpha and len(t) > 3]
    return len(words) > 2 and sum(t.is_title for t in words) * 5 >= len(words) * 4


def _objects(verb: Token, sentence: tuple[int, int]) -> Iterator[Token]:
    """What the verb acts on: its dependents two deep, its passive subject, else the next words."""
    for child in verb.children:
        if child.dep_.startswith(("obj", "dobj", "obl", "nsubj", "attr", "oprd", "xcomp", "prep", "nmod")):
            yield child
            yield from child.children
    if verb.dep_ in ("acl", "amod", "acl:relcl", "relcl"):
        yield verb.head
    if verb.dep_ in ("xcomp", "ccomp", "conj"):  # *un centre doit ouvrir*, *the plan was drafted and adopted*
        yield from (t for t in verb.head.children if t.dep_.startswith("nsubj"))
    if any(t.pos_ == "PRON" and t.dep_.startswith("nsubj") for t in verb.children):  # *Il sera examiné en juin*
        yield from verb.doc[max(sentence[0] - _PRONOUN_WINDOW, 0) : sentence[0]]
    yield from verb.doc[verb.i + 1 : min(verb.i + 1 + _OBJECT_WINDOW, sentence[1])]


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
