"""Who may do what: four roles, and the rights of each.

Source: NIST SP 800-53, AC-5 and AC-6: duties apart, and no right that the work does not need. The
administrator looks after accounts and reads no complaint.
"""

from enum import StrEnum

from triage.desk.store.schema import User
from triage.errors import NotAllowedError


class Role(StrEnum):
    """What an account is for."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"
    SCIENTIST = "data_scientist"
    ADMIN = "admin"


class Right(StrEnum):
    """Something that a role may do."""

    READ_CASES = "read_cases"
    WORK = "work"
    INTAKE = "intake"
    REPORT = "report"  # shift report and trends
    EXPORT = "export"
    RELEASE = "release"  # take a case away from another
    AUDIT = "audit"
    ACCOUNTS = "accounts"  # accounts, tokens and settings
    LABELS = "labels"


_STAFF = frozenset({Right.READ_CASES, Right.WORK, Right.INTAKE, Right.REPORT})
_RIGHTS = {
    Role.STAFF: _STAFF,
    Role.SUPERVISOR: _STAFF | {Right.EXPORT, Right.RELEASE, Right.AUDIT},
    Role.SCIENTIST: frozenset({Right.REPORT, Right.LABELS}),
    Role.ADMIN: frozenset({Right.ACCOUNTS, Right.AUDIT, Right.REPORT}),
}


def has_right(role: str, right: Right) -> bool:
    """Say whether a role has a right; a role that is not known has none.

    >>> has_right("staff", Right.WORK), has_right("admin", Right.READ_CASES)
    (True, False)
    """
    return role in _RIGHTS and right in _RIGHTS[Role(role)]


def require(user: User, right: Right) -> None:
    """Go on only where a user has a right.

    :raises NotAllowedError: naming the roles that have it.
    """
    if user.active and has_right(user.role, right):
        return
    if not user.active:
        raise NotAllowedError(f"the account {user.name} was switched off; ask an administrator")
    able = " or ".join(role for role in Role if right in _RIGHTS[role])
    raise NotAllowedError(
        f"the account {user.name} ({user.role}) may not do this; it takes the role {able}"
    )
