"""Start-up: how long `veille --help` and `veille extract` of one short post take, and what of that the models cost.

    python benchmarks/startup.py [--rounds N]

Each command is started anew every round. Exit code 1 where a target is missed. README.md says what each figure means.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

from timing import machine, processor_seconds

from extractors import languages

ROOT = Path(__file__).resolve().parents[1]
POSTS = {
    "en": "The workshop for market traders was held in Cotonou on 12 March 2024, the town hall said.",
    "fr": "L'atelier destiné aux commerçants s'est tenu à Cotonou le 12 mars 2024, selon la mairie.",
}
HELP_S, EXTRACT_S = 0.3, 3.0  # targets, by the clock on the wall
IMPORT = "import spacy"
OURS = "from extractors.languages import loading; loading.load({model!r}, is_known=True)"
STOCK = "import spacy; spacy.load({model!r})"


def main() -> int:
    """Exit code of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="times that each command is started (5)")
    rounds = parser.parse_args().rounds
    print(machine())
    print(f"\n{'':42} {'wall s':>7} {'slowest':>8} {'processor s':>12}")
    with tempfile.TemporaryDirectory() as folder:
        is_met = _told("veille --help", _veille("--help"), rounds, HELP_S)
        for code, post in POSTS.items():
            file = Path(folder, f"{code}.txt")
            file.write_text(post, encoding="utf-8")
            is_met &= _told(f"veille extract {file.name}", _veille("extract", str(file)), rounds, EXTRACT_S)
    print("\nof which, in a process of its own:")
    _told("python, nothing else", [sys.executable, "-c", ""], rounds)
    _told(IMPORT, [sys.executable, "-c", IMPORT], rounds)
    for code in POSTS:
        model = languages.load(code).table["model"]["name"]
        for title, program in ((f"{model}, as Veille loads it", OURS), (f"{model}, spacy.load", STOCK)):
            _told(title, [sys.executable, "-c", program.format(model=model)], rounds)
    print(machine())
    return 0 if is_met else 1


def _veille(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "service", *arguments]


def _told(title: str, command: Sequence[str], rounds: int, most_s: float | None = None) -> bool:
    """Start a command some times, and print the median; whether that is under the target."""
    seconds: list[float] = []
    processor: list[float] = []
    for number in range(rounds + 1):  # the first fills the disk's cache
        before, began = processor_seconds(), perf_counter()
        subprocess.run(command, check=True, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
        if number:
            seconds.append(perf_counter() - began)
            processor.append(processor_seconds() - before)
    is_met = most_s is None or median(seconds) <= most_s
    print(f"{title:42} {median(seconds):7.2f} {max(seconds):8.2f} {median(processor):12.2f}{'' if is_met else f'  OVER {most_s} s'}")
    return is_met


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    sys.exit(main())
