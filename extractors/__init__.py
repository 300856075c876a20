"""Bytes in, Record out: a pure library without network, clock or database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.formats import read
    from extractors.options import Options
    from extractors.pipeline import extract
    from extractors.records import Record

__all__ = ["Document", "Options", "Record", "extract", "read"]

_HOMES = {
    "Document": "extractors.document",
    "Options": "extractors.options",
    "Record": "extractors.records",
    "extract": "extractors.pipeline",
    "read": "extractors.formats",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: `veille --help` must not load spaCy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
