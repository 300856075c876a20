"""Fit extractors/coreference.csv: `PYTHONPATH=. python tests/fit_coreference.py` prints how well, `--write` writes the weights.

The texts are our own: tests/gold, tests/training and tests/posts. Of each telling that lies on a word of a gold event, and each gold event of
its type that was told of before, the gold says whether they are the same. Run it after fit_signs.py, which decides what is told.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import posts
from fit_signs import FOLDERS, Floats, fitted, heard, touches

from extractors import coreference, events
from extractors.coreference import Account, Thread
from extractors.evaluate import Json, load_gold

WEIGHTS = Path(coreference.__file__).with_name("coreference.csv")
FOLDS = 5
RIDGE = 8.0
LEAST_SEEN = 12  # a sign seen less often gets no weight


@dataclass(frozen=True)
class Pair:
    """A telling and an event before it: the signs, and whether the telling is of that event."""

    group: str
    signs: Sequence[str]
    is_same: bool


def pairs(gold: Sequence[Json]) -> list[Pair]:
    """Every pair of all texts."""
    return [pair for document in gold for pair in _pairs(document)]


def _pairs(gold: Json) -> Iterator[Pair]:
    found, scene = heard(gold)
    told, scene = events.told_of(found, scene)
    threads: dict[str, dict[int, Thread]] = {}
    for telling in told:
        own = next((n for n, e in enumerate(gold["events"]) if e["type"] == telling.trigger.type and touches([telling.trigger.span], e["mentions"])), None)
        alike, account = threads.setdefault(telling.trigger.type, {}), Account.of(telling, scene)
        if own is None:
            continue
        for back, (number, thread) in enumerate(reversed(alike.items())):
            yield Pair(gold["id"], coreference.signs(account, thread, back), number == own)
        thread = alike.pop(own, None) or Thread(scene)
        thread.add(telling, account)
        alike[own] = thread


class Model:
    """Weights of the signs."""

    def __init__(self, samples: Sequence[Pair]) -> None:
        counts = Counter(sign for pair in samples for sign in set(pair.signs))
        self.column = {sign: number for number, sign in enumerate(sorted(s for s, count in counts.items() if count >= LEAST_SEEN), 1)}
        self.weights = fitted(self._rows(samples), np.array([float(pair.is_same) for pair in samples]), RIDGE)

    def _rows(self, samples: Sequence[Pair]) -> Floats:
        rows = np.zeros((len(samples), len(self.column) + 1))
        for row, pair in enumerate(samples):
            rows[row, [0, *(self.column[sign] for sign in pair.signs if sign in self.column)]] = 1
        return rows

    def odds(self, samples: Sequence[Pair]) -> Floats:
        """Log-odds of each pair."""
        return self._rows(samples) @ self.weights


def held_out(samples: Sequence[Pair]) -> Floats:
    """Log-odds of each pair by weights that its own document had no part in."""
    number = {group: index % FOLDS for index, group in enumerate(sorted({s.group for s in samples}))}
    fold = np.array([number[s.group] for s in samples])
    odds = np.zeros(len(samples))
    for each in range(FOLDS):
        model = Model([s for s, n in zip(samples, fold, strict=True) if n != each])
        odds[fold == each] = model.odds([s for s, n in zip(samples, fold, strict=True) if n == each])
    return odds


def main() -> None:
    """Print what held-out documents say; write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name}")
    given = parser.parse_args()
    samples = pairs([*load_gold(FOLDERS), *posts.load()])
    same = np.array([pair.is_same for pair in samples])
    print(f"{len(samples)} pairs, {int(same.sum())} of them of one event")
    if not given.write:
        odds = held_out(samples)
        print(f"log loss {np.logaddexp(0, np.where(same, -odds, odds)).mean():.4f}; right at 0: {((odds >= 0) == same).mean():.3f}")
    model = Model(samples)
    if given.write:
        with WEIGHTS.open("w", encoding="utf-8", newline="") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(("sign", "weight"))
            table.writerow(("always", f"{model.weights[0]:.2f}"))
            table.writerows((sign, f"{model.weights[column]:.2f}") for sign, column in model.column.items())


if __name__ == "__main__":
    main()
