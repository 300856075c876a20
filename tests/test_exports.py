"""What other programs are given, read back by them: nothing lost, nothing that runs."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geojson
import icalendar
import pytest
from sqlite_utils import Database
from typer.testing import CliRunner, Result

from extractors.records import Event, Evidence, Organisation, Place, Record
from service import exports, store
from service.cli import app
from service.queries import EventFilter
from service.store import events, sources
from service.store.sources import Source

# What breaks readers: formulas, separators, quotes, line ends, folding in the middle of a character, other scripts.
NAUGHTY = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'say "yes", or; no\\n', "two\nlines", "two\r\nlines", "é" * 200, "日本" * 60, "😀" * 40),
    *("a\u2028b\u2029c", "<script>alert(1)</script>", "BEGIN:VEVENT\nEND:VCALENDAR", "100 %", "'quoted'", " blanks "),
]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def an_event(number: int, **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "id": f"event-{number}", "type": "training", "status": "occurred", "title": f"atelier {number}", "mentions": [(0, 1)],
        "start": date(2024, 6, 3), "end": date(2024, 6, 3), "precision": "day", "places": ["p1"], "organisations": ["o1"],
        "evidence": Evidence(start=0, end=4, quote="Dit."), "confidence": 0.1 + 0.2, "rule": "noun",
    }  # fmt: skip
    return Event(**{**fields, **changes})


def a_record(happenings: list[Event], title: str = "Titre") -> Record:
    entities: list[Any] = [
        Place(id="p1", name="Bamako", country="ML", lat=12.65, lon=-8.0, kind="city", mentions=[], confidence=0.9, rule="gazetteer"),
        Place(id="p2", name="Le marché", country=None, lat=None, lon=None, kind="facility", mentions=[], confidence=0.5, rule="cue"),
        Organisation(id="o1", name="Office du Niger", acronym="ON", mentions=[], confidence=0.8, rule="ner"),
    ]
    return Record(
        id="doc", language="fr", published=date(2024, 6, 5), published_from="caller", title=title, source="a.txt", media_type="text/plain",
        sha256=None, pages=None, text="Dit.", entities=entities, events=happenings, warnings=[], extractor="x",
    )  # fmt: skip


HAPPENINGS = [
    an_event(1),
    an_event(2, status="planned", start=date(2027, 11, 4), end=date(2027, 11, 6), title="forum"),
    an_event(3, status="cancelled", places=["p2"]),
    an_event(4, status="postponed", places=[]),
    an_event(5, status="ongoing", end=None, precision="range"),
    an_event(6, status="planned", start=None, end=None, precision="day", edtf="XXXX-07-24"),
    *(an_event(100 + number, title=text, evidence=Evidence(start=0, end=4, quote=text)) for number, text in enumerate(NAUGHTY)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with store.opened(tmp_path / "veille.db") as db:
        sources.save(db, a_record(HAPPENINGS, title="=cmd()"), Source("/a.txt", "a.txt", "ab", "x"))
        db.execute("UPDATE documents SET extracted_at = '2026-01-02T03:04:05Z'")
    return tmp_path / "veille.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with store.opened_for_reading(path) as opened:
        yield opened


def written(db: Database, form: str, **filters: Any) -> str:
    return "".join(exports.event_lines(db, EventFilter.parse(filters), exports.EVENT_FORMATS[form]))


def calendar(text: str) -> dict[str, Any]:
    """The events of a calendar by their number."""
    return {str(event["UID"]).removeprefix("event-").removesuffix("@veille"): event for event in icalendar.Calendar.from_ical(text).walk("VEVENT")}


def veille(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_csv_reads_back_every_field_of_every_event(db: Database) -> None:
    rows = list(csv.DictReader(io.StringIO(written(db, "csv"), newline="")))
    expected = list(events.find(db, EventFilter()))
    assert len(rows) == len(expected) == len(HAPPENINGS)
    for row, event in zip(rows, expected, strict=True):
        for column in exports.EVENT_COLUMNS:
            cell = row[column]
            bare = cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
            assert bare == ("" if event[column] is None else str(event[column]))


def test_no_text_cell_is_a_formula(db: Database) -> None:
    rows = list(csv.DictReader(io.StringIO(written(db, "csv"), newline="")))
    numbers = ("lat", "lon", "confidence", "page")
    assert [cell for row in rows for column, cell in row.items() if column not in numbers and cell.startswith(FORMULA_STARTS)] == []
    assert {row["document"] for row in rows} == {"'=cmd()"}


def test_json_lines_and_json_hold_the_same_events_as_the_store(db: Database) -> None:
    expected = list(events.items(db, EventFilter()))
    assert [json.loads(line) for line in written(db, "jsonl").splitlines()] == expected
    assert json.loads(written(db, "json")) == expected


def test_geojson_is_valid_and_its_points_are_longitude_then_latitude(db: Database) -> None:
    found = geojson.loads(written(db, "geojson"))
    assert isinstance(found, geojson.FeatureCollection)
    assert found.is_valid, found.errors()
    features = {feature["id"]: feature for feature in found["features"]}
    assert len(features) == len(HAPPENINGS)
    assert features["event-1"]["geometry"] == {"type": "Point", "coordinates": [-8.0, 12.65]}


def test_geojson_keeps_an_event_without_coordinates_and_every_plain_field(db: Database) -> None:
    rows = {row["event_id"]: row for row in events.find(db, EventFilter())}
    for feature in json.loads(written(db, "geojson"))["features"]:
        row = rows[feature["id"]]
        assert (feature["geometry"] is None) == (row["lat"] is None)
        assert feature["properties"] == {column: row[column] for column in exports.EVENT_COLUMNS if column not in ("lat", "lon")}


def test_a_calendar_ends_an_event_on_the_day_after_its_last(db: Database) -> None:
    found = calendar(written(db, "ics"))
    assert (found["2"].decoded("DTSTART"), found["2"].decoded("DTEND")) == (date(2027, 11, 4), date(2027, 11, 7))
    assert (found["5"].decoded("DTSTART"), found["5"].decoded("DTEND")) == (date(2024, 6, 3), date(2024, 6, 4))
    assert found["1"].decoded("DTSTAMP") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_calendar_says_how_certain_an_event_is(db: Database) -> None:
    found = calendar(written(db, "ics"))
    assert {number: str(found[number]["STATUS"]) for number in ("1", "2", "3", "4", "5")} == {
        "1": "CONFIRMED",
        "2": "CONFIRMED",
        "3": "CANCELLED",
        "4": "TENTATIVE",
        "5": "CONFIRMED",
    }


def test_a_calendar_says_where_an_event_is(db: Database) -> None:
    found = calendar(written(db, "ics"))
    assert found["1"]["LOCATION"] == "Bamako (ML)"
    assert (found["1"]["GEO"].latitude, found["1"]["GEO"].longitude) == (12.65, -8.0)
    assert found["3"]["LOCATION"] == "Le marché"
    assert "GEO" not in found["3"]
    assert "LOCATION" not in found["4"]


@pytest.mark.parametrize(("number", "text"), list(enumerate(NAUGHTY)), ids=lambda value: repr(value)[:20])
def test_a_calendar_keeps_the_words_of_an_event(db: Database, number: int, text: str) -> None:
    """But for control characters, which iCalendar has no way to write, and which become blanks."""
    event = calendar(written(db, "ics"))[str(100 + number)]
    plain = text.replace("\t", " ").replace("\r", " ").replace("\u2028", " ").replace("\u2029", " ")
    assert str(event["SUMMARY"]) == plain
    assert str(event["DESCRIPTION"]) == f"{plain}\n\nOffice du Niger (ON)\n\n=cmd()"


def test_a_calendar_folds_its_lines_and_ends_them_as_the_standard_says(db: Database) -> None:
    lines = written(db, "ics").encode().split(b"\r\n")
    assert lines.pop() == b""
    assert max(len(line) for line in lines) <= 75
    assert not [line for line in lines if b"\n" in line or b"\r" in line]


def test_a_calendar_is_the_same_each_time(db: Database) -> None:
    assert written(db, "ics") == written(db, "ics")


def test_a_calendar_of_nothing_is_still_a_calendar(db: Database) -> None:
    assert icalendar.Calendar.from_ical(written(db, "ics", q="zzz"))["VERSION"] == "2.0"


@pytest.mark.parametrize(
    ("filters", "statuses"),
    [({}, ("planned",)), ({"status": ["cancelled"]}, ("cancelled",)), ({"status": ["occurred", "planned"]}, ("occurred", "planned"))],
)
def test_only_a_filter_without_a_status_is_narrowed_to_what_is_planned(filters: dict[str, Any], statuses: tuple[str, ...]) -> None:
    assert exports.EVENT_FORMATS["ics"].narrowed(EventFilter.parse(filters)).status == statuses
    assert exports.EVENT_FORMATS["csv"].narrowed(EventFilter.parse(filters)).status == tuple(filters.get("status", ()))


def test_the_last_day_of_time_still_has_an_end(tmp_path: Path) -> None:
    with store.opened(tmp_path / "v.db") as db:
        sources.save(db, a_record([an_event(1, start=date.max, end=date.max)]), Source("/a.txt", "a.txt", "ab", "x"))
        assert calendar(written(db, "ics"))["1"].decoded("DTEND") == date.max


def test_the_command_line_writes_a_calendar_of_what_is_planned_or_of_all(path: Path) -> None:
    planned = veille("events", "-f", "ics", "--db", path)
    assert planned.exit_code == 0
    assert set(calendar(planned.stdout)) == {"2"}
    assert len(calendar(veille("events", "-f", "ics", "--all", "--db", path).stdout)) == len(HAPPENINGS) - 1
    assert set(calendar(veille("events", "-f", "ics", "--status", "cancelled", "--db", path).stdout)) == {"3"}


def test_the_command_line_writes_geojson(path: Path) -> None:
    found = geojson.loads(veille("events", "-f", "geojson", "--place", "marché", "--db", path).stdout)
    assert [feature["id"] for feature in found["features"]] == ["event-3"]
    assert len(geojson.loads(veille("events", "-f", "geojson", "--db", path).stdout)["features"]) == len(HAPPENINGS)


def test_an_exported_calendar_says_what_it_leaves_out(path: Path, tmp_path: Path) -> None:
    result = veille("export", tmp_path / "plan.ics", "--db", path)
    assert result.stderr.strip() == f"1 events written to {tmp_path / 'plan.ics'}; 1 without a day left out"
    assert set(calendar((tmp_path / "plan.ics").read_text(encoding="utf-8"))) == {"2"}
    everything = veille("export", tmp_path / "all.ics", "--all", "--db", path)
    assert everything.stderr.startswith(f"{len(HAPPENINGS) - 1} events")


def test_exported_geojson_is_counted_and_read_back(path: Path, tmp_path: Path) -> None:
    result = veille("export", tmp_path / "map.geojson", "--status", "ongoing", "--db", path)
    assert result.stderr.startswith("1 events")
    [feature] = geojson.loads((tmp_path / "map.geojson").read_text(encoding="utf-8"))["features"]
    assert feature["id"] == "event-5"


def test_an_unknown_suffix_names_those_that_exist(path: Path, tmp_path: Path) -> None:
    result = veille("export", tmp_path / "events.xls", "--db", path)
    assert result.exit_code == 2
    assert all(suffix in result.stderr for suffix in (".csv", ".jsonl", ".geojson", ".ics"))


# Formats that a library of others reads


def exported(path: Path, target: Path, *filters: object) -> Path:
    result = veille("export", target, *filters, "--db", path)
    assert result.exit_code == 0, result.stderr
    return target


def test_parquet_is_read_by_pyarrow_with_typed_columns(path: Path, tmp_path: Path, db: Database) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(exported(path, tmp_path / "e.parquet"))
    types = {column: str(table.schema.field(column).type) for column in ("date", "lat", "page", "title")}
    assert types == {"date": "date32[day]", "lat": "double", "page": "int32", "title": "string"}
    rows = {row["event_id"]: row for row in table.to_pylist()}
    for event in events.find(db, EventFilter()):
        row = rows.pop(event["event_id"])
        assert {column: str(value) if isinstance(value, date) else value for column, value in row.items()} == {c: event[c] for c in exports.EVENT_COLUMNS}
    assert rows == {}


def test_parquet_of_no_event_has_its_columns(path: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(exported(path, tmp_path / "e.parquet", "-q", "zzz"))
    assert (table.num_rows, table.column_names) == (0, list(exports.EVENT_COLUMNS))


def test_a_format_whose_package_is_missing_names_its_cure(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = veille("export", tmp_path / "e.parquet", "--db", path)
    assert result.exit_code == 5
    assert "pip install 'veille[parquet]'" in result.stderr
    assert list(tmp_path.glob("*.parquet")) == []


def test_followthemoney_takes_every_entity_as_it_is(db: Database) -> None:
    """Read as if it were clean, then cleaned: nothing is lost, refused or changed."""
    ftm = pytest.importorskip("followthemoney")
    for line in written(db, "ftm").splitlines():
        given = json.loads(line)
        entity = ftm.model.get_proxy(given, cleaned=True)
        entity.schema.validate(given)
        cleaned = ftm.model.get_proxy(given, cleaned=False).to_dict()["properties"]
        kept = {
            name: values
            for name, values in given["properties"].items()
            if entity.schema.properties[name].type.name not in ("name", "string", "text", "address")
        }
        assert {name: sorted(cleaned[name]) for name in kept} == {name: sorted(values) for name, values in kept.items()}
        assert set(cleaned) == set(given["properties"])


def test_followthemoney_ties_an_event_to_its_document_its_organisations_and_its_place(db: Database) -> None:
    entities = {entity["id"]: entity for entity in map(json.loads, written(db, "ftm").splitlines())}
    event = entities["event-1"]["properties"]
    assert (event["startDate"], event["country"], event["location"]) == (["2024-06-03"], ["ml"], ["Bamako, ML"])
    [document], [body], [place] = ([entities[i] for i in event[name]] for name in ("proof", "involved", "addressEntity"))
    assert (document["schema"], document["properties"]["language"]) == ("Document", ["fra"])
    assert (body["schema"], body["properties"]) == ("Organization", {"name": ["Office du Niger"], "weakAlias": ["ON"]})
    assert (place["schema"], place["properties"]["latitude"]) == ("Address", ["12.65"])
    assert len(entities) == len(HAPPENINGS) + 4, "every other thing is there once"


# What https://www.w3.org/ns/anno.jsonld says of the words that we use; a context is fetched, and tests ask no other machine.
_ANNOTATION_CONTEXT = {
    "oa": "http://www.w3.org/ns/oa#", "dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/", "as": "http://www.w3.org/ns/activitystreams#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "xsd": "http://www.w3.org/2001/XMLSchema#", "schema": "http://schema.org/", "dctypes": "http://purl.org/dc/dcmitype/",
    "id": {"@id": "@id", "@type": "@id"}, "type": {"@id": "@type", "@type": "@id"},
    "Annotation": "oa:Annotation", "SpecificResource": "oa:SpecificResource", "TextualBody": "oa:TextualBody", "Text": "dctypes:Text",
    "TextPositionSelector": "oa:TextPositionSelector", "TextQuoteSelector": "oa:TextQuoteSelector", "AnnotationPage": "as:OrderedCollectionPage",
    "body": {"@type": "@id", "@id": "oa:hasBody"}, "target": {"@type": "@id", "@id": "oa:hasTarget"}, "source": {"@type": "@id", "@id": "oa:hasSource"},
    "selector": {"@type": "@id", "@id": "oa:hasSelector"}, "motivation": {"@type": "@vocab", "@id": "oa:motivatedBy"},
    "purpose": {"@type": "@vocab", "@id": "oa:hasPurpose"}, "tagging": "oa:tagging", "classifying": "oa:classifying", "identifying": "oa:identifying",
    "describing": "oa:describing", "items": {"@type": "@id", "@id": "as:items", "@container": "@list"}, "value": "rdf:value", "format": "dc:format",
    "language": "dc:language", "exact": "oa:exact", "prefix": "oa:prefix", "suffix": "oa:suffix",
    "start": {"@type": "xsd:nonNegativeInteger", "@id": "oa:start"}, "end": {"@type": "xsd:nonNegativeInteger", "@id": "oa:end"},
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib's own ways
def test_annotations_are_read_by_rdflib_as_the_model_has_them(db: Database, tmp_path: Path) -> None:
    """Every annotation has a body and a target, and every target a source and selectors, in the graph that JSON-LD makes of it."""
    rdflib = pytest.importorskip("rdflib")
    record = a_record([an_event(1)]).model_copy(update={"text": "Dit à Bamako."})
    record = record.model_copy(update={"entities": [entity.model_copy(update={"mentions": [(6, 12)]}) for entity in record.entities]})
    exports.write_document(record, tmp_path / "d.jsonld")
    for text, count in ((written(db, "jsonld"), len(HAPPENINGS)), ((tmp_path / "d.jsonld").read_text(encoding="utf-8"), 4)):
        given = json.loads(text)
        assert given.pop("@context") == "http://www.w3.org/ns/anno.jsonld"
        graph = rdflib.Graph().parse(data=json.dumps({"@context": _ANNOTATION_CONTEXT, **given}), format="json-ld")
        assert len(set(graph.subjects(rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/oa#Annotation")))) == count
        targets = """SELECT (count(DISTINCT ?a) AS ?n) WHERE { ?a a oa:Annotation ; oa:motivatedBy oa:tagging ; oa:hasBody ?b ; oa:hasTarget ?t .
            ?b oa:hasPurpose ?p . ?t oa:hasSource ?s ; oa:hasSelector ?w, ?o . ?s dc:format "text/plain" .
            ?o a oa:TextPositionSelector ; oa:start ?x ; oa:end ?y . ?w a oa:TextQuoteSelector ; oa:exact ?q FILTER (?x < ?y) }"""
        spaces = {"oa": rdflib.Namespace("http://www.w3.org/ns/oa#"), "dc": rdflib.Namespace("http://purl.org/dc/elements/1.1/")}
        [(found,)] = graph.query(targets, initNs=spaces)
        assert int(found) == count
        assert not [node for node in graph.all_nodes() if str(node).startswith("file:")], "no word is left that the context does not explain"


def test_a_document_as_a_page_is_whole_and_loads_nothing(path: Path, tmp_path: Path) -> None:
    """Read back by lxml: what the document says is text, never a tag."""
    from lxml import html

    page = exported(path, tmp_path / "d.html", "--document", "doc").read_text(encoding="utf-8")
    tree = html.document_fromstring(page)
    assert [title.text for title in tree.iter("title")] == ["=cmd()"]
    assert len(tree.xpath("//table/tbody/tr")) == len(HAPPENINGS)
    assert "<script>alert(1)</script>" in tree.text_content()
    assert tree.xpath("//script | //link | //img | //*[@src] | //*[@href]") == []


def test_a_page_needs_one_document_and_no_other_filter(path: Path, tmp_path: Path) -> None:
    for filters in ((), ("--document", "doc", "--type", "training")):
        result = veille("export", tmp_path / "d.html", *filters, "--db", path)
        assert result.exit_code == 2
        assert "--document" in result.stderr
    assert json.loads(exported(path, tmp_path / "d.json", "--what", "document", "--document", "doc").read_text(encoding="utf-8"))["id"] == "doc"


def test_a_sqlite_copy_is_sound_answers_in_full_text_and_holds_no_path(path: Path, tmp_path: Path) -> None:
    import sqlite3

    copy = sqlite3.connect(exported(path, tmp_path / "e.sqlite", "--country", "ML"))
    assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
    assert copy.execute("SELECT date, places, organisations, document FROM events_view WHERE id = 'event-2'").fetchall() == [
        ("2027-11-04", "Bamako", "Office du Niger", "=cmd()")
    ]
    assert copy.execute("SELECT count(*) FROM events").fetchone() == (len(HAPPENINGS) - 2,)
    assert copy.execute("SELECT count(*) FROM events_fts WHERE events_fts MATCH 'forum'").fetchone() == (1,)
    copy.close()
    assert b"/a.txt" not in (tmp_path / "e.sqlite").read_bytes()
