"""What made a record: a short hash of code, tables, models and settings."""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from extractors import languages
from extractors.options import Options


@lru_cache
def fingerprint(options: Options) -> str:
    """Twelve hex digits that change when the same document could give another record."""
    digest = hashlib.sha256(repr(replace(options, types_folder=None)).encode())  # what is in the folder counts, not where it lies
    for code in languages.codes():
        name = options.model_for(code) or languages.load(code).table["model"]["name"]
        digest.update(f"{name} {_version(name)}\n".encode())
    digest.update(f"spacy {_version('spacy')}\n".encode())
    for path, content in sorted(_own_files(files("extractors"))):
        digest.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
    if options.types_folder is not None:
        for own in sorted(options.types_folder.glob("*.toml")):
            digest.update(f"own type {own.name}".encode() + b"\0" + hashlib.sha256(own.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _own_files(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    out: list[tuple[str, bytes]] = []
    for item in folder.iterdir():
        if item.is_dir():
            out += _own_files(item, f"{prefix}{item.name}/")
        elif item.name.endswith((".py", ".toml", ".csv", ".sqlite")):
            out.append((prefix + item.name, item.read_bytes()))
    return out
