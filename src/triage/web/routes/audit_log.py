"""The audit log: read page by page, and gone through from its first line to its last."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from triage.desk.store import audit
from triage.desk.store.audit_search import AuditFilters, AuditPage, list_lines
from triage.errors import DeskError, DeskUnusableError
from triage.times import INDIAN_TIME
from triage.web.rendering import render
from triage.web.visits import AuditSeat, Database

router = APIRouter()

_DIGITS = 18  # any number of so many fits into a database
_SHORTEST_HEAD = 12
_LONGEST_SHOWN = 120
_A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the log and what it was narrowed to."""

    found: AuditPage
    filters: AuditFilters
    query: str

    def tell(self, value: object) -> str:
        """Show a value of a line's details in one short line."""
        return _tell(value)[:_LONGEST_SHOWN]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What going through the log showed.

    :param problem: names the first line that does not fit; empty where all do.
    """

    lines: int = 0
    head: str = ""
    problem: str = ""


@router.get("/audit")
def show_log(
    request: Request,
    seat: AuditSeat,
    database: Database,
    user: str = "",
    action: str = "",
    complaint: str = "",
    page: str = "1",
) -> Response:
    """Show the lines that fit, the newest first."""
    id = int(complaint) if _is_number(complaint) else None
    filters = AuditFilters(user or None, action or None, id)
    with database.read() as session:
        found = list_lines(session, filters, page=int(page) if _is_number(page) else 1)
    narrowed = {"user": user, "action": action, "complaint": "" if id is None else str(id)}
    query = urlencode({name: value for name, value in narrowed.items() if value})
    return render(request, "audit.html", LogPage(found, filters, query), seat=seat)


@router.post("/audit/verify")
def verify_log(
    request: Request,
    seat: AuditSeat,
    database: Database,
    head: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Go through the whole log and say whether every line is as it was written."""
    known = head.strip().lower()
    if known and (len(known) < _SHORTEST_HEAD or set(known) - set("0123456789abcdef")):
        raise DeskError("a head has at least 12 signs: digits, and letters from a to f")
    try:
        with database.read() as session:
            newest = audit.verify(session, known_head=known or None)
        verdict = Verdict(newest.seq, newest.hash)
    except DeskUnusableError as error:
        verdict = Verdict(problem=str(error))
    with database.write() as session:
        audit.append(session, "log_verified", user=seat.user, detail={"fits": not verdict.problem})
    return render(request, "audit_verdict.html", verdict, seat=seat)


def _tell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case [before, (str() | int() | float() | None) as after] if type(before) is not type(after):
            return f"{_tell(before)} → {_tell(after)}"
        case [str() as before, str() as after]:
            return f"{before} → {after}"
        case str() if _A_TIME.fullmatch(value):
            at = datetime.fromisoformat(value)
            return f"{at.astimezone(INDIAN_TIME):%Y-%m-%d %H:%M}"
        case list():
            return ", ".join(map(_tell, value))
        case dict():
            return ", ".join(f"{name} {_tell(each)}" for name, each in value.items())
    return str(value)


def _is_number(given: str) -> bool:
    return given.isascii() and given.isdigit() and len(given) <= _DIGITS and int(given) > 0
