"""Files and folders into the store: walk, hash, skip what is known, extract the rest, keep the reasons of what failed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from service import failpoints, reviews, store, workers
from service.store import sources
from service.store.sources import Source
from service.tasks import Failure, File, Many, Storable, Task

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.document import Document
    from extractors.formats import BadPart, Hints, Part
    from extractors.options import Options
    from extractors.records import Record
    from service.tasks import Result
    from service.workers import Inline, Pool

State = Literal["new", "updated", "known", "failed"]
_MOST_AT_ONCE = 32  # documents that are stored together
_TRANSACTION_S = 0.05  # from which no more are: others write too
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
class Kept:
    """A file that came over HTTP and lies in the store."""

    content: bytes
    name: str
    identity: str
    sha256: str
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
    """Who is told: of each outcome, once it is stored; of how many more are to come than files were found; and before each transaction, which may wait for it."""

    tell: Callable[[Outcome], None]
    expect: Callable[[int], None] = lambda more: None
    storing: Callable[[], None] = lambda: None


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


def ingest(db: Database, files: Iterable[Found | Given | Kept], plan: Plan, pool: Pool | Inline, watcher: Watcher) -> None:
    """Bring the store up to date with some files; each document is stored as soon as a worker is done with it.

    Raises StoreError where the database fails, MissingPart where a model is
    missing, Stopped where the pool is closed meanwhile; whatever is wrong with a document is an Outcome.
    """
    run = _Run(db, plan, pool, watcher)
    for arrived in workers.arrivals(pool, run.tasks(files), _MOST_AT_ONCE):
        run.store(arrived)


def settled(db: Database, items: Iterable[Found | Given], plan: Plan) -> tuple[list[Outcome], list[Found | Given]]:
    """What the store has already of some files and documents, and those of which it has nothing. Raises OSError."""
    outcomes: list[Outcome] = []
    run = _Run(db, plan, None, Watcher(outcomes.append))
    rest = [item for item in items if not run.is_settled(item)]
    return outcomes, rest


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
    """Where a task came from; `broken` is the file of many documents that this is the failure of, read as far as it went."""

    source: Source
    container: _Container | None
    broken: _Container | None = None

    def keys(self, task: Task) -> tuple[tuple[str | None, ...], ...]:
        """What no two documents may have while both are under way: the second may be the first, or has to give way to it."""
        given_id = getattr(task.given, "given_id", None)
        return (self.source.sha256, self.source.hints), *([("id", given_id)] if given_id is not None else [])


class _Run:
    """One call of `ingest`: turns files into tasks, and results into rows."""

    def __init__(self, db: Database, plan: Plan, pool: Pool | Inline | None, watcher: Watcher) -> None:
        from extractors.fingerprint import fingerprint

        self._db, self._plan, self._pool, self._watcher = db, plan, pool, watcher
        self._extractor = fingerprint(plan.options)
        self._under_way: set[tuple[str | None, ...]] = set()
        self._unopened: deque[tuple[File, Source, int]] = deque()  # files of many, found to be that by a worker

    def is_settled(self, item: Found | Given) -> bool:
        """Whether there is nothing to do for an item; if so, what the store has of it is told."""
        return self._is_settled(self._source(item) if isinstance(item, Found) else self._source_of(item))

    def tasks(self, files: Iterable[Found | Given | Kept]) -> Iterator[Task | None]:
        """What there is to extract, None to wait for a result; what is known is told to the watcher on the way."""
        coming = iter(files)
        is_over = False
        while not is_over or self._under_way or self._unopened:
            if self._unopened:
                yield from self._parts(*self._unopened.popleft())
            elif is_over or (item := next(coming, None)) is None:
                is_over = True
                if self._under_way:
                    yield None
            else:
                yield from self._of(item)

    def store(self, arrived: Iterable[tuple[Task, Result]]) -> None:
        """Keep records and reasons, in as few transactions as are short, and say so after each; a file of many documents is noted for unpacking."""
        waiting: deque[tuple[Task, Record | Storable | Failure]] = deque()
        for task, result in arrived:
            if isinstance(result, Many):
                self._note(task, result)
            else:
                waiting.append((task, result))
        while waiting:
            self._watcher.storing()
            outcomes: list[Outcome] = []
            with store.writing(self._db):
                end = time.monotonic() + _TRANSACTION_S
                while waiting and (not outcomes or time.monotonic() < end):
                    outcomes.append(self._kept(*waiting.popleft()))
            for outcome in outcomes:
                self._watcher.tell(outcome)

    def _note(self, task: Task, many: Many) -> None:
        """Remember a file of many documents."""
        tag: _Tag = task.tag
        assert isinstance(task.given, File)
        self._under_way.difference_update(tag.keys(task))
        self._unopened.append((task.given, tag.source, many.expected))

    def _kept(self, task: Task, result: Record | Storable | Failure) -> Outcome:
        """What became of a document, which is stored."""
        tag: _Tag = task.tag
        kept = result if isinstance(result, Failure) else saved(self._db, result, tag.source)
        if isinstance(kept, Failure):
            sources.fail(self._db, tag.source, kept.code, kept.message, parts=set(tag.broken.parts) if tag.broken is not None else ())
            kept = Outcome(tag.source.name, "failed", None, kept.code, kept.message)
        self._under_way.difference_update(tag.keys(task))
        if tag.container is not None:
            tag.container.pending -= 1
            self._close(tag.container)
        return kept

    def _of(self, item: Found | Given | Kept) -> Iterator[Task | None]:
        """The task of a file or document, unless it is settled."""
        if not isinstance(item, Found):
            source = self._source_of(item)
            given = item.document if isinstance(item, Given) else File(item.content, source.name, read_hints(source.hints))
            yield from self._unless_settled(Task(given, _Tag(source, None)))
            return
        try:
            failpoints.reach("before_hash", item.name)
            source = self._source(item)
        except OSError as error:
            unread, failure = unreadable(item, error, self._extractor)
            yield Task(failure, _Tag(unread, None))
            return
        yield from self._unless_settled(Task(File(item.path, source.name, read_hints(source.hints)), _Tag(source, None)))

    def _unless_settled(self, task: Task) -> Iterator[Task | None]:
        """The task once nothing under way could settle it, or nothing where it is settled."""
        tag: _Tag = task.tag
        while not self._under_way.isdisjoint(tag.keys(task)):
            yield None
        if self._is_settled(tag.source):
            return
        if tag.container is not None:
            task = self._named(task, tag.container)
            tag.container.pending += 1
        self._under_way.update(tag.keys(task))
        yield task

    def _source(self, item: Found) -> Source:
        """The file as a source; raises OSError."""
        return source_of(item, self._plan, self._extractor, partial(sources.stored_hints, self._db))

    def _source_of(self, item: Given | Kept) -> Source:
        """A document or a kept file as a source."""
        sha256 = item.document.sha256 if isinstance(item, Given) else item.sha256
        return Source(item.identity, _printable(item.name), sha256, self._extractor, written(item.hints))

    def _is_settled(self, source: Source) -> bool:
        """Whether there is nothing to do for a source; if so, what the store has of it is told."""
        known = sources.known(self._db, source)
        if known is None:
            return False
        parts = [(source.name, known)] if known.document_id or known.error_code else []
        if known.document_id is None:
            parts += sources.parts(self._db, source.path)
        if self._plan.retry_failed and any(part.error_code for _, part in parts):
            return False
        self._watcher.expect(len(parts) - 1)
        for name, part in parts:
            state: State = "failed" if part.error_code else "known"
            self._watcher.tell(Outcome(name, state, part.document_id, part.error_code, part.error_message))
        return True

    def _parts(self, file: File, source: Source, expected: int) -> Iterator[Task | None]:
        """One task for each line, row, member or attachment of a file that is not settled."""
        container, count = _Container(source), 0
        self._watcher.expect(expected - 1)
        sources.open_container(self._db, source)
        assert self._pool is not None  # there are tasks, so there is somebody to do them
        for item in self._pool.unpack(file):
            if isinstance(item, Failure):
                yield Task(item, _Tag(source, None, broken=container))
                return
            count += 1
            self._watcher.expect(int(count > expected))
            task = self._part(item, file, container)
            yield from self._unless_settled(task)
            container.parts.append(task.tag.source.path)
        container.is_read = True
        self._close(container)

    def _part(self, item: Document | Part | BadPart, file: File, container: _Container) -> Task:
        """The task of one line, row, member or attachment."""
        from extractors import formats

        tag = _Tag(part_of(item, container.source), container)
        if isinstance(item, formats.BadPart):
            return Task(Failure.of(item.error), tag)
        if isinstance(item, formats.Part):
            return Task(File(item.data, item.origin, file.hints, is_part=True), tag)
        return Task(item, tag)

    def _named(self, task: Task, container: _Container) -> Task:
        """The document under the id it was given, or, where another source has that, under the id of its content.

        A line of the same file that is gone does not count: this one is that line, edited.
        """
        document, part = task.given, task.tag.source
        if isinstance(document, File | Failure) or (given_id := document.given_id) is None:
            return task
        if not is_taken(self._db, given_id, part, container.parts):
            return task
        return replace(task, given=replace(document, given_id=None, metadata={**document.metadata, "id": given_id}))

    def _close(self, container: _Container) -> None:
        """Mark the file as known once its last line is stored: interrupted before, it is read again."""
        if container.is_read and container.pending == 0:
            sources.close_container(self._db, container.source, container.parts)


def saved(db: Database, found: Record | Storable, source: Source) -> Outcome | Failure:
    """What became of a record, which another program may have stored while it was made."""
    record, prepared = (found.record, found.prepared) if isinstance(found, Storable) else (found, None)
    if source.container is None:
        source = replace(source, sha256=record.sha256)  # the file may have changed since it was hashed
    known = sources.known(db, source)
    if known is not None and known.document_id is not None:
        return Outcome(source.name, "known", known.document_id)
    is_update = sources.document_of(db, source.path) is not None
    try:
        sources.save(db, record, source, partial(reviews.put, prepared=prepared))
    except (sources.Conflict, sources.BrokenRecord) as error:
        return Failure.of(error)
    return Outcome(source.name, "updated" if is_update else "new", record.id)


def is_taken(db: Database, given_id: str, part: Source, parts: Collection[str]) -> bool:
    """Whether another source has a document of that id, but for lines of the same file that are not among its parts any more."""
    others = [(path, file) for path, file in sources.holders(db, given_id) if path != part.path]
    return not all(file == part.container and path not in parts for path, file in others)


def source_of(item: Found, plan: Plan, extractor: str, stored_hints: Callable[[str, str], str | None] = lambda path, sha256: None) -> Source:
    """A file as a source, its bytes hashed; raises OSError.

    extractor: fingerprint of what will read it. stored_hints: what was said of a path and sha256 before, None where nothing was.
    """
    from extractors.formats import Hints

    path = item.identity or _identity(item.path)
    with item.path.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file")
        # one that is over the limit is refused by its size: reading all of it would take minutes
        sha256 = hashlib.file_digest(file, "sha256").hexdigest() if found.st_size <= plan.options.max_bytes else None
    modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds") if item.identity is None else None
    said = item.hints or Hints(published=plan.published)
    # What was said of a file once holds for as long as its bytes are the same.
    hints = written(said) if said != Hints() or sha256 is None else stored_hints(path, sha256)
    return Source(path, _printable(item.name), sha256, extractor, hints or "{}", size=found.st_size, modified_at=modified)


def unreadable(item: Found, error: OSError, extractor: str) -> tuple[Source, Failure]:
    """A file that the system does not let us read, as a source, and why it gives no document."""
    reason = f"{item.name}: cannot be read ({error.strerror}); check that it exists and that you may read it"
    return Source(item.identity or _identity(item.path), _printable(item.name), None, extractor), Failure("unreadable", reason)


def written(hints: Hints | None) -> str:
    """Hints as the store keeps them; those that say nothing are left out."""
    if hints is None:
        return "{}"
    said = {field.name: getattr(hints, field.name) for field in fields(hints)}
    return json.dumps({name: str(value) for name, value in said.items() if value is not None}, ensure_ascii=False)


def read_hints(text: str) -> Hints:
    """Hints as `written` wrote them."""
    from extractors.formats import Hints

    said = json.loads(text)
    day = said.pop("published", None)
    return Hints(published=None if day is None else date.fromisoformat(day), **said)


def part_of(item: Document | Part | BadPart, source: Source) -> Source:
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
