"""Jobs: what was accepted is done once, however often a program ends in between, and the engine that does it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from test_store import a_record, a_source
from typer.testing import CliRunner

from extractors.options import Options
from service import api, cli, engine, failpoints, store
from service.engine import Engine
from service.ingest import Found
from service.settings import Settings
from service.store import documents, jobs, schema, sources
from service.store.jobs import Incoming, Result
from service.tasks import Limits

POST = b"Un atelier sur la m\xc3\xa9diation s'est tenu \xc3\xa0 Bamako le 3 juin 2024."
NOW, LEASE_S = 1_000.0, 30.0
ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "veille.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with store.opened(path) as opened:
        yield opened


def incoming(name: str, content: bytes = POST, kind: str = "file") -> Incoming:
    import hashlib

    sha256 = hashlib.sha256(content).hexdigest()
    return Incoming(kind, name, f"upload:{sha256}/{name}", sha256, len(content), "{}", io.BytesIO(content))  # type: ignore[arg-type]


def add(db: Database, *names: str) -> str:
    return jobs.add(db, [incoming(name, name.encode()) for name in names], now=NOW)


def claim(db: Database, owner: str = "one", now: float = NOW) -> jobs.Item:
    item = jobs.claim(db, owner, now=now, lease_s=LEASE_S)
    assert item is not None
    return item


def states(db: Database, job_id: str) -> dict[str, str]:
    about = jobs.about(db, job_id)
    assert about is not None
    return {result.name: result.state for result in about["files"]}


def attempts(db: Database) -> list[int]:
    return [row[0] for row in db.execute("SELECT attempts FROM items ORDER BY number")]


# Claim, lease, finish


def test_what_came_first_is_claimed_first(db: Database) -> None:
    add(db, "a", "b")
    add(db, "c")
    assert [claim(db).name for _ in range(3)] == ["a", "b", "c"]
    assert jobs.claim(db, "one", now=NOW, lease_s=LEASE_S) is None


def test_nobody_claims_what_another_has_in_hand(db: Database) -> None:
    add(db, "a")
    claim(db, "one")
    assert jobs.claim(db, "two", now=NOW + LEASE_S, lease_s=LEASE_S) is None


def test_what_a_dead_program_had_in_hand_is_anybodys_after_its_lease(db: Database) -> None:
    add(db, "a")
    first = claim(db, "one")
    again = claim(db, "two", NOW + LEASE_S + 1)
    assert (again.number, again.attempts) == (first.number, 2)


def test_a_lease_that_is_renewed_is_held(db: Database) -> None:
    add(db, "a")
    item = claim(db, "one")
    assert jobs.renew(db, "one", {item.number}, now=NOW + 20, lease_s=LEASE_S) == {item.number}
    assert jobs.claim(db, "two", now=NOW + 45, lease_s=LEASE_S) is None
    assert claim(db, "two", NOW + 51).number == item.number


def test_only_what_is_in_hand_is_renewed(db: Database) -> None:
    add(db, "a", "b")
    held, dropped = claim(db), claim(db)
    jobs.renew(db, "one", {held.number}, now=NOW + 20, lease_s=LEASE_S)
    assert claim(db, "two", NOW + 40).number == dropped.number


def test_a_lease_that_was_lost_is_not_renewed(db: Database) -> None:
    add(db, "a")
    item = claim(db, "one")
    claim(db, "two", NOW + 40)
    assert jobs.renew(db, "one", {item.number}, now=NOW + 41, lease_s=LEASE_S) == set()


def test_no_program_claims_from_itself_what_it_could_not_renew_in_time(db: Database) -> None:
    add(db, "a")
    claim(db, "one")
    assert jobs.claim(db, "one", now=NOW + 10_000, lease_s=LEASE_S) is None
    assert attempts(db) == [1]


def test_what_takes_its_program_with_it_three_times_has_failed_and_the_next_is_claimed(db: Database) -> None:
    job = add(db, "bad", "good")
    for life in range(jobs.MOST_ATTEMPTS):
        assert claim(db, f"life {life}", NOW + 100 * life).name == "bad"
    assert claim(db, "the next", NOW + 1_000).name == "good"
    about = jobs.about(db, job)
    assert about is not None
    [failed] = [result for result in about["files"] if result.name == "bad"]
    assert (failed.state, failed.error_code) == ("failed", "worker_crash")
    assert "jobs retry" in str(failed.error_message)


def test_what_is_given_back_was_no_attempt(db: Database) -> None:
    add(db, "a", "b", "c")
    for _ in range(5):
        number = claim(db).number
        jobs.release(db, "one", {number})
        assert claim(db).number == number
        jobs.release(db, "one")
    claim(db, "two")
    jobs.release(db, "one")  # nothing of another's
    assert attempts(db) == [1, 0, 0]


def test_a_finished_item_tells_what_became_of_it(db: Database) -> None:
    job = add(db, "a", "b")
    jobs.finish(db, claim(db), "one", [Result("a", "new", "d1")], now=NOW)
    jobs.finish(db, claim(db), "one", [Result("b", "new", "d2"), Result("b#2", "failed", None, "empty", "nothing in it")], now=NOW)
    assert states(db, job) == {"a": "new", "b": "new", "b#2": "failed"}
    assert jobs.open_items(db) == 0 and not jobs.is_open(db, job)


def test_who_lost_an_item_cannot_finish_it(db: Database) -> None:
    job = add(db, "a")
    late = claim(db, "one")
    claim(db, "two", NOW + 40)
    jobs.finish(db, late, "one", [Result("a", "failed", None, "internal", "late")], now=NOW + 41)
    assert states(db, job) == {"a": "running"}


def test_two_programs_never_have_one_item(path: Path, db: Database) -> None:
    add(db, *(f"{number:03}" for number in range(60)))
    taken: list[str] = []

    def work(owner: str) -> None:
        with store.opened(path) as mine:
            while (item := jobs.claim(mine, owner, now=NOW, lease_s=LEASE_S)) is not None:
                taken.append(item.name)
                jobs.finish(mine, item, owner, [Result(item.name, "new")], now=NOW)

    threads = [threading.Thread(target=work, args=[f"owner {number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"{number:03}" for number in range(60)]


# Cancel, retry, bytes


def test_a_cancelled_job_is_not_begun_and_what_is_in_hand_is_not_finished(db: Database) -> None:
    job = add(db, "in hand", "waiting")
    item = claim(db)
    assert jobs.cancel(db, job, now=NOW)
    assert jobs.renew(db, "one", {item.number}, now=NOW, lease_s=LEASE_S) == set()  # by which its worker knows
    jobs.finish(db, item, "one", [Result("in hand", "new", "d1")], now=NOW)
    assert states(db, job) == {"in hand": "cancelled", "waiting": "cancelled"}
    assert jobs.claim(db, "one", now=NOW, lease_s=LEASE_S) is None


def test_cancelling_what_is_not_there_or_done_changes_nothing(db: Database) -> None:
    job = add(db, "a")
    jobs.finish(db, claim(db), "one", [Result("a", "new", "d1")], now=NOW)
    assert not jobs.cancel(db, "no such job", now=NOW)
    assert jobs.cancel(db, job, now=NOW)
    assert states(db, job) == {"a": "new"}


def test_a_failed_file_keeps_its_bytes_and_is_tried_again(db: Database) -> None:
    job = add(db, "a")
    item = claim(db)
    jobs.finish(db, item, "one", [Result("a", "failed", None, "timeout", "too long")], now=NOW)
    jobs.sweep(db)
    assert jobs.retry(db, job) == 1
    again = claim(db)
    assert (again.number, again.attempts, jobs.content(db, again.sha256)) == (item.number, 1, b"a")
    jobs.finish(db, again, "one", [Result("a", "new", "d1")], now=NOW)
    assert states(db, job) == {"a": "new"}


def test_retry_of_all_takes_every_job_and_nothing_that_is_done(db: Database) -> None:
    done, failed, cancelled = add(db, "done"), add(db, "failed"), add(db, "cancelled")
    jobs.finish(db, claim(db), "one", [Result("done", "new", "d1")], now=NOW)
    jobs.finish(db, claim(db), "one", [Result("failed", "failed", None, "empty", "empty")], now=NOW)
    jobs.cancel(db, cancelled, now=NOW)
    assert jobs.retry(db) == 2
    assert [states(db, job) for job in (done, failed, cancelled)] == [{"done": "new"}, {"failed": "queued"}, {"cancelled": "queued"}]


def test_bytes_are_swept_when_neither_an_item_nor_a_source_needs_them(db: Database) -> None:
    add(db, "waiting", "done")
    jobs.cancel(db, add(db, "cancelled"), now=NOW)
    add(db, "stored")
    for _ in range(3):
        item = claim(db)
        if item.name != "waiting":
            jobs.finish(db, item, "one", [Result(item.name, "new")], now=NOW)
    sources.save(db, a_record(), a_source(sha256=incoming("stored", b"stored").sha256))
    assert jobs.sweep(db) == 1
    assert [jobs.content(db, incoming(name, name.encode()).sha256) for name in ("waiting", "done", "cancelled", "stored")] == [
        b"waiting",
        None,
        b"cancelled",
        b"stored",
    ]


def test_the_same_bytes_under_two_names_are_kept_once_and_are_two_items(db: Database) -> None:
    jobs.add(db, [incoming("a"), incoming("b")], now=NOW)
    assert db.execute("SELECT count(*) FROM bytes").fetchone() == (1,)
    assert [claim(db).name for _ in range(2)] == ["a", "b"]


def test_a_request_that_cannot_be_kept_whole_is_not_kept(db: Database) -> None:
    def broken() -> Iterator[Incoming]:
        yield incoming("a")
        raise OSError("the upload is gone")

    with pytest.raises(OSError, match="gone"):
        jobs.add(db, broken(), now=NOW)
    assert jobs.open_items(db) == 0
    assert db.execute("SELECT (SELECT count(*) FROM bytes) + (SELECT count(*) FROM jobs)").fetchone() == (0,)


def test_an_empty_file_is_kept_and_claimed_like_any_other(db: Database) -> None:
    jobs.add(db, [incoming("empty", b"")], now=NOW)
    assert jobs.content(db, claim(db).sha256) == b""


def test_a_transaction_inside_another_is_refused_and_undoes_both(db: Database) -> None:
    def outer() -> None:
        with store.writing(db):
            db.execute("INSERT INTO jobs (id, created_at) VALUES ('outer', 0)")
            add(db, "a")

    with pytest.raises(sqlite3.OperationalError, match="a transaction"):
        outer()
    assert not db.conn.in_transaction
    assert jobs.latest(db, 10) == []


def test_a_full_database_takes_nothing_of_a_request_and_goes_on_once_there_is_room(db: Database) -> None:
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        jobs.add(db, [incoming("small"), incoming("large", b"x" * 200_000)], now=NOW)
    assert (jobs.open_items(db), jobs.latest(db, 10)) == (0, [])
    db.execute("PRAGMA max_page_count = 1000000")
    jobs.add(db, [incoming("large", b"x" * 200_000)], now=NOW)
    assert claim(db).name == "large"


# Older databases


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that is not a search index."""
    with sqlite3.connect(path) as conn:
        tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%_search%'")]
        found = {table: sorted(conn.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr) for table in tables}
    conn.close()
    return found


def older(path: Path, version: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[Any, ...]]]:
    """A database as the program of some version made it, with a document, a failure and, where there were any, jobs; its rows."""
    now = path.with_name("now.db")
    with store.opened(now) as db:
        sources.save(db, a_record(), a_source())
        sources.fail(db, a_source("/posts/bad.pdf", "cd" * 32), "unreadable", "damaged")
        add(db, "waiting")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        with store.opened(path) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("ATTACH ? AS now", [str(now)])
            # the log of changes writes itself
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%_search_%' AND name <> 'event_changes'"
            for table in [row[0] for row in db.execute(names)]:
                columns = ", ".join(f'"{row[1]}"' for row in db.execute(f'PRAGMA main.table_info("{table}")'))
                columns = f"rowid, {columns}" if table.endswith("_search") else columns
                db.execute(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM now."{table}"')
    found = contents(path)
    assert len(found["documents"]) == 1 and len(found["sources"]) == 2 and len(found["events"]) == 1
    return found


OLDER = range(1, len(schema.MIGRATIONS))


def keeps(path: Path, before: dict[str, list[tuple[Any, ...]]]) -> bool:
    """Whether every row is there, with what later versions add behind its columns."""
    after = contents(path)
    return all([row[: len(old)] for row, old in zip(after[table], rows, strict=True)] == rows for table, rows in before.items())


@pytest.mark.parametrize("version", OLDER)
def test_an_older_database_is_upgraded_with_all_that_is_in_it(path: Path, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    before = older(path, version, monkeypatch)
    for _ in range(2):
        with store.opened(path) as db:
            assert schema.version(db) == len(schema.MIGRATIONS)
            assert store.check(db) == []
            assert documents.record(db, a_record().id) == a_record()
        assert keeps(path, before)
    with store.opened(path) as db:
        sources.save(db, a_record("another0", text="Autre texte.", entities=[], events=[]), a_source("/posts/other.txt", "ef" * 32))
        assert add(db, "later")


@pytest.mark.parametrize("step", range(1, len(schema.MIGRATIONS)))
def test_an_upgrade_that_is_killed_leaves_the_older_database_whole(path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    before = older(path, 1, monkeypatch)
    environment = {**os.environ, "VEILLE_FAILPOINTS": f"migrate:kill#{step}"}
    command = [sys.executable, "-m", "service", "db", "upgrade", "--db", str(path)]
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True).returncode == -signal.SIGKILL
    with sqlite3.connect(path) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (1,)
    conn.close()
    assert contents(path) == before
    with store.opened(path) as db:
        assert schema.version(db) == len(schema.MIGRATIONS)
        assert store.check(db) == []
    assert keeps(path, before)


# The engine


def await_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def an_engine(path: Path, clock: Callable[[], float] = time.time, workers: int = 0) -> Engine:
    return Engine(Settings(path, Options(), limits=Limits(), workers=workers), clock)


def job_of(path: Path, job_id: str) -> dict[str, Any]:
    with store.opened_for_reading(path) as db:
        about = jobs.about(db, job_id)
    assert about is not None
    return about


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that looks again at once and waits little for a lock: the last to leave a store holds it for a moment."""
    monkeypatch.setattr(engine, "_LOOK_S", 0.02)
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.3)


@pytest.mark.usefixtures("quick")
def test_what_waits_when_the_service_starts_is_done(path: Path, tmp_path: Path) -> None:
    (tmp_path / "post.txt").write_bytes(POST)
    with store.opened(path):
        pass
    job_id, is_done = asyncio.run(an_engine(path).keep([Found(tmp_path / "post.txt", "post.txt", "upload:1/post.txt")]))
    assert not is_done
    (tmp_path / "post.txt").unlink()  # the store has its bytes
    running = an_engine(path)
    running.start()
    running.drain()
    running.stop()
    about = job_of(path, job_id)
    assert (about["state"], [result.state for result in about["files"]]) == ("done", ["new"])


def test_a_request_of_a_thousand_files_needs_no_thousand_descriptors(path: Path, tmp_path: Path) -> None:
    import resource

    found = []
    for number in range(300):
        file = tmp_path / f"{number}.txt"
        file.write_text(f"{number}", encoding="utf-8")
        found.append(Found(file, file.name, f"upload:{number}/{file.name}"))
    with store.opened(path):
        pass
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 30, hard))
    try:
        job_id, _ = asyncio.run(an_engine(path).keep(found))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(job_of(path, job_id)["files"]) == 300


@pytest.mark.usefixtures("quick")
def test_what_a_service_that_died_had_in_hand_is_done_by_the_next(path: Path) -> None:
    with store.opened(path) as db:
        job_id = jobs.add(db, [incoming("post.txt")], now=NOW)
        claim(db, "a service that died", NOW)
    running = an_engine(path, clock=lambda: NOW + LEASE_S + 1)
    running.start()
    running.drain()
    running.stop()
    assert job_of(path, job_id)["state"] == "done"


@pytest.mark.usefixtures("quick")
def test_an_item_that_cannot_be_read_back_fails_and_the_next_is_done(path: Path) -> None:
    with store.opened(path) as db:
        bad = jobs.add(db, [incoming("bad", b" ", kind="text")], now=NOW)
        odd = jobs.add(db, [incoming("odd", b"\xff\xfe", kind="text")], now=NOW)
        good = jobs.add(db, [incoming("post.txt")], now=NOW)
        db.execute("UPDATE items SET sha256 = 'gone' WHERE name = 'odd'")
    running = an_engine(path)
    running.start()
    running.drain()
    running.stop()
    assert [job_of(path, job)["state"] for job in (bad, odd, good)] == ["failed", "failed", "done"]
    assert job_of(path, odd)["files"][0].error_code == "storage"


@pytest.mark.usefixtures("quick")
def test_what_is_in_hand_when_the_store_is_locked_is_given_back_and_done_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.opened(path) as db:
        job_id = jobs.add(db, [incoming("post.txt")], now=NOW)
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    monkeypatch.setitem(failpoints.ACTIONS, "lock", lambda: holder.execute("BEGIN IMMEDIATE"))
    failpoints.arm("after_extract:lock")
    running = an_engine(path)
    try:
        running.start()
        await_until(lambda: bool(running._dropped))
        assert job_of(path, job_id)["state"] == "running"  # and nobody can note that it is given back
        holder.execute("ROLLBACK")
        running.drain()
    finally:
        failpoints.arm("")
        holder.close()
        running.stop()
    assert job_of(path, job_id)["state"] == "done"
    with store.opened(path) as db:
        assert attempts(db) == [1]
        assert documents.count(db) == 1


def test_a_service_that_is_stopped_gives_back_what_it_cannot_finish(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_GRACE_S", 0.1)
    with store.opened(path) as db:
        job_id = jobs.add(db, [incoming("endless.txt")], now=NOW)
    failpoints.arm("before_read:hang")
    running = an_engine(path, workers=1)
    failpoints.arm("")
    running.start()
    await_until(lambda: bool(running._in_hand))
    running.stop()
    assert job_of(path, job_id)["state"] == "queued"
    with store.opened(path) as db:
        assert attempts(db) == [0]


# The command line


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, list(arguments))


def test_jobs_run_does_what_waits_and_ends(path: Path) -> None:
    with store.opened(path) as db:
        job_id = jobs.add(db, [incoming("post.txt"), incoming("picture.png", b"\x89PNG\r\n\x1a\n")], now=NOW)
    result = run("jobs", "run", "--db", str(path))
    assert result.exit_code == 0, result.output
    assert "2 done" in result.stderr
    listed = json.loads(run("jobs", "list", "--json", "--db", str(path)).stdout)
    assert (listed["id"], listed["state"]) == (job_id, "done")
    assert [file["state"] for file in listed["files"]] == ["new", "failed"]
    assert "nothing waits" in run("jobs", "run", "--db", str(path)).stderr


def test_jobs_are_cancelled_and_tried_again_by_their_id(path: Path) -> None:
    with store.opened(path) as db:
        job_id = add(db, "a")
        add(db, "b")
    assert run("jobs", "cancel", job_id, "--db", str(path)).exit_code == 0
    assert job_of(path, job_id)["state"] == "cancelled"
    assert "1 queued again" in run("jobs", "retry", job_id, "--db", str(path)).stderr
    assert job_of(path, job_id)["state"] == "queued"


@pytest.mark.parametrize("command", ["cancel", "retry"])
def test_a_job_that_is_not_there_is_named(path: Path, command: str) -> None:
    with store.opened(path):
        pass
    result = run("jobs", command, "nonsense", "--db", str(path))
    assert (result.exit_code, "nonsense" in result.stderr, "jobs list" in result.stderr) == (2, True, True)


# What a job tells


def test_a_text_that_came_by_a_thousand_names_is_looked_up_once_and_told_by_its_first_ones(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    record = a_record()
    results = [Result(f"{number}.txt", "new" if number == 0 else "known", record.id) for number in range(1_000)]
    for result in results:
        sources.save(db, record, a_source(f"/{result.name}"))
    add(db, "many.zip")
    item = claim(db)
    jobs.finish(db, item, "one", results, now=NOW)
    asked: list[str] = []
    about = documents.about

    def counted(db: Database, document_id: str, *, names: int = 100) -> dict[str, Any] | None:
        asked.append(document_id)
        return about(db, document_id, names=names)

    monkeypatch.setattr(documents, "about", counted)
    job = api.job_of(db, item.job_id)
    assert asked == [record.id]
    assert {result.document.source_count for result in job.files if result.document is not None} == {1_000}
    assert len(job.model_dump_json()) < 1_000 * len(job.files)
