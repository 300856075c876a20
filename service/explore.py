"""The database below /data, by Datasette: tables to filter, count and download, read-only; SQL only where a setting allows it.

What Datasette would tell of this machine is closed: its own pages (/-/…) answer 404, the file cannot be
downloaded, and every connection is one of store/guarded.py. The gate of the service stands before all of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from extractors.errors import MissingPart
from service import problems
from service.store import guarded

if TYPE_CHECKING:
    from datasette.app import Datasette
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from service.settings import Settings

PATH = "/data"
_NAME = "veille"  # of the database, in addresses
_CLOSED = re.compile(rf"{PATH}(?:/[^/]+)*/-(?:/|$)")  # a part of the address that is "-"
_STATIC = re.compile(rf"{PATH}/-/static(?:-plugins)?/")
_SETTINGS: Mapping[str, Any] = {
    "base_url": f"{PATH}/",
    "default_page_size": 50,
    "max_returned_rows": 1_000,
    "sql_time_limit_ms": 1_000,
    "num_sql_threads": 2,
    "facet_time_limit_ms": 500,
    "max_csv_mb": 100,
    "truncate_cells_html": 300,
    "allow_download": False,
    "suggest_facets": False,  # each page would count every column once more
    "default_cache_ttl": 0,
}
_WHAT = {"date": "first day", "end_date": "last day, inclusive", "status": "occurred, planned, ongoing, cancelled or postponed"}
_MENTIONED = {"documents": "documents that name it", "mentions": "times that it is named", "events": "events that it has a part in"}
_TABLES: Mapping[str, Mapping[str, Any]] = {
    "events_view": {
        "title": "Events",
        "description_html": 'One row an event, with the sentence that says so. <a href="/events">The events on a map and in time</a>.',
        "facets": ["type", "status", "country", "language"],
        "sort_desc": "date",
        "fts_table": "events_search",
        "fts_pk": "number",
        "columns": {**_WHAT, "title": "in its own words", "country": "ISO 3166-1", "confidence": "0 to 1", "page": "of the document, from 1"},
        # a map, where that plugin of Datasette's is installed
        "plugins": {"datasette-cluster-map": {"latitude_column": "lat", "longitude_column": "lon"}},
    },
    "documents_view": {
        "title": "Documents",
        "description": "One row a source: the document that it holds, or why it holds none.",
        "facets": ["language", "state", "media_type", "error_code"],
        "sort_desc": "published",
        "fts_table": "documents_search",
        "fts_pk": "number",
        "columns": {"published": "day of publication", "published_from": "where that day was found", "characters": "of its text"},
    },
    "organisations_view": {"title": "Organisations", "description": "Over all documents.", "sort_desc": "documents", "columns": _MENTIONED},
    "places_view": {
        "title": "Places",
        "description": "Over all documents.",
        "facets": ["country", "kind"],
        "sort_desc": "documents",
        "columns": {**_MENTIONED, "geonames_id": "number in GeoNames"},
        "plugins": {"datasette-cluster-map": {"latitude_column": "lat", "longitude_column": "lon"}},
    },
}
_HOOKS = "veille-hooks"  # what Datasette knows our part in it by
_log = logging.getLogger("veille")
_LINKS = {"document_id": "/documents/{}", "event_id": "/events?group={}"}


def mount(app: FastAPI, settings: Settings) -> None:
    """Add the database to a service; raises MissingPart where Datasette is not installed."""
    app.mount(PATH, _Closed(_explorer(settings).app()))


def metadata(*, has_sql: bool) -> dict[str, Any]:
    """What Datasette says of the database, and which of its tables it shows."""
    about = {"title": "Veille", "description": "What was found in the documents.", "about": "Veille", "about_url": "/events"}
    return {**about, "databases": {_NAME: {"allow_sql": has_sql, "tables": {name: dict(told) for name, told in _TABLES.items()}}}}


class _Closed:
    """Datasette without the pages that tell of this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if _CLOSED.search(path) and not _STATIC.match(path):
            await problems.response(problems.NotFound(f"{path[:80]}: there is nothing at this address"))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _explorer(settings: Settings) -> Datasette:
    """A Datasette of our store."""
    try:
        from datasette.app import Datasette
        from datasette.database import Database
        from datasette.url_builder import Urls
    except ImportError as error:
        raise MissingPart("Datasette is not installed: run `pip install 'veille[explore]'`, or in a clone `pip install '.[explore]'`") from error

    class Once(Urls):  # type: ignore[misc]
        """Links below our path: addresses that a page takes from its own request have it already."""

        def path(self, path: str, format: str | None = None) -> Any:
            return super().path(str(path).removeprefix(PATH) if str(path).startswith(f"{PATH}/") else path, format)

    class Explorer(Datasette):  # type: ignore[misc]
        urls = property(Once)

    class Guarded(Database):  # type: ignore[misc]
        def connect(self, write: bool = False) -> Any:
            connection = guarded.connect(self.path)
            self._all_file_connections.append(connection)
            return connection

        async def table_names(self) -> list[str]:
            """None: what there is to see is in the views."""
            return []

        async def view_names(self) -> list[str]:
            return list(guarded.VIEWS)

    _install_hooks()
    found = Explorer([], metadata=metadata(has_sql=settings.explore == "sql"), settings=dict(_SETTINGS))
    found.remove_database("_memory")
    found.add_database(Guarded(found, path=str(settings.db.absolute()), is_mutable=True), name=_NAME)
    return found


def _install_hooks() -> None:
    """Let ids of documents and events lead to their pages, and errors tell nothing of this machine."""
    import markupsafe
    from datasette import hookimpl
    from datasette.plugins import pm
    from datasette.utils.asgi import Response

    class Hooks:
        __name__ = _HOOKS

        @hookimpl  # type: ignore[untyped-decorator]
        def render_cell(self, value: Any, column: str, database: str) -> Any:
            if database != _NAME or column not in _LINKS or not isinstance(value, str):
                return None
            return markupsafe.Markup('<a href="{}">{}</a>').format(_LINKS[column].format(quote(value, safe="")), value)

        @hookimpl  # type: ignore[untyped-decorator]
        def handle_exception(self, datasette: Datasette, request: Any, exception: Exception) -> Any:
            """Datasette's own answer would print the variables of every function on the way, words of documents among them."""
            status, said = _said(exception)
            if status >= 500:
                _log.error("%s below %s: %s", type(exception).__name__, PATH, exception)

            async def answer() -> Any:
                told = {"ok": False, "error": said, "status": status, "title": None}
                if request.path.endswith(".json"):
                    return Response.json(told, status=status)
                page = datasette.jinja_env.select_template([f"{status}.html", "error.html"])
                more = {"urls": datasette.urls, "app_css_hash": datasette.app_css_hash(), "menu_links": list}
                return Response.html(await page.render_async({**told, **more}), status=status)

            return answer

    if pm.get_plugin(_HOOKS) is None:
        pm.unregister(name="datasette.handle_exception")
        pm.register(Hooks(), name=_HOOKS)


def _said(exception: Exception) -> tuple[int, str]:
    """The status and the words for an exception: Datasette's own where it means them for people."""
    from datasette.utils.asgi import Base400
    from datasette.views.base import DatasetteError

    if isinstance(exception, DatasetteError):
        return exception.status, "The query was not answered in time, or is not one." if exception.message_is_html else str(exception.message)
    if isinstance(exception, Base400):
        return exception.status, str(exception.args[0])
    if guarded.is_refusal(exception):
        return 403, "This table is not shown here; the list of tables has those that are."
    return 500, "The database cannot be read just now; try again in a few seconds."
