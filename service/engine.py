"""What works behind the HTTP service: threads that take items from the store's queue, and the pool of workers that extracts them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from extractors.errors import MissingPart, VeilleError
from service import ingest, problems, reading, store, uploads, workers
from service.ingest import Found, Given, Outcome
from service.observing import Metrics, Stopwatch
from service.precedence import Precedence
from service.store import documents, jobs, sources
from service.store.readers import Readers
from service.tasks import Failure, Many
from service.workers import Stopped

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.records import Record
    from service.settings import Settings

LEASE_S = 30.0  # after it, what a service that died had in hand is another's
_HEARTBEAT_S = 5.0
_LOOK_S = 1.0  # how often to look for items that another program has put into the store
_GRACE_S = 20.0  # for the documents in hand when the service is told to end
_MOST_EXTRACTS = 64  # texts of POST /extract that wait; they are in memory and not in the store
_MOST_STORING = 2  # uploads that are put into the store at once: SQLite takes one, and meanwhile the next is looked at
_BUSY_TIMEOUT_S = 5.0  # a client is told after it that the database is locked
_PROBE_TIMEOUT_S = 1.0
_log = logging.getLogger("veille")


class Cancelled(Exception):
    """An item is no longer this program's: its job was cancelled, or its lease was lost."""


class Engine:
    """The queue's workers; made with the application, started and stopped with the server.

    clock: seconds since 1970, for the leases. precedence: what is stored gives way to the reads that it counts.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time, precedence: Precedence | None = None) -> None:
        self.settings = settings
        self._clock = clock
        self._owner = uuid.uuid4().hex
        self._pool = workers.pool_of(settings, for_store=True)
        self.metrics = Metrics(self._queue_length, settings.workers)
        self._models: Future[None] = Future()
        self._bell = threading.Condition()
        self._is_stopping = False
        self._in_hand: set[int] = set()  # numbers of items
        self._lost: set[int] = set()
        self._dropped: set[int] = set()  # to be given back as soon as the store takes it
        self._waiting_for: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._threads: list[threading.Thread] = []
        self._readers = Readers(settings.db, _BUSY_TIMEOUT_S)
        self._precedence = precedence or Precedence()
        self._storing = asyncio.Semaphore(_MOST_STORING)

    def start(self) -> None:
        """Make or upgrade the store and begin to load the models; raises StoreError."""
        with store.opened(self.settings.db) as db:
            jobs.sweep(db)
        # one thread more than workers, so that a large archive never keeps a small file waiting
        dispatchers = 1 if self.settings.workers == 0 else self.settings.workers + 1
        self._threads = [threading.Thread(target=self._lead, name="loader", daemon=True)]
        self._threads += [threading.Thread(target=self._dispatch, name=f"dispatcher-{number}", daemon=True) for number in range(dispatchers)]
        self._threads.append(threading.Thread(target=self._beat, name="heartbeat", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the documents in hand, for a while; what is not done waits in the store for the next start."""
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
        self._pool.close(_GRACE_S)
        for thread in self._threads:
            thread.join()
        with contextlib.suppress(VeilleError), self.opened() as db:
            jobs.release(db, self._owner)
        self._readers.close()

    def has_models(self) -> bool:
        """Whether every model is loaded."""
        return self._models.done() and self._models.exception() is None

    def can_store(self) -> bool:
        """Whether the store takes a write now; waits for a lock, so not for the event loop."""
        return store.is_writable(self.settings.db, busy_timeout_s=_PROBE_TIMEOUT_S)

    def is_full(self) -> bool:
        """Whether no more work is taken; reads the store, so not for the event loop."""
        try:
            with self.opened_for_reading() as db:
                return jobs.open_items(db) >= self.settings.max_queue
        except store.StoreError:
            return False  # a fault of the store is told as that

    async def keep(self, given: Sequence[Found | Given]) -> tuple[str, bool]:
        """Put files and documents into the store, all or nothing; the id of their job, and whether all were known.

        Uploads wait for each other here, and not in the threads in which others read. Raises QueueFull, StoreError, MissingPart.
        """
        async with self._storing:
            return await asyncio.to_thread(self._keep, given)

    def _keep(self, given: Sequence[Found | Given]) -> tuple[str, bool]:
        self._check_models()
        if self.is_full():
            raise problems.QueueFull(f"{self.settings.max_queue:,} files are waiting already; send it again in a while, nothing of it is stored.")
        plan = ingest.Plan(self.settings.options, retry_failed=True)
        self._precedence.give_way()
        with self.opened() as db:
            settled, rest = ingest.settled(db, given, plan)
            job_id = jobs.add(db, _incoming(rest), now=self._clock(), settled=[_result(outcome) for outcome in settled])
        self._wake()
        return job_id, not rest

    def reprocess(self, document_id: str) -> str | None:
        """Queue what a document was read from, to be read and extracted again; the id of the job, None where there is no such document."""
        with self.opened() as db:
            if not documents.exists(db, document_id):
                return None
            job_id = jobs.add(db, _all_again(db, document_id), now=self._clock())
        self._wake()
        return job_id

    async def finished(self, job_id: str, timeout_s: float) -> bool:
        """Whether a job is finished, after having waited for it for a while; raises MissingPart, StoreError."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        self._waiting_for.setdefault(job_id, set()).add((loop, event))
        try:
            async with asyncio.timeout(timeout_s):
                while await asyncio.to_thread(self._is_open, job_id):
                    self._check_models()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_S):
                            await event.wait()
                    event.clear()
        except TimeoutError:
            return False
        finally:
            self._waiting_for[job_id].discard((loop, event))
            if not self._waiting_for[job_id]:
                del self._waiting_for[job_id]
        return True

    def drain(self) -> None:
        """Wait until nothing waits or is in hand any more, here or in another program; raises MissingPart, StoreError."""
        while True:
            self._check_models()
            with self.opened_for_reading() as db:
                if not jobs.open_items(db):
                    return
            self._pause()

    async def extract(self, document: Document) -> Record | Failure:
        """The record of a document, of which nothing is stored; raises QueueFull, MissingPart."""
        self._check_models()
        if self._pool.waiting >= _MOST_EXTRACTS:
            raise problems.QueueFull(f"{_MOST_EXTRACTS} texts are waiting already; send it again in a while.")
        try:
            result = await asyncio.wrap_future(await asyncio.to_thread(self._pool.submit, document))
        except Stopped as error:
            raise problems.QueueFull("The service is ending; send it again in a while.") from error
        assert not isinstance(result, Many)  # a document is one
        return workers.alone(result)

    def cancel(self, job_id: str) -> bool:
        """Let a job go no further; False where there is none."""
        with self.opened() as db:
            is_there = jobs.cancel(db, job_id, now=self._clock())
        if is_there:
            self._renew()
        return is_there

    def retry(self, job_id: str) -> None:
        """Queue again what failed of a job or was cancelled."""
        with self.opened() as db:
            jobs.retry(db, job_id)
        self._wake()

    def opened(self) -> Any:
        """The store, for reading and writing; a database that is gone is an error and never made again in silence."""
        if not self.settings.db.exists():
            raise store.StoreError(f"{self.settings.db}: the database is gone; put it back, or start the service again to make a new one")
        return store.opened(self.settings.db, busy_timeout_s=_BUSY_TIMEOUT_S, may_make=False)

    def opened_for_reading(self) -> Any:
        """The store, unable to write."""
        return self._readers.opened()

    def _queue_length(self) -> float:
        """How many items wait or are in hand; not a number where the store cannot be asked."""
        try:
            with self.opened_for_reading() as db:
                return jobs.open_items(db)
        except store.StoreError:
            return math.nan

    def _check_models(self) -> None:
        if self._models.done() and (error := self._models.exception()) is not None:
            raise error

    def _is_open(self, job_id: str) -> bool:
        with self.opened_for_reading() as db:
            return jobs.is_open(db, job_id)

    def _lead(self) -> None:
        """Load the models; what is missing goes to the log, and to whoever sends a document."""
        try:
            self._pool.start()
        except Exception as error:  # noqa: BLE001 - whoever sends a document is told
            if not self._is_stopping:
                _log.error("%s", error)
            self._models.set_exception(error)
            return
        self._models.set_result(None)

    def _dispatch(self) -> None:
        """What a thread does: one item after the other, until the service ends."""
        if self._models.exception() is not None:
            return
        told = ""
        while not self._is_stopping:
            try:
                with self.opened() as db:
                    self._take_from(db)
            except store.StoreError as error:
                if str(error) != told:  # not once a second until somebody makes room on the disk
                    _log.error("%s", error)
                told = str(error)
                self._pause()
            except MissingPart as error:
                _log.error("%s", error)
                self._models = _failed(error)
                return

    def _take_from(self, db: Any) -> None:
        """Do items until the service ends; raises StoreError, and MissingPart, with the item in hand given back."""
        while not self._is_stopping:
            self._give_back(db)
            item = jobs.claim(db, self._owner, now=self._clock(), lease_s=LEASE_S)
            if item is None:
                self._pause()
                if not self.settings.db.exists():
                    raise store.StoreError(f"{self.settings.db}: the database is gone; put it back")
                continue
            self._in_hand.add(item.number)
            try:
                self._do(db, item)
            except (Cancelled, Stopped):
                pass  # noted in the store; or given back when the service ends
            except BaseException:
                self._dropped.add(item.number)
                raise
            finally:
                self._in_hand.discard(item.number)
                self._lost.discard(item.number)
                self._ring(item.job_id)

    def _give_back(self, db: Any) -> None:
        """Let others do, or this program do again, what was in hand when the store failed: it was no attempt."""
        if dropped := set(self._dropped):
            jobs.release(db, self._owner, dropped)
            self._dropped -= dropped

    def _do(self, db: Any, item: jobs.Item) -> None:
        """Extract an item and note what became of it; raises Cancelled, Stopped, MissingPart, and what SQLite says of a store that fails."""
        outcomes: list[Outcome] = []
        watched: Any = Stopwatch(self._pool, self.metrics)

        def tell(outcome: Outcome) -> None:
            watched.stored()
            self.metrics.document(outcome.code or outcome.state)
            outcomes.append(outcome)
            if item.number in self._lost:
                raise Cancelled

        content = b"" if item.kind == "path" else jobs.content(db, item.sha256)
        if content is None:
            outcomes.append(Outcome(item.name, "failed", None, "storage", f"{item.name}: its bytes are gone from the store; send it again"))
        else:
            plan = ingest.Plan(self.settings.options, retry_failed=True)
            try:
                ingest.ingest(db, [_kept(item, content, self.settings)], plan, watched, ingest.Watcher(tell, storing=self._give_way))
            except (Cancelled, Stopped):
                raise
            except Exception as error:  # the queue's boundary: one item must not end it
                if store.has_failed(error):
                    raise
                failure = reading.failure(error, item.name)
                outcomes.append(Outcome(item.name, "failed", None, failure.code, failure.message))
        jobs.finish(db, item, self._owner, [_result(outcome) for outcome in outcomes], now=self._clock())

    def _give_way(self) -> None:
        self._precedence.give_way()

    def _beat(self) -> None:
        """Keep the leases of what is in hand."""
        while not self._is_stopping:
            with self._bell:
                self._bell.wait(_HEARTBEAT_S)
            if self._in_hand:
                with contextlib.suppress(store.StoreError):  # the lease outlives five lost beats
                    self._renew()

    def _renew(self) -> None:
        held = set(self._in_hand)
        with self.opened() as db:
            kept = jobs.renew(db, self._owner, held, now=self._clock(), lease_s=LEASE_S)
        self._lost |= (held - kept) & self._in_hand

    def _wake(self) -> None:
        with self._bell:
            self._bell.notify_all()

    def _pause(self) -> None:
        with self._bell:
            if not self._is_stopping:
                self._bell.wait(_LOOK_S)

    def _ring(self, job_id: str) -> None:
        """Tell whoever waits for a job that something of it is done."""
        self._wake()
        for loop, event in list(self._waiting_for.get(job_id, ())):
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(event.set)


def _incoming(items: Iterable[Found | Given]) -> Iterator[jobs.Incoming]:
    """What a request brought, as the store keeps it; a file is open only until the next is asked for, since a request may bring a thousand."""
    for item in items:
        hints = ingest.written(item.hints)
        if isinstance(item, Given):
            text = item.document.text.encode("utf_8", "surrogatepass")
            yield jobs.Incoming("text", item.name, item.identity, item.document.sha256 or "", len(text), hints, io.BytesIO(text))
            continue
        with item.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            yield jobs.Incoming("file", item.name, item.identity or "", sha256, size, hints, file)


def _all_again(db: Any, document_id: str) -> Iterator[jobs.Incoming]:
    """What a document was read from, as items; made within the transaction that queues them, so that none is marked and not queued."""
    yield from [_again(db, source) for source in sources.outdate(db, document_id)]


def _again(db: Any, source: sources.Source) -> jobs.Incoming:
    """A source as an item, to be read again from the bytes that are kept, else from its path."""
    kind: Literal["file", "text", "path"] = "path"
    if jobs.is_kept(db, source.sha256):
        kind = "text" if source.path.startswith(uploads.TEXT) else "file"
    return jobs.Incoming(kind, source.name, source.path, source.sha256 or "", source.size or 0, source.hints, None)


def _kept(item: jobs.Item, content: bytes, settings: Settings) -> ingest.Kept | Given | Found:
    """The same, back from the store; raises a DocumentError, as it did when it came."""
    hints = ingest.read_hints(item.hints)
    if item.kind == "path":
        return Found(Path(item.identity), item.name, hints=hints)
    if item.kind == "file":
        return ingest.Kept(content, item.name, item.identity, item.sha256, hints)
    document = uploads.document_of(content.decode("utf_8", "surrogatepass"), hints, settings.options)
    return Given(document, item.name, item.identity, hints)


def _result(outcome: Outcome) -> jobs.Result:
    return jobs.Result(outcome.name, outcome.state, outcome.document_id, outcome.code, outcome.message)


def _failed(error: Exception) -> Future[None]:
    future: Future[None] = Future()
    future.set_exception(error)
    return future
