"""Fit extractors/attachment.csv: `PYTHONPATH=. python tests/fit_attachment.py` prints how well, `--write` writes the weights.

The texts are our own: tests/gold, tests/training and tests/posts, and what `--also` names. Each event that the pipeline finds and that the gold
has too is a case; of each date, place and body that its tellings see, the gold says whether it is
the event's own. A thing counts by its strongest tie, so the fit goes round twice: first by the
nearest tie, then by the strongest. The intercept is shifted (SHIFTS) so that what scores well on
documents held out (five folds) lies at 0 and above. Run it after fit_signs.py, which decides what is an event.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import posts
from fit_signs import FOLDERS, Floats, fitted, heard, touches

from extractors import attachment, events
from extractors.attachment import Case, Kind
from extractors.evaluate import Json, load_gold
from extractors.scene import Moment

WEIGHTS = Path(attachment.__file__).with_name("attachment.csv")
KINDS: tuple[Kind[Any, Any], ...] = (attachment.DATES, attachment.PLACES, attachment.ORGANISATIONS)
FOLDS = 5
RIDGE = 12.0  # of 3, 6, 12 and 25 the best on documents held out
LEAST_SEEN = 15  # a sign seen less often gets no weight
# Each within 0.01 of the best F1 on documents held out, and within 0.003 for days and places.
SHIFTS = {"date": -1.0, "place": -0.75, "organisation": -0.2}
NEARNESS = ("same sentence", "sentence before", "line above", "heading just above", "earlier in paragraph", "section heading", "title")

Signs = tuple[str, ...]


@dataclass(frozen=True)
class Bag:
    """One thing that an event's tellings see: its ties, and whether it is the event's own."""

    ties: Sequence[Signs]
    is_right: bool


@dataclass(frozen=True)
class Sample:
    """One kind of argument of one event. wanted: how many the gold has."""

    group: str
    wanted: int
    bags: Sequence[Bag]


def sampled(golds: Iterable[Json]) -> dict[str, list[Sample]]:
    """By kind of argument, a sample for each event that both gold and pipeline have."""
    samples: dict[str, list[Sample]] = {kind.name: [] for kind in KINDS}
    for gold in golds:
        for event, case in _paired(gold["events"], _cases(gold)):
            for kind in KINDS:
                samples[kind.name].append(_sample(gold, event, case, kind))
    return samples


def _cases(gold: Json) -> list[Case]:
    """The events that the pipeline finds in a gold document's text."""
    return events.cases(*heard(gold))


def _paired(gold: Sequence[Json], cases: Sequence[Case]) -> Iterator[tuple[Json, Case]]:
    """Gold events and cases of the same type that share most trigger words, one to one."""
    shared = [(_shared(event, case), i, j) for i, event in enumerate(gold) for j, case in enumerate(cases)]
    used: tuple[set[int], set[int]] = set(), set()
    for count, i, j in sorted(shared, key=lambda row: (-row[0], row[1:])):
        if count and i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            yield gold[i], cases[j]


def _shared(event: Json, case: Case) -> int:
    spans = [t.trigger.span for t in case.tellings if t.trigger.type == event["type"]]
    return sum(touches(spans, [mention]) for mention in event["mentions"])


def _sample(gold: Json, event: Json, case: Case, kind: Kind[Any, Any]) -> Sample:
    ties: dict[object, list[Signs]] = {}
    things: dict[object, Any] = {}
    for tie in kind.ties(case):
        ties.setdefault(tie.named.key, []).append(tie.signs)
        things[tie.named.key] = tie.named.thing
    entities = {entity["id"]: entity for entity in gold["entities"]}
    own = [entities[name] for name in dict.fromkeys(event.get(f"{kind.name}s", ()))]
    wanted = len(own) if kind is not attachment.DATES else int(any(_days(event)))
    return Sample(gold["id"], wanted, [Bag(found, _is_own(things[key], event, own)) for key, found in ties.items()])


def _is_own(thing: Any, event: Json, own: Sequence[Json]) -> bool:
    if isinstance(thing, Moment):
        return (thing.start and thing.start.isoformat(), thing.end and thing.end.isoformat()) == _days(event)
    return any(touches(thing.mentions, entity["mentions"]) for entity in own)


def _days(event: Json) -> tuple[str | None, str | None]:
    return event.get("start"), event.get("end")


class Model:
    """Weights of one kind of argument."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        bags = [bag for sample in samples for bag in sample.bags]
        counts = Counter(sign for bag in bags for sign in {sign for tie in bag.ties for sign in tie})
        self.column = {sign: number for number, sign in enumerate(sorted(s for s, count in counts.items() if count >= LEAST_SEEN), 1)}
        right = np.array([float(bag.is_right) for bag in bags])
        picked = [max(bag.ties, key=_nearness) for bag in bags]
        for _ in range(2):
            self.weights = fitted(self._rows(picked), right, RIDGE)
            picked = [max(bag.ties, key=self.odds) for bag in bags]

    def _rows(self, ties: Sequence[Signs]) -> Floats:
        rows = np.zeros((len(ties), len(self.column) + 1))
        for row, signs in enumerate(ties):
            rows[row, [0, *self._columns(signs)]] = 1
        return rows

    def _columns(self, signs: Signs) -> list[int]:
        return [self.column[sign] for sign in signs if sign in self.column]

    def odds(self, signs: Signs) -> float:
        """Log-odds that a mention with these signs is the event's own."""
        return float(self.weights[0] + self.weights[self._columns(signs)].sum())

    def rows(self, shift: float) -> Iterator[tuple[str, float]]:
        """Each sign and its weight, the intercept lowered by a shift."""
        yield "always", float(self.weights[0]) - shift
        yield from ((sign, float(self.weights[column])) for sign, column in self.column.items())


def _nearness(signs: Signs) -> tuple[int, int]:
    place = next((-number for number, name in enumerate(NEARNESS) if name in signs), -len(NEARNESS))
    return place, -sum(sign.endswith("characters away") for sign in signs)


def held_out(samples: Sequence[Sample]) -> list[list[tuple[float, bool]]]:
    """Of each sample its things' log-odds, by weights that its own document had no part in, and whether they are right."""
    number = {group: index % FOLDS for index, group in enumerate(sorted({s.group for s in samples}))}
    models = [Model([s for s in samples if number[s.group] != fold]) for fold in range(FOLDS)]
    return [[(max(map(models[number[s.group]].odds, bag.ties)), bag.is_right) for bag in s.bags] for s in samples]


def f1(samples: Sequence[Sample], odds: Sequence[Sequence[tuple[float, bool]]], shift: float, is_single: bool) -> float:
    """F1 of what lies at or above a shift; of a single-valued kind only the likeliest thing counts."""
    hit = predicted = wanted = 0
    for sample, things in zip(samples, odds, strict=True):
        chosen = [thing for thing in ([max(things)] if is_single and things else things) if thing[0] >= shift]
        hit += min(sum(is_right for _, is_right in chosen), sample.wanted)
        predicted += len(chosen)
        wanted += sample.wanted
    return 2 * hit / (predicted + wanted) if predicted + wanted else 0.0


def write(tables: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """Write the weights of some kinds, a row each; those of the others stay as they are."""
    rows = list(csv.reader(WEIGHTS.open(encoding="utf-8")))[1:]
    fitted = {kind: [(kind, sign, f"{weight:.2f}") for sign, weight in table] for kind, table in tables.items()}
    kept = {kind: [tuple(row) for row in rows if row[0] == kind] for kind in dict.fromkeys(row[0] for row in rows)}
    with WEIGHTS.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("kind", "sign", "weight"))
        table.writerows(row for chosen in (kept | fitted).values() for row in chosen)


def main() -> None:
    """Print what held-out documents say; write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name}")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further folders of gold documents")
    parser.add_argument("--only", nargs="+", choices=[kind.name for kind in KINDS], default=[kind.name for kind in KINDS], help="kinds to fit (all)")
    given = parser.parse_args()
    samples = sampled([*load_gold([*FOLDERS, *given.also]), *posts.load()])
    tables = {}
    for kind in [kind for kind in KINDS if kind.name in given.only]:
        mine = samples[kind.name]
        model, odds, shift = Model(mine), held_out(mine), SHIFTS[kind.name]
        print(f"{kind.name}: {len(mine)} events, {sum(s.wanted for s in mine)} wanted, {len(model.column)} signs; F1 on documents held out, by shift:")
        print("  ".join(f"{shift + step:+.1f} {f1(mine, odds, shift + step, kind is attachment.DATES):.3f}" for step in (-0.6, -0.3, 0.0, 0.3, 0.6)))
        tables[kind.name] = list(model.rows(shift))
    if given.write:
        write(tables)


if __name__ == "__main__":
    main()
