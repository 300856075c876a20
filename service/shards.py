"""Shards: the records of a part of some files, for any scheduler to make on any machine, and to be merged into one store.

    with pool_of(settings) as pool:
        made = write(files, plan, Shard(3, 10), pool, Path("shards"))

A shard is two files: `shard-0003-of-0010.jsonl.gz`, a row a document (a record, or why there is none) and one
a file of many documents, in the order of the files; and its manifest, which is written last. Which documents
are a shard's follows from their names alone, of lines from their bytes, so that all shards of one command
hold each document once. A command that is started again keeps what it wrote.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from extractors.errors import InvalidRequest, VeilleError
from service import ingest, reading, workers
from service.store.sources import Source
from service.tasks import Failure, File, Many, Storable, Task

if TYPE_CHECKING:
    from extractors.formats import Part
    from service.ingest import Found, Plan
    from service.tasks import Result
    from service.workers import Inline, Pool

FORMAT, VERSION = "veille-shard", 1
_MEMBER_ROWS = 64  # rows that are written, and may be lost, together
_DIGEST_BYTES = 8
_NOTHING = Failure("", "")  # stands for what is no document in a row of tasks


class BadShard(VeilleError):
    """A shard or its manifest is damaged, or is none; the message names the file."""

    code = "invalid_request"


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`th of `of` parts, from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The shard that "3/10" names; raises InvalidRequest."""
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise InvalidRequest(f"--shard {text!r}: give the number of this part and of all, such as 3/10")
        return cls(int(number), int(of))

    @property
    def stem(self) -> str:
        return f"shard-{self.number:04}-of-{self.of:04}"

    def holds(self, name: str) -> bool:
        """Whether a document of this name is in this part."""
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a shard holds. extractor: fingerprint of what read it. sha256, bytes: of the file of rows. kept: rows that an earlier run had made."""

    shard: int
    of: int
    extractor: str
    records: int
    failed: int
    events: int
    sha256: str
    bytes: int
    kept: int = 0
    schema_version: int = 1
    format: str = FORMAT
    version: int = VERSION

    def as_json(self) -> dict[str, Any]:
        """The manifest as it is written and printed."""
        return asdict(self)


class Place(NamedTuple):
    """Where a document stands among all: number of its file, and within it of its line or member."""

    file: int
    part: int


@dataclass(frozen=True, slots=True)
class _Tag:
    """What a row says beside what became of the document."""

    place: Place
    source: Source
    container: Literal["", "begins", "ends"] = ""  # of a file of many documents


def write(files: Iterable[Found], plan: Plan, shard: Shard, pool: Pool | Inline, folder: Path) -> Manifest:
    """Extract a shard of some files into a folder; what is there of the same command is kept.

    Raises MissingPart, Stopped, and OSError where the folder cannot be written.
    """
    from extractors.fingerprint import fingerprint

    folder.mkdir(parents=True, exist_ok=True)
    extractor = fingerprint(plan.options)
    done, part = folder / f"{shard.stem}.jsonl.gz", folder / f"{shard.stem}.jsonl.gz.part"
    former = folder / f"{shard.stem}.former"
    if done.exists():
        os.replace(done, former)
    elif part.exists():
        os.replace(part, former)
    counts = _Counts()
    with part.open("wb") as file:
        rows = _Writer(file, counts)
        tasks = _tasks(files, plan, shard, pool, extractor)
        left = _kept(tasks, former, rows)
        for task, result in workers.in_order(pool, left):
            rows.write(_row(task, result))
        rows.end()
        os.fsync(file.fileno())
    content = part.read_bytes()
    made = Manifest(
        shard.number, shard.of, extractor, counts.records, counts.failed, counts.events, hashlib.sha256(content).hexdigest(), len(content), counts.kept
    )
    os.replace(part, done)
    _write_whole(folder / f"{shard.stem}.json", json.dumps(made.as_json(), indent=1) + "\n")
    former.unlink(missing_ok=True)
    return made


def manifests(paths: Iterable[Path]) -> list[tuple[Path, Manifest]]:
    """The shards that manifests, files of rows and folders of them name, each with its file of rows, in order; raises BadShard."""
    named: dict[Path, None] = {}
    for path in paths:
        found = (
            sorted(path.glob("shard-*-of-*.json"))
            if path.is_dir()
            else [path.with_name(path.name.removesuffix(".jsonl.gz") + ".json") if path.name.endswith(".jsonl.gz") else path]
        )
        if not found:
            raise BadShard(f"{path}: holds no shards; name the folder that `veille extract --shard` wrote into")
        named |= dict.fromkeys(found)
    return [(path.with_suffix(".jsonl.gz"), _manifest(path)) for path in named]


def rows(data: Path) -> Iterator[dict[str, Any]]:
    """The rows of a shard in order; raises BadShard."""
    try:
        with gzip.open(data, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BadShard(f"{data}: damaged ({error}); write this shard again") from error


def check(data: Path, manifest: Manifest) -> None:
    """Whether a file of rows is the one that the manifest tells of; raises BadShard."""
    try:
        with data.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadShard(f"{data}: cannot be read ({error.strerror}); copy it beside its manifest") from error
    if digest != manifest.sha256:
        raise BadShard(f"{data}: is not what its manifest tells of; copy or write it again")


def _manifest(path: Path) -> Manifest:
    try:
        found = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BadShard(f"{path}: is no manifest of a shard ({error}); name what `veille extract --shard` wrote") from error
    if (found.format, found.version) != (FORMAT, VERSION):
        raise BadShard(f"{path}: is of another program or version ({found.format} {found.version}); write the shard again")
    return found


@dataclass(slots=True)
class _Counts:
    records: int = 0
    failed: int = 0
    events: int = 0
    kept: int = 0


class _Writer:
    """Rows into a file, compressed some at a time, so that all but the last of them can be read whenever the program ends."""

    def __init__(self, file: Any, counts: _Counts) -> None:
        self._file, self._counts = file, counts
        self._lines: list[str] = []

    def write(self, row: dict[str, Any], *, is_kept: bool = False) -> None:
        record = row.get("record")
        self._counts.records += record is not None
        self._counts.events += len(record["events"]) if record is not None else 0
        self._counts.failed += "error" in row
        self._counts.kept += is_kept
        self._lines.append(json.dumps(row, ensure_ascii=True) + "\n")  # a lone surrogate is no UTF-8
        if len(self._lines) == _MEMBER_ROWS:
            self.end()

    def end(self) -> None:
        """Write what is left."""
        if self._lines:
            self._file.write(gzip.compress("".join(self._lines).encode(), mtime=0))
            self._file.flush()
            self._lines = []


def _tasks(files: Iterable[Found], plan: Plan, shard: Shard, pool: Pool | Inline, extractor: str) -> Iterator[Task]:
    """What this shard has to do, in the order of the files; of a file of many documents every shard reads all, and does its own."""
    for number, item in enumerate(files):
        is_own = shard.holds(item.name)
        try:
            source = ingest.source_of(item, plan, extractor)
        except OSError as error:
            unread, failure = ingest.unreadable(item, error, extractor)
            if is_own:
                yield Task(failure, _Tag(Place(number, 0), unread))
            continue
        file = File(item.path, source.name, ingest.read_hints(source.hints))
        if reading.expected_parts(file, plan.options) is not None:
            yield from _parts(file, source, number, shard, pool)
        elif is_own:
            yield Task(file, _Tag(Place(number, 0), source))


def _parts(file: File, source: Source, number: int, shard: Shard, pool: Pool | Inline) -> Iterator[Task]:
    from extractors import formats

    yield Task(_NOTHING, _Tag(Place(number, -1), source, "begins"))
    count = 0
    for item in pool.unpack(file):
        if isinstance(item, Failure):  # no more of it can be read
            if shard.holds(source.name):
                yield Task(item, _Tag(Place(number, count), source))
            return
        part = ingest.part_of(item, source)
        if shard.holds(source.name + part.path.removeprefix(source.path)):
            yield Task(_given(item, file, formats), _Tag(Place(number, count), part))
        count += 1
    yield Task(_NOTHING, _Tag(Place(number, count), source, "ends"))


def _given(item: Any, file: File, formats: Any) -> Any:
    if isinstance(item, formats.BadPart):
        return Failure.of(item.error)
    if isinstance(item, formats.Part):
        part: Part = item
        return File(part.data, part.origin, file.hints, is_part=True)
    return item


def _kept(tasks: Iterator[Task], former: Path, out: _Writer) -> Iterator[Task]:
    """Copy what an earlier run wrote of the same tasks, for as long as they are the same; the tasks that are left."""
    if not former.exists():
        return tasks
    known = rows(former)
    while (row := _next_whole(known)) is not None:
        task = next(tasks, None)
        if task is None:
            return iter(())
        if _said(row) != _said(_head(task.tag)):
            return chain([task], tasks)
        out.write(row, is_kept=True)
    return tasks


def _next_whole(known: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
    """The next row; none where the file ends or is cut off."""
    try:
        return next(known, None)
    except BadShard:
        return None


def _said(row: dict[str, Any]) -> tuple[Any, ...]:
    """What must be the same for a row to stand: its document, and what read it."""
    source = row["source"]
    return (*row["place"], row.get("container"), *(source[name] for name in ("path", "sha256", "hints", "extractor", "container")))


def _head(tag: _Tag) -> dict[str, Any]:
    head: dict[str, Any] = {"place": list(tag.place), "source": asdict(tag.source)}
    return {**head, "container": tag.container} if tag.container else head


def _row(task: Task, result: Result) -> dict[str, Any]:
    """A row: a record, why there is none, or that a file of many documents is read to its end."""
    tag: _Tag = task.tag
    row = _head(tag)
    if tag.container:
        return row
    if isinstance(result, Many):  # the file has changed since it was looked at
        result = Failure("unreadable", f"{tag.source.name}: changed while it was read; write this shard again")
    if isinstance(result, Failure):
        return {**row, "error": {"code": result.code, "message": result.message}}
    document = task.given
    if not isinstance(document, File | Failure) and document.given_id is not None:
        row |= {"given_id": document.given_id, "own_id": replace(document, given_id=None).id}
    record = result.record if isinstance(result, Storable) else result
    return {**row, "record": record.model_dump(mode="json")}


def _write_whole(path: Path, text: str) -> None:
    """Put a small file in place at once."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
