"""The desk's cookies: no script sees them, and they end with the browser."""

from typing import Final

from fastapi import Response
from starlette.requests import HTTPConnection

SESSION_COOKIE: Final = "desk"
FORM_COOKIE: Final = "desk_form"
"""Holds the token of the sign-in form, which has no session yet to keep one."""

SECRET: Final = frozenset({SESSION_COOKIE, FORM_COOKIE})

_OF_THIS_HOST: Final = "__Host-"
"""Begins the name of a cookie that browsers take over https alone, and from this very host: no page
of a neighbour, or of one who listens to http, can put another in its place.

Source: RFC 6265bis, section 4.1.3.2."""


def find_cookie(connection: HTTPConnection, name: str) -> str | None:
    """Give a cookie's value; None where the browser sent none."""
    return connection.cookies.get(_name(connection, name))


def set_cookie(
    connection: HTTPConnection, response: Response, name: str, value: str, *, strict: bool = False
) -> None:
    """Set a cookie.

    :param strict: it does not come along where a link of another site leads here; that of a session
        has to, or else whoever comes by a link would be signed out. Every change needs the token besides.
    """
    response.set_cookie(
        _name(connection, name),
        value,
        path="/",
        httponly=True,
        secure=_is_tls(connection),
        samesite="strict" if strict else "lax",
    )


def drop_cookie(connection: HTTPConnection, response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    secure = _is_tls(connection)  # or else it would not touch one that is
    response.delete_cookie(_name(connection, name), path="/", httponly=True, secure=secure)


def _name(connection: HTTPConnection, name: str) -> str:
    return _OF_THIS_HOST + name if name in SECRET and _is_tls(connection) else name


def _is_tls(connection: HTTPConnection) -> bool:
    tls: bool = connection.app.state.web.tls
    return tls
