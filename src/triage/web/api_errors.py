"""The errors of the API in their one shape; none echoes what was sent."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from triage.errors import DeskBusyError, DeskError, DeskUnusableError, UnknownComplaintError
from triage.web.api_schema import MAX_BODY_BYTES, ProblemAnswer

_MEANINGS = {
    401: "The token is missing, unknown or revoked.",
    404: "There is no such complaint.",
    409: "This key was used for another complaint.",
    413: "The request is too large.",
    422: "The request is not as described here.",
    503: "The desk cannot be reached or is busy; send again.",
}
_MOST_PLACES = 5


class WrongTokenError(DeskError):
    """Report a token that is missing, unknown or revoked; never says which."""


class TooLargeError(DeskError):
    """Report a request that is larger than the limit."""


def describe(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Give what OpenAPI says of the errors of an operation."""
    return {
        status: {"model": ProblemAnswer, "description": _MEANINGS[status]} for status in statuses
    }


def answer_errors(api: FastAPI) -> None:
    """Have every error of an application answered in the one shape."""
    api.add_exception_handler(DeskError, lambda request, error: build_answer(error))
    api.add_exception_handler(RequestValidationError, _answer_invalid)
    api.add_exception_handler(HTTPException, _answer_http)
    api.add_exception_handler(Exception, _answer_unforeseen)


def build_answer(error: Exception) -> JSONResponse:
    """Build the answer to an error that was raised on purpose."""
    match error:
        case WrongTokenError():
            answer = _build(
                401,
                "wrong_token",
                "the token is missing, unknown or revoked",
                "send 'Authorization: Bearer TOKEN'; an administrator of the desk makes tokens",
            )
            answer.headers["www-authenticate"] = "Bearer"
        case UnknownComplaintError():
            answer = _build(404, "unknown_complaint", str(error), "check the id")
        case TooLargeError():
            limit = f"a request may have {MAX_BODY_BYTES:,} bytes; this one has more"
            answer = _build(413, "too_large", limit, "send the complaint without its attachments")
        case DeskBusyError() | DeskUnusableError():
            busy = isinstance(error, DeskBusyError)
            code = "busy" if busy else "unusable"
            message = (
                str(error) if busy else "the desk's database cannot be used now: nothing was kept"
            )
            answer = _build(503, code, message, "send the same again, with the same key")
            answer.headers["retry-after"] = "5" if busy else "60"
        case _:
            answer = _build(409, "refused", str(error), "make a new key for another complaint")
    return answer


def _build(status: int, code: str, message: str, next_step: str) -> JSONResponse:
    error = {"code": code, "message": message, "next": next_step}
    return JSONResponse({"error": error}, status)


def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """Say which fields are wrong and how; pydantic's own words would quote them."""
    assert isinstance(error, RequestValidationError)
    places = [_tell(problem) for problem in error.errors()[:_MOST_PLACES]]
    return _build(422, "invalid", "; ".join(places), "see /api/docs for what is expected")


def _tell(problem: dict[str, Any]) -> str:
    if problem["type"] in ("json_invalid", "model_attributes_type", "dict_type"):
        return "the body is not a JSON object with Content-Type application/json"
    if problem["type"] == "extra_forbidden":
        return "the body has a field that is not known"  # its name is the sender's own words
    kind, *names = problem["loc"]
    where = " ".join(map(str, names)) or "body"
    expected = {
        "missing": "is missing",
        "string_type": "is not text",
        "too_long": f"is longer than {(problem.get('ctx') or {}).get('max_length')}",
        "string_pattern_mismatch": "is not 1 to 200 visible ASCII characters",
    }.get(problem["type"].replace("string_too", "too"), "is not as expected")
    return f"{'header' if kind == 'header' else 'field'} {where} {expected}"


def _answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status == 400:  # a body that is no JSON at all, such as bytes that are no UTF-8
        return _build(422, "invalid", "the body is not JSON in UTF-8", "see /api/docs")
    if status == 413:
        return build_answer(TooLargeError())
    code, message = {
        404: ("no_such_page", "there is nothing at this address"),
        405: ("wrong_method", "this address does not take this method"),
    }.get(status, ("refused", "the request was refused"))
    answer = _build(status, code, message, "see /api/docs for what there is")
    answer.headers.update(error.headers or {})
    return answer


def _answer_unforeseen(request: Request, error: Exception) -> JSONResponse:
    """Say that something failed, and no more: its message may quote the complaint."""
    return _build(500, "failed", "the desk failed at this", "send it again; tell who runs the desk")
