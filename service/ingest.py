"""Files and folders into the store: walk, hash, skip what is known, extract the rest, keep the reasons of what failed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from extractors.errors import DocumentError, VeilleError
from service import workers
from service.store import documents
from service.workers import Failure, File, Task

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.document import Document
    from extractors.options import Options
    from extractors.records import Record
    from service.store.documents import Source

State = Literal["new", "updated", "known", "failed"]
# A database and what SQLite puts beside it: never documents, whatever folder they lie in.
_NOT_DOCUMENTS = (".db", ".db-wal", ".db-shm", ".db-journal")
_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A file that the walk came upon; `name` starts as the caller wrote the folder."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that the walk left out; `hides_files` where there may have been documents behind it."""

    name: str
    reason: str
    hides_files: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How to ingest.

    published: day of publication of every file read, where the caller knows it.
    """

    options: Options
    published: date | None = None
    retry_failed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document or file; `code` and `message` where it failed."""

    name: str
    state: State
    document_id: str | None = None
    code: str | None = None
    message: str | None = None
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told: of each outcome, and of how many more are to come than files were found."""

    tell: Callable[[Outcome], None]
    expect: Callable[[int], None] = lambda more: None


def walk(roots: Iterable[Path], database: Path) -> Iterator[Found | Skipped]:
    """The files of some folders in sorted order, and whatever was left out for a reason.

    Hidden files, databases and Veille's own are left out without a word, since
    nobody takes them for documents.
    """
    own = os.path.abspath(database)
    for root in roots:
        if not root.is_dir():
            yield Found(root, str(root))
            continue
        unread: list[Skipped] = []
        top = os.path.realpath(root)
        for folder, subfolders, files in os.walk(root, onerror=lambda error: unread.append(_unlistable(error))):
            yield from _drained(unread)
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            yield from (_linked_folder(Path(folder, name)) for name in subfolders if os.path.islink(os.path.join(folder, name)))
            for name in sorted(files):
                path = Path(folder, name)
                if not (name.startswith(".") or name.endswith(_NOT_DOCUMENTS) or os.path.abspath(path).startswith(own)):
                    yield _found(path, top)
        yield from _drained(unread)


def ingest(db: Database, files: Iterable[Found], plan: Plan, watcher: Watcher) -> None:
    """Bring the store up to date with some files; each document is stored before the next is taken up.

    Raises StoreError where the database fails and MissingPart where a model is
    missing; whatever is wrong with a document is an Outcome.
    """
    run = _Run(db, plan, watcher)
    for task, result in workers.records(run.tasks(files), plan.options):
        run.store(task.tag, result)


def prune(db: Database, roots: Sequence[Path], found: Iterable[Found]) -> list[str]:
    """Forget the sources under some roots that the walk no longer found; their paths."""
    there = {_identity(item.path) for item in found}
    gone = sorted({path for root in roots for path in documents.paths(db, _identity(root))} - there)
    for path in gone:
        documents.forget(db, path)
    return gone


@dataclass(slots=True)
class _Container:
    """A file of many documents while its lines are being stored."""

    source: Source
    parts: list[str] = field(default_factory=list)
    pending: int = 0
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class _Tag:
    """What `store` must know of a task: where it came from, and whether that place held a document."""

    source: Source
    container: _Container | None
    is_update: bool


class _Run:
    """One call of `ingest`: turns files into tasks, and results into rows."""

    def __init__(self, db: Database, plan: Plan, watcher: Watcher) -> None:
        from extractors.fingerprint import fingerprint

        self._db, self._plan, self._watcher = db, plan, watcher
        self._extractor = fingerprint(plan.options)

    def tasks(self, files: Iterable[Found]) -> Iterator[Task]:
        """What there is to extract; what is known is told to the watcher on the way."""
        for item in files:
            try:
                source = self._source(item)
            except OSError as error:
                reason = f"{item.name}: cannot be read ({error.strerror}); check that it exists and that you may read it"
                bare = documents.Source(_identity(item.path), _printable(item.name), None, self._extractor)
                yield Task(Failure("unreadable", reason), _Tag(bare, None, False))
                continue
            if self._settle(source) or self._settle_lines(source):
                continue
            if _may_be_lines(item.path, self._plan.options):
                yield from self._lines(item, source)
            else:
                yield Task(File(item.path, source.name, self._hints(source)), self._tag(source))

    def store(self, tag: _Tag, result: Record | Failure) -> None:
        """Keep a record or a reason, and say so."""
        source, code, message = tag.source, None, None
        if isinstance(result, Failure):
            code, message = result.code, result.message
        else:
            if source.container is None and result.sha256 is not None:
                source = replace(source, sha256=result.sha256)  # the file may have changed since it was hashed
            try:
                documents.save(self._db, result, source)
            except documents.Unsaved as error:
                code, message = error.code, str(error)
        if code is not None and message is not None:
            documents.fail(self._db, source, code, message)
            self._watcher.tell(Outcome(source.name, "failed", None, code, message))
        elif not isinstance(result, Failure):
            self._watcher.tell(Outcome(source.name, "updated" if tag.is_update else "new", result.id, events=len(result.events)))
        if tag.container is not None:
            tag.container.pending -= 1
            self._close(tag.container)

    def _source(self, item: Found) -> Source:
        """The file as a source, its bytes hashed; raises OSError."""
        path = _identity(item.path)
        with item.path.open("rb") as file:
            found = os.fstat(file.fileno())
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
        hints = json.dumps({"published": self._plan.published.isoformat()}) if self._plan.published is not None else "{}"
        if hints == "{}":  # what was said of a file once holds for as long as its bytes are the same
            hints = documents.stored_hints(self._db, path, sha256) or hints
        return documents.Source(path, _printable(item.name), sha256, self._extractor, hints, size=found.st_size, modified_at=modified)

    def _settle(self, source: Source) -> bool:
        """Whether nothing is to be done for a source, having told what the store has of it."""
        known = documents.known(self._db, source)
        if known is None or (known.error_code is not None and self._plan.retry_failed):
            return False
        if known.error_code is None and known.document_id is None:  # a file of many documents
            return False
        self._watcher.tell(_known_outcome(source.name, known))
        return True

    def _settle_lines(self, source: Source) -> bool:
        """The same for a file of many documents that was read to its end before."""
        if documents.known(self._db, source) is None:
            return False
        parts = documents.parts(self._db, source.path)
        if self._plan.retry_failed and any(known.error_code for _, known in parts):
            return False
        self._watcher.expect(len(parts) - 1)
        for name, known in parts:
            self._watcher.tell(_known_outcome(name, known))
        return True

    def _lines(self, item: Found, source: Source) -> Iterator[Task]:
        """One task for each line of JSON Lines that the store does not know yet."""
        from extractors import formats

        container = _Container(source)
        options, read = self._plan.options, item.path.read_bytes()
        self._watcher.expect(read.count(b"\n") - 1)
        documents.open_container(self._db, source)
        try:
            for line in formats.read_each(read, name=item.name, hints=self._hints(source), options=options):
                yield from self._line(line, container)
        except DocumentError as error:  # of the whole file: no line of it could be read
            container.is_read = True
            yield Task(Failure.of(error), self._tag(source))
            return
        container.is_read = True
        self._close(container)

    def _line(self, line: Document | formats_BadLine, container: _Container) -> Iterator[Task]:
        raise NotImplementedError
