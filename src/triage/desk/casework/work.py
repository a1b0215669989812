"""What staff do with a case: claim, check, call, note, hand over, close, and take a step back.

Each function makes one event, one audit line and a new version, in the caller's write transaction.
Writes come one after the other (``database``), so whoever reads here reads what holds.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.desk.casework.changes import (
    clean_note,
    find_name,
    make_change,
    require_hold,
    take_case,
    take_open_case,
)
from triage.desk.casework.checks import confirm, correct
from triage.desk.casework.undoing import undo
from triage.desk.people.roles import Right, Role, has_right, require
from triage.desk.store.schema import Complaint, User
from triage.desk.store.titles import CALL_OUTCOMES, OUTCOMES
from triage.errors import AlreadyClaimedError, DeskError, NotAllowedError
from triage.labels import Priority

__all__ = [
    "add_note",
    "claim",
    "close",
    "confirm",
    "correct",
    "hand_over",
    "list_colleagues",
    "record_call",
    "release",
    "reopen",
    "undo",
]

_NOBODYS = {"status": "new", "claimed_by": None, "claimed_at": None}


def claim(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    version: int | None = None,
    take_over: bool = False,
) -> int:
    """Take a case into one's hands; of many at once exactly one gets it.

    Claiming what one has changes nothing.

    :param take_over: takes it from whoever has it; needs the right to release. Both steps are told
        in the history.
    :returns: the new version.
    :raises AlreadyClaimedError: naming who has it.
    :raises DeskError: where it is closed.
    """
    require(user, Right.WORK)
    case = take_open_case(session, id)
    if case.claimed_by == user.id:
        return case.version
    if case.claimed_by is not None and not take_over:
        raise AlreadyClaimedError(id, find_name(session, case.claimed_by))
    take_case(session, id, version=version)
    if case.claimed_by is not None:
        release(session, id, user=user, now=now)
    values = {"status": "claimed", "claimed_by": user.id, "claimed_at": now}
    return make_change(session, case, "claimed", user=user, now=now, values=values)


def release(
    session: Session, id: int, *, user: User, now: datetime, version: int | None = None
) -> int:
    """Give a case back to everybody.

    :returns: the new version.
    :raises NotAllowedError: where it is somebody else's and the user may not take it from them.
    :raises DeskError: where it is closed, or nobody has it.
    """
    require(user, Right.WORK)
    case = take_open_case(session, id, version=version)
    if case.claimed_by is None:
        raise DeskError(f"complaint {id} is with nobody: there is nothing to give back")
    _require_own_or_right(session, case, user)
    return make_change(session, case, "released", user=user, now=now, values=_NOBODYS)


def hand_over(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    to: int,
    note: str = "",
    version: int | None = None,
) -> int:
    """Give a case into a colleague's hands.

    :param to: the colleague's id.
    :returns: the new version.
    :raises NotAllowedError: where the user has not claimed it and may not take it from others.
    :raises DeskError: where it is closed, theirs already, or the colleague cannot work on cases.
    """
    require(user, Right.WORK)
    case = take_open_case(session, id, version=version)
    _require_own_or_right(session, case, user)
    colleague = session.get(User, to)
    if colleague is None or not colleague.active or not has_right(colleague.role, Right.WORK):
        raise DeskError(f"the account {to} cannot work on cases; choose another colleague")
    if case.claimed_by == to:
        raise DeskError(f"complaint {id} is with {colleague.shown_name} already")
    values = {"status": "claimed", "claimed_by": to, "claimed_at": now}
    return make_change(session, case, "handed_over", user=user, now=now, values=values, note=note)


def add_note(
    session: Session, id: int, *, user: User, now: datetime, text: str, version: int | None = None
) -> int:
    """Write something down for whoever reads the case next; it stays.

    :returns: the new version.
    :raises DeskError: where the note is empty or too long.
    """
    require(user, Right.WORK)
    case = take_case(session, id, version=version)
    if not clean_note(text):
        raise DeskError("the note is empty; write something or leave it")
    return make_change(session, case, "noted", user=user, now=now, note=text)


def record_call(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    outcome: str,
    note: str = "",
    version: int | None = None,
) -> int:
    """Record a call to the complainant; whoever made it, and whoever has the case.

    :param outcome: one of ``CALL_OUTCOMES``; the first ``reached`` is the first contact.
    :returns: the new version.
    :raises DeskError: where there is no such outcome.
    """
    require(user, Right.WORK)
    _check_outcome(outcome, CALL_OUTCOMES)
    case = take_case(session, id, version=version)
    first = outcome == "reached" and case.contacted_at is None
    return make_change(
        session,
        case,
        "called",
        user=user,
        now=now,
        values={"contacted_at": now} if first else {},
        note=note,
        call=outcome,
    )


def close(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    outcome: str,
    note: str = "",
    version: int | None = None,
) -> int:
    """Close a case.

    :param outcome: one of ``OUTCOMES``.
    :param note: needed for a P1 whom no call has reached, unless it is a duplicate.
    :returns: the new version.
    :raises AlreadyClaimedError: where somebody else has it and the user may not take it from them.
    :raises DeskError: where there is no such outcome, it is closed, or the note is missing.
    """
    require(user, Right.WORK)
    _check_outcome(outcome, OUTCOMES)
    case = take_open_case(session, id)
    require_hold(session, case, user, may_release=has_right(user.role, Right.RELEASE))
    take_case(session, id, version=version)
    unheard = case.priority == Priority.P1 and case.contacted_at is None
    if unheard and outcome != "duplicate" and not clean_note(note):
        raise DeskError(
            f"complaint {id} is a P1 and no call has reached anybody: call first, or write why it"
            " can be closed"
        )
    values = {"status": "closed", "closed_at": now, "outcome": outcome}
    return make_change(session, case, "closed", user=user, now=now, values=values, note=note)


def reopen(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    note: str = "",
    version: int | None = None,
) -> int:
    """Open a closed case again, for everybody: who closed it may be off duty.

    :returns: the new version.
    :raises DeskError: where it is not closed.
    """
    require(user, Right.WORK)
    case = take_case(session, id, version=version)
    if case.status != "closed":
        raise DeskError(f"complaint {id} is not closed: there is nothing to reopen")
    values = {**_NOBODYS, "closed_at": None, "outcome": None}
    return make_change(session, case, "reopened", user=user, now=now, values=values, note=note)


def list_colleagues(session: Session) -> list[tuple[int, str]]:
    """Give id and shown name of everybody who can work on cases, by name."""
    roles = [role for role in Role if has_right(role, Right.WORK)]
    query = select(User.id, User.shown_name).where(User.active, User.role.in_(roles))
    found = session.execute(query.order_by(User.shown_name, User.id))
    return [(id, shown_name) for id, shown_name in found]


def _require_own_or_right(session: Session, case: Complaint, user: User) -> None:
    if case.claimed_by == user.id or has_right(user.role, Right.RELEASE):
        return
    if case.claimed_by is None:
        raise NotAllowedError(f"complaint {case.id} is with nobody; claim it first")
    name = find_name(session, case.claimed_by)
    raise NotAllowedError(f"complaint {case.id} is with {name}; ask them, or a supervisor")


def _check_outcome(outcome: str, known: Collection[str]) -> None:
    if outcome not in known:
        raise DeskError(f"the outcome is {outcome!r:.20}; there are {', '.join(known)}")
