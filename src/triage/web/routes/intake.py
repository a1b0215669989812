"""Intake: one complaint that is pasted, files of many, and how far the desk came with each file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from triage.desk.casework.standing import count_priorities, list_copies
from triage.desk.intake.arrivals import register
from triage.desk.intake.uploads import (
    UploadView,
    check_upload,
    find_upload,
    list_columns,
    list_uploads,
    receive,
)
from triage.desk.store.database import DeskDatabase
from triage.errors import DataError, DeskError
from triage.labels import Priority
from triage.records import Complaint
from triage.web import spool
from triage.web.errors import answer_problem
from triage.web.fields import Typed
from triage.web.rendering import render
from triage.web.spool import FileTooLargeError, SpooledFile
from triage.web.visits import Database, Id, IntakeSeat, Seat
from triage.web.words import translate_refusal

router = APIRouter()

HISTORY: Final = 20
"""Uploads that are listed."""

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class IntakePage:
    """The forms, and the newest uploads.

    :param watch: whether a folder is watched as well.
    :param refused: files of it that could not be taken in, and why.
    """

    uploads: list[UploadView]
    limit_mb: int
    watch: bool
    refused: dict[str, str] = field(repr=False)

    @property
    def is_busy(self) -> bool:
        """Whether a file is still being read, so that the list will change."""
        return any(upload.finished_at is None for upload in self.uploads)


@dataclass(frozen=True, slots=True)
class UploadPage:
    """One upload: how far it came, and what came of it."""

    upload: UploadView
    priorities: dict[Priority, int]
    copies: list[tuple[int, int]]

    @property
    def is_busy(self) -> bool:
        """Whether it is still being read."""
        return self.upload.finished_at is None


@dataclass(frozen=True, slots=True)
class ColumnsPage:
    """The columns of a file that has none called ``text``.

    :param columns: their names alone; never what stands in them.
    """

    token: str
    name: str = field(repr=False)
    columns: list[str]


@router.get("/intake")
def show_intake(request: Request, seat: IntakeSeat, database: Database) -> Response:
    """Show how complaints come in."""
    return render(request, "intake.html", _find_page(request, seat, database), seat=seat)


@router.get("/intake/history")
def show_history(request: Request, seat: IntakeSeat, database: Database) -> Response:
    """Show the newest uploads; a page asks for them while one is being read."""
    return render(request, "intake_history.html", _find_page(request, seat, database), seat=seat)


@router.post("/intake/paste")
def take_pasted(
    request: Request, seat: IntakeSeat, database: Database, text: Typed = "", number: Typed = ""
) -> Response:
    """Take one complaint in and show its case."""
    if not text.strip():
        raise DeskError("there is nothing in it: paste the complaint first")
    [read] = request.app.state.reader.read([Complaint(id=number.strip(), text=text)])
    with database.write() as session:
        [registered] = register(session, [read], source="paste", user=seat.user, now=seat.now)
    if registered.known:
        return render(
            request, "intake_known.html", registered, seat=seat, done="It is here already"
        )
    return Response(headers={"HX-Redirect": f"/cases/{registered.id}"})


@router.post("/intake/upload")
async def take_file(request: Request, seat: IntakeSeat, database: Database) -> Response:
    """Take a file in, and go on to how it is read, or to the choice of its columns."""
    folder: Path = request.app.state.web.spool
    await run_in_threadpool(spool.sweep, folder, now=seat.now)
    limit_bytes = seat.settings.max_upload_mb * _MEGABYTE
    try:
        spooled = await spool.spool_file(request, folder, limit_bytes=limit_bytes)
    except FileTooLargeError as error:
        told = translate_refusal(str(error), seat.language)
        return answer_problem(request, 413, "too_large", detail=told[:1].upper() + told[1:])
    return await run_in_threadpool(_accept, request, seat, database, spooled)


@router.post("/intake/columns")
def take_columns(
    request: Request,
    seat: IntakeSeat,
    database: Database,
    file: Typed = "",
    text: Typed = "",
    number: Typed = "",
    received_at: Typed = "",
) -> Response:
    """Take a file in whose columns were chosen."""
    spooled = spool.find_kept(request.app.state.web.spool, file, seat.user.id)
    chosen = {"text": text, "id": number, "received_at": received_at}
    columns = {ours: theirs for ours, theirs in chosen.items() if theirs}
    if not text:
        raise DeskError("choose the column that holds the complaints")
    check_upload(spooled.path, spooled.name, columns=columns)
    return _receive(seat, database, spooled, columns)


@router.get("/intake/uploads/{id}")
def show_upload(id: Id, request: Request, seat: IntakeSeat, database: Database) -> Response:
    """Show how far the desk came with a file."""
    return render(request, "upload.html", _find_upload(request, database, id), seat=seat)


@router.get("/intake/progress")
def show_progress(upload: Id, request: Request, seat: IntakeSeat, database: Database) -> Response:
    """Show the same again; the page asks for it while the file is being read."""
    return render(request, "upload_card.html", _find_upload(request, database, upload), seat=seat)


def _accept(request: Request, seat: Seat, database: DeskDatabase, spooled: SpooledFile) -> Response:
    """Put a file in line where it has our columns, ask for them where it has others, or refuse it."""
    try:
        try:
            check_upload(spooled.path, spooled.name)
        except DataError:
            columns = list_columns(spooled.path, spooled.name)
            if not columns or "text" in columns:
                raise
            spool.keep_for_choice(spooled, seat.user.id)
            page = ColumnsPage(spooled.token, spooled.name, columns)
            return render(request, "intake_columns.html", page, seat=seat)
        return _receive(seat, database, spooled, {})
    except BaseException:
        spooled.path.unlink(missing_ok=True)
        raise


def _receive(
    seat: Seat, database: DeskDatabase, spooled: SpooledFile, columns: dict[str, str]
) -> Response:
    path = spool.take_out(spooled)
    try:
        with database.write() as session:
            id = receive(
                session,
                name=spooled.name,
                path=path,
                size=spooled.size,
                sha256=spooled.sha256,
                columns=columns,
                user=seat.user,
                source="upload",
                now=seat.now,
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Response(headers={"HX-Redirect": f"/intake/uploads/{id}"})


def _find_page(request: Request, seat: Seat, database: DeskDatabase) -> IntakePage:
    with database.read() as session:
        uploads = list_uploads(session, HISTORY, shares=_find_shares(request))
    watch = request.app.state.web.watch is not None
    watcher = getattr(request.app.state, "watcher", None)  # runs only where the desk is open
    refused = dict(watcher.problems) if watcher is not None else {}
    return IntakePage(uploads, seat.settings.max_upload_mb, watch, refused)


def _find_upload(request: Request, database: DeskDatabase, id: int) -> UploadPage:
    with database.read() as session:
        upload = find_upload(session, id, shares=_find_shares(request))
        return UploadPage(upload, count_priorities(session, id), list_copies(session, id))


def _find_shares(request: Request) -> dict[int, float | None]:
    """Give how much of each file was read; only the worker knows, where it runs."""
    worker = getattr(request.app.state, "worker", None)
    return dict(worker.shares) if worker is not None else {}
