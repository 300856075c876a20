"""All the cases, and the set of them as a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from hostile import archives, folders, mails, notes, office, pages, pdfs, streams, suffixes, tables, texts
from hostile.case import Case
from hostile.controls import controls

_MODULES = (archives, folders, mails, notes, office, pages, pdfs, streams, suffixes, tables, texts)


def cases() -> list[Case]:
    """Every case, those of a class one after the other."""
    found = [case for module in _MODULES for case in module.cases()]
    return sorted(found, key=lambda case: case.group)


def sample(every: int = 12) -> list[Case]:
    """The first case of each class that needs no isolation, and one in so many of those that follow."""
    found = [case for case in cases() if not case.needs_isolation]
    groups = sorted({case.group for case in found})
    return [case for group in groups for case in [case for case in found if case.group == group][::every]]


def place(case: Case, folder: Path) -> Path:
    """Where a case lies in the folder of the set."""
    return folder / case.group / case.name


def write_cases(folder: Path, chosen: Iterable[Case]) -> None:
    """Write some cases below a folder, each class in a folder of its own."""
    for case in chosen:
        path = place(case, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        case.write(path)


def write_controls(folder: Path, groups: Sequence[str]) -> list[Path]:
    """Write the good documents, some into the folder of each class; where they are."""
    out = []
    for day, group in enumerate(groups, start=1):
        for name, data in controls(day).items():
            path = folder / group / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            out.append(path)
    return out


def write_manifest(path: Path, chosen: Iterable[Case]) -> None:
    """Write what must become of each case, a line of JSON each."""
    path.write_text("".join(json.dumps(case.manifest(), ensure_ascii=False) + "\n" for case in chosen), encoding="utf-8")
