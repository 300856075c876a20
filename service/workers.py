"""Where documents become records: one function, so that who does the work can change behind it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import MissingPart, VeilleError

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
