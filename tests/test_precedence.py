"""Reads go before writes, for a while."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.precedence import CountedReads, Precedence

A_WHILE_S = 30.0


def test_who_stores_waits_for_nobody_where_nobody_reads() -> None:
    assert Precedence(A_WHILE_S).give_way()


def test_who_stores_waits_until_the_last_read_is_answered() -> None:
    precedence, order = Precedence(A_WHILE_S), list[str]()
    precedence.begin()
    precedence.begin()

    def store() -> None:
        precedence.give_way()
        order.append("stored")

    thread = threading.Thread(target=store)
    thread.start()
    precedence.end()
    assert thread.is_alive()
    order.append("read")
    precedence.end()
    thread.join()
    assert order == ["read", "stored"]


def test_who_stores_waits_no_longer_than_agreed() -> None:
    precedence = Precedence(0.0)
    precedence.begin()
    assert not precedence.give_way()


def asked(precedence: Precedence, method: str, app: Any, kind: str = "http") -> None:
    """Send a request through the middleware."""

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def forget(_: Message) -> None:
        pass

    asyncio.run(CountedReads(app, precedence)({"type": kind, "method": method, "path": "/"}, nothing, forget))


@pytest.mark.parametrize(("method", "is_counted"), [("GET", True), ("HEAD", True), ("POST", False), ("DELETE", False)])
def test_a_read_counts_until_its_answer_begins_and_nothing_else_does(method: str, is_counted: bool) -> None:
    precedence = Precedence(0.0)
    free: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        free.append(precedence.give_way())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        free.append(precedence.give_way())  # as while a long answer is streamed
        await send({"type": "http.response.body"})

    asked(precedence, method, app)
    assert (free, precedence.give_way()) == ([not is_counted, True], True)


def test_a_read_that_fails_is_not_waited_for() -> None:
    precedence = Precedence(0.0)

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        asked(precedence, "GET", broken)
    assert precedence.give_way()
