"""The only reader of the environment: every variable, its unit and what it becomes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from extractors.errors import InvalidRequest
from extractors.options import Ocr, Options
from service.tasks import Limits

PREFIX = "VEILLE_"
_MODEL = PREFIX + "MODEL_"
# Limits on one document, with what each counts.
_LIMITS = {
    "VEILLE_MAX_BYTES": "max_bytes",
    "VEILLE_MAX_CHARACTERS": "max_characters",
    "VEILLE_MAX_PAGES": "max_pages",
}
_WORKER_LIMITS = {
    "VEILLE_MAX_SECONDS": "seconds",
    "VEILLE_MAX_MEMORY_BYTES": "memory_bytes",
}
_THREADS_OF_LIBRARIES = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_MAX_QUEUE = 1_000
_MAX_REQUEST_BYTES = 200_000_000
PORT = 8_000  # of `serve`, unless it is told another


Explore = Literal["off", "tables", "sql"]
Log = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    VEILLE_DB: path of the database. VEILLE_MODEL_FR, VEILLE_MODEL_EN: spaCy pipelines.
    VEILLE_DEFAULT_LANGUAGE: of text whose language cannot be told.
    VEILLE_TYPES: folder of event types of your own, a TOML file each.
    VEILLE_MAX_BYTES, VEILLE_MAX_CHARACTERS, VEILLE_MAX_PAGES: limits of one document.
    VEILLE_MAX_SECONDS, VEILLE_MAX_MEMORY_BYTES: what a worker may spend on one document.
    VEILLE_WORKERS: how many processes extract, by default one a processor; 0 for none, in which
        case the program extracts itself and those two limits do not hold.
    VEILLE_FAILPOINTS: faults on purpose, for tests; see failpoints.py.
    VEILLE_MAX_QUEUE: how many files may wait for the service before it takes no more.
    VEILLE_MAX_REQUEST_BYTES: of what one request to the service may carry.
    VEILLE_KEY_FILE: the keys of the service, one a line, as they are or as `sha256:` and their
        digest; without it the service answers on this machine only.
    VEILLE_LOG: text, or json for a JSON line an entry.
    VEILLE_HOSTS: names, with commas between, that the service answers to beside those of this
        machine; with keys and without names, any.
    VEILLE_OCR: auto: pages of a PDF without text, and pictures, are recognised where that is installed; force: every
        page of a PDF, whatever text it has; never.
    VEILLE_EXPLORE: tables: the service shows the tables of its database below /data, by Datasette;
        sql: and answers SQL there; off: neither, unless `serve --explore` asks for the tables.
    """

    db: Path
    options: Options
    limits: Limits = field(default_factory=Limits)
    workers: int = 1
    failpoints: str = ""
    max_queue: int = _MAX_QUEUE
    max_request_bytes: int = _MAX_REQUEST_BYTES
    log: Log = "text"
    key_file: Path | None = None
    hosts: tuple[str, ...] = ()
    explore: Explore = "off"


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings, by default of the program's own environment.

    Raises InvalidRequest, naming the variable, for a value that it cannot have.
    """
    given = os.environ if environment is None else environment
    models = tuple(sorted((name.removeprefix(_MODEL).lower(), value) for name, value in given.items() if name.startswith(_MODEL) and value))
    limits: dict[str, Any] = {field: _positive(name, given[name]) for name, field in _LIMITS.items() if given.get(name)}
    types_folder = Path(given["VEILLE_TYPES"]).absolute() if given.get("VEILLE_TYPES") else None
    ocr = _one_of("VEILLE_OCR", given.get("VEILLE_OCR") or "auto", get_args(Ocr))
    options = Options(models=models, default_language=_language(given), types_folder=types_folder, ocr=ocr, **limits)
    return Settings(
        db=Path(given.get("VEILLE_DB") or "veille.db"),
        options=options,
        limits=Limits(**{field: _positive(name, given[name]) for name, field in _WORKER_LIMITS.items() if given.get(name)}),
        workers=_number("VEILLE_WORKERS", given["VEILLE_WORKERS"]) if given.get("VEILLE_WORKERS") else processors(),
        failpoints=given.get("VEILLE_FAILPOINTS", ""),
        max_request_bytes=_positive("VEILLE_MAX_REQUEST_BYTES", given.get("VEILLE_MAX_REQUEST_BYTES") or str(_MAX_REQUEST_BYTES)),
        max_queue=_positive("VEILLE_MAX_QUEUE", given.get("VEILLE_MAX_QUEUE") or str(_MAX_QUEUE)),
        log=_one_of("VEILLE_LOG", given.get("VEILLE_LOG") or "text", get_args(Log)),
        key_file=Path(given["VEILLE_KEY_FILE"]) if given.get("VEILLE_KEY_FILE") else None,
        hosts=tuple(name.strip().lower() for name in given.get("VEILLE_HOSTS", "").split(",") if name.strip()),
        explore=_one_of("VEILLE_EXPLORE", given.get("VEILLE_EXPLORE") or "off", get_args(Explore)),
    )


def processors() -> int:
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _positive(name: str, value: str) -> int:
    if (number := _number(name, value)) == 0:
        raise InvalidRequest(f"{name}={value!r}: give a whole number above 0, such as 1_000_000")
    return number


def _number(name: str, value: str) -> int:
    digits = value.replace("_", "")
    if not digits.isdecimal():
        raise InvalidRequest(f"{name}={value!r}: give a whole number, such as 2")
    return int(digits)


def _one_of(name: str, value: str, words: Sequence[str]) -> Any:
    if value not in words:
        raise InvalidRequest(f"{name}={value!r}: give one of {', '.join(words)}")
    return value


def _language(given: Mapping[str, str]) -> str | None:
    from extractors import languages

    value = given.get("VEILLE_DEFAULT_LANGUAGE") or None
    if value is not None and value not in languages.codes():
        raise InvalidRequest(f"VEILLE_DEFAULT_LANGUAGE={value!r}: give one of {', '.join(languages.codes())}")
    return value


def environment_of_workers() -> dict[str, str]:
    """The environment for a process that extracts: one thread for matrix products, since the workers share the processors."""
    return {**os.environ, **dict.fromkeys(_THREADS_OF_LIBRARIES, "1")}


def extract_here() -> None:
    """Give this process that environment; to be called before numpy is loaded. Two threads on matrices this small cost six times the processor time of one."""
    os.environ.update(environment_of_workers())
