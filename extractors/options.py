"""What a caller may set: one frozen value, handed down, never read from the environment here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Ocr = Literal["auto", "never", "force"]


@dataclass(frozen=True, slots=True)
class Options:
    """Limits and choices of one extraction run.

    models: spaCy pipeline by language code, where the language file's own is not wanted.
    default_language: for text whose language cannot be told (a warning says so).
    ocr: whether pages without text, or all, are recognised before they are read: a part of what makes a record, which
        this library leaves to its caller (the service does it), since it starts no process.
    types_folder: of TOML files with event types of the user's own (event_types/__init__.py says how).
    """

    models: tuple[tuple[str, str], ...] = field(default=())
    default_language: str | None = None
    max_bytes: int = 100_000_000
    max_characters: int = 5_000_000
    max_pages: int = 2_000
    ocr: Ocr = "auto"
    types_folder: Path | None = None
    max_run_characters: int = 500  # longer runs without a blank are blanked before spaCy: its tokenizer is quadratic

    def model_for(self, code: str) -> str | None:
        """Name of the spaCy pipeline the caller wants for a language, None for the default."""
        return dict(self.models).get(code)


DEFAULT = Options()
