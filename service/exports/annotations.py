"""W3C Web Annotations (JSON-LD): what was found, as annotations on the text that any annotation tool can lay over it.

A target has two selectors that say the same: offsets in code points, and the words with what stands around them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from extractors import marks
from extractors.showing import when
from service.exports.plain import joined

if TYPE_CHECKING:
    from extractors.records import Entity, Event, Record

_CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_AROUND = 32  # characters before and after the words, as the model recommends a little of each
_PAGE = {"@context": _CONTEXT, "type": "AnnotationPage"}


def annotation_lines(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A page of annotations, one an event on the sentence that tells of it."""
    return _page(map(_of_item, items))


def record_lines(record: Record) -> Iterator[str]:
    """A page of annotations on one document: one a mention of an organisation, place or date, one an event on its words and its sentence."""
    return _page(_of_record(record))


def _page(annotations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    head = json.dumps(_PAGE).removesuffix("}")
    return joined(f'{head}, "items": [', annotations, "\n]}\n")


def _of_item(item: Mapping[str, Any]) -> dict[str, Any]:
    evidence, about = item["evidence"], item["document"]
    source = _source(about["id"], about["language"], about["title"])
    told = {name: value for name, value in item.items() if name not in ("evidence", "document")}
    selectors = [_position(evidence["start"], evidence["end"]), {"type": "TextQuoteSelector", "exact": evidence["quote"]}]
    return _annotation(f"urn:uuid:{item['id']}", _event_bodies(item["type"], item["title"], told), [{"source": source, "selector": selectors}])


def _of_record(record: Record) -> Iterator[dict[str, Any]]:
    for entity in record.entities:
        for start, end in entity.mentions:
            own = uuid5(NAMESPACE_URL, f"{_document(record.id)}#{entity.id}@{start}-{end}")
            yield _annotation(f"urn:uuid:{own}", _entity_bodies(entity), [_target(record, start, end)])
    for event in record.events:
        yield _of_event(record, event)


def _of_event(record: Record, event: Event) -> dict[str, Any]:
    names = {entity.id: marks.name_of(entity) for entity in record.entities}
    told = event.model_dump(mode="json", exclude={"mentions", "evidence"})
    told |= {column: [names[i] for i in told[column]] for column in ("places", "organisations")}
    told["roles"] = {role: [names[i] for i in bodies] for role, bodies in told["roles"].items()}
    spans = [*event.mentions, (event.evidence.start, event.evidence.end)]
    return _annotation(f"urn:uuid:{event.id}", _event_bodies(event.type, event.title, told), [_target(record, start, end) for start, end in spans])


def _annotation(identity: str, bodies: list[dict[str, Any]], targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": identity, "type": "Annotation", "motivation": "tagging", "body": bodies, "target": targets}


def _entity_bodies(entity: Entity) -> list[dict[str, Any]]:
    kind = _text(marks.KINDS[entity.label], "classifying")
    if entity.label == "DATE":
        return [kind, _text(when(entity.start, entity.end, entity.edtf), "identifying")]
    bodies = [kind, _text(entity.name, "identifying")]
    if entity.label == "PLACE" and entity.geonames_id is not None:
        bodies.append({"type": "SpecificResource", "source": f"https://sws.geonames.org/{entity.geonames_id}/", "purpose": "identifying"})
    return bodies


def _event_bodies(kind: str, title: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    whole = {**_text(json.dumps(told, ensure_ascii=False), "describing"), "format": "application/json"}
    return [_text(kind, "classifying"), _text(title, "describing"), whole]


def _text(value: str, purpose: str) -> dict[str, Any]:
    return {"type": "TextualBody", "value": value, "purpose": purpose}


def _target(record: Record, start: int, end: int) -> dict[str, Any]:
    text = record.text
    words = {"type": "TextQuoteSelector", "exact": text[start:end], "prefix": text[max(0, start - _AROUND) : start], "suffix": text[end : end + _AROUND]}
    return {"source": _source(record.id, record.language, record.title), "selector": [_position(start, end), words]}


def _position(start: int, end: int) -> dict[str, Any]:
    return {"type": "TextPositionSelector", "start": start, "end": end}


def _source(document: str, language: str | None, title: str | None) -> dict[str, Any]:
    known = {"language": language, "schema:name": title}
    return {"id": _document(document), "type": "Text", "format": "text/plain", **{name: value for name, value in known.items() if value is not None}}


def _document(own: str) -> str:
    return f"urn:veille:document:{quote(own, safe='')}"
