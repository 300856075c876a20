"""What a caller may set: one frozen value, handed down, never read from the environment here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Limits and choices of one extraction run.

    models: spaCy pipeline by language code, where the language file's own is not wanted.
    default_language: for text whose language cannot be told (a warning says so).
    types_folder: of TOML files with event types of the user's own (event_types/__init__.py says how).
    """

    models: tuple[tuple[str, str], ...] = field(default=())
    default_language: str | None = None
    max_bytes: int = 100_000_000
    max_characters: int = 5_000_000
    max_pages: int = 2_000
    types_folder: Path | None = None
    max_run_characters: int = 500  # longer runs without a blank are blanked before spaCy: its tokenizer is quadratic

    def model_for(self, code: str) -> str | None:
        """Name of the spaCy pipeline the caller wants for a language, None for the default."""
        return dict(self.models).get(code)


DEFAULT = Options()
