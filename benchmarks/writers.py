"""Several `ingest` at once on one folder and one store.

    python benchmarks/writers.py [--rounds N] [--programs N]

Each of `--rounds` rounds (20) starts `--programs` (4) on a new store. Exits with 1 where a document is missing or
there twice, where a program ends with another code than 0, or where one says a word of a lock.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import made
from kill import write_folder


def round_of(programs: int, files: int) -> list[str]:
    """Run some programs at once; what was wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder, db = Path(name, "folder"), Path(name, "v.db")
        words = write_folder(folder, files)
        outs = [Path(name, f"{number}.out") for number in range(programs)]
        pids = [made.forked(["ingest", str(folder), "--db", str(db)], out, {"VEILLE_WORKERS": "0"}) for out in outs]
        codes = [made.ended(pid) for pid in pids]
        said = [out.read_text(encoding="utf-8") for out in outs]
        found = made.state(db, words)
    wrong = [f"exit code {code}: {text[-300:]}" for code, text in zip(codes, said, strict=True) if code]
    wrong += [f"a lock is told of: {text[-300:]}" for text in said if "lock" in text.lower()]
    wrong += [f"missing: {found.lost}"] if found.lost else []
    wrong += [f"twice: {found.twice}"] if found.twice else []
    return wrong + list(found.strange)


def main() -> None:
    """Run the rounds, print what was wrong, and exit with 1 where anything was."""
    parser = argparse.ArgumentParser(description="Several `ingest` at once on one folder and one store.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--programs", type=int, default=4)
    parser.add_argument("--files", type=int, default=24, help="files in the folder (24), of which half hold four documents")
    given = parser.parse_args()
    made.load_models()
    faults = 0
    begun = time.monotonic()
    for number in range(given.rounds):
        wrong = round_of(given.programs, given.files)
        faults += len(wrong)
        for one in wrong:
            print(f"round {number}: {one}", flush=True)
    print(f"{given.rounds} rounds of {given.programs} programs: {faults} faults   {time.monotonic() - begun:,.0f} s")
    sys.exit(int(faults > 0))


if __name__ == "__main__":
    main()
