"""Fit extractors/place_signs.csv: `PYTHONPATH=. python tests/fit_places.py` prints how well, `--write` writes the weights.

The texts are our own: tests/gold and tests/training. Every name that may be a place is a sample, but for those in what the pipeline
calls a body or a day; it is right where a gold place has just these letters. Logistic regression with a ridge, measured on
documents held out. How far the weights must be against the rules to overrule them is set by hand
(place_signs.py): these texts are of one house.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from fit_signs import FOLDERS, Floats, Table, document_of, fitted, touches

from extractors import place_signs, places
from extractors.evaluate import Json, load_gold
from extractors.pipeline import extract
from extractors.place_reading import Reading
from extractors.spans import Mention

WEIGHTS = Path(place_signs.__file__).with_name(place_signs.TABLE)
FOLDS = 8
RIDGE = 6.0  # of 3, 6, 12 and 25 on documents held out within 0.0002 of the best log loss, and the best F1 of those
LEAST_SEEN = 20  # a sign seen less often gets no weight


@dataclass(frozen=True)
class Sample:
    """One name that may be a place."""

    group: str
    language: str
    is_known: bool
    verdict: float
    signs: frozenset[str]
    is_right: bool


def sampled(golds: Iterable[Json]) -> list[Sample]:
    """Every name of some gold documents that may be a place."""
    return [sample for gold in golds for sample in _samples(gold)]


def _samples(gold: Json) -> Iterator[Sample]:
    seen: list[tuple[Sequence[tuple[int, Reading]], Sequence[Mention]]] = []

    def keep(readings: Sequence[tuple[int, Reading]], found: Sequence[Mention]) -> list[Mention]:
        seen.append((readings, found))
        return list(found)

    with patch.object(places, "reviewed", keep):
        record = extract(document_of(gold))
    others = [m for entity in record.entities if entity.label != "PLACE" for m in entity.mentions]
    right = {tuple(m) for entity in gold["entities"] if entity["label"] == "PLACE" for m in entity["mentions"]}
    [(readings, found)] = seen
    names = list(place_signs.names_of(readings, found))
    document = place_signs.Document.of(readings, names)
    for number, name in enumerate(names):
        if not touches([name.span], others):
            signs = frozenset(sign for bundle in place_signs.signs_of(number, document) for sign in bundle.names)
            yield Sample(gold["id"], name.reading.cues.language.code, name.is_known, name.verdict, signs, name.span in right)


def held_out(samples: Sequence[Sample], rows: Floats, right: Floats, ridge: float) -> Floats:
    """Log-odds of each name by the weights that its own document had no part in."""
    number = {group: index % FOLDS for index, group in enumerate(sorted({s.group for s in samples}))}
    fold = np.array([number[s.group] for s in samples])
    odds = np.zeros(len(samples))
    for each in range(FOLDS):
        odds[fold == each] = rows[fold == each] @ fitted(rows[fold != each], right[fold != each], ridge)
    return odds


def overruled(samples: Sequence[Sample], odds: Floats) -> list[bool]:
    """Which names are places after the second opinion; what the rules leave no doubt about is not told apart here."""
    return [
        bool(value >= place_signs._AGAINST if sample.verdict else value > place_signs._FOR[sample.is_known])
        for sample, value in zip(samples, odds, strict=True)
    ]


def f1(samples: Sequence[Sample], chosen: Sequence[bool], language: str) -> float:
    """F1 of the chosen names of a language."""
    mine = [(sample, is_chosen) for sample, is_chosen in zip(samples, chosen, strict=True) if sample.language == language]
    hit = sum(sample.is_right and is_chosen for sample, is_chosen in mine)
    return 2 * hit / max(1, sum(sample.is_right + is_chosen for sample, is_chosen in mine))


def main() -> None:
    """Print what held-out documents say; write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name}")
    given = parser.parse_args()
    samples = sampled(load_gold(FOLDERS))
    table = Table(samples, LEAST_SEEN)
    rows, right = table.rows(samples), np.array([float(s.is_right) for s in samples])
    print(f"{len(samples)} names, {int(right.sum())} of them places; {len(table.names)} signs")
    for ridge in () if given.write else (3.0, RIDGE, 12.0, 25.0):
        odds = held_out(samples, rows, right, ridge)
        told = ", ".join(
            f"{code} {f1(samples, [s.verdict > 0 for s in samples], code):.3f} → {f1(samples, overruled(samples, odds), code):.3f}" for code in ("fr", "en")
        )
        print(f"ridge {ridge:4.0f}: log loss {np.logaddexp(0, np.where(right > 0, -odds, odds)).mean():.4f}; F1 of the rules, and after them: {told}")
    if given.write:
        weights = fitted(rows, right, RIDGE)
        with WEIGHTS.open("w", encoding="utf-8", newline="") as out:
            written = csv.writer(out, lineterminator="\n")
            written.writerow(("sign", "weight"))
            written.writerow(("always", f"{weights[0]:.3f}"))
            written.writerows((sign, f"{weight:.3f}") for sign, weight in zip(table.names, weights[1:], strict=True))


if __name__ == "__main__":
    main()
