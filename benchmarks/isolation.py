"""What it costs that documents are extracted in a worker: one worker beside none, on the same posts, in turns.

    python benchmarks/isolation.py [--posts N] [--rounds N]

Processor time is that of this process and of every process below it, wall time that of the whole round; a round of
each comes before the next, so that a busy moment falls on both. Targets: at most 5 ms of processor time a document
and 10 % of throughput. Exits with 1 where one is missed. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import made
import timing

from extractors.formats import Hints
from extractors.options import Options
from extractors.records import Record
from service import workers
from service.settings import extract_here
from service.tasks import File, Limits, Task
from service.workers import Inline, Pool

_MOST_MS, _MOST_SHARE = 5.0, 0.10
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Costs:
    """Seconds of each round."""

    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def processor_seconds(pid: int) -> float:
    """Processor time of a process and of every process below it, the ended ones included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended, and counts with the one above it
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS + sum(map(processor_seconds, map(int, below)))


def posts(count: int) -> list[File]:
    """Posts of three paragraphs, no two alike."""
    texts = ["\n\n".join(made.text(made.word(number + 1_000 * more)) for more in range(3)) for number in range(count)]
    return [File(text.encode(), f"{number}.txt", Hints()) for number, text in enumerate(texts)]


def timed(run: Callable[[], list[Record]], costs: Costs) -> list[Record]:
    """What a round gives, its costs noted."""
    begun, before = time.perf_counter(), processor_seconds(os.getpid())
    found = run()
    costs.wall.append(time.perf_counter() - begun)
    costs.processor.append(processor_seconds(os.getpid()) - before)
    return found


def round_of(pool: Pool | Inline, files: Sequence[File]) -> list[Record]:
    """The records of some files, in their order."""
    return [result for _, result in workers.in_order(pool, map(Task, files)) if isinstance(result, Record)]


def main() -> None:
    """Measure, print a table, and exit with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="What it costs that documents are extracted in a worker.")
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    files = posts(given.posts)
    extract_here()  # the same number of threads on both sides
    inline, alone, isolated = Inline(Options()), Costs(), Costs()
    inline.start()
    print(timing.machine())
    with Pool(Options(), Limits(), count=1) as pool:
        round_of(inline, files)
        round_of(pool, files)
        for _ in range(given.rounds):
            one = timed(lambda: round_of(inline, files), alone)
            other = timed(lambda: round_of(pool, files), isolated)
            if one != other or len(one) != len(files):
                sys.exit("the records are not the same")
    sys.exit(int(not _told(alone, isolated, given.posts)))


def _told(alone: Costs, isolated: Costs, count: int) -> bool:
    """Print what both cost; whether the targets are met."""
    for name, costs in (("in process", alone), ("one worker", isolated)):
        shown = (
            f"{median(taken) / count * 1000:7.2f} ms ({min(taken) / count * 1000:.2f} – {max(taken) / count * 1000:.2f})"
            for taken in (costs.processor, costs.wall)
        )
        print(f"{name}   a document:   processor {next(shown)}   wall {next(shown)}")
    more_ms = median(b - a for a, b in zip(alone.processor, isolated.processor, strict=True)) / count * 1000
    share = median(1 - a / b for a, b in zip(alone.processor, isolated.processor, strict=True))
    wall = median(1 - a / b for a, b in zip(alone.wall, isolated.wall, strict=True))
    print(f"isolation costs {more_ms:.2f} ms of processor time a document (target: {_MOST_MS:g}),")
    print(f"{share:.1%} of what a processor gets through (target: {_MOST_SHARE:.0%}); {wall:.1%} by the clock")
    print(timing.machine())
    return more_ms <= _MOST_MS and share <= _MOST_SHARE


if __name__ == "__main__":
    main()
