"""What a file's properties say, where somebody wrote it and no program did."""

from __future__ import annotations

import re

from extractors import languages
from extractors.formats.text import clean

_FILE_SUFFIX = re.compile(r"\.[a-z]{2,5}\d?$", re.IGNORECASE)
_WRITER = re.compile(r"^Microsoft \w+ - ")


def written(value: str) -> str | None:
    """A property in one line, None where its program filled it in ("Sans titre")."""
    value = " ".join(clean(value)[0].split())
    untitled = {word for code in languages.codes() for word in languages.load(code).section("reading").get("untitled", ())}
    return value if value and value.casefold() not in untitled else None


def title(value: str) -> str | None:
    """A title property that is one, and no single word or name of a file."""
    told = _WRITER.sub("", written(value) or "")
    return told if " " in told and not _FILE_SUFFIX.search(told) else None
