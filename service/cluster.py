"""Workers on a Ray cluster (extra `cluster`): the same pool, whose workers are actors on other machines.

An actor loads the models once and then does what a worker of this machine does, so that batches, deadlines and what
becomes of a document that ends its worker are those of `workers.Pool`: it costs a row with its reason, and no job.
The bytes of a file go to the actor with its batch: the machines need no common disk. docs/cluster.md tells the rest.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import MissingPart
from service import failpoints, nursery
from service.channel import Closed
from service.tasks import File, Limits
from service.workers import Pool, Worker

if TYPE_CHECKING:
    from extractors.options import Options

_READY_S = 300.0  # for an actor to be placed and to load the models
_DOCUMENTS = 10  # times as many documents as a worker of this machine before an actor is replaced, which loads the models anew and is no fork


class RayPool(Pool):
    """A pool on the cluster that RAY_ADDRESS names, else on a Ray of this machine, which it starts and ends.

    count: of actors; by default one a processor of the cluster. Memory limits are Ray's own.
    """

    def __init__(
        self, options: Options, limits: Limits, *, count: int | None = None, for_store: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ray = _imported()
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            self._ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
        count = count or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        super().__init__(options, limits, count=count, for_store=for_store, clock=clock)

    def close(self, grace_s: float = 0.0) -> None:
        """As in Pool, and end the Ray that was started for it."""
        super().close(grace_s)
        if self._is_ours:
            self._ray.shutdown()

    def _home(self) -> Any:
        return _Anywhere()

    def _hired(self) -> Worker:
        if self._is_closed:
            raise Closed
        limits = replace(self.limits, documents_a_worker=self.limits.documents_a_worker * _DOCUMENTS)
        return _Hired(self._ray, self.options, limits, for_store=self.for_store, clock=self._clock)


class _Anywhere:
    """In the place of a nursery: each worker loads the models itself, before it is given anything."""

    is_loaded = True
    base_bytes = 0

    def start(self) -> None:
        """Nothing to start."""

    def load(self) -> None:
        """Nothing to load."""

    def stop(self) -> None:
        """Nothing to end."""


class _Reader:
    """What runs in an actor."""

    def __init__(self, options: Options, limits: Limits, faults: str, *, for_store: bool) -> None:
        failpoints.arm(faults)
        nursery.load(options, for_store=for_store)
        self._reader = nursery.Reader(options, limits, for_store=for_store)

    def is_ready(self) -> bool:
        return True

    def reply(self, batch: list[Any]) -> nursery.Reply:
        return self._reader.reply(batch)

    def unpacked(self, file: File) -> Any:
        yield from self._reader.unpacked(file)


class _Hired:
    """An actor, and the way to it; a Worker."""

    def __init__(self, ray: Any, options: Options, limits: Limits, *, for_store: bool, clock: Callable[[], float]) -> None:
        self._actor = _actor_class(ray).remote(options, limits, failpoints.description(), for_store=for_store)
        self.channel = _Line(ray, self._actor, clock)
        self._ray = ray
        self.channel.wait_for(self._actor.is_ready.remote(), clock() + _READY_S)

    def is_alive(self) -> bool:
        """Whether it may be given more: that it died shows when it is."""
        return True

    def end(self, *, is_ending: bool = False) -> nursery.Ended:
        """End the actor; Ray does not tell how it ended."""
        with contextlib.suppress(Exception):  # it may be gone, or Ray itself
            self._ray.kill(self._actor)
        return nursery.Ended(0, 0)


class _Line:
    """The way to an actor and back, as a Channel."""

    def __init__(self, ray: Any, actor: Any, clock: Callable[[], float]) -> None:
        self._ray, self._actor, self._clock = ray, actor, clock
        self._coming: Any = None

    def send(self, message: Any, deadline: float | None = None) -> None:
        """Give the actor a batch, or a file of many documents."""
        given, is_many = message
        if is_many:
            self._coming = self._actor.unpacked.options(num_returns="streaming").remote(_carried(given))
        else:
            self._coming = iter([self._actor.reply.remote([_carried(one) for one in given])])

    def receive(self, deadline: float | None = None) -> Any:
        """What comes next; raises TimeoutError at the deadline, Closed where the actor is gone."""
        try:
            reference = next(self._coming)
        except self._ray.exceptions.RayActorError as error:
            raise Closed from error
        return self.wait_for(reference, deadline)

    def wait_for(self, reference: Any, deadline: float | None) -> Any:
        """The object that a reference stands for; raises TimeoutError, Closed, and what the actor raised."""
        left = None if deadline is None else max(0.0, deadline - self._clock())
        try:
            return self._ray.get(reference, timeout=left)
        except self._ray.exceptions.GetTimeoutError as error:
            raise TimeoutError from error
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error  # what the actor raised, such as MissingPart
        except self._ray.exceptions.RayError as error:
            raise Closed from error


@functools.cache
def _actor_class(ray: Any) -> Any:
    return ray.remote(num_cpus=1, max_restarts=0)(_Reader)


def _carried(given: Any) -> Any:
    """A document as it is, a file with its bytes, if they can be read: the actor says what is wrong with it."""
    if isinstance(given, File) and isinstance(given.source, Path):
        with contextlib.suppress(OSError):
            return replace(given, source=given.source.read_bytes())
    return given


def _imported() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingPart("ray is not installed: run `pip install 'veille[cluster]'`, or leave --engine out") from error
    return ray
