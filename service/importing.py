"""Shards into the store: the same content as if their files had been ingested here, one after the other; twice is as good as once."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service import ingest, shards, store
from service.ingest import Outcome, State, Watcher
from service.store import sources
from service.store.sources import Source
from service.tasks import Failure

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.records import Record
    from service.shards import Manifest

_TRANSACTION_ROWS = 100  # a commit costs as much as a small document; more rows would keep other writers waiting


def merge(db: Database, found: Sequence[tuple[Path, Manifest]], watcher: Watcher) -> None:
    """Store what shards hold, in the order of the files that they were made of; what the store knows is skipped.

    A file of many documents is marked as read once every shard of it is among those given. Raises BadShard, StoreError.
    """
    for data, manifest in found:
        shards.check(data, manifest)
    merging = _Merge(db, watcher, {data: manifest.of for data, manifest in found})
    streams = [((row["place"], str(data), row) for row in shards.rows(data)) for data, _ in found]
    for batch in _batches(heapq.merge(*streams, key=lambda item: item[:2])):
        with store.writing(db):
            told = [outcome for _, data, row in batch if (outcome := merging.store(Path(data), row)) is not None]
        for outcome in told:
            watcher.tell(outcome)


def _batches(rows: Iterable[Any]) -> Iterable[list[Any]]:
    coming = iter(rows)
    while batch := list(itertools.islice(coming, _TRANSACTION_ROWS)):
        yield batch


class _Merge:
    """Files of many documents while their lines come from several shards. parts: paths of their lines; ended: how many shards are through them."""

    def __init__(self, db: Database, watcher: Watcher, sizes: dict[Path, int]) -> None:
        self._db, self._watcher, self._sizes = db, watcher, sizes
        self._parts: dict[str, list[str]] = {}
        self._ended: Counter[str] = Counter()

    def store(self, data: Path, row: dict[str, Any]) -> Outcome | None:
        """What became of a row of a shard; None where it holds no document."""
        source = Source(**row["source"])
        if "container" in row:
            self._mark(source, row["container"], self._sizes[data])
            return None
        if source.container is not None:
            self._parts.setdefault(source.container, []).append(source.path)
        known = sources.known(self._db, source)
        if known is not None and (known.document_id is not None or known.error_code is not None):
            state: State = "failed" if known.error_code else "known"
            return Outcome(source.name, state, known.document_id, known.error_code, known.error_message)
        if "error" in row:
            return self._failed(source, Failure(**row["error"]))
        saved = ingest.saved(self._db, self._named(row, source), source)
        return self._failed(source, saved) if isinstance(saved, Failure) else saved

    def _mark(self, source: Source, container: str, shard_count: int) -> None:
        """Open a file of many documents before its first line, unless it is known, and close it behind the last line of its last shard."""
        if container == "begins":
            if source.path not in self._parts:
                self._parts[source.path] = []
                if sources.known(self._db, source) is None:
                    sources.open_container(self._db, source)
            return
        self._ended[source.path] += 1
        if self._ended[source.path] == shard_count and sources.known(self._db, source) is None:
            sources.close_container(self._db, source, self._parts[source.path])

    def _failed(self, source: Source, failure: Failure) -> Outcome:
        sources.fail(self._db, source, failure.code, failure.message, parts=set(self._parts.get(source.path, ())))
        return Outcome(source.name, "failed", None, failure.code, failure.message)

    def _named(self, row: dict[str, Any], source: Source) -> Record:
        """The record under the id that its document was given or, where another source has that, under the id of its content."""
        from extractors.records import Record

        record = Record.model_validate(row["record"])
        given_id = row.get("given_id")
        if given_id is None or not ingest.is_taken(self._db, given_id, source, self._parts.get(source.container or "", ())):
            return record
        return _renamed(record, row["own_id"], given_id)


def _renamed(record: Record, document_id: str, given_id: str) -> Record:
    """A record under another id, as it would have been extracted; what was given is kept among its metadata."""
    from extractors.events import event_id

    events = [event.model_copy(update={"id": event_id(document_id, event.type, event.mentions[0])}) for event in record.events]
    return record.model_copy(update={"id": document_id, "events": events, "metadata": {**record.metadata, "id": given_id}})
