"""One case, to read and to work on."""

from fastapi import APIRouter, Request, Response

from triage.desk.casework.cases import HistoryLine, open_case, read_case
from triage.desk.casework.marks import Mark
from triage.desk.casework.work import list_colleagues
from triage.desk.store.database import DeskDatabase
from triage.web.case_words import explain_mark, tell_changes
from triage.web.pages import CaseScreen, Toast
from triage.web.rendering import render
from triage.web.visits import Database, Id, ReadingSeat, Seat

router = APIRouter()


@router.get("/cases/{id}")
def show_case(request: Request, id: Id, seat: ReadingSeat, database: Database) -> Response:
    """Show a case; that it was opened is written down."""
    return _show(request, "case.html", id, seat, database)


@router.get("/cases/{id}/parts")
def show_parts(request: Request, id: Id, seat: ReadingSeat, database: Database) -> Response:
    """Show what changes of a case, after somebody else changed it."""
    return _show(request, "case_parts.html", id, seat, database)


def read_screen(database: DeskDatabase, id: int, seat: Seat) -> CaseScreen:
    """Read what the page of an opened case shows."""
    with database.read() as session:
        case = read_case(session, id, user=seat.user)
        return CaseScreen(case, list_colleagues(session), seat.language)


def render_case(
    request: Request,
    template: str,
    screen: CaseScreen,
    seat: Seat,
    *,
    toast: Toast | None = None,
) -> Response:
    """Render the page of a case, or its parts that change.

    :param toast: what was done just now.
    """

    def explain(mark: Mark) -> list[str]:
        return explain_mark(mark, seat.language)

    def tell(line: HistoryLine) -> list[str]:
        return tell_changes(line, seat.language)

    return render(
        request,
        template,
        screen,
        seat=seat,
        oob=template != "case.html",
        explain=explain,
        tell_changes=tell,
        toast=toast,
    )


def _show(request: Request, template: str, id: int, seat: Seat, database: DeskDatabase) -> Response:
    with database.write() as session:
        open_case(session, id, user=seat.user, now=seat.now)
    return render_case(request, template, read_screen(database, id, seat), seat)
