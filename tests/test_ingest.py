"""Ingest: a folder becomes rows, once; what changes is read again, what fails keeps its reason."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from extractors.options import Options
from service import failpoints, store
from service import ingest as ingestion
from service.ingest import Found, Outcome, Plan, Skipped
from service.queries import DocumentFilter
from service.store import documents
from service.workers import Inline

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
NOTE = "A workshop on mediation was held in Dakar on 5 June 2024. The University of Dakar hosted it for the second time."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "post.txt").write_text(POST, encoding="utf-8")
    (posts / "note.txt").write_text(NOTE, encoding="utf-8")
    return posts


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / "veille.db") as opened:
        yield opened


def run(db: Database, folder: Path, **plan: Any) -> list[Outcome]:
    """Ingest a folder; what became of each document."""
    told: list[Outcome] = []
    found = [item for item in ingestion.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]
    ingestion.ingest(db, found, Plan(Options(), **plan), Inline(Options()), ingestion.Watcher(told.append))
    return told


def states(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.state for outcome in outcomes)


def stored(db: Database) -> list[str]:
    """Names of the files that hold a document."""
    return sorted(Path(row["source"]).name for row in documents.find(db, DocumentFilter(state="done")))


def write_lines(path: Path, *documents: dict[str, Any] | str) -> None:
    path.write_text("".join((d if isinstance(d, str) else json.dumps(d)) + "\n" for d in documents), encoding="utf-8")


def test_a_folder_becomes_documents_with_their_events(db: Database, folder: Path) -> None:
    assert states(run(db, folder)) == {"new": 2}
    rows = list(db.query("SELECT type, date, place, country FROM events_view ORDER BY date"))
    assert [(row["type"], row["date"]) for row in rows] == [("training", "2024-06-03"), ("training", "2024-06-05")]
    assert (rows[0]["place"], rows[0]["country"]) == ("Bamako", "ML")


def test_the_same_folder_again_reads_nothing(db: Database, folder: Path) -> None:
    first = run(db, folder)
    before = list(db.query("SELECT number, id, extracted_at FROM documents"))
    again = run(db, folder)
    assert states(again) == {"known": 2}
    assert [outcome.document_id for outcome in again] == [outcome.document_id for outcome in first]
    assert list(db.query("SELECT number, id, extracted_at FROM documents")) == before


def test_a_renamed_file_and_a_copy_add_no_document(db: Database, folder: Path) -> None:
    run(db, folder)
    (folder / "post.txt").rename(folder / "renamed.txt")
    (folder / "copy.txt").write_text(NOTE, encoding="utf-8")
    assert states(run(db, folder)) == {"known": 3}
    assert documents.count(db) == 2


def test_an_edited_file_takes_the_place_of_what_it_was(db: Database, folder: Path) -> None:
    run(db, folder)
    (folder / "post.txt").write_text(POST.replace("Bamako", "Kayes"), encoding="utf-8")
    assert states(run(db, folder)) == {"updated": 1, "known": 1}
    assert documents.count(db) == 2
    assert [row["sentence"] for row in db.query("SELECT sentence FROM events WHERE sentence LIKE '%Bamako%'")] == []


def test_what_an_older_extractor_wrote_is_extracted_again(db: Database, folder: Path) -> None:
    run(db, folder)
    db.execute("UPDATE sources SET extractor = 'older' WHERE name LIKE '%post.txt'")
    assert states(run(db, folder)) == {"updated": 1, "known": 1}
    assert documents.count(db) == 2


def test_a_bad_file_is_one_outcome_with_its_reason_and_the_rest_is_stored(db: Database, folder: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    (folder / "photo.txt").write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 100)
    outcomes = {Path(outcome.name).name: outcome for outcome in run(db, folder)}
    assert states(list(outcomes.values())) == {"new": 2, "failed": 2}
    assert (outcomes["empty.txt"].code, outcomes["photo.txt"].code) == ("empty", "type_mismatch")
    assert "photo.txt" in (outcomes["photo.txt"].message or "")
    assert len(list(documents.find(db, DocumentFilter(state="failed")))) == 2


def test_a_failure_is_remembered_until_it_is_to_be_tried_again(db: Database, folder: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    run(db, folder)
    db.execute("UPDATE sources SET error_message = 'as it was' WHERE state = 'failed'")
    assert [outcome.message for outcome in run(db, folder) if outcome.state == "failed"] == ["as it was"]
    [retried] = [outcome for outcome in run(db, folder, retry_failed=True) if outcome.state == "failed"]
    assert retried.message != "as it was"


def test_a_failed_file_that_is_mended_becomes_a_document(db: Database, folder: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    run(db, folder)
    (folder / "empty.txt").write_text(POST + " Il a duré deux jours.", encoding="utf-8")
    assert states(run(db, folder)) == {"known": 2, "new": 1}
    assert list(documents.find(db, DocumentFilter(state="failed"))) == []


def test_an_interrupted_run_goes_on_where_it_stopped(db: Database, folder: Path) -> None:
    def interrupt(outcome: Outcome) -> None:
        raise KeyboardInterrupt

    found = [item for item in ingestion.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]
    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(db, found, Plan(Options()), Inline(Options()), ingestion.Watcher(interrupt))
    assert documents.count(db) == 1
    assert states(run(db, folder)) == {"known": 1, "new": 1}


class Ready(Inline):
    """Has all that it was given done at once, as workers have whose results waited."""

    capacity = 8


@pytest.mark.parametrize(("seconds", "transactions"), [(60.0, 1), (0.0, 3)])
def test_what_is_ready_is_stored_together_as_long_as_that_is_short_and_told_afterwards(
    db: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, transactions: int
) -> None:
    monkeypatch.setattr(ingestion, "_TRANSACTION_S", seconds)
    write_lines(folder / "more.txt", "Un colloque sur la pêche s'est tenu à Dakar le 4 mai 2023.")
    steps: list[str] = []
    db.conn.set_trace_callback(lambda sql: steps.append(sql) if sql == "COMMIT" else None)
    watcher = ingestion.Watcher(lambda outcome: steps.append("told"), storing=lambda: steps.append("storing"))
    found = [item for item in ingestion.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]
    ingestion.ingest(db, found, Plan(Options()), Ready(Options()), watcher)
    assert steps == ["storing", "COMMIT", *["told"] * (3 // transactions)] * transactions
    assert stored(db) == ["more.txt", "note.txt", "post.txt"]


class Careless(Ready):
    """Gives every event of a note twice, under one id."""

    def submit(self, given: Any) -> Any:
        future = super().submit(given)
        found = future.result()
        if given.name.endswith("note.txt"):
            future = Future()
            future.set_result(found.model_copy(update={"events": found.events * 2}))
        return future


def test_of_what_is_stored_together_one_that_cannot_be_has_failed_alone(db: Database, folder: Path) -> None:
    write_lines(folder / "more.txt", "Un colloque sur la pêche s'est tenu à Dakar le 4 mai 2023.")
    told: list[Outcome] = []
    found = [item for item in ingestion.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]
    ingestion.ingest(db, found, Plan(Options()), Careless(Options()), ingestion.Watcher(told.append))
    assert {Path(outcome.name).name: outcome.code for outcome in told} == {"more.txt": None, "note.txt": "internal", "post.txt": None}
    assert stored(db) == ["more.txt", "post.txt"]
    assert list(documents.find(db, DocumentFilter(q="workshop"))) == []
    assert store.check(db) == []


def test_what_is_stored_together_is_stored_whole_or_not_at_all(db: Database, folder: Path) -> None:
    told: list[Outcome] = []
    found = [item for item in ingestion.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]
    failpoints.arm("before_commit:raise")
    try:
        with pytest.raises(RuntimeError, match="on purpose"):
            ingestion.ingest(db, found, Plan(Options()), Ready(Options()), ingestion.Watcher(told.append))
    finally:
        failpoints.arm("")
    assert (documents.count(db), told) == (0, [])
    assert states(run(db, folder)) == {"new": 2}
    assert len(list(documents.find(db, DocumentFilter(q="Bamako")))) == 1


def test_the_day_that_the_caller_gives_is_kept_when_it_is_not_given_again(db: Database, folder: Path) -> None:
    run(db, folder, published=date(2024, 6, 9))
    assert states(run(db, folder)) == {"known": 2}
    db.execute("UPDATE sources SET extractor = 'older'")
    run(db, folder)
    assert {(r["published"], r["published_from"]) for r in documents.find(db, DocumentFilter())} == {("2024-06-09", "caller")}


def test_another_day_from_the_caller_reads_the_document_again(db: Database, folder: Path) -> None:
    run(db, folder, published=date(2024, 6, 9))
    assert states(run(db, folder, published=date(2024, 6, 10))) == {"updated": 2}
    assert documents.count(db) == 2


def test_each_line_of_json_lines_is_a_document_under_its_own_id(db: Database, folder: Path) -> None:
    write_lines(folder / "more.jsonl", {"id": "a", "text": POST, "desk": "Sahel"}, "{broken", {"id": "b", "text": NOTE})
    outcomes = run(db, folder / "more.jsonl")
    assert [(Path(o.name).name, o.state, o.document_id) for o in outcomes] == [
        ("more.jsonl#1", "new", "a"),
        ("more.jsonl#2", "failed", None),
        ("more.jsonl#3", "new", "b"),
    ]
    record = documents.record(db, "a")
    assert record is not None and record.metadata == {"desk": "Sahel"}


def test_json_lines_read_to_the_end_are_known_as_a_whole_bad_lines_included(db: Database, folder: Path) -> None:
    write_lines(folder / "more.jsonl", {"id": "a", "text": POST}, "{broken")
    run(db, folder / "more.jsonl")
    assert [(o.state, o.code) for o in run(db, folder / "more.jsonl")] == [("known", None), ("failed", "damaged")]


def test_an_interrupted_file_of_lines_goes_on_at_the_line_where_it_stopped(db: Database, folder: Path) -> None:
    path = folder / "more.jsonl"
    write_lines(path, {"id": "a", "text": POST}, {"id": "b", "text": NOTE})

    def interrupt(outcome: Outcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(db, [Found(path, path.name)], Plan(Options()), Inline(Options()), ingestion.Watcher(interrupt))
    assert [(o.document_id, o.state) for o in run(db, path)] == [("a", "known"), ("b", "new")]


def test_an_edited_line_replaces_its_document_and_the_other_lines_are_known(db: Database, folder: Path) -> None:
    path = folder / "more.jsonl"
    write_lines(path, {"id": "a", "text": POST}, {"id": "b", "text": NOTE})
    run(db, path)
    write_lines(path, {"id": "c", "text": POST.replace("Bamako", "Kayes")}, {"id": "a", "text": POST}, {"id": "b", "text": NOTE})
    assert states(run(db, path))["known"] == 2
    assert sorted(row["document_id"] for row in documents.find(db, DocumentFilter())) == ["a", "b", "c"]
    write_lines(path, {"id": "b", "text": NOTE})
    run(db, path)
    assert [row["document_id"] for row in documents.find(db, DocumentFilter())] == ["b"]


def test_an_id_that_two_files_give_to_different_texts_names_only_the_first(db: Database, folder: Path) -> None:
    write_lines(folder / "one.jsonl", {"id": "1", "text": POST})
    write_lines(folder / "two.jsonl", {"id": "1", "text": NOTE})
    first, second = run(db, folder / "one.jsonl") + run(db, folder / "two.jsonl")
    assert first.document_id == "1"
    assert second.document_id not in (None, "1")
    record = documents.record(db, second.document_id or "")
    assert record is not None and record.metadata["id"] == "1"


def test_a_bar_that_counts_lines_ends_at_the_number_of_outcomes(db: Database, folder: Path) -> None:
    path = folder / "more.jsonl"
    write_lines(path, {"id": "a", "text": POST}, "", "{broken", {"id": "b", "text": NOTE})
    for _ in range(2):
        told: list[Outcome] = []
        more: list[int] = []
        ingestion.ingest(db, [Found(path, path.name)], Plan(Options()), Inline(Options()), ingestion.Watcher(told.append, more.append))
        assert 1 + sum(more) == len(told) == 3


def test_prune_forgets_what_is_gone_from_the_folder_and_nothing_else(db: Database, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "posts-2"
    elsewhere.mkdir()
    (elsewhere / "third.txt").write_text(POST + " Il a duré un jour.", encoding="utf-8")
    write_lines(folder / "more.jsonl", {"id": "a", "text": NOTE + " It rained."})
    run(db, folder)
    run(db, elsewhere)
    for name in ("post.txt", "more.jsonl"):
        (folder / name).unlink()
    found = [item for item in ingestion.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]
    assert [Path(path).name for path in ingestion.prune(db, [folder], found)] == ["more.jsonl", "post.txt"]
    assert stored(db) == ["note.txt", "third.txt"]
    assert store.check(db) == []


def test_the_walk_is_sorted_and_leaves_out_hidden_files_and_databases(folder: Path) -> None:
    for name in (".hidden.txt", "old.db", "veille.sqlite", "veille.sqlite-wal"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.txt").write_text("x", encoding="utf-8")
    (folder / "deep").mkdir()
    (folder / "deep" / "a.txt").write_text("x", encoding="utf-8")
    walked = list(ingestion.walk([folder], folder / "veille.sqlite"))
    assert [item.name.removeprefix(str(folder)) for item in walked] == ["/note.txt", "/post.txt", "/deep/a.txt"]


def test_links_out_loops_and_pipes_are_left_out_with_a_reason_each(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "inside.txt").symlink_to(folder / "post.txt")
    os.mkfifo(folder / "pipe.txt")
    walked = list(ingestion.walk([folder], tmp_path / "v.db"))
    assert sorted(Path(item.name).name for item in walked if isinstance(item, Skipped)) == ["loop.txt", "out.txt", "pipe.txt", "up"]
    assert sorted(Path(item.name).name for item in walked if isinstance(item, Found)) == ["inside.txt", "note.txt", "post.txt"]


def test_names_that_are_no_text_are_read_and_shown_without_harm(db: Database, folder: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff\x1b[31m.txt")).write_text(POST + " Bis.", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert states(run(db, folder)) == {"new": 3}
    assert all(name.isprintable() for name in stored(db))
    assert states(run(db, folder)) == {"known": 3}


def test_a_file_that_vanishes_is_unreadable_and_the_others_are_stored(db: Database, folder: Path) -> None:
    told: list[Outcome] = []
    gone = [Found(folder / "gone.txt", "gone.txt"), Found(folder / "post.txt", "post.txt")]
    ingestion.ingest(db, gone, Plan(Options()), Inline(Options()), ingestion.Watcher(told.append))
    assert [(outcome.state, outcome.code) for outcome in told] == [("failed", "unreadable"), ("new", None)]


def test_an_edited_line_keeps_the_id_that_it_was_given(db: Database, folder: Path) -> None:
    path = folder / "more.jsonl"
    write_lines(path, {"id": "a", "text": POST})
    run(db, path)
    write_lines(path, {"id": "a", "text": POST.replace("Bamako", "Kayes")})
    assert [outcome.document_id for outcome in run(db, path)] == ["a"]
    record = documents.record(db, "a")
    assert record is not None and "Kayes" in record.text
    assert documents.count(db) == 1


def test_two_lines_of_a_file_with_one_id_and_different_texts_both_become_documents(db: Database, folder: Path) -> None:
    path = folder / "more.jsonl"
    write_lines(path, {"id": "a", "text": POST}, {"id": "a", "text": NOTE})
    assert [outcome.state for outcome in run(db, path)] == ["new", "new"]
    assert documents.count(db) == 2
