"""The HTTP server: what must hold before it listens, and uvicorn with its log on stderr."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from extractors.errors import InvalidRequest
from service.settings import Settings

_GRACE_S = 25  # for the document in hand when the server is told to end


def prepare(settings: Settings, host: str, *, may_make_key: bool = False) -> str | None:
    """See to it that the service may listen on an address; the key, where one was made.

    Raises InvalidRequest for an address that other machines reach where there is no key, or keys that cannot be
    read, and StoreError for a database that cannot be used.
    """
    from service import access, store

    made = None
    if settings.key_file is not None:
        if may_make_key and not settings.key_file.exists():
            made = access.make_key(settings.key_file)
        access.load_keys(settings.key_file)
    elif not access.is_loopback(host):
        raise InvalidRequest(f"--host {host}: other machines reach this address; put a key into a file and name it in VEILLE_KEY_FILE, or listen on 127.0.0.1")
    with store.opened(settings.db):
        pass
    return made


def run(settings: Settings, host: str, port: int) -> None:
    """Serve until the program is told to end."""
    import uvicorn

    from service.api import create_app

    log = deepcopy(uvicorn.config.LOGGING_CONFIG)
    log["handlers"]["access"]["stream"] = "ext://sys.stderr"  # stdout is for data
    bare: dict[str, Any] = {"server_header": False, "date_header": True, "proxy_headers": False}
    uvicorn.run(create_app(settings), host=host, port=port, log_config=log, timeout_graceful_shutdown=_GRACE_S, **bare)


def shown(host: str) -> str:
    """An address as it stands in a URL."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
