"""Which language each paragraph is in, and what of a text spaCy is given to read."""

from __future__ import annotations

import re

from extractors import document as documents
from extractors import languages
from extractors.document import Document, Passage
from extractors.errors import EmptyDocument
from extractors.options import Options
from extractors.records import Notice

_TAG = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.IGNORECASE)


def passages(document: Document, view: str, options: Options) -> tuple[list[Passage], list[Notice]]:
    """Passages of a view with their languages, and what was left out.

    Raises EmptyDocument, UnsupportedLanguage.
    """
    spans = documents.paragraphs(view)
    if not spans:
        raise EmptyDocument(f"{document.source or document.id}: no text in it")
    french = sum(view.count(w) for w in (" le ", " la ", " les ", " des ", " et ", " du ", "é"))
    english = sum(view.count(w) for w in (" the ", " of ", " and ", " to ", " in "))
    language = languages.load(document.language or ("fr" if french > english else "en"))
    return documents.passages(view, [(span, language) for span in spans]), []


def tag_code(tag: str) -> str | None:
    """The ISO 639 code at the head of a language tag ("fr-CA" is "fr"), None where there is none."""
    found = _TAG.fullmatch(tag.strip())
    return found[1].lower() if found else None


def readable(text: str, options: Options) -> str:
    """The same length of text with the runs that would stall spaCy's tokenizer blanked."""
    return re.sub(rf"\S{{{options.max_run_characters},}}", lambda m: " " * len(m.group()), text)
