"""Acronyms and their long forms: *Full Name (ACRO)*, *ACRO (Full Name)*, *Full Name – ACRO*, checked by letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.gazetteers.bodies import fold, undotted
from extractors.names import Lexicon
from extractors.words import CLOSING, OPENING, Word

FARTHEST = 18  # words from an acronym back to the start of its long form


@dataclass(frozen=True, slots=True)
class Gloss:
    """A sign set beside its long form: word indexes; `start` and `end` bound the long form.

    start is None where the letters do not tell where the long form begins.
    """

    sign: int
    start: int | None
    end: int


def spells(acronym: str, words: Sequence[str], skipped: frozenset[str], *, strict: bool = False) -> bool:
    """Whether an acronym is made of the words' first letters, in order; small words may be skipped.

    strict: of nothing else. If not, a word may also give later letters ("INSErm"
    of *institut*), and one word in four may give none.
    """
    letters = fold("".join(c for c in undotted(acronym) if c.isalnum()))
    parts = [p for w in words for p in fold(w).replace("'", "-").split("-") if p]
    if len(letters) < 2 or not parts or parts[0][0] != letters[0]:
        return False
    content = [p for p in parts if p not in skipped]
    silent = 0 if strict else len(content) // 4
    if len(content) > len(letters) + silent:
        return False
    return _spelled(letters, [(p[:1] if strict else p, p in skipped) for p in parts], silent)


def _spelled(letters: str, parts: Sequence[tuple[str, bool]], silent: int) -> bool:
    """Dynamic programme: the states are (letters used, silent words left) after each word."""
    states = {(0, silent)}
    for part, is_small in parts:
        following: set[tuple[int, int]] = set()
        for used, left in states:
            if is_small:
                following.add((used, left))
            elif left:
                following.add((used, left - 1))
            if used < len(letters) and part[0] == letters[used]:
                following.update((at, left) for at in _given(letters, used, part))
        states = following
    return any(used == len(letters) for used, _ in states)


def _given(letters: str, used: int, part: str) -> Iterator[int]:
    """How many letters are used after a word that gives its first and perhaps later ones."""
    for character in part:
        if used < len(letters) and character == letters[used]:
            used += 1
            yield used


def glosses(words: Sequence[Word], lexicon: Lexicon) -> Iterator[Gloss]:
    """Every sign in parentheses, or after a dash within them, with the long form before it."""
    skipped = lexicon.lists.get("skipped", frozenset())
    for at, word in enumerate(words):
        if not is_sign(word) or at < 2:
            continue
        before = words[at - 1].text
        if before == "(" and _closes(words, at + 1):
            end = at - 1
        elif before in "–—-" and words[at - 1].start > words[at - 2].end and _closes(words, at + 1):
            end = at - 1
        else:
            continue
        while end > 0 and words[end - 1].text in CLOSING:
            end -= 1
        yield Gloss(at, _start(words, word.text, end, skipped), end)


def is_sign(word: Word) -> bool:
    """Whether a word in parentheses can be the short form of a name: two capitals in ten letters, first included."""
    letters = [c for c in word.text if c.isalpha()]
    return word.text[0].isupper() and 2 <= len(word.text) <= 12 and (word.is_sign or sum(c.isupper() for c in letters) >= 2)


def _closes(words: Sequence[Word], at: int) -> bool:
    return at < len(words) and words[at].text in (")", ",", ";", "–", "]")


def _start(words: Sequence[Word], acronym: str, end: int, skipped: frozenset[str]) -> int | None:
    """Where the shortest long form begins that spells the acronym, by first letters if it can be."""
    strict = _start_of(words, acronym, end, skipped, strict=True)
    return strict if strict is not None else _start_of(words, acronym, end, skipped, strict=False)


def _start_of(words: Sequence[Word], acronym: str, end: int, skipped: frozenset[str], *, strict: bool) -> int | None:
    parts: list[str] = []
    for at in range(end - 1, max(-1, end - 1 - FARTHEST), -1):
        word = words[at]
        if word.is_break and word.text not in OPENING | CLOSING:
            return None
        if not word.is_word:
            continue
        parts.insert(0, word.text.rstrip("'"))
        if word.folded not in skipped and spells(acronym, parts, skipped, strict=strict):
            return at
    return None
