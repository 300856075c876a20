"""The workers: processes that read and extract, each document within its limits, so that none can harm another.

    with Pool(options, limits, count=2) as pool:
        for task, result in records(pool, tasks):

A thread of ours stands for each worker: it hands over a small batch, waits until
the deadline, and where the worker died of it gives each document another, alone.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from extractors.errors import MissingPart
from service import failpoints, nursery
from service.channel import Channel, Closed
from service.settings import environment_of_workers, extract_here
from service.tasks import Failure, File, Limits, Many, Result, Storable, Task, name_of

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.formats import BadPart, Part
    from extractors.options import Options
    from extractors.records import Record
    from service.settings import Settings

_BATCH = 8  # documents: spaCy runs a batch of 8 short ones as fast as 64, one alone at 0.86 of that
_SHORT_BYTES = 16_384  # a document that may share a batch
_BATCH_SHARE = 15  # a batch has a fifteenth of the deadline: whoever hangs it still has the whole one alone
_AHEAD = 3 * _BATCH  # documents a worker handed over before the first is back, so that none waits for us
_MOST_EARLY = 256  # results that wait for one before them
_TRIES = 2  # workers that one document may crash
_LOADING_S = 30.0  # more for the first documents of a worker that has to load their models itself
_MEMORY_SHARE = 0.6  # of the memory that it may have: a worker that died above it died of it
_START = "import sys; sys.path[:] = sys.argv[2:]; from service.nursery import main; main()"


class Stopped(Exception):
    """The pool was closed before a document's turn, or while a worker had it in hand."""


@dataclass(slots=True, eq=False)
class _Order:
    """A document on its way through the pool."""

    given: Document | File
    future: Future[Result] = field(default_factory=Future)
    crashes: int = 0

    def settle(self, result: Any) -> None:
        if self.future.cancelled():
            return
        if isinstance(result, Exception):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)


@dataclass(frozen=True, slots=True)
class _Death:
    """How a worker ended with a batch in hand."""

    is_overdue: bool
    ended: nursery.Ended


class Line(Protocol):
    """The way to a worker and back; both raise TimeoutError at the deadline, Closed where the worker is gone, OverflowError for what is too long."""

    def send(self, message: Any, deadline: float | None = None) -> None: ...
    def receive(self, deadline: float | None = None) -> Any: ...


class Worker(Protocol):
    """Who extracts: a process of this machine, or of another."""

    @property
    def channel(self) -> Line: ...
    def is_alive(self) -> bool: ...
    def end(self, *, is_ending: bool = False) -> nursery.Ended: ...


class Pool:
    """Some workers on the models of one nursery; to be used from any thread.

    count: of workers. preload: load every model at the start and share it; without, each worker
        loads what its documents need, which is quicker for a few.
    for_store: with each record comes what the store keeps beside it, so that who stores it has less to do.
    """

    def __init__(
        self, options: Options, limits: Limits, *, count: int, preload: bool = True, for_store: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.options, self.limits, self.count, self.for_store = options, limits, count, for_store
        self._preload, self._clock = preload, clock
        self._waiting: deque[_Order] = deque()
        self._turn = threading.Condition()
        self._is_closed = False
        self._nursery = self._home()
        self._threads = [threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(count)]

    @property
    def capacity(self) -> int:
        """How many documents to hand over at once."""
        return _AHEAD * self.count

    @property
    def waiting(self) -> int:
        """How many documents no worker has yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Load the models and begin to work; raises MissingPart, and Stopped where the pool is closed meanwhile."""
        try:
            self._nursery.start()
            if self._preload:
                self._nursery.load()
        except Closed as error:
            raise Stopped from error
        for thread in self._threads:
            thread.start()

    def submit(self, given: Document | File) -> Future[Result]:
        """What will become of a document; its exception is MissingPart, or Stopped where the pool closes before."""
        order = _Order(given)
        with self._turn:
            if self._is_closed:
                order.settle(Stopped())
            else:
                self._waiting.append(order)
                self._turn.notify()
        return order.future

    def unpack(self, file: File) -> Iterator[Document | Part | BadPart | Failure]:
        """What a file of many documents holds, unpacked by a worker of its own at the pace that it is taken; a Failure, the last, where no more can be had.

        Raises MissingPart, Stopped.
        """
        try:
            child = self._hired()
        except Closed as error:
            if self._is_closed:
                raise Stopped from error
            yield _no_worker(file.name)
            return
        try:
            child.channel.send((file, True), self._deadline(1))
            while (item := child.channel.receive(self._deadline(1))) is not None:
                if isinstance(item, MissingPart):
                    raise item
                yield item
        except (TimeoutError, OverflowError, Closed) as error:
            if self._is_closed:
                raise Stopped from error
            yield self._failure(file.name, _Death(isinstance(error, TimeoutError), child.end(is_ending=isinstance(error, Closed))), tries=1)
        finally:
            child.end()

    def close(self, grace_s: float = 0.0) -> None:
        """Take no more, let workers finish what they have in hand for a while, and end them."""
        with self._turn:
            self._is_closed = True
            for order in self._waiting:
                if order.future.set_running_or_notify_cancel():
                    order.settle(Stopped())
            self._waiting.clear()
            self._turn.notify_all()
        deadline = self._clock() + grace_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - self._clock()))
        self._nursery.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _home(self) -> _Nursery:
        """Where the workers come from."""
        return _Nursery(nursery.Setup(self.options, self.limits, Path(), failpoints.description(), self.for_store))

    def _hired(self) -> Worker:
        """A new worker; raises Closed."""
        return _Child(self._nursery)

    def _work(self) -> None:
        """What a thread does for its worker, until the pool closes."""
        child: Worker | None = None
        while batch := self._taken():
            try:
                child = self._served(child, batch)
            except Exception as error:  # noqa: BLE001 - no caller may wait for ever, whatever is wrong with the pool
                if child is not None:
                    child.end()
                child = None
                for order in batch:
                    if not order.future.done():
                        order.settle(Stopped() if self._is_closed else _no_worker(name_of(order.given)) if isinstance(error, Closed) else error)
        if child is not None:
            child.end()

    def _taken(self) -> list[_Order]:
        """The next documents for one worker, none once the pool is closed: short ones together, as many as leave the other workers their share."""
        batch: list[_Order] = []
        while not batch:
            with self._turn:
                while not self._waiting and not self._is_closed:
                    self._turn.wait()
                if not self._waiting:
                    return []
                share = min(_BATCH, -(-len(self._waiting) // self.count))
                orders = [self._waiting.popleft()]
                while len(orders) < share and self._waiting and _is_short(orders[0].given) and _is_short(self._waiting[0].given):
                    orders.append(self._waiting.popleft())
            batch = [order for order in orders if order.future.set_running_or_notify_cancel()]
        return batch

    def _served(self, child: Worker | None, batch: Sequence[_Order]) -> Worker | None:
        """Settle a batch, by as many workers as it takes; the worker to go on with, None for a new one."""
        child, reply = self._asked(child, batch)
        if isinstance(reply, nursery.Reply):
            alone = []
            for order, result in zip(batch, reply.results, strict=True):
                if len(batch) > 1 and isinstance(result, Failure) and result.code == "memory":
                    alone.append(order)  # its neighbours may have held what it lacked
                else:
                    order.settle(result)
            if reply.is_worn and child is not None:
                child.end()
                child = None
                self._nursery.load()  # there will be more, and the next worker need not load what this one did
            for order in alone:
                child = self._served(child, [order])
            return child
        if self._is_closed:
            raise Stopped
        if len(batch) > 1:
            for order in batch:
                child = self._served(child, [order])
            return child
        [order] = batch
        order.crashes += 1
        if reply.is_overdue or self._is_exhausted(reply) or order.crashes >= _TRIES:
            order.settle(self._failure(name_of(order.given), reply))
            return None
        return self._served(None, batch)

    def _asked(self, child: Worker | None, batch: Sequence[_Order]) -> tuple[Worker | None, nursery.Reply | _Death]:
        """The worker and its reply, or no worker and how it ended."""
        message = [order.given for order in batch], False
        if child is not None and not child.is_alive():  # it ended while it had nothing to do
            child.end()
            child = None
        is_cold = child is None and not self._nursery.is_loaded
        child = child or self._hired()  # which may take long, where the nursery died and has to load the models again
        deadline = self._deadline(_BATCH_SHARE if len(batch) > 1 else 1) + (_LOADING_S if is_cold else 0.0)
        try:
            child.channel.send(message, deadline)
            return child, child.channel.receive(deadline)
        except (TimeoutError, OverflowError, Closed) as error:
            return None, _Death(isinstance(error, TimeoutError), child.end(is_ending=isinstance(error, Closed)))

    def _deadline(self, share: int) -> float:
        return self._clock() + self.limits.seconds / share

    def _is_exhausted(self, death: _Death) -> bool:
        """Whether a worker died of a lack of memory, as another would."""
        return death.ended.peak_bytes > self._nursery.base_bytes + _MEMORY_SHARE * self.limits.memory_bytes

    def _failure(self, name: str, death: _Death, tries: int = _TRIES) -> Failure:
        """Why there is no record of a document whose worker died of it."""
        if death.is_overdue or death.ended.signal == signal.SIGXCPU:
            return Failure("timeout", f"{name}: not read within {self.limits.seconds:g} seconds (VEILLE_MAX_SECONDS); split it or raise the limit")
        if death.ended.signal == signal.SIGKILL or self._is_exhausted(death):
            limit = f"{self.limits.memory_bytes:,} bytes (VEILLE_MAX_MEMORY_BYTES)"
            return Failure("memory", f"{name}: needs more memory than the {limit} that a worker may have; split it or raise the limit")
        how = signal.Signals(death.ended.signal).name if death.ended.signal else "ended by itself"
        said = f"the worker that read it died of it{f' {tries} times' if tries > 1 else ''} ({how})"
        return Failure("worker_crash", f"{name}: {said}; look whether the file is damaged, and save it anew")


class Inline:
    """The same without workers: in the calling thread and without limits, for tests and for looking into a fault."""

    capacity = 1
    waiting = 0

    def __init__(self, options: Options) -> None:
        self.options = options

    def start(self) -> None:
        """Load the models; without it, each is loaded when it is needed."""
        from extractors import languages

        for code in languages.codes():
            languages.pipeline(code, self.options)

    def submit(self, given: Document | File) -> Future[Result]:
        """What became of a document."""
        from service import reading

        future: Future[Result] = Future()
        try:
            future.set_result(reading.results([given], self.options)[0])
        except MissingPart as error:
            future.set_exception(error)
        return future

    def unpack(self, file: File) -> Iterator[Document | Part | BadPart | Failure]:
        """What a file of many documents holds."""
        from service import reading

        return reading.unpacked(file, self.options)

    def close(self, grace_s: float = 0.0) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass


def pool_of(settings: Settings, *, preload: bool = True, for_store: bool = False) -> Pool | Inline:
    """The pool that the settings ask for, not yet started; see Pool for `preload` and `for_store`."""
    if settings.workers == 0:
        extract_here()
        return Inline(settings.options)
    return Pool(settings.options, settings.limits, count=settings.workers, preload=preload, for_store=for_store)


def arrivals(pool: Pool | Inline, tasks: Iterable[Task | None], most: int) -> Iterator[list[tuple[Task, Result]]]:
    """Tasks with their results, as they come, those together that are there at once, at most so many.

    A None among the tasks asks to wait for one more arrival before the next task. Raises MissingPart, and Stopped
    where the pool is closed meanwhile.
    """
    done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()
    under_way: dict[Future[Result], Task] = {}
    coming = iter(tasks)
    is_over = False
    stopped: Stopped | None = None
    try:
        while not is_over or under_way:
            while not is_over and len(under_way) < pool.capacity:
                task = next(coming, _END)
                is_over = task is _END
                if task is None or not isinstance(task, Task):
                    break
                if isinstance(task.given, Failure):
                    yield [(task, task.given)]
                else:
                    future = pool.submit(task.given)
                    under_way[future] = task
                    future.add_done_callback(done.put)
            if under_way:
                arrived = []
                for future in _taken(done, most):
                    task = under_way.pop(future)
                    try:
                        arrived.append((task, future.result()))
                    except Stopped as error:  # the others in hand are still finished
                        stopped, is_over = error, True
                if arrived:
                    yield arrived
        if stopped is not None:
            raise stopped
    finally:
        for future in under_way:
            future.cancel()


def _taken(done: queue.SimpleQueue[Future[Result]], most: int) -> Iterator[Future[Result]]:
    """What is done, at least one, for which it waits."""
    yield done.get()
    with contextlib.suppress(queue.Empty):
        for _ in range(most - 1):
            yield done.get_nowait()


def records(pool: Pool | Inline, tasks: Iterable[Task | None]) -> Iterator[tuple[Task, Result]]:
    """The same, one after the other."""
    return chain.from_iterable(arrivals(pool, tasks, 1))


def in_order(pool: Pool | Inline, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result]]:
    """Each task with its result, in the order given; raises as `records` does."""
    early: dict[int, tuple[Task, Result]] = {}
    expected: deque[Task] = deque()

    def noted() -> Iterator[Task | None]:
        for task in tasks:
            expected.append(task)
            yield task
            while len(early) > _MOST_EARLY:  # the one that they wait for is under way
                yield None

    for done, result in records(pool, noted()):
        early[id(done)] = done, result
        while expected and id(expected[0]) in early:
            yield early.pop(id(expected.popleft()))


def results(pool: Pool | Inline, files: Iterable[File]) -> Iterator[tuple[Task, Record | Failure]]:
    """The result of each file or, of a file of many documents, of each of these, in the order given; nothing is stored.

    The tag of a task is the file's name; of a document inside one its id or, where it could not be read, its origin.
    """
    for task, result in in_order(pool, (Task(file, file.name) for file in files)):
        if not isinstance(result, Many):
            yield task, alone(result)
        elif isinstance(task.given, File):
            for part, found in in_order(pool, _parts(pool, task.given)):
                assert not isinstance(found, Many)  # a part says that it is one
                yield part, alone(found)


def alone(result: Record | Storable | Failure) -> Record | Failure:
    """A record without what the store keeps beside it, or why there is none."""
    return result.record if isinstance(result, Storable) else result


def _parts(pool: Pool | Inline, file: File) -> Iterator[Task]:
    from extractors import formats

    for item in pool.unpack(file):
        if isinstance(item, formats.BadPart):
            yield Task(Failure.of(item.error), item.origin if item.line is None else item.id)
        elif isinstance(item, formats.Part):
            yield Task(File(item.data, item.origin, file.hints, is_part=True), item.origin)
        else:
            yield Task(item, file.name if isinstance(item, Failure) else item.id)


def _no_worker(name: str) -> Failure:
    """Why there is no record where the system starts no process any more."""
    return Failure("worker_crash", f"{name}: no worker could be started; see how much memory is free and how many processes you may have, and try again")


_END: Any = object()


def _is_short(given: Document | File) -> bool:
    """Whether a document may share a batch: its neighbours wait for it."""
    if not isinstance(given, File):
        return len(given.text) <= _SHORT_BYTES
    if isinstance(given.source, bytes):
        return len(given.source) <= _SHORT_BYTES
    with contextlib.suppress(OSError):
        return given.source.stat().st_size <= _SHORT_BYTES
    return False


class _Nursery:
    """Our side of the nursery: started again where it has died."""

    def __init__(self, setup: nursery.Setup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None
        self._is_stopped = False
        self.is_loaded = False
        self.base_bytes = 0

    def start(self) -> None:
        self._setup = replace(self._setup, folder=Path(tempfile.mkdtemp(prefix="veille-")))
        ours, theirs = socket.socketpair()
        paths = [path or os.getcwd() for path in sys.path]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, whatever lies in the current folder
                [sys.executable, "-P", "-c", _START, str(theirs.fileno()), *paths],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment_of_workers(),
            )
        self._orders = ours
        Channel(ours).send(self._setup)

    def load(self) -> None:
        """Load the models, unless they are; raises MissingPart."""
        if not self.is_loaded:
            self.base_bytes = self.order("load")
            self.is_loaded = True

    def order(self, what: str, *given: Any, descriptors: tuple[int, ...] = ()) -> Any:
        """The nursery's answer to an order; raises MissingPart, and Closed once it is stopped."""
        with self._lock:
            if self._is_stopped or self._orders is None:
                raise Closed
            try:
                answer = nursery.order(self._orders, (what, *given), descriptors)
            except Closed:
                if self._is_stopped:
                    raise
                self._revive()
                if what == "end":  # its workers died with it
                    return nursery.Ended(signal.SIGHUP, 0)
                answer = nursery.order(self._orders, (what, *given), descriptors)
            return answer

    def stop(self) -> None:
        """End the nursery and every worker, even while it loads the models for somebody."""
        self._is_stopped = True
        if not self._lock.acquire(timeout=_ORDER_S) and self._process is not None:
            self._process.kill()
            self._lock.acquire()
        try:
            self._end()
        finally:
            self._lock.release()

    def _revive(self) -> None:
        self._end()
        self.start()
        if self.is_loaded and self._orders is not None:
            nursery.order(self._orders, ("load",))

    def _end(self) -> None:
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_STOP_S)
            self._process.kill()
            self._process.wait()
        if self._setup.folder.name:  # of a nursery that was killed
            shutil.rmtree(self._setup.folder, ignore_errors=True)


_ORDER_S = 1.0  # for any order but to load
_STOP_S = 5.0  # for a nursery to end its workers before it is killed, and they with it


class _Child:
    """A worker and the channel to it."""

    def __init__(self, home: _Nursery) -> None:
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        self._home = home
        self._ended: nursery.Ended | None = None
        try:
            with theirs:
                self._pid: int = home.order("fork", descriptors=(theirs.fileno(),))
        except BaseException:
            ours.close()
            raise

    def is_alive(self) -> bool:
        """Whether its end of the channel is open; to be asked while it has nothing to do."""
        return not select.select([self.channel], [], [], 0)[0]

    def end(self, *, is_ending: bool = False) -> nursery.Ended:
        """Kill the worker unless it has ended, and say how it did; `is_ending` where it hung up by itself."""
        if self._ended is None:
            self.channel.close()
            try:
                self._ended = self._home.order("end", self._pid, is_ending)
            except Closed:
                self._ended = nursery.Ended(signal.SIGKILL, 0)
        return self._ended
