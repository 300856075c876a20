"""What a worker is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.errors import VeilleError
    from extractors.formats import Hints
    from extractors.records import Record
    from service.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no record; `code` is one of SERVICE's closed list."""

    code: str
    message: str

    @classmethod
    def of(cls, error: VeilleError) -> Failure:
        return cls(error.code, str(error))


@dataclass(frozen=True, slots=True)
class File:
    """A file still to be read; `name` is what messages call it.

    is_part: it was inside another file, which has been unpacked as far as it goes.
    """

    source: Path | bytes
    name: str
    hints: Hints
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """A file that holds many documents, to be unpacked; `expected` is how many, 1 where only unpacking can tell."""

    expected: int


@dataclass(frozen=True, slots=True)
class Storable:
    """A record with what the store keeps beside it."""

    record: Record
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Task:
    """One document to be; a Failure passes through.

    tag: the caller's own, handed back with the result.
    """

    given: Document | File | Failure
    tag: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost; the environment variable that sets each is in settings.py.

    seconds: from the moment a worker has it. memory_bytes: beyond what the worker held before.
    file_bytes: the largest file that a worker may write. documents_a_worker: after so many it is
    replaced, and what a library leaks goes with it.
    """

    seconds: float = 60.0
    memory_bytes: int = 2 * 1024**3
    file_bytes: int = 1024**3
    open_files: int = 256
    documents_a_worker: int = 2_000


# A record alone from who is not asked for more.
Result: TypeAlias = "Record | Storable | Failure | Many"


def name_of(given: Document | File) -> str:
    """What messages call a document."""
    return given.name if isinstance(given, File) else given.origin or given.source or given.id
