"""A person's word on a case: what the model said confirmed, or corrected. It holds from then on."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from triage.desk.casework.changes import make_change, take_open_case
from triage.desk.casework.decisions import decide_priority
from triage.desk.people.roles import Right, require
from triage.desk.people.settings import load_settings
from triage.desk.store.schema import Complaint, User
from triage.errors import DeskError
from triage.labels import LEVELS, Category


def confirm(
    session: Session, id: int, *, user: User, now: datetime, version: int | None = None
) -> int:
    """Say that the labels which hold are right: the model's, or those of whoever corrected it.

    :returns: the new version.
    :raises DeskError: where it is closed, or nobody has read what the program could not.
    """
    require(user, Right.WORK)
    case = take_open_case(session, id, version=version)
    if case.unreadable and case.human_urgency is None:
        raise DeskError(
            f"the program could not read complaint {id}: there is nothing to confirm; set category"
            " and urgency"
        )
    return _keep(session, case, "confirmed", user, now, case.category, case.urgency)


def correct(
    session: Session,
    id: int,
    *,
    user: User,
    now: datetime,
    category: str | None = None,
    urgency: int | None = None,
    version: int | None = None,
) -> int:
    """Set category, urgency or both; priority and latest time to be read follow at once.

    :param category: None leaves what holds, without a word of a person on it.
    :param urgency: 0 to 4; None likewise.
    :returns: the new version.
    :raises DeskError: where it is closed, or there is no such label.
    """
    require(user, Right.WORK)
    if category is None and urgency is None:
        raise DeskError("nothing was corrected: name a category or an urgency")
    if category is not None and category not in tuple(Category):
        raise DeskError(f"the category is {category!r:.30}; there are {', '.join(Category)}")
    if urgency is not None and urgency not in LEVELS:
        raise DeskError(f"the urgency is {urgency!r:.20}; expected 0 to 4")
    case = take_open_case(session, id, version=version)
    return _keep(session, case, "corrected", user, now, category, urgency)


def _keep(
    session: Session,
    case: Complaint,
    kind: str,
    user: User,
    now: datetime,
    category: str | None,
    urgency: int | None,
) -> int:
    values: dict[str, Any] = {"human_by": user.id, "human_at": now}
    if category is not None:
        values |= {"human_category": str(category), "category": str(category)}
    if urgency is not None:
        values |= {"human_urgency": int(urgency), "urgency": int(urgency)}
    values |= _find_place(session, case, values)
    return make_change(session, case, kind, user=user, now=now, values=values)


def _find_place(session: Session, case: Complaint, values: dict[str, Any]) -> dict[str, Any]:
    """Find the priority that follows from new labels, and by when such a case has to be read."""
    priority = decide_priority(_Changed(case, values))
    if priority == case.priority:
        return {}
    target = timedelta(minutes=load_settings(session).targets_min[priority])
    return {"priority": priority.value, "due_at": case.arrived_at + target}


class _Changed:
    """A case as it would be with other values."""

    def __init__(self, case: Complaint, values: dict[str, Any]) -> None:
        self._case, self._values = case, values

    def __getattr__(self, name: str) -> Any:
        return self._values[name] if name in self._values else getattr(self._case, name)
