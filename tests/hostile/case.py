"""One hostile file or folder, and what must become of it."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DONE = "done"
SKIPPED = "skipped"  # a line of the walk: nothing was read, and a reason was told
NATIVE = ("worker_crash", "memory", "timeout")  # what only a process of its own survives
_DAY = (2024, 1, 2, 3, 4, 6)  # of every member of an archive: the same bytes at each run


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile file or folder.

    group: its class. name: of the file or folder; may be bytes that are not UTF-8, as the system hands them (surrogates).
    codes: every document that it yields must end with one of these: a code of SERVICE's closed list, DONE or SKIPPED.
    must: codes that at least one of its documents must end with.
    warns: codes of notices, at least one of which a record of it must have.
    keeps: words that a record of it must have, unless it has a notice that some were lost.
    needs_isolation: read in one's own process, it may end that.
    """

    group: str
    name: str
    codes: frozenset[str]
    write: Callable[[Path], None]
    must: frozenset[str] = frozenset()
    warns: frozenset[str] = frozenset()
    keeps: tuple[str, ...] = ()
    needs_isolation: bool = False
    is_folder: bool = False

    def manifest(self) -> dict[str, Any]:
        """The case as a line of the manifest."""
        return {
            "class": self.group,
            "name": os.fsencode(self.name).decode("utf_8", "backslashreplace"),
            "outcome": sorted(self.codes),
            "must": sorted(self.must),
            "warns": sorted(self.warns),
            "keeps": list(self.keeps),
            "needs_isolation": self.needs_isolation,
            "is_folder": self.is_folder,
        }


@dataclass(slots=True)
class Group:
    """The cases of one class, put together one call a case."""

    name: str
    cases: list[Case] = field(default_factory=list)

    def file(self, name: str, codes: str, content: bytes | str | Callable[[], bytes | str], **more: Any) -> None:
        """A file; `codes` with blanks between, those with a "!" are a must. `warns` and `keeps` likewise."""

        def write(path: Path) -> None:
            made = content() if callable(content) else content
            path.write_bytes(made.encode("utf_8") if isinstance(made, str) else made)

        self._add(name, codes, write, more)

    def folder(self, name: str, codes: str, build: Callable[[Path], None], **more: Any) -> None:
        """A folder that `build` fills."""

        def write(path: Path) -> None:
            path.mkdir()
            build(path)

        self._add(name, codes, write, {**more, "is_folder": True})

    def _add(self, name: str, codes: str, write: Callable[[Path], None], more: dict[str, Any]) -> None:
        words = codes.split()
        for key in ("warns", "keeps"):
            more[key] = tuple(more.get(key, "").split())
        more["warns"] = frozenset(more["warns"])
        must = frozenset(word.rstrip("!") for word in words if word.endswith("!"))
        self.cases.append(Case(self.name, name, frozenset(word.rstrip("!") for word in words), write, must=must, **more))


def zipped(members: Iterable[tuple[str, bytes | str]], *, stored: bool = False, modes: Mapping[str, int] | None = None) -> bytes:
    """A zip file of these members in this order; the same bytes at each run. modes: of some, as Unix has them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            member = zipfile.ZipInfo(name, _DAY)
            member.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            member.external_attr = (modes or {}).get(name, 0) << 16
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # names alike are what some of these are about
                archive.writestr(member, data)
    return out.getvalue()


def repacked(data: bytes, changes: dict[str, bytes | str | None] | None = None, *, stored: bool = False) -> bytes:
    """A zip file again with fixed times; members of `changes` replaced, added, or left out where None."""
    changes = dict(changes or {})
    members: list[tuple[str, bytes | str]] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            content: bytes | str | None = changes.pop(name) if name in changes else archive.read(name)
            if content is not None:
                members.append((name, content))
    members += [(name, content) for name, content in changes.items() if content is not None]
    return zipped(members, stored=stored)
