"""Near-identical texts: a dispatch that five papers print is one report, and counts once.

    signature(text) → bytes to store;  bands(signature) → keys to index;  is_same_report(a, b)

Texts are compared as sets of three words in a row (shingles), by MinHash: the share
of equal places of two signatures estimates the share of shingles that the texts have
in common. Texts that share no band need never be compared.
"""

from __future__ import annotations

import hashlib
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from extractors.document import view
from extractors.gazetteers import bodies

SHINGLE_WORDS = 3
PLACES = 126  # of a signature: the standard error of an estimate is at most 0.045
BANDS = 42  # of three places: two texts at 0.4 share one with probability 0.94, at 0.5 with 0.996, at 0.05 with 0.005
# Measured by benchmarks/linking.py: a corpus text under another headline, a fifth shorter and with every
# 25th word replaced stays at 0.5 or more of itself; two posts of one form on other events reach 0.2, all others less.
THRESHOLD = 0.4
SHORT_WORDS = 25  # a text with fewer is compared by all its words: a few shingles estimate nothing
_SEED = 7
_ROWS = PLACES // BANDS
_EXACT, _SKETCH = b"x", b"m"


def signature(text: str) -> bytes:
    """What a text is recognised by: 506 bytes, 17 for a short text; case, accents, punctuation and line breaks do not count.

    It holds for one algorithm of the library: signatures of another are like no
    other, never like a wrong one.
    """
    from rensa import RMinHash

    words = bodies.split(view(text).text)
    if len(words) < SHORT_WORDS:
        return _EXACT + hashlib.sha256(" ".join(words).encode()).digest()[:16]
    sketch = RMinHash(num_perm=PLACES, seed=_SEED)
    sketch.update(sorted({" ".join(words[at : at + SHINGLE_WORDS]) for at in range(len(words) - SHINGLE_WORDS + 1)}))
    return _SKETCH + bytes([RMinHash.ALGORITHM_VERSION % 256]) + struct.pack(f"<{PLACES}I", *sketch.digest())


def bands(signed: bytes) -> tuple[str, ...]:
    """Keys of which two signatures share at least one where their texts are near-identical."""
    if signed[:1] == _EXACT:
        return (signed.hex(),)
    size = 4 * _ROWS
    pieces = (signed[2 + number * size : 2 + (number + 1) * size] for number in range(BANDS))
    return tuple(f"{number}:{hashlib.sha256(signed[:2] + piece).hexdigest()[:12]}" for number, piece in enumerate(pieces))


def similarity(a: bytes, b: bytes) -> float:
    """Estimated share, 0 to 1, of the shingles of two texts that both have; of short texts 1 or 0."""
    if a == b:
        return 1.0
    if a[:2] != b[:2] or a[:1] == _EXACT:
        return 0.0
    layout = f"<{PLACES}I"
    equal = [x == y for x, y in zip(struct.unpack_from(layout, a, 2), struct.unpack_from(layout, b, 2), strict=True)]
    return equal.count(True) / PLACES


def is_same_report(a: bytes, b: bytes) -> bool:
    """Whether two signatures are of near-identical texts."""
    return similarity(a, b) >= THRESHOLD


def same_reports(signed: bytes, others: Sequence[bytes]) -> list[bool]:
    """`is_same_report` of a signature and each of many, in one comparison of them all."""
    import numpy as np

    alike = [n for n, other in enumerate(others) if other[:2] == signed[:2] and len(other) == len(signed)]
    if signed[:1] == _EXACT or not alike:
        return [other == signed for other in others]
    places = np.frombuffer(b"".join([others[n][2:] for n in alike]), dtype="<u4").reshape(len(alike), PLACES)
    equal = (places == np.frombuffer(signed, dtype="<u4", offset=2)).sum(axis=1)
    found = [False] * len(others)
    for number, count in zip(alike, equal.tolist(), strict=True):
        found[number] = count / PLACES >= THRESHOLD
    return found


def reports(signatures: Mapping[str, bytes]) -> dict[str, str]:
    """For each document id the report that it prints: the smallest id of those with near-identical texts.

    Whatever the order; texts that are alike through a third are one report, and
    each set so connected stands on its own: adding or removing a document
    concerns the set it touches and no other.
    """
    first: dict[bytes, str] = {}
    parent = {document: first.setdefault(signatures[document], document) for document in sorted(signatures)}
    for a, b in _neighbours(first):
        low, high = sorted((_root(parent, a), _root(parent, b)))
        parent[high] = low
    return {document: _root(parent, document) for document in parent}


def _neighbours(first: Mapping[bytes, str]) -> Iterator[tuple[str, str]]:
    """Pairs that are one report, of the documents that each bear a signature first: copies to the letter cost nothing."""
    holders: dict[str, list[bytes]] = defaultdict(list)
    for signed in first:
        for key in bands(signed):
            holders[key].append(signed)
    for a, b in {pair for signed in holders.values() for pair in combinations(signed, 2)}:
        if is_same_report(a, b):
            yield first[a], first[b]


def _root(parent: dict[str, str], document: str) -> str:
    while parent[document] != document:
        parent[document] = parent[parent[document]]
        document = parent[document]
    return document
