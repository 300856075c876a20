"""The hostile set through one `ingest` and through one running service, mixed with good documents.

    python benchmarks/hostile.py [--only CLASS …] [--without-isolation] [--max-seconds N] [--folder FOLDER]

Prints a table by class and names every case whose outcome is not the one that
tests/hostile gives it. Exits with 1 where there is one, where a good document's
record is not the same as without the hostile ones, where the service died, or
where anything was written outside. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hostile import catalogue  # noqa: E402 - found by the line above
from hostile.case import Case  # noqa: E402
from hostile.outcomes import Result, Stored, by_case, printable, records, wrong  # noqa: E402
from hostile.outcomes import controls as records_of_controls  # noqa: E402

_CLIENTS = 4
_WAIT_S = 30  # that the service is asked to wait before it answers with a job
_LONGEST_JOB_S = 600.0
_TRAPS = ("/tmp/evil.txt", "/tmp/climbed.txt", "/tmp/absolute.txt", "/etc/evil.txt", "/evil.txt")  # noqa: S108 - where members of archives try to go


@dataclass(slots=True)
class Memory:
    """The largest resident sizes seen, in megabytes."""

    parent: float = 0.0
    child: float = 0.0


@dataclass(slots=True)
class Run:
    """One way through the program: results by case, what the good documents gave, and what else went wrong."""

    name: str
    results: dict[str, Result]
    controls: dict[str, str]
    memory: Memory
    stored: Mapping[str, Stored]
    seconds: float
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of a run, all that it may touch; and the seconds that a document has, if not as many as by default."""

    root: Path
    max_seconds: int | None = None

    @property
    def set(self) -> Path:
        return self.root / "set"

    def made(self) -> Place:
        """The same, with its folders there and empty."""
        for name in ("home", "temporary", "here", "stores"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / name).mkdir(parents=True)
        return self

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VEILLE_")}
        return {
            **kept,
            **({} if self.max_seconds is None else {"VEILLE_MAX_SECONDS": str(self.max_seconds)}),
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "temporary"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
        }

    def leavings(self) -> list[str]:
        """What lies where nothing should."""
        found = [str(path.relative_to(self.root)) for name in ("home", "temporary", "here") for path in (self.root / name).rglob("*")]
        return found + [path for path in _TRAPS if os.path.lexists(path)]


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Sizes and times of all that lies below a folder, links not followed."""
    out = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            with suppress(OSError):
                found = os.lstat(path)
                out[path] = (found.st_size, found.st_mtime_ns)
    return out


# --- what runs


@contextmanager
def watched(process: subprocess.Popen[Any]) -> Iterator[Memory]:
    """The memory of a process and of those below it, looked at five times a second."""
    memory, ended = Memory(), threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            sizes = _sizes(process.pid)
            memory.parent = max(memory.parent, sizes.pop(process.pid, 0.0))
            memory.child = max([memory.child, *sizes.values()])

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()


def _sizes(root: int) -> dict[int, float]:
    """Resident megabytes of a process and of its descendants."""
    parents, sizes = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with suppress(OSError, IndexError, ValueError):
                about = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                parents[int(entry)], sizes[int(entry)] = int(about[1]), int(about[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    below = {root}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return {pid: sizes[pid] for pid in below if pid in sizes}


def ingest(place: Place, cases: Sequence[Case], controls: Iterable[Path], name: str) -> Run:
    """All of the folder through `veille ingest`."""
    db = place.root / "stores" / f"{name}.db"
    command = [sys.executable, "-m", "service", "ingest", str(place.set), "--db", str(db), "--json"]
    before, start = listing(place.set), time.monotonic()
    lines: list[tuple[float, dict[str, Any]]] = []
    with subprocess.Popen(command, cwd=place.root / "here", env=place.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own program
        complaints: list[str] = []
        reader = threading.Thread(target=lambda: complaints.extend(_decoded(process.stderr)), daemon=True)
        reader.start()
        with watched(process) as memory:
            lines.extend((time.monotonic() - start, json.loads(line)) for line in process.stdout or ())
            status = process.wait()
        reader.join()
    seconds = time.monotonic() - start
    stored = records(db)
    run = Run(name, by_case(place.set, cases, lines, complaints), {}, memory, stored, seconds)
    run.controls = records_of_controls(controls, lines, stored)
    if status not in (0, 3):
        run.faults.append(f"ingest ended with {status}: {' '.join(complaints[-3:])[-400:]}")
    run.faults += [f"changed or added in the folder: {path}" for path, _ in sorted(set(before.items()) ^ set(listing(place.set).items()))[:5]]
    run.faults += [f"left behind: {path}" for path in place.leavings()[:5]]
    return run


def _decoded(lines: Any) -> Iterator[str]:
    return (line.decode("utf_8", "replace").rstrip("\n") for line in lines or ())


# --- the service


@dataclass(slots=True)
class Pulse:
    """Whether the service answers: the slowest and the missed answers of /healthz."""

    slowest_s: float = 0.0
    missed: int = 0
    beats: int = 0


def serve(place: Place, cases: Sequence[Case], controls: Sequence[Path]) -> Run:
    """Every file uploaded to one service by some clients at once."""
    db = place.root / "stores" / "service.db"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service", "serve", "--db", str(db), "--port", str(port)]
    start = time.monotonic()
    files = {case.name: catalogue.place(case, place.set) for case in cases if not case.is_folder} | {str(path): path for path in controls}
    order = sorted(files, key=lambda name: uuid.uuid5(uuid.NAMESPACE_URL, name).hex)  # mixed, the same at each run
    faults: list[str] = []
    with (
        (place.root / "stores" / "service.log").open("wb") as log,
        subprocess.Popen(command, cwd=place.root / "here", env=place.environment(), stderr=log) as process,  # noqa: S603 - our own program
        watched(process) as memory,
    ):
        _await_ready(port, process)
        with _pulse(port) as pulse, ThreadPoolExecutor(_CLIENTS) as clients:
            answers = dict(zip(order, clients.map(lambda name: _upload(port, files[name]), order), strict=True))
        faults += ["the service died"] * (process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            faults.append("the service did not end within 30 s of SIGTERM")
            process.kill()
    results = {case.name: answers[case.name] for case in cases if not case.is_folder}
    stored = records(db)
    kept = {str(path): "\n".join(stored[found].record for found in sorted(answers[str(path)].documents) if found in stored) for path in controls}
    run = Run("service", results, kept, memory, stored, time.monotonic() - start, faults)
    run.faults += [f"/healthz: {pulse.missed} of {pulse.beats} not answered, the slowest after {pulse.slowest_s:.1f} s"] * (
        pulse.missed > 0 or pulse.slowest_s > 1
    )
    run.faults += [f"left behind: {path}" for path in place.leavings()[:5]]
    return run


def _await_ready(port: int, process: subprocess.Popen[Any]) -> None:
    for _ in range(300):
        with suppress(OSError, http.client.HTTPException):
            if _asked(port, "GET", "/readyz")[0] == 200:
                return
        if process.poll() is not None:
            break
        time.sleep(0.5)
    sys.exit("the service did not start")


@contextmanager
def _pulse(port: int) -> Iterator[Pulse]:
    pulse, ended = Pulse(), threading.Event()

    def beat() -> None:
        while not ended.wait(1.0):
            start = time.monotonic()
            try:
                pulse.missed += _asked(port, "GET", "/healthz", timeout_s=20)[0] != 200
            except (OSError, http.client.HTTPException):
                pulse.missed += 1
            pulse.beats += 1
            pulse.slowest_s = max(pulse.slowest_s, time.monotonic() - start)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        ended.set()
        thread.join()


def _asked(port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout_s: float = 120.0) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else {}
    finally:
        connection.close()


def _upload(port: int, path: Path) -> Result:
    """One file to the service, and what became of it, waited for."""
    result, start = Result(), time.monotonic()
    mark = uuid.uuid4().hex
    name = path.name.encode("utf_8", "replace").decode().replace('"', "%22").replace("\n", "%0A")
    head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
    body = head + path.read_bytes() + f"\r\n--{mark}--\r\n".encode()
    try:
        while True:
            status, answer = _asked(port, "POST", f"/api/v1/documents?wait={_WAIT_S}", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})
            if status not in (429, 503):
                break
            time.sleep(1)
        while answer.get("state") in ("queued", "running") and time.monotonic() - start < _LONGEST_JOB_S:
            time.sleep(0.3)
            _, answer = _asked(port, "GET", f"/api/v1/jobs/{answer['id']}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        result.codes.append(f"no answer ({type(error).__name__})")
        return result
    result.seconds = time.monotonic() - start
    for file in answer.get("files") or [{"state": "failed", "problem": answer}]:
        document = file.get("document")
        result.add(file["state"], document["id"] if document else None, file.get("problem"))
    return result


# --- what to say


def report(run: Run, cases: Sequence[Case], expected: Mapping[str, str]) -> int:
    """Print what a run gave; how much of it is wrong."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, tuple[float, str]] = defaultdict(lambda: (0.0, ""))
    named: list[str] = []
    for case in (case for case in cases if case.name in run.results):
        result = run.results[case.name]
        bad = wrong(case, result, run.stored)
        rows[case.group]["cases"] += 1
        rows[case.group]["wrong"] += bool(bad)
        slowest[case.group] = max(slowest[case.group], (result.seconds, case.name))
        named += [f"{case.group}/{printable(case.name)}: {'; '.join(bad)}"] if bad else []
    print(
        f"\n{run.name}: {run.seconds:.0f} s; largest resident size of the program {run.memory.parent:,.0f} MB, of a process below it {run.memory.child:,.0f} MB"
    )
    print(f"{'class':<12}{'cases':>6}{'right':>6}{'wrong':>6}  slowest")
    for group, row in sorted(rows.items()):
        print(f"{group:<12}{row['cases']:>6}{row['cases'] - row['wrong']:>6}{row['wrong']:>6}  {slowest[group][0]:.1f} s {printable(slowest[group][1])[:60]}")
    differing = [path for path, record in expected.items() if not record or run.controls.get(path) != record]
    print(f"good documents with the same record as without the hostile: {len(expected) - len(differing)} of {len(expected)}")
    for line in [*named, *(f"another record, or none: {path}" for path in differing[:10]), *run.faults]:
        print(f"  WRONG {line}")
    return len(named) + len(differing) + len(run.faults)


def chosen(arguments: argparse.Namespace) -> list[Case]:
    """The cases that the command line asks for."""
    return [
        case
        for case in catalogue.cases()
        if (not arguments.only or case.group in arguments.only)
        and not (arguments.without_isolation and case.needs_isolation)
        and (arguments.name or "") in case.name
    ]


def main() -> int:
    """Make the set, run it twice, say what happened."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="CLASS", help="these classes alone")
    parser.add_argument("--name", help="only cases with this in their name")
    parser.add_argument("--without-isolation", action="store_true", help="leave out what only a process of its own survives")
    parser.add_argument("--folder", type=Path, help="where to make the set, which then stays; by default a temporary folder")
    parser.add_argument("--no-service", action="store_true", help="`ingest` alone")
    parser.add_argument("--no-ingest", action="store_true", help="the service alone")
    parser.add_argument("--max-seconds", type=int, help="limit of one document, for a machine that has other work too (60)")
    arguments = parser.parse_args()
    cases = chosen(arguments)
    groups = sorted({case.group for case in cases})
    root = arguments.folder or Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        place = Place(root.resolve(), arguments.max_seconds).made()
        shutil.rmtree(place.set, ignore_errors=True)
        controls = catalogue.write_controls(place.set, groups)
        expected = ingest(place, [], controls, "alone").controls
        catalogue.write_cases(place.set, cases)
        print(f"{len(cases)} cases in {len(groups)} classes, {len(controls)} good documents")
        bad = 0 if arguments.no_ingest else report(ingest(place, cases, controls, "ingest"), cases, expected)
        bad += 0 if arguments.no_service else report(serve(place.made(), cases, controls), cases, expected)
    finally:
        if arguments.folder is None:
            _removed(root)
    print("\nnothing wrong" if not bad else f"\n{bad} wrong")
    return int(bad > 0)


def _removed(folder: Path) -> None:
    """Remove a folder, those of its folders included that may not be listed."""
    for place, folders, _ in os.walk(folder):
        for name in folders:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                with suppress(OSError):
                    os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
