"""FollowTheMoney: events, organisations, places and documents as entities of Aleph and OpenSanctions' tools, one a line.

Values are written as that model cleans them (countries in small letters, languages in three), so that
readers need not clean them again; a test has the followthemoney library read every line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.exports.plain import json_lines

# The role of an organisation that the model has a property for; all others are `involved`.
_ORGANISERS = frozenset({"organiser", "host"})


def ftm_lines(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Event, Organization, Address and Document entities; each thing once, events after their document, organisations last."""
    return json_lines(_entities(items))


def _entities(items: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    bodies: dict[str, dict[str, Any]] = {}
    for item in items:
        document = _document(item["document"])
        addresses = [_address(place) for place in item["places"]]
        for entity in (document, *addresses):
            if entity["id"] not in seen:
                seen.add(entity["id"])
                yield entity
        for organisation in item["organisations"]:
            _collect(bodies, organisation)
        yield _event(item, document["id"], [address["id"] for address in addresses])
    yield from bodies.values()


def _event(item: Mapping[str, Any], document: str, addresses: list[str]) -> dict[str, Any]:
    bodies = item["organisations"]
    organisers = [_id("organisation", body["id"]) for body in bodies if _ORGANISERS.intersection(body["roles"])]
    return _entity(
        item["id"],
        "Event",
        name=item["title"],
        startDate=item["start"],
        endDate=item["end"],
        keywords=[item["type"], item["status"]],
        country=[place["country"].lower() for place in item["places"] if place["country"]],
        location=[_address_text(place) for place in item["places"]],
        addressEntity=addresses,
        organizer=organisers,
        involved=[_id("organisation", body["id"]) for body in bodies if not _ORGANISERS.intersection(body["roles"])],
        summary=item["evidence"]["quote"],
        proof=document,
        recordId=item["id"],
    )


def _document(about: Mapping[str, Any]) -> dict[str, Any]:
    from extractors import languages

    language = about["language"]
    return _entity(
        _id("document", about["id"]),
        "Document",
        fileName=about["source"] or about["id"],
        title=about["title"],
        language=languages.load(language).table["model"]["iso_639_3"] if language in languages.codes() else None,
        publishedAt=about["published"],
    )


def _address(place: Mapping[str, Any]) -> dict[str, Any]:
    """A place: known by its number in GeoNames, else by its name and country."""
    return _entity(
        _id("place", str(place["geonames_id"] or _address_text(place))),
        "Address",
        full=_address_text(place),
        country=place["country"] and place["country"].lower(),
        latitude=place["lat"],
        longitude=place["lon"],
    )


def _address_text(place: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, [place["name"], place["country"]]))


def _collect(bodies: dict[str, dict[str, Any]], organisation: Mapping[str, Any]) -> None:
    """Add an organisation, with every name that documents give it."""
    own = _entity(_id("organisation", organisation["id"]), "Organization", name=organisation["name"], weakAlias=organisation["acronym"])
    known = bodies.setdefault(own["id"], own)["properties"]
    for name, values in own["properties"].items():
        known[name] = list(dict.fromkeys([*known.get(name, []), *values]))


def _entity(identity: str, schema: str, **properties: Any) -> dict[str, Any]:
    """An entity whose properties are lists of text; those without a value are left out."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in properties.items() if value not in (None, "")}
    return {"id": identity, "schema": schema, "properties": {name: [str(v) for v in dict.fromkeys(values)] for name, values in lists.items() if values}}


def _id(kind: str, own: str) -> str:
    """An id that the model takes, the same in every export: letters, digits and hyphens."""
    return f"{kind}-{hashlib.sha1(own.encode('utf_8', 'surrogatepass'), usedforsecurity=False).hexdigest()}"
