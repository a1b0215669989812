"""Tokens with which other software sends complaints; only their hashes are kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.desk.people.roles import Right, require
from triage.desk.people.sessions import TOUCH
from triage.desk.store import audit
from triage.desk.store.schema import ApiToken, User
from triage.errors import ConfigError, DeskError

PREFIX = "triage_"
"""Begins each token, so that one that leaked into a file is found by a search."""


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as a list shows it: everything but itself."""

    id: int
    name: str
    made_by: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def make_token(session: Session, *, name: str, by: User, now: datetime) -> str:
    """Make a token.

    :param name: of the software that it is for.
    :param by: the administrator who answers for it.
    :returns: the token, which is shown once.
    :raises ConfigError: where the name is empty, too long, or has several lines.
    """
    require(by, Right.ACCOUNTS)
    shown = name.strip()
    if not 1 <= len(shown) <= 100 or not shown.isprintable():
        raise ConfigError(["a token needs a name of 1 to 100 characters: whose software it is for"])
    token = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(name=shown, token_hash=_hash(token), created_by=by.id, created_at=now)
    session.add(made)
    session.flush()
    audit.append(session, "token_made", user=by, detail={"id": made.id}, at=now)
    return token


def find_token(session: Session, token: str) -> ApiToken | None:
    """Give a token that holds, or None."""
    holds = (ApiToken.token_hash == _hash(token), ApiToken.revoked_at.is_(None))
    return session.scalars(select(ApiToken).where(*holds)).one_or_none()


def touch_token(session: Session, token: ApiToken, *, now: datetime) -> None:
    """Note that a token was used, to the minute."""
    if token.used_at is None or abs(now - token.used_at) >= TOUCH:
        token.used_at = now


def revoke_token(session: Session, token_id: int, *, by: User | None, now: datetime) -> None:
    """Make a token useless from now on; one that is so already stays so.

    :param by: who does it; None for the server's own command line.
    :raises DeskError: where there is no such token.
    """
    if by is not None:
        require(by, Right.ACCOUNTS)
    token = session.get(ApiToken, token_id)
    if token is None:
        raise DeskError(f"there is no token {token_id}; see: triage desk token list")
    if token.revoked_at is None:
        token.revoked_at = now
        audit.append(session, "token_revoked", user=by, detail={"id": token_id}, at=now)


def list_tokens(session: Session) -> list[TokenView]:
    """Give all tokens, those that hold first, newest first."""
    rows = session.execute(
        select(ApiToken, User.name)
        .join(User, User.id == ApiToken.created_by)
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
    )
    return [
        TokenView(t.id, t.name, made_by, t.created_at, t.used_at, t.revoked_at)
        for t, made_by in rows
    ]


def list_holding(session: Session) -> dict[int, list[tuple[int, str]]]:
    """Give number and name of each token that holds, the newest first, by who made it."""
    query = select(ApiToken.created_by, ApiToken.id, ApiToken.name)
    found: dict[int, list[tuple[int, str]]] = {}
    for made_by, id, name in session.execute(
        query.where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())
    ):
        found.setdefault(made_by, []).append((id, name))
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
