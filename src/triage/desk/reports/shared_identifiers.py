"""The identifiers that most complaints share: where one offender is behind many."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.orm import Session

from triage.desk.store.schema import Complaint, FoundLead

MOST_SHARED = 20
"""Shared identifiers that are listed."""


@dataclass(frozen=True, slots=True)
class SharedIdentifier:
    """An identifier that several complaints of the period name."""

    kind: str
    value: str = field(repr=False)
    cases: int
    open_cases: int
    first_seen: datetime
    last_seen: datetime

    @property
    def masked(self) -> str:
        """Its form for who may not read cases: at most its first and last two characters."""
        if len(self.value) < 8:
            return "…"
        return f"{self.value[:2]}…{self.value[-2:]}"


def list_shared(session: Session, start: datetime, end: datetime) -> list[SharedIdentifier]:
    """List the identifiers that most complaints of a period name, those of most cases first.

    :param start: complaints count that were filed from then on, up to ``end``.
    """
    cases = func.count(distinct(Complaint.id))
    still_open: ColumnElement[int | None] = case((Complaint.status != "closed", Complaint.id))
    first_seen, last_seen = func.min(Complaint.received_at), func.max(Complaint.received_at)
    query = (
        select(
            FoundLead.kind,
            FoundLead.value,
            cases,
            func.count(distinct(still_open)),
            first_seen,
            last_seen,
        )
        .join(Complaint, Complaint.id == FoundLead.complaint_id)
        .where(Complaint.received_at >= start, Complaint.received_at <= end)
        .where(FoundLead.links)
        .group_by(FoundLead.kind, FoundLead.value)
        .having(cases > 1)
        .order_by(cases.desc(), last_seen.desc(), FoundLead.kind, FoundLead.value)
        .limit(MOST_SHARED)
    )
    return [SharedIdentifier(*row) for row in session.execute(query)]
