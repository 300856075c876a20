"""Fit extractors/status.csv: `PYTHONPATH=. python tests/fit_status.py` prints how well, `--write` writes the weights.

The texts are our own: tests/gold, tests/training and tests/posts. Of each event that the pipeline finds and the gold has, the gold
says the status. One logistic regression a status. Run it after fit_attachment.py, which decides the days.
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

from extractors import event_types, events, status
from extractors.evaluate import Json, load_gold

WEIGHTS = Path(status.__file__).with_name("status.csv")
FOLDS = 8
RIDGE = 8.0
LEAST_SEEN = 6  # a sign seen less often gets no weight


@dataclass(frozen=True)
class Sample:
    """An event: its signs, what the rule says, and what is so."""

    group: str
    signs: Sequence[str]
    status: str


def samples(gold: Sequence[Json]) -> list[Sample]:
    """Every event of all texts that was found and is one."""
    return [sample for document in gold for sample in _samples(document)]


def _samples(gold: Json) -> Iterator[Sample]:
    found, scene = heard(gold)
    told = events.cases(found, scene)
    known = list(gold["events"])
    for case, signs in zip(told, status.signs(told, [events.moment(case) for case in told], event_types.load_all()), strict=True):
        kind, spans = case.tellings[0].trigger.type, [t.trigger.span for t in case.tellings]
        same = next((e for e in known if e["type"] == kind and touches(spans, e["mentions"])), None)
        if same is not None:
            known.remove(same)
            yield Sample(gold["id"], signs, same["status"])


class Model:
    """Weights of the signs, a column a status."""

    def __init__(self, known: Sequence[Sample]) -> None:
        counts = Counter(sign for sample in known for sign in sample.signs)
        self.column = {sign: number for number, sign in enumerate(sorted(s for s, count in counts.items() if count >= LEAST_SEEN), 1)}
        rows = self._rows(known)
        self.weights = np.stack([fitted(rows, np.array([float(s.status == each) for s in known]), RIDGE) for each in status.STATUSES], axis=1)

    def _rows(self, known: Sequence[Sample]) -> Floats:
        rows = np.zeros((len(known), len(self.column) + 1))
        for row, sample in enumerate(known):
            rows[row, [0, *(self.column[sign] for sign in sample.signs if sign in self.column)]] = 1
        return rows

    def told(self, known: Sequence[Sample]) -> list[str]:
        """The likeliest status of each."""
        return [status.STATUSES[number] for number in (self._rows(known) @ self.weights).argmax(axis=1).tolist()]


def held_out(known: Sequence[Sample]) -> list[str]:
    """The status of each by weights that its own document had no part in."""
    number = {group: index % FOLDS for index, group in enumerate(sorted({s.group for s in known}))}
    told = [""] * len(known)
    for fold in range(FOLDS):
        model = Model([s for s in known if number[s.group] != fold])
        mine = [index for index, s in enumerate(known) if number[s.group] == fold]
        for index, each in zip(mine, model.told([known[i] for i in mine]), strict=True):
            told[index] = each
    return told


def main() -> None:
    """Print what held-out documents say; write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name}")
    given = parser.parse_args()
    known = samples([*load_gold(FOLDERS), *posts.load()])
    by_rule = np.mean([s.signs[0] == s.status for s in known])
    print(f"{len(known)} events; right by the rule: {by_rule:.3f}")
    if not given.write:
        right = np.mean([told == s.status for told, s in zip(held_out(known), known, strict=True)])
        print(f"right by the weights, on documents held out: {right:.3f}")
        return
    model = Model(known)
    with WEIGHTS.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("sign", *status.STATUSES))
        for sign, column in {"always": 0, **model.column}.items():
            table.writerow((sign, *(f"{weight:.2f}" for weight in model.weights[column])))


if __name__ == "__main__":
    main()
