"""How far an event's confidence can be trusted: `python tests/calibration.py GOLD...` prints a table.

GOLD is a gold file or folder, by default tests/gold. An event is right where it can be paired with a gold
event of its type that shares a trigger or at least a sentence, each gold event once, the surest first.
ECE, the expected calibration error, is the mean difference of stated and observed over the bins, weighted
by how many events each holds.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from scores import GOLD, record_of

from extractors import languages
from extractors.evaluate import Json, load_gold
from extractors.sentences import split
from extractors.spans import overlap

BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Judged = tuple[float, bool]  # stated confidence, and whether the event is right


def judged(gold: Sequence[Json]) -> list[Judged]:
    """Every event that the pipeline finds in gold documents."""
    out: list[Judged] = []
    for document in gold:
        record = record_of(document)
        starts = [start for start, _ in split(document["text"], languages.load(document["language"]))]
        left = list(document["events"])
        for event in sorted(record["events"], key=lambda e: -e["confidence"]):
            same = next((g for g in left if g["type"] == event["type"] and _touch(event, g, starts)), None)
            if same is not None:
                left.remove(same)
            out.append((event["confidence"], same is not None))
    return out


def _touch(event: Json, gold: Json, starts: Sequence[int]) -> bool:
    if any(overlap(a, b) for a in event["mentions"] for b in gold["mentions"]):
        return True
    return not {bisect_right(starts, m[0]) for m in event["mentions"]}.isdisjoint(bisect_right(starts, m[0]) for m in gold["mentions"])


def table(events: Sequence[Judged]) -> str:
    """A Markdown table: stated and observed by bin, how many, and the expected calibration error."""
    lines = ["| confidence | mean | right | events |", "| --- | --- | --- | --- |"]
    error = 0.0
    for low, high in pairwise(BINS):
        inside = [event for event in events if low <= event[0] < high or event[0] == high == BINS[-1]]
        if inside:
            mean = sum(stated for stated, _ in inside) / len(inside)
            observed = sum(is_right for _, is_right in inside) / len(inside)
            error += abs(mean - observed) * len(inside) / len(events)
            lines.append(f"| {low:.1f} to {high:.1f} | {mean:.2f} | {observed:.2f} | {len(inside)} |")
    return "\n".join([*lines, "", f"ECE {error:.3f} over {len(events)} events"])


def main() -> None:
    """Print the table of the gold that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="*", type=Path, default=[GOLD])
    gold = load_gold(parser.parse_args().gold)
    if not gold:
        sys.exit("no gold document there; name a folder of gold .json files")
    print(table(judged(gold)))


if __name__ == "__main__":
    main()
