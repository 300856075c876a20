"""Files and folders into the store: walk, hash, skip what is known, extract the rest, keep the reasons of what failed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from service import workers
from service.store import sources
from service.store.sources import Source
from service.workers import Failure, File, Task

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.document import Document
    from extractors.formats import BadPart, Hints, Part
    from extractors.options import Options
    from extractors.records import Record

State = Literal["new", "updated", "known", "failed"]
# A database and what SQLite puts beside it: never documents, whatever folder they lie in.
_NOT_DOCUMENTS = (".db", ".db-wal", ".db-shm", ".db-journal")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that the walk came upon; `name` starts as the caller wrote the folder.

    identity: what it is known by where that is not its path, which for an upload is soon gone.
    hints: what the caller says of this file.
    """

    path: Path
    name: str
    identity: str | None = None
    hints: Hints | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A document that came as such and not as a file; `hints` are those that are in it."""

    document: Document
    name: str
    identity: str
    hints: Hints


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

    def as_json(self) -> dict[str, Any]:
        """The outcome as `ingest --json` writes it."""
        error = {"error": {"code": self.code, "message": self.message}} if self.code is not None else {}
        return {"source": self.name, "state": self.state, "document": self.document_id, **error}


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
        if root.is_dir():
            yield from _walk_folder(root, {own + end for end in ("", "-wal", "-shm", "-journal")})
        else:
            yield Found(root, str(root))


def ingest(db: Database, files: Iterable[Found | Given], plan: Plan, watcher: Watcher) -> None:
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
    gone = sorted({path for root in roots for path in sources.paths(db, _identity(root))} - there)
    for path in gone:
        sources.forget(db, path)
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
    """Where a task came from."""

    source: Source
    container: _Container | None


class _Run:
    """One call of `ingest`: turns files into tasks, and results into rows."""

    def __init__(self, db: Database, plan: Plan, watcher: Watcher) -> None:
        from extractors.fingerprint import fingerprint

        self._db, self._plan, self._watcher = db, plan, watcher
        self._extractor = fingerprint(plan.options)

    def tasks(self, files: Iterable[Found | Given]) -> Iterator[Task]:
        """What there is to extract; what is known is told to the watcher on the way."""
        for item in files:
            if isinstance(item, Given):
                given = Source(item.identity, _printable(item.name), item.document.sha256, self._extractor, _written(item.hints))
                if not self._is_settled(given):
                    yield Task(item.document, _Tag(given, None))
                continue
            try:
                source = self._source(item)
            except OSError as error:
                reason = f"{item.name}: cannot be read ({error.strerror}); check that it exists and that you may read it"
                unread = Source(item.identity or _identity(item.path), _printable(item.name), None, self._extractor)
                yield Task(Failure("unreadable", reason), _Tag(unread, None))
                continue
            if self._is_settled(source):
                continue
            expected = workers.expected_parts(item.path, item.name, self._plan.options)
            if expected is None:
                yield Task(File(item.path, source.name, self._hints(source)), _Tag(source, None))
            else:
                yield from self._parts(item.path, source, expected)

    def store(self, tag: _Tag, result: Record | Failure) -> None:
        """Keep a record or a reason, and say so."""
        kept = result if isinstance(result, Failure) else self._saved(result, tag.source)
        if isinstance(kept, Failure):
            sources.fail(self._db, tag.source, kept.code, kept.message)
            self._watcher.tell(Outcome(tag.source.name, "failed", None, kept.code, kept.message))
        else:
            self._watcher.tell(kept)
        if tag.container is not None:
            tag.container.pending -= 1
            self._close(tag.container)

    def _saved(self, record: Record, source: Source) -> Outcome | Failure:
        """What became of a record, which another program may have stored while it was made."""
        if source.container is None:
            source = replace(source, sha256=record.sha256)  # the file may have changed since it was hashed
        known = sources.known(self._db, source)
        if known is not None and known.document_id is not None:
            return Outcome(source.name, "known", known.document_id)
        is_update = sources.document_of(self._db, source.path) is not None
        try:
            sources.save(self._db, record, source)
        except (sources.Conflict, sources.BrokenRecord) as error:
            return Failure.of(error)
        return Outcome(source.name, "updated" if is_update else "new", record.id)

    def _source(self, item: Found) -> Source:
        """The file as a source, its bytes hashed; raises OSError."""
        from extractors.formats import Hints

        path = item.identity or _identity(item.path)
        with item.path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "not an ordinary file")
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds") if item.identity is None else None
        said = item.hints or Hints(published=self._plan.published)
        # What was said of a file once holds for as long as its bytes are the same.
        hints = sources.stored_hints(self._db, path, sha256) if said == Hints() else _written(said)
        return Source(path, _printable(item.name), sha256, self._extractor, hints or "{}", size=found.st_size, modified_at=modified)

    def _hints(self, source: Source) -> Hints:
        from extractors.formats import Hints

        said = json.loads(source.hints)
        day = said.pop("published", None)
        return Hints(published=None if day is None else date.fromisoformat(day), **said)

    def _is_settled(self, source: Source) -> bool:
        """Whether there is nothing to do for a source; if so, what the store has of it is told."""
        known = sources.known(self._db, source)
        if known is None:
            return False
        parts = [(source.name, known)] if known.document_id or known.error_code else sources.parts(self._db, source.path)
        if self._plan.retry_failed and any(part.error_code for _, part in parts):
            return False
        self._watcher.expect(len(parts) - 1)
        for name, part in parts:
            state: State = "failed" if part.error_code else "known"
            self._watcher.tell(Outcome(name, state, part.document_id, part.error_code, part.error_message))
        return True

    def _parts(self, path: Path, source: Source, expected: int) -> Iterator[Task]:
        """One task for each line, row, member or attachment of a file that is not settled."""
        from extractors import formats

        container, hints, count = _Container(source), self._hints(source), 0
        self._watcher.expect(expected - 1)
        sources.open_container(self._db, source)
        for item in workers.unpacked(path, source.name, hints, self._plan.options):
            if isinstance(item, Failure):
                yield Task(item, _Tag(source, None))
                return
            count += 1
            self._watcher.expect(int(count > expected))
            part = _part(item, source)
            if not self._is_settled(part):
                container.pending += 1
                if isinstance(item, formats.BadPart):
                    yield Task(Failure.of(item.error), _Tag(part, container))
                elif isinstance(item, formats.Part):
                    yield Task(File(item.data, item.origin, hints), _Tag(part, container))
                else:
                    yield Task(self._named(item, part, container), _Tag(part, container))
            container.parts.append(part.path)
        container.is_read = True
        self._close(container)

    def _named(self, document: Document, part: Source, container: _Container) -> Document:
        """The document under the id it was given, or, where another source has that, under the id of its content.

        A line of the same file that is gone does not count: this one is that line, edited.
        """
        others = [(path, file) for path, file in sources.holders(self._db, document.id) if path != part.path]
        if document.given_id is None or all(file == part.container and path not in container.parts for path, file in others):
            return document
        return replace(document, given_id=None, metadata={**document.metadata, "id": document.given_id})

    def _close(self, container: _Container) -> None:
        """Mark the file as known once its last line is stored: interrupted before, it is read again."""
        if container.is_read and container.pending == 0:
            sources.close_container(self._db, container.source, container.parts)


def _written(hints: Hints) -> str:
    """Hints as the store keeps them; those that say nothing are left out."""
    said = {field.name: getattr(hints, field.name) for field in fields(hints)}
    return json.dumps({name: str(value) for name, value in said.items() if value is not None}, ensure_ascii=False)


def _part(item: Document | Part | BadPart, source: Source) -> Source:
    """A part of a file as a source of its own: a member known by its path, a line by its bytes, since lines move."""
    from extractors.formats import BadPart, Part

    sha256 = None if isinstance(item, BadPart) else item.sha256
    name = item.origin or source.name
    inside = name.removeprefix(source.name) or "#body"
    if not (isinstance(item, Part) or (isinstance(item, BadPart) and item.line is None)):
        file, _, number = inside.rpartition("#")
        inside = f"{file}#{sha256[:16] if sha256 else f'line {number}'}"
    return replace(source, path=source.path + inside, name=name, container=source.path, sha256=sha256, size=None, modified_at=None)


def _walk_folder(root: Path, own: Collection[str]) -> Iterator[Found | Skipped]:
    unlisted: list[OSError] = []
    top = os.path.realpath(root)
    for folder, subfolders, files in os.walk(root, onerror=unlisted.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield from (_linked_folder(Path(folder, name)) for name in subfolders if os.path.islink(os.path.join(folder, name)))
        for name in sorted(files):
            path = Path(folder, name)
            if not (name.startswith(".") or name.endswith(_NOT_DOCUMENTS) or os.path.abspath(path) in own):
                yield _found(path, top)
    yield from map(_unlistable, unlisted)


def _found(path: Path, top: str) -> Found | Skipped:
    """A file of a folder as something to read, or why it is not: nothing outside the folder is."""
    try:
        real = os.path.realpath(path, strict=True)
        is_ordinary = stat.S_ISREG(os.stat(real).st_mode)
    except OSError as error:
        return Skipped(_printable(str(path)), f"a link that leads nowhere ({error.strerror}); mend or remove it")
    if not is_ordinary:
        return Skipped(_printable(str(path)), "a pipe, socket or device, not a file; left alone")
    if os.path.commonpath([real, top]) != top:
        return Skipped(_printable(str(path)), "a link out of the folder; name the file itself to read it")
    return Found(path, str(path))


def _linked_folder(path: Path) -> Skipped:
    return Skipped(_printable(str(path)), "a link to a folder; name that folder itself to read it")


def _unlistable(error: OSError) -> Skipped:
    return Skipped(_printable(str(error.filename)), f"cannot be listed ({error.strerror}); check its permissions", hides_files=True)


def _identity(path: Path) -> str:
    """The absolute path as text that SQLite takes; names need not be UTF-8."""
    return os.fsencode(os.path.abspath(path)).decode("utf_8", "backslashreplace")


def _printable(name: str) -> str:
    """A name that a terminal can show: no control characters, no bytes that are not UTF-8."""
    text = os.fsencode(name).decode("utf_8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
