"""What became of the cases, and whether it is what must."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hostile import catalogue
from hostile.case import DONE, SKIPPED, Case

_STORED = frozenset({"new", "updated", "known"})
_SKIPPED_LINE = "skipped "  # how `ingest` begins what it says of a file that the walk left out


@dataclass(slots=True)
class Result:
    """What became of the documents of one case: a code of each, its message where it failed, its id where not."""

    codes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, state: str, document: str | None, error: Mapping[str, Any] | None) -> None:
        """Take note of one document, as `ingest --json` and the service tell it."""
        self.codes.append(DONE if state in _STORED else str((error or {}).get("code", state)))
        if document is not None:
            self.documents.append(document)
        if error is not None:
            self.messages.append(f"{error.get('code')}: {error.get('message') or error.get('detail')}"[:300])


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has of a document: its text, the codes of its warnings, and the record as JSON."""

    text: str
    warnings: frozenset[str]
    record: str


def records(db: Path) -> dict[str, Stored]:
    """Every document of a store by its id; where it came from and what read it are left out of its record."""
    from service import store
    from service.queries import DocumentFilter
    from service.store import documents

    out = {}
    with store.opened_for_reading(db) as connection:
        for row in documents.find(connection, DocumentFilter(state="done")):
            record = documents.record(connection, row["document_id"])
            assert record is not None
            warnings = frozenset(notice.code for notice in record.warnings)
            out[row["document_id"]] = Stored(record.text, warnings, record.model_dump_json(exclude={"source", "extractor"}))
    return out


def by_case(folder: Path, cases: Iterable[Case], told: Iterable[tuple[float, Mapping[str, Any]]], complaints: Iterable[str]) -> dict[str, Result]:
    """The results of an `ingest` of a folder by the names of the cases.

    told: its lines of JSON, each with the second that it came at. complaints: its lines on stderr.
    """
    cases = list(cases)
    results = {case.name: Result() for case in cases}
    owners = {printable(str(catalogue.place(case, folder))): case.name for case in cases}
    last = None
    for at, outcome in told:
        owner = _owner(outcome["source"], owners)
        if owner is not None:
            results[owner].add(outcome["state"], outcome["document"], outcome.get("error"))
            waited = 0.0 if last is None else at - last  # the first also waits for the models
            results[owner].seconds = max(results[owner].seconds, waited)
        last = at
    for line in complaints:
        if line.startswith(_SKIPPED_LINE) and (owner := _owner(line.removeprefix(_SKIPPED_LINE), owners)) is not None:
            results[owner].codes.append(SKIPPED)
    return results


def controls(paths: Iterable[Path], told: Iterable[tuple[float, Mapping[str, Any]]], stored: Mapping[str, Stored]) -> dict[str, str]:
    """The records of the good documents by the file they came from; "" where there is none."""
    ids = {outcome["source"]: outcome["document"] for _, outcome in told if outcome["document"] is not None}
    out = {}
    for path in map(str, paths):
        found = sorted(document for source, document in ids.items() if source == path or source.startswith((f"{path}/", f"{path}#")))
        out[path] = "\n".join(stored[document].record for document in found)
    return out


def wrong(case: Case, result: Result, stored: Mapping[str, Stored]) -> list[str]:
    """What is not as it must be in the outcome of a case."""
    out = [f"{code} ({next((m for m in result.messages if m.startswith(code)), '')})" for code in sorted(set(result.codes) - case.codes)]
    if not result.codes and case.codes:
        out.append("no outcome")
    out += [f"no {code}" for code in sorted(case.must - set(result.codes))]
    found = [stored[document] for document in result.documents if document in stored]
    if found and case.warns and not any(item.warnings & case.warns for item in found):
        out.append(f"no warning of {' or '.join(sorted(case.warns))}")
    if found and not any(item.warnings for item in found):
        out += [f"{word!r} is lost without a warning" for word in case.keeps if not any(word in item.text for item in found)]
    return out


def printable(name: str) -> str:
    """A file's name as the program tells it."""
    name = name.encode("utf_8", "surrogateescape").decode("utf_8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def _owner(source: str, owners: Mapping[str, str]) -> str | None:
    """The case that a source belongs to: a file, what is inside one, or what is below a folder."""
    for end in (len(source), *(index for index in range(len(source) - 1, 0, -1) if source[index] in "/#:")):
        if source[:end] in owners:
            return owners[source[:end]]
    return None
