"""A million documents' worth of names, resolved with flat memory; and what a place look-up costs.

    python benchmarks/names.py [--documents 1000000] [--seed 6]

Every document has four bodies and six places, drawn anew: from the tables of
organisations and places, with variants (capitals, no accents, short forms,
acronyms beside their names) and made-up names that no table knows, so that no
cache can hold them all. Resident memory is read at every tenth of the way; half-way
the caches are full, if there are 100,000 documents or more. A look-up's cost is counted in
steps of SQLite's machine and in microseconds of processor time, for names asked
once, none of them from the cache. Exits with 1 where memory grew by over 20 MB
in the second half, or a look-up takes over 100 µs.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import process_time

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from timing import machine, resident_mb  # noqa: E402

from extractors import gazetteers, languages, organisations, places  # noqa: E402
from extractors.document import Passage  # noqa: E402
from extractors.gazetteers import bodies  # noqa: E402
from extractors.spans import Mention  # noqa: E402

_BODIES, _PLACES = 4, 6  # names of a document
_MAX_GROWTH_MB, _MAX_LOOKUP_US = 20, 100
_LOOKUPS = 20_000  # names that are looked up once
_HEADS = {
    "fr": ("réseau", "Institut", "ministère de", "association", "Conseil régional de"),
    "en": ("Institute of", "Network for", "Council of", "the charity"),
}
_JOINTS = {"fr": (" et ", ", ", ", au ", " à "), "en": (" and ", ", ", " near ", ", in ")}


def names_of_places(limit: int) -> list[str]:
    """Names in use, of towns first to last by the order of the table, spread evenly over it."""
    connection = sqlite3.connect(f"{gazetteers.PATH.as_uri()}?mode=ro", uri=True)
    try:
        count = connection.execute("SELECT max(id) FROM places").fetchone()[0]
        step = max(1, count // limit)
        return [name for (name,) in connection.execute("SELECT name FROM places WHERE id % ? = 0", [step])]
    finally:
        connection.close()


def document(random_: random.Random, language: str, known: Sequence[bodies.Body], towns: Sequence[str]) -> tuple[Passage, list[Mention], list[Mention]]:
    """A passage of names and what stands between them, with the mentions of its bodies and of its places."""
    pieces: list[str] = []
    spans: tuple[list[Mention], list[Mention]] = ([], [])
    at = 0
    for kind, count in ((0, _BODIES), (1, _PLACES)):
        for _ in range(count):
            name = random_.choice(towns) if kind else body(random_, language, known, towns)
            spans[kind].append(Mention(at, at + len(name), "gazetteer" if kind else "table", 0.9))
            joint = random_.choice(_JOINTS[language])
            pieces += [name, joint]
            at += len(name) + len(joint)
    return Passage(0, at, languages.load(language), "".join(pieces)), *spans


def body(random_: random.Random, language: str, known: Sequence[bodies.Body], towns: Sequence[str]) -> str:
    """A name of the table as people write it, its acronym, or a made-up one."""
    if random_.random() < 0.5:
        return f"{random_.choice(_HEADS[language])} {random_.choice(towns)} {random_.randrange(10_000)}"
    row = random_.choice(known)
    name = random_.choice(row.acronyms or row.names) if random_.random() < 0.4 else random_.choice(row.names or row.acronyms)
    return name.upper() if random_.random() < 0.1 else name


def resolve(documents: int, seed: int) -> Iterator[tuple[int, float]]:
    """How many documents are done and the resident memory then, in megabytes, ten times on the way."""
    random_ = random.Random(seed)  # noqa: S311 - the same names in every run
    known, towns = list(bodies.load().by_key.values()), names_of_places(200_000)
    for done in range(1, documents + 1):
        passage, named, placed = document(random_, random_.choice(("fr", "en")), known, towns)
        found = organisations.resolve(named, [passage])
        places.resolve(placed, [passage], found)
        if done % max(1, documents // 10) == 0:
            yield done, resident_mb()


def lookups(seed: int) -> tuple[float, float]:
    """Steps of SQLite's machine and microseconds of processor time for one look-up of a name not asked before."""
    names = names_of_places(_LOOKUPS * 4)
    random.Random(seed).shuffle(names)  # noqa: S311 - the same names in every run
    asked = list(islice(dict.fromkeys(names), _LOOKUPS))
    gazetteers.candidates.cache_clear()
    before = process_time()
    for name in asked:
        gazetteers.candidates(name)
    microseconds = (process_time() - before) * 1e6 / len(asked)
    gazetteers.candidates.cache_clear()
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = gazetteers._connection()  # noqa: SLF001 - to count on the very connection that look-ups use
    connection.set_progress_handler(count, 1)
    for name in asked[:1_000]:
        gazetteers.candidates(name)
    connection.set_progress_handler(None, 0)
    return steps / 1_000, microseconds


def main() -> int:
    """Print both tables; 1 where a limit is not kept."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=6)
    given = options.parse_args()
    print(machine())
    steps, microseconds = lookups(given.seed)
    print(f"a look-up not in the cache: {steps:,.0f} steps of SQLite, {microseconds:,.1f} µs")
    levels = []
    before = process_time()
    for done, level in resolve(given.documents, given.seed):
        levels.append(level)
        print(f"{done:>10,} documents  {level:>7.1f} MB", flush=True)
    growth = max(levels) - levels[len(levels) // 2 - 1]
    seconds = process_time() - before
    print(f"{given.documents * (_BODIES + _PLACES) / seconds:,.0f} names a second; memory grew by {growth:.1f} MB in the second half")
    return int(growth > _MAX_GROWTH_MB or microseconds > _MAX_LOOKUP_US)


if __name__ == "__main__":
    sys.exit(main())
