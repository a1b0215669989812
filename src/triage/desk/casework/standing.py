"""Where a complaint stands, without a word of it: for other software and for the page of an upload."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.desk.store.schema import ApiRequest, ApiToken, Complaint
from triage.errors import UnknownComplaintError
from triage.labels import Category, Priority


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be told of a complaint without opening it; all times are UTC."""

    id: int
    number: str | None
    priority: Priority
    category: Category
    urgency: int
    needs_review: bool
    near_copy_of: int | None
    status: str
    outcome: str | None
    received_at: datetime
    arrived_at: datetime
    due_at: datetime
    contacted_at: datetime | None
    closed_at: datetime | None


_FIELDS = tuple(getattr(Complaint, name) for name in Standing.__slots__)


def find_standing(session: Session, id: int) -> Standing:
    """Say where a complaint stands.

    :param id: the desk's own.
    :raises UnknownComplaintError: where there is none.
    """
    row = session.execute(select(*_FIELDS).where(Complaint.id == id)).one_or_none()
    if row is None:
        raise UnknownComplaintError(id)
    found = dict(row._mapping)
    found |= {"priority": Priority(row.priority), "category": Category(row.category)}
    return Standing(**found)


def was_sent_with(session: Session, id: int, token: ApiToken) -> bool:
    """Say whether the software that shows a token sent a complaint, with it or an earlier token.

    Tokens of the same name are the same software's: an old one is replaced now and then.
    """
    sent = (
        select(ApiRequest.id)
        .join(ApiToken, ApiToken.id == ApiRequest.token_id)
        .where(ApiRequest.complaint_id == id, ApiToken.name == token.name)
    )
    return session.scalar(sent.limit(1)) is not None


def count_priorities(session: Session, upload_id: int) -> dict[Priority, int]:
    """Count an upload's complaints by the priority that they have now; every priority is named."""
    query = (
        select(Complaint.priority, func.count())
        .where(Complaint.upload_id == upload_id)
        .group_by(Complaint.priority)
    )
    counts = dict(session.execute(query).all())
    return {priority: counts.get(priority, 0) for priority in Priority}


def list_copies(session: Session, upload_id: int, *, limit: int = 20) -> list[tuple[int, int]]:
    """Give the near-copies of an upload: each one's id and the id of what it is nearly the same as.

    :param limit: pairs at most.
    """
    query = (
        select(Complaint.id, Complaint.near_copy_of)
        .where(Complaint.upload_id == upload_id, Complaint.near_copy_of.is_not(None))
        .order_by(Complaint.id)
        .limit(limit)
    )
    return [(id, first) for id, first in session.execute(query) if first is not None]
