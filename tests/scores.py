"""Scores of the pipeline on tests/gold and tests/held: `python -m tests.scores` prints them.

`python -m tests.scores --raise` rewrites tests/floors.toml from them, less
MARGIN; a floor that would fall stays as it is and is named, unless `--lower`
says that it may.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from extractors.document import Document
from extractors.evaluate import Json, Result, disagreements, evaluate, load_gold
from extractors.pipeline import extract

GOLD = Path(__file__).parent / "gold"
HELD = Path(__file__).parent / "held"  # read by nobody who writes rules, and by no fit
FLOORS = Path(__file__).parent / "floors.toml"
QUALITY = Path(__file__).parents[1] / "service" / "pages" / "quality.toml"
LANGUAGES = ("en", "fr")
MARGIN = 0.01

Floors = Mapping[str, Mapping[str, float]]


@cache
def gold(language: str) -> list[Json]:
    """Our own gold documents in a language."""
    return load_gold([GOLD / language])


@cache
def records(language: str) -> dict[str, Json]:
    """What the pipeline makes of their texts, told no more than title and day of publication."""
    return {document["id"]: record_of(document) for document in gold(language)}


def record_of(document: Json) -> Json:
    """The record of a gold document's text, in its JSON shape."""
    published = date.fromisoformat(document["published"]) if document.get("published") else None
    read = Document(document["text"], title=document.get("title"), published=published, published_from="caller" if published else None, given_id=document["id"])
    record: Json = json.loads(extract(read).model_dump_json())
    return record


@cache
def measured(language: str) -> Result:
    """Scores of the pipeline in a language."""
    return evaluate(gold(language), records(language))


def held(language: str) -> Result:
    """Scores on the documents that no rule was made on."""
    documents = load_gold([HELD / language])
    return evaluate(documents, {document["id"]: record_of(document) for document in documents})


def floors() -> Floors:
    """The least F1 of each row, by language and name of row."""
    return tomllib.loads(FLOORS.read_text(encoding="utf-8"))


def raised(old: Floors, results: Mapping[str, Result], *, may_lower: bool) -> tuple[Floors, list[str]]:
    """New floors, and a line for each row whose score has fallen under its floor's margin."""
    new: dict[str, dict[str, float]] = {}
    fallen = []
    for language, result in results.items():
        new[language] = {}
        for name, row in result.rows.items():
            floor = max(0.0, math.floor((row.f1 - MARGIN) * 1000) / 1000)
            before = old.get(language, {}).get(name, 0.0)
            if floor < before:
                fallen.append(f"{language} {name}: F1 {row.f1:.3f}, floor {before:.3f}")
            new[language][name] = floor if may_lower else max(floor, before)
    return new, fallen


def written(values: Floors) -> str:
    """The text of floors.toml."""
    lines = ["# Least F1 of each row on tests/gold; written by `python -m tests.scores --raise`."]
    for language, rows in values.items():
        lines += ["", f"[{language}]", *(f'"{name}" = {floor:.3f}' for name, floor in rows.items())]
    return "\n".join(lines) + "\n"


def quality(results: Mapping[str, Result]) -> str:
    """The text of service/pages/quality.toml: what the page of the types says of each."""
    lines = ["# How well each event type is found on tests/gold; written by `python scores.py --raise` in tests/."]
    for name in sorted({name for result in results.values() for name in result.event_types}):
        lines += ["", f"[{name}]"]
        for language, result in results.items():
            row = result.event_types.get(name)
            if row is not None and row.count is not None and row.count.gold:
                lines.append(f"{language} = {{ precision = {row.precision:.2f}, recall = {row.recall:.2f}, events = {row.count.gold} }}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the scores and, if asked, rewrite the floors; 1 where a floor would fall."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", action="store_true", help="list every disagreement")
    parser.add_argument("--raise", dest="rewrite", action="store_true", help="rewrite floors.toml")
    parser.add_argument("--lower", action="store_true", help="let floors fall too (a commit of its own, with its reason)")
    arguments = parser.parse_args()
    results = {language: measured(language) for language in LANGUAGES}
    for language, result in results.items():
        print(f"{language}\n{result.table()}\n")
        print(f"{language}, held out\n{held(language).table()}\n")
        if arguments.errors:
            print(*disagreements(gold(language), records(language)), sep="\n")
    new, fallen = raised(floors() if FLOORS.exists() else {}, results, may_lower=arguments.lower)
    if arguments.rewrite or arguments.lower:
        FLOORS.write_text(written(new), encoding="utf-8")
        QUALITY.write_text(quality(results), encoding="utf-8")
    for line in fallen:
        print(line, file=sys.stderr)
    return int(bool(fallen) and not arguments.lower)


if __name__ == "__main__":
    sys.exit(main())
