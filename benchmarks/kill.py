"""Kill the program at random and at every failpoint, start it again, and count what is lost.

    python benchmarks/kill.py [--rounds N] [--whole N] [--seed N]

`--rounds` kills (300) fall on `ingest` of a folder of text, HTML, zip and JSON Lines, then as many on a service
that is being sent such files; each failpoint follows, once in each. A round starts the program by a fork of one
that has the models loaded, so that it takes a second; `--whole` rounds (5) start it with exec and two workers.
Exits with 1 where a document is lost or there twice, where one that was stored is made again, or where the
database is not sound.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import made

from service import engine, failpoints

OF_UPLOADS = ("before_enqueue", "after_enqueue", "after_claim", "before_finish", "after_finish")
OF_BOTH = ("before_read", "after_read", "after_extract", "before_insert", "after_insert", "before_commit", "after_commit")
OF_INGEST = ("before_hash", *OF_BOTH)
_TIMES = (1, 2, 7)  # which time that a failpoint comes by is the one to kill at
_ALONE = {"VEILLE_WORKERS": "0"}


@dataclass(slots=True)
class Tally:
    """What the rounds came to."""

    kills: int = 0
    runs: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)  # stored, told, and made again all the same
    given_up: int = 0  # in hand at three deaths of the service, and so left to a person to try again

    def add(self, found: made.State) -> None:
        self.lost += found.lost
        self.twice += found.twice
        self.strange += found.strange

    def line(self, name: str) -> str:
        return (
            f"{name:<28} {self.kills:>5} kills {self.runs:>5} runs   lost {len(self.lost)}   twice {len(self.twice)}   "
            f"database {len(self.strange)}   stored and made again {len(self.redone)}   given up until retry {self.given_up}"
        )

    @property
    def is_bad(self) -> bool:
        return bool(self.lost or self.twice or self.strange or self.redone)


class Killer:
    """Kills a process after some seconds, unless it has been told off."""

    def __init__(self, pid: int, seconds: float) -> None:
        self._timer = threading.Timer(seconds, os.killpg, [pid, signal.SIGKILL])
        self._timer.start()

    def tell_off(self) -> None:
        self._timer.cancel()
        self._timer.join()


def write_folder(folder: Path, count: int) -> list[str]:
    """Write some files of every kind; the words of the documents in them."""
    folder.mkdir()
    words: list[str] = []
    for name, content, inside in made.files(0, count):
        (folder / name).write_bytes(content)
        words += inside
    return words


def ingest_until_done(folder: Path, db: Path, words: Sequence[str], tally: Tally, faults: Iterator[str | float]) -> None:
    """Ingest a folder again and again, each time killed at a failpoint or after some seconds, until it is through; then look at the store."""
    out = db.with_suffix(".out")
    for fault in faults:
        before = made.documents(db)
        out.unlink(missing_ok=True)
        environment = {**_ALONE, "VEILLE_FAILPOINTS": fault if isinstance(fault, str) else ""}
        pid = made.forked(["ingest", str(folder), "--db", str(db), "--json"], out, environment)
        tally.runs += 1
        if isinstance(fault, float):
            time.sleep(fault)
            code = made.kill(pid)
        else:
            code = made.ended(pid)
        _note_redone(out, before, tally)
        if code == 0:
            break
        tally.kills += 1
        if code != -signal.SIGKILL:
            tally.strange.append(f"ended with {code}: {out.read_text(encoding='utf-8')[-500:]}")
            break
    tally.add(made.state(db, words))


def _note_redone(out: Path, before: set[str], tally: Tally) -> None:
    """Documents that a run says it made though they were stored before it."""
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else ():
        if '"state": "new"' in line or '"state": "updated"' in line:
            tally.redone += [one for one in before if f'"{one}"' in line]


def random_kills(rounds: int, tally: Tally, rng: random.Random, count: int) -> None:
    """Kill `ingest` at random moments of its way."""
    longest = 0.0
    while tally.kills < rounds:
        with tempfile.TemporaryDirectory() as name:
            folder, db = Path(name, "folder"), Path(name, "v.db")
            words = write_folder(folder, count)
            begun = time.monotonic()
            if not longest:  # how long it takes when nobody kills it
                ingest_until_done(folder, Path(name, "first.db"), words, Tally(), iter([""]))
                longest = time.monotonic() - begun
            # so short that it takes many to get through, and one to the end
            moments: list[str | float] = [rng.uniform(0.0, longest / 2) for _ in range(min(12, rounds - tally.kills))]
            ingest_until_done(folder, db, words, tally, iter([*moments, ""]))


def failpoint_kills(tally: Tally, points: Sequence[str] = OF_INGEST, times: Sequence[int] = _TIMES, count: int = 8) -> None:
    """Kill `ingest` at each failpoint, when it comes by it for the first time and later."""
    for point in points:
        with tempfile.TemporaryDirectory() as name:
            folder, db = Path(name, "folder"), Path(name, "v.db")
            words = write_folder(folder, count)
            kills = tally.kills
            ingest_until_done(folder, db, words, tally, iter([f"{point}:kill#{number}" for number in times] + [""]))
            if tally.kills == kills:
                tally.strange.append(f"{point}: never came by")


@contextmanager
def service(db: Path, port: int, faults: str = "") -> Iterator[int]:
    """A service on a store, whose process id it is."""
    pid = made.forked(["serve", "--port", str(port), "--db", str(db)], db.with_suffix(".log"), {**_ALONE, "VEILLE_FAILPOINTS": faults})
    try:
        yield pid
    finally:
        made.kill(pid)


def upload_kills(tally: Tally, faults: Iterator[str | float], count: int) -> None:
    """Send files to a service that is killed again and again, until each was answered; then see whether each is there."""
    with tempfile.TemporaryDirectory() as name:
        db, port = Path(name, "v.db"), made.free_port()
        waiting = list(made.files(0, count))
        words = [one for _, _, inside in waiting for one in inside]
        for fault in faults:
            tally.runs += 1
            with service(db, port, fault if isinstance(fault, str) else "") as pid:
                is_up = made.await_service(port, pid)
                killer = Killer(pid, fault) if isinstance(fault, float) else None
                waiting = _sent(port, waiting, tally) if is_up else waiting
                is_last = fault == ""
                is_done = is_up and not waiting and _is_drained(port, 600 if is_last else 20)
                if killer is not None:
                    killer.tell_off()
                if is_last and is_done:
                    is_done = _is_retried(port, tally)
            if is_last or (is_done and not isinstance(fault, str)):
                if waiting or not is_done:
                    tally.strange.append(f"never answered: {len(waiting)} files; all done: {is_done}")
                break
            tally.kills += not is_done
        tally.add(made.state(db, words))


def _sent(port: int, waiting: list[tuple[str, bytes, list[str]]], tally: Tally) -> list[tuple[str, bytes, list[str]]]:
    """Send files until the service is gone; those that were not answered."""
    for position, (name, content, _) in enumerate(waiting):
        try:
            status, answer, _ = made.post(port, name, content)
        except (OSError, http.client.HTTPException):
            return waiting[position:]
        if status not in (200, 202):
            tally.strange.append(f"{status}: {answer}")
    return []


def _is_drained(port: int, timeout_s: float) -> bool:
    """Whether every job is finished before the service is gone or the time is up."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            found = made.request(port, "GET", "/api/v1/jobs?limit=1000")[1]["items"]
        except (OSError, http.client.HTTPException):
            return False
        if all(job["state"] not in ("queued", "running") for job in found):
            return True
        time.sleep(0.02)
    return False


def _is_retried(port: int, tally: Tally) -> bool:
    """Whether all is done once what was given up, because the service died three times with it in hand, was tried once more."""
    for job in made.request(port, "GET", "/api/v1/jobs?limit=1000")[1]["items"]:
        if job["failed"]:
            tally.given_up += job["failed"]
            made.request(port, "POST", f"/api/v1/jobs/{job['id']}/retry")
    return _is_drained(port, 600)


def random_uploads(rounds: int, tally: Tally, rng: random.Random, count: int) -> None:
    """Kill the service at random while it is sent files and while it works on them."""
    while tally.kills < rounds:
        moments: list[str | float] = [rng.uniform(0.0, 1.5) for _ in range(min(12, rounds - tally.kills))]
        upload_kills(tally, iter([*moments, ""]), count)


def failpoint_uploads(tally: Tally, points: Sequence[str] = OF_UPLOADS + OF_BOTH, times: Sequence[int] = _TIMES, count: int = 8) -> None:
    """Kill the service at each failpoint, when it comes by it for the first time and later."""
    for point in points:
        upload_kills(tally, iter([f"{point}:kill#{number}" for number in times] + [""]), count)


def whole_program(rounds: int, tally: Tally, rng: random.Random, count: int) -> None:
    """Kill `ingest` with its workers as people run it: started with exec, models and all."""
    with tempfile.TemporaryDirectory() as name:
        folder, db = Path(name, "folder"), Path(name, "v.db")
        words = write_folder(folder, count)
        command = [sys.executable, "-m", "service", "ingest", str(folder), "--db", str(db), "--json", "--workers", "2"]
        for number in range(rounds + 1):
            before, goal = made.documents(db), rng.randint(1, max(1, len(words) // rounds))
            out = Path(name, "out")
            with out.open("wb") as target, subprocess.Popen(command, cwd=made.ROOT, stdout=target, stderr=subprocess.DEVNULL) as running:  # noqa: S603 - our own program
                tally.runs += 1
                while number < rounds and running.poll() is None and len(made.documents(db) - before) < goal:
                    time.sleep(0.005)
                if number < rounds and running.poll() is None:
                    running.kill()
                    tally.kills += 1
            _note_redone(out, before, tally)
        tally.add(made.state(db, words))


def main() -> None:
    """Run all, print a line each, and exit with 1 where something is lost."""
    parser = argparse.ArgumentParser(description="Kill the program at random and at every failpoint, and count what is lost.")
    parser.add_argument("--rounds", type=int, default=300, help="random kills of ingest, and of the service (300)")
    parser.add_argument("--whole", type=int, default=5, help="random kills of the program with its workers, started with exec (5)")
    parser.add_argument("--files", type=int, default=40, help="files in the folder, and sent to the service (40)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = random.Random(given.seed)  # noqa: S311 - of moments, not of keys
    os.environ.pop("VEILLE_FAILPOINTS", None)
    made.load_models()
    engine.LEASE_S, engine._HEARTBEAT_S = 2.0, 0.5  # noqa: SLF001 - in the programs forked from here, so that a round need not wait for 30 s
    assert set(OF_INGEST + OF_UPLOADS) | {"before_reply", "migrate"} == set(failpoints.POINTS)
    tallies = {name: Tally() for name in ("ingest, random", "ingest, failpoints", "uploads, random", "uploads, failpoints", "whole program, random")}
    steps: tuple[Callable[[Tally], None], ...] = (
        lambda tally: random_kills(given.rounds, tally, rng, given.files),
        failpoint_kills,
        lambda tally: random_uploads(given.rounds, tally, rng, given.files),
        failpoint_uploads,
        lambda tally: whole_program(given.whole, tally, rng, given.files),
    )
    for (name, tally), step in zip(tallies.items(), steps, strict=True):
        begun = time.monotonic()
        step(tally)
        print(f"{tally.line(name)}   {time.monotonic() - begun:,.0f} s", flush=True)
        for said in [*tally.strange, *tally.redone][:10]:
            print(f"    {said}")
    sys.exit(int(any(tally.is_bad for tally in tallies.values())))


if __name__ == "__main__":
    main()
