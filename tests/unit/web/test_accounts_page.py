"""Administration in the browser: accounts, tokens, settings."""

import re

import pytest

from triage.desk.people.accounts import find_user
from triage.desk.people.settings import load_settings
from triage.desk.people.tokens import find_token

SECRET = re.compile(r'class="secret-value">([^<]+)<')


@pytest.fixture
def admin(sign_in):
    return sign_in("esha", role="admin")


def test_an_account_is_added_with_a_password_that_is_shown_once(admin, database, browse):
    answer = admin.send("/accounts/add", name="Farid", shown_name="Farid Khan", role="staff")
    password = SECRET.search(answer.text)[1]
    assert re.fullmatch("(....-){3}....", password)
    assert password not in admin.get("/accounts").text
    with database.read() as session:
        added = find_user(session, "farid")
        assert (added.shown_name, added.role, added.must_change_password) == (
            "Farid Khan",
            "staff",
            True,
        )


@pytest.mark.parametrize(
    ("name", "role"), [("esha", "staff"), ("", "staff"), ("farid", "king"), ("<b>", "staff")]
)
def test_what_makes_no_account_is_told(admin, name, role):
    answer = admin.send("/accounts/add", name=name, shown_name="F", role=role)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_a_role_is_changed_and_an_account_switched_off_and_on(admin, database):
    admin.send("/accounts/add", name="farid", shown_name="Farid", role="staff")
    with database.read() as session:
        id = find_user(session, "farid").id
    assert admin.send(f"/accounts/{id}/role", role="supervisor").status_code == 200
    assert "is-off" in admin.send(f"/accounts/{id}/active", active="false").text
    with database.read() as session:
        farid = find_user(session, "farid")
        assert (farid.role, farid.active) == ("supervisor", False)
    assert "is-off" not in admin.send(f"/accounts/{id}/active", active="true").text


def test_a_new_password_signs_the_account_out(admin, sign_in, database):
    asha = sign_in("asha")
    with database.read() as session:
        id = find_user(session, "asha").id
    assert SECRET.search(admin.send(f"/accounts/{id}/password").text)
    assert asha.part("/report").status_code == 401


def test_the_last_administrator_stays(admin, database):
    with database.read() as session:
        id = find_user(session, "esha").id
    assert admin.send(f"/accounts/{id}/active", active="false").status_code == 400
    assert admin.send("/accounts/99/active", active="false").status_code == 400


def test_a_token_is_shown_once_and_can_be_revoked(admin, database):
    token = SECRET.search(admin.send("/accounts/tokens/add", name="Portal").text)[1]
    assert token not in admin.get("/accounts/tokens").text
    with database.read() as session:
        id = find_token(session, token).id
    admin.send(f"/accounts/tokens/{id}/revoke")
    with database.read() as session:
        assert find_token(session, token) is None
    assert admin.send("/accounts/tokens/add", name=" ").status_code == 400


@pytest.mark.parametrize("language", ["en", "hi"])
def test_switching_an_administrator_off_names_the_tokens_left(sign_in, database, language):
    farid = sign_in("farid", role="admin")
    farid.send("/accounts/tokens/add", name="Portal <1>")
    admin = sign_in("esha", role="admin", language=language)
    assert "Portal" not in admin.get("/accounts").text
    with database.read() as session:
        id = find_user(session, "farid").id
    for page in (admin.send(f"/accounts/{id}/active", active="false"), admin.get("/accounts")):
        assert "Portal &lt;1&gt;" in page.text
        assert 'href="/accounts/tokens"' in page.text
    admin.send("/accounts/tokens/1/revoke")
    assert "Portal" not in admin.get("/accounts").text


def settings_form(**changed):
    form = {"session_minutes": "30", "max_upload_mb": "200", "sound": "true"}
    form |= {"target": ["10", "1", "8", "3"], "unit": ["min", "h", "h", "days"]}
    return form | changed


def test_settings_are_kept(admin, database):
    answer = admin.send("/settings", **settings_form(blur="true", target=["5", "1", "8", "3"]))
    assert answer.status_code == 200
    with database.read() as session:
        now = load_settings(session)
    assert (now.blur, now.sound, now.targets_min["P1"], now.targets_min["P4"]) == (
        True,
        True,
        5,
        4320,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": ["99", "1", "8", "3"]},
        {"target": ["10", "1", "8"]},
        {"unit": ["years", "h", "h", "days"]},
        {"session_minutes": "1"},
        {"session_minutes": "soon"},
    ],
)
def test_settings_that_make_no_sense_change_nothing(admin, database, wrong):
    answer = admin.send("/settings", **settings_form(blur="true", **wrong))
    assert answer.status_code in (400, 422)
    with database.read() as session:
        assert load_settings(session).blur is False


@pytest.mark.parametrize("path", ["/accounts", "/accounts/tokens", "/settings", "/audit"])
def test_staff_see_none_of_it(sign_in, path):
    assert sign_in("asha").get(path).status_code == 403


def test_staff_change_none_of_it(sign_in):
    asha = sign_in("asha")
    form = {"name": "farid", "shown_name": "F", "role": "admin"}
    assert asha.send("/accounts/add", **form).status_code == 403
    assert asha.send("/settings", **settings_form()).status_code == 403


def test_without_the_token_of_the_session_nothing_changes(admin, database):
    form = {"name": "farid", "shown_name": "F", "role": "staff"}
    assert admin.send("/accounts/add", token="wrong", **form).status_code == 403
    with database.read() as session:
        assert find_user(session, "farid") is None
