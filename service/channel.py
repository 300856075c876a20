"""Messages between the service and its workers: length and pickle, over a socket, within a time.

Both ends are ours: a worker is forked from a program that the service started.
"""

from __future__ import annotations

import pickle
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

MAX_MESSAGE_BYTES = 512_000_000
_LENGTH = struct.Struct("!Q")


class Closed(Exception):
    """The other end is gone."""


class Channel:
    """One end of a socket; `clock` is in seconds and only ever compared with deadlines of the same clock."""

    def __init__(self, end: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._end, self._clock = end, clock

    def fileno(self) -> int:
        return self._end.fileno()

    def send(self, message: Any, deadline: float | None = None) -> None:
        """Send an object; raises Closed, or TimeoutError at the deadline."""
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self._end.settimeout(self._left(deadline))
            self._end.sendall(_LENGTH.pack(len(content)))
            self._end.sendall(content)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed from error

    def receive(self, deadline: float | None = None) -> Any:
        """The next object; raises Closed, TimeoutError at the deadline, OverflowError for a message over the limit."""
        (size,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if size > MAX_MESSAGE_BYTES:
            raise OverflowError(f"a message of {size:,} bytes, over the {MAX_MESSAGE_BYTES:,} that are taken")
        return pickle.Unpickler(_InPieces(self._exactly(size, deadline))).load()  # noqa: S301 - see the module's own words

    def close(self) -> None:
        self._end.close()

    def _exactly(self, size: int, deadline: float | None) -> bytearray:
        content = bytearray(size)
        rest = memoryview(content)
        while rest:
            self._end.settimeout(self._left(deadline))
            try:
                count = self._end.recv_into(rest)
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed from error
            if not count:
                raise Closed
            rest = rest[count:]
        return content

    def _left(self, deadline: float | None) -> float | None:
        """Seconds to the deadline, None for ever; raises TimeoutError where it is past (0 would mean not to wait at all)."""
        if deadline is None:
            return None
        left = deadline - self._clock()
        if left <= 0:
            raise TimeoutError
        return left


class _InPieces:
    """A message as a file written in Python: pickle reads it by frames of some 64 kB, and between two of them other threads get their turn.

    `pickle.loads` would hold them all for as long as it takes: 0.4 s for a record of 4 MB.
    """

    def __init__(self, content: bytearray) -> None:
        self._rest = memoryview(content)

    def read(self, size: int) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)

    def readinto(self, room: bytearray | memoryview) -> int:
        piece = self.read(len(room))
        room[: len(piece)] = piece
        return len(piece)

    def readline(self) -> bytes:
        """Only pickles in text have lines, and ours are none."""
        raise pickle.UnpicklingError("a line is asked of a message in binary")
