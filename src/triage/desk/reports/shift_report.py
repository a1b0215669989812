"""What one shift hands over to the next: what came, what waits, what was done.

A complaint counts as come when it arrived at the desk, under the labels that hold now. What waits
is told as it is when the report is made. Nothing of a text, a note or a citizen is in it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.desk.casework.queue import is_overdue
from triage.desk.reports.work_done import (
    Checks,
    FirstContact,
    count_calls,
    count_checks,
    count_closed,
    count_steps,
    measure_contacts,
)
from triage.desk.store import audit
from triage.desk.store.schema import Complaint, User
from triage.labels import Category, Priority

MOST_OVERDUE = 60
"""Overdue cases that are listed, so that the report stays a page or two."""


@dataclass(frozen=True, slots=True)
class Came:
    """Complaints that arrived in the period.

    :param near_copies: of these, how many say nearly the same as an earlier one.
    """

    total: int
    by_priority: dict[str, int]
    by_category: dict[str, int]
    by_source: dict[str, int]
    near_copies: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open complaints of one priority, now.

    :param unclaimed: of ``total``, those that nobody has.
    :param oldest: how long the one that arrived first has been here; None where there is none.
    """

    priority: Priority
    total: int
    unclaimed: int
    overdue: int
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class OverdueCase:
    """A case whose latest time to be read has gone by.

    :param waited: since it arrived.
    :param late: since it should have been read.
    :param claimed_by: the name shown of who has it, or None.
    """

    id: int
    priority: Priority
    waited: timedelta
    late: timedelta
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class Hands:
    """What one person has in hand, now."""

    name: str
    open_cases: int
    overdue: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """All of it; each list has every priority in order.

    :param overdue: the most urgent and latest first, ``MOST_OVERDUE`` at most of ``overdue_total``.
    :param calls: calls made, by what came of them.
    :param closed: cases closed and not reopened since, by outcome.
    :param steps: how often each other kind of step was taken, such as ``handed_over``.
    :param audit_head: the newest line of the audit log, to be printed at the end.
    """

    start: datetime
    end: datetime
    made_at: datetime
    came: Came
    waiting: list[Waiting]
    overdue: list[OverdueCase]
    overdue_total: int
    hands: list[Hands]
    calls: dict[str, int]
    first_contacts: list[FirstContact]
    checks: Checks
    closed: dict[str, int]
    steps: dict[str, int]
    audit_head: audit.Head


def build_shift_report(
    session: Session, *, start: datetime, end: datetime, now: datetime
) -> ShiftReport:
    """Sum up a period and say how the desk stands.

    :param start: the first moment of the period.
    :param end: the first moment after it.
    :param now: the time of making the report.
    """
    waiting = _count_waiting(session, now)
    steps = count_steps(session, start, end)
    calls = count_calls(session, start, end) if steps.pop("called", 0) else {}
    return ShiftReport(
        start=start,
        end=end,
        made_at=now,
        came=_count_arrivals(session, start, end),
        waiting=waiting,
        overdue=_list_overdue(session, now),
        overdue_total=sum(each.overdue for each in waiting),
        hands=_list_hands(session, now),
        calls=calls,
        first_contacts=measure_contacts(session, start, end),
        checks=count_checks(session, start, end),
        closed=count_closed(session, start, end),
        steps=steps,
        audit_head=audit.find_head(session),
    )


def _count_arrivals(session: Session, start: datetime, end: datetime) -> Came:
    is_copy = Complaint.near_copy_of.is_not(None).label("is_copy")
    labels = (Complaint.priority, Complaint.category, Complaint.source, is_copy)
    query = (
        select(*labels, func.count())
        .where(Complaint.arrived_at >= start, Complaint.arrived_at < end)
        .group_by(*labels)
    )
    by_priority: dict[str, int] = dict.fromkeys(map(str, Priority), 0)
    by_category: dict[str, int] = dict.fromkeys(map(str, Category), 0)
    by_source: Counter[str] = Counter()
    near_copies = 0
    for priority, category, source, copied, count in session.execute(query):
        by_priority[priority] += count
        by_category[category] += count
        by_source[source] += count
        near_copies += count if copied else 0
    total = sum(by_priority.values())
    return Came(total, by_priority, by_category, dict(by_source.most_common()), near_copies)


def _count_waiting(session: Session, now: datetime) -> list[Waiting]:
    query = (
        select(
            Complaint.priority,
            func.count(),
            func.count().filter(Complaint.claimed_by.is_(None)),
            func.count().filter(is_overdue(now)),
            func.min(Complaint.arrived_at),
        )
        .where(Complaint.status != "closed")
        .group_by(Complaint.priority)
    )
    found = {
        priority: Waiting(Priority(priority), total, unclaimed, overdue, _since(oldest, now))
        for priority, total, unclaimed, overdue, oldest in session.execute(query)
    }
    return [found.get(priority, Waiting(priority, 0, 0, 0, None)) for priority in Priority]


def _list_overdue(session: Session, now: datetime) -> list[OverdueCase]:
    query = (
        select(
            Complaint.id,
            Complaint.priority,
            Complaint.arrived_at,
            Complaint.due_at,
            User.shown_name,
        )
        .outerjoin(User, User.id == Complaint.claimed_by)
        .where(is_overdue(now))
        .order_by(Complaint.priority, Complaint.due_at, Complaint.id)
        .limit(MOST_OVERDUE)
    )
    return [
        OverdueCase(id, Priority(priority), _since(arrived, now), _since(due, now), name)
        for id, priority, arrived, due, name in session.execute(query)
    ]


def _list_hands(session: Session, now: datetime) -> list[Hands]:
    query = (
        select(
            User.shown_name,
            func.count(),
            func.count().filter(is_overdue(now)),
            func.min(Complaint.claimed_at),
        )
        .join(Complaint, Complaint.claimed_by == User.id)
        .where(Complaint.status != "closed")
        .group_by(User.id, User.shown_name)
        .order_by(User.shown_name, User.id)
    )
    return [
        Hands(name, count, overdue, _since(first or now, now))
        for name, count, overdue, first in session.execute(query)
    ]


def _since(moment: datetime, now: datetime) -> timedelta:
    return max(now - moment, timedelta())  # the clock was moved back
