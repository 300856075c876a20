"""Places: where they are named, and which place of that name is meant."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.document import Passage
from extractors.records import Organisation, Place
from extractors.spans import Mention


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a place; offsets into the view."""
    return []


def resolve(mentions: Sequence[Mention], passages: Sequence[Passage], organisations: Sequence[Organisation]) -> list[Place]:
    """One place a spot, with all its mentions, country and coordinates."""
    return []
