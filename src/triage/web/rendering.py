"""Rendering: a template, what it shows (a frozen dataclass of ``pages``) and the frame around it."""

import hashlib
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import HTTPConnection

from triage.web import names, shown
from triage.web.case_words import name_kind
from triage.web.pages import Toast
from triage.web.visits import Seat
from triage.web.words import find_language, translate

NAVIGATION: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("/", "Queue", "read_cases", "g q"),
    ("/intake", "Intake", "intake", "g i"),
    ("/report", "Shift report", "report", "g r"),
    ("/trends", "Trends", "report", "g t"),
    ("/accounts", "Accounts", "accounts", "g a"),
    ("/settings", "Settings", "accounts", "g s"),
    ("/audit", "Audit log", "audit", "g l"),
)
"""Address, name, the right that it takes, and the keys that lead there."""


def render(
    request: Request,
    template: str,
    page: object,
    *,
    seat: Seat,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    done: str = "",
    **more: object,
) -> Response:
    """Render a page, or a part of one, for who is signed in.

    :param template: a file of ``templates/``.
    :param page: what it shows; ``page`` in the template.
    :param done: what was done just now, in English; a short line tells it.
    :param more: further names for the template.
    """
    frame = {"seat": seat, "may": seat.may, "csrf_token": seat.visit.csrf_token}
    if done:
        more["toast"] = Toast(translate(done, seat.language))
    html = _fill(request, template, seat.language, page, {**frame, **more})
    return HTMLResponse(html, status, headers)


def render_apart(
    connection: HTTPConnection, template: str, page: object, *, status: int = 200, **more: object
) -> HTMLResponse:
    """Render a page that needs nobody signed in: the sign-in, and what went wrong."""
    language = find_language(connection)
    frame = {"seat": None, "may": lambda right: False, "csrf_token": ""}
    return HTMLResponse(_fill(connection, template, language, page, {**frame, **more}), status)


def _fill(
    connection: HTTPConnection, template: str, language: str, page: object, frame: dict[str, object]
) -> str:
    here = {"path": connection.scope["path"], "language": language, "page": page}
    return load_templates().get_template(template).render(**here, **speak(language), **frame)


def speak(language: str) -> dict[str, object]:
    """Give the names by which a template says something in a language."""
    return {"t": partial(translate, language=language), "show": shown.Shown(language)}


@cache
def load_templates() -> Environment:
    """Load the templates; everything in them is escaped, and a name that is missing is an error."""
    templates = Environment(
        loader=PackageLoader("triage.web"),
        autoescape=True,
        auto_reload=False,  # else each page looks up the time of each of its templates' files
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["mark_kind"] = name_kind
    templates.globals |= {"asset": find_asset, "names": names, "NAVIGATION": NAVIGATION}
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)  # all at once: else the first fifty readers each translate all
    return templates


@cache
def find_asset(name: str) -> str:
    """Give the address of a file of ``static/``; it changes with the file, so browsers keep it."""
    content = resources.files("triage.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def is_part(request: Request) -> bool:
    """Say whether htmx asks, so that only a part of the page is wanted."""
    return "hx-request" in request.headers
