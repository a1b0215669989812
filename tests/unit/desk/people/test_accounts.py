"""Accounts: made, changed, switched off."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from triage.desk.people.accounts import (
    add_user,
    change_password,
    find_user,
    list_users,
    load_user,
    reset_password,
    set_active,
    set_language,
    set_role,
)
from triage.desk.people.sessions import find_session, sign_in
from triage.desk.people.tokens import find_token, make_token, revoke_token
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import User
from triage.errors import ConfigError, DeskError, NotAllowedError, SignInError

OTHER = "nine yellow bicycles"


def add(database, now, *, by=None, **changed):
    told = {"name": "Farah", "shown_name": "Farah K", "role": "staff", "password": OTHER} | changed
    with database.write() as session:
        return add_user(session, **told, by=by, now=now).id


def enter(database, name, password, now):
    return sign_in(database, name=name, password=password, address="10.0.0.1", now=now)


def read_actions(database):
    with database.read() as session:
        return session.scalars(select(AuditLine.action).order_by(AuditLine.seq)).all()


def test_an_account_is_added_with_a_one_time_password(database, admin, now):
    number = add(database, now, by=admin)
    with database.read() as session:
        user = find_user(session, " FARAH")
        line = session.scalars(select(AuditLine)).one()
    assert (user.id, user.name, user.active, user.must_change_password) == (
        number,
        "farah",
        True,
        True,
    )
    assert user.created_at == now
    assert (line.user_name, json.loads(line.detail)) == ("esha", {"id": number, "role": "staff"})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "ESHA"}, "esha already"),
        ({"name": "no blanks"}, "2 to 64"),
        ({"role": "chief"}, "no role 'chief'"),
        ({"password": "farah1234567"}, "account's name"),
        ({"shown_name": " "}, "1 to 100"),
        ({"shown_name": "two\nlines"}, "one line"),
    ],
)
def test_what_cannot_be_added(database, admin, now, changed, told):
    with pytest.raises(ConfigError, match=told):
        add(database, now, by=admin, **changed)
    with database.read() as session:
        assert len(list_users(session)) == 1


def test_only_administrators_add(database, supervisor, now):
    with pytest.raises(NotAllowedError):
        add(database, now, by=supervisor)


def test_a_password_is_changed_and_other_browsers_are_signed_out(database, staff, password, now):
    here, visit = enter(database, "asha", password, now)
    elsewhere, _ = enter(database, "asha", password, now)
    with database.write() as session:
        change_password(
            session, visit.user, old=password, new=OTHER, now=now, keep=visit.session_id
        )
    with database.read() as session:
        assert find_session(session, here, now=now) is not None
        assert find_session(session, elsewhere, now=now) is None
    with pytest.raises(SignInError):
        enter(database, "asha", password, now)
    assert not enter(database, "asha", OTHER, now)[1].user.must_change_password
    assert "password_changed" in read_actions(database)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("wrong", OTHER, SignInError),
        ("three blue umbrellas", "short", ConfigError),
        ("three blue umbrellas", "three blue umbrellas", ConfigError),
    ],
)
def test_a_password_that_stays(database, staff, password, now, old, new, error):
    with pytest.raises(error), database.write() as session:
        change_password(session, staff, old=old, new=new, now=now)
    assert enter(database, "asha", password, now)


def test_a_reset_gives_a_one_time_password_and_ends_the_wait(database, staff, admin, now):
    for _ in range(6):
        with pytest.raises(SignInError):
            enter(database, "asha", "a wrong password", now)
    with database.write() as session:
        made = reset_password(session, staff, by=admin, now=now)
    assert enter(database, "asha", made, now)[1].user.must_change_password
    assert "password_reset" in read_actions(database)


def test_who_is_switched_off_is_out_at_once(database, staff, admin, password, now):
    token, _ = enter(database, "asha", password, now)
    with database.write() as session:
        set_active(session, staff, False, by=admin, now=now)
    with database.read() as session:
        assert find_session(session, token, now=now) is None
    with pytest.raises(SignInError) as off:
        enter(database, "asha", password, now)
    with pytest.raises(SignInError) as unknown:
        enter(database, "nobody", password, now)
    assert str(off.value) == str(unknown.value)
    with database.write() as session:
        set_active(session, staff, True, by=admin, now=now)
    assert enter(database, "asha", password, now)


def test_the_last_administrator_stays(database, admin, now):
    with pytest.raises(DeskError, match="last administrator"), database.write() as session:
        set_active(session, admin, False, by=admin, now=now)
    with pytest.raises(DeskError, match="last administrator"), database.write() as session:
        set_role(session, admin, "staff", by=admin, now=now)
    add(database, now, by=admin, role="admin")
    with database.write() as session:
        set_role(session, admin, "staff", by=admin, now=now)
    with database.read() as session:
        assert session.get(User, admin.id).role == "staff"


def test_a_change_of_role_is_told(database, staff, admin, now):
    with database.write() as session:
        set_role(session, staff, "supervisor", by=admin, now=now)
    with database.read() as session:
        line = session.scalars(select(AuditLine)).one()
    assert json.loads(line.detail) == {"id": staff.id, "role": ["staff", "supervisor"]}


def test_who_lost_the_role_meanwhile_may_not_use_it(database, admin, staff, now):
    """The right is that of the account that was signed in, which each request loads anew."""
    admin.active = False
    with pytest.raises(NotAllowedError), database.write() as session:
        reset_password(session, staff, by=admin, now=now)


def test_the_language_of_the_pages(database, staff):
    with database.write() as session:
        set_language(session, staff, "hi")
    with database.read() as session:
        assert find_user(session, "asha").language == "hi"
    with pytest.raises(ConfigError), database.write() as session:
        set_language(session, staff, "fr")


def test_accounts_are_listed_those_switched_off_last(database, staff, colleague, admin, now):
    with database.write() as session:
        set_active(session, staff, False, by=admin, now=now + timedelta(days=1))
    with database.read() as session:
        accounts = list_users(session)
        with pytest.raises(DeskError, match="no account nobody"):
            load_user(session, "nobody")
    assert [(a.name, a.active, a.claimed) for a in accounts] == [
        ("bilal", True, 0),
        ("esha", True, 0),
        ("asha", False, 0),
    ]


@pytest.mark.parametrize("gone", ["switched off", "staff now"])
def test_tokens_of_who_is_no_administrator_any_more_go_on_and_are_told(
    database, admin, staff, now, gone
):
    with database.write() as session:
        second = add_user(session, name="farah", shown_name="Farah", role="admin", password=OTHER,
                          by=admin, now=now)  # fmt: skip
        portal, _, spare = (
            make_token(session, name=name, by=by, now=now)
            for name, by in (("portal", second), ("bank", admin), ("spare", second))
        )
        revoke_token(session, find_token(session, spare).id, by=admin, now=now)
        assert [account.tokens_left for account in list_users(session)] == [()] * 3
        if gone == "switched off":
            set_active(session, second, False, by=admin, now=now)
        else:
            set_role(session, second, "staff", by=admin, now=now)
        told = {account.name: account.tokens_left for account in list_users(session)}
        assert told == {"farah": ((1, "portal"),), admin.name: (), staff.name: ()}
        revoke_token(session, find_token(session, portal).id, by=admin, now=now)
        assert not any(account.tokens_left for account in list_users(session))
