"""What people who explore the database may read: its tables, but not uploads, paths, jobs, reviewers, or where the file lies.

The rule is SQLite's own authorizer, asked for every table and column of a statement when it is prepared, so it
holds for whatever SQL somebody writes.
"""

from __future__ import annotations

import sqlite3
from urllib.parse import quote

VIEWS = ("events_view", "documents_view", "organisations_view", "places_view")
_TABLES = frozenset({
    *VIEWS, *("documents", "warnings", "entities", "organisations", "places", "dates", "mentions"),
    *("events", "event_mentions", "event_places", "event_organisations", "event_roles"),
    *("sqlite_master", "sqlite_schema", "json_each", "json_tree"),
})  # fmt: skip
_SEARCH = ("documents_search", "events_search")  # and the tables that FTS5 keeps beside them
_SOURCES = frozenset({"", "number", "name", "document_id", "state", "error_code", "error_message"})
_STRUCTURE = frozenset(
    {
        "table_info",
        "table_xinfo",
        "foreign_key_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "schema_version",
        "data_version",
        "database_list",
        "cache_size",
    }
)
_DENIED_FUNCTIONS = frozenset({"load_extension"})


def connect(path: str) -> sqlite3.Connection:
    """A connection, for any thread, that reads what is public and can write nothing."""
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, check_same_thread=False)
    connection.set_authorizer(_judge)
    return connection


def is_refusal(error: Exception) -> bool:
    """Whether an error says that something is not public."""
    return isinstance(error, sqlite3.DatabaseError) and str(error).endswith(("is prohibited", "not authorized"))


def _judge(action: int, first: str | None, second: str | None, database: str | None, _: str | None) -> int:
    """SQLite's question about one step of a statement; who asks is no help, since a name in SQL can pass for a view's."""
    is_allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE)
    if action == sqlite3.SQLITE_READ:
        is_allowed = _is_public(first or "", second or "")
    elif action == sqlite3.SQLITE_UPDATE:  # as a full-text table is looked up; the file itself is opened to be read alone
        is_allowed = first == "sqlite_master"
    elif action == sqlite3.SQLITE_PRAGMA:
        is_allowed = (first or "").lower() in _STRUCTURE
    elif action == sqlite3.SQLITE_FUNCTION:
        is_allowed = (second or "").lower() not in _DENIED_FUNCTIONS
    return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY


def _is_public(table: str, column: str) -> bool:
    if table == "sources":
        return column in _SOURCES
    return table in _TABLES or table.startswith(_SEARCH)
