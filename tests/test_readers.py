"""Connections for reading that the service keeps."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from service import store
from service.store import schema
from service.store.readers import Readers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with store.opened(tmp_path / "v.db"):
        pass
    return tmp_path / "v.db"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The connections that are made."""
    made: list[Path] = []
    connect = store.connected_for_reading

    def counted(path: Path, busy_timeout_s: float) -> object:
        made.append(path)
        return connect(path, busy_timeout_s)

    monkeypatch.setattr(store, "connected_for_reading", counted)
    return made


def count(readers: Readers) -> int:
    with readers.opened() as db:
        found: int = db.execute("SELECT count(*) FROM jobs").fetchone()[0]
    return found


def test_a_connection_serves_one_reader_after_another_and_sees_what_was_written_since(path: Path, opened: list[Path]) -> None:
    readers = Readers(path, 0.0)
    assert count(readers) == 0
    with store.opened(path) as db, store.writing(db):
        db.execute("INSERT INTO jobs (id, created_at) VALUES ('one', 0)")
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(count(readers)))
    thread.start()
    thread.join()
    assert (found, len(opened)) == ([1], 1)
    with readers.opened(), readers.opened():
        assert len(opened) == 2, "two at once have one each"
    readers.close()


def test_a_file_that_was_replaced_is_opened_anew(path: Path, tmp_path: Path, opened: list[Path]) -> None:
    readers = Readers(path, 0.0)
    with store.opened(path) as db, store.writing(db):
        db.execute("INSERT INTO jobs (id, created_at) VALUES ('one', 0)")
    assert count(readers) == 1
    with store.opened(tmp_path / "other.db"):
        pass
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.move(tmp_path / "other.db", path)
    assert (count(readers), len(opened)) == (0, 2)
    readers.close()


def test_what_is_gone_damaged_or_of_a_newer_program_is_refused_though_it_was_open(path: Path) -> None:
    readers = Readers(path, 0.0)
    assert count(readers) == 0
    with store.opened(path) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(store.StoreError, match="newer Veille"):
        count(readers)
    path.write_bytes(b"no longer a database")
    with pytest.raises(store.StoreError, match="not a SQLite database"):
        count(readers)
    path.unlink()
    with pytest.raises(store.StoreError, match="no such database"):
        count(readers)


def test_a_transaction_left_open_is_not_handed_on(path: Path, opened: list[Path]) -> None:
    readers = Readers(path, 0.0)
    with readers.opened() as db:
        db.execute("BEGIN")
    assert (count(readers), len(opened)) == (0, 2)
    readers.close()
