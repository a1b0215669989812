"""The queue: whom to call next, live."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from triage.desk.casework.queue import Filters, list_queue, read_version
from triage.desk.people.roles import Right
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase
from triage.web.fields import Number, Switch
from triage.web.pages import QueueScreen
from triage.web.queue_rows import build_row_renderer
from triage.web.rendering import NAVIGATION, is_part, render
from triage.web.visits import AnySeat, Database, ReadingSeat, Seat

router = APIRouter()

FRESH_S = 30
"""Seconds for which a list stays good where nothing changed: waiting times grow meanwhile."""

MOST_SEARCHES = 10_000
"""Searches that are remembered, so that a page that asks for news tells nothing of them again."""

Choice = Annotated[str, Query(max_length=30)]
Chosen = Annotated[str, Form(max_length=30)]


@router.get("/")
def show_queue(
    request: Request,
    seat: AnySeat,
    database: Database,
    priority: Choice = "",
    category: Choice = "",
    language: Choice = "",
    status: Choice = "open",
    mine: bool = False,
    overdue: bool = False,
    page: int = 1,
) -> Response:
    """Show the queue; who may not read cases is led to what they may see."""
    if not seat.may(Right.READ_CASES):
        first = next(address for address, _, right, _ in NAVIGATION if seat.may(right))
        return RedirectResponse(first, 303)
    filters = build_filters(priority, category, language, status, mine, overdue, "", page)
    return _render_queue(request, seat, database, filters)


@router.post("/")
@router.post("/queue/rows")
def show_rows(
    request: Request,
    seat: ReadingSeat,
    database: Database,
    priority: Chosen = "",
    category: Chosen = "",
    language: Chosen = "",
    status: Chosen = "open",
    mine: Switch = False,
    overdue: Switch = False,
    search: Annotated[str, Form(max_length=500)] = "",
    page: Number = 1,
    version: Annotated[int | None, Form()] = None,
    at: Number = 0,
) -> Response:
    """Show the queue with a search, whose words never stand in an address; or what is new in it.

    :param version: of the queue that is shown; 204 where it is still the newest.
    :param at: when it was shown, in seconds.
    """
    filters = build_filters(priority, category, language, status, mine, overdue, search, page)
    if version is not None and _is_fresh(database, seat, version, at):
        return Response(status_code=204)
    return _render_queue(request, seat, database, filters, polled=version is not None)


@router.get("/queue/rows")
def show_news(
    request: Request,
    seat: ReadingSeat,
    database: Database,
    version: int | None = None,
    at: int | None = None,
) -> Response:
    """Show the open queue, or 204 where nothing changed since ``version``."""
    since = int(seat.now.timestamp()) if at is None else at
    if version is not None and _is_fresh(database, seat, version, since):
        return Response(status_code=204)
    return _render_queue(request, seat, database, Filters(), polled=True)


def build_filters(
    priority: str,
    category: str,
    language: str,
    status: str,
    mine: bool,
    overdue: bool,
    search: str,
    page: int,
) -> Filters:
    """Build the filters of what a form says; an empty choice filters nothing."""
    return Filters(
        priority=priority or None,
        category=category or None,
        language=language or None,
        status=status or "open",
        mine=mine,
        overdue=overdue,
        search=search.strip(),
        page=max(page, 1),
    )


def tell_address(filters: Filters) -> str:
    """Give the address of a filtered queue, without the words that were searched for."""
    told: dict[str, object] = {
        "priority": filters.priority,
        "category": filters.category,
        "language": filters.language,
        "status": filters.status if filters.status != "open" else "",
        "mine": "true" if filters.mine else "",
        "overdue": "true" if filters.overdue else "",
        "page": filters.page if filters.page > 1 else "",
    }
    query = urlencode({name: value for name, value in told.items() if value})
    return f"/?{query}" if query else "/"


def _is_fresh(database: DeskDatabase, seat: Seat, version: int, at: int) -> bool:
    if not 0 <= seat.now.timestamp() - at < FRESH_S:
        return False
    with database.read() as session:
        return read_version(session) == version


def _render_queue(
    request: Request,
    seat: Seat,
    database: DeskDatabase,
    filters: Filters,
    *,
    polled: bool = False,
) -> Response:
    with database.read() as session:
        found = list_queue(session, filters, user=seat.user, settings=seat.settings, now=seat.now)
    if filters.search:
        _tell_search(request, seat, database, filters, found.total, polled=polled)
    screen = QueueScreen(found, filters, at=int(seat.now.timestamp()))
    row = build_row_renderer(seat.language, can_take=seat.may(Right.WORK))
    if not is_part(request):
        return render(request, "queue.html", screen, seat=seat, part=False, row=row)
    headers = {} if polled else {"HX-Replace-Url": tell_address(filters)}
    return render(
        request, "queue_list.html", screen, seat=seat, headers=headers, part=True, row=row
    )


def _tell_search(
    request: Request,
    seat: Seat,
    database: DeskDatabase,
    filters: Filters,
    found: int,
    *,
    polled: bool,
) -> None:
    """Write down that somebody searched the texts; never for what, and once for a page that polls."""
    told: set[tuple[int, int]] = request.app.state.searches
    search = (seat.visit.session_id, hash(filters.search))
    if polled and search in told:
        return
    if len(told) >= MOST_SEARCHES:
        told.clear()
    told.add(search)
    detail = {"found": found, "page": filters.page}
    with database.write() as session:
        audit.append(session, "searched", user=seat.user, detail=detail, at=seat.now)
