"""What a worker does: documents in, records or reasons out."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.errors import DocumentError, MissingPart, VeilleError
from service import failpoints, ocr
from service.store.prepared import Prepared
from service.tasks import Failure, File, Many, Result, Storable, name_of

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.formats import BadPart, Part
    from extractors.options import Options
    from extractors.records import Record

_LONGEST_WORD = 300  # characters of a fault's own words


def results(batch: Sequence[Document | File], options: Options, *, for_store: bool = False) -> list[Result]:
    """What became of each document, in order; raises MissingPart, since without a model no document would do better.

    for_store: with each record comes what the store keeps beside it.
    """
    from extractors.pipeline import extract_many

    read = [_read(given, options) for given in batch]
    documents = [found for found in read if not isinstance(found, Failure | Many)]
    extracted = (_extracted(document, found, for_store) for document, found in zip(documents, extract_many(documents, options), strict=True))
    return [found if isinstance(found, Failure | Many) else next(extracted) for found in read]


def unpacked(file: File, options: Options) -> Iterator[Document | Part | BadPart | Failure]:
    """What a file of many documents holds; a Failure, the last, where no more of it can be had."""
    from extractors import formats

    try:
        yield from formats.unpack(file.source, name=file.name, hints=file.hints, options=options)
    except Exception as error:  # noqa: BLE001 - the worker's boundary: one archive must not end the batch
        yield failure(error, file.name)


def failure(error: Exception, name: str) -> Failure:
    """Why there is no record; raises MissingPart again."""
    if isinstance(error, MissingPart):
        raise error
    if isinstance(error, VeilleError):
        return Failure.of(error)
    if isinstance(error, MemoryError):
        return Failure("memory", f"{name}: needs more memory than a worker may have (VEILLE_MAX_MEMORY_BYTES); split it or raise the limit")
    where = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).encode("utf_8", "backslashreplace").decode().split())[:_LONGEST_WORD]  # it may be a word of the document
    fault = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {said}"
    return Failure("internal", f"{name}: a fault of Veille ({fault}); please report it with the document")


def _extracted(document: Document, found: Record | Exception, for_store: bool) -> Result:
    """What extraction gave, as a result; raises MissingPart."""
    name = name_of(document)
    try:
        failpoints.reach("after_extract", name)
        if isinstance(found, Exception):
            return failure(found, name)
        return Storable(found, Prepared.of(found)) if for_store else found
    except Exception as error:  # noqa: BLE001 - the worker's boundary: one document must not end the batch
        return failure(error, name)


def _read(given: Document | File, options: Options) -> Document | Failure | Many:
    try:
        if not isinstance(given, File):
            failpoints.reach("after_read", name_of(given))
            return given
        failpoints.reach("before_read", given.name)
        expected = None if given.is_part else expected_parts(given, options)
        if expected is not None:
            return Many(expected)
        document = ocr.read_one(given.source, name=given.name, hints=given.hints, options=options)
        failpoints.reach("after_read", given.name)
    except Exception as error:  # noqa: BLE001 - the worker's boundary: one document must not end the batch
        return failure(error, name_of(given))
    return document


def expected_parts(file: File, options: Options) -> int | None:
    """How many documents to expect of a file of many, 1 where only unpacking can tell; None for a file of one, whatever may be wrong with it."""
    from extractors.formats import kinds

    source = file.source
    try:
        if isinstance(source, Path):
            if not source.is_file() or source.stat().st_size > options.max_bytes:
                return None
            source = source.read_bytes()
        if len(source) > options.max_bytes:
            return None
        kind = kinds.sniff(source, file.name)
    except (OSError, DocumentError):
        return None
    if kind is kinds.JSON_LINES:
        return sum(1 for line in source.split(b"\n") if line.strip())
    return 1 if kind in kinds.OF_MANY else None
