"""The API: the portal's own software sends complaints, and asks what became of them.

An application of its own inside the desk's (mounted at ``/api``): it knows no cookies, answers with
JSON alone, and no answer holds a word of a complaint, not even the one that says what is wrong.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from triage.desk.casework.standing import find_standing, was_sent_with
from triage.desk.intake.arrivals import register_once
from triage.desk.intake.reading import Reader
from triage.desk.people.tokens import find_token, touch_token
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase
from triage.errors import UnknownComplaintError
from triage.records import Complaint
from triage.web.api_errors import WrongTokenError, answer_errors, describe
from triage.web.api_limits import BodyLimit
from triage.web.api_schema import (
    KEY_PATTERN,
    LARGEST_ID,
    MAX_BODY_BYTES,
    Accepted,
    Health,
    NewComplaint,
    State,
)
from triage.web.rendering import render_apart
from triage.web.visits import read_clock

_ABOUT = """\
Send each complaint as it arrives; the answer says at once how urgent it is. Ask an administrator of
the desk for a token. A key in `Idempotency-Key` (a UUID made once for each complaint) makes it safe
to send again after a lost answer: the same key gives the same complaint, never a second one."""

_bearer = HTTPBearer(
    auto_error=False, description="A token that an administrator of the desk made."
)

_KNOWN_ALREADY: dict[int | str, dict[str, Any]] = {
    200: {"model": Accepted, "description": "It was here already: nothing was added."}
}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that other software can ask, and what it may be answered: status and meaning."""

    method: str
    path: str
    summary: str
    description: str
    answers: list[tuple[str, str]]


def build_api(
    database: DeskDatabase,
    reader: Reader,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Build the API, to be mounted at ``/api``.

    :param reader: what reads each complaint that is sent.
    :param clock: gives the time of each request.
    """
    api = FastAPI(
        title="triage desk",
        version="1",
        description=_ABOUT,
        docs_url=None,  # FastAPI's own pages load their scripts from the internet
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    api.state.database, api.state.reader, api.state.clock = database, reader, clock
    answer_errors(api)
    api.add_middleware(BodyLimit, limit_bytes=MAX_BODY_BYTES)
    api.include_router(router)
    return api


def check_token(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """Give the token of a request where it is a good one.

    :raises WrongTokenError: where it is missing, unknown or revoked.
    """
    token = given.credentials if given is not None else ""
    with request.app.state.database.read() as session:
        if not token or find_token(session, token) is None:
            raise WrongTokenError
    return token


Token = Annotated[str, Depends(check_token)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="Made once for each complaint, such as a UUID; the same one when sent again.",
    ),
]


@router.post(
    "/complaints",
    status_code=201,
    summary="Send a complaint",
    response_description="The complaint was added to the queue.",
    responses=describe(401, 409, 413, 422, 503) | _KNOWN_ALREADY,
)
def send_complaint(
    complaint: NewComplaint, token: Token, key: Key, request: Request, response: Response
) -> Accepted:
    """Take one complaint in, read it, and say where it stands in the queue.

    Whatever the text is like, it gets a place: what cannot be read comes back as P2 with
    `needs_review`, for a person.
    """
    now = read_clock(request)
    given = Complaint(
        id=(complaint.number or "").strip(),
        text=complaint.text,
        received_at=complaint.received_at,
        problem=None if complaint.text.strip() else "the complaint has no text",
    )
    [read] = request.app.state.reader.read([given])
    body = hashlib.sha256(complaint.model_dump_json().encode()).hexdigest()
    with request.app.state.database.write() as session:
        sender = find_token(session, token)
        if sender is None:  # it was revoked while the text was read
            raise WrongTokenError
        touch_token(session, sender, now=now)
        registered = register_once(session, sender, key, body, read, now=now)
    with request.app.state.database.read() as session:
        standing = find_standing(session, registered.id)
    if registered.known:
        response.status_code = 200
    return Accepted(known=registered.known, **_pick(standing, Accepted))


@router.get(
    "/complaints/{id}",
    summary="Ask what became of a complaint",
    response_description="Where it stands.",
    responses=describe(401, 404, 422, 503),
)
def find_state(
    id: Annotated[int, Path(ge=1, le=LARGEST_ID, description="The desk's own id.")],
    token: Token,
    request: Request,
) -> State:
    """Say where a complaint stands and what became of it; never its text.

    Only of complaints that the same software sent: others are answered as if there were none.
    """
    with request.app.state.database.write() as session:
        sender = find_token(session, token)
        if sender is None:
            raise WrongTokenError
        if not was_sent_with(session, id, sender):
            raise UnknownComplaintError(id)
        standing = find_standing(session, id)
        audit.append(session, "state_told", complaint=id, detail={"token": sender.id})
    return State(**_pick(standing, State))


@router.get(
    "/health",
    summary="Ask whether the desk can take complaints",
    response_description="It can.",
    responses=describe(503),
)
def tell_health(request: Request) -> Health:
    """Say that the database can be reached, and which model reads."""
    with request.app.state.database.read() as session:
        audit.find_head(session)
    return Health(status="ok", model=request.app.state.reader.name)


@router.get("/docs", include_in_schema=False)
def show_docs(request: Request) -> Response:
    """Show how to use the API, for people; nothing of the page comes from elsewhere."""
    return render_apart(request, "api_docs.html", list_operations(request.app))


def list_operations(api: FastAPI) -> list[Operation]:
    """List what can be asked, as OpenAPI describes it."""
    paths: dict[str, dict[str, Any]] = api.openapi()["paths"]
    return [
        Operation(
            method=method.upper(),
            path=f"/api{path}",
            summary=said["summary"],
            description=said["description"].replace("`", ""),
            answers=[(code, answer["description"]) for code, answer in said["responses"].items()],
        )
        for path, methods in paths.items()
        for method, said in methods.items()
    ]


def _pick(standing: object, model: type[Accepted] | type[State]) -> dict[str, Any]:
    return {name: getattr(standing, name) for name in model.model_fields if name != "known"}
