"""Calendar expressions: where they stand, and which days they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from extractors.document import Passage
from extractors.languages import Language
from extractors.records import DateRange
from extractors.spans import Mention


@dataclass(frozen=True, slots=True)
class DateMention(Mention):
    """A calendar expression and what the grammar understood of it."""


def find(text: str, language: Language) -> list[DateMention]:
    """Every calendar expression of a text, in reading order; offsets into `text`."""
    return []


def resolve(mentions: Sequence[DateMention], text: str, passages: Sequence[Passage], published: date | None) -> list[DateRange]:
    """Expressions as inclusive days against the day of publication, equal ones joined."""
    return []


def dateline(text: str, passages: Sequence[Passage]) -> date | None:
    """The full date that stands as a dateline at the head of a text, None where there is none."""
    return None
