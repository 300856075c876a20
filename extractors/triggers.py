"""Trigger words: which words of a text may tell of an event, by the taxonomy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from extractors import event_types, sentences
from extractors.document import Passage
from extractors.event_types import Entry
from extractors.languages import Language
from extractors.spans import Mention

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_OBJECT_WINDOW = 9  # tokens after a verb in which its object is looked for where the parse gives none
_UNLESS_MARGIN = {"nouns": 30, "verbs": 80}  # code points around a trigger in which a phrase can make it something else
_VERBAL = ("VERB", "AUX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(Mention):
    """A word that may tell of an event; `token` is its index in the passage's Doc."""

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
def lexicon(language: Language) -> Lexicon:
    """The taxonomy's words in one language, compiled once."""
    table: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    verb_forms: dict[str, str] = {}
    section = language.section("events")
    for kind in event_types.load_all().values():
        for entry in kind.entries.get(language.code, ()):
            for phrase in entry.words:
                words = tuple(phrase.lower().replace("'", "' ").split())
                table.setdefault(words[0], []).append((words, entry))
                if entry.word_class == "verbs" and len(words) == 1:
                    verb_forms.update(_forms(words[0], section.get("verb_endings", {})))
                elif len(words) == 1:
                    for ending in section.get("noun_endings", ()):
                        table.setdefault(words[0] + ending, []).append(((words[0] + ending,), entry))
    return Lexicon({first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in table.items()}, verb_forms)


def find(passages: Sequence[Passage]) -> list[Trigger]:
    """Every word that may tell of an event, the longest phrase where two overlap; offsets into the view."""
    return [t for number, passage in enumerate(passages) for t in _in_passage(passage, number)]


def _in_passage(passage: Passage, number: int) -> list[Trigger]:
    doc = passage.doc
    assert doc is not None, "find needs spaCy's reading of the passage"
    found: list[Trigger] = []
    for first, last in _sentence_tokens(doc, sentences.split(passage.text, passage.language)):
        for index in range(first, last):
            found += _at(passage, number, index, (first, last))
    return _longest_phrases(found)


def _longest_phrases(found: Iterable[Trigger]) -> list[Trigger]:
    """Without those inside a longer one; a word of two types (*strike*) stays twice, for its sentence to decide."""
    kept: list[Trigger] = []
    for trigger in sorted(found, key=lambda t: (t.start, t.start - t.end)):
        if not kept or trigger.start >= kept[-1].end or trigger.span == kept[-1].span:
            kept.append(trigger)
    return kept


def _sentence_tokens(doc: Doc, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    index = 0
    for start, end in spans:
        while index < len(doc) and doc[index].idx < start:
            index += 1
        first = index
        while index < len(doc) and doc[index].idx < end:
            index += 1
        if index > first:
            yield first, index


def _at(passage: Passage, number: int, index: int, sentence: tuple[int, int]) -> Iterator[Trigger]:
    doc, words = passage.doc, lexicon(passage.language)
    assert doc is not None
    token = doc[index]
    keys = dict.fromkeys((token.lower_, token.lemma_.lower(), words.verb_forms.get(token.lower_, "")))
    for key in keys:
        for phrase, entry in words.by_first.get(key, ()):
            end = index + len(phrase)
            if end > sentence[1] or not _follows(doc, index, phrase) or not _fits(token, entry, sentence):
                continue
            span = (passage.start + token.idx, passage.start + doc[end - 1].idx + len(doc[end - 1]))
            if _is_something_else(passage.text, span, passage.start, entry):
                continue
            yield Trigger(*span, rule=f"{entry.type}:{entry.words[0]}", confidence=0.5, entry=entry, passage=number, token=index, sentence=sentence)


def _follows(doc: Doc, index: int, phrase: tuple[str, ...]) -> bool:
    return all(word in (doc[index + k].lower_, doc[index + k].lemma_.lower()) for k, word in enumerate(phrase) if k)


def _fits(token: Token, entry: Entry, sentence: tuple[int, int]) -> bool:
    """Whether the word class, the reflexive pronoun and the object are what the entry asks."""
    if entry.word_class == "nouns":
        return token.pos_ not in ("VERB", "AUX", "ADP") or token.is_title
    is_headline_word = token.pos_ == "PROPN" and token.is_title and _is_title_case(token.doc[sentence[0] : sentence[1]])
    is_mistagged = token.pos_ == "NOUN" and token.i == token.head.i
    if not (token.pos_ in (*_VERBAL, "ADJ") or is_headline_word or is_mistagged):
        return False
    if entry.is_reflexive and not any("Reflex=Yes" in str(t.morph) or t.dep_.startswith("expl") for t in token.children):
        return False
    return not entry.objects or any(t.lemma_.lower() in entry.objects or t.lower_ in entry.objects for t in _objects(token, sentence))


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
