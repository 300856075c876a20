"""Bytes in, Record out: a pure library without network, clock or database.

    from extractors import extract, read

    [document] = read(Path("post.txt"))
    record = extract(document)       # in a notebook, `record` shows its text with what was found in it
    record.to_frames()["events"]     # the same as pandas frames (extra `frames`)

docs/python.md goes on from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.errors import VeilleError
    from extractors.formats import Hints, read
    from extractors.frames import to_frames
    from extractors.options import Options
    from extractors.pipeline import extract, extract_many
    from extractors.records import Record

__all__ = ["Document", "Hints", "Options", "Record", "VeilleError", "extract", "extract_many", "read", "to_frames"]

_HOMES = {
    "Document": "extractors.document",
    "Hints": "extractors.formats",
    "Options": "extractors.options",
    "Record": "extractors.records",
    "VeilleError": "extractors.errors",
    "extract": "extractors.pipeline",
    "extract_many": "extractors.pipeline",
    "read": "extractors.formats",
    "to_frames": "extractors.frames",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: `veille --help` must not load spaCy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
