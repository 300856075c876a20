"""What the store keeps beside a record, to link it and to find it by: it follows from the record alone, so that whoever extracted can make it.

Prepared.of(record) → Prepared
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from service.store import search

if TYPE_CHECKING:
    from extractors.linking import Candidate
    from extractors.records import Record


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """What an event is compared by, as such and as JSON; the keys of its blocks, each once, sorted; the words that it is found by."""

    candidate: Candidate
    content: str
    blocks: tuple[int, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a text is recognised by; the keys of its bands; the stems that it is found by; its events, in the record's order."""

    signature: bytes
    bands: tuple[int, ...]
    words: str
    events: tuple[PreparedEvent, ...]

    @classmethod
    def of(cls, record: Record) -> Self:
        """All of it, of a record as it is: of one that is changed it has to be made anew."""
        from extractors import linking, similar

        signature = similar.signature(record.text)
        events = zip(record.events, linking.candidates(record), strict=True)
        return cls(
            signature,
            tuple(_hashed(band) for band in similar.bands(signature)),
            search.document_words(record),
            tuple(PreparedEvent(candidate, candidate.dumps(), _blocks(candidate), search.event_words(event, record)) for event, candidate in events),
        )


def _blocks(candidate: Candidate) -> tuple[int, ...]:
    from extractors import linking

    return tuple(sorted({_hashed(block) for block in linking.blocks(candidate)}))


def _hashed(key: str) -> int:
    """A key as 63 bits: rows of numbers are a quarter of the size, and two keys that meet by chance are only compared."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") >> 1
