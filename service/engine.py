"""What works behind the HTTP service: one thread that extracts and stores, so that the event loop never waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from extractors.errors import VeilleError
from service import ingest, problems, store, workers
from service.ingest import Found, Given, Outcome
from service.workers import Task

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.records import Record
    from service.settings import Settings
    from service.workers import Failure

_MOST_WAITING = 64  # requests whose files wait on disk; the next is told to come back
_BUSY_TIMEOUT_S = 5.0  # a client is told after it that the database is locked
_PROBE_TIMEOUT_S = 1.0
_log = logging.getLogger("veille")
T = TypeVar("T")


class Engine:
    """Extracts one document at a time; made with the application, started and stopped with the server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="extraction")
        self._waiting = 0
        self._models: Future[None] | None = None

    def start(self) -> None:
        """Make or upgrade the store and begin to load the models; raises StoreError."""
        with store.opened(self.settings.db):
            pass
        self._models = self._executor.submit(_load_models, self.settings)

    def stop(self) -> None:
        """Finish the document in hand; those that wait are not begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def has_models(self) -> bool:
        """Whether every model is loaded."""
        return self._models is not None and self._models.done() and self._models.exception() is None

    def can_store(self) -> bool:
        """Whether the store takes a write now; waits for a lock, so not for the event loop."""
        return store.is_writable(self.settings.db, busy_timeout_s=_PROBE_TIMEOUT_S)

    def is_full(self) -> bool:
        """Whether no more work is taken."""
        return self._waiting >= _MOST_WAITING

    async def keep(self, given: Sequence[Found | Given], done: Callable[[], None]) -> list[tuple[Outcome, dict[str, Any] | None]]:
        """Store some files and documents: what became of each document, and what is known of it now.

        done: called once nothing of what was given is needed any more. Raises QueueFull, StoreError, MissingPart.
        """

        def work() -> list[tuple[Outcome, dict[str, Any] | None]]:
            try:
                return self._kept(given)
            finally:
                done()

        return await self._run(work, otherwise=done)

    async def extract(self, document: Document) -> Record | Failure:
        """The record of a document, of which nothing is stored; raises QueueFull, MissingPart."""
        options = self.settings.options

        def work() -> Record | Failure:
            [(_, result)] = workers.records([Task(document)], options)
            return result

        return await self._run(work)

    async def _run(self, work: Callable[[], T], otherwise: Callable[[], None] = lambda: None) -> T:
        """What some work returns, done in its turn; `otherwise` is called instead where the queue is full."""
        if self.is_full():
            otherwise()
            raise problems.QueueFull(f"{_MOST_WAITING} requests are waiting already; send it again in a while, nothing of it is stored.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._waiting -= 1

    def _kept(self, given: Sequence[Found | Given]) -> list[tuple[Outcome, dict[str, Any] | None]]:
        from service.store import documents

        outcomes: list[Outcome] = []
        plan = ingest.Plan(self.settings.options, retry_failed=True)
        with self.opened() as db:
            ingest.ingest(db, given, plan, ingest.Watcher(outcomes.append))
            return [(outcome, documents.about(db, outcome.document_id) if outcome.document_id else None) for outcome in outcomes]

    def opened(self) -> Any:
        """The store, for reading and writing; a database that is gone is an error and never made again in silence."""
        if not self.settings.db.exists():
            raise store.StoreError(f"{self.settings.db}: the database is gone; put it back, or start the service again to make a new one")
        return store.opened(self.settings.db, busy_timeout_s=_BUSY_TIMEOUT_S)

    def opened_for_reading(self) -> Any:
        """The store, unable to write."""
        return store.opened_for_reading(self.settings.db, busy_timeout_s=_BUSY_TIMEOUT_S)


def _load_models(settings: Settings) -> None:
    """Load every model, so that the first document waits for none; what is missing goes to the log."""
    from extractors import languages

    for code in languages.codes():
        try:
            languages.pipeline(code, settings.options)
        except VeilleError as error:
            _log.error("%s", error)
            raise
