"""Examples for the API's description: every field and parameter has one, from `examples.toml` where its model names none."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_DEEPEST = 6  # models within models


def fill(description: dict[str, Any]) -> None:
    """Give an example to each field and parameter of an OpenAPI description that has none; one of no known name is left without."""
    schemas = description["components"]["schemas"]
    for model, schema in schemas.items():
        for name, about in schema.get("properties", {}).items():
            if not has_example(about) and (found := _known(schemas, model, name, about, 0)) is not None:
                about["examples"] = [found]
    for operation in (operation for path in description["paths"].values() for operation in path.values()):
        for parameter in operation.get("parameters", []):
            if not has_example(parameter["schema"]) and parameter["name"] in _table():
                parameter["schema"]["examples"] = [_of_parameter(parameter)]


def has_example(about: Mapping[str, Any]) -> bool:
    """Whether a schema says what it may look like; a constant says it by itself."""
    return bool(about.get("examples")) or "const" in about


def _of_parameter(parameter: Mapping[str, Any]) -> Any:
    """The example of a parameter, as one of many where it takes many, and one of its own where it takes few."""
    about, found = parameter["schema"], _table()[parameter["name"]]
    closed = [value for option in _options(about) for value in option.get("enum", [])]
    found = closed[0] if closed and found not in closed else found
    return [found] if about.get("type") == "array" else found


def _made(schemas: Mapping[str, Any], about: Mapping[str, Any], depth: int) -> Any:
    """An example of what is made of models, None where there is no model in it."""
    for option in _options(about):
        if "$ref" in option and depth < _DEEPEST:
            model = option["$ref"].rpartition("/")[2]
            fields = schemas[model].get("properties", {})
            return {name: _known(schemas, model, name, field, depth + 1) for name, field in fields.items()} if fields else None
        if option.get("type") == "array" and (made := _made(schemas, option.get("items", {}), depth)) is not None:
            return [made]
    return None


def _known(schemas: Mapping[str, Any], model: str, name: str, about: Mapping[str, Any], depth: int) -> Any:
    if has_example(about):
        return about["examples"][0] if "examples" in about else about["const"]
    table = _table()
    if f"{model}.{name}" in table:
        return table[f"{model}.{name}"]
    made = _made(schemas, about, depth)
    return table.get(name) if made is None else made


def _options(about: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema, or those that it may be any of."""
    yield from about.get("anyOf") or about.get("oneOf") or [about]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("service") / "examples.toml").read_text(encoding="utf-8"))
