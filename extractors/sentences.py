"""Where sentences begin and end: ours, since spaCy sets no bounds where its parser does not run."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from extractors.languages import Language
from extractors.spans import Span

_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”)\]]*+(?=\s)|\n+")  # from the first mark of a run alone: a run without an end is not gone over again
_WORD_BEFORE = re.compile(r"[^\s(\"'«“]{1,12}$")
_NEXT = re.compile(r"\s*[-–—«\"“'(\[•*]*\s*(\S)")


@lru_cache(maxsize=512)  # a passage is asked for once to be parsed, once for its triggers, once for its scene
def split(text: str, language: Language) -> Sequence[Span]:
    """Spans of the sentences of a text; a line break always ends one, an abbreviation never does."""
    abbreviations = frozenset(language.section("sentences").get("abbreviations", ()))
    spans: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        if text[stop.start()] != "\n" and not _ends_sentence(text, stop, abbreviations):
            continue
        _add(spans, text, start, stop.end())
        start = stop.end()
    _add(spans, text, start, len(text))
    return spans


def holding(spans: Sequence[Span], offset: int) -> int:
    """Index of the last span that starts at or before an offset; 0 where none does."""
    return max(bisect_right(spans, (offset, 1 << 60)) - 1, 0)


def _ends_sentence(text: str, stop: re.Match[str], abbreviations: frozenset[str]) -> bool:
    following = _NEXT.match(text, stop.end())
    if following is not None and following.group(1).islower():
        return False
    if stop.group()[0] != "." or len(stop.group().rstrip("\"'»”)]")) > 1:
        return True
    before = _WORD_BEFORE.search(text, max(stop.start() - 12, 0), stop.start())
    if before is None:
        return True
    word = before.group()
    is_initial = len(word) == 1 and word.isupper()
    is_dotted = "." in word and following is not None and word.replace(".", "").isupper()
    return not (is_initial or is_dotted or word.casefold() in abbreviations)


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        begin = start + piece.index(stripped[0])
        spans.append((begin, begin + len(stripped)))
