"""Named bodies: their whole names, their acronyms, and which mentions are the same body."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.document import Passage
from extractors.records import Organisation
from extractors.spans import Mention


def find(passages: Sequence[Passage]) -> list[Mention]:
    """Every mention of a named body; offsets into the view."""
    return []


def resolve(mentions: Sequence[Mention], passages: Sequence[Passage]) -> list[Organisation]:
    """One organisation a body, with all its mentions, in order of first mention."""
    return []
