"""Where documents become records: one function, so that who does the work can change behind it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import DocumentError, MissingPart, VeilleError

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.formats import BadPart, Hints, Part
    from extractors.options import Options
    from extractors.records import Record


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
    """A file of one document, still to be read; `name` is what messages call it."""

    source: Path | bytes
    name: str
    hints: Hints


@dataclass(frozen=True, slots=True)
class Task:
    """One document to be; a Failure passes through, so that results stay in the order of the tasks.

    tag: the caller's own, handed back with the result.
    """

    given: Document | File | Failure
    tag: Any = field(default=None, compare=False)


def records(tasks: Iterable[Task], options: Options) -> Iterator[tuple[Task, Record | Failure]]:
    """Each task with its record, or with why it has none, in the order given.

    Raises MissingPart, since without a model no document would do better.
    """
    for task in tasks:
        yield task, task.given if isinstance(task.given, Failure) else _record(task.given, options)


def expected_parts(source: Path | bytes, name: str, options: Options) -> int | None:
    """How many documents to expect of a file of many, 1 where only unpacking can tell.

    None for a file of one document, whatever may be wrong with it.
    """
    from extractors.formats import kinds

    try:
        if isinstance(source, Path):
            if not source.is_file() or source.stat().st_size > options.max_bytes:
                return None
            source = source.read_bytes()
        kind = kinds.sniff(source, name)
    except (OSError, DocumentError):
        return None
    if kind is kinds.JSON_LINES:
        return sum(1 for line in source.split(b"\n") if line.strip())
    return 1 if kind in kinds.OF_MANY else None


def unpacked(source: Path | bytes, name: str, hints: Hints, options: Options) -> Iterator[Document | Part | BadPart | Failure]:
    """What a file of many documents holds; a Failure, the last, where no more of it can be had."""
    from extractors import formats

    try:
        yield from formats.unpack(source, name=name, hints=hints, options=options)
    except Exception as error:  # noqa: BLE001 - the worker's boundary: one archive must not end the batch
        yield _failure(error, name)


def tasks(source: Path | bytes, name: str, hints: Hints, options: Options) -> Iterator[Task]:
    """One task for a file of one document, or one for each that a file of many holds.

    The tag of one that could not be read is its id or, where it is no line or row, its origin.
    """
    from extractors import formats

    if expected_parts(source, name, options) is None:
        yield Task(File(source, name, hints), tag=name)
        return
    for item in unpacked(source, name, hints, options):
        if isinstance(item, formats.BadPart):
            yield Task(Failure.of(item.error), tag=item.origin if item.line is None else item.id)
        elif isinstance(item, formats.Part):
            yield Task(File(item.data, item.origin, hints), tag=item.origin)
        else:
            yield Task(item, tag=name if isinstance(item, Failure) else item.id)


def _record(given: Document | File, options: Options) -> Record | Failure:
    from extractors.pipeline import extract

    try:
        return extract(_read(given, options), options)
    except Exception as error:  # noqa: BLE001 - the worker's boundary: one document must not end the batch
        return _failure(error, _name(given))


def _failure(error: Exception, name: str) -> Failure:
    """Why there is no record; raises MissingPart again."""
    if isinstance(error, MissingPart):
        raise error
    if isinstance(error, VeilleError):
        return Failure.of(error)
    if isinstance(error, MemoryError):
        return Failure("memory", f"{name}: ran out of memory; split it, or give the machine more")
    where = traceback.extract_tb(error.__traceback__)[-1]
    fault = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"
    return Failure("internal", f"{name}: a fault of Veille ({fault}); please report it with the document")


def _read(given: Document | File, options: Options) -> Document:
    from extractors import formats

    if not isinstance(given, File):
        return given
    return formats.read_one(given.source, name=given.name, hints=given.hints, options=options)


def _name(given: Document | File) -> str:
    return given.name if isinstance(given, File) else given.origin or given.source or given.id
