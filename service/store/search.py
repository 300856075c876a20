"""Full text: what is indexed for a document or an event, and how a question is put to FTS5.

Words are indexed as written (FTS5 folds case and accents) and as Snowball
stems of the document's language, so that *atelier* finds *ateliers*.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

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


def document_words(record: Record) -> str:
    """The stems that a document is found by."""
    return stems(f"{record.title or ''} {record.text}", record.language)


def event_words(event: Event, record: Record) -> tuple[str, ...]:
    """What an event is found by, a column each: its title, its sentence, the names of its organisations and places, stems."""
    organisations = "; ".join(_names(entity, record.text) for entity in record.entities if entity.id in event.organisations)
    places = "; ".join(_names(entity, record.text) for entity in record.entities if entity.id in event.places)
    return event.title, event.evidence.quote, organisations, places, stems(f"{event.title} {event.evidence.quote}", record.language)


def index_document(db: Database, number: int, record: Record, words: str) -> None:
    """Make a document findable at the end of the transaction; what was indexed under its number is replaced."""
    db.execute("DELETE FROM documents_search WHERE rowid = ?", [number])
    _at_the_end(db, "documents", number, record.id, (record.title, record.text, words))


def index_event(db: Database, number: int, event_id: str, words: tuple[str, ...]) -> None:
    """Make an event findable at the end of the transaction."""
    _at_the_end(db, "events", number, event_id, words)


def settle(db: Database) -> None:
    """Make findable what a transaction has written and not removed again, as its last step.

    FTS5 writes what it holds in memory into a segment of its own before every statement that may be undone alone,
    and merges segments later: rows that are put in together cost less than each between other statements.
    """
    chosen: dict[str, dict[int, tuple[str, _Words]]] = {}
    for table, number, identity, words in _waiting.pop(db, ()):
        chosen.setdefault(table, {})[number] = identity, words
    for table, rows in chosen.items():
        there = dict(db.execute(f"SELECT number, id FROM {table} WHERE number IN (SELECT value FROM json_each(?))", [json.dumps(list(rows))]).fetchall())
        found = [(number, *words) for number, (identity, words) in rows.items() if there.get(number) == identity]
        columns = ", ".join(("rowid", *_COLUMNS[table]))
        db.conn.executemany(f"INSERT INTO {table}_search ({columns}) VALUES ({', '.join('?' * (1 + len(_COLUMNS[table])))})", found)


def waiting(db: Database) -> int:
    """How many rows a transaction is to make findable so far."""
    return len(_waiting.get(db, ()))


def forget(db: Database, since: int = 0) -> None:
    """Let go of the rows of a transaction, or of the part of it, that was undone."""
    if db in _waiting:
        del _waiting[db][since:]


_Words = tuple[str | None, ...]
_COLUMNS = {"documents": ("title", "text", "stems"), "events": ("title", "sentence", "organisations", "places", "stems")}
# What the transaction of a connection is to make findable: table, number, id, and a text for each column.
_waiting: WeakKeyDictionary[Database, list[tuple[str, int, str, _Words]]] = WeakKeyDictionary()


def _at_the_end(db: Database, table: str, number: int, identity: str, words: _Words) -> None:
    if not db.conn.in_transaction:
        raise RuntimeError("what is to be found is written within a transaction")
    _waiting.setdefault(db, []).append((table, number, identity, words))


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
