"""Short posts of our own with their events, in a notation that can be read: tests/posts/*.txt.

    = fr-01 fr 2023-09-14 | Un conseil local de sécurité à Rufisque
    La {Ville de Rufisque} a [installé|1] mercredi son conseil à <Rufisque|SN>.
    @1 launch occurred 2023-09-13 | Rufisque | Ville de Rufisque

`[word|1]` is a trigger of event 1, `{…}` an organisation, `<…|CC>` a place with its country (`*` after
the code where it is the country itself, no code from the second mention on). An event's line says type,
status, days (`-` none, `2024-05-01..2024-05-03`, `..2023-12-31`), places and organisations, `;` between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

POSTS = Path(__file__).parent / "posts"
_TAG = re.compile(r"\[([^\[\]|]+)\|([\d,]+)\]|<([^<>|]+)(?:\|([A-Z*]+))?>|\{([^{}]+)\}")
Json = dict[str, Any]


@dataclass
class _Post:
    head: str
    lines: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


def load(folder: Path = POSTS) -> list[Json]:
    """Every post as a gold document, in the order of files and lines."""
    return [_document(post) for path in sorted(folder.glob("*.txt")) for post in _posts(path)]


def _posts(path: Path) -> Iterator[_Post]:
    post: _Post | None = None
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("= "):
            if post is not None:
                yield post
            post = _Post(line[2:])
        elif post is not None:
            (post.events if line.startswith("@") else post.lines).append(line)
    if post is not None:
        yield post


def _document(post: _Post) -> Json:
    head, title = post.head.split(" | ", 1)
    name, language, published = head.split()
    text, triggers, places, bodies = _read("\n".join(post.lines).strip())
    entities = [{"id": f"o {body}", "label": "ORG", "name": body, "mentions": mentions} for body, mentions in bodies.items()]
    for place, (code, mentions) in places.items():
        kind = {"kind": "country"} if code.endswith("*") else {}
        entities.append(
            {"id": f"p {place}", "label": "PLACE", "name": place, "country": code.rstrip("*"), "lat": None, "lon": None, "mentions": mentions, **kind}
        )
    events = [_event(line, triggers, name) for line in post.events]
    return {"id": name, "language": language, "published": published, "title": title, "text": text, "entities": entities, "events": events}


def _read(marked: str) -> tuple[str, dict[str, list[list[int]]], dict[str, tuple[str, list[list[int]]]], dict[str, list[list[int]]]]:
    """The text without its marks; spans of triggers by number, of places by name with their code, of bodies by name."""
    text, done = "", 0
    triggers: dict[str, list[list[int]]] = {}
    places: dict[str, tuple[str, list[list[int]]]] = {}
    bodies: dict[str, list[list[int]]] = {}
    for tag in _TAG.finditer(marked):
        word, numbers, place, code, body = tag.groups()
        text += marked[done : tag.start()]
        span = [len(text), len(text) + len(word or place or body)]
        text, done = text + (word or place or body), tag.end()
        if word:
            for number in numbers.split(","):
                triggers.setdefault(number, []).append(span)
        elif place:
            places.setdefault(place, (code or "", []))[1].append(span)
        else:
            full = next((known for known in bodies if known.startswith(f"{body} ") or known.endswith(f" {body}")), body)
            bodies.setdefault(full, []).append(span)
    return text + marked[done:], triggers, places, bodies


def _event(line: str, triggers: dict[str, list[list[int]]], name: str) -> Json:
    head, places, bodies = (part.strip() for part in line.removeprefix("@").split("|"))
    number, kind, status, days = head.split()
    if number not in triggers:
        raise ValueError(f"{name}: event {number} has no [word|{number}]")
    start, _, end = days.partition("..") if ".." in days else (days, "", days)
    return {
        "id": f"v{number}",
        "type": kind,
        "status": status,
        "mentions": triggers[number],
        "start": None if start in ("", "-") else start,
        "end": None if end in ("", "-") else end,
        "places": [f"p {place.strip()}" for place in places.split(";") if place.strip()],
        "organisations": [f"o {body.strip()}" for body in bodies.split(";") if body.strip()],
    }
