"""The only reader of the environment: every variable, its unit and what it becomes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from extractors.errors import InvalidRequest
from extractors.options import Options

PREFIX = "VEILLE_"
_MODEL = PREFIX + "MODEL_"
# Limits on one document, with what each counts.
_LIMITS = {
    "VEILLE_MAX_BYTES": "max_bytes",
    "VEILLE_MAX_CHARACTERS": "max_characters",
    "VEILLE_MAX_PAGES": "max_pages",
}
_MAX_REQUEST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    VEILLE_DB: path of the database. VEILLE_MODEL_FR, VEILLE_MODEL_EN: spaCy pipelines.
    VEILLE_DEFAULT_LANGUAGE: of text whose language cannot be told.
    VEILLE_MAX_BYTES, VEILLE_MAX_CHARACTERS, VEILLE_MAX_PAGES: limits of one document.
    VEILLE_MAX_REQUEST_BYTES: of what one request to the service may carry.
    VEILLE_KEY_FILE: the keys of the service, one a line, as they are or as `sha256:` and their
        digest; without it the service answers on this machine only.
    VEILLE_HOSTS: names, with commas between, that the service answers to beside those of this
        machine; with keys and without names, any.
    """

    db: Path
    options: Options
    max_request_bytes: int = _MAX_REQUEST_BYTES
    key_file: Path | None = None
    hosts: tuple[str, ...] = ()


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings, by default of the program's own environment.

    Raises InvalidRequest, naming the variable, for a value that it cannot have.
    """
    given = os.environ if environment is None else environment
    models = tuple(sorted((name.removeprefix(_MODEL).lower(), value) for name, value in given.items() if name.startswith(_MODEL) and value))
    limits = {field: _positive(name, given[name]) for name, field in _LIMITS.items() if given.get(name)}
    options = Options(models=models, default_language=_language(given), **limits)
    return Settings(
        db=Path(given.get("VEILLE_DB") or "veille.db"),
        options=options,
        max_request_bytes=_positive("VEILLE_MAX_REQUEST_BYTES", given.get("VEILLE_MAX_REQUEST_BYTES") or str(_MAX_REQUEST_BYTES)),
        key_file=Path(given["VEILLE_KEY_FILE"]) if given.get("VEILLE_KEY_FILE") else None,
        hosts=tuple(name.strip().lower() for name in given.get("VEILLE_HOSTS", "").split(",") if name.strip()),
    )


def _positive(name: str, value: str) -> int:
    digits = value.replace("_", "")
    if not digits.isdecimal() or int(digits) == 0:
        raise InvalidRequest(f"{name}={value!r}: give a whole number above 0, such as 1_000_000")
    return int(digits)


def _language(given: Mapping[str, str]) -> str | None:
    from extractors import languages

    value = given.get("VEILLE_DEFAULT_LANGUAGE") or None
    if value is not None and value not in languages.codes():
        raise InvalidRequest(f"VEILLE_DEFAULT_LANGUAGE={value!r}: give one of {', '.join(languages.codes())}")
    return value
