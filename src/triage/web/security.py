"""What guards every answer: headers, the size of what is sent, and where it was sent from."""

import hmac
import logging
import secrets

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage.web.errors import StalePageError, answer_problem

CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request at most: a text of 20,000 letters in Devanagari, as a form, and room to spare."""

UPLOADS = ("/intake/upload",)
"""Paths that take files; they count the bytes themselves, as they write them down."""

API = "/api/"
"""An application of its own, with guards of its own."""

STATIC = "/static/"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_YEAR_S = 365 * 24 * 3600
_log = logging.getLogger(__name__)


class Guard:
    """Stands before the application.

    :param tls: whether the desk is reached by https; then browsers are told to come by it only.
    """

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self.app, self.tls = app, tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it at once."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(MutableHeaders(scope=message), path)
            await send(message)

        async def answer(status: int, code: str) -> None:
            response = answer_problem(HTTPConnection(scope), status, code)
            await response(scope, receive, send_guarded)

        changes = scope["method"] not in SAFE_METHODS and not path.startswith(API)
        if changes and not comes_from_here(headers):
            await answer(403, "foreign_page")
            return
        if changes and not is_utf8(headers):
            await answer(415, "invalid")
            return
        limited = path not in UPLOADS and not path.startswith(API)
        if limited and _announced_length(headers) > BODY_LIMIT:
            await answer(413, "too_large")
            return
        try:
            await self.app(scope, _limit(receive) if limited else receive, send_guarded)
        except Exception as error:
            _log.error("a page failed: %s", tell_place(error))  # a message might quote a complaint
            if not started:
                await answer(500, "failed")

    def _add_headers(self, headers: MutableHeaders, path: str) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if not path.startswith(STATIC):
            headers.setdefault("Cache-Control", "no-store")
        if self.tls:
            headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")


def comes_from_here(headers: Headers) -> bool:
    """Say whether a browser sent a request from a page of the desk, as far as it tells."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin", "null")  # which is what a page without referrers says
    return origin == "null" or origin.partition("://")[2] == headers.get("host")


def is_utf8(headers: Headers) -> bool:
    """Say whether what was sent is in UTF-8, as pages send it: others may hold half characters."""
    charset = headers.get("content-type", "").lower().partition("charset=")[2]
    return charset.strip("\"' ").startswith("utf-8") or not charset


def check_token(expected: str, told: str | None) -> None:
    """Refuse a change that does not carry the token of the session.

    :raises StalePageError: where the token is missing or of another session.
    """
    if not told or not hmac.compare_digest(expected.encode(), told.encode()):
        raise StalePageError


async def read_told_token(request: Request) -> str | None:
    """Give the token that a request carries, in its header or in its form.

    A file is never read for it: forms that upload send the header.
    """
    told = request.headers.get(CSRF_HEADER)
    if told is None and request.scope["path"] not in UPLOADS:
        value = (await request.form()).get(CSRF_FIELD)
        told = value if isinstance(value, str) else None
    return told


def make_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(32)


def tell_place(error: BaseException) -> str:
    """Name an unforeseen error by its type and its place in the code, without its message."""
    trace, place = error.__traceback__, "unknown place"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "triage" in code.co_filename or trace.tb_next is None:
            place = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"


def _announced_length(headers: Headers) -> int:
    told = headers.get("content-length", "0")
    return int(told[:20]) if told.isascii() and told.isdigit() else 0


def _limit(receive: Receive) -> Receive:
    """Stop a body that grows beyond the limit without having said so."""
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY_LIMIT:
            raise HTTPException(413)
        return message

    return receive_limited
