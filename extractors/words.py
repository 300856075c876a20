"""A passage as words: our own cut, with spaCy's tag and entity label on each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from extractors.document import Passage
from extractors.gazetteers.bodies import fold

# Dotted capitals, elisions, possessives, words with inner hyphens, line ends, single signs.
_WORD = re.compile(r"(?:[A-Z]\.){2,}|(?:[cdjlmnstCDJLMNST]|[qQ]u)'(?=[^\W_])|'s\b|[^\W_]+(?:-[^\W_]+|'(?!s\b)[^\W_]+)*|\n|['‘]'|[^\w\s]|_")
_BREAKS = frozenset("\n.!?;:()[]{}|•…=<>*#\"«»“”")
OPENING = frozenset(['"', "«", "“", "''", "‘'"])
CLOSING = frozenset(['"', "»", "”", "''"])


@dataclass(frozen=True, slots=True)
class Word:
    """One word or sign; start and end are code points into the view.

    tag: universal part of speech. label: ORG, PLACE, PERSON, PEOPLE, MISC or "".
    """

    text: str
    start: int
    end: int
    tag: str
    label: str
    folded: str

    @property
    def is_capital(self) -> bool:
        """Whether it opens with a capital letter."""
        return self.text[0].isupper()

    @property
    def is_break(self) -> bool:
        """Whether no name runs across it."""
        return self.text in _BREAKS or self.text in OPENING

    @property
    def is_word(self) -> bool:
        """Whether it has a letter or a digit."""
        return self.text[0].isalnum()

    @property
    def is_sign(self) -> bool:
        """Whether it is written as an acronym: ONU, O.N.U., RÉSAL, ONU-Habitat no, SEA-PAC yes."""
        letters = [c for c in self.text if c.isalpha()]
        return 2 <= len(letters) <= 10 and self.is_capital and all(c.isupper() for c in letters)


def read(passage: Passage) -> list[Word]:
    """The words of a passage that spaCy has read, in order."""
    tokens = list(passage.doc) if passage.doc is not None else []
    labels = passage.language.table["model"]["entities"]
    found: list[Word] = []
    at = 0
    for cut in _WORD.finditer(passage.text):
        while at < len(tokens) and tokens[at].idx + len(tokens[at].text) <= cut.start():
            at += 1
        token = tokens[at] if at < len(tokens) and tokens[at].idx < cut.end() else None
        tag, label = (token.pos_, labels.get(token.ent_type_, "")) if token is not None else ("", "")
        text = cut.group()
        found.append(Word(text, passage.start + cut.start(), passage.start + cut.end(), tag, label, fold(text)))
    return found


def phrases(entries: list[str]) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Phrases as folded words, by first word, the longest first."""
    table: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries:
        cut = tuple(fold(w) for w in _WORD.findall(entry))
        table.setdefault(cut[0], []).append(cut)
    return {first: tuple(sorted(rows, key=len, reverse=True)) for first, rows in table.items()}
