"""Accounts: made, changed and switched off; never deleted, since the audit log names them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.desk.people import sessions
from triage.desk.people.credentials import (
    check_name,
    check_password,
    fold_name,
    hash_password,
    is_password,
    make_password,
)
from triage.desk.people.roles import Right, Role, require
from triage.desk.people.tokens import list_holding
from triage.desk.store import audit
from triage.desk.store.schema import Complaint, User
from triage.errors import ConfigError, DeskError, SignInError

LANGUAGES = ("en", "hi")
"""Languages that the desk's pages can be shown in."""


_TRICKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Ends of lines, signs that turn the order of letters round so that a name looks like another, and
half characters."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a list shows it.

    :param claimed: open complaints that it holds.
    :param tokens: number and name of each token that it made and that still holds.
    """

    id: int
    name: str
    shown_name: str
    role: str
    language: str
    active: bool
    must_change_password: bool
    created_at: datetime
    claimed: int
    tokens: tuple[tuple[int, str], ...]

    @property
    def tokens_left(self) -> tuple[tuple[int, str], ...]:
        """Its tokens where it is an administrator no more, so that somebody else looks at them.

        A token is the software's, not the person's: it goes on, or complaints would get lost.
        """
        return () if self.active and self.role == Role.ADMIN else self.tokens


def add_user(
    session: Session,
    *,
    name: str,
    shown_name: str,
    role: str,
    password: str,
    by: User | None,
    now: datetime,
    must_change: bool = True,
) -> User:
    """Add an account.

    :param name: to sign in with; capitals do not matter.
    :param shown_name: what colleagues see.
    :param by: who adds it; None for the server's own command line.
    :param must_change: the password is for one time: a new one is asked for after it.
    :raises ConfigError: where name, role or password cannot be used, or the name is taken.
    """
    _require_accounts(by)
    folded = check_name(name)
    if find_user(session, folded) is not None:
        raise ConfigError([f"there is an account {folded} already; choose another name"])
    check_password(password, name=folded)
    user = User(name=folded, shown_name=_check_shown_name(shown_name), role=_check_role(role))
    user.password_hash = hash_password(password)
    user.must_change_password, user.created_at = must_change, now
    user.language, user.active = "en", True
    session.add(user)
    session.flush()
    audit.append(session, "user_added", user=by, detail={"id": user.id, "role": role}, at=now)
    return user


def find_user(session: Session, name: str) -> User | None:
    """Give the account of a name, however it is capitalised."""
    return session.scalars(select(User).where(User.name == fold_name(name))).one_or_none()


def load_user(session: Session, name: str) -> User:
    """Give the account of a name.

    :raises DeskError: where there is none.
    """
    found = find_user(session, name)
    if found is None:
        raise DeskError(f"there is no account {name}; see: triage desk user list")
    return found


def list_users(session: Session) -> list[Account]:
    """Give all accounts by name, those switched off last."""
    held = (
        select(func.count())
        .where(Complaint.claimed_by == User.id, Complaint.status == "claimed")
        .correlate(User)
        .scalar_subquery()
    )
    rows = session.execute(select(User, held).order_by(User.active.desc(), User.name))
    tokens = list_holding(session)
    return [_describe(user, claimed, tokens.get(user.id, ())) for user, claimed in rows]


def change_password(
    session: Session, user: User, *, old: str, new: str, now: datetime, keep: int | None = None
) -> None:
    """Change one's own password; ends the account's other sessions.

    :param keep: the id of the present session, which goes on.
    :raises SignInError: where the old one does not fit.
    :raises ConfigError: where the new one cannot be used.
    """
    changed = _load(session, user)
    if not is_password(old, changed.password_hash):
        raise SignInError("the old password does not fit; nothing was changed")
    check_password(new, name=changed.name)
    if is_password(new, changed.password_hash):
        raise ConfigError(["this is the old password: choose another one"])
    changed.password_hash, changed.must_change_password = hash_password(new), False
    sessions.end_all(session, changed, now=now, keep=keep)
    audit.append(session, "password_changed", user=changed, at=now)


def reset_password(
    session: Session, user: User, *, by: User | None, now: datetime, password: str | None = None
) -> str:
    """Give an account a one-time password; ends its sessions.

    :param password: what it is to be; None makes one up.
    :returns: the password, which is kept nowhere: it is shown once.
    """
    _require_accounts(by)
    changed, made = _load(session, user), password or make_password()
    check_password(made, name=changed.name)
    changed.password_hash, changed.must_change_password = hash_password(made), True
    sessions.end_all(session, changed, now=now)
    sessions.forgive(session, changed.name)
    audit.append(session, "password_reset", user=by, detail={"id": changed.id}, at=now)
    return made


def set_active(
    session: Session, user: User, active: bool, *, by: User | None, now: datetime
) -> None:
    """Switch an account on, or off: then its sessions end at once.

    Complaints that it holds stay with it, and overdue, until a supervisor releases them.

    :raises DeskError: for the last administrator.
    """
    _require_accounts(by)
    changed = _load(session, user)
    if not active:
        _keep_one_admin(session, changed)
        sessions.end_all(session, changed, now=now)
    changed.active = active
    action = "user_switched_on" if active else "user_switched_off"
    audit.append(session, action, user=by, detail={"id": changed.id}, at=now)


def set_role(session: Session, user: User, role: str, *, by: User | None, now: datetime) -> None:
    """Give an account another role.

    :raises DeskError: for the last administrator.
    """
    _require_accounts(by)
    changed, chosen = _load(session, user), _check_role(role)
    if chosen != Role.ADMIN:
        _keep_one_admin(session, changed)
    detail = {"id": changed.id, "role": [changed.role, chosen]}
    changed.role = chosen
    audit.append(session, "role_changed", user=by, detail=detail, at=now)


def set_language(session: Session, user: User, language: str) -> None:
    """Choose the language of an account's pages."""
    if language not in LANGUAGES:
        raise ConfigError([f"the desk's pages are in {' and '.join(LANGUAGES)} only"])
    _load(session, user).language = language


def _load(session: Session, user: User) -> User:
    """Give the account as it is now: the one at hand may come from an earlier session."""
    found = session.get(User, user.id, populate_existing=True)
    if found is None:
        raise DeskError(f"there is no account {user.id} any more; load the page anew")
    return found


def _require_accounts(by: User | None) -> None:
    if by is not None:
        require(by, Right.ACCOUNTS)


def _keep_one_admin(session: Session, user: User) -> None:
    others = select(func.count()).where(User.role == Role.ADMIN, User.active, User.id != user.id)
    if user.role == Role.ADMIN and user.active and not session.scalar(others):
        raise DeskError(f"{user.name} is the last administrator: make another one first")


def _check_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise ConfigError(
            [f"there is no role {role!r:.30}; there are: {', '.join(Role)}"]
        ) from None


def _check_shown_name(name: str) -> str:
    shown = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(shown) <= 100 or _TRICKS.search(shown):
        raise ConfigError(["the name that colleagues see has 1 to 100 characters in one line"])
    return shown


def _describe(user: User, claimed: int, tokens: Sequence[tuple[int, str]]) -> Account:
    return Account(
        id=user.id,
        name=user.name,
        shown_name=user.shown_name,
        role=user.role,
        language=user.language,
        active=user.active,
        must_change_password=user.must_change_password,
        created_at=user.created_at,
        claimed=claimed,
        tokens=tuple(tokens),
    )
