"""Mentions: where in the text something is named, and which of two overlapping ones wins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

Span = tuple[int, int]
M = TypeVar("M", bound="Mention")  # Python 3.11 has no PEP 695


@dataclass(frozen=True, slots=True)
class Mention:
    """One stretch of text that names one thing; code points, end exclusive.

    rule: who found it, for the record and for whoever mends it.
    confidence: 0 to 1, before resolution.
    """

    start: int
    end: int
    rule: str
    confidence: float = 0.5

    @property
    def span(self) -> Span:
        return self.start, self.end

    def shifted(self, offset: int) -> Self:
        """The same mention in a text that starts `offset` code points earlier."""
        return replace(self, start=self.start + offset, end=self.end + offset)


def overlap(a: Span, b: Span) -> bool:
    """Whether two spans share a code point."""
    return a[0] < b[1] and b[0] < a[1]


class Cover:
    """A set of disjoint spans that answers "does this touch one?" in logarithmic time."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = _merged(sorted(spans))
        self._ends = [end for _, end in self._spans]

    def touches(self, span: Span) -> bool:
        """Whether `span` shares a code point with any span of the set."""
        index = bisect_left(self._ends, span[0] + 1)
        return index < len(self._spans) and self._spans[index][0] < span[1]

    def holds(self, span: Span) -> bool:
        """Whether one span of the set contains `span` whole."""
        index = bisect_left(self._ends, span[1])
        return index < len(self._spans) and self._spans[index][0] <= span[0]


def longest(mentions: Sequence[M]) -> list[M]:
    """Those that remain when the longer of two overlapping mentions wins, then the surer."""
    kept: list[M] = []
    taken: list[Span] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, -m.confidence, m.start)):
        index = bisect_left(taken, mention.span)
        before = index > 0 and taken[index - 1][1] > mention.start
        after = index < len(taken) and taken[index][0] < mention.end
        if not (before or after):
            taken.insert(index, mention.span)
            kept.append(mention)
    return sorted(kept, key=lambda m: m.span)


def outside(mentions: Iterable[M], spans: Iterable[Span]) -> list[M]:
    """The mentions that touch none of the spans."""
    cover = Cover(spans)
    return [m for m in mentions if not cover.touches(m.span)]


def not_inside(mentions: Iterable[M], spans: Iterable[Span]) -> list[M]:
    """The mentions that no longer span contains: *Tahrir* is not a body in *place Tahrir*."""
    longer = sorted(spans)
    ends = [end for _, end in longer]
    kept = []
    for mention in mentions:
        index = bisect_left(ends, mention.end)
        is_inside = index < len(longer) and longer[index][0] <= mention.start and longer[index] != mention.span
        if not is_inside:
            kept.append(mention)
    return kept


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
