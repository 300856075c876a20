"""How a page is answered: in which language, to whom, whole or only its main part, packed; and how an error looks to a person."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from extractors.errors import VeilleError
from service import access, problems
from service.pages import addresses, assets, wording
from service.uploads import TOKEN

if TYPE_CHECKING:
    import jinja2

PART = "veille-part"  # the header by which a module of ours asks for the main part of a page alone
LANGUAGE = "lang"  # the parameter that asks for a language
_LANGUAGE_COOKIE = "veille_lang"
_YEAR_S = 365 * 24 * 3600
_LEAST_PACKED_BYTES = 1_000
_COMPRESSION = 5  # of gzip: 50 events take 1.3 ms, and 9 would save 2 % more


class StaleForm(problems.Forbidden):
    """A form that was not made for the session that sends it; in the language of the page."""


class StaleReview(problems.Stale):
    """A form about what has changed since it was made; in the language of the page."""


class Visit:
    """A request for a page: its words, its session, and its query without the language."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.rules: access.Rules = request.app.state.rules
        asked = request.query_params.get(LANGUAGE)
        self.wording = wording.wording(
            wording.choose(asked, request.cookies.get(_LANGUAGE_COOKIE), request.headers.get("accept-language", "")),
        )
        self._asked = asked if asked == self.wording.code else None
        self.address = addresses.address(request.url.path, [pair for pair in request.query_params.multi_items() if pair[0] != LANGUAGE])
        self._session = access.session_of(request.headers)
        self._is_new = self.rules.sessions.digest_of(self._session) is None
        if self._is_new:
            self._session = self.rules.sessions.begin()
        self._token: str | None = None

    @property
    def is_logged_in(self) -> bool:
        """Whether it may see the pages."""
        return self.rules.is_logged_in(self.request.headers)

    @property
    def may_write(self) -> bool:
        """Whether its forms would be taken."""
        return self.rules.may_write(self.request.headers)

    @property
    def has_tables(self) -> bool:
        """Whether the database is shown below /data."""
        return bool(self.request.app.state.engine.settings.explore != "off")

    @property
    def has_keys(self) -> bool:
        """Whether there is anything to log in with."""
        return bool(self.rules.keys)

    @property
    def wants_part(self) -> bool:
        return PART in self.request.headers

    def token(self) -> str:
        """A word for the forms of one answer."""
        if self._token is None:
            self._token = self.rules.sessions.token(self._session)
        return self._token

    def check(self, token: str) -> None:
        """Raise StaleForm for a form that is not of this session."""
        if self._is_new or not self.rules.sessions.is_token(self._session, token):
            raise StaleForm(self.wording.words.message.stale)

    def in_language(self, code: str) -> str:
        """This page in another language."""
        return str(self.address.with_only(**{LANGUAGE: code}))

    def page(self, template: str, status: int = 200, **given: Any) -> Response:
        """A page from its template."""
        text = _templates().get_template(template).render(_context(self) | given)
        return self._answer(HTMLResponse(text, status))

    def redirect(self, target: str) -> Response:
        """To another page, with GET; the language that was asked for is kept."""
        return self._answer(RedirectResponse(target, 303))

    def log_in(self, session: str) -> None:
        """Give the browser a session; "" takes its own away."""
        self._session, self._is_new, self._token = session, True, None

    def _answer(self, response: Response) -> Response:
        headers = response.headers
        headers["Vary"] = f"Accept-Encoding, Accept-Language, Cookie, {PART}"
        headers["Cache-Control"] = "no-store" if self.has_keys else "no-cache"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        is_https = self.request.url.scheme == "https"
        if self._is_new:
            headers.append("Set-Cookie", access.cookie_of(self._session, is_https=is_https))
        if self._asked is not None:
            headers.append("Set-Cookie", f"{_LANGUAGE_COOKIE}={self._asked}; Max-Age={_YEAR_S}; Path=/; HttpOnly; SameSite=Lax" + "; Secure" * is_https)
        return _packed(response, self.request)


async def fields_of(visit: Visit, most: int = 20) -> FormData:
    """The fields of a form of this session; raises StaleForm."""
    async with visit.request.form(max_files=0, max_fields=most + 5, max_part_size=20_000) as form:
        visit.check(str(form.get(TOKEN, "")))
        return form


class PageRoute(APIRoute):
    """A page, whose errors are pages too; whoever has to log in first is sent there."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_as_page(request: Request) -> Response:
            if not self.path.startswith(("/login", "/static/")) and not (visit := Visit(request)).is_logged_in:
                return visit.redirect(f"/login?next={quote(str(visit.address), safe='')}")
            try:
                return await answer(request)
            except VeilleError as error:
                return message(request, error)

        return answer_as_page


def message(request: Request, error: Exception) -> Response:
    """An error as a page that says what to do; the log gets what `problems` gives it."""
    problems.response(error)
    found = problems.of(error)
    return Visit(request).page("message.html", found.status, problem=found, is_translated=isinstance(error, StaleForm | StaleReview))


def refused(request: Request, error: Exception) -> Response:
    """What the gate turns away: a person gets a page, which for who has no session is that of the keys."""
    if not _wants_page(request):
        return problems.response(error)
    if isinstance(error, problems.Unauthorised) and request.method == "GET":
        visit = Visit(request)
        return visit.redirect(f"/login?next={quote(str(visit.address), safe='')}")
    return message(request, error)


def _wants_page(request: Request) -> bool:
    asks = "text/html" in request.headers.get("accept", "") or PART in request.headers
    return asks and not request.url.path.startswith("/api/")


def answer_browsers(app: FastAPI) -> None:
    """Let an address that there is not, and a fault, be a page for a person; a program gets its problem as before."""
    for kind in (HTTPException, Exception):
        app.add_exception_handler(kind, _for_people(app.exception_handlers[kind]))


def _for_people(otherwise: Callable[..., Any]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if not _wants_page(request):
            response: Response = await otherwise(request, error)
            return response
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = await otherwise(request, error)
        found = problems.Problem.model_validate_json(told.body)
        page = Visit(request).page("message.html", status, problem=found.model_copy(update={"detail": ""}) if status == 404 else found, is_translated=False)
        if "allow" in told.headers:
            page.headers["Allow"] = told.headers["allow"]
        return page

    return answer


def local_path(target: str) -> str:
    """A page of ours to go on to; anything else is the first page."""
    parts = urlsplit(target)
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and target.isprintable() and "\\" not in target
    return target if is_ours else "/events"


def _packed(response: Response, request: Request) -> Response:
    """The same, packed for who takes it."""
    body = bytes(response.body)
    if len(body) >= _LEAST_PACKED_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(body, _COMPRESSION)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    return response


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("service.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _context(visit: Visit) -> dict[str, Any]:
    """What every template is given."""
    return {
        "visit": visit,
        "w": visit.wording.words,
        "say": visit.wording,
        "here": visit.address,
        "nowhere": addresses.address("/", ()),
        "layout": "part.html" if visit.wants_part else "base.html",
        "languages": {code: wording.wording(code).words.name for code in wording.languages()},
        "asset": _asset_address,
        "of_document": addresses.of_document,
        "section": "",
        "next_page": None,
    }


def _asset_address(name: str) -> str:
    return f"/static/{assets.edition()}/{name}"
