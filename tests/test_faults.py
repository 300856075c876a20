"""Faults of the world: the small form of benchmarks/kill.py and writers.py, and the same records whatever surrounds the program."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import kill  # noqa: E402 - found by the line above
import made  # noqa: E402
import writers  # noqa: E402

from extractors.formats import Hints  # noqa: E402
from extractors.options import Options  # noqa: E402
from service import engine, failpoints, ingest, store  # noqa: E402
from service.store import documents  # noqa: E402
from service.tasks import File  # noqa: E402
from service.workers import Inline  # noqa: E402

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
POST = "Un atelier sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    """What the programs forked from this one share with it."""
    made.load_models()


def ingested(db: Any, folder: Path, outcomes: list[ingest.Outcome]) -> None:
    """Ingest the texts of a folder, noting what becomes of each."""
    files = [ingest.Found(path, path.name) for path in sorted(folder.glob("*.txt"))]
    ingest.ingest(db, files, ingest.Plan(Options()), Inline(Options()), ingest.Watcher(outcomes.append))


# Killed


def test_every_failpoint_is_killed_at_somewhere() -> None:
    elsewhere = {"before_reply", "migrate"}  # tests/test_workers.py and tests/test_jobs.py
    assert set(kill.OF_INGEST + kill.OF_UPLOADS) | elsewhere == set(failpoints.POINTS)


@pytest.mark.parametrize("point", ["before_hash", "after_read", "after_insert", "before_commit", "after_commit"])
def test_ingest_that_is_killed_goes_on_with_nothing_lost_and_nothing_twice(point: str) -> None:
    tally = kill.Tally()
    kill.failpoint_kills(tally, [point], times=[2, 4], count=4)
    assert tally.kills == 2
    assert not tally.is_bad, tally


@pytest.mark.parametrize("point", ["before_enqueue", "after_enqueue", "after_claim", "before_finish"])
def test_what_a_killed_service_has_accepted_is_there_after_the_next_start(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LEASE_S", 0.5)
    monkeypatch.setattr(engine, "_HEARTBEAT_S", 0.1)
    tally = kill.Tally()
    kill.upload_kills(tally, iter([f"{point}:kill#2", ""]), 4)
    assert tally.kills == 1
    assert not tally.is_bad, tally


# Two at once


def test_two_programs_on_one_folder_and_store_read_each_document_once_and_nobody_sees_a_lock() -> None:
    assert writers.round_of(2, files=6) == []


def test_ingest_waits_for_whoever_has_the_store_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "post.txt").write_text(POST, encoding="utf-8")
    with store.opened(tmp_path / "v.db") as db:
        holder = sqlite3.connect(tmp_path / "v.db", isolation_level=None, check_same_thread=False)
        release = threading.Timer(0.3, holder.execute, ["ROLLBACK"])

        def lock() -> None:
            holder.execute("BEGIN IMMEDIATE")
            release.start()

        monkeypatch.setitem(failpoints.ACTIONS, "lock", lock)
        failpoints.arm("after_extract:lock")
        outcomes: list[ingest.Outcome] = []
        try:
            ingested(db, tmp_path, outcomes)
        finally:
            failpoints.arm("")
            release.join()
            holder.close()
    assert [outcome.state for outcome in outcomes] == ["new"]


def test_ingest_into_a_store_that_stays_locked_says_so_and_stores_nothing_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "post.txt").write_text(POST, encoding="utf-8")
    with store.opened(tmp_path / "v.db"):
        pass
    holder = sqlite3.connect(tmp_path / "v.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(store.StoreError, match="locked"), store.opened(tmp_path / "v.db", busy_timeout_s=0) as db:
        ingested(db, tmp_path, [])
    holder.execute("ROLLBACK")
    holder.close()
    with store.opened_for_reading(tmp_path / "v.db") as db:
        assert documents.count(db) == 0


def test_a_disk_that_fills_up_stops_ingest_with_what_is_done_stored_and_readable(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.txt").write_text(made.text(made.word(number)), encoding="utf-8")
    outcomes: list[ingest.Outcome] = []

    def fill() -> None:
        with store.opened(tmp_path / "v.db") as db:
            db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0] + 30}")
            ingested(db, tmp_path, outcomes)

    with pytest.raises(store.DiskFull, match="free some space"):
        fill()
    assert 0 < len(outcomes) < 40
    with store.opened(tmp_path / "v.db") as db:
        assert documents.count(db) == len(outcomes)
        assert store.check(db) == []
        ingested(db, tmp_path, [])
    assert made.state(tmp_path / "v.db", [made.word(number) for number in range(40)])


# The page that tells of all this


def test_every_test_and_command_that_the_page_on_reliability_names_exists() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    defined = {name for path in (ROOT / "tests").glob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 40
    assert named <= defined
    assert all((ROOT / path).exists() for path in re.findall(r"`((?:benchmarks|service)/\w+\.py)", page))


# Elsewhere


def _records(folder: Path, environment: dict[str, str]) -> list[Any]:
    """What `extract` writes of a text, without workers, run in a folder with an environment."""
    command = [sys.executable, "-P", "-c", "from service.cli import main; main()", "extract", "post.txt", "--workers", "0"]
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")}
    result = subprocess.run(command, cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), **environment}, check=False, capture_output=True)
    assert (result.returncode, result.stderr) == (0, b"")
    return [json.loads(line) for line in result.stdout.decode("utf-8").splitlines()]


@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "Pacific/Kiritimati", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Adak", "LANG": "fr_FR.UTF-8", "PYTHONHASHSEED": "2", "HOME": "/nonexistent"},
    ],
)
def test_the_record_is_the_same_in_any_time_zone_locale_hash_seed_home_and_folder(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "post.txt").write_text(POST, encoding="utf-8")
    (tmp_path / "spacy.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "__init__.py").write_text("raise SystemExit('nor this one')", encoding="utf-8")
    here = Inline(Options()).submit(File(POST.encode(), "post.txt", Hints())).result()
    assert _records(tmp_path, environment) == [here.model_dump(mode="json")]  # type: ignore[union-attr]
