from __future__ import annotations

import copy
import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scores import GOLD, record_of

from extractors.errors import InvalidRequest, UnreadableFile
from extractors.evaluate import Json, Result, disagreements, evaluate, load_gold

SHARED = Path(__file__).parents[2] / "shared"
SCORE = SHARED / "gold" / "score.py"
needs_shared = pytest.mark.skipif(not SCORE.is_file(), reason="../shared/gold/score.py is not on this machine")

TEXT = "L’ONU a ouvert un bureau à Lomé le 3 mai. Elle y tiendra un atelier mardi. Lomé s’en réjouit."


def organisation(entity_id: str, *quotes: str) -> dict[str, Any]:
    return {"id": entity_id, "label": "ORG", "name": quotes[0], "acronym": None, "mentions": spans(*quotes)}


def place(entity_id: str, *quotes: str, lat: float | None = 6.13, lon: float | None = 1.22, country: str | None = "TG", **more: str) -> dict[str, Any]:
    return {"id": entity_id, "label": "PLACE", "name": quotes[0], "country": country, "lat": lat, "lon": lon, "mentions": spans(*quotes), **more}


def days(entity_id: str, quote: str, start: str | None, end: str | None = None) -> dict[str, Any]:
    return {"id": entity_id, "label": "DATE", "start": start, "end": end or start, "mentions": spans(quote)}


def event(kind: str, *quotes: str, **more: object) -> dict[str, Any]:
    return {"type": kind, "mentions": spans(*quotes), "status": "occurred", "start": None, "end": None, "places": [], "organisations": [], **more}


def spans(*quotes: str) -> list[list[int]]:
    """Where each quote stands; one given twice is its first and its second occurrence."""
    found: list[list[int]] = []
    for number, quote in enumerate(quotes):
        start = -1
        for _ in range(1 + quotes[:number].count(quote)):
            start = TEXT.index(quote, start + 1)
        found.append([start, start + len(quote)])
    return found


def document(entities: list[dict[str, Any]], events: list[dict[str, Any]] | None = None, **more: object) -> dict[str, Any]:
    return {"id": "lome", "language": "fr", "published": None, "text": TEXT, "entities": entities, "events": events or [], **more}


def scored(gold: dict[str, Any], record: dict[str, Any]) -> Result:
    return evaluate([gold], {"lome": record})


def counts(result: Result, row: str) -> tuple[int, int, int]:
    count = result.rows[row].count
    assert count is not None
    return count.hit, count.predicted, count.gold


LOME = place("p1", "Lomé", "Lomé")
MAY = days("d1", "3 mai", "2024-05-03")
OPENING = event("launch", "ouvert", start="2024-05-03", end="2024-05-03", places=["p1"], organisations=["o1"])
GOLD_LOME = document([organisation("o1", "ONU"), LOME, MAY, days("d2", "mardi", "2024-05-07")], [OPENING])


def test_gold_scored_against_itself_is_perfect() -> None:
    result = scored(GOLD_LOME, GOLD_LOME)
    assert {row.f1 for row in [*result.rows.values(), *result.event_types.values()]} == {1.0}
    assert disagreements([GOLD_LOME], {"lome": GOLD_LOME}) == []


def test_a_document_without_a_record_counts_as_nothing_found() -> None:
    result = evaluate([GOLD_LOME], {})
    assert (result.documents, result.with_record) == (1, 0)
    assert counts(result, "ORG exact") == (0, 0, 1)
    assert counts(result, "EVENT record") == (0, 0, 4)
    assert (result.rows["ORG exact"].precision, result.rows["ORG exact"].recall, result.rows["ORG exact"].f1) == (0.0, 0.0, 0.0)


def test_finding_nothing_where_there_is_nothing_is_right() -> None:
    row = scored(document([]), document([])).rows["ORG exact"]
    assert (row.precision, row.recall, row.f1) == (1.0, 1.0, 1.0)


def test_a_longer_span_overlaps_but_is_not_exact() -> None:
    result = scored(document([organisation("o1", "ONU")]), document([organisation("x", "L’ONU")]))
    assert counts(result, "ORG exact") == (0, 1, 1)
    assert counts(result, "ORG overlap") == (1, 1, 1)


def test_each_gold_mention_pairs_with_the_prediction_that_shares_most() -> None:
    predicted = document([organisation("x", "un bureau à"), organisation("y", "bureau à Lomé")])
    result = scored(document([organisation("o1", "bureau à Lomé")]), predicted)
    assert counts(result, "ORG overlap") == (1, 2, 1)
    assert counts(result, "ORG exact") == (1, 2, 1)


def test_a_place_inside_the_name_of_an_organisation_costs_nothing() -> None:
    gold = document([organisation("o1", "bureau à Lomé")])
    assert counts(scored(gold, document([place("x", "Lomé")])), "PLACE exact") == (0, 0, 0)


@pytest.mark.parametrize(
    ("predicted", "located", "close"),
    [
        ({}, 1, 1),
        ({"lat": 7.13}, 1, 0),
        ({"lat": 9.55}, 0, 0),
        ({"lat": None, "lon": None}, 0, 0),
    ],
)
def test_a_place_is_located_within_161_km_and_close_within_25(predicted: dict[str, Any], located: int, close: int) -> None:
    result = scored(document([place("p1", "Lomé")]), document([{**place("x", "Lomé"), **predicted}]))
    assert counts(result, "PLACE located") == (located, 1, 1)
    assert counts(result, "PLACE within 25 km") == (close, 1, 1)


def test_a_country_is_right_by_its_code() -> None:
    gold = document([place("p1", "Lomé", kind="country")])
    assert counts(scored(gold, document([place("x", "Lomé", lat=60.0)])), "PLACE located") == (1, 1, 1)
    assert counts(scored(gold, document([place("x", "Lomé", lat=60.0, country="SE")])), "PLACE located") == (0, 1, 1)


@pytest.mark.parametrize(("country", "hit"), [("TG", 1), ("SE", 0)])
def test_a_gold_place_without_coordinates_asks_for_its_country(country: str, hit: int) -> None:
    gold = document([place("p1", "Lomé", lat=None, lon=None)])
    assert counts(scored(gold, document([place("x", "Lomé", country=country)])), "PLACE located") == (hit, 1, 1)


def test_a_date_is_right_when_both_its_days_are() -> None:
    gold = document([days("d1", "3 mai", "2024-05-03")])
    assert counts(scored(gold, document([days("x", "le 3 mai", "2024-05-03")])), "DATE value") == (1, 1, 1)
    assert counts(scored(gold, document([days("x", "3 mai", "2024-05-03", "2024-05-04")])), "DATE value") == (0, 1, 1)


def test_an_alternative_value_of_a_date_is_right_too() -> None:
    gold = document([{**days("d1", "3 mai", "2024-05-03"), "alternatives": [["2023-05-03", "2023-05-03"]]}])
    assert counts(scored(gold, document([days("x", "3 mai", "2023-05-03")])), "DATE value") == (1, 1, 1)


def test_linking_weighs_each_mention_by_the_company_it_keeps() -> None:
    gold = document([organisation("o1", "ONU", "Elle"), organisation("o2", "bureau")])
    merged = document([organisation("x", "ONU", "Elle", "bureau")])
    row = scored(gold, merged).rows["ORG linking (B3)"]
    # precision: two mentions with 2 of 3 companions right, one with 1 of 3
    assert (row.precision, row.recall) == pytest.approx((5 / 9, 1.0))
    assert scored(merged, gold).rows["ORG linking (B3)"].recall == pytest.approx(5 / 9)


def test_an_event_needs_its_type_and_a_trigger_or_its_sentence() -> None:
    gold = document([], [event("launch", "ouvert")])
    assert counts(scored(gold, document([], [event("launch", "bureau")])), "EVENT type") == (1, 1, 1)
    assert counts(scored(gold, document([], [event("launch", "tiendra")])), "EVENT type") == (0, 1, 1)
    assert counts(scored(gold, document([], [event("training", "ouvert")])), "EVENT type") == (0, 1, 1)


def test_the_event_whose_trigger_touches_wins_over_the_one_in_the_sentence() -> None:
    gold = document([], [event("training", "atelier", status="planned")])
    record = document([], [event("training", "tiendra"), event("training", "atelier", status="planned")])
    assert counts(scored(gold, record), "EVENT status") == (1, 1, 1)


def test_the_arguments_of_an_event_count_only_once_it_is_found() -> None:
    wrong = {**OPENING, "start": "2024-05-04", "organisations": [], "places": ["p1", "p1"], "status": "planned"}
    result = scored(GOLD_LOME, {**GOLD_LOME, "events": [wrong]})
    assert counts(result, "EVENT date") == (0, 1, 1)
    assert counts(result, "EVENT places") == (1, 1, 1)
    assert counts(result, "EVENT organisations") == (0, 0, 1)
    assert counts(result, "EVENT status") == (0, 1, 1)
    assert counts(result, "EVENT record") == (2, 3, 4)


def test_event_types_are_counted_apart() -> None:
    result = scored(document([], [event("launch", "ouvert")]), document([], [event("training", "atelier")]))
    assert {name: (row.count.hit, row.count.predicted, row.count.gold) for name, row in result.event_types.items() if row.count} == {
        "launch": (0, 0, 1),
        "training": (0, 1, 0),
    }


def test_disagreements_name_document_kind_and_fault() -> None:
    gold = document([organisation("o1", "ONU"), place("p1", "Lomé"), days("d1", "3 mai", "2024-05-03")], [event("launch", "ouvert")])
    record = document(
        [organisation("x", "L’ONU"), place("y", "Lomé", lat=40.0), days("z", "3 mai", "2023-05-03"), days("w", "mardi", None)], [event("visit", "bureau")]
    )
    assert [str(line).split("\t", 1)[1] for line in disagreements([gold], {"lome": record})] == [
        "DATE\tspurious\tmardi",
        "DATE\tvalue\t3 mai: 2024-05-03..2024-05-03 <> 2023-05-03..2023-05-03",
        "EVENT\tmissed\tlaunch: ouvert",
        "EVENT\tspurious\tvisit: bureau",
        "ORG\tspan\tONU <> L’ONU",
        "PLACE\tlocated\tLomé: TG <> Lomé TG 40.0,1.22",
    ]


def test_the_table_shows_every_row() -> None:
    table = scored(GOLD_LOME, GOLD_LOME).table()
    assert "ORG exact              P 1.000  R 1.000  F1 1.000  (1/1/1)" in table
    assert table.endswith("documents 1, with a record 1")


def test_gold_is_loaded_from_files_lines_and_folders(tmp_path: Path) -> None:
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "a.json").write_text(json.dumps(GOLD_LOME), encoding="utf-8")
    # a line separator inside a text does not end a line of JSON
    lines = [{**GOLD_LOME, "id": "b", "text": TEXT + "\u2028"}, {**GOLD_LOME, "id": "c"}]
    (tmp_path / "more.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n", encoding="utf-8")
    assert [gold["id"] for gold in load_gold([tmp_path / "folder", str(tmp_path / "more.jsonl")])] == ["lome", "b", "c"]


@pytest.mark.parametrize("content", ["{", "[]", '{"id": "x"}'])
def test_what_is_no_gold_document_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidRequest, match="bad.json"):
        load_gold([tmp_path])


def test_a_gold_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="none.json"):
        load_gold([tmp_path / "none.json"])


# The same scores as the project's own judge, where it is at hand


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    specification = importlib.util.spec_from_file_location("judge", SCORE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.round = lambda value, digits: value  # type: ignore[attr-defined]  # compare what it computes, not what it prints
    return module


def perturbed(gold: Json, chance: random.Random) -> Json:
    """A record with every kind of fault: lost, moved, mistyped, merged, invented."""
    record = copy.deepcopy({"id": gold["id"], "language": chance.choice(["fr", "en", None]), "entities": gold["entities"], "events": gold.get("events", [])})
    entities: list[dict[str, Any]] = [entity for entity in record["entities"] if chance.random() > 0.15]
    for entity in entities:
        entity["mentions"] = [[max(0, start + chance.choice([0, 0, 0, -3, 2])), end + chance.choice([0, 0, 0, 4])] for start, end in entity["mentions"]]
        if chance.random() < 0.2:
            entity |= {"start": "2020-01-01", "country": "FR", "lat": chance.choice([None, 48.9]), "lon": 2.3}
        if chance.random() < 0.1 and entities[0]["label"] == entity["label"]:
            entity["id"] = entities[0]["id"]
        if chance.random() < 0.1:
            entity["label"] = chance.choice(["ORG", "PLACE", "DATE"])
    events: list[dict[str, Any]] = [event for event in record["events"] if chance.random() > 0.15]
    for happening in events:
        happening["mentions"] = [[start + chance.choice([0, 0, 20]), end + 20] for start, end in happening["mentions"]] or [[0, 4]]
        happening["type"] = chance.choice([happening["type"]] * 5 + ["visit"])
        happening["status"] = chance.choice([happening.get("status"), "planned"])
        happening["places"] = [*happening.get("places", []), chance.choice([entity["id"] for entity in record["entities"]] or ["none"])]
        if chance.random() < 0.3:
            happening |= {"start": None, "organisations": ["unknown"]}
    events += [{**copy.deepcopy(happening), "id": f"copy {number}"} for number, happening in enumerate(events[:2])]
    return {**record, "entities": entities, "events": events}


def assert_same_scores(judge: ModuleType, golds: list[Json], records: dict[str, Json]) -> None:
    theirs = judge.score(golds, records)
    ours = evaluate(golds, records)
    types, documents = theirs.pop("by event type"), theirs.pop("documents")
    assert (ours.documents, ours.with_record) == (documents["gold"], documents["with a record"])
    for mine, other in ((ours.rows, theirs), (ours.event_types, types)):
        assert set(mine) == set(other)
        for name, row in mine.items():
            measures = (row.precision, row.recall, row.f1)
            assert measures == pytest.approx((other[name]["p"], other[name]["r"], other[name]["f1"]), abs=1e-9), name
            if row.count is not None:
                assert (row.count.hit, row.count.predicted, row.count.gold) == tuple(other[name][key] for key in ("hit", "predicted", "gold")), name


@needs_shared
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("source", ["gold", "data"])
def test_perturbed_records_score_as_the_judge_scores_them(judge: ModuleType, source: str, seed: int) -> None:
    chance = random.Random(seed)
    paths = [SHARED / "gold" / "fr", SHARED / "gold" / "en"] if source == "gold" else sorted((SHARED / "data").glob("*.jsonl"))
    golds = load_gold(paths)
    chosen = chance.sample(golds, min(len(golds), 80))
    records = {gold["id"]: perturbed(gold, chance) for gold in chosen if chance.random() < 0.95}
    assert_same_scores(judge, chosen, records)


@needs_shared
def test_real_records_score_as_the_judge_scores_them(judge: ModuleType) -> None:
    golds = load_gold([*sorted((SHARED / "gold" / "fr").glob("seed-00[0-3]*.json")), *sorted((GOLD / "en").glob("2024*.json"))])
    assert_same_scores(judge, golds, {gold["id"]: record_of(gold) for gold in golds})


@needs_shared
def test_disagreements_are_those_of_the_judge(judge: ModuleType) -> None:
    chance = random.Random(7)
    golds = load_gold([GOLD])
    records = {gold["id"]: perturbed(gold, chance) for gold in golds}
    errors: list[tuple[str, str, str, str]] = []
    judge.score(golds, records, errors)
    assert [(line.document, line.kind, line.fault, line.detail) for line in disagreements(golds, records)] == sorted(errors)
