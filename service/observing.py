"""What can be seen of a running service: numbers for Prometheus, and a log line a request, which holds neither text nor key."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LONGEST_ID = 64  # of a request's id that a proxy in front has given it
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60)
_requests = logging.getLogger("veille.requests")


class Metrics:
    """The numbers of one service.

    veille_documents_total{result}: new, updated, known, or the code of the failure. veille_stage_seconds{stage}:
    extract (from hand-over to result) and store. veille_requests_total{method,status}.
    """

    def __init__(self, queue_length: Callable[[], float], workers: int) -> None:
        self._registry = CollectorRegistry()
        self._documents = Counter("veille_documents", "Documents by what became of them", ["result"], registry=self._registry)
        self._stages = Histogram("veille_stage_seconds", "Seconds a document spends in a stage", ["stage"], buckets=_SECONDS, registry=self._registry)
        self._answers = Counter("veille_requests", "Requests by method and status", ["method", "status"], registry=self._registry)
        Gauge("veille_queue_length", "Files and texts that wait or are in hand", registry=self._registry).set_function(queue_length)
        Gauge("veille_workers", "Processes that extract", registry=self._registry).set(workers)

    def document(self, result: str) -> None:
        """Count a document."""
        self._documents.labels(result).inc()

    def request(self, method: str, status: int) -> None:
        """Count a request; a method that HTTP does not have is OTHER, so that nobody can make up labels."""
        self._answers.labels(method if method in _METHODS else "OTHER", status).inc()

    def took(self, stage: str, seconds: float) -> None:
        """Note how long a document was in a stage."""
        self._stages.labels(stage).observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class Stopwatch:
    """A pool of workers, of which the stages of the documents that one thread hands to it are timed; call `stored` after each."""

    def __init__(self, pool: Any, metrics: Metrics) -> None:
        self._pool, self._metrics = pool, metrics
        self._ready = 0.0  # when the last result came, or the last document was stored

    def __getattr__(self, name: str) -> Any:
        """Whatever else a pool can do."""
        return getattr(self._pool, name)

    def submit(self, task: Any) -> Any:
        """Hand a document over, as the pool takes it."""
        begun, future = time.perf_counter(), self._pool.submit(task)

        def note(_: Any) -> None:
            self._ready = max(self._ready, time.perf_counter())
            self._metrics.took("extract", self._ready - begun)

        future.add_done_callback(note)
        return future

    def stored(self) -> None:
        """Note that a document has come to its end."""
        now = time.perf_counter()
        if self._ready:
            self._metrics.took("store", now - self._ready)
        self._ready = now


_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class RequestLog:
    """Middleware that gives every request an id, its own or that of the proxy before it, and logs it when it is answered."""

    def __init__(self, app: ASGIApp, counted: Callable[[str, int], None]) -> None:
        self._app, self._counted = app, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _harmless(Headers(scope=scope).get("x-request-id", "")) or uuid.uuid4().hex[:16]
        begun, status = time.monotonic(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._counted(scope["method"], status)
            milliseconds = round(1000 * (time.monotonic() - begun), 1)
            # the query is left out: it holds what people look for
            about = {"request": request_id, "method": scope["method"][:10], "path": _harmless(scope["path"]), "status": status, "ms": milliseconds}
            _requests.info("%(method)s %(path)s %(status)s %(ms)s ms %(request)s", about, extra={"about": about})


class JsonLines(logging.Formatter):
    """A log line as JSON, with what is known of a request as fields of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        about: dict[str, Any] = getattr(record, "about", None) or {"message": record.getMessage()}
        return json.dumps({"time": moment, "level": record.levelname.lower(), **about}, ensure_ascii=False)


def _harmless(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:_LONGEST_ID]
