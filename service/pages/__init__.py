"""The web pages: `install(app, rules)` adds them to the service.

    routes      an address each, and what its template is given
    reviewing   what people say of events and organisations
    showing     a request's language, session and templates: how a page is answered
    addresses   every link is the query with one thing changed
    charts      bars of months, circles of the map
    wording     the words of each language

Everything works without JavaScript; the modules in static/ replace the main part of a page in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from service.access import Rules


def install(app: FastAPI, rules: Rules) -> None:
    """Add the pages to an application whose gate lets in by the same rules."""
    from service.pages import reviewing, routes, showing

    app.state.rules = rules
    app.include_router(reviewing.router)  # before the document pages, whose path takes anything
    app.include_router(routes.router)
    showing.answer_browsers(app)


def refused(request: Request, error: Exception) -> Response:
    """What a request is answered that the gate turns away: a page for a person, a problem for a program."""
    from service.pages import showing

    return showing.refused(request, error)
