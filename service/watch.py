"""Folders that are watched: what is new or changed in them goes the way of `ingest`, as it comes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import MissingPart
from service import ingest, store
from service.workers import pool_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from service.settings import Settings

_LOOK_MS = 1_000  # between two looks where nothing happens: the first of them begins the work
_SETTLED_MS = 1_600  # that changes are collected for: a file is written in several steps


def watch(roots: Sequence[Path], settings: Settings, plan: ingest.Plan, tell: Callable[[ingest.Outcome | ingest.Skipped], None]) -> None:
    """Ingest what is in some folders, then whatever is added or changed, until the program is interrupted.

    Raises as `ingest.ingest` does, and MissingPart where watchfiles is not installed.
    """
    feed = changes(roots)
    with store.opened(settings.db) as db, pool_of(settings, for_store=True) as pool:
        for items in batches(roots, settings.db, feed):
            for item in items:
                if isinstance(item, ingest.Skipped):
                    tell(item)
            found = [item for item in items if isinstance(item, ingest.Found)]
            ingest.ingest(db, found, plan, pool, ingest.Watcher(tell))


def batches(roots: Sequence[Path], database: Path, feed: Iterable[Iterable[str]]) -> Iterator[list[ingest.Found | ingest.Skipped]]:
    """What there is to ingest: everything at first, then, for each set of paths that changed, the files of the walk that are or lie under one of them.

    So the rules are those of the walk: hidden files, databases and links out of a folder are left out.
    """
    is_first = True
    for changed in feed:
        names = {os.path.abspath(name) for name in changed}
        walked = ingest.walk(roots, database) if is_first or names else ()
        items = [item for item in walked if is_first or (isinstance(item, ingest.Found) and _is_under(item.path, names))]
        is_first = False
        if items:
            yield items


def changes(roots: Sequence[Path], stop: threading.Event | None = None) -> Iterator[set[str]]:
    """Paths that were added or changed, a set at a time, and an empty one where for a while none was; raises MissingPart."""
    try:
        import watchfiles
    except ImportError as error:
        raise MissingPart("watchfiles is not installed: run `pip install 'veille[watch]'`, or in a clone `pip install '.[watch]'`") from error
    settings: dict[str, Any] = {"watch_filter": None, "debounce": _SETTLED_MS, "rust_timeout": _LOOK_MS, "yield_on_timeout": True, "raise_interrupt": True}
    for found in watchfiles.watch(*roots, stop_event=stop, **settings):
        yield {path for change, path in found if change != watchfiles.Change.deleted}


def _is_under(path: Path, names: set[str]) -> bool:
    """Whether a path is one of some, or in a folder that is one of them: a folder that is moved in is one change."""
    whole = Path(os.path.abspath(path))
    return any(str(part) in names for part in (whole, *whole.parents))
