"""Reads go before writes: who stores lets the answers go first that are being made, for a while.

An answer takes milliseconds and somebody waits for it; what is stored waits in a queue anyway. Without this, as many
threads as store share the processor with one that reads, whose answer then takes as many times as long.
"""

from __future__ import annotations

import threading

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_S = 0.05  # that one step of storing waits: a service that is read all the time still stores twenty times a second
_READING = ("GET", "HEAD")


class Precedence:
    """How many reads are in flight, and a place to wait for them; to be used from any thread.

    most_s: the longest that one who stores waits, in seconds.
    """

    def __init__(self, most_s: float = _MOST_S) -> None:
        self._most_s = most_s
        self._changed = threading.Condition()
        self._in_flight = 0

    def begin(self) -> None:
        """Count a read."""
        with self._changed:
            self._in_flight += 1

    def end(self) -> None:
        """Count it no longer."""
        with self._changed:
            self._in_flight -= 1
            if not self._in_flight:
                self._changed.notify_all()

    def give_way(self) -> bool:
        """Wait until no read is in flight, but no longer than agreed; whether none is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._in_flight, self._most_s)


class CountedReads:
    """Middleware that counts requests which only read until their answer begins: one that is streamed, or tells of a job as it goes on, is not waited for."""

    def __init__(self, app: ASGIApp, precedence: Precedence) -> None:
        self._app, self._precedence = app, precedence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] not in _READING:
            await self._app(scope, receive, send)
            return
        is_counted = True
        self._precedence.begin()

        def end() -> None:
            nonlocal is_counted
            if is_counted:
                is_counted = False
                self._precedence.end()

        async def send_and_end(message: Message) -> None:
            end()
            await send(message)

        try:
            await self._app(scope, receive, send_and_end)
        finally:
            end()
