"""Documents made for the benchmarks of faults, each with a word of its own by which it is found again, and the program that reads them."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import sqlite3
import sys
import time
import traceback
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
_PLACES = ("Bamako", "Kayes", "Ségou", "Mopti", "Gao", "Tombouctou", "Sikasso")
_ACTS = ("Un atelier de formation", "Une réunion du comité", "Un forum de la jeunesse", "Une conférence de presse")
_LINES = 4  # of a JSON Lines file, and members of an archive


def text(word: str) -> str:
    """A short post, which holds one word that no other has."""
    number = int(word[1:])
    place, act = _PLACES[number % len(_PLACES)], _ACTS[number % len(_ACTS)]
    return f"{act} s'est tenu à {place} le {1 + number % 28} mars 2024. La mairie de {place} l'avait organisé sous le numéro {word}."


def word(number: int) -> str:
    """What tells one document from all others."""
    return f"D{number:06}"


def files(first: int, count: int) -> Iterator[tuple[str, bytes, list[str]]]:
    """Some files of every kind: name, bytes, and the words of the documents in it."""
    number = first
    for position in range(count):
        kind = position % 4
        words = [word(number + more) for more in range(_LINES if kind > 1 else 1)]
        number += len(words)
        if kind == 0:
            yield f"{words[0]}.txt", text(words[0]).encode(), words
        elif kind == 1:
            page = f"<html><head><title>{words[0]}</title></head><body><article><p>{text(words[0])}</p></article></body></html>"
            yield f"{words[0]}.html", page.encode(), words
        elif kind == 2:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                for one in words:
                    archive.writestr(f"{one}.txt", text(one))
            yield f"{words[0]}.zip", out.getvalue(), words
        else:
            lines = "".join(json.dumps({"id": one, "text": text(one)}) + "\n" for one in words)
            yield f"{words[0]}.jsonl", lines.encode(), words


@dataclass(frozen=True, slots=True)
class State:
    """What a store has of some documents, by their words."""

    lost: Sequence[str]
    twice: Sequence[str]
    strange: Sequence[str]  # faults of the database, failures, and rows that nobody holds

    def __bool__(self) -> bool:
        return not (self.lost or self.twice or self.strange)


def state(db: Path, words: Sequence[str]) -> State:
    """Whether a store has each of some documents once, and nothing is wrong with it."""
    with closing(sqlite3.connect(db)) as conn:
        texts = [row[0] for row in conn.execute("SELECT text FROM documents")]
        strange = [row[0] for row in conn.execute("PRAGMA integrity_check") if row[0] != "ok"]
        strange += [f"foreign key: {row}" for row in conn.execute("PRAGMA foreign_key_check")]
        strange += [f"failed: {row[0]}" for row in conn.execute("SELECT error_message FROM sources WHERE state = 'failed'")]
        strange += [
            f"no source: {row[0]}"
            for row in conn.execute("SELECT id FROM documents WHERE id NOT IN (SELECT document_id FROM sources WHERE document_id IS NOT NULL)")
        ]
        strange += [f"not done: {row}" for row in conn.execute("SELECT name, state FROM items WHERE state <> 'done'")]
    counts = {one: sum(one in text for text in texts) for one in words}
    return State([one for one in words if not counts[one]], [one for one in words if counts[one] > 1], strange)


def documents(db: Path) -> set[str]:
    """Ids of the documents of a store, which may not be there yet."""
    try:
        with closing(sqlite3.connect(db)) as conn:
            return {row[0] for row in conn.execute("SELECT id FROM documents")}
    except sqlite3.OperationalError:
        return set()


def load_models() -> None:
    """Load into this process what every program forked from it is then quick to start with."""
    from extractors.options import Options
    from service.settings import extract_here
    from service.workers import Inline

    extract_here()
    Inline(Options()).start()


def forked(arguments: Sequence[str], out: Path, environment: Mapping[str, str]) -> int:
    """The program with a command line, in a process of its own with models that are loaded already; its process id. `out` takes what it writes."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        target = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for stream in (1, 2):
            os.dup2(target, stream)
        sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8", buffering=1)
        os.environ.update(environment)
        code = _run(arguments)
    except BaseException:  # noqa: BLE001 - whatever happens, this process must not go on as the one that forked it
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)


def _run(arguments: Sequence[str]) -> int:
    from service import cli

    try:
        cli.app(list(arguments))
    except SystemExit as error:
        return int(error.code or 0)
    return 0


def ended(pid: int) -> int:
    """Wait for a process; its exit code, or the negative number of the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> int:
    """Kill a process with all that it started, and wait for it; its exit code."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return ended(pid)


def request(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0
) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON (or bytes, of anything else) and headers of an answer; raises OSError or HTTPException where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    found = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, json.loads(content) if "json" in found.get("content-type", "") else content, found


def post(port: int, name: str, content: bytes, wait_s: int = 0) -> tuple[int, Any, dict[str, str]]:
    """The answer to the upload of a file."""
    boundary = "a-boundary-of-ours"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    address = "/api/v1/documents" + (f"?wait={wait_s}" if wait_s else "")
    return request(port, "POST", address, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


def await_service(port: int, pid: int, timeout_s: float = 120.0) -> bool:
    """Whether a service answers before it ends; raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            if request(port, "GET", "/healthz", timeout_s=5)[0] == 200:
                return True
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False
        time.sleep(0.02)
    raise TimeoutError(f"the service did not answer within {timeout_s:g} seconds")


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
