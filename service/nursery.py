"""The process that loads the models once and forks the workers, which share them.

Started by `workers.Pool` with exec, so that it has no thread and no connection
of anybody's when it forks. It takes one order at a time over its socket: load,
fork (the worker's own socket comes with the order), end. When the socket
closes, whoever started it is gone: it kills its workers and ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import MissingPart, VeilleError
from service import failpoints
from service.channel import Channel, Closed
from service.tasks import File, Limits

if TYPE_CHECKING:
    from extractors.options import Options

_GROWTH_BYTES = 300 * 1024**2  # a worker that holds so much more than at its start is replaced
_YOUNG_OBJECTS = 20_000  # that make the garbage collector look; with Python's own 700 it takes a fifteenth of the time of extraction
_LAST_BREATH_S = 0.5  # between the end of a worker's socket and that of the worker
_NICENESS = 5  # whoever asks the service something comes before those who extract
_ORDER_BYTES = 16_384
_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
_PAGE_BYTES = resource.getpagesize()


@dataclass(frozen=True, slots=True)
class Setup:
    """What a nursery is told at its start; `folder` is for temporary files, and goes with it. for_store: whether records come as the store wants them."""

    options: Options
    limits: Limits
    folder: Path
    faults: str = ""
    for_store: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: `signal` that killed it, or 0, and the most memory that it held."""

    signal: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker sends for a batch; `is_worn` where it wants to be replaced."""

    results: list[Any]
    is_worn: bool


def order(orders: socket.socket, message: Any, descriptors: tuple[int, ...] = ()) -> Any:
    """Give the nursery an order and return its answer; raises Closed where it is gone, VeilleError where it cannot."""
    try:
        socket.send_fds(orders, [pickle.dumps(message)], list(descriptors))
    except OSError as error:
        raise Closed from error
    answer = Channel(orders).receive()
    if isinstance(answer, VeilleError):
        raise answer
    return answer


def main() -> None:
    """Serve the socket whose descriptor is the first argument."""
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us, and reaches us by the closed socket
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        setup: Setup = Channel(orders).receive()
        failpoints.arm(setup.faults)
        _import(for_store=setup.for_store)
        nursery = _Nursery(orders, setup)
        try:
            nursery.serve()
        finally:
            nursery.end_all()
            shutil.rmtree(setup.folder, ignore_errors=True)
    os._exit(0)  # freeing the models object by object would take a second


class _Nursery:
    def __init__(self, orders: socket.socket, setup: Setup) -> None:
        self._orders, self._setup = orders, setup
        self._children: set[int] = set()

    def serve(self) -> None:
        """Take orders until the socket closes."""
        while True:
            content, descriptors, _, _ = socket.recv_fds(self._orders, _ORDER_BYTES, 1)
            if not content:
                return
            try:
                answer = self._done(*pickle.loads(content), *descriptors)  # noqa: S301 - from who started us
            except VeilleError as error:  # a missing model, a wrong file of event types
                answer = error
            try:
                Channel(self._orders).send(answer)
            except Closed:
                return

    def end_all(self) -> None:
        """Kill every worker that is left."""
        for pid in list(self._children):
            self._end(pid)

    def _done(self, what: str, *given: Any) -> Any:
        if what == "load":
            return load(self._setup.options, for_store=self._setup.for_store)
        if what == "fork":
            return self._fork(*given)
        return self._end(*given)

    def _ended(self, pid: int, within_s: float) -> tuple[int, int, resource.struct_rusage]:
        """What the system says of a worker that ends by itself within a while, zero first where it does not."""
        deadline = time.monotonic() + within_s
        while (found := os.wait4(pid, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.005)
        return found

    def _fork(self, descriptor: int) -> int:
        """A new worker on the other end of a socket; its process id."""
        nursery = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._orders.close()
                _die_with(nursery)
                _live(descriptor, self._setup, self._setup.folder / str(os.getpid()))
            finally:
                os._exit(1)  # whatever happens, a worker never goes on as a second nursery
        os.close(descriptor)
        self._children.add(pid)
        return pid

    def _end(self, pid: int, is_ending: bool = False) -> Ended:
        """Kill a worker with whatever it has started, and say how it ended if it had ended by itself; `is_ending` where its socket is closed."""
        if pid not in self._children:  # of a nursery that died, and its workers with it
            return Ended(signal.SIGKILL, 0)
        self._children.discard(pid)
        finished, status, usage = self._ended(pid, _LAST_BREATH_S if is_ending else 0.0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        if finished == 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # before it made a group of its own
            _, status, usage = os.wait4(pid, 0)
        shutil.rmtree(self._setup.folder / str(pid), ignore_errors=True)
        kibibyte = 1 if sys.platform == "darwin" else 1024
        return Ended(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, usage.ru_maxrss * kibibyte)


def _import(*, for_store: bool) -> None:
    """Import, once and not in every worker, what extraction needs; who started us is still importing its own on another core.

    What is missing is said by the document that needs it.
    """
    from extractors import fingerprint, formats, pipeline  # noqa: F401
    from extractors.languages import loading
    from service import reading  # noqa: F401

    if for_store:
        from extractors import linking, similar, wording  # noqa: F401
    with contextlib.suppress(ImportError):
        loading.import_spacy()
    _spare_the_collector()


def load(options: Options, *, for_store: bool = False) -> int:
    """Load every model and table that extraction reads, but open no database; the memory held then, in bytes. Raises MissingPart, InvalidRequest."""
    from extractors import event_types, languages
    from extractors.fingerprint import fingerprint

    for code in languages.codes():
        languages.pipeline(code, options)
    event_types.load_all(options.types_folder)
    fingerprint(options)
    if for_store:
        from extractors import similar, wording

        similar.signature("")
        wording.generic_stems()
    settle()
    return _resident_bytes()


def settle() -> None:
    """Keep the garbage collector off what is loaded, and have it look at the rest less often; a worker inherits both."""
    gc.collect()
    _spare_the_collector()


def _spare_the_collector() -> None:
    gc.freeze()  # a collection in a worker would touch every page that it shares with us, and so copy it
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])


def _live(descriptor: int, setup: Setup, folder: Path) -> None:
    """The life of a worker: batches in, replies out, until its socket closes."""
    os.setpgid(0, 0)
    os.nice(_NICENESS)
    _restrict(setup.limits, folder)
    channel = Channel(socket.socket(fileno=descriptor))
    reader = Reader(setup.options, setup.limits, for_store=setup.for_store)
    while True:
        try:
            batch, is_many = channel.receive()
        except Closed:
            return
        _allow_memory(setup.limits)
        if is_many:
            for message in reader.unpacked(batch):
                channel.send(message)
        else:
            channel.send(reader.reply(batch))


class Reader:
    """What extracts, in a worker of this machine or of another; it says when it should be replaced."""

    def __init__(self, options: Options, limits: Limits, *, for_store: bool) -> None:
        self._options, self._limits, self._for_store = options, limits, for_store
        self._age, self._base = 0, _resident_bytes()

    def reply(self, batch: list[Any]) -> Reply:
        """What became of each document; the exception itself where a part of Veille is missing."""
        from service import reading

        known = _models()
        try:
            results: list[Any] = reading.results(batch, self._options, for_store=self._for_store)
        except MissingPart as error:
            results = [error] * len(batch)
        self._age += len(batch)
        if _models() != known:  # loading one is no leak
            self._base = _resident_bytes()
        failpoints.reach("before_reply")
        is_old = self._age >= self._limits.documents_a_worker
        return Reply(results, is_old or _resident_bytes() - self._base > _GROWTH_BYTES or any(getattr(r, "code", "") == "memory" for r in results))

    def unpacked(self, file: File) -> Iterator[Any]:
        """What a file of many documents holds, one by one, and None at its end."""
        from service import reading

        try:
            yield from reading.unpacked(file, self._options)
        except MissingPart as error:
            yield error
        yield None


def _models() -> int:
    from extractors import languages

    return languages.pipeline.cache_info().currsize


def _restrict(limits: Limits, folder: Path) -> None:
    """Take from this process what no document needs: an output, a core file, other people's temporary files."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    folder.mkdir()
    tempfile.tempdir = str(folder)
    restrict(resource.RLIMIT_CORE, 0)
    restrict(resource.RLIMIT_FSIZE, limits.file_bytes)
    restrict(resource.RLIMIT_NOFILE, limits.open_files)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGXFSZ else signal.SIG_DFL)


def _allow_memory(limits: Limits) -> None:
    """Let this process have, beyond what it holds, what one document may take, and the time of one document on its processor."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(spent.ru_utime + spent.ru_stime + limits.seconds) + 2
    restrict(resource.RLIMIT_CPU, seconds)
    size = _virtual_bytes()
    if size:
        restrict(resource.RLIMIT_AS, size + limits.memory_bytes)


def restrict(what: int, most: int) -> None:
    """Set a limit of this process, or the narrower one that it was started with, which nobody but root may widen."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _die_with(nursery: int) -> None:
    """Ask Linux to end this process when the nursery ends, however that happens; elsewhere the closed socket does it."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != nursery:  # it ended before we asked
        os._exit(1)


def _virtual_bytes() -> int:
    return _statm()[0]


def _resident_bytes() -> int:
    return _statm()[1]


def _statm() -> tuple[int, int]:
    """Virtual and resident size of this process; zeros where the system has no /proc."""
    try:
        with open("/proc/self/statm", "rb") as file:
            size, resident, *_ = (int(word) * _PAGE_BYTES for word in file.read().split())
    except OSError:
        return 0, 0
    return size, resident


if __name__ == "__main__":
    main()
