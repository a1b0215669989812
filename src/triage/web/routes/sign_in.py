"""Signing in and out, the language of the pages, and the own password."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from triage.desk.people.accounts import change_password, set_language
from triage.desk.people.sessions import Visit, confirm_password, sign_in, sign_out
from triage.errors import ConfigError, SignInError
from triage.web.cookies import (
    FORM_COOKIE,
    SESSION_COOKIE,
    drop_cookie,
    find_cookie,
    set_cookie,
)
from triage.web.errors import PROBLEMS, StalePageError
from triage.web.fields import Typed
from triage.web.pages import PasswordPage, SignInPage
from triage.web.rendering import render, render_apart
from triage.web.security import check_token, make_token
from triage.web.shown import Shown
from triage.web.visits import AnySeat, Database, read_clock
from triage.web.words import LANGUAGE_COOKIE, LANGUAGES, find_language, translate, translate_refusal

router = APIRouter()

DIALOG = "x-desk-dialog"
"""Header of a sign-in from the dialog over a page: it wants JSON, and the page stays."""


@router.get("/sign-in")
def show_sign_in(request: Request, language: str = "", after: str = "/") -> Response:
    """Show the form; ``language`` chooses the one of this browser."""
    response = _render_form(request, "sign_in.html", after=after)
    if language in LANGUAGES:
        response = RedirectResponse("/sign-in", 303)
        set_cookie(request, response, LANGUAGE_COOKIE, language)
    return response


@router.get("/sign-in/dialog")
def show_dialog(request: Request) -> Response:
    """Show the form alone, for the dialog over a page whose session has ended."""
    return _render_form(request, "sign_in_form.html")


@router.post("/sign-in")
def enter(
    request: Request,
    database: Database,
    name: Typed = "",
    password: Typed = "",
    csrf_token: Typed = "",
    after: Typed = "/",
) -> Response:
    """Begin a session."""
    in_dialog = DIALOG in request.headers
    try:
        check_token(find_cookie(request, FORM_COOKIE) or "", csrf_token)
        token, visit = sign_in(
            database,
            name=name,
            password=password,
            address=_find_address(request),
            now=read_clock(request),
        )
    except (SignInError, StalePageError) as error:
        if in_dialog:
            raise
        problem = _tell(error, find_language(request))
        status = 429 if getattr(error, "retry_s", 0) else 401
        return _render_form(
            request, "sign_in.html", after=after, name=name, problem=problem, status=status
        )
    response: Response = RedirectResponse(_keep_inside(after), 303)
    if in_dialog:
        response = JSONResponse(_describe(visit))
    set_cookie(request, response, SESSION_COOKIE, token)
    # Pages without anybody signed in, such as the next sign-in, speak it as well.
    set_cookie(request, response, LANGUAGE_COOKIE, visit.user.language)
    drop_cookie(request, response, FORM_COOKIE)
    return response


@router.get("/session")
def tell_session(seat: AnySeat) -> JSONResponse:
    """Tell a page of an earlier sign-in who is signed in now, and its token."""
    return JSONResponse(_describe(seat.visit))


@router.post("/sign-out")
def leave(request: Request, seat: AnySeat, database: Database) -> Response:
    """End the session."""
    with database.write() as session:
        sign_out(session, seat.visit.session_id, now=seat.now)
    response = RedirectResponse("/sign-in", 303)
    drop_cookie(request, response, SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.post("/language")
def choose_language(
    request: Request, seat: AnySeat, database: Database, language: Typed, after: Typed = "/"
) -> Response:
    """Choose the language of the account's pages."""
    with database.write() as session:
        set_language(session, seat.user, language)
    response = RedirectResponse(_keep_inside(after), 303)
    set_cookie(request, response, LANGUAGE_COOKIE, language)
    return response


@router.get("/password")
def show_password(request: Request, seat: AnySeat) -> Response:
    """Show the form to change the own password."""
    page = PasswordPage(seat.user.must_change_password)
    return render(request, "password.html", page, seat=seat)


@router.post("/password")
def save_password(
    request: Request,
    seat: AnySeat,
    database: Database,
    old: Typed = "",
    new: Typed = "",
    again: Typed = "",
) -> Response:
    """Change the own password; other browsers are signed out."""
    problem = ""
    if new != again:
        problem = translate("The two new passwords are not the same", seat.language)
    else:
        try:
            confirm_password(
                database, seat.user, password=old, address=_find_address(request), now=seat.now
            )
            with database.write() as session:
                change_password(
                    session, seat.user, old=old, new=new, now=seat.now, keep=seat.visit.session_id
                )
        except SignInError as error:
            problem = translate("The old password is wrong", seat.language)
            if error.retry_s:
                problem = _tell(error, seat.language)
        except ConfigError as error:
            problem = translate_refusal(str(error), seat.language)
    if not problem:
        return RedirectResponse("/", 303)
    page = PasswordPage(seat.user.must_change_password, problem)
    return render(request, "password.html", page, seat=seat, status=400)


def _render_form(
    request: Request,
    template: str,
    *,
    after: str = "/",
    name: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    token = find_cookie(request, FORM_COOKIE) or make_token()  # two open forms share one
    page = SignInPage(token, problem=problem, name=name, after=_keep_inside(after))
    response = render_apart(request, template, page, status=status)
    set_cookie(request, response, FORM_COOKIE, token, strict=True)
    return response


def _tell(error: Exception, language: str) -> str:
    retry_s = getattr(error, "retry_s", 0)
    if retry_s:
        return translate("Too many attempts. Try again in {n} seconds.", language, n=retry_s)
    code = "stale_page" if isinstance(error, StalePageError) else "wrong_sign_in"
    return Shown(language).sentences(translate(said, language) for said in PROBLEMS[code])


def _find_address(request: Request) -> str:
    return request.client.host if request.client else ""


def _keep_inside(after: str) -> str:
    """Give a path of the desk itself: nobody is led elsewhere by a link to the sign-in."""
    inside = after.startswith("/") and not after.startswith("//") and after.isprintable()
    return after if inside and "\\" not in after and ":" not in after else "/"


def _describe(visit: Visit) -> dict[str, object]:
    return {"csrf_token": visit.csrf_token, "user": visit.user.id}
