"""A SQLite file of what passes a filter, for sqlite3, Datasette, R or Excel: plain tables, tied by keys, with full text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1_000_000


def sqlite_bytes(items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The bytes of such a file; see store/copies.py for its tables."""
    from service.store import copies

    with tempfile.TemporaryDirectory(prefix="veille-") as folder:
        path = Path(folder, "events.sqlite")
        copies.write(path, items)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
