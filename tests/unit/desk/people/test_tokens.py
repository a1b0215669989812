"""Tokens of other software."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from triage.desk.people.tokens import find_token, list_tokens, make_token, revoke_token, touch_token
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import ApiToken
from triage.errors import ConfigError, DeskError, NotAllowedError


@pytest.fixture
def token(database, admin, now):
    with database.write() as session:
        return make_token(session, name=" State portal ", by=admin, now=now)


def test_a_token_is_found_and_kept_nowhere(database, token):
    with database.read() as session:
        found = find_token(session, token)
        kept = session.scalars(select(ApiToken)).one()
        lines = session.scalars(select(AuditLine)).all()
    assert found.name == "State portal"
    assert token.startswith("triage_")
    assert token not in "".join(map(str, vars(kept).values()))
    assert [line.action for line in lines] == ["token_made"]
    assert token not in lines[0].detail


@pytest.mark.parametrize("wrong", ["", "triage_", "triage_x", "\ud800"])
def test_another_token_is_none(database, token, wrong):
    with database.read() as session:
        assert find_token(session, wrong) is None
        assert find_token(session, f"{token} ") is None


def test_a_revoked_token_holds_no_longer(database, token, admin, now):
    with database.write() as session:
        found = find_token(session, token)
        number = found.id
        touch_token(session, found, now=now + timedelta(minutes=5))
        touch_token(
            session, found, now=now + timedelta(minutes=5, seconds=59)
        )  # of the same minute
        revoke_token(session, number, by=admin, now=now + timedelta(hours=1))
        revoke_token(session, number, by=admin, now=now + timedelta(hours=2))
    with database.read() as session:
        assert find_token(session, token) is None
        (view,) = list_tokens(session)
        actions = session.scalars(select(AuditLine.action).order_by(AuditLine.seq)).all()
    assert (view.made_by, view.used_at) == ("esha", now + timedelta(minutes=5))
    assert view.revoked_at == now + timedelta(hours=1)
    assert actions.count("token_revoked") == 1


def test_who_may_not_and_what_is_no_name(database, admin, staff, now):
    with pytest.raises(NotAllowedError), database.write() as session:
        make_token(session, name="mine", by=staff, now=now)
    for name in ("", "x" * 101, "two\nlines"):
        with pytest.raises(ConfigError), database.write() as session:
            make_token(session, name=name, by=admin, now=now)
    with pytest.raises(DeskError, match="no token 99"), database.write() as session:
        revoke_token(session, 99, by=admin, now=now)
