"""Who is signed in: the seat at the desk that every page is asked from."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from pydantic import AfterValidator

from triage.desk.people.roles import Right, has_right, require
from triage.desk.people.sessions import Visit, find_session, touch_session
from triage.desk.people.settings import DeskSettings, load_settings
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import User
from triage.errors import DeskBusyError, DeskUnusableError
from triage.web.cookies import SESSION_COOKIE, find_cookie
from triage.web.errors import MustChangePasswordError, SignedOutError
from triage.web.security import SAFE_METHODS, check_token, read_told_token

POLL_HEADER = "x-desk-poll"
"""Comes with what a page asks for by itself while nobody touches it: it keeps nobody signed in."""

LARGEST_ID = 2**53
"""Beyond this no database has counted."""

Id = Annotated[int, AfterValidator(lambda id: min(max(id, 0), LARGEST_ID))]
"""Of a case, an account and so on, as it was sent; what no database can look for is nobody's."""

OPEN_TO_NEW = ("/password", "/sign-out", "/language")
"""Paths for who still has to change the password."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at the desk.

    :param user: who is signed in; read only, no longer bound to the database.
    :param now: the time of the request; hand it to the functions of the desk.
    """

    user: User
    visit: Visit
    settings: DeskSettings
    now: datetime

    @property
    def language(self) -> str:
        """``en`` or ``hi``."""
        return self.user.language

    def may(self, right: Right | str) -> bool:
        """Say whether the role allows something."""
        return has_right(self.user.role, Right(right))


def read_clock(request: Request) -> datetime:
    """Give the time of a request."""
    clock: Callable[[], datetime] = request.app.state.clock
    return clock()


async def find_database(request: Request) -> DeskDatabase:
    """Give the desk's database; async, since it waits for nothing and so needs no thread."""
    database: DeskDatabase = request.app.state.database
    return database


Database = Annotated[DeskDatabase, Depends(find_database)]


async def _told_token(request: Request) -> str | None:
    return None if request.method in SAFE_METHODS else await read_told_token(request)


def take_seat(
    request: Request, database: Database, told_token: Annotated[str | None, Depends(_told_token)]
) -> Seat:
    """Find who is signed in, and check the token of every change.

    :raises SignedOutError: where nobody is.
    :raises StalePageError: where a change does not carry the token of the session.
    """
    now = read_clock(request)
    token = find_cookie(request, SESSION_COOKIE)
    with database.read() as session:
        visit = find_session(session, token, now=now) if token else None
        if visit is None:
            raise SignedOutError("nobody is signed in")
        settings = load_settings(session)
    request.state.language = visit.user.language
    if request.method not in SAFE_METHODS:
        check_token(visit.csrf_token, told_token)
    if POLL_HEADER not in request.headers and visit.needs_touch(now):
        # Where nothing can be written all can still be read: the visit then ends at its time.
        with suppress(DeskBusyError, DeskUnusableError), database.write() as session:
            touch_session(session, visit.session_id, now=now)
    if visit.user.must_change_password and request.scope["path"] not in OPEN_TO_NEW:
        raise MustChangePasswordError("the password has to be changed first")
    seat = Seat(visit.user, visit, settings, now)
    request.state.seat = seat
    return seat


def need(right: Right) -> Callable[..., Awaitable[Seat]]:
    """Give a dependency: a seat whose role has a right.

    :raises NotAllowedError: where it has not; the page says so.
    """

    async def take_seat_with_right(seat: Annotated[Seat, Depends(take_seat)]) -> Seat:
        require(seat.user, right)
        return seat

    return take_seat_with_right


AnySeat = Annotated[Seat, Depends(take_seat)]
ReadingSeat = Annotated[Seat, Depends(need(Right.READ_CASES))]
WorkingSeat = Annotated[Seat, Depends(need(Right.WORK))]
IntakeSeat = Annotated[Seat, Depends(need(Right.INTAKE))]
ReportSeat = Annotated[Seat, Depends(need(Right.REPORT))]
ExportSeat = Annotated[Seat, Depends(need(Right.EXPORT))]
AuditSeat = Annotated[Seat, Depends(need(Right.AUDIT))]
AccountsSeat = Annotated[Seat, Depends(need(Right.ACCOUNTS))]
LabelsSeat = Annotated[Seat, Depends(need(Right.LABELS))]
