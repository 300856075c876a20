"""What is chosen and counted in memory is what SQL finds, whatever is asked and however the store has changed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from extractors.records import DateRange, Event, Evidence, Organisation, Place, Record
from service import store
from service.queries import DocumentFilter, EventFilter
from service.store import columnar, documents, events, facets, schema, sources
from service.store.selection import Selection

TYPES, STATUSES = ("training", "visit", "justice"), ("occurred", "planned", "ongoing", "cancelled", "postponed")
TOWNS = (
    ("Bamako", "ML", 12.65, -8.0),
    ("Suva", "FJ", -18.1, 178.4),
    ("Apia", "WS", -13.8, -171.8),
    ("Hameau perdu", None, None, None),
    ("Paris", "FR", 48.9, 2.3),
)
BODIES = ("Office du Niger", "Office du lac", "Mairie", "Niger Delta Office", "ÉÀ")
WORDS = ("atelier", "ateliers", "police", "eau", "accord", "médiation")
DAYS = tuple(date(2024, 1, 1) + timedelta(days=90 * step) for step in range(6))


def a_record(number: int, draw: random.Random) -> Record:
    """A record of made-up events that share days, places and words with others, and miss some of them."""
    told = [draw.choice(WORDS) + " " + draw.choice(WORDS) for _ in range(draw.randint(0, 3))]
    text = ". ".join([f"Document {number}", *told])
    entities: list[Any] = []
    for at, (name, country, lat, lon) in enumerate(draw.sample(TOWNS, draw.randint(0, 3))):
        entities.append(
            Place(id=f"p{at}", name=name, country=country, lat=lat, lon=lon, kind="city", geonames_id=None, mentions=[(0, 3)], confidence=1, rule="x")
        )
    for at, name in enumerate(draw.sample(BODIES, draw.randint(0, 3))):
        entities.append(Organisation(id=f"o{at}", name=name, acronym=None, key=None, mentions=[(0, 3)], confidence=1, rule="x"))
    entities.append(DateRange(id="d1", start=DAYS[0], end=DAYS[0], precision="day", edtf=None, mentions=[(0, 3)], confidence=1, rule="x"))
    ids = {label: [entity.id for entity in entities if entity.label == label] for label in ("PLACE", "ORG")}
    found = []
    for at, title in enumerate(told):
        found.append(_an_event(f"{number:08x}-{at}", title, text.index(title), ids, draw))
    return Record(
        id=f"{number:016x}", language=draw.choice(("fr", "en")), published=draw.choice([None, *DAYS]), published_from="caller", title=None, source="x",
        media_type="text/plain", sha256="ab" * 32, pages=None, text=text, entities=entities, events=found, warnings=[], extractor="x", metadata={},
    )  # fmt: skip


def _an_event(id: str, title: str, begin: int, ids: dict[str, list[str]], draw: random.Random) -> Event:
    start, end = draw.choice([None, *DAYS]), draw.choice([None, *DAYS])
    places, bodies = (draw.sample(found, draw.randint(0, len(found))) for found in (ids["PLACE"], ids["ORG"]))
    return Event(
        id=id, type=draw.choice(TYPES), status=draw.choice(STATUSES), title=title, mentions=[(begin, begin + 3)],
        start=start, end=end if start is None or end is None else max(start, end), precision="day", edtf=None,
        places=places, organisations=bodies, roles={},
        evidence=Evidence(start=begin, end=begin + len(title), quote=title, page=None), confidence=draw.choice((0.3, 0.5, 0.6, 0.9)), rule="x",
    )  # fmt: skip


def put(db: Database, number: int, draw: random.Random) -> None:
    """Write a made-up document in place of what had its number, and review some of its events."""
    record = a_record(number, draw)
    with store.writing(db):
        documents.put(db, record, {event.id: draw.choice(("accepted", "corrected", "rejected")) for event in record.events if draw.random() < 0.3})
        for event in record.events:
            if draw.random() < 0.2:
                db.execute("UPDATE events SET group_id = 'another' WHERE id = ?", [event.id])


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    draw = random.Random(5)
    with store.opened(tmp_path_factory.mktemp("selection") / "veille.db") as opened:
        for number in range(50):
            put(opened, number, draw)
        yield opened


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(("atelier", '"eau police"', "éa*", "atelier eau", "?")),
        "type": some(TYPES),
        "status": some(STATUSES),
        "country": some(("ML", "FJ", "FR", "XX")),
        "place": st.sampled_from(("bamako", "perdu", "!")),
        "organisation": st.sampled_from(("office", "Niger office", "ea", "mairie")),
        "language": st.sampled_from(("fr", "en")),
        "from": st.sampled_from(DAYS),
        "to": st.sampled_from(DAYS),
        "bbox": st.sampled_from(("-20,0,10,60", "170,-30,-170,0", "0,0,1,1")),
        "min_confidence": st.sampled_from((0, 0.5, 0.6, 0.61)),
        "review": some(("open", "to_check", "accepted", "corrected", "rejected")),
        "document": st.sampled_from((f"{3:016x}", f"{7:016x}", "none")),
        "group": st.sampled_from((f"{3:08x}-0", f"{9:08x}-1", "none")),
        "once": st.booleans(),
        "sort": st.sampled_from(("date", "-date", "published", "-published", "confidence", "-confidence", "type", "-type")),
    },
)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS, st.integers(4, 30))
def test_every_filter_and_order_is_the_same_in_memory_as_in_sql(db: Database, asked: dict[str, Any], limit: int) -> None:
    wanted = EventFilter.parse(asked)
    expected = [row["id"] for row in events.items(db, wanted)]
    found, after = [], None
    while True:
        page = events.page(db, wanted, limit, after, is_whole=True)
        found += [row["id"] for row in page.rows]
        after = page.following
        if after is None:
            break
    assert found == expected
    backwards = Selection(db, wanted).first(len(expected) + 1, backwards=True)
    assert backwards == [number for (number,) in (db.execute("SELECT number FROM events WHERE id = ?", [name]).fetchone() for name in reversed(expected))]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS)
def test_every_count_is_that_of_the_filter_it_stands_for(db: Database, asked: dict[str, Any]) -> None:
    wanted = EventFilter.parse(asked)
    seen = facets.overview(db, wanted)
    assert seen.total == sum(1 for _ in events.items(db, wanted))
    for name, counts in seen.facets.items():
        field = EventFilter.model_fields[name]
        for value, count in counts:
            chosen = wanted.model_copy(update={name: (value,) if field.default == () else value})
            assert sum(1 for _ in events.items(db, chosen)) == count, (name, value)
    months = Counter(item["start"][:7] for item in events.items(db, wanted.model_copy(update={"from_": None, "to": None})) if item["start"])
    assert dict(seen.months) == months
    assert sum(circle.count for circle in seen.circles) == sum(
        len({(place["lat"], place["lon"]) for place in item["places"] if place["lat"] is not None}) for item in events.items(db, wanted)
    )


def test_a_cursor_that_is_not_of_the_columns_is_answered_by_sql(db: Database) -> None:
    wanted = EventFilter.parse({"sort": "type"})
    page = events.page(db, wanted, 5, (0, "a_type_that_has_gone", "", 0), is_whole=True)
    assert page.rows == list(events.items(db, wanted.model_copy(update={"limit": 5})))
    assert events.page(db, EventFilter(), 5, (0, "not a day", 0), is_whole=True).rows == list(events.items(db, EventFilter(limit=5)))


def counted(db: Database, columns: columnar.Columns) -> Any:
    """All that columns say, in an order that does not hang on when their rows were read."""
    everything = columns.marked(slice(None))
    values = {name: columns.values(name, everything) for name in ("type", "status", "language", "review", "country")}
    spots = sorted((spot[3:], count) for spot, count in columns.spots(everything, 100))
    days = {name: days.tolist() for name, days in columns.days.items()}
    return columns.numbers.tolist(), columns.confidence.tolist(), columns.leads.tolist(), values, spots, days, sorted(columns.bodies(everything, 100))


@pytest.mark.parametrize("seed", range(5))
def test_columns_follow_the_store_whatever_changes(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    with store.opened(tmp_path / "veille.db") as db, store.opened_for_reading(tmp_path / "veille.db") as reader:
        for _ in range(12):
            for _ in range(draw.randint(1, 3)):
                if draw.random() < 0.3:
                    documents.delete(db, f"{draw.randint(0, 9):016x}")
                else:
                    put(db, draw.randint(0, 9), draw)
            assert counted(reader, columnar.columns(reader)) == counted(reader, columnar.Columns.of(reader))
            assert [row["id"] for row in events.page(reader, EventFilter(), 100, is_whole=True).rows] == [row["id"] for row in events.items(db, EventFilter())]


def test_only_what_changed_is_read_again_and_all_of_it_where_too_much_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(1)
    read: list[Any] = []
    real = columnar._parts
    monkeypatch.setattr(columnar, "_parts", lambda db, sql, numbers: read.append(numbers) or real(db, sql, numbers))
    with store.opened(tmp_path / "veille.db") as db:
        for number in range(20):
            put(db, number, draw)
        columnar.columns(db)
        assert read == [None] * 3
        columnar.columns(db)
        assert len(read) == 3, "nothing has changed"
        db.execute("UPDATE events SET review = 'accepted' WHERE number = 7")
        columnar.columns(db)
        assert read[3:] == [[7]] * 3
        db.execute("UPDATE events SET review = NULL WHERE number = 7")
        db.execute("DELETE FROM event_changes WHERE sequence < (SELECT max(sequence) FROM event_changes)")
        db.execute("UPDATE events SET review = 'accepted' WHERE number = 9")
        db.execute("DELETE FROM event_changes WHERE sequence < (SELECT max(sequence) FROM event_changes)")
        columnar.columns(db)
        assert read[6:] == [None] * 3, "the log does not reach back to what is held"


def test_the_log_of_changes_does_not_grow_for_ever(tmp_path: Path) -> None:
    draw = random.Random(2)
    with store.opened(tmp_path / "veille.db") as db:
        for number in range(20):
            put(db, number, draw)
        count = db.execute("SELECT count(*) FROM events").fetchone()[0]
        with store.writing(db):
            for _ in range(schema._CHANGES_KEPT // count + 1):
                db.execute("UPDATE events SET confidence = confidence")
        assert db.execute("SELECT count(*) FROM event_changes").fetchone()[0] == schema._CHANGES_KEPT


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Documents with their sources, some without a day, and files that gave none."""
    draw = random.Random(9)
    with store.opened(tmp_path_factory.mktemp("library") / "veille.db") as opened:
        for number in range(40):
            sources.save(opened, a_record(number, draw), sources.Source(f"/{number}.txt", draw.choice("abc"), f"{number:064x}", "x"))
        for number in range(3):
            sources.fail(opened, sources.Source(f"/failed-{number}.txt", "b", "", "x"), "empty", "nothing in it")
        yield opened


@pytest.mark.parametrize("sort", ["published", "-published"])
@pytest.mark.parametrize("asked", [{}, {"language": "fr"}, {"state": "done"}, {"state": "failed"}, {"published_from": DAYS[2]}, {"q": "police"}], ids=str)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_documents_page_by_page_are_the_list_with_those_without_a_day_last(library: Database, asked: dict[str, Any], sort: str, size: int) -> None:
    wanted = DocumentFilter.parse({**asked, "sort": sort})
    found, after, whole = [], None, list(documents.find(library, wanted))
    while (page := documents.page(library, wanted, size, after)).following is not None:
        found, after = found + page.rows, page.following
    assert found + page.rows == whole and whole
    days = [row["published"] for row in whole]
    known = [day for day in days if day is not None]
    assert days == [*sorted(known, reverse=sort.startswith("-")), *[None] * (len(days) - len(known))]


@pytest.mark.parametrize("sort", ["published", "-published"])
def test_a_page_of_documents_in_the_order_of_their_days_reads_no_other(library: Database, sort: str) -> None:
    asked: list[str] = []
    library.conn.set_trace_callback(asked.append)
    try:
        documents.page(library, DocumentFilter.parse({"sort": sort}), 5, (0, DAYS[2].isoformat(), "b", 3))
    finally:
        library.conn.set_trace_callback(None)
    plans = [step[3] for sql in asked for step in library.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("documents_published" in step for step in plans) and not [step for step in plans if step.startswith("SCAN s")]
