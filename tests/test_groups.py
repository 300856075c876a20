"""Groups in the store: the same event in several documents, whatever the order they come and go in, and whatever people say."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from extractors import Document, extract, linking
from extractors.records import Record
from service import reviews, store
from service.store import documents, groups, identities, search, sources
from service.store.prepared import Prepared
from service.store.sources import Source

FRENCH = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. Il était organisé par l'Office du Niger."
ENGLISH = "The Office du Niger held a training workshop on mediation in Bamako on 3 June 2024."
REPRINT = f"{FRENCH} {'La rencontre a réuni des élus, des enseignants et des représentants des quartiers, venus dire ce qui les inquiète. ' * 3}"
LATER = "Un atelier de formation sur la médiation s'est tenu à Bamako le 17 juin 2024. Il était organisé par l'Office du Niger."
TEXTS = {"fr": FRENCH, "en": ENGLISH, "reprint": REPRINT, "other paper": f"Bamako. {REPRINT}", "later": LATER}


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    return {name: extract(Document(text=text, published=date(2024, 6, 20))) for name, text in TEXTS.items()}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / "veille.db") as opened:
        yield opened


def save(db: Database, records: dict[str, Record], *names: str) -> None:
    for name in names:
        sources.save(db, records[name], Source(f"/{name}", name, name, "x"))


def group_of(db: Database, record: Record) -> str:
    [row] = db.execute("SELECT group_id FROM events WHERE document_id = ? AND type = 'training'", [record.id]).fetchall()
    return str(row[0])


def told(db: Database, records: dict[str, Record], names: Sequence[str]) -> set[frozenset[str]]:
    """Which documents tell of the same event."""
    by_group: dict[str, set[str]] = {}
    for name in names:
        by_group.setdefault(group_of(db, records[name]), set()).add(name)
    return {frozenset(found) for found in by_group.values()}


def reports(db: Database, records: dict[str, Record], names: Sequence[str]) -> set[frozenset[str]]:
    by_report: dict[str, set[str]] = {}
    for name in names:
        [(report,)] = db.execute("SELECT report_id FROM documents WHERE id = ?", [records[name].id]).fetchall()
        by_report.setdefault(report, set()).add(name)
    return {frozenset(found) for found in by_report.values()}


def event_of(record: Record) -> str:
    return next(event.id for event in record.events if event.type == "training")


SAME = {frozenset({"fr", "en", "reprint", "other paper"}), frozenset({"later"})}


@pytest.mark.parametrize("seed", range(10))
def test_the_groups_are_the_same_in_whatever_order_documents_come(db: Database, records: dict[str, Record], seed: int) -> None:
    names = random.Random(seed).sample(sorted(TEXTS), len(TEXTS))
    save(db, records, *names)
    assert told(db, records, names) == SAME
    assert group_of(db, records["fr"]) == min(event_of(records[name]) for name in ("fr", "en", "reprint", "other paper"))


def test_what_two_papers_print_is_one_report(db: Database, records: dict[str, Record]) -> None:
    save(db, records, *TEXTS)
    assert frozenset({"reprint", "other paper"}) in reports(db, records, list(TEXTS))
    assert frozenset({"en"}) in reports(db, records, list(TEXTS))
    documents.delete(db, records["reprint"].id)
    assert frozenset({"other paper"}) in reports(db, records, ["fr", "en", "other paper", "later"])


@pytest.mark.parametrize("gone", ["fr", "en", "reprint", "other paper"])
def test_a_deletion_leaves_what_would_be_there_without_it(db: Database, records: dict[str, Record], gone: str) -> None:
    save(db, records, *TEXTS)
    documents.delete(db, records[gone].id)
    left = [name for name in TEXTS if name != gone]
    assert told(db, records, left) == {frozenset(found - {gone}) for found in SAME}
    assert group_of(db, records[left[0]]) == min(event_of(records[name]) for name in left if name != "later")
    assert not db.execute("SELECT 1 FROM blocks WHERE event_number NOT IN (SELECT number FROM events)").fetchall()


def test_an_id_that_was_a_groups_leads_to_the_group_of_today(db: Database, records: dict[str, Record]) -> None:
    save(db, records, *TEXTS)
    for name in ("fr", "en", "reprint"):
        assert [row["document_id"] for row in groups.members(db, event_of(records[name]))] == [
            row["document_id"] for row in groups.members(db, group_of(db, records["fr"]))
        ]
    [first, *_] = groups.members(db, event_of(records["fr"]))
    assert any("day" in reason for reason in first["reasons"])


def test_what_a_person_splits_is_never_merged_again_and_undo_brings_it_back(db: Database, records: dict[str, Record]) -> None:
    save(db, records, *TEXTS)
    said = reviews.split_event(db, event_of(records["en"]), "someone", now=0)
    assert said is not None
    assert told(db, records, list(TEXTS)) == {frozenset({"fr", "reprint", "other paper"}), frozenset({"en"}), frozenset({"later"})}
    save(db, records, *TEXTS)  # stored once more
    sources.save(db, records["fr"].model_copy(update={"extractor": "new"}), Source("/fr", "fr", "fr", "new"))
    assert frozenset({"en"}) in told(db, records, list(TEXTS))
    assert reviews.undo(db, said.id, "someone", now=1) is not None
    assert told(db, records, list(TEXTS)) == SAME


def test_what_a_person_merges_stays_merged(db: Database, records: dict[str, Record]) -> None:
    save(db, records, "fr", "later")
    said = reviews.merge_events(db, [event_of(records["fr"]), event_of(records["later"])], "someone", now=0)
    assert said is not None
    assert told(db, records, ["fr", "later"]) == {frozenset({"fr", "later"})}
    sources.save(db, records["later"].model_copy(update={"extractor": "new"}), Source("/later", "later", "later", "new"))
    assert told(db, records, ["fr", "later"]) == {frozenset({"fr", "later"})}
    reviews.undo(db, said.id, "someone", now=1)
    assert told(db, records, ["fr", "later"]) == {frozenset({"fr"}), frozenset({"later"})}


def test_an_unknown_event_is_neither_split_nor_merged(db: Database, records: dict[str, Record]) -> None:
    save(db, records, "fr")
    assert reviews.split_event(db, "none", "someone", now=0) is None
    assert reviews.merge_events(db, [event_of(records["fr"]), "none"], "someone", now=0) is None


def identity_rows(db: Database) -> dict[str, set[str]]:
    return {row["id"]: set(row["names"]) for row in identities.organisations(db, None, 100).rows}


def test_organisations_are_merged_split_and_put_back(db: Database, records: dict[str, Record]) -> None:
    save(db, records, "fr")
    other = extract(Document(text="La Société du Fleuve a organisé un atelier de formation à Ségou le 5 juin 2024."))
    sources.save(db, other, Source("/other", "other", "other", "x"))
    own = {"Office du Niger", "Société du Fleuve"}
    first, second = sorted(identity for identity, names in identity_rows(db).items() if names & own)
    merged = reviews.merge_organisations(db, [first, second], "someone", now=0)
    assert merged is not None
    assert identity_rows(db)[first] >= own
    sources.save(db, other.model_copy(update={"extractor": "new"}), Source("/other", "other", "other", "new"))  # extracted anew
    assert identity_rows(db)[first] >= own
    split = reviews.split_organisation(db, first, "Office du Niger", "someone", now=1)
    assert split is not None
    assert not any(names >= own for names in identity_rows(db).values())
    assert reviews.undo(db, split.id, "someone", now=2) is not None
    assert identity_rows(db)[first] >= own
    assert reviews.undo(db, merged.id, "someone", now=3) is not None
    assert {first, second} <= set(identity_rows(db))
    assert reviews.merge_organisations(db, [first, "none"], "someone", now=4) is None
    assert reviews.split_organisation(db, first, "none", "someone", now=4) is None


def copy_of(record: Record, number: int) -> Record:
    """The same document under another id, as a paper prints it that adds a line of its own."""
    events = [event.model_copy(update={"id": f"{number:03d}{event.id}"}) for event in record.events]
    return record.model_copy(update={"id": f"{number:03d}{record.id}", "text": f"{record.text} Édition {number}.", "events": events})


def save_copies(db: Database, record: Record, numbers: Sequence[int]) -> list[Record]:
    copies = [copy_of(record, number) for number in numbers]
    for copied in copies:
        sources.save(db, copied, Source(f"/{copied.id}", copied.id, copied.id, "x"))
    return copies


def test_a_dispatch_that_many_papers_print_is_one_event_and_one_report_and_each_costs_the_same(
    db: Database, records: dict[str, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "_CROWD", 8)
    monkeypatch.setattr(groups, "_MOST_RIVALS", 10)
    monkeypatch.setattr(groups, "_HOLDERS", 8)
    asked = 0
    kept = linking.same

    def counted(a: linking.Candidate, b: linking.Candidate) -> linking.Verdict:
        nonlocal asked
        asked += 1
        return kept(a, b)

    monkeypatch.setattr(linking, "same", counted)
    counts = []
    copies = []
    for number in random.Random(3).sample(range(60), 60):
        asked = 0
        copies += save_copies(db, records["reprint"], [number])
        counts.append(asked)
    trainings = len(copies[0].events)
    assert max(counts) <= trainings * (10 + 8)
    assert {group_of(db, record) for record in copies} == {min(event_of(record) for record in copies)}
    assert {report for (report,) in db.execute("SELECT report_id FROM documents").fetchall()} == {min(record.id for record in copies)}


def test_a_crowd_that_loses_its_first_event_is_called_by_the_next(db: Database, records: dict[str, Record], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_CROWD", 4)
    first, second, *rest = save_copies(db, records["reprint"], range(10))
    documents.delete(db, first.id)
    assert {group_of(db, record) for record in (second, *rest)} == {event_of(second)}
    assert {report for (report,) in db.execute("SELECT report_id FROM documents").fetchall()} == {second.id}


def test_what_a_person_says_of_an_event_in_a_crowd_holds_for_all_that_come_after(
    db: Database, records: dict[str, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "_CROWD", 4)
    copies = save_copies(db, records["reprint"], range(8))
    assert reviews.split_event(db, event_of(copies[5]), "someone", now=0) is not None
    copies += save_copies(db, records["reprint"], range(8, 11))
    sources.save(db, copies[5].model_copy(update={"extractor": "new"}), Source(f"/{copies[5].id}", copies[5].id, copies[5].id, "new"))
    by_group: dict[str, list[str]] = {}
    for record in copies:
        by_group.setdefault(group_of(db, record), []).append(record.id)
    assert sorted(map(len, by_group.values())) == [1, 10]
    assert by_group[event_of(copies[5])] == [copies[5].id]
    save(db, records, "later")
    assert reviews.merge_events(db, [event_of(copies[7]), event_of(records["later"])], "someone", now=1) is not None
    sources.save(db, copies[7].model_copy(update={"extractor": "new"}), Source(f"/{copies[7].id}", copies[7].id, copies[7].id, "new"))
    assert group_of(db, copies[7]) == group_of(db, records["later"])


def every_row(path: Path, records: dict[str, Record], prepared: Callable[[Record], Prepared | None], *, at_once: bool = False) -> dict[str, list[Any]]:
    """What a store of some records holds in every table, but for when it was written and how FTS5 lays out its index; and what words find."""
    with store.opened(path) as db:
        with store.writing(db) if at_once else nullcontext():
            for name, record in records.items():
                sources.save(db, record, Source(f"/{name}", name, name, "x"), partial(reviews.put, prepared=prepared(record)))
        tables = [table for table in db.table_names() if not table.startswith(("documents_search_", "events_search_"))]
        held = {table: [{**row, "extracted_at": None} for row in db[table].rows] for table in tables}
        for word in ("ateliers", "mediation", "Niger", "rencontr*"):
            sql = "SELECT rowid FROM {0} WHERE {0} MATCH ? ORDER BY rowid"
            held[word] = [db.execute(sql.format(table), [search.expression(word)]).fetchall() for table in ("documents_search", "events_search")]
    return held


def test_the_store_is_the_same_whoever_prepared_what_it_keeps_beside_a_record(tmp_path: Path, records: dict[str, Record]) -> None:
    def from_afar(record: Record) -> Prepared:
        return pickle.loads(pickle.dumps(Prepared.of(record)))  # type: ignore[no-any-return] # noqa: S301 - as it comes from a worker

    alone = every_row(tmp_path / "alone.db", records, lambda record: None)
    assert every_row(tmp_path / "prepared.db", records, from_afar) == alone
    assert every_row(tmp_path / "at once.db", records, from_afar, at_once=True) == alone
    assert all(any(rows) for rows in (alone["ateliers"], alone["Niger"], alone["links"], alone["blocks_waiting"]))


def test_what_people_said_of_an_event_is_laid_over_a_record_that_came_prepared(db: Database, records: dict[str, Record]) -> None:
    save(db, records, "fr")
    said = reviews.review_event(db, event_of(records["fr"]), reviews.Correction(title="colloque"), "someone", now=0)
    assert said is not None
    again = records["fr"].model_copy(update={"extractor": "new"})
    sources.save(db, again, Source("/fr", "fr", "fr", "new"), partial(reviews.put, prepared=Prepared.of(again)))
    assert db.execute("SELECT count(*) FROM events_search WHERE events_search MATCH 'title : colloque'").fetchone()[0] == 1
