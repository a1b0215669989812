"""What is done with a case: each step by one button or one key, and each can be taken back."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from triage.desk.casework import work
from triage.desk.casework.cases import open_case
from triage.desk.store.database import DeskDatabase
from triage.web import names
from triage.web.fields import Switch
from triage.web.pages import Toast
from triage.web.rendering import render
from triage.web.routes.case import read_screen, render_case
from triage.web.visits import Database, Id, Seat, WorkingSeat
from triage.web.words import translate

router = APIRouter(prefix="/cases/{id}")

Version = Annotated[Id | None, Form()]
"""Of the case that the page shows; None where it does not matter."""

Chosen = Annotated[str, Form(max_length=40)]
Note = Annotated[str, Form(max_length=20_000)]


@router.post("/claim")
def claim(
    request: Request,
    id: Id,
    seat: WorkingSeat,
    database: Database,
    take_over: Switch = False,
    origin: Chosen = "case",
) -> Response:
    """Take a case.

    :param origin: ``queue`` where it was taken without being opened.
    """
    if origin == "queue":
        return _do_from_queue(request, id, seat, database, work.claim, "claimed")
    return _do(request, id, seat, database, work.claim, take_over=take_over)


@router.post("/release")
def release(
    request: Request, id: Id, seat: WorkingSeat, database: Database, origin: Chosen = "case"
) -> Response:
    """Give a case back to everybody."""
    if origin == "queue":
        return _do_from_queue(request, id, seat, database, work.release, "released")
    return _do(request, id, seat, database, work.release)


@router.post("/confirm")
def confirm(
    request: Request, id: Id, seat: WorkingSeat, database: Database, version: Version = None
) -> Response:
    """Say that category and urgency are right."""
    return _do(request, id, seat, database, work.confirm, version=version)


@router.post("/correct")
def correct(
    request: Request,
    id: Id,
    seat: WorkingSeat,
    database: Database,
    category: Chosen = "",
    urgency: Annotated[int | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Set category or urgency; the place in the queue follows at once."""
    return _do(
        request,
        id,
        seat,
        database,
        work.correct,
        category=category or None,
        urgency=urgency,
        version=version,
    )


@router.post("/note")
def add_note(
    request: Request, id: Id, seat: WorkingSeat, database: Database, note: Note = ""
) -> Response:
    """Keep a note; it stays."""
    return _do(request, id, seat, database, work.add_note, text=note)


@router.post("/call")
def record_call(
    request: Request,
    id: Id,
    seat: WorkingSeat,
    database: Database,
    outcome: Chosen = "",
    note: Note = "",
) -> Response:
    """Write down a call and what came of it."""
    return _do(request, id, seat, database, work.record_call, outcome=outcome, note=note)


@router.post("/hand-over")
def hand_over(
    request: Request,
    id: Id,
    seat: WorkingSeat,
    database: Database,
    to: Annotated[Id, Form()],
    note: Note = "",
    version: Version = None,
) -> Response:
    """Give a case to a colleague."""
    return _do(request, id, seat, database, work.hand_over, to=to, note=note, version=version)


@router.post("/close")
def close(
    request: Request,
    id: Id,
    seat: WorkingSeat,
    database: Database,
    outcome: Chosen = "",
    note: Note = "",
    version: Version = None,
) -> Response:
    """Close a case."""
    return _do(request, id, seat, database, work.close, outcome=outcome, note=note, version=version)


@router.post("/reopen")
def reopen(
    request: Request, id: Id, seat: WorkingSeat, database: Database, note: Note = ""
) -> Response:
    """Open a closed case again."""
    return _do(request, id, seat, database, work.reopen, note=note)


@router.post("/undo")
def undo(
    request: Request,
    id: Id,
    seat: WorkingSeat,
    database: Database,
    event: Annotated[Id, Form()],
) -> Response:
    """Take a step back."""
    return _do(request, id, seat, database, work.undo, event_id=event)


def _do(
    request: Request,
    id: int,
    seat: Seat,
    database: DeskDatabase,
    step: Callable[..., int],
    **options: Any,
) -> Response:
    """Do a step, and show what it changed of the page, with a toast that can take it back.

    :param step: a function of ``desk.work``.
    :param options: what it takes beside the case, the user and the time.
    """
    with database.write() as session:
        step(session, id, user=seat.user, now=seat.now, **options)
        open_case(session, id, user=seat.user, now=seat.now)
    screen = read_screen(database, id, seat)
    # The newest of all may be a colleague's already.
    newest = next(line for line in reversed(screen.case.history) if line.is_mine)
    undo = f"/cases/{id}/undo" if newest.can_undo else None
    toast = Toast(translate(names.DONE[newest.kind], seat.language), undo, newest.event_id)
    return render_case(request, "case_parts.html", screen, seat, toast=toast)


def _do_from_queue(
    request: Request,
    id: int,
    seat: Seat,
    database: DeskDatabase,
    step: Callable[..., int],
    kind: str,
) -> Response:
    """Do a step on a case that was not opened, and have the queue look for news."""
    with database.write() as session:
        step(session, id, user=seat.user, now=seat.now)
    undo = f"/cases/{id}/release" if kind == "claimed" else None
    toast = Toast(translate(names.DONE[kind], seat.language), undo)
    news = {"HX-Trigger": "queue-changed"}
    return render(request, "toast.html", None, seat=seat, headers=news, toast=toast)
