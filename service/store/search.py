"""Full text: what is indexed for a document or an event, and how a question is put to FTS5.

Words are indexed as written (FTS5 folds case and accents) and as Snowball
stems of the document's language, so that *atelier* finds *ateliers*.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extractors import languages

if TYPE_CHECKING:
    from sqlite_utils import Database

    from extractors.records import Event, Record

_WORD = re.compile(r"\w+")
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_CACHED_WORDS = 200_000


def stems(text: str, language: str | None) -> str:
    """The stem of every word of a text, in order; every word itself where the language has no stemmer."""
    return " ".join(_stem(word.lower(), language) for word in _WORD.findall(text))


def expression(question: str) -> str | None:
    """What people type as an FTS5 query that cannot fail: all the words, "exact phrases", beginn*.

    None where there is no word in it. FTS5's own operators are plain words here.
    """
    terms = [_term(phrase, word) for phrase, word in _TERM.findall(question)]
    return " AND ".join(term for term in terms if term) or None


def names_expression(column: str, name: str) -> str | None:
    """An FTS5 query for all the words of a name in one column of events_search, None where there is no word in it."""
    words = _WORD.findall(name)
    return f"{column} : ({' AND '.join(_quoted(word) for word in words)})" if words else None


def index_document(db: Database, number: int, record: Record) -> None:
    """Make a document findable; what was indexed under its number is replaced."""
    db.execute("DELETE FROM documents_search WHERE rowid = ?", [number])
    words = stems(f"{record.title or ''} {record.text}", record.language)
    db.execute("INSERT INTO documents_search (rowid, title, text, stems) VALUES (?, ?, ?, ?)", [number, record.title, record.text, words])


def index_event(db: Database, number: int, event: Event, record: Record) -> None:
    """Make an event findable by its title, its sentence, and the names of its organisations and places."""
    organisations = "; ".join(_names(entity, record.text) for entity in record.entities if entity.id in event.organisations)
    places = "; ".join(_names(entity, record.text) for entity in record.entities if entity.id in event.places)
    words = stems(f"{event.title} {event.evidence.quote}", record.language)
    db.execute(
        "INSERT INTO events_search (rowid, title, sentence, organisations, places, stems) VALUES (?, ?, ?, ?, ?, ?)",
        [number, event.title, event.evidence.quote, organisations, places, words],
    )


def _names(entity: object, text: str) -> str:
    """The name, the acronym and every way the document writes them."""
    written = [text[start:end] for start, end in getattr(entity, "mentions", ())]
    names = [getattr(entity, "name", None), getattr(entity, "acronym", None), *written]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _term(phrase: str, word: str) -> str:
    if _WORD.search(phrase):
        return _quoted(phrase)
    if not _WORD.search(word):
        return ""
    if word.endswith("*"):
        return f"{_quoted(word.rstrip('*'))} *"
    stemmed = {stems(word, code) for code in languages.codes()}
    return f"({_quoted(word)} OR stems : ({' OR '.join(_quoted(s) for s in sorted(stemmed))}))"


def _quoted(text: str) -> str:
    """A string that FTS5 takes as words, never as operators."""
    return '"' + text.replace('"', " ").replace("\0", " ") + '"'


@lru_cache(maxsize=_CACHED_WORDS)
def _stem(word: str, language: str | None) -> str:
    name = languages.load(language).table["model"].get("stemmer") if language in languages.codes() else None
    if name is None:
        return word
    stem: str = _stemmer(name).stemWord(word)
    return stem


@lru_cache
def _stemmer(name: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(name)
