"""Who may come in: the Host asked for, the page that asks, the key, and how much a request may carry."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import problems
from service.keys import Key, Ring

_LEAST_BYTES_A_SECOND = 20_000  # of a body, after which more patience is not due
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_GUARDED = ("/api/", "/version", "/metrics", "/data/")  # what a key is needed for, where there are keys
_CHANGE_NOTHING = ("/api/v1/extract", "/login", "/logout")  # though they are posted to
_API_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
# Datasette's pages have scripts and styles of their own in them.
_EXPLORE_POLICY = f"{_API_PAGE_POLICY}; form-action 'self'; base-uri 'none'"
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PAGES_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DATA = ("/api/", "/version", "/healthz", "/readyz", "/metrics", "/openapi.json")
_NO_REFERRER = "no-referrer"  # not of pages: their forms would then come with `Origin: null`
_COOKIE = "veille_session"
_SESSION_S = 30 * 24 * 3600
_STRANGER = "-"  # whose session is of no key


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is of this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def reviewer(scope: Scope) -> str:
    """Who is to be named for what a request changes: the name of its key, or of nobody's on this machine."""
    return str(scope.get("state", {}).get("key_name") or "local")


class Sessions:
    """What the pages know a browser by: a cookie that this program has signed, and tokens that only its own forms carry.

    A restart ends every session. clock: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._secret, self._clock = secrets.token_bytes(32), clock

    def begin(self, digest: str = _STRANGER) -> str:
        """A new session, of the key with a digest or of a stranger, as the value of a cookie."""
        said = f"{secrets.token_urlsafe(16)}.{int(self._clock())}.{digest}"
        return f"{said}.{self._sign(said)}"

    def digest_of(self, cookie: str) -> str | None:
        """The digest of the key that a session is of, `-` of a stranger; None for a cookie that is none of ours or too old."""
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(self._sign(said).encode(), signature.encode("utf-8", "surrogatepass")):
            return None
        _, begun, digest = said.split(".")
        return digest if self._clock() - int(begun) < _SESSION_S else None

    def token(self, cookie: str) -> str:
        """A word for a form of a session; each is another, so that compressed pages do not give it away."""
        salt = secrets.token_urlsafe(12)
        return f"{salt}.{self._sign(f'{salt}|{cookie}')}"

    def is_token(self, cookie: str, token: str) -> bool:
        """Whether a form was made for a session."""
        salt, _, signature = token.partition(".")
        return hmac.compare_digest(self._sign(f"{salt}|{cookie}").encode(), signature.encode("utf-8", "surrogatepass"))

    def _sign(self, said: str) -> str:
        return hmac.new(self._secret, said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def session_of(headers: Headers) -> str:
    """The session that a request is of, "" where it brings none."""
    cookies = (part.strip().partition("=") for header in headers.getlist("cookie") for part in header.split(";"))
    return next((value for name, _, value in cookies if name == _COOKIE), "")


def cookie_of(session: str, *, is_https: bool) -> str:
    """The header that gives a browser its session; "" ends it."""
    age = _SESSION_S if session else 0
    return f"{_COOKIE}={session}; Max-Age={age}; Path=/; HttpOnly; SameSite=Strict" + "; Secure" * is_https


@dataclass(frozen=True, slots=True)
class Rules:
    """What is let in.

    keys: without any, the service answers on this machine only.
    hosts: names beside those of this machine; with keys and without names, any.
    max_bytes: of a request's body, and max_bytes_at: of those sent to some paths.
    patience_s: seconds for a body to come, and more for a large one that does come.
    """

    keys: Ring
    hosts: Sequence[str]
    max_bytes: int
    max_bytes_at: Mapping[str, int]
    patience_s: float = 25.0
    sessions: Sessions = field(default_factory=Sessions)

    def log_in(self, key: str) -> str | None:
        """A session of a key, None where it is none of ours."""
        found = self.keys.find(key)
        return None if found is None else self.sessions.begin(found.digest)

    def is_logged_in(self, headers: Headers) -> bool:
        """Whether a request may see the pages: where there are keys, its session has to be of one that still holds."""
        return not self.keys or self.session_key(headers) is not None

    def may_write(self, headers: Headers) -> bool:
        """Whether who sees the pages may change something by them."""
        key = self.session_key(headers)
        return not self.keys or (key is not None and key.scope == "write")

    def session_key(self, headers: Headers) -> Key | None:
        """The key that a request's session is of, where it still holds."""
        return self.keys.of_digest(self.sessions.digest_of(session_of(headers)) or "")


class Gate:
    """Middleware that turns away what the rules do not let in, and says how a browser is to treat the rest."""

    def __init__(self, app: ASGIApp, rules: Rules, refused: Callable[[Request, Exception], Response] | None = None) -> None:
        """refused: how to answer a request that is turned away; by default as a problem."""
        self._app, self._rules, self._refused = app, rules, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        policy = _policy(path)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = _NO_REFERRER if policy in (_DATA_POLICY, _API_PAGE_POLICY) else "same-origin"
                headers["Content-Security-Policy"] = policy
            await send(message)

        limit = self._rules.max_bytes_at.get(path, self._rules.max_bytes)
        try:
            key = _check(scope["method"], path, Headers(scope=scope), self._rules)
            scope.setdefault("state", {})["key_name"] = None if key is None else key.name
            _check_length(Headers(scope=scope).get("content-length"), limit)
        except problems.Refused as error:
            answer = problems.response(error) if self._refused is None else self._refused(Request(scope), error)
            await answer(scope, receive, send_safely)
            return
        taken = _limited(receive, limit, self._rules.patience_s)
        if scope["method"] == "HEAD":  # every address that answers GET
            await self._app({**scope, "method": "GET"}, taken, _bodiless(send_safely))
        else:
            await self._app(scope, taken, send_safely)


def _bodiless(send: Send) -> Send:
    """The same answer without its body, as HEAD asks for it."""

    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


def _policy(path: str) -> str:
    """What a browser may load for an answer."""
    if path == "/docs":
        return _API_PAGE_POLICY
    if path.startswith("/data/"):
        return _EXPLORE_POLICY
    return _DATA_POLICY if path.startswith(_DATA) else _PAGES_POLICY


def _check(method: str, path: str, headers: Headers, rules: Rules) -> Key | None:
    """The key that a request has, if any; raises Forbidden for a name that is not ours, a page of another site or a key that may not, Unauthorised for none."""
    host = headers.get("host", "")
    name = _host_name(host)
    if name not in _LOOPBACK_NAMES and name not in rules.hosts and not (rules.keys and not rules.hosts):
        raise problems.Forbidden("The service does not answer to this host name; use http://localhost or name the host in VEILLE_HOSTS.")
    origin = headers.get("origin")
    if method not in _SAFE_METHODS and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        raise problems.Forbidden("A page of another site may not write here; use the service's own address.")
    if not rules.keys:
        return None
    # a cookie alone changes nothing through the API: its forms have tokens, JSON has none
    is_api = path.startswith(_GUARDED)
    key = rules.keys.find(_key(headers, method)) or (rules.session_key(headers) if method in _SAFE_METHODS or not is_api else None)
    if key is None and is_api:
        raise problems.Unauthorised("Send a key of this service as `Authorization: Bearer KEY` or `X-API-Key: KEY`.")
    if key is not None and key.scope == "read" and method not in _SAFE_METHODS and path not in _CHANGE_NOTHING:
        raise problems.Forbidden("This key may read and change nothing; use one of scope write.")
    return key


def _host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _key(headers: Headers, method: str) -> str:
    """The key that a request brings, "" for none. Calendars that subscribe can send it as a password alone; browsers keep that one, so it only reads."""
    scheme, _, word = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return word.strip()
    if scheme.lower() == "basic" and method in _SAFE_METHODS:
        with contextlib.suppress(ValueError):  # of base64 and UTF-8 alike
            return base64.b64decode(word.strip(), validate=True).decode().partition(":")[2]
    return headers.get("x-api-key", "")


def _check_length(length: str | None, limit: int) -> None:
    if length is not None and length.isdecimal() and (len(length) > len(str(limit)) or int(length) > limit):
        raise _too_large(limit)


def _limited(receive: Receive, limit: int, patience_s: float) -> Receive:
    """The same body, which ends with BodyTooLarge as soon as it is over the limit, and with TooSlow where it does not come."""
    received, is_whole = 0, False
    begun = asyncio.get_running_loop().time()

    async def receive_up_to_limit() -> Message:
        nonlocal received, is_whole
        deadline = None if is_whole else begun + patience_s + received / _LEAST_BYTES_A_SECOND
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError as error:
            raise problems.TooSlow("The request's body came too slowly, and nothing of it is stored; send it again over a faster connection.") from error
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if received > limit:
            raise _too_large(limit)
        return message

    return receive_up_to_limit


def _too_large(limit: int) -> problems.BodyTooLarge:
    return problems.BodyTooLarge(f"The request carries more than the {limit:,} bytes that this address takes; send less at a time, nothing of it is stored.")
