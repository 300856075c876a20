"""Keys of comparison: what waits and what was merged are found alike, whoever wrote it and whatever was undone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlite_utils import Database

from service import store
from service.store import postings, schema
from service.store.postings import BANDS, BLOCKS


class Undone(Exception):
    """What ends a transaction."""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / "veille.db") as opened:
        add_documents(opened, range(1, 200))
        yield opened


def add_documents(db: Database, numbers: range) -> None:
    with store.writing(db):
        for number in numbers:
            db.execute("INSERT INTO documents (number, id, text, extractor, schema_version) VALUES (?, ?, '', 'x', 1)", [number, f"d{number}"])


def add(db: Database, number: int, *keys: int) -> None:
    with store.writing(db):
        BANDS.add(db, number, keys)


def merged(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM bands").fetchone()[0])


@pytest.mark.parametrize("limit", [1, 7, 50, 10_000])
def test_every_key_leads_to_all_who_hold_it_whenever_they_were_merged(db: Database, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(postings, "_WAITING", limit)
    chance = random.Random(1)
    held: dict[int, list[int]] = {key: [] for key in range(20)}
    for number in range(1, 100):
        keys = sorted(chance.sample(range(20), 3))
        add(db, number, *keys)
        for key in keys:
            held[key].append(number)
        assert BANDS.holders(db, keys, 1_000) == [held[key] for key in keys]
    assert (merged(db) > 0) == (limit < 10_000)
    assert BANDS.holders(db, [3, 999, 3], 4) == [held[3][:4], [], held[3][:4]]
    assert BANDS.holders(db, [], 4) == []


def test_of_many_events_the_latest_come_first(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing(db):
        for number in range(1, 9):
            db.execute(
                """INSERT INTO events (number, id, document_id, position, type, status, title, sentence, sentence_start, sentence_end, confidence, rule)
                VALUES (?, ?, 'd1', ?, 'visit', 'occurred', '', '', 0, 0, 1, '')""",
                [number, f"e{number}", number],
            )
    monkeypatch.setattr(postings, "_WAITING", 5)
    for number in range(1, 9):
        with store.writing(db):
            BLOCKS.add(db, number, [7])
    assert db.execute("SELECT count(*) FROM blocks").fetchone()[0] == 5
    assert BLOCKS.holders(db, [7], 5) == [[8, 7, 6, 5, 4]]


def test_what_was_undone_is_not_found_and_its_number_may_come_again(db: Database) -> None:
    add(db, 1, 5)
    with suppress(Undone), store.writing(db):
        BANDS.add(db, 2, [5])
        assert BANDS.holders(db, [5], 9) == [[1, 2]]
        raise Undone
    assert BANDS.holders(db, [5], 9) == [[1]]
    with store.writing(db):
        with suppress(Undone), store.writing(db):
            BANDS.add(db, 3, [5])
            assert BANDS.holders(db, [5], 9) == [[1, 3]]
            raise Undone
        BANDS.add(db, 4, [6])
    assert BANDS.holders(db, [5, 6], 9) == [[1], [4]]


def test_what_another_program_adds_and_merges_is_found(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.opened(tmp_path / "veille.db") as other:
        add(db, 1, 5, 6)
        add(other, 2, 5)
        assert BANDS.holders(db, [5], 9) == BANDS.holders(other, [5], 9) == [[1, 2]]
        monkeypatch.setattr(postings, "_WAITING", 4)
        add(other, 3, 5)
        assert merged(db) == 4
        add(other, 4, 5)
        assert BANDS.holders(db, [5, 6], 9) == BANDS.holders(other, [5, 6], 9) == [[1, 2, 3, 4], [1]]


def test_what_waits_goes_with_its_document_or_when_told(db: Database) -> None:
    for number in (1, 2, 3):
        add(db, number, 5)
    with store.writing(db):
        db.execute("DELETE FROM documents WHERE number = 1")
        BANDS.remove(db, 2)
        postings.forget(db)
    assert BANDS.holders(db, [5], 9) == [[3]]


def test_keys_of_63_bits_and_those_of_an_older_store_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    largest = 2**63 - 1
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:7])
    with store.opened(tmp_path / "older.db") as db:
        add_documents(db, range(1, 4))
        with store.writing(db):
            db.execute("INSERT INTO bands (key, document_number) VALUES (?, 1)", [largest])
    monkeypatch.undo()
    with store.opened(tmp_path / "older.db") as db:
        add(db, 2, largest)
        assert BANDS.holders(db, [largest], 9) == [[1, 2]]
