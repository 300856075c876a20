"""Is everything here that Veille needs? One check a part, each with its cure."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extractors import languages
from service import settings as defaults
from service.settings import Settings

_LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One part, what was found of it, and what to do where that is not enough."""

    part: str
    found: str
    is_ok: bool
    cure: str = ""


def checks(settings: Settings) -> Iterator[Check]:
    """Every check, in the order in which a newcomer meets the parts."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", version, sys.version_info >= (3, 11), "install Python 3.11 or newer and make a new virtual environment with it")
    yield from _sqlite()
    for code in languages.codes():
        yield _model(code, settings)
    yield _gazetteer()
    yield _recognition()
    yield _database(settings.db)
    yield _disk(settings.db)
    yield _port(defaults.PORT)


def _sqlite() -> Iterator[Check]:
    from service import store

    found, has_full_text = store.engine()
    yield Check("SQLite", found, True)
    yield Check(
        "FTS5",
        "present" if has_full_text else "absent",
        has_full_text,
        "use a Python whose SQLite has FTS5, such as that of python.org or of your distribution",
    )


def _model(code: str, settings: Settings) -> Check:
    name = settings.options.model_for(code) or languages.load(code).table["model"]["name"]
    part = f"model {code}"
    if importlib.util.find_spec(name.replace("/", ".")) is None and not Path(name).is_dir():
        return Check(part, f"{name}: missing", False, f"run `pip install .` again, or name another in VEILLE_MODEL_{code.upper()}")
    try:
        return Check(part, f"{name} {importlib.metadata.version(name)}", True)
    except importlib.metadata.PackageNotFoundError:
        return Check(part, name, True)


def _gazetteer() -> Check:
    from extractors import gazetteers

    if not gazetteers.PATH.is_file():
        return Check("gazetteer", "missing", False, "run `pip install .` again, which builds it (in a clone: `pip install -e .`)")
    return Check("gazetteer", f"{gazetteers.PATH.stat().st_size / 1e6:.0f} MB", True)


def _recognition() -> Check:
    """Text recognition is an extra: without it scans are refused, each with the cure."""
    from service import ocr

    try:
        engine, known = ocr.available(ocr.languages_wanted())
    except ocr.NoEngine as error:
        return Check("text recognition", f"none, so scans are not read: {error}", True)
    missing = [code for code in ocr.languages_wanted() if code not in known]
    return Check("text recognition", f"{engine} ({', '.join(known)})" + (f", without {', '.join(missing)}" if missing else ""), True)


def _database(path: Path) -> Check:
    from service import store
    from service.store import documents

    if not path.exists():
        return Check("database", f"{path}: not made yet", True)
    try:
        with store.opened_for_reading(path) as db:
            return Check("database", f"{path}: {documents.count(db)} documents", True)
    except store.StoreError as error:
        return Check("database", "unusable", False, str(error))


def _disk(path: Path) -> Check:
    folder = path.absolute().parent
    if not folder.is_dir():
        return Check("disk", f"{folder}: no such folder", False, "make the folder, or name another database with --db")
    free = shutil.disk_usage(folder).free
    return Check("disk", f"{free / 1e9:.1f} GB free", free >= _LEAST_FREE_BYTES, "free some space: a document takes about three times its text")


def _port(number: int) -> Check:
    """Whether the service can have its port; no fault where it cannot, since the service itself may be what runs there."""
    try:
        with socket.create_server(("127.0.0.1", number)):
            return Check("port", f"{number} is free", True)
    except OSError as error:
        return Check(
            "port", f"{number} is taken, by a service that runs already or another program ({error.strerror}): `veille serve --port` takes another", True
        )
