"""A filtered view of the queue as a spreadsheet, in the queue's order and in plain words.

Who exported, how much and by which filters stands in the audit log before the first row goes out;
what was searched for does not.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.desk.casework import decisions
from triage.desk.casework.queue import ORDER, Filters, build_conditions, is_overdue
from triage.desk.people.roles import Right, require
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import Complaint, User
from triage.desk.store.titles import OUTCOMES, SOURCES, STATUSES
from triage.files.row_files import write_rows
from triage.labels import LANGUAGE_TITLES, Category, Urgency
from triage.times import INDIAN_TIME

TITLES = {
    "id": "Desk number",
    "number": "Complaint number",
    "priority": "Priority",
    "category": "Category",
    "urgency": "Urgency",
    "urgency_name": "Urgency in words",
    "reason": "Reason",
    "summary": "Summary, names and numbers masked",
    "language": "Language",
    "minor": "Somebody under 18",
    "death_reported": "A death is reported",
    "needs_review": "A person has to check",
    "checked": "Checked by a person",
    "status": "Status",
    "claimed_by": "Claimed by",
    "overdue": "Overdue",
    "received_at": "Filed (Indian time)",
    "arrived_at": "Arrived (Indian time)",
    "due_at": "To be read by (Indian time)",
    "contacted_at": "First contact (Indian time)",
    "closed_at": "Closed (Indian time)",
    "outcome": "Outcome",
    "source": "Came by",
    "near_copy_of": "Nearly the same as",
    "text": "Text",
}
"""Columns and what stands above them; ``text`` only where it was asked for."""

_TIMES = ("received_at", "arrived_at", "due_at", "contacted_at", "closed_at")
_AS_THEY_ARE = (
    *(Complaint.id, Complaint.number, Complaint.priority, Complaint.near_copy_of),
    *(Complaint.language, Complaint.status, Complaint.outcome, Complaint.source, Complaint.snippet),
)
_TOGETHER = 500  # rows held at once

Words = Callable[[str], str]


def export_queue(
    session: Session,
    filters: Filters,
    *,
    user: User,
    now: datetime,
    with_text: bool = False,
    words: Words = str,
) -> Iterator[dict[str, Any]]:
    """Give the rows of everything that fits the filters, on all pages, keyed as ``TITLES``.

    :param session: of ``DeskDatabase.write``: the export is audited in it. A large export holds up
        who else writes; ``write_export`` does not.
    :param words: translates a shown word or title; leaves it in English where not given.
    :raises NotAllowedError: where the user may not export.
    """
    _audit_export(session, filters, user=user, now=now, with_text=with_text)
    return _read_rows(session, filters, user=user, now=now, with_text=with_text, words=words)


def write_export(
    database: DeskDatabase,
    filters: Filters,
    path: Path,
    *,
    user: User,
    now: datetime,
    with_text: bool = False,
    words: Words = str,
) -> int:
    """Write everything that fits the filters to a CSV or XLSX file, whole or not at all.

    The audit line is written first, then the rows are read: nobody has to wait for a large export.

    :param path: its ending says the kind; readable by its owner alone.
    :returns: rows, as the audit log names them.
    :raises NotAllowedError: where the user may not export.
    :raises DataError: where the file cannot be written.
    """
    with database.write() as session:
        count = _audit_export(session, filters, user=user, now=now, with_text=with_text)
    titles = {name: words(title) for name, title in TITLES.items() if with_text or name != "text"}
    with database.read() as session:
        rows = _read_rows(session, filters, user=user, now=now, with_text=with_text, words=words)
        renamed = ({titles[name]: value for name, value in row.items()} for row in rows)
        write_rows(path, renamed, list(titles.values()))
    return count


def _audit_export(
    session: Session, filters: Filters, *, user: User, now: datetime, with_text: bool
) -> int:
    require(user, Right.EXPORT)
    conditions = build_conditions(filters, user=user, now=now)
    count = session.execute(select(func.count(Complaint.id)).where(*conditions)).scalar_one()
    names = ("priority", "category", "language", "status", "mine", "overdue")
    chosen = {name: getattr(filters, name) for name in names if getattr(filters, name)}
    detail = {"rows": count, "with_text": with_text, "searched": bool(filters.search), **chosen}
    audit.append(session, "exported", user=user, detail=detail, at=now)
    return count


def _read_rows(
    session: Session,
    filters: Filters,
    *,
    user: User,
    now: datetime,
    with_text: bool,
    words: Words,
) -> Iterator[dict[str, Any]]:
    times = [getattr(Complaint, name) for name in _TIMES]
    query = (
        select(
            *_AS_THEY_ARE,
            *times,
            *decisions.FIELDS,
            *([Complaint.text] if with_text else []),
            User.shown_name.label("claimed_by"),
            is_overdue(now).label("overdue"),
        )
        .outerjoin(User, User.id == Complaint.claimed_by)
        .where(*build_conditions(filters, user=user, now=now))
        .order_by(*ORDER)
        .execution_options(yield_per=_TOGETHER)
    )
    for row in session.execute(query):
        shown = _show(row, words)
        yield shown | {"text": row.text} if with_text else shown


def _show(row: Any, words: Words) -> dict[str, Any]:
    def tell(holds: object) -> str:
        return words("yes" if holds else "no")

    urgency, reasons = Urgency(row.urgency), decisions.find_reasons(row)
    values = {
        "id": row.id,
        "number": row.number,
        "priority": row.priority,
        "category": words(Category(row.category).shown),
        "urgency": int(urgency),
        "urgency_name": words(urgency.shown),
        "reason": words(reasons[0]) if reasons else "",
        "summary": row.snippet,
        "language": words(LANGUAGE_TITLES[row.language]),
        "minor": tell(row.minor),
        "death_reported": tell(row.death_reported),
        "needs_review": tell(decisions.needs_review(row)),
        "checked": tell(row.human_at),
        "status": words(STATUSES[row.status]),
        "claimed_by": row.claimed_by,
        "overdue": tell(row.overdue),
        **{name: _tell_time(getattr(row, name)) for name in _TIMES},
        "outcome": words(OUTCOMES[row.outcome]) if row.outcome else "",
        "source": words(SOURCES[row.source]),
        "near_copy_of": row.near_copy_of,
    }
    return {name: "" if value is None else value for name, value in values.items()}


def _tell_time(moment: datetime | None) -> str:
    return f"{moment.astimezone(INDIAN_TIME):%Y-%m-%d %H:%M}" if moment else ""
