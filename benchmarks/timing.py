"""Costs taken in rounds: every contender in turn, then again, so that a busy moment falls on all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple


class Cost(NamedTuple):
    """Processor seconds of one core over some rounds, child processes included."""

    median: float
    least: float
    most: float

    def rate(self, amount: float) -> str:
        """`amount` a second: the median of the rounds, and the slowest and the fastest of them."""
        return f"{amount / self.median:>11,.0f} {amount / self.most:>11,.0f} – {amount / self.least:,.0f}"


def in_rounds(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Cost]:
    """What each contender costs; one run of each beforehand loads its tables and is not counted."""
    return {name: Cost(median(all_), min(all_), max(all_)) for name, all_ in seconds_in_rounds(contenders, rounds).items()}


def seconds_in_rounds(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Processor seconds of each contender in each round, all in turn; the first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            before = processor_seconds()
            run()
            if number:
                seconds[name].append(processor_seconds() - before)
    return seconds


def processor_seconds() -> float:
    """Processor seconds of this process and of those children that have ended."""
    children = os.times()
    return process_time() + children.children_user + children.children_system


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def machine() -> str:
    """The machine's cores and what it did beside, for the head of a table."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"{os.cpu_count()} cores; load averages of 1, 5 and 15 minutes: {load}"
