"""From an error to an answer: a page for people who follow a link, JSON of one shape for the rest.

::

    {"error": {"code": "claimed", "message": "complaint 12 is with Asha", "next": "ask for a ..."}}

No answer ever repeats what was sent.
"""

from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from triage import errors
from triage.errors import DeskError, TriageError
from triage.web.pages import ProblemPage
from triage.web.words import find_language, translate, translate_refusal

PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "signed_out": (
        "You are signed out",
        "Sign in again. Nothing that you typed is lost.",
    ),
    "stale_page": ("This page is older than your sign-in", "Load the page again."),
    "foreign_page": ("This request came from another site", "Open the desk itself and try again."),
    "not_allowed": ("Your account may not do this", "Ask your supervisor."),
    "unknown_complaint": ("There is no such complaint", "Go back to the queue."),
    "not_found": ("There is no such page", "Go back to the queue."),
    "method_not_allowed": ("This cannot be done here", "Go back to the queue."),
    "claimed": ("Somebody else works on this complaint", "Ask them to hand it over."),
    "changed_meanwhile": (
        "Somebody changed this complaint in the meantime",
        "Look at it again, then decide.",
    ),
    "too_many_attempts": ("Too many attempts", "Wait some minutes, then try again."),
    "wrong_sign_in": ("Name or password is wrong", "Try again, or ask your administrator."),
    "busy": ("The desk is busy", "Nothing was changed. Please try again."),
    "unusable": (
        "The desk's database cannot be used",
        "Nothing was changed. Tell your administrator.",
    ),
    "too_large": ("This is too large", "Send less at once, or upload a file."),
    "invalid": ("Something in it is missing or wrong", "Check what you entered."),
    "refused": ("This cannot be done", "Check what you entered."),
    "failed": (
        "Something went wrong in the desk",
        "Try again. If it stays, tell your administrator.",
    ),
}
"""Of each code: what is wrong, and what to do next."""

_CODES: Final[tuple[tuple[type[TriageError], str, int], ...]] = (
    (errors.UnknownComplaintError, "unknown_complaint", 404),
    (errors.AlreadyClaimedError, "claimed", 409),
    (errors.ChangedMeanwhileError, "changed_meanwhile", 409),
    (errors.NotAllowedError, "not_allowed", 403),
    (errors.SignInError, "wrong_sign_in", 401),
    (errors.DeskBusyError, "busy", 503),
    (errors.DeskUnusableError, "unusable", 503),
    (errors.DeskError, "refused", 400),
    (errors.ConfigError, "refused", 400),
    (errors.DataError, "refused", 400),
)
_OF_STATUS: Final = {
    401: "signed_out",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid",
    429: "too_many_attempts",
    503: "busy",
}


class SignedOutError(DeskError):
    """Report that nobody is signed in, or no more."""


class MustChangePasswordError(DeskError):
    """Report that the password was made by somebody else and has to be changed first."""


class StalePageError(DeskError):
    """Report that a page carries no token, or one of an earlier sign-in."""


def add_error_answers(app: FastAPI) -> None:
    """Have the application answer every error in the one shape."""
    app.add_exception_handler(TriageError, _answer_triage_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)


def answer_problem(
    connection: HTTPConnection, status: int, code: str, *, detail: str = ""
) -> Response:
    """Answer with what is wrong and what to do next.

    :param detail: replaces the general message: a line that names ids and fields only.
    """
    language = find_language(connection)
    message, next_step = PROBLEMS[code]
    said = detail or translate(message, language)
    told = {"code": code, "message": said, "next": translate(next_step, language)}
    if wants_json(connection):
        return JSONResponse({"error": told}, status)
    from triage.web.rendering import render_apart  # which asks visits, which raises our errors

    page = ProblemPage(said, translate(next_step, language), signed_out=code == "signed_out")
    return render_apart(connection, "problem.html", page, status=status)


def wants_json(connection: HTTPConnection) -> bool:
    """Say whether other software asks, or a part of a page by htmx; not a person by a link."""
    headers = connection.headers
    if connection.scope["path"].startswith("/api/") or "hx-request" in headers:
        return True
    return "text/html" not in headers.get("accept", "*/*")


async def _answer_triage_error(request: Request, error: Exception) -> Response:
    if isinstance(error, SignedOutError):
        if request.method == "GET" and not wants_json(request):
            return RedirectResponse("/sign-in", 303)
        return answer_problem(request, 401, "signed_out")
    if isinstance(error, MustChangePasswordError):
        if "hx-request" in request.headers:  # which would follow a 303 by itself
            return Response(status_code=204, headers={"HX-Redirect": "/password"})
        return RedirectResponse("/password", 303)
    if isinstance(error, StalePageError):
        return answer_problem(request, 403, "stale_page")
    for kind, code, status in _CODES:
        if isinstance(error, kind):
            retry_s = getattr(error, "retry_s", 0)
            if retry_s:
                code, status = "too_many_attempts", 429
            response = answer_problem(request, status, code, detail=_tell(error, request))
            if retry_s:
                response.headers["Retry-After"] = str(retry_s)
            return response
    raise error


def _tell(error: Exception, request: Request) -> str:
    """Give the error's own line, in the reader's language where it has a form in it."""
    language = find_language(request)
    if isinstance(error, errors.AlreadyClaimedError):
        return translate("{who} works on this complaint", language, who=error.by)
    if isinstance(error, errors.UnknownComplaintError | errors.SignInError):
        return ""
    if isinstance(error, errors.NotAllowedError) and " may not do this" in str(error):
        return ""  # names the role, which is of no help to who asks
    if isinstance(error, errors.DeskUnusableError | errors.DeskBusyError):
        return ""
    told = translate_refusal(str(error), language)
    return told[:1].upper() + told[1:]


async def _answer_http_error(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    response = answer_problem(request, status, _OF_STATUS.get(status, "refused"))
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Name the fields that are wrong; what stood in them is never repeated."""
    found: Any = error.errors() if isinstance(error, RequestValidationError) else []
    fields = sorted({".".join(str(part) for part in each["loc"][1:2]) for each in found} - {""})
    detail = translate(
        "Missing or wrong: {fields}", find_language(request), fields=", ".join(fields)
    )
    return answer_problem(request, 422, "invalid", detail=detail if fields else "")
