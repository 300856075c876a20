"""The HTTP server: what must hold before it listens, and uvicorn with its log on stderr."""

from __future__ import annotations

import asyncio
import socket
import sys
from copy import deepcopy
from typing import Any

from extractors.errors import InvalidRequest
from service.settings import Settings

_BACKLOG = 2_048  # connections that wait to be taken up
_GRACE_S = 5  # for answers under way when the server is told to end; the documents in hand have the engine's
_SWITCH_S = 0.0005  # Python's 5 ms, waited for after each of the thirty statements of an answer, make an answer slow beside a busy thread
_HEADERS_S = 20.0  # for the head of a request to come


def prepare(settings: Settings, host: str, *, may_make_key: bool = False) -> str | None:
    """See to it that the service may listen on an address; the key, where one was made.

    Raises InvalidRequest for an address that other machines reach where there is no key, or keys that cannot be
    read, and StoreError for a database that cannot be used.
    """
    from extractors import event_types
    from service import access, keys, store

    event_types.load_all(settings.options.types_folder)
    made = None
    if settings.key_file is not None:
        if may_make_key and not settings.key_file.exists():
            made = keys.make(settings.key_file)
        keys.load(settings.key_file)
    elif not access.is_loopback(host):
        raise InvalidRequest(f"--host {host}: other machines reach this address; put a key into a file and name it in VEILLE_KEY_FILE, or listen on 127.0.0.1")
    with store.opened(settings.db):
        pass
    return made


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free. Raises InvalidRequest for an address that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InvalidRequest(f"{host}, port {port}: cannot listen there ({error.strerror}); name another with --port or --host") from error


def run(settings: Settings, listening: socket.socket) -> None:
    """Serve until the program is told to end."""
    import uvicorn

    from service.api import create_app

    log = deepcopy(uvicorn.config.LOGGING_CONFIG)  # all of it on stderr: stdout is for data
    log["loggers"]["veille"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    if settings.log == "json":
        log["formatters"]["default"] = {"()": "service.observing.JsonLines"}
    bare: dict[str, Any] = {"server_header": False, "date_header": True, "proxy_headers": False, "http": _protocol(), "ws": "none"}
    config = uvicorn.Config(create_app(settings), log_config=log, access_log=False, timeout_graceful_shutdown=_GRACE_S, **bare)
    sys.setswitchinterval(_SWITCH_S)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _protocol(headers_s: float = _HEADERS_S) -> type[Any]:
    """uvicorn's HTTP protocol, which hangs up on whoever does not send the head of a request: uvicorn itself would wait for ever."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Impatient(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._expect_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._expect_head()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._forget()

        def _expect_head(self) -> None:
            """Begin to count unless it is counting, and stop while a request is in hand: its body is the gate's to wait for."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._forget()
            elif self._timer is None and not self.transport.is_closing():
                self._timer = self.loop.call_later(headers_s, self.transport.close)

        def _forget(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Impatient


def address(listening: socket.socket) -> str:
    """What to type into a browser to reach a socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
