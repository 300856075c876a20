"""The whole API against its own description: every answer is one that it names, in the shape that it gives, and every failure a problem."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings

from extractors.options import Options
from service import examples, problems
from service.api import create_app
from service.settings import Settings

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.checks")
NOWHERE = Path("nowhere.db")
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(NOWHERE, Options(), workers=0)).openapi())
OPERATIONS = {f"{found.ok().method.upper()} {found.ok().path}": found.ok() for found in SCHEMA.get_all_operations()}


ALWAYS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"]
ONCE_VALID = ["positive_data_acceptance"]  # what is right by the description is not refused
# A description cannot tell which words are a cursor or an ETag, nor which texts are blank.
OPAQUE = "cursor"
FREE = {"PATCH /api/v1/events/{event_id}", "POST /api/v1/documents", "POST /api/v1/extract"}
NOTHING_TO_GET_WRONG = {"GET /healthz", "GET /readyz", "GET /metrics", "GET /version", "GET /api/v1/types"}
POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
BASE = "http://localhost"


class Service:
    """A running service with one document, and the ids of what it holds."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        job = client.post("/api/v1/documents", params={"wait": 60}, files={"files": ("post.txt", POST)}).json()
        event = client.get("/api/v1/events").json()["items"][0]
        organisation = client.get("/api/v1/organisations").json()["items"][0]
        self.ids = {"document_id": event["document"]["id"], "event_id": event["id"], "job_id": job["id"], "organisation_id": organisation["id"]}

    def answer(self, case: Any) -> Any:
        """What a case is answered with, as schemathesis takes it."""
        asked = {name: value for name, value in case.as_transport_kwargs(base_url=BASE).items() if name != "cookies"}
        if isinstance(asked.get("data"), bytes | str):
            asked["content"] = asked.pop("data")
        response = self._client.request(**asked)
        response.request.read()
        return schemathesis.Response.from_httpx(response, verify=True)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with TestClient(create_app(Settings(tmp_path_factory.mktemp("openapi") / "veille.db", Options(), workers=0)), base_url=BASE) as opened:
        yield Service(opened)


# schemathesis draws the bounds of a form's parts so
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_as_described(service: Service, name: str, mode: Any) -> None:
    is_valid = mode == schemathesis.GenerationMode.POSITIVE
    if not is_valid and name in NOTHING_TO_GET_WRONG:
        pytest.skip("it takes nothing")
    wanted = checks.CHECKS.get_by_names(ALWAYS + (ONCE_VALID if is_valid and name not in FREE else []))
    turns = count()

    @settings(max_examples=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None)
    @given(OPERATIONS[name].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if next(turns) % 2 and not name.startswith("DELETE"):  # made-up ids find nothing
            case.path_parameters = {key: service.ids.get(key, value) for key, value in (case.path_parameters or {}).items()}
        if is_valid:
            case.query = {key: value for key, value in (case.query or {}).items() if key != OPAQUE}
        elif not all(hasattr(file, "read") for _, file in case.as_transport_kwargs(base_url=BASE).get("files") or []):
            return  # a form that cannot even be sent
        response = service.answer(case)
        case.validate_response(response, checks=wanted)
        if response.status_code >= 400 and (name, response.status_code) != ("GET /readyz", 503):
            problem = problems.Problem.model_validate({key: value for key, value in response.json().items() if key != "files"})
            assert response.headers["content-type"] == [problems.MEDIA_TYPE]
            assert problem.status == response.status_code

    ask()


def test_every_field_and_parameter_has_an_example_that_is_right() -> None:
    description = SCHEMA.raw_schema
    fields = [
        (f"{model}.{name}", about) for model, schema in description["components"]["schemas"].items() for name, about in schema.get("properties", {}).items()
    ]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            fields += [(f"{method} {path} {given['name']}", given["schema"]) for given in operation.get("parameters", [])]
    assert [name for name, about in fields if not examples.has_example(about)] == []
    assert len(fields) > 250
    for name, about in fields:
        validator = jsonschema.Draft202012Validator({**about, "components": description["components"]})
        for example in about.get("examples", []):
            assert not list(validator.iter_errors(example)), (name, example, [fault.message for fault in validator.iter_errors(example)])
