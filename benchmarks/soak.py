"""Hours in minutes: many documents through one `ingest`, many clients on one service, and clients that mean no good.

    python benchmarks/soak.py [--documents N] [--clients N] [--minutes M] [--half-open N] [--only PART …]

Parts: `documents` (10,000, 5 % of them hostile: the program's memory, descriptors and threads), `clients` (64 for 5
minutes, a quarter of which only read), `slow` (200 connections that never finish a head or a body), `large` (uploads
of 300 MB by length and in chunks, a form of 10,000 parts). Exits with 1 where a target is missed. Linux only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import made

_MB = 1024**2
_MOST_GROWTH_MB, _MOST_P95_S, _MOST_SLOW_S, _MOST_HEALTH_S = 150, 0.3, 30.0, 1.0
_HOSTILE_EVERY = 20
_MAX_REQUEST_BYTES = 200_000_000
_DESCRIPTORS_BESIDE, _THREADS_BESIDE = 8, 4  # that may come and go


@dataclass(slots=True)
class Report:
    """What was measured, and what of it misses its target."""

    missed: list[str] = field(default_factory=list)

    def say(self, text: str, *, holds: bool = True) -> None:
        print(f"{'' if holds else 'MISSED: '}{text}", flush=True)
        if not holds:
            self.missed.append(text)


@dataclass(slots=True)
class Watch:
    """Memory, descriptors and threads of a process, looked at until it ends."""

    resident_mb: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self, pid: int) -> None:
        with suppress(OSError, StopIteration):
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
            self.resident_mb.append(int(next(line.split()[1] for line in status if line.startswith("VmRSS"))) / 1024)
            self.threads.append(int(next(line.split()[1] for line in status if line.startswith("Threads"))))
            self.descriptors.append(len(os.listdir(f"/proc/{pid}/fd")))

    def tell(self, report: Report, base: int) -> None:
        """Compare what was seen from `base` on with what was seen there."""
        rows = (
            ("memory", self.resident_mb, _MOST_GROWTH_MB, "MB"),
            ("descriptors", self.descriptors, _DESCRIPTORS_BESIDE, ""),
            ("threads", self.threads, _THREADS_BESIDE, ""),
        )
        for name, seen, most, unit in rows:
            at_base, highest, last = seen[base], max(seen[base:]), seen[-1]
            counted = highest if unit else last  # a client that comes and goes has a descriptor as long as it is there
            report.say(f"  {name}: {at_base:.0f} at the base, {highest:.0f} at most, {last:.0f} at the end {unit}", holds=counted <= at_base + most)


def hostile(number: int) -> tuple[str, bytes]:
    """A small file that is none of the good ones, of a dozen kinds."""
    kinds: tuple[tuple[str, bytes], ...] = (
        ("jpg", b"\xff\xd8\xff\xe0" + bytes(range(256))),
        ("pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>"),
        ("zip", b"PK\x03\x04" + b"\x00" * 40),
        ("docx", b"PK\x05\x06" + b"\x00" * 18),
        ("jsonl", b'{"text": 3}\nnot json\n{"id": "\\ud800", "text": ""}\n'),
        ("html", b"<div>" * 5_000 + b"x"),
        ("txt", b"Attention" + b"!" * 30_000),
        ("txt", b"(" * 20_000),
        ("txt", bytes(range(256)) * 20),
        ("txt", b""),
        ("eml", b"Subject: =?utf-8?b?" + b"AAAA" * 2_000 + b"?=\n\nx"),
        ("csv", b'"' * 3_001),
    )
    suffix, content = kinds[number % len(kinds)]
    return f"H{number:06}.{suffix}", content.replace(b"x", str(number).encode())


def documents(count: int, report: Report) -> None:
    """One `ingest` of many files, one in twenty hostile."""
    with tempfile.TemporaryDirectory() as name:
        folder, db = Path(name, "folder"), Path(name, "v.db")
        folder.mkdir()
        words = [made.word(number) for number in range(count) if number % _HOSTILE_EVERY]
        for one in words:
            (folder / f"{one}.txt").write_text(made.text(one), encoding="utf-8")
        for number in range(0, count, _HOSTILE_EVERY):
            file, content = hostile(number // _HOSTILE_EVERY)
            (folder / file).write_bytes(content)
        watch, begun = Watch(), time.monotonic()
        command = [sys.executable, "-m", "service", "ingest", str(folder), "--db", str(db)]
        base = None
        with subprocess.Popen(command, cwd=made.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:  # noqa: S603 - our own program
            while running.poll() is None:
                watch.look(running.pid)
                if base is None and len(made.documents(db)) >= min(200, count // 4):
                    base = len(watch.resident_mb) - 1
                time.sleep(0.25)
        found = made.state(db, words)
        report.say(
            f"{count:,} documents, {count // _HOSTILE_EVERY:,} of them hostile, in {time.monotonic() - begun:,.0f} s; exit code {running.returncode}",
            holds=running.returncode == 3,
        )
        report.say(f"  lost {len(found.lost)}, twice {len(found.twice)}", holds=not found.lost and not found.twice)
        watch.tell(report, base or 0)


@contextmanager
def service(db: Path, folder: Path, **environment: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A service as people run it, ready for work, whose temporary files go into a folder: its port and process."""
    port = made.free_port()
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--db", str(db)]
    surroundings = {**os.environ, "TMPDIR": str(folder), **environment}
    with db.with_suffix(".log").open("wb") as log, subprocess.Popen(command, cwd=made.ROOT, stderr=log, env=surroundings) as running:  # noqa: S603 - our own program
        try:
            made.await_service(port, running.pid)
            while made.request(port, "GET", "/readyz")[0] != 200:
                time.sleep(0.1)
            yield port, running
        finally:
            begun = time.monotonic()
            running.terminate()
            running.wait(timeout=60)
            print(f"  the service ended {time.monotonic() - begun:.1f} s after it was told to", flush=True)


@dataclass(slots=True)
class Answers:
    """What the clients were answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    reads_s: list[float] = field(default_factory=list)
    jobs: list[tuple[str, str]] = field(default_factory=list)  # id of a job, word of its document
    wrong: list[str] = field(default_factory=list)

    def add(self, others: Answers) -> None:
        """Count what other clients were answered too."""
        self.statuses += others.statuses
        self.reads_s += others.reads_s
        self.wrong += others.wrong


class _Readers:
    """Clients that only read, in a process of their own, started before there is a thread here.

    In one with the clients that write, a clock that is to time an answer first waits for its turn among their threads: the
    same service seems slower the more there are.
    """

    def __init__(self, port: int, numbers: Sequence[int], end: float) -> None:
        context = multiprocessing.get_context("fork")
        self._answers, there = context.Pipe(duplex=False)
        self._process = context.Process(target=_read_all, args=[port, numbers, end, there])
        self._process.start()

    def answers(self) -> Answers:
        """What they were answered, once the time is up."""
        found: Answers = self._answers.recv()
        self._process.join()
        return found


def _read_all(port: int, numbers: Sequence[int], end: float, there: Connection) -> None:
    answers = Answers()
    threads = [threading.Thread(target=_read, args=[port, number, end, answers]) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there.send(answers)


def clients(count: int, minutes: float, report: Report) -> None:
    """Many clients at once, a quarter of which only read."""
    answers = Answers()
    with tempfile.TemporaryDirectory() as name:
        db, temporary = Path(name, "v.db"), Path(name, "tmp")
        temporary.mkdir()
        with service(db, temporary) as (port, running):
            watch, end = Watch(), time.monotonic() + 60 * minutes
            reading = _Readers(port, [number for number in range(count) if number % 4 == 0], end)
            threads = [threading.Thread(target=_write, args=[port, number, end, answers]) for number in range(count) if number % 4]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                watch.look(running.pid)
                time.sleep(0.5)
            answers.add(reading.answers())
            answered = time.monotonic()
            while any(job["state"] in ("queued", "running") for job in made.request(port, "GET", "/api/v1/jobs?limit=1000")[1]["items"]):
                time.sleep(0.5)
            report.say(
                f"{count} clients for {minutes:g} minutes: {dict(sorted(answers.statuses.items()))}; the queue was empty {time.monotonic() - answered:.0f} s later",
                holds=not answers.wrong,
            )
            for one in answers.wrong[:10]:
                print(f"    {one}")
            p95 = statistics.quantiles(answers.reads_s, n=20)[18] if len(answers.reads_s) > 20 else 0.0
            report.say(f"  {len(answers.reads_s):,} reads, p95 {1000 * p95:.0f} ms", holds=p95 <= _MOST_P95_S)
            unread = [word for job, word in answers.jobs if not _is_readable(port, job, word)]
            report.say(f"  {len(answers.jobs):,} documents accepted, {len(unread)} not readable", holds=not unread)
            watch.tell(report, len(watch.resident_mb) // 3)
        found = made.state(db, [word for _, word in answers.jobs])
        report.say(f"  lost {len(found.lost)}, twice {len(found.twice)}, database {len(found.strange)}", holds=bool(found))


def _write(port: int, number: int, end: float, answers: Answers) -> None:
    """Send a post after the other; what is sent away is sent again after the while that it was told."""
    rng, sent = random.Random(number), 0  # noqa: S311 - of pauses
    while time.monotonic() < end:
        word = made.word(number * 10_000 + sent)
        body = json.dumps({"text": made.text(word)}).encode()
        try:
            status, answer, headers = made.request(port, "POST", "/api/v1/documents", body, {"Content-Type": "application/json"})
        except (OSError, http.client.HTTPException) as error:
            answers.wrong.append(f"no answer: {error!r}")
            continue
        answers.statuses[f"POST {status}"] += 1
        if status in (200, 202):
            answers.jobs.append((answer["id"], word))
            sent += 1
        elif status != 503 or "retry-after" not in headers:
            answers.wrong.append(f"{status}: {answer}")
        else:
            time.sleep(min(5.0, float(headers["retry-after"])))
        time.sleep(rng.uniform(0.0, 0.5))


def _read(port: int, number: int, end: float, answers: Answers) -> None:
    """Ask for events and documents."""
    paths = ("/api/v1/events?limit=20", "/api/v1/events?q=atelier&limit=20", "/api/v1/documents?limit=20", "/api/v1/jobs?limit=5")
    asked = number
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            status, answer, headers = made.request(port, "GET", paths[asked % len(paths)])
        except (OSError, http.client.HTTPException) as error:
            answers.wrong.append(f"no answer: {error!r}")
            continue
        answers.reads_s.append(time.monotonic() - begun)
        answers.statuses[f"GET {status}"] += 1
        if status != 200 and (status != 503 or "retry-after" not in headers):
            answers.wrong.append(f"{status}: {answer}")
        asked += 1
        time.sleep(0.1)


def _is_readable(port: int, job: str, word: str) -> bool:
    files = made.request(port, "GET", f"/api/v1/jobs/{job}")[1]["files"]
    ids = [file["document"]["id"] for file in files if file.get("document")]
    return any(word.encode() in made.request(port, "GET", f"/api/v1/documents/{one}/text")[1] for one in ids)


def slow(count: int, report: Report) -> None:
    """Connections that send a little now and then, and never all of it."""
    head = b"POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\n"
    body = head + b"Content-Type: text/plain\r\nContent-Length: 100000\r\n\r\n"
    with tempfile.TemporaryDirectory() as name:
        db, temporary = Path(name, "v.db"), Path(name, "tmp")
        temporary.mkdir()
        with service(db, temporary) as (port, _):
            begun, closed, health = time.monotonic(), list[float](), list[float]()
            open_ = {socket.create_connection(("127.0.0.1", port)): head if number % 2 else body for number in range(count)}
            for connection, sent in open_.items():
                connection.sendall(sent)
                connection.setblocking(False)
            while open_ and time.monotonic() < begun + 2 * _MOST_SLOW_S:
                for connection in list(open_):
                    if _is_closed(connection):
                        closed.append(time.monotonic() - begun)
                        del open_[connection]
                asked = time.monotonic()
                made.request(port, "GET", "/healthz")
                health.append(time.monotonic() - asked)
                time.sleep(0.5)
            report.say(
                f"{count} half-open connections: {len(closed)} closed, the last after {max(closed, default=0):.1f} s",
                holds=not open_ and max(closed) <= _MOST_SLOW_S,
            )
            report.say(f"  /healthz answered within {max(health):.2f} s", holds=max(health) < _MOST_HEALTH_S)


def _is_closed(connection: socket.socket) -> bool:
    """Whether the other end has hung up; else one byte more is sent, as such clients do."""
    try:
        while content := connection.recv(65_536):
            del content
    except BlockingIOError:
        try:
            connection.send(b"x")
        except BlockingIOError:
            return False
        except OSError:
            connection.close()
            return True
        return False
    except OSError:
        pass
    connection.close()
    return True


def large(report: Report) -> None:
    """Uploads far over the limit, and a form of ten thousand parts."""
    with tempfile.TemporaryDirectory() as name:
        db, temporary = Path(name, "v.db"), Path(name, "tmp")
        temporary.mkdir()
        with service(db, temporary, VEILLE_MAX_REQUEST_BYTES=str(_MAX_REQUEST_BYTES)) as (port, running):
            at_rest = {path.name for path in temporary.iterdir()}
            watch = Watch()
            watch.look(running.pid)
            for how, send in (("by length", _by_length), ("in chunks", _in_chunks), ("10,000 parts", _parts)):
                sent, status = send(port)
                holds = status in (400, 413) and sent <= _MAX_REQUEST_BYTES + 2 * _MB  # chunks are counted with their heads
                report.say(f"{how}: {status} after {sent / 1_000_000:,.1f} MB", holds=holds)
                watch.look(running.pid)
            left = {path.name for path in temporary.iterdir()} - at_rest
            report.say(f"  temporary files left: {sorted(left) or 'none'}", holds=not left)
            report.say(
                f"  memory {watch.resident_mb[0]:.0f} MB before, {max(watch.resident_mb):.0f} MB at most afterwards",
                holds=max(watch.resident_mb) < watch.resident_mb[0] + _MOST_GROWTH_MB,
            )


_FORM_HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="large.txt"\r\nContent-Type: text/plain\r\n\r\n'
_FORM = "Content-Type: multipart/form-data; boundary=b"


def _sent(port: int, head: str, pieces: Iterator[bytes]) -> tuple[int, int]:
    """Send a request until it is answered: how many bytes of its body went out, and the status (0 where there was no answer)."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(f"POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\n{_FORM}\r\n{head}\r\n\r\n".encode())
        connection.settimeout(120)
        with suppress(OSError):
            for piece in pieces:
                connection.setblocking(False)
                try:
                    if connection.recv(1, socket.MSG_PEEK):
                        break
                except BlockingIOError:
                    pass
                connection.settimeout(120)
                connection.sendall(piece)
                sent += len(piece)
        connection.settimeout(120)
        try:
            answer = connection.recv(4_096).split()
        except OSError:
            return sent, 0
    return sent, int(answer[1]) if len(answer) > 1 else 0


def _by_length(port: int) -> tuple[int, int]:
    return _sent(port, "Content-Length: 300000000", iter([_FORM_HEAD, *[b"x" * _MB] * 285]))


def _in_chunks(port: int) -> tuple[int, int]:
    def chunk(content: bytes) -> bytes:
        return f"{len(content):x}\r\n".encode() + content + b"\r\n"

    # all that may be taken and 1 MB, and then silence: the answer has to come without more
    count = (_MAX_REQUEST_BYTES + _MB) // 65_536
    return _sent(port, "Transfer-Encoding: chunked", iter([chunk(_FORM_HEAD), *[chunk(b"x" * 65_536)] * count]))


def _parts(port: int) -> tuple[int, int]:
    body = b"".join(b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\na\r\n' for _ in range(10_000)) + b"--b--\r\n"
    return _sent(port, f"Content-Length: {len(body)}", (body[start : start + 4_096] for start in range(0, len(body), 4_096)))


def main() -> None:
    """Run the parts, and exit with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="Many documents, many clients, and clients that mean no good.")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--half-open", type=int, default=200)
    parser.add_argument("--only", nargs="+", choices=["documents", "clients", "slow", "large"])
    given = parser.parse_args()
    report = Report()
    parts: dict[str, Callable[[], None]] = {
        "large": lambda: large(report),
        "slow": lambda: slow(given.half_open, report),
        "clients": lambda: clients(given.clients, given.minutes, report),
        "documents": lambda: documents(given.documents, report),
    }
    for name, run in parts.items():
        if not given.only or name in given.only:
            run()
    sys.exit(int(bool(report.missed)))


if __name__ == "__main__":
    main()
