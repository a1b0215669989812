"""Signing in and out, and the sessions of browsers between.

A sign-in is counted as failed before its password is looked at, and struck off when it fits: a
thousand guesses at once count as a thousand. It takes the database, not a session: the count is kept
though the sign-in raises, and the slow hash of the password is computed while nobody waits for a lock.

Source: OWASP Authentication and Session Management Cheat Sheets.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from triage.desk.people.credentials import fold_name, is_password
from triage.desk.people.settings import load_settings
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import SignedIn, SignInFailure, User
from triage.errors import SignInError

LONGEST = timedelta(hours=16)
"""No session lasts longer, however busy: longer than any shift."""

WINDOW = timedelta(minutes=15)
"""Failures count for as long."""

FREE_PER_NAME = 5
FREE_PER_ADDRESS = 30
"""Failures without a wait; a whole police station may share one address."""

FIRST_WAIT = timedelta(seconds=15)
"""The wait after those; it doubles with each further failure, up to ``WINDOW``."""

TOUCH = timedelta(minutes=1)

_WRONG = "name and password do not fit; check both, or ask an administrator for a new password"


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that is signed in.

    :param user: whose account; may be read after the database session.
    :param csrf_token: has to come with every change.
    :param expires_at: when it ends unless something is done before.
    :param seen_at: when something was last done.
    """

    user: User
    csrf_token: str
    session_id: int
    expires_at: datetime
    seen_at: datetime

    def needs_touch(self, now: datetime) -> bool:
        """Say whether ``touch_session`` is due: once a minute, or where the clock was moved."""
        return abs(now - self.seen_at) >= TOUCH


def sign_in(
    database: DeskDatabase, *, name: str, password: str, address: str, now: datetime
) -> tuple[str, Visit]:
    """Begin a session.

    :param address: of the browser, to slow down who guesses.
    :returns: the token for the cookie, which is kept nowhere, and the session.
    :raises SignInError: with the same words and after the same time, whether or not the account
        exists or is switched off; ``retry_s`` says how long to wait after too many failures.
    """
    known_id, known_hash = _count_attempt(database, fold_name(name), address, now)
    fits = is_password(password, known_hash)
    with database.write() as session:
        user = session.get(User, known_id) if known_id is not None else None
        # The account may have been changed or switched off while the password was looked at.
        if fits and user is not None and user.active and user.password_hash == known_hash:
            return _begin(session, user, now)
        audit.append(session, "sign_in_failed", user=user, at=now)
    raise SignInError(_WRONG)


def confirm_password(
    database: DeskDatabase, user: User, *, password: str, address: str, now: datetime
) -> None:
    """Go on only where who is signed in knows the password of the account.

    Guesses at a browser that was left alone are counted and slowed down as sign-ins are.

    :raises SignInError: where it does not fit; ``retry_s`` as in ``sign_in``.
    """
    _, known_hash = _count_attempt(database, user.name, address, now)
    fits = is_password(password, known_hash)
    with database.write() as session:
        if fits:
            forgive(session, user.name)
            return
        audit.append(session, "password_refused", user=user, at=now)
    raise SignInError("the password does not fit; nothing was changed")


def find_session(session: Session, token: str, *, now: datetime) -> Visit | None:
    """Give the session of a cookie, or None where there is none or it has ended.

    A clock that was moved back ends none: what lies ahead of it counts as now, and the next
    ``touch_session`` of anybody puts it there.
    """
    found = session.execute(
        select(SignedIn, User)
        .join(User, User.id == SignedIn.user_id)
        .where(SignedIn.token_hash == _hash(token), SignedIn.ended_at.is_(None), User.active)
    ).one_or_none()
    if found is None:
        return None
    visit = _visit(found[0], found[1], load_settings(session).session_minutes, now)
    return visit if now < visit.expires_at else None


def touch_session(session: Session, session_id: int, *, now: datetime) -> None:
    """Note that somebody did something; called where ``Visit.needs_touch``.

    Never for a page that asks for news by itself: it would keep an abandoned session alive.
    """
    session.execute(update(SignedIn).where(SignedIn.id == session_id).values(seen_at=now))
    ahead = or_(SignedIn.seen_at > now + TOUCH, SignedIn.started_at > now + TOUCH)
    if session.scalar(select(SignedIn.id).where(SignedIn.ended_at.is_(None), ahead).limit(1)):
        # The clock was moved back: without this, abandoned sessions would live on until it
        # has caught up.
        for column in (SignedIn.seen_at, SignedIn.started_at):
            session.execute(update(SignedIn).where(column > now).values({column: now}))


def sign_out(session: Session, session_id: int, *, now: datetime) -> None:
    """End a session; one that has ended stays so."""
    ended = session.scalar(
        update(SignedIn)
        .where(SignedIn.id == session_id, SignedIn.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SignedIn.user_id)
    )
    if ended is not None:
        audit.append(session, "signed_out", user=session.get(User, ended), at=now)


def end_all(session: Session, user: User, *, now: datetime, keep: int | None = None) -> None:
    """End all sessions of an account.

    :param keep: the id of one that goes on.
    """
    running = update(SignedIn).where(SignedIn.user_id == user.id, SignedIn.ended_at.is_(None))
    if keep is not None:
        running = running.where(SignedIn.id != keep)
    session.execute(running.values(ended_at=now))


def forgive(session: Session, name: str) -> None:
    """Forget the failures of a name, so that its owner need not wait."""
    session.execute(delete(SignInFailure).where(SignInFailure.name == _hash(fold_name(name))))


def _count_attempt(
    database: DeskDatabase, name: str, address: str, now: datetime
) -> tuple[int | None, str | None]:
    """Count an attempt as failed, and give the id and the password's hash of the account if any.

    :param name: folded.
    :raises SignInError: where a name or an address failed too often of late.
    """
    with database.write() as session:
        _slow_down(session, name, address, now)
        session.add(SignInFailure(name=_hash(name), address=address[:64], at=now))
        session.flush()
        wanted = select(User.id, User.password_hash).where(User.name == name)
        account = session.execute(wanted).one_or_none()
    return (account.id, account.password_hash) if account else (None, None)


def _begin(session: Session, user: User, now: datetime) -> tuple[str, Visit]:
    forgive(session, user.name)
    token = secrets.token_urlsafe(32)
    signed_in = SignedIn(token_hash=_hash(token), csrf_token=secrets.token_urlsafe(32))
    signed_in.user_id, signed_in.started_at, signed_in.seen_at = user.id, now, now
    session.add(signed_in)
    session.flush()
    audit.append(session, "signed_in", user=user, at=now)
    visit = _visit(signed_in, user, load_settings(session).session_minutes, now)
    session.expunge(user)  # whoever gets it reads it after the commit
    return token, visit


def _visit(signed_in: SignedIn, user: User, idle_minutes: int, now: datetime) -> Visit:
    seen, started = min(signed_in.seen_at, now), min(signed_in.started_at, now)
    expires = min(seen + timedelta(minutes=idle_minutes), started + LONGEST)
    return Visit(user, signed_in.csrf_token, signed_in.id, expires, signed_in.seen_at)


def _slow_down(session: Session, name: str, address: str, now: datetime) -> None:
    """Raise where a name or an address failed too often of late."""
    recent = SignInFailure.at.between(now - WINDOW, now + WINDOW)
    session.execute(delete(SignInFailure).where(~recent))  # also what a wrong clock left ahead
    wait = timedelta()
    for column, value, free in (
        (SignInFailure.name, _hash(name), FREE_PER_NAME),
        (SignInFailure.address, address[:64], FREE_PER_ADDRESS),
    ):
        times = session.scalars(select(SignInFailure.at).where(column == value)).all()
        if len(times) >= free:
            due = min(FIRST_WAIT * 2 ** min(len(times) - free, 10), WINDOW)
            wait = max(wait, min(due, max(times) + due - now))
    if wait > timedelta():
        seconds = int(wait.total_seconds()) + 1
        raise SignInError(f"too many attempts; try again in {seconds} seconds", retry_s=seconds)


def _hash(value: str) -> str:
    """Give a SHA-256: of tokens, and of names, since people type passwords into the name's field."""
    return hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()
