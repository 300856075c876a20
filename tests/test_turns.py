"""Turns at writing within one program."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from service import store
from service.store import turns

A_WHILE_S = 30.0


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    taken, order = turns.Turns(), list[int]()
    assert taken.take(0.0)

    def write(number: int) -> None:
        assert taken.take(A_WHILE_S)
        order.append(number)
        taken.give()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=write, args=[number]))
        threads[-1].start()
        while len(taken._waiting) <= number:
            pass
    taken.give()
    for thread in threads:
        thread.join()
    assert order == list(range(20))
    assert taken.take(0.0), "it is free again"


def test_who_waited_in_vain_is_not_waited_for() -> None:
    taken = turns.Turns()
    assert taken.take(0.0)
    assert not taken.take(0.0)
    taken.give()
    assert taken.take(0.0)


def test_a_file_has_one_line_of_those_who_wait_and_each_file_its_own(tmp_path: Path) -> None:
    with store.opened(tmp_path / "a.db") as one, store.opened(tmp_path / "a.db", busy_timeout_s=0.0) as same, store.opened(tmp_path / "b.db") as other:
        with store.writing(one), store.writing(other), pytest.raises(store.sqlite3.OperationalError, match="locked"), store.writing(same):
            pytest.fail("two write at once")
        with store.writing(same):
            same.execute("PRAGMA user_version").fetchone()


def test_a_turn_ends_with_an_exception(tmp_path: Path) -> None:
    with store.opened(tmp_path / "a.db", busy_timeout_s=0.0) as db:
        with pytest.raises(KeyError), store.writing(db):
            raise KeyError
        with store.writing(db):
            pass
