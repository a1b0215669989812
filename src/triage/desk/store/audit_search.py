"""The audit log, page by page, for whoever looks after it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from triage.desk.store.audit_tables import AuditLine

PAGE = 50
"""Lines of a page."""


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Which lines are asked for; None asks for all.

    :param user: the name an account signs in with.
    :param complaint: the desk's own id.
    """

    user: str | None = None
    action: str | None = None
    complaint: int | None = None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line; ``who`` is empty where the program did it."""

    seq: int
    at: datetime
    who: str
    action: str
    complaint: int | None
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the log, the newest line first."""

    lines: list[ShownLine]
    page: int
    pages: int
    total: int
    users: list[str]
    actions: list[str]


def list_lines(session: Session, filters: AuditFilters, *, page: int = 1) -> AuditPage:
    """Give one page of the lines that fit.

    :param page: from 1; beyond the last one the last is given.
    """
    total = session.execute(_narrow(select(func.count(AuditLine.seq)), filters)).scalar_one()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    query = _narrow(select(AuditLine), filters).order_by(AuditLine.seq.desc())
    lines = session.execute(query.limit(PAGE).offset((page - 1) * PAGE)).scalars()
    users = session.execute(select(AuditLine.user_name).distinct()).scalars()
    actions = session.execute(select(AuditLine.action).distinct()).scalars()
    return AuditPage(
        lines=[_show(line) for line in lines],
        page=page,
        pages=pages,
        total=total,
        users=sorted(filter(None, users)),
        actions=sorted(actions),
    )


def _narrow(query: Select[Any], filters: AuditFilters) -> Select[Any]:
    if filters.user is not None:
        query = query.where(AuditLine.user_name == filters.user)
    if filters.action is not None:
        query = query.where(AuditLine.action == filters.action)
    if filters.complaint is not None:
        query = query.where(AuditLine.complaint_id == filters.complaint)
    return query


def _show(line: AuditLine) -> ShownLine:
    return ShownLine(
        seq=line.seq,
        at=datetime.fromisoformat(line.at),
        who=line.user_name,
        action=line.action,
        complaint=line.complaint_id,
        detail=json.loads(line.detail),
        hash=line.hash,
    )
