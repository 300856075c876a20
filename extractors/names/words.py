"""A passage as words: our own cut, with spaCy's tag and entity label on each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from extractors.document import Passage
from extractors.gazetteers.bodies import fold
from extractors.spans import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

# Dotted capitals, elisions, possessives, words with inner hyphens or points (*élu·e·s*), line ends, doubled quotation marks, single signs.
_WORD = re.compile(r"(?:[A-Z]\.){2,}|(?:[cdjlmnstCDJLMNST]|[qQ]u)'(?=[^\W_]|[«“\"])|'s\b|[^\W_]+(?:[-·][^\W_]+|'(?!s\b)[^\W_]+)*|\n|['‘]'|[^\w\s]|_")
OPENING = frozenset(['"', "«", "“", "''", "‘'"])
CLOSING = frozenset(['"', "»", "”", "''"])
_BREAKS = frozenset("\n.!?;:()[]{}|•…=<>*#»”") | OPENING
_STARTS = frozenset("\n.!?•…")
_DASHES = frozenset("–—|")
_OPENING = 3  # words of a line's opening in capitals
_LONGEST_SIGN = 10  # letters of an acronym

Phrase = tuple[str, ...]
Phrases = Mapping[str, tuple[Phrase, ...]]  # folded phrases by first word, the longest first


class Word(NamedTuple):
    """One word or sign; start and end are code points into the view.

    tag: universal part of speech. label: ORG, PLACE, PERSON, PEOPLE, MISC or "".
    is_sign: written as an acronym (ONU, O.N.U., SEA-PAC). is_break: no name
    runs across it.
    """

    text: str
    start: int
    end: int
    tag: str
    label: str
    folded: str
    is_capital: bool
    is_word: bool
    is_sign: bool
    is_break: bool


def read(passage: Passage) -> list[Word]:
    """The words of a passage that spaCy has read, in order."""
    tokens = list(_tokens(passage.doc)) if passage.doc is not None else []
    labels = passage.language.table["model"]["entities"]
    found: list[Word] = []
    at, count = 0, len(tokens)
    for cut in _WORD.finditer(passage.text):
        start, end = cut.span()
        while at < count and tokens[at][1] <= start:
            at += 1
        _, _, tag, label = tokens[at] if at < count and tokens[at][0] < end else (0, 0, "", "")
        text = cut.group()
        found.append(Word(text, passage.start + start, passage.start + end, tag, labels.get(label, ""), *_looks(text)))
    return _calmed(found)


def _tokens(doc: Doc) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, tag and entity label of each of spaCy's tokens."""
    strings, at = doc.vocab.strings, 0
    for tag, label, length, space in doc.to_array(["POS", "ENT_TYPE", "LENGTH", "SPACY"]).tolist():
        yield at, at + length, strings[tag], strings[label]
        at += length + space


def spoken(words: Sequence[Word], is_place: Callable[[str], bool]) -> list[Word]:
    """The words, with those of lines that are all in capitals as if written small, but for the names of places."""
    out = list(words)
    for start, end in _shouted(words):
        out[start:end] = [w._replace(is_capital=w.is_capital and is_place(w.text)) for w in words[start:end]]
    return out


def _calmed(words: Sequence[Word]) -> list[Word]:
    """The words, with no signs in lines that are all in capitals, where nothing can be told from them."""
    out = list(words)
    for start, end in _shouted(words):
        out[start:end] = [w._replace(is_sign=False) for w in words[start:end]]
    return out


def _shouted(words: Sequence[Word]) -> Iterator[Span]:
    """Index of the first word and after the last of each line that is all in capitals, or of its opening up to a dash."""
    for before, end in pairwise([-1, *(index for index, word in enumerate(words) if word.text == "\n"), len(words)]):
        if _is_shouted(words, before + 1, end):
            yield before + 1, end
        elif before + 1 < end and words[before + 1].text.isupper():
            dash = next((index for index in range(before + 1, end) if words[index].text in _DASHES), before + 1)
            if dash - before > _OPENING and _is_shouted(words, before + 1, dash):
                yield before + 1, dash


def _is_shouted(words: Sequence[Word], start: int, end: int) -> bool:
    """Whether words, two at least, are all in capitals."""
    letters = (w.text for w in words[start:end] if w.is_word and w.text[0].isalpha())
    return next(letters, "").isupper() and next(letters, "").isupper() and all(map(str.isupper, letters))


def phrases(entries: Iterable[str]) -> Phrases:
    """Entries of a word list as phrases of folded words."""
    table: dict[str, list[Phrase]] = {}
    for entry in entries:
        phrase = phrase_of(entry)
        table.setdefault(phrase[0], []).append(phrase)
    return {first: tuple(sorted(rows, key=len, reverse=True)) for first, rows in table.items()}


def phrase_of(entry: str) -> Phrase:
    """One entry of a word list as a text's words would be cut and folded."""
    return tuple(fold(cut) for cut in _WORD.findall(entry))


def opens(words: Sequence[Word], at: int) -> bool:
    """Whether a word opens its sentence, line, item or quotation, so that its capital says nothing."""
    return at == 0 or words[at - 1].is_break or words[at - 1].text in ("-", "–", "—", "·", ",")


def starts_line(words: Sequence[Word], at: int) -> bool:
    """Whether a word is the first of its line, item or sentence."""
    return at == 0 or words[at - 1].text in _STARTS or not words[at - 1].is_word and (at == 1 or words[at - 2].text == "\n")


@lru_cache(maxsize=50_000)  # the same words come again and again
def _looks(text: str) -> tuple[str, bool, bool, bool, bool]:
    """Of a Word all that its letters tell: folded to is_break."""
    is_capital = text[0].isupper()
    is_sign = is_capital and text.isupper() and 2 <= sum(map(str.isalpha, text)) <= _LONGEST_SIGN
    return fold(text), is_capital, text[0].isalnum(), is_sign, text in _BREAKS
