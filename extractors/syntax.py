"""Words as the readers of events see them, taken out of spaCy's Doc once: a Doc makes an object anew for each look at a word."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from extractors.document import Passage
from extractors.languages import Language
from extractors.languages.network import row_keys

if TYPE_CHECKING:
    from spacy.tokens import Doc

VERBAL = ("VERB", "AUX")
UNDONE: tuple[Literal["postponed"], Literal["cancelled"]] = ("postponed", "cancelled")  # kinds of cue, the one first that counts where both are said
_NEXT_VERB = 6  # tokens within which the verb of an opening pronoun stands
_COLUMNS = ["LOWER", "LEMMA", "POS", "DEP", "MORPH"]
_FLAGS = ["LENGTH", "SPACY", "IS_ALPHA", "IS_PUNCT", "LIKE_NUM", "IS_TITLE", "ENT_TYPE"]
_WORDS = "words"  # in the user data of a Doc: its words, once they are taken out
_LABEL_MARKS = frozenset("(–—|:")
_NONE: frozenset[str] = frozenset()
_MOST_FORMS = 100_000  # kept: of words with their lemma, tags and dependency
_Forms = tuple[str, str, str, str, str, frozenset[str]]  # of Word: lower to kinds


@dataclass(frozen=True, eq=False, slots=True)
class Cues:
    """The [events] section of a language, as sets.

    kinds: of each cue word the lists that hold it.
    padded: the cues of a list with a blank on either side, to be found in a padded text; openings: their first words.
    """

    words: Mapping[str, frozenset[str]]
    kinds: Mapping[str, frozenset[str]]
    padded: Mapping[str, tuple[str, ...]]
    openings: Mapping[str, frozenset[str]]

    def of(self, form: str, lemma: str) -> frozenset[str]:
        """The kinds of cue that a word is, by lemma or form."""
        of_form, of_lemma = self.kinds.get(form, _NONE), self.kinds.get(lemma, _NONE)
        return of_form | of_lemma if of_form and of_lemma else of_form or of_lemma

    def stand_in(self, words: Sequence[Word], kind: str) -> bool:
        """Whether some words in a row hold a cue of a kind."""
        forms = [word.lower for word in words]
        if self.openings[kind].isdisjoint(forms):
            return False  # nearly always
        text = f" {' '.join(forms)} "
        return any(phrase in text for phrase in self.padded[kind])


@lru_cache
def cues(language: Language) -> Cues:
    """The cue words of a language, compiled once."""
    section: Mapping[str, Any] = language.section("events")
    words = {name: frozenset(listed) for name, listed in section.items() if isinstance(listed, list)}
    kinds: dict[str, set[str]] = {}
    for name, listed in words.items():
        for word in listed:
            kinds.setdefault(word, set()).add(name)
    padded = {name: tuple(f" {word} " for word in listed) for name, listed in words.items()}
    openings = {name: frozenset(word.split()[0] for word in listed if word.split()) for name, listed in words.items()}
    return Cues(words, {word: frozenset(names) for word, names in kinds.items()}, padded, openings)


@dataclass(eq=False, slots=True)
class Word:
    """A token: its number in the passage, its offsets into the passage, its forms in small letters, and what it hangs on.

    kinds: of cue that it is. entity: the model's label of the entity that it belongs to. A word that depends on nothing is
    its own head.
    """

    i: int
    start: int
    end: int
    lower: str
    lemma: str
    pos: str
    dep: str
    morph: str
    kinds: frozenset[str]
    is_alpha: bool
    is_punct: bool
    like_num: bool
    is_title: bool
    entity: str
    head: Word = field(init=False)
    children: list[Word] = field(init=False)

    def below(self) -> Iterator[Word]:
        """The words that depend on this one, directly or not."""
        for child in self.children:
            yield child
            yield from child.below()


def words_of(passage: Passage) -> list[Word]:
    """Every word of a passage that spaCy has read; taken out of the Doc when first asked for."""
    doc = passage.doc
    assert doc is not None, "spaCy has not read the passage"
    if _WORDS not in doc.user_data:
        doc.user_data[_WORDS] = _taken(doc, passage.language)
    words: list[Word] = doc.user_data[_WORDS]
    return words


def _taken(doc: Doc, language: Language) -> list[Word]:
    words: list[Word] = []
    start, strings = 0, doc.vocab.strings
    for i, (form, (length, space, is_alpha, is_punct, like_num, is_title, entity)) in enumerate(
        zip(_forms(language, doc), doc.to_array(_FLAGS).tolist(), strict=True)
    ):
        word = Word(i, start, start + length, *form, is_alpha == 1, is_punct == 1, like_num == 1, is_title == 1, strings[entity] if entity else "")
        word.head, word.children = word, []
        words.append(word)
        start += length + space
    for i, head in enumerate(doc.to_array("HEAD").view("int64").tolist()):
        if head:
            word = words[i]
            word.head = words[i + head]
            word.head.children.append(word)
    return words


def _forms(language: Language, doc: Doc) -> list[_Forms]:
    """What the words of a text are written like and which cues they are; each combination is looked at once."""
    rows = doc.to_array(_COLUMNS)
    keys, kept = row_keys(rows), _kept_forms(language)
    if len(kept) > _MOST_FORMS:
        kept.clear()
    new = {key: number for number, key in enumerate(keys) if key not in kept}
    known, strings = cues(language), doc.vocab.strings
    for key, number in new.items():
        lower, lemma, pos, dep, morph = (strings[hash_] for hash_ in rows[number].tolist())
        kept[key] = lower, lemma.lower(), pos, dep, morph, known.of(lower, lemma.lower())
    return [kept[key] for key in keys]


@lru_cache
def _kept_forms(_: Language) -> dict[bytes, _Forms]:
    return {}


@dataclass(frozen=True, eq=False)
class Sentence:
    """The words of a sentence, and what they say to each of its triggers alike.

    passage: all words of the passage that it stands in.
    """

    words: Sequence[Word]
    passage: Sequence[Word]
    cues: Cues

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of cue among its words."""
        return _NONE.union(*(w.kinds for w in self.words))

    @cached_property
    def forms(self) -> frozenset[str]:
        """Its words and their lemmas, in small letters."""
        return frozenset(form for w in self.words for form in (w.lower, w.lemma))

    @cached_property
    def is_habitual(self) -> bool:
        return self.cues.stand_in(self.words, "habits")

    @cached_property
    def is_announced(self) -> bool:
        return self.cues.stand_in(self.words, "planned_phrases")

    @cached_property
    def is_headline(self) -> bool:
        """Whether it has neither a finite verb nor a mark at its end."""
        return not self.words[-1].is_punct and not any("VerbForm=Fin" in w.morph for w in self.words)

    @cached_property
    def has_number(self) -> bool:
        return any(w.like_num for w in self.words)

    @cached_property
    def has_verb(self) -> bool:
        return any(w.pos in VERBAL for w in self.words)

    @cached_property
    def labels(self) -> Sequence[Word]:
        """Where no verb makes a statement, its first and last word and those that open a part of it: *CANCELLED: the tour*, *Visite du fort (annulée)*."""
        words = [w for w in self.words if w.is_alpha]
        if not words or any(w.pos == "AUX" for w in self.words):
            return ()
        return [words[0], *(b for a, b in itertools.pairwise(self.words) if a.lower in _LABEL_MARKS and b.is_alpha and b is not words[0]), words[-1]]

    @cached_property
    def taken_up(self) -> Sequence[Word]:
        """The verb of a next sentence that opens with a pronoun, in the same paragraph: *Il est reporté*."""
        end = self.words[-1].i + 1
        if end >= len(self.passage) or self.passage[end].pos != "PRON":  # that sentence may hold no trigger, and so have no parse
            return ()
        return tuple(itertools.takewhile(lambda w: w.pos != "NOUN" and not w.is_punct, self.passage[end + 1 : end + _NEXT_VERB]))

    @cached_property
    def undoing(self) -> Sequence[Word]:
        """Its words that can say that something is off or put off."""
        return [w for w in self.words if not w.kinds.isdisjoint(UNDONE)]

    @cached_property
    def may_undo(self) -> bool:
        """Whether it, or what takes it up, holds such a word or may hold such a phrase."""
        openings = [self.cues.openings[f"{kind}_phrases"] for kind in UNDONE]
        return bool(self.undoing) or any(not w.kinds.isdisjoint(UNDONE) or any(w.lower in o for o in openings) for w in (*self.words, *self.taken_up))
