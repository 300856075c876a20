"""What the pages load: styles, modules and pictures of our own, held in memory under an address that changes with them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is, and as it is sent to who takes gzip."""

    media_type: str
    content: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file, by name."""
    found = {}
    for file in sorted((files("service.pages") / "static").iterdir(), key=lambda file: file.name):
        suffix = file.name.rpartition(".")[2]
        if suffix in _MEDIA_TYPES:
            content = file.read_bytes()
            found[file.name] = Asset(_MEDIA_TYPES[suffix], content, gzip.compress(content, 9, mtime=0))
    return found


@cache
def edition() -> str:
    """A word that is another as soon as one byte of one file is; modules that load each other stay in one edition."""
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(name.encode() + b"\0" + asset.content)
    return digest.hexdigest()[:16]
