"""Faults on purpose, for tests: `VEILLE_FAILPOINTS=before_commit:kill` kills the program where it would commit.

    VEILLE_FAILPOINTS = point:action[@part of a name][#n-th time], …

Without the variable nothing is armed, and `reach` is one comparison with None.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from extractors.errors import InvalidRequest

# Every step of the way of a document, in its order. Those of a worker come between read and reply.
POINTS = (
    "before_enqueue",
    "after_enqueue",
    "after_claim",
    "before_hash",
    "before_read",
    "after_read",
    "after_extract",
    "before_reply",
    "before_insert",
    "after_insert",
    "before_commit",
    "after_commit",
    "before_finish",
    "after_finish",
    "migrate",
)


@dataclass(slots=True)
class _Fault:
    """One fault that waits: for a name with some part in it, and for the n-th time that it comes by."""

    point: str
    action: str
    part: str
    countdown: int


_armed: list[_Fault] | None = None
_description = ""


def arm(description: str) -> None:
    """Set the faults of a description, none for an empty one; raises InvalidRequest for one that says nothing."""
    global _armed, _description  # noqa: PLW0603 - a process has one set of faults, as it has one life
    _description = description
    _armed = [_parsed(word.strip()) for word in description.split(",") if word.strip()] or None


def description() -> str:
    """What is armed, for a process that this one starts."""
    return _description


def reach(point: str, name: str = "") -> None:
    """Come by a point of the way; does what was armed for it."""
    if _armed is None:
        return
    for fault in _armed:
        if fault.point == point and fault.part in name:
            fault.countdown -= 1
            if fault.countdown == 0:
                ACTIONS[fault.action]()


def _parsed(word: str) -> _Fault:
    point, _, rest = word.partition(":")
    rest, _, count = rest.partition("#")
    action, _, part = rest.partition("@")
    if point not in POINTS or action not in ACTIONS or (count and not count.isdecimal()):
        raise InvalidRequest(f"VEILLE_FAILPOINTS={word!r}: give POINT:ACTION, such as before_commit:kill; points: {', '.join(POINTS)}")
    return _Fault(point, action, part, int(count or 1))


def _exhaust_memory() -> None:
    hoard = []
    while True:
        hoard.append(b"\1" * 50_000_000)


def _write_for_ever() -> None:
    while True:
        os.write(1, b"x" * 65_536)


def _spin() -> None:
    while True:
        pass


def _hang() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    while True:
        time.sleep(3_600)


def _break() -> None:
    raise RuntimeError("a fault on purpose")


ACTIONS: dict[str, Callable[[], None]] = {
    "abort": os.abort,
    "exit": lambda: os._exit(0),
    "hang": _hang,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": _exhaust_memory,
    "output": _write_for_ever,
    "raise": _break,
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "spin": _spin,
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
}
