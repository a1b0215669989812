"""Signing in and out; sessions between; guesses slowed down; clocks that were moved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from triage.desk.people import sessions
from triage.desk.people.sessions import (
    FREE_PER_ADDRESS,
    FREE_PER_NAME,
    LONGEST,
    WINDOW,
    end_all,
    find_session,
    sign_in,
    sign_out,
    touch_session,
)
from triage.desk.people.settings import change_setting
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import SignedIn, SignInFailure
from triage.errors import SignInError

MINUTE = timedelta(minutes=1)


def enter(database, now, name="asha", password="three blue umbrellas", address="10.0.0.1"):
    return sign_in(database, name=name, password=password, address=address, now=now)


def fail(database, now, name="asha", address="10.0.0.1"):
    with pytest.raises(SignInError) as raised:
        enter(database, now, name, "not the password", address)
    return raised.value


def look(database, token, now):
    with database.read() as session:
        return find_session(session, token, now=now)


def touch(database, visit, now):
    with database.write() as session:
        touch_session(session, visit.session_id, now=now)


def test_a_session_is_found_by_its_token_alone(database, staff, now):
    token, visit = enter(database, now, name=" ASHA ")
    found = look(database, token, now)
    assert (found.user.name, found.session_id) == ("asha", visit.session_id)
    assert found.csrf_token == visit.csrf_token != token
    assert found.expires_at == now + 30 * MINUTE
    assert look(database, token[:-1], now) is None
    assert look(database, "", now) is None
    with database.read() as session:
        kept = session.scalars(select(SignedIn)).one()
        assert token not in map(str, vars(kept).values())


def test_two_sign_ins_are_two_sessions(database, staff, now):
    assert enter(database, now)[0] != enter(database, now)[0]


def test_a_session_ends_when_nothing_is_done(database, staff, now):
    token, visit = enter(database, now)
    assert look(database, token, now + 29 * MINUTE)
    assert look(database, token, now + 30 * MINUTE) is None
    touch(database, visit, now + 29 * MINUTE)
    assert look(database, token, now + 58 * MINUTE)


def test_the_setting_says_when(database, staff, admin, now):
    token, _ = enter(database, now)
    with database.write() as session:
        change_setting(session, "session_minutes", 5, user=admin)
    assert look(database, token, now + 6 * MINUTE) is None


def test_no_session_outlasts_the_longest_shift(database, staff, now):
    token, visit = enter(database, now)
    late = now + LONGEST - MINUTE
    touch(database, visit, late)
    assert look(database, token, late).expires_at == now + LONGEST
    assert look(database, token, now + LONGEST) is None


def test_a_touch_is_due_once_a_minute(database, staff, now):
    _, visit = enter(database, now)
    assert not visit.needs_touch(now + timedelta(seconds=59))
    assert visit.needs_touch(now + MINUTE)
    assert visit.needs_touch(now - MINUTE)


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400)])
def test_a_clock_moved_back_ends_no_session_and_keeps_none(database, staff, colleague, now, back):
    token, visit = enter(database, now)
    abandoned, _ = enter(database, now, name="bilal")
    then = now - back
    found = look(database, token, then)
    assert found.expires_at == then + 30 * MINUTE
    assert found.needs_touch(then)
    touch(database, visit, then)
    assert look(database, token, then + 29 * MINUTE)
    assert look(database, token, then + 30 * MINUTE) is None
    assert look(database, abandoned, then + 30 * MINUTE) is None


def test_signing_out_ends_one_session_for_good(database, staff, now):
    token, visit = enter(database, now)
    other, _ = enter(database, now)
    for _ in range(2):
        with database.write() as session:
            sign_out(session, visit.session_id, now=now)
    assert look(database, token, now) is None
    assert look(database, other, now)
    with database.read() as session:
        actions = session.scalars(select(AuditLine.action).order_by(AuditLine.seq)).all()
    assert actions == ["signed_in", "signed_in", "signed_out"]


def test_all_sessions_of_an_account_end(database, staff, colleague, now):
    first, visit = enter(database, now)
    second, _ = enter(database, now)
    others, _ = enter(database, now, name="bilal")
    with database.write() as session:
        end_all(session, staff, now=now, keep=visit.session_id)
    assert look(database, first, now)
    assert look(database, second, now) is None
    with database.write() as session:
        end_all(session, staff, now=now)
    assert look(database, first, now) is None
    assert look(database, others, now)


def test_nobody_learns_which_names_exist(database, staff, now, monkeypatch):
    looked_at = []
    real = sessions.is_password
    monkeypatch.setattr(
        sessions, "is_password", lambda *given: looked_at.append(given[1]) or real(*given)
    )
    known, unknown = fail(database, now), fail(database, now, name="nobody")
    assert str(known) == str(unknown)
    assert known.retry_s == unknown.retry_s == 0
    assert len(looked_at) == 2  # the slow hash is computed for both


def test_what_is_typed_as_a_name_is_kept_nowhere(database, now):
    fail(database, now, name="three blue umbrellas")
    with database.read() as session:
        kept = [*session.scalars(select(SignInFailure)), *session.scalars(select(AuditLine))]
        assert "umbrellas" not in "".join(str(vars(row)) for row in kept)


def test_a_failure_is_kept_and_told(database, staff, now):
    fail(database, now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SignInFailure)) == 1
        line = session.scalars(select(AuditLine)).one()
    assert (line.action, line.user_id) == ("sign_in_failed", staff.id)


def test_guesses_at_a_name_are_slowed_down_from_wherever(database, staff, now):
    for number in range(FREE_PER_NAME):
        assert fail(database, now, address=f"10.0.0.{number}").retry_s == 0
    waiting = fail(database, now, address="10.9.9.9")
    assert 0 < waiting.retry_s <= 16
    with pytest.raises(SignInError, match="too many"):
        enter(database, now)
    later = now + timedelta(seconds=waiting.retry_s)
    assert enter(database, later)
    assert fail(database, later).retry_s == 0  # the count began anew


def test_each_further_failure_doubles_the_wait_up_to_a_bound(database, staff, now):
    waits = []
    for _ in range(FREE_PER_NAME + 9):
        error = fail(database, now)
        waits.append(error.retry_s)
        now += timedelta(seconds=error.retry_s)
    counted = [wait for wait in waits if wait]
    assert counted == sorted(counted)
    assert counted[1] > 1.9 * counted[0] - 2
    assert max(counted) <= WINDOW.total_seconds() + 1


def test_guesses_from_an_address_are_slowed_down_whatever_the_name(database, staff, now):
    for number in range(FREE_PER_ADDRESS):
        assert fail(database, now, name=f"guess{number}").retry_s == 0
    assert fail(database, now, name="another").retry_s > 0
    assert enter(database, now, address="10.0.0.2")


def test_a_clock_moved_back_locks_nobody_out(database, staff, now):
    for _ in range(FREE_PER_NAME):
        fail(database, now)
    assert enter(database, now - timedelta(days=30))


def test_many_guesses_at_once_are_all_counted(database, staff, now):
    def guess(_):
        try:
            enter(database, now, password="not the password")
        except SignInError as error:
            return error.retry_s
        raise AssertionError("signed in")

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(guess, range(24)))
    assert waits.count(0) == FREE_PER_NAME


def test_a_password_changed_while_it_was_looked_at_counts(database, staff, now, monkeypatch):
    def change_meanwhile(password, kept):
        with database.write() as session:
            session.get(type(staff), staff.id).password_hash = "another"
        return True

    monkeypatch.setattr(sessions, "is_password", change_meanwhile)
    with pytest.raises(SignInError):
        enter(database, now)
