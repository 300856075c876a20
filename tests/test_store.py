"""The store: what goes in comes out, replaced whole, never half there."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from extractors.records import DateRange, Event, Evidence, Notice, Organisation, Place, Record
from service import store
from service.queries import DocumentFilter, EventFilter, InvalidFilter
from service.store import documents, events, schema, search, sources
from service.store.sources import Source

TEXT = "Un atelier sur la prévention s'est tenu à Bamako le 3 juin 2024. L'Office du Niger (ON) l'organisait avec la mairie de Ségou."


def span(words: str, text: str = TEXT) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def a_record(id: str = "0123456789abcdef", **changes: Any) -> Record:
    """A record that uses every field of the contract."""
    text = changes.get("text", TEXT)
    start, end = span("Un atelier sur la prévention s'est tenu à Bamako le 3 juin 2024.") if text == TEXT else (0, len(text))
    event = Event(
        id=f"{id}-v1", type="training", status="occurred", title="atelier sur la prévention", mentions=[(3, 10)],
        start=date(2024, 6, 3), end=date(2024, 6, 3), precision="day", edtf=None, places=["p1"], organisations=["o2", "o1"],
        roles={"organiser": ["o1"], "participant": ["o2", "o1"]},
        evidence=Evidence(start=start, end=end, quote=text[start:end], page=2), confidence=0.75, rule="noun",
    )  # fmt: skip
    entities = [
        Place(
            id="p1", name="Bamako", country="ML", lat=12.65, lon=-8.0, kind="city", geonames_id=2460596, mentions=[(42, 48)], confidence=0.9, rule="gazetteer"
        ),
        Organisation(id="o1", name="Office du Niger", acronym="ON", key="office-du-niger", mentions=[(67, 82), (84, 86)], confidence=0.8, rule="ner"),
        DateRange(id="d1", start=date(2024, 6, 3), end=date(2024, 6, 3), precision="day", edtf=None, mentions=[(52, 63)], confidence=1, rule="grammar"),
        Organisation(id="o2", name="mairie de Ségou", acronym=None, key=None, mentions=[(106, 121)], confidence=0.7, rule="head"),
        DateRange(id="d2", start=None, end=None, precision="day", edtf="XXXX-07-24", mentions=[], confidence=0.3, rule="grammar"),
    ]
    fields: dict[str, Any] = {
        "id": id, "language": "fr", "published": date(2024, 6, 5), "published_from": "metadata", "title": "Prévention : un atelier",
        "source": "posts/atelier.txt", "media_type": "text/plain", "sha256": "ab" * 32, "pages": 3, "text": text, "entities": entities,
        "events": [event], "warnings": [Notice(code="no_day", message="no day"), Notice(code="other", message="other")],
        "extractor": "abcdef012345", "metadata": {"author": "É. D.", "tags": ["a", {"b": None}]},
    }  # fmt: skip
    return Record(**{**fields, **changes})


def a_source(path: str = "/posts/atelier.txt", sha256: str = "ab" * 32, **changes: Any) -> Source:
    return Source(path=path, name=Path(path).name, sha256=sha256, extractor=changes.pop("extractor", "abcdef012345"), **changes)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / "veille.db") as opened:
        yield opened


def row_counts(db: Database) -> dict[str, int]:
    # the log of changes grows by nature, and SQLite counts the sequences that it has given
    grows = "name LIKE '%_search%' OR name IN ('event_changes', 'sqlite_sequence')"
    tables = [row[0] for row in db.execute(f"SELECT name FROM sqlite_master WHERE type = 'table' AND NOT ({grows})")]
    return {table: db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def test_a_record_comes_back_identical(db: Database) -> None:
    record = a_record()
    sources.save(db, record, a_source())
    assert documents.record(db, record.id) == record


def test_a_record_without_anything_comes_back_identical(db: Database) -> None:
    empty = Record(
        id="e", language=None, published=None, published_from=None, title=None, source=None, media_type=None, sha256=None, pages=None,
        text="x", entities=[], events=[], warnings=[], extractor="f",
    )  # fmt: skip
    sources.save(db, empty, a_source())
    assert documents.record(db, "e") == empty


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=names.filter(bool), title=names, name=names, metadata=st.dictionaries(names, st.one_of(names, st.integers(), st.none(), st.lists(names))))
def test_any_unicode_comes_back_identical(db: Database, text: str, title: str, name: str, metadata: dict[str, Any]) -> None:
    body = Organisation(id="o1", name=name, key=None, mentions=[(0, 1)], confidence=0.5, rule="r")
    record = a_record(text=text, title=title, metadata=metadata, entities=[body], events=[])
    sources.save(db, record, a_source())
    assert documents.record(db, record.id) == record


def test_saving_again_leaves_the_same_rows(db: Database) -> None:
    sources.save(db, a_record(), a_source())
    before = row_counts(db)
    sources.save(db, a_record(), a_source())
    assert row_counts(db) == before


def test_a_new_record_of_a_document_replaces_the_whole_old_one(db: Database) -> None:
    sources.save(db, a_record(), a_source())
    bare = a_record(entities=[], events=[], warnings=[], extractor="newer")
    sources.save(db, bare, a_source(extractor="newer"))
    assert documents.record(db, bare.id) == bare
    of_the_document = {table: count for table, count in row_counts(db).items() if table in ("documents", "sources", "signatures", "bands_waiting")}
    assert row_counts(db) == dict.fromkeys(row_counts(db), 0) | of_the_document


def test_an_edited_file_replaces_its_old_document(db: Database) -> None:
    sources.save(db, a_record("old0"), a_source(sha256="11"))
    sources.save(db, a_record("new0", text="Autre texte."), a_source(sha256="22"))
    assert documents.record(db, "old0") is None
    assert [row["document_id"] for row in documents.find(db, DocumentFilter())] == ["new0"]


def test_a_deleted_document_leaves_no_row_in_any_table_nor_in_the_indexes(db: Database) -> None:
    sources.save(db, a_record(), a_source())
    assert documents.delete(db, a_record().id)
    assert set(row_counts(db).values()) == {0}
    assert db.execute("SELECT count(*) FROM documents_search").fetchone()[0] == 0
    assert db.execute("SELECT count(*) FROM events_search").fetchone()[0] == 0
    assert store.check(db) == []


def found(db: Database, words: str) -> list[tuple[str, int]]:
    """Documents that words are found in, each with how many of its events."""
    listed = [row["document_id"] for row in documents.find(db, DocumentFilter(q=words))]
    told = [row["document_id"] for row in events.find(db, EventFilter(q=words))]
    return [(one, told.count(one)) for one in listed]


def test_documents_that_are_stored_together_are_found_as_if_each_had_been_alone(db: Database) -> None:
    sources.save(db, a_record("kept0"), a_source("/kept.txt", "11"))
    gone, edited = a_record("gone0", text="Un chantier disparu."), a_record("kept0", text="Un chantier corrigé.")
    with store.writing(db):
        sources.save(db, gone, a_source("/new.txt", "22"))
        sources.save(db, a_record("new0", text="Un chantier nouveau."), a_source("/new.txt", "33"))  # the same file once more, edited
        sources.save(db, edited, a_source("/kept.txt", "44"))
        with pytest.raises(sources.BrokenRecord):
            sources.save(db, a_record("kept0", text="Un chantier perdu."), a_source("/kept.txt", "55", hints="\ud800"))
        assert found(db, "chantier") == [], "only at the end"
    assert sorted(found(db, "chantier")) == [("kept0", 1), ("new0", 1)]
    assert [found(db, word) for word in ("corrigé", "nouveau")] == [[("kept0", 1)], [("new0", 1)]]
    assert [found(db, word) for word in ("disparu", "perdu", "Bamako")] == [[], [], []]
    assert store.check(db) == []


def test_what_was_undone_is_not_found(db: Database) -> None:
    with suppress(KeyError), store.writing(db):
        sources.save(db, a_record(), a_source())
        raise KeyError
    sources.save(db, a_record("other0", text="Autre texte."), a_source("/b.txt", "22"))
    assert found(db, "Autre") == [("other0", 1)]
    assert db.execute("SELECT count(*) FROM documents_search").fetchone()[0] == 1


def test_known_bytes_under_another_name_add_a_source_and_no_document(db: Database) -> None:
    sources.save(db, a_record(), a_source("/a.txt"))
    known = sources.known(db, a_source("/b.txt"))
    assert known is not None and known.document_id == a_record().id
    assert (row_counts(db)["documents"], row_counts(db)["sources"]) == (1, 2)


def test_a_document_stays_until_its_last_source_is_forgotten(db: Database) -> None:
    sources.save(db, a_record(), a_source("/a.txt"))
    sources.known(db, a_source("/b.txt"))
    sources.forget(db, "/a.txt")
    assert documents.record(db, a_record().id) is not None
    sources.forget(db, "/b.txt")
    assert documents.record(db, a_record().id) is None


@pytest.mark.parametrize("change", [{"sha256": "cd"}, {"extractor": "newer"}, {"hints": '{"published": "2024-01-01"}'}])
def test_other_bytes_another_extractor_or_other_hints_are_not_known(db: Database, change: dict[str, str]) -> None:
    sources.save(db, a_record(), a_source())
    assert sources.known(db, a_source(**change)) is None


def test_re_extraction_moves_every_name_of_the_same_bytes_to_the_new_document(db: Database) -> None:
    sources.save(db, a_record("old0"), a_source("/a.txt"))
    sources.known(db, a_source("/b.txt"))
    sources.save(db, a_record("new0", title="Autre"), a_source("/a.txt", extractor="newer"))
    assert documents.record(db, "old0") is None
    assert sources.known(db, a_source("/b.txt", extractor="newer")) == sources.Known("new0")


def test_what_one_name_of_the_same_bytes_had_extracted_anew_is_not_known_to_the_former_extractor(db: Database) -> None:
    sources.save(db, a_record("d0"), a_source("/a.txt"))
    assert sources.known(db, a_source("/b.txt")) == sources.Known("d0")
    sources.save(db, a_record("d0"), a_source("/a.txt", extractor="newer"))
    assert sources.known(db, a_source("/a.txt")) is None, "a word that was added and taken away again"
    assert sources.known(db, a_source("/b.txt", extractor="newer")) == sources.Known("d0")


def test_an_id_that_another_source_holds_with_other_words_is_a_conflict(db: Database) -> None:
    sources.save(db, a_record("given"), a_source("/a.txt", "11"))
    with pytest.raises(sources.Conflict, match="another id"):
        sources.save(db, a_record("given", text="Autre texte."), a_source("/b.txt", "22"))
    assert documents.record(db, "given") == a_record("given")


def test_a_failure_keeps_its_reason_and_is_not_a_document(db: Database) -> None:
    sources.fail(db, a_source(), "damaged", "posts/atelier.txt: cut")
    assert sources.known(db, a_source()) == sources.Known(None, "damaged", "posts/atelier.txt: cut")
    [row] = documents.find(db, DocumentFilter(state="failed"))
    assert (row["error_code"], row["document_id"]) == ("damaged", None)


def test_a_failure_of_other_bytes_removes_the_old_document_and_one_of_the_same_keeps_it(db: Database) -> None:
    sources.save(db, a_record(), a_source())
    sources.fail(db, a_source(extractor="newer"), "timeout", "too slow")
    assert documents.record(db, a_record().id) is not None
    sources.fail(db, a_source(sha256="cd"), "damaged", "cut")
    assert documents.record(db, a_record().id) is None


def test_nothing_of_a_record_stays_when_a_part_of_it_cannot_be_stored(db: Database) -> None:
    twice = a_record(events=[a_record().events[0], a_record().events[0]])
    with pytest.raises(sources.BrokenRecord, match="report it"):
        sources.save(db, twice, a_source())
    assert set(row_counts(db).values()) == {0}


def test_the_events_view_reads_without_a_manual(db: Database) -> None:
    sources.save(db, a_record(), a_source())
    [row] = db.query("SELECT * FROM events_view")
    shown = {k: row[k] for k in ("date", "type", "title", "place", "country", "lat", "lon", "organisations", "sentence", "document", "source", "page")}
    assert shown == {
        "date": "2024-06-03", "type": "training", "title": "atelier sur la prévention", "place": "Bamako", "country": "ML", "lat": 12.65, "lon": -8.0,
        "organisations": "mairie de Ségou; Office du Niger (ON)",
        "sentence": "Un atelier sur la prévention s'est tenu à Bamako le 3 juin 2024.",
        "document": "Prévention : un atelier", "source": "posts/atelier.txt", "page": 2,
    }  # fmt: skip


def test_the_map_shows_an_event_at_the_narrowest_of_its_places(db: Database) -> None:
    mali = Place(id="p2", name="Mali", country="ML", lat=17.0, lon=-4.0, kind="country", mentions=[], confidence=1, rule="r")
    record = a_record()
    event = record.events[0].model_copy(update={"places": ["p2", "p1"]})
    sources.save(db, record.model_copy(update={"entities": [*record.entities, mali], "events": [event]}), a_source())
    [row] = db.query("SELECT place, lat FROM events_view")
    assert row == {"place": "Mali, Bamako", "lat": 12.65}


def test_the_views_count_organisations_and_places(db: Database) -> None:
    sources.save(db, a_record("one0", events=[]), a_source("/a.txt", "11"))
    sources.save(db, a_record("two0"), a_source("/b.txt", "22"))
    [body] = db.query("SELECT name, acronym, documents, mentions, events FROM organisations_view WHERE key = 'office-du-niger'")
    assert body == {"name": "Office du Niger", "acronym": "ON", "documents": 2, "mentions": 4, "events": 1}
    [place] = db.query("SELECT name, country, documents, mentions, events FROM places_view")
    assert place == {"name": "Bamako", "country": "ML", "documents": 2, "mentions": 2, "events": 1}


@pytest.mark.parametrize(
    "question", ["atelier", "ateliers", "ATELIERS", "prevention", "préventions", '"sur la prévention"', "bama*", "mairie atelier", "segou"]
)
def test_full_text_finds_the_event_by_stem_accent_phrase_or_beginning(db: Database, question: str) -> None:
    sources.save(db, a_record(), a_source())
    assert len(list(events.find(db, EventFilter(q=question)))) == 1


@pytest.mark.parametrize("question", ["colloque", '"prévention la sur"', "atelier colloque", "!!!", '"'])
def test_full_text_leaves_out_what_does_not_hold_all_the_words(db: Database, question: str) -> None:
    sources.save(db, a_record(), a_source())
    assert list(events.find(db, EventFilter(q=question))) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    question=st.one_of(
        st.text(max_size=40), st.lists(st.sampled_from(["AND", "OR", "NOT", "NEAR(", ")", '"', "*", "^", ":", "stems", "-", "a", "+", "{"])).map(" ".join)
    )
)
def test_no_question_is_a_syntax_error(db: Database, question: str) -> None:
    list(events.find(db, EventFilter(q=question[:1000])))
    list(documents.find(db, DocumentFilter(q=question[:1000])))


def test_full_text_finds_documents_by_words_outside_their_events(db: Database) -> None:
    sources.save(db, a_record(events=[]), a_source())
    assert [row["document_id"] for row in documents.find(db, DocumentFilter(q="organisaient"))] == [a_record().id]


def test_stems_follow_the_language() -> None:
    assert search.stems("Les ateliers", "fr") == search.stems("les atelier", "fr")
    assert search.stems("workshops", "en") == "workshop"
    assert search.stems("Ateliers", None) == "ateliers"


PASSES = [
    {"type": ["training", "visit"]}, {"status": ["occurred"]}, {"country": ["ml"]}, {"place": "bamako"}, {"organisation": "office niger"},
    {"organisation": "ON"}, {"language": "fr"}, {"from": "2024-06-03"}, {"to": "2024-06-03"}, {"bbox": "-9,12,-7,13"}, {"min_confidence": 0.7},
    {"document": "0123456789abcdef"}, {"bbox": "170,-20,-7,20"},
]  # fmt: skip
STOPS = [
    {"type": ["visit"]}, {"status": ["planned"]}, {"country": ["FR"]}, {"place": "ségou"}, {"organisation": "bamako"}, {"language": "en"},
    {"from": "2024-06-04"}, {"to": "2024-06-02"}, {"bbox": "-7,12,-6,13"}, {"min_confidence": 0.8}, {"document": "f"}, {"place": "§"},
]  # fmt: skip


@pytest.mark.parametrize("given", PASSES, ids=str)
def test_an_event_passes_a_filter_that_it_meets(db: Database, given: dict[str, Any]) -> None:
    sources.save(db, a_record(), a_source())
    assert len(list(events.find(db, EventFilter.parse(given)))) == 1


@pytest.mark.parametrize("given", STOPS, ids=str)
def test_an_event_does_not_pass_a_filter_that_it_fails(db: Database, given: dict[str, Any]) -> None:
    sources.save(db, a_record(), a_source())
    assert list(events.find(db, EventFilter.parse(given))) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [({"country": ["Mali"]}, "country"), ({"from": "hier"}, "from"), ({"limit": "-1"}, "limit"), ({"limit": "1000000000"}, "limit"), ({"colour": "red"}, "colour"),
     ({"sort": "id; DROP TABLE events"}, "sort"), ({"bbox": "1,2,3"}, "bbox"), ({"status": ["done"]}, "status")],
)  # fmt: skip
def test_a_wrong_filter_is_an_error_that_names_it(given: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidFilter, match=f"^{named}:"):
        EventFilter.parse(given)


def test_events_are_sorted_with_those_without_a_day_last(db: Database) -> None:
    first, other = a_record().events[0], {"id": "v2", "start": None, "end": None, "precision": None}
    late = first.model_copy(update={"id": "v3", "start": date(2025, 1, 1), "end": date(2025, 1, 2)})
    sources.save(db, a_record(events=[first, first.model_copy(update=other), late]), a_source())
    for sort, expected in (("date", ["2024-06-03", "2025-01-01", None]), ("-date", ["2025-01-01", "2024-06-03", None])):
        assert [row["date"] for row in events.find(db, EventFilter.parse({"sort": sort}))] == expected
    assert len(list(events.find(db, EventFilter(limit=2)))) == 2


def test_an_ongoing_event_without_an_end_is_found_after_its_start(db: Database) -> None:
    ongoing = a_record().events[0].model_copy(update={"status": "ongoing", "end": None})
    sources.save(db, a_record(events=[ongoing]), a_source())
    assert len(list(events.find(db, EventFilter.parse({"from": "2026-01-01"})))) == 1


def test_an_item_carries_its_places_organisations_roles_and_evidence(db: Database) -> None:
    sources.save(db, a_record(), a_source())
    [item] = events.items(db, EventFilter())
    assert item["places"] == [{"name": "Bamako", "country": "ML", "lat": 12.65, "lon": -8.0, "kind": "city", "geonames_id": 2460596}]
    assert [(body["name"], sorted(body["roles"])) for body in item["organisations"]] == [
        ("mairie de Ségou", ["participant"]),
        ("Office du Niger", ["organiser", "participant"]),
    ]
    assert TEXT[item["evidence"]["start"] : item["evidence"]["end"]] == item["evidence"]["quote"]
    assert item["document"]["id"] == a_record().id


@pytest.mark.parametrize("wanted", ["0123456789abcdef", "0123", "/posts/atelier.txt", "atelier.txt", "0123456789abcdef-v1"])
def test_a_document_is_found_by_id_beginning_source_or_event(db: Database, wanted: str) -> None:
    sources.save(db, a_record(), a_source())
    assert documents.resolve(db, wanted) == [a_record().id]


def test_a_file_of_lines_is_known_only_when_it_was_read_to_its_end(db: Database) -> None:
    whole = a_source("/d.jsonl", "ff")
    line = a_source("/d.jsonl#1", "11", container="/d.jsonl")
    sources.open_container(db, whole)
    sources.save(db, a_record(), line)
    assert sources.known(db, whole) is None
    sources.close_container(db, whole, ["/d.jsonl#1"])
    assert sources.known(db, whole) == sources.Known(None)


def test_lines_that_a_file_no_longer_holds_go_with_their_documents(db: Database) -> None:
    whole = a_source("/d.jsonl", "ff")
    sources.open_container(db, whole)
    for number in (1, 2):
        sources.save(db, a_record(f"doc{number}"), a_source(f"/d.jsonl#{number}", str(number), container="/d.jsonl"))
    sources.close_container(db, whole, ["/d.jsonl#2"])
    assert [row["document_id"] for row in documents.find(db, DocumentFilter())] == ["doc2"]


def test_a_file_of_lines_that_becomes_one_document_drops_its_lines(db: Database) -> None:
    sources.open_container(db, a_source("/d.jsonl", "ff"))
    sources.save(db, a_record("line"), a_source("/d.jsonl#1", "1", container="/d.jsonl"))
    sources.save(db, a_record("whole"), a_source("/d.jsonl", "ee"))
    assert [row["document_id"] for row in documents.find(db, DocumentFilter())] == ["whole"]


def test_the_file_says_whose_it_is_and_in_which_version(db: Database) -> None:
    assert db.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(schema.MIGRATIONS)
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_store_opens_again_with_its_data(tmp_path: Path) -> None:
    for _ in range(2):
        with store.opened(tmp_path / "v.db") as db:
            sources.save(db, a_record(), a_source())
    with store.opened_for_reading(tmp_path / "v.db") as db:
        assert documents.record(db, a_record().id) == a_record()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM documents")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (a)")
    other.close()
    before = path.read_bytes()
    for opened in (store.opened, store.opened_for_reading):
        with pytest.raises(store.StoreError, match="another program"), opened(path):
            pass
    assert path.read_bytes() == before


def test_a_database_of_a_newer_veille_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    with store.opened(path) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(store.StoreError, match="newer Veille"), store.opened(path):
        pass


@pytest.mark.parametrize("content", [b"Not a database, but long enough to be one.", b"x"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(store.StoreError, match="not a SQLite database"), store.opened(path):
        pass
    assert path.read_bytes() == content


def test_reading_where_there_is_no_database_makes_none(tmp_path: Path) -> None:
    with pytest.raises(store.StoreError, match="veille ingest"), store.opened_for_reading(tmp_path / "v.db"):
        pass
    assert not (tmp_path / "v.db").exists()


def test_a_folder_or_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "is a folder"), (tmp_path / "no" / "v.db", "folder exists")):
        with pytest.raises(store.StoreError, match=said), store.opened(path):
            pass


def test_a_locked_database_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    refusal = pytest.raises(store.StoreError, match="locked")
    with store.opened(path) as holder, store.writing(holder), refusal, store.opened(path, busy_timeout_s=0) as db:
        sources.save(db, a_record(), a_source())


def test_a_damaged_database_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    with store.opened(path) as db:
        sources.save(db, a_record(), a_source())
    content = bytearray(path.read_bytes())
    content[100:12_000] = b"\xff" * 11_900
    path.write_bytes(content)
    with pytest.raises(store.StoreError, match="damaged"), store.opened(path) as db:
        documents.record(db, a_record().id)


def test_two_programs_that_make_and_fill_one_database_at_once_both_succeed(tmp_path: Path) -> None:
    path, failures = tmp_path / "v.db", []

    def fill(writer: int) -> None:
        try:
            with store.opened(path) as db:
                for number in range(10):
                    sources.save(db, a_record(f"doc{number}"), a_source(f"/{number}", str(number)))
        except Exception as error:  # noqa: BLE001 - told to the test below
            failures.append((writer, error))

    threads = [threading.Thread(target=fill, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.opened_for_reading(path) as db:
        assert documents.count(db) == 10
        assert store.check(db) == []


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.db"
    with store.opened(path) as db:
        sources.save(db, a_record(), a_source())

    def half_done(db: Database) -> None:
        db.execute("CREATE TABLE half (a)")
        db.execute("INSERT INTO nowhere VALUES (1)")

    released = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (*released, half_done))
    with pytest.raises(store.StoreError, match="nowhere"), store.opened(path):
        pass
    with pytest.raises(store.StoreError, match="db upgrade"), store.opened_for_reading(path):
        pass
    monkeypatch.setattr(schema, "MIGRATIONS", released)
    with store.opened_for_reading(path) as db:
        assert not db["half"].exists()
        assert documents.record(db, a_record().id) == a_record()


def test_a_migration_runs_once_and_keeps_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.db"
    with store.opened(path) as db:
        sources.save(db, a_record(), a_source())
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, lambda db: db.execute("CREATE TABLE later (a)")))
    for _ in range(2):
        with store.opened(path) as db:
            assert db["later"].exists()
            assert documents.record(db, a_record().id) == a_record()


def test_a_backup_is_a_store_and_never_overwrites(tmp_path: Path) -> None:
    with store.opened(tmp_path / "v.db") as db:
        sources.save(db, a_record(), a_source())
        store.back_up(db, tmp_path / "copy.db")
        with pytest.raises(store.StoreError, match="there already"):
            store.back_up(db, tmp_path / "copy.db")
    with store.opened_for_reading(tmp_path / "copy.db") as copy:
        assert documents.record(copy, a_record().id) == a_record()
