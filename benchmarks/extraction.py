"""Extraction: the whole way from text to record beside stock spaCy, what each stage costs, and whether the cost is linear.

    python benchmarks/extraction.py [--posts N] [--pages N] [--rounds N] [--languages fr en]

On one core, in one run, on the same texts. Exit code 1 where a target is missed. README.md says what each figure means.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # before numpy is loaded: one core is one thread

import argparse
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

import contenders
import texts
from contenders import Contender, compare, extracted, words
from timing import machine

from extractors import dates, events, languages, organisations, pipeline, place_reading, places, triggers
from extractors.document import Document
from extractors.gazetteers import bodies
from extractors.languages import annotation, network
from extractors.names import lexicon
from extractors.options import DEFAULT
from service import nursery

LEAST_RATIO = 1.0  # of our words a second to stock spaCy's
GROWTH = 2.4  # of the costs of 2k and k, 4k and 2k pages
TRIES = 3  # of each cost: what another program costs us falls away, a square stays
NEGLIGIBLE_S = 0.05  # a stage below it tells nothing of its growth

# Each stage, and the function that does it; time spent in another stage inside of it is that one's.
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("view and language", pipeline, "_draft"),
    ("tags, lemmas, writing", annotation.Annotator, "_batch"),
    ("word vectors", network.Encoder, "vectors"),
    ("parser", annotation.Annotator, "_parse"),
    ("named entities", network.EntityReader, "entities"),
    ("dates: find", dates, "find"),
    ("dates: resolve", dates, "resolve"),
    ("organisations: find", organisations, "find"),
    ("organisations: resolve", organisations, "resolve"),
    ("places: find", places, "find"),
    ("places: resolve", places, "resolve"),
    ("events: find", events, "find"),
    ("events: resolve", events, "resolve"),
    ("record", pipeline, "_record"),
)

# What finds the words of a dictionary in a text: bodies, phrases of the tables, names of places, triggers.
DICTIONARIES: tuple[tuple[Any, str], ...] = (
    (bodies.Bodies, "longest"),
    (lexicon, "phrase_at"),
    (place_reading, "longest_known"),
    (triggers.Opening, "standing"),
)


def main() -> int:
    """Prints the tables; 1 where a target is missed."""
    arguments = _parser().parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(machine())
    is_met = min([_language(code, arguments) for code in arguments.languages])
    print(machine())
    print("targets met" if is_met else "A TARGET IS MISSED")
    return 0 if is_met else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=200, help="short posts (200)")
    parser.add_argument("--pages", type=int, default=300, help="pages of the report (300)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are counted (5)")
    parser.add_argument("--languages", nargs="+", default=list(languages.codes()), choices=languages.codes())
    return parser


def _language(code: str, arguments: argparse.Namespace) -> bool:
    posts, pages = texts.posts(code, arguments.posts), texts.pages(code, arguments.pages)
    name = languages.load(code).table["model"]["name"]
    languages.annotator(code, DEFAULT)
    nursery.settle()  # as in a worker; spaCy has the same of it
    print(f"\n{code}, beside {name} {'' if languages.annotator(code, DEFAULT).is_fast else '(WITHOUT the faster reading)'}")
    is_met = _compared(f"{len(posts)} short posts", posts, [texts.document(text, code) for text in posts], code, arguments.rounds)
    is_met &= _compared(f"a report of {len(pages)} pages", pages, [texts.report(pages, code)], code, arguments.rounds)
    nursery.settle()  # what the report has left behind is not the posts' to collect
    _stages("short posts", [texts.document(text, code) for text in posts])
    nursery.settle()
    return _grows(pages, code) and is_met


# ---------------------------------------------------------------- beside spaCy


def _compared(title: str, read: Sequence[str], documents: Sequence[Document], code: str, rounds: int) -> bool:
    """A table of words a second, and the ratios of the rounds."""
    amount = words(read)
    found = compare(
        f"{title}: {amount:,} words",
        "words",
        [
            Contender("Veille", partial(extracted, documents), amount),
            Contender("spaCy", partial(contenders.spacy(code), read), amount, "Veille"),
            Contender("spaCy, all", partial(contenders.spacy(code, without=()), read), amount, "Veille"),
        ],
        rounds,
    )
    return found["spaCy"] >= LEAST_RATIO


# ---------------------------------------------------------------- stages


def _stages(title: str, documents: Sequence[Document]) -> None:
    costs = _costs(documents)
    amount = words([document.text for document in documents])
    print(f"\nstages, {title}{'':8} µs a word   share")
    for name, seconds in costs.items():
        print(f"  {name:26} {seconds / amount * 1e6:9.1f} {seconds / sum(costs.values()):7.0%}")
    looked_up = _looked_up(documents)
    print(f"  of all this, look-ups in dictionaries {looked_up / amount * 1e6:.1f} µs a word, {looked_up / sum(costs.values()):.1%}")


def _looked_up(documents: Sequence[Document]) -> float:
    """Processor seconds of all look-ups in dictionaries of words, run once more without what lies between them."""
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            calls.append((function, arguments))
            return function(*arguments)

        return run

    patches = [patch.object(home, name, noted(getattr(home, name))) for home, name in DICTIONARIES]
    for each in patches:
        each.start()
    try:
        extracted(documents)
    finally:
        for each in patches:
            each.stop()
    before = process_time()
    for function, arguments in calls:
        found = function(*arguments)
        if isinstance(found, Iterator):
            deque(found, maxlen=0)
    return process_time() - before


def _grows(pages: Sequence[str], code: str) -> bool:
    """The cost of each stage on a quarter of the report, half of it and all of it."""
    sizes = [len(pages) // 4, len(pages) // 2, len(pages)]
    runs = [[_costs([texts.report(pages[:size], code)]) for size in sizes] for _ in range(TRIES)]  # in turns: a busy moment falls on all sizes
    costs = [{name: min(run[name] for run in tries) for name in tries[0]} for tries in zip(*runs, strict=True)]
    costs = [{"the whole": sum(cost.values()), **cost} for cost in costs]
    is_met = True
    print(f"\ngrowth, a report of {sizes[0]}, {sizes[1]} and {sizes[2]} pages{'':4} seconds            2k to k   4k to 2k")
    for name in costs[0]:
        k, two, four = (cost[name] for cost in costs)
        ratios = (two / max(k, 1e-9), four / max(two, 1e-9))
        is_slow = k > NEGLIGIBLE_S and max(ratios) > GROWTH
        is_met &= not is_slow
        print(f"  {name:26} {k:8.2f} {two:8.2f} {four:8.2f} {ratios[0]:9.2f} {ratios[1]:9.2f}{'  TOO MUCH' if is_slow else ''}")
    return is_met


def _costs(documents: Sequence[Document]) -> Mapping[str, float]:
    """Processor seconds by stage, the time in other stages taken off."""
    extracted(documents[:1])
    watch = _Stopwatch()
    with watch.running():
        extracted(documents)
    return {name: watch.seconds[name] for name, _, _ in STAGES}


class _Stopwatch:
    """Times the stages while they run, each without those inside it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def running(self) -> Iterator[None]:
        patches = [patch.object(home, name, self._timed(stage, getattr(home, name))) for stage, home, name in STAGES]
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            before = process_time()
            try:
                return function(*arguments, **named)
            finally:
                took = process_time() - before
                self.seconds[stage] += took - self._inner.pop()
                self._inner[-1] += took

        return run


if __name__ == "__main__":
    sys.exit(main())
