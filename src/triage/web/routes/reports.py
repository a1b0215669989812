"""The shift report, which is printed and signed, and what may be taken out of the desk."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from triage.desk.casework.queue import Filters
from triage.desk.reports.exports import write_export
from triage.desk.reports.labels_export import write_labels
from triage.desk.reports.shift_report import ShiftReport, build_shift_report
from triage.desk.store import audit
from triage.errors import DeskError
from triage.times import INDIAN_TIME
from triage.web.fields import Switch, Typed
from triage.web.rendering import render
from triage.web.shown import Shown
from triage.web.visits import AnySeat, Database, ExportSeat, LabelsSeat, ReportSeat, Seat
from triage.web.words import translate

router = APIRouter()

SHIFT: Final = timedelta(hours=8)
LONGEST: Final = timedelta(days=31)
KINDS: Final = ("xlsx", "csv")
PERIODS: Final = ("shift", "today", "yesterday")
_TOLD_ELSEWHERE: Final = ("arrived", "called", "closed")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report, and how its period was chosen.

    :param period: one of ``PERIODS``, or empty where the times were typed.
    :param start: for the field of a form: Indian time without its zone; ``end`` likewise.
    """

    report: ShiftReport
    period: str
    start: str
    end: str
    shown_period: str

    @property
    def other_steps(self) -> list[tuple[str, int]]:
        """The steps that are not told of elsewhere in the report."""
        return [pair for pair in self.report.steps.items() if pair[0] not in _TOLD_ELSEWHERE]


@dataclass(frozen=True, slots=True)
class ExportPage:
    """What can be taken out, and in which form."""

    kinds: tuple[str, ...]


@router.get("/report")
def show_report(
    request: Request, seat: ReportSeat, database: Database, period: str = "shift"
) -> Response:
    """Show the report of a shift; ``from`` and ``to`` name any other time."""
    given = request.query_params.get("from"), request.query_params.get("to")
    if given[0] and given[1]:
        period, (start, end) = "", _read_period(given[0], given[1])
    else:
        period = period if period in PERIODS else PERIODS[0]
        start, end = find_period(period, seat.now)
    detail = {"from": start.isoformat(), "to": end.isoformat()}
    with database.write() as session:  # so that the head at its end stands for the report itself
        audit.append(session, "report_made", user=seat.user, detail=detail, at=seat.now)
        report = build_shift_report(session, start=start, end=end, now=seat.now)
    shown = tell_period(start, end, Shown(seat.language))
    page = ReportPage(report, period, _fill_field(start), _fill_field(end), shown)
    return render(request, "report.html", page, seat=seat, timedelta=timedelta)


@router.get("/export")
def show_exports(request: Request, seat: AnySeat) -> Response:
    """Show what the account may take out of the desk."""
    return render(request, "report_export.html", ExportPage(KINDS), seat=seat)


@router.post("/export/queue")
def export_queue(
    request: Request,
    seat: ExportSeat,
    database: Database,
    priority: Typed = "",
    category: Typed = "",
    language: Typed = "",
    status: Typed = "open",
    search: Typed = "",
    kind: Typed = "xlsx",
    mine: Switch = False,
    overdue: Switch = False,
    with_text: Switch = False,
) -> Response:
    """Give what fits the filters as a file."""
    filters = Filters(
        priority=priority or None,
        category=category or None,
        language=language or None,
        status=status,
        mine=mine,
        overdue=overdue,
        search=search,
    )
    path = _make_path(request, seat, "queue", kind)
    words = partial(translate, language=seat.language)
    try:
        write_export(
            database,
            filters,
            path,
            user=seat.user,
            now=seat.now,
            with_text=with_text,
            words=words,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return _hand_out(path)


@router.post("/export/labels")
def export_labels(
    request: Request, seat: LabelsSeat, database: Database, everything: Switch = False
) -> Response:
    """Give the complaints that a person has checked as ``triage train`` reads them."""
    path = _make_path(request, seat, "labels", "jsonl")
    try:
        write_labels(database, path, user=seat.user, now=seat.now, only_checked=not everything)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return _hand_out(path)


def find_period(period: str, now: datetime) -> tuple[datetime, datetime]:
    """Give the first moment of a period and the first one after it; days are India's."""
    midnight = now.astimezone(INDIAN_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "today":
        return midnight, now
    if period == "yesterday":
        return midnight - timedelta(days=1), midnight
    return now - SHIFT, now


def tell_period(start: datetime, end: datetime, show: Shown) -> str:
    """Say when a period was: the day once where it begins and ends on the same."""
    first, last = show.day(start), show.day(end)
    times = [f"{moment.astimezone(INDIAN_TIME):%H:%M}" for moment in (start, end)]
    if first == last:
        return f"{first}, {times[0]} – {times[1]}"
    return f"{first}, {times[0]} – {last}, {times[1]}"


def _read_period(start: str, end: str) -> tuple[datetime, datetime]:
    try:
        first, last = (
            datetime.fromisoformat(given).replace(tzinfo=INDIAN_TIME).astimezone(UTC)
            for given in (start, end)
        )
    except (ValueError, OverflowError):  # OverflowError: within hours of year 1 or 9999
        raise DeskError("a time is not one: choose both again") from None
    if not timedelta() < last - first <= LONGEST:
        raise DeskError("the end has to come after the beginning, by 31 days at most")
    return first, last


def _fill_field(moment: datetime) -> str:
    return f"{moment.astimezone(INDIAN_TIME):%Y-%m-%dT%H:%M}"


def _make_path(request: Request, seat: Seat, name: str, kind: str) -> Path:
    """Give the path of a file that is handed out once; its folder is the owner's alone."""
    if kind not in (*KINDS, "jsonl"):
        raise DeskError("choose CSV or XLSX")
    folder: Path = request.app.state.web.spool / "outgoing"
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    stamp = f"{seat.now.astimezone(INDIAN_TIME):%Y-%m-%d-%H%M%S%f}"
    return folder / f"{name}-{stamp}-{seat.user.id}.{kind}"


def _hand_out(path: Path) -> Response:
    name = f"{path.name.rsplit('-', 2)[0]}{path.suffix}"
    return FileResponse(
        path, filename=name, background=BackgroundTask(path.unlink, missing_ok=True)
    )
