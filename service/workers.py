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
    from extractors.formats import Hints
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


def read_lines(source: Path | bytes, name: str, options: Options) -> bytes | None:
    """The bytes of a file of JSON Lines; None for any other, whatever may be wrong with it."""
    from extractors.formats import kinds

    try:
        if isinstance(source, Path):
            if not source.is_file() or source.stat().st_size > options.max_bytes:
                return None
            source = source.read_bytes()
        return source if kinds.sniff(source, name) is kinds.JSON_LINES else None
    except (OSError, DocumentError):
        return None


def tasks(source: Path | bytes, name: str, hints: Hints, options: Options) -> Iterator[Task]:
    """One task for a file of one document, or one for each line of JSON Lines.

    The tag of a line that could not be read is its id.
    """
    from extractors import formats

    data = read_lines(source, name, options)
    if data is None:
        yield Task(File(source, name, hints), tag=name)
        return
    for item in formats.read_each(data, name=name, hints=hints, options=options):
        if isinstance(item, formats.BadLine):
            yield Task(Failure.of(item.error), tag=item.id)
        else:
            yield Task(item, tag=item.id)


def _record(given: Document | File, options: Options) -> Record | Failure:
    from extractors.pipeline import extract

    try:
        return extract(_read(given, options), options)
    except MissingPart:
        raise
    except VeilleError as error:
        return Failure.of(error)
    except MemoryError:
        return Failure("memory", f"{_name(given)}: ran out of memory; split it, or give the machine more")
    except Exception as error:  # noqa: BLE001 - the worker's boundary: one document must not end the batch
        where = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"
        return Failure("internal", f"{_name(given)}: a fault of Veille ({fault}); please report it with the document")


def _read(given: Document | File, options: Options) -> Document:
    from extractors import formats

    if not isinstance(given, File):
        return given
    [document] = formats.read(given.source, name=given.name, hints=given.hints, options=options)
    return document


def _name(given: Document | File) -> str:
    return given.name if isinstance(given, File) else given.origin or given.source or given.id
