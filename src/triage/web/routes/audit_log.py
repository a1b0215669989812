"""The audit log: read page by page, and gone through from its first line to its last."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from triage.desk.store import audit
from triage.desk.store.audit_search import AuditFilters, AuditPage, list_lines
from triage.errors import DeskError, DeskUnusableError
from triage.times import INDIAN_TIME
from triage.web import names
from triage.web.rendering import render
from triage.web.visits import AuditSeat, Database
from triage.web.words import translate

router = APIRouter()

_DIGITS = 18  # any number of so many fits into a database
_SHORTEST_HEAD = 12
_LONGEST_SHOWN = 120
_A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
_CHANGES: Final = (
    "category",
    "urgency",
    "priority",
    "status",
    "claimed_by",
    "outcome",
    "call",
    "role",
)
"""Details that may be a pair: the value before and the one after."""

_NAMED: Final[Mapping[str, Mapping[Any, str]]] = {
    "category": names.CATEGORIES,
    "urgency": names.URGENCIES,
    "status": names.STATUS_FILTERS,
    "outcome": names.OUTCOMES,
    "call": names.CALL_OUTCOMES,
    "role": names.ROLES,
    "language": names.LANGUAGES,
    "source": names.SOURCES,
    "state": names.UPLOAD_STATES,
    "name": names.SETTINGS,
    "fields": names.AUDIT_DETAILS,
}
"""Details whose values are ids, and what those are called."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the log and what it was narrowed to.

    :param language: of who reads it.
    """

    found: AuditPage
    filters: AuditFilters
    query: str
    language: str

    def name(self, detail: str) -> str:
        """Name a detail of a line."""
        known = names.AUDIT_DETAILS.get(detail, detail.replace("_", " "))
        return translate(known, self.language)

    def tell(self, detail: str, value: object) -> str:
        """Show the value of a detail in one short line."""
        return _tell(detail, value, self.language)[:_LONGEST_SHOWN]


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
    shown = LogPage(found, filters, query, seat.language)
    return render(request, "audit.html", shown, seat=seat)


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


def _tell(detail: str, value: object, language: str) -> str:
    """Show a value; ids by what they are called."""
    match value:
        case None:
            return "–"
        case bool():
            return translate("yes" if value else "no", language)
        case [before, after] if detail in _CHANGES:
            return f"{_tell(detail, before, language)} → {_tell(detail, after, language)}"
        case list():
            return ", ".join(_tell(detail, each, language) for each in value)
        case dict():
            pairs = value.items()
            return ", ".join(f"{name} {_tell(detail, each, language)}" for name, each in pairs)
        case str() if _A_TIME.fullmatch(value):
            at = datetime.fromisoformat(value)
            return f"{at.astimezone(INDIAN_TIME):%Y-%m-%d %H:%M}"
        case str() | int() if value in (known := _NAMED.get(detail, {})):
            return translate(known[value], language)
    return str(value)


def _is_number(given: str) -> bool:
    return given.isascii() and given.isdigit() and len(given) <= _DIGITS and int(given) > 0
