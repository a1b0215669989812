"""The queue: whom to call next. Whatever the filters, a P1 that nobody has stands above all.

Every complaint can be reached, closed and harmless-looking ones too, and each has a latest time to
be read. A complaint that is pinned is not shown a second time below, except by a search.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from triage.desk.casework import decisions
from triage.desk.casework.search import build_search
from triage.desk.people.roles import Right, require
from triage.desk.people.settings import DeskSettings
from triage.desk.store.audit_tables import DeskState
from triage.desk.store.schema import Complaint, User
from triage.errors import DeskError
from triage.labels import Priority

PAGE = 50
"""Rows of a page."""

_MINUTE = timedelta(minutes=1)

MOST_PINNED = 50
"""Pinned rows at most; where more wait, the others lead the pages."""

STATUSES = ("open", "new", "claimed", "closed", "all")
"""What can be asked for; ``open`` is new and claimed."""

ORDER = (
    Complaint.priority,
    Complaint.urgency.desc(),
    Complaint.risk_step.desc(),
    Complaint.received_at,
    Complaint.id,
)
"""The order of ``ranking.rank_key``."""

# The words stand in the statement itself, so that PostgreSQL and SQLite may use an index of open ones.
_IS_OPEN = Complaint.status != literal("closed", literal_execute=True)
_IS_PINNED = and_(_IS_OPEN, Complaint.priority == Priority.P1, Complaint.claimed_by.is_(None))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page of the queue is narrowed to; None narrows nothing.

    :param status: one of ``STATUSES``.
    :param mine: only what the reader has claimed.
    :param overdue: only what ``is_overdue``.
    :param search: words, a number or identifiers; empty for none.
    :param page: from 1; beyond the last one the last is given.
    """

    priority: str | None = None
    category: str | None = None
    language: str | None = None
    status: str = "open"
    mine: bool = False
    overdue: bool = False
    search: str = field(default="", repr=False)
    page: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    """How many open complaints of a priority nobody has, are overdue, and are in somebody's hands."""

    waiting: int = 0
    overdue: int = 0
    claimed: int = 0


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One complaint in the list.

    :param reason: the first reason for its priority.
    :param waiting: whole minutes since it arrived, until somebody reached the complainant or closed
        it; in whole ones two rows are equal for as long as they look the same.
    :param target: time within which a complaint of its priority has to be read.
    :param needs_review: the model asks for a person, and none has spoken.
    :param checked: a person confirmed or corrected its labels.
    :param pinned: nobody has it, and it is a P1.
    """

    id: int
    number: str | None = field(repr=False)
    priority: Priority
    category: str
    urgency: int
    language: str
    snippet: str = field(repr=False)
    reason: str
    waiting: timedelta
    target: timedelta
    overdue: bool
    status: str
    claimed_by_name: str | None
    is_mine: bool
    needs_review: bool
    checked: bool
    near_copy_of: int | None
    received_at: datetime
    due_at: datetime
    minor: bool
    pinned: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page.

    :param pinned: the first ``MOST_PINNED`` of them, whatever the filters.
    :param pinned_total: all of them.
    :param rows: what fits the filters, without what is pinned above; a search finds those as well.
    :param counts: of all open complaints, whatever the filters.
    :param total: rows on all pages.
    :param version: see ``read_version``.
    """

    pinned: list[QueueRow]
    pinned_total: int
    rows: list[QueueRow]
    counts: dict[Priority, Count]
    total: int
    page: int
    pages: int
    version: int


def list_queue(
    session: Session, filters: Filters, *, user: User, settings: DeskSettings, now: datetime
) -> QueuePage:
    """Give one page of the queue, most urgent first.

    :param user: who reads it.
    :param settings: whose targets the waiting times are shown against.
    :param now: aware; a clock that was moved back gives no negative waiting time.
    :raises NotAllowedError: where the user may not read cases.
    :raises DeskError: where the status asked for is none.
    """
    require(user, Right.READ_CASES)
    conditions = build_conditions(filters, user=user, now=now)
    counts = _count_open(session, now)

    def read(query: Select[Any]) -> list[QueueRow]:
        found = session.execute(query.order_by(*ORDER))
        return [_build_row(row, user, settings, now) for row in found]

    pinned = read(_select_rows().where(_IS_PINNED).limit(MOST_PINNED))
    if not filters.search:
        conditions.append(Complaint.id.not_in([row.id for row in pinned]))
    chosen, total, page, pages = _choose_page(session, filters, conditions)
    return QueuePage(
        pinned=pinned,
        pinned_total=counts[Priority.P1].waiting,
        rows=read(chosen),
        counts=counts,
        total=total,
        page=page,
        pages=pages,
        version=read_version(session),
    )


def _choose_page(
    session: Session, filters: Filters, conditions: list[ColumnElement[bool]]
) -> tuple[Select[Any], int, int, int]:
    """Give the rows of a page to be read, the number of all rows, the page and the pages there are."""
    if filters.search:  # it goes through every text: once, not once to count and once to read
        found = session.scalars(select(Complaint.id).where(*conditions).order_by(*ORDER)).all()
        total = len(found)
    else:
        total = session.execute(select(func.count(Complaint.id)).where(*conditions)).scalar_one()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, filters.page), pages)
    first, rows = (page - 1) * PAGE, _select_rows()
    if filters.search:
        return rows.where(Complaint.id.in_(found[first : first + PAGE])), total, page, pages
    return rows.where(*conditions).limit(PAGE).offset(first), total, page, pages


def read_version(session: Session) -> int:
    """Give the number that grows with every change that the queue shows."""
    return session.execute(select(DeskState.queue_version)).scalar_one()


def select_queue(filters: Filters, *, user: User, now: datetime) -> Select[int]:
    """Select the ids of everything that fits the filters, pinned or not, in the queue's order."""
    conditions = build_conditions(filters, user=user, now=now)
    return select(Complaint.id).where(*conditions).order_by(*ORDER)


def build_conditions(filters: Filters, *, user: User, now: datetime) -> list[ColumnElement[bool]]:
    """Build what has to hold of a complaint that fits the filters.

    :raises DeskError: where the status asked for is none.
    """
    conditions = [*_build_status(filters.status)]
    if filters.priority is not None:
        conditions.append(Complaint.priority == filters.priority)
    if filters.category is not None:
        conditions.append(Complaint.category == filters.category)
    if filters.language is not None:
        conditions.append(Complaint.language == filters.language)
    if filters.mine:
        conditions.append(Complaint.claimed_by == user.id)
    if filters.overdue:
        conditions.append(is_overdue(now))
    if filters.search:
        conditions.append(build_search(filters.search))
    return conditions


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Build the condition that the latest time to be read has gone by.

    It stays overdue until somebody has it and has reached the complainant, or it is closed: that it
    was claimed helps nobody yet.
    """
    return and_(_IS_OPEN, _is_late(now))


def _is_late(now: datetime) -> ColumnElement[bool]:
    unheard = or_(Complaint.claimed_by.is_(None), Complaint.contacted_at.is_(None))
    return and_(Complaint.due_at < now, unheard)


def _build_status(status: str) -> list[ColumnElement[bool]]:
    if status not in STATUSES:
        raise DeskError(f"the status asked for is {status!r:.20}; there are {', '.join(STATUSES)}")
    if status == "all":
        return []
    return [_IS_OPEN] if status == "open" else [Complaint.status == status]


def _count_open(session: Session, now: datetime) -> dict[Priority, Count]:
    query = select(
        Complaint.priority,
        func.count().filter(Complaint.claimed_by.is_(None)),
        func.count().filter(_is_late(now)),  # that it is open says the index already
        func.count().filter(Complaint.claimed_by.is_not(None)),
    )
    rows = session.execute(query.where(_IS_OPEN).group_by(Complaint.priority))
    found = {priority: Count(*counts) for priority, *counts in rows}
    return {priority: found.get(priority, Count()) for priority in Priority}


def _select_rows() -> Select[Any]:
    shown: tuple[Any, ...] = (
        *(Complaint.id, Complaint.number, Complaint.priority, Complaint.language),
        *(Complaint.snippet, Complaint.status, Complaint.claimed_by, Complaint.near_copy_of),
        *(Complaint.received_at, Complaint.arrived_at, Complaint.due_at),
        *(Complaint.contacted_at, Complaint.closed_at),
    )
    name = User.shown_name.label("claimed_by_name")
    query = select(*shown, *decisions.FIELDS, name)
    return query.outerjoin(User, User.id == Complaint.claimed_by)


def _build_row(row: Any, user: User, settings: DeskSettings, now: datetime) -> QueueRow:
    free = row.claimed_by is None
    is_open = row.status != "closed"
    heard_at = row.closed_at if not is_open else None if free else row.contacted_at
    reasons = decisions.find_reasons(row)
    priority = Priority(row.priority)
    return QueueRow(
        id=row.id,
        number=row.number,
        priority=priority,
        category=row.category,
        urgency=row.urgency,
        language=row.language,
        snippet=row.snippet,
        reason=reasons[0] if reasons else "",
        waiting=timedelta(minutes=max((heard_at or now) - row.arrived_at, timedelta()) // _MINUTE),
        target=timedelta(minutes=settings.targets_min[priority]),
        overdue=is_open and row.due_at < now and heard_at is None,
        status=row.status,
        claimed_by_name=row.claimed_by_name,
        is_mine=row.claimed_by == user.id,
        needs_review=decisions.needs_review(row),
        checked=row.human_at is not None,
        near_copy_of=row.near_copy_of,
        received_at=row.received_at,
        due_at=row.due_at,
        minor=row.minor,
        pinned=is_open and free and priority is Priority.P1,
    )
