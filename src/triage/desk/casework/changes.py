"""One step of the work on a case: its columns, its event, its audit line and the queue's version.

All in one transaction: kept together, or not at all.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.desk.store import audit
from triage.desk.store.columns import UtcTime
from triage.desk.store.database import bump_queue
from triage.desk.store.schema import Complaint, Event, User
from triage.errors import (
    AlreadyClaimedError,
    ChangedMeanwhileError,
    DeskError,
    UnknownComplaintError,
)

CALL = "call"
"""In a change, what came of a call; no column, so nothing of it is put back."""

LONGEST_NOTE = 10_000
"""Characters."""

_TOLD = frozenset("category urgency priority status claimed_by outcome call".split())
"""Whose values, all ids and labels, may stand in the audit log."""


def take_case(session: Session, id: int, *, version: int | None = None) -> Complaint:
    """Take a case to change it.

    :param version: that the change was decided on; None where it does not matter.
    :raises UnknownComplaintError: where there is none.
    :raises ChangedMeanwhileError: where it is of another version, saying what changed and by whom.
    """
    case = session.get(Complaint, id)
    if case is None:
        raise UnknownComplaintError(id)
    if version is not None and version != case.version:
        raise ChangedMeanwhileError(_tell_changes(session, case, version))
    return case


def take_open_case(session: Session, id: int, *, version: int | None = None) -> Complaint:
    """Take a case that is not closed.

    :raises DeskError: where it is closed.
    """
    case = take_case(session, id, version=version)
    if case.status == "closed":
        raise DeskError(f"complaint {id} is closed; reopen it first")
    return case


def make_change(
    session: Session,
    case: Complaint,
    kind: str,
    *,
    user: User,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    note: str = "",
    call: str | None = None,
    undoes: int | None = None,
) -> int:
    """Change a case and keep what was done.

    :param kind: of the event; also the action in the audit log.
    :param values: columns and what they hold from now on.
    :param note: kept in the history alone.
    :param call: what came of a call.
    :param undoes: id of the event that is taken back.
    :returns: the new version.
    """
    change: dict[str, list[Any]] = {}
    for column, value in (values or {}).items():
        before = getattr(case, column)
        if before != value:
            change[column] = [_encode(before), _encode(value)]
            setattr(case, column, value)
    if call is not None:
        change[CALL] = [None, call]
    case.version += 1
    event = Event(
        complaint_id=case.id,
        user_id=user.id,
        at=now,
        kind=kind,
        note=clean_note(note) or None,
        change=change,
        undoes=undoes,
    )
    session.add(event)
    session.flush()
    told = {column: pair for column, pair in change.items() if column in _TOLD}
    detail = {"event": event.id, "fields": sorted(change), **told}
    audit.append(session, kind, user=user, complaint=case.id, detail=detail, at=now)
    bump_queue(session)
    return case.version


def still_holds(case: Complaint, event: Event) -> bool:
    """Say whether the columns that an event changed are still as it left them."""
    columns = {name: pair for name, pair in event.change.items() if name != CALL}
    return bool(columns) and all(
        _encode(getattr(case, name)) == after for name, (_, after) in columns.items()
    )


def find_values_before(event: Event) -> dict[str, Any]:
    """Give the columns that an event changed, as they were."""
    return {
        name: _decode(name, before) for name, (before, _) in event.change.items() if name != CALL
    }


def require_hold(session: Session, case: Complaint, user: User, *, may_release: bool) -> None:
    """Go on only where nobody else has the case.

    :param may_release: the user may take cases from others.
    :raises AlreadyClaimedError: naming who has it.
    """
    if case.claimed_by not in (None, user.id) and not may_release:
        raise AlreadyClaimedError(case.id, find_name(session, case.claimed_by))


def find_name(session: Session, user_id: int | None) -> str:
    """Give the name shown of an account; of None, the program's."""
    if user_id is None:
        return "the desk itself"
    return session.execute(select(User.shown_name).where(User.id == user_id)).scalar_one()


def clean_note(note: str) -> str:
    """Give a note as every database takes it.

    :raises DeskError: where it is longer than ``LONGEST_NOTE``.
    """
    kept = note.replace("\0", "").encode("utf-8", "replace").decode().strip()
    if len(kept) > LONGEST_NOTE:
        raise DeskError(
            f"the note has {len(kept):,} characters, and {LONGEST_NOTE:,} is the most; shorten it"
        )
    return kept


def _tell_changes(session: Session, case: Complaint, version: int) -> str:
    steps = case.version - version
    query = select(Event.kind, Event.user_id).where(Event.complaint_id == case.id)
    newest = query.order_by(Event.id.desc()).limit(min(max(steps, 1), 3))
    told = [
        f"{kind} by {find_name(session, by)}"
        for kind, by in reversed(session.execute(newest).all())
    ]
    return (
        f"complaint {case.id} was changed meanwhile ({', '.join(told)}); look at it again: nothing"
        " of yours was kept"
    )


def _encode(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _decode(column: str, value: Any) -> Any:
    is_time = isinstance(Complaint.__table__.columns[column].type, UtcTime)
    return datetime.fromisoformat(value) if is_time and value is not None else value
