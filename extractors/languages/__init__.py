"""The languages Veille reads: one TOML file each, and the only place that names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import tomli  # compiled, three times as fast as tomllib: the start of every command waits for it

from extractors.errors import MissingPart
from extractors.options import Options

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline

    from extractors.languages.annotation import Annotator


@dataclass(frozen=True, eq=False, slots=True)
class Language:
    """A language's tables; compared by identity, since `load` makes each one once."""

    code: str
    table: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """One section of the language's file: `dates`, `organisations`, `places`, `events`…"""
        section: Mapping[str, Any] = self.table.get(name, {})
        return section


@lru_cache
def codes() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that have a file here, sorted."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in files(__name__).iterdir() if f.name.endswith(".toml")))


@lru_cache
def load(code: str) -> Language:
    """The language of a code; KeyError for one that has no file."""
    if code not in codes():
        raise KeyError(code)
    return Language(code, tomli.loads((files(__name__) / f"{code}.toml").read_text(encoding="utf-8")))


@lru_cache
def pipeline(code: str, options: Options) -> Pipeline:
    """The spaCy pipeline of a language, loaded once a process."""
    from extractors.languages import loading

    own = options.model_for(code)
    name = own or load(code).table["model"]["name"]
    try:
        return loading.load(name, is_known=own is None)
    except OSError as error:
        message = f"spaCy model {name!r} for {code!r} is not installed: run `pip install .` again, or name another in VEILLE_MODEL_{code.upper()}"
        raise MissingPart(message) from error


@lru_cache
def annotator(code: str, options: Options) -> Annotator:
    """What annotates texts in a language, loaded once a process; raises MissingPart."""
    from extractors.languages.annotation import Annotator

    return Annotator.of(pipeline(code, options), load(code).table["model"]["probe"])
