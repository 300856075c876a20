from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from extractors.document import Document
from extractors.pipeline import extract
from extractors.records import Event, schema

SCHEMA = Path(__file__).parents[1] / "docs" / "record.schema.json"
POST = "Le 12 mars 2024, la Ville de Thiès et l’Agence française de développement (AFD) ont signé une convention à Dakar, au Sénégal."


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    written: dict[str, Any] = json.loads(extract(Document(POST, title="Convention", published=date(2024, 3, 14), published_from="caller")).model_dump_json())
    return written


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_published_schema_is_the_one_the_model_gives() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema(), "run: python -m tests.make_schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_real_record_holds_every_kind_of_part_and_validates(record: dict[str, Any], validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(record)
    assert {entity["label"] for entity in record["entities"]} == {"ORG", "PLACE", "DATE"}
    assert [event["type"] for event in record["events"]] == ["agreement"]


@pytest.mark.parametrize(("field", "value"), [("status", "maybe"), ("confidence", 1.5), ("type", "Agreement!"), ("start", "12 mars"), ("mentions", [[1]])])
def test_a_wrong_value_in_an_event_is_refused(record: dict[str, Any], validator: jsonschema.Draft202012Validator, field: str, value: object) -> None:
    assert field in Event.model_fields
    event = {**record["events"][0], field: value}
    strict = jsonschema.Draft202012Validator(validator.schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert not strict.is_valid({**record, "events": [event]})


def test_an_unknown_field_is_refused(record: dict[str, Any], validator: jsonschema.Draft202012Validator) -> None:
    assert not validator.is_valid({**record, "colour": "red"})
