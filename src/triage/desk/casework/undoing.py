"""A step taken back. What was done stays in the history, and that it was taken back as well."""

from datetime import datetime

from sqlalchemy.orm import Session

from triage.desk.casework.changes import find_values_before, make_change, still_holds, take_case
from triage.desk.people.roles import Right, has_right, require
from triage.desk.store.schema import Complaint, Event, User
from triage.errors import ChangedMeanwhileError, DeskError, NotAllowedError


def undo(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    event_id: int,
    version: int | None = None,
) -> int:
    """Put the columns that an event changed back as they were; undoing that does it again.

    Notes and calls stay written: only what they changed of the case goes back.

    :param event_id: an event of one's own; of anybody with the right to release.
    :returns: the new version.
    :raises NotAllowedError: where it is somebody else's event.
    :raises ChangedMeanwhileError: where what it changed was changed again since.
    :raises DeskError: where the complaint has no such event, or it changed nothing.
    """
    require(user, Right.WORK)
    case = take_case(session, id, version=version)
    event = session.get(Event, event_id)
    if event is None or event.complaint_id != id:
        raise DeskError(f"complaint {id} has no step {event_id} in its history")
    before = find_values_before(event)
    if not before:
        raise DeskError(f"step {event_id} ({event.kind}) changed nothing that could be put back")
    if not _is_theirs(event, user):
        raise NotAllowedError(f"step {event_id} is somebody else's; ask them, or a supervisor")
    if not still_holds(case, event):
        raise ChangedMeanwhileError(
            f"what step {event_id} changed on complaint {id} was changed again since: undo the"
            " later steps first"
        )
    return make_change(session, case, "undone", user=user, now=now, values=before, undoes=event_id)


def can_undo(case: Complaint, event: Event, user: User) -> bool:
    """Say whether ``undo`` of an event would do something for a user now."""
    able = has_right(user.role, Right.WORK) and _is_theirs(event, user)
    return able and still_holds(case, event)


def _is_theirs(event: Event, user: User) -> bool:
    return event.user_id == user.id or has_right(user.role, Right.RELEASE)
