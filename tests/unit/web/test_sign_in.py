import pytest
from browsing import CSRF, HTML, PASSWORD, add_account

from triage.web.routes.sign_in import _keep_inside


def fill(browser, **form):
    page = browser.get("/sign-in")
    values = {"name": "asha", "password": PASSWORD, "csrf_token": CSRF.search(page.text)[1]}
    return browser.client.post("/sign-in", data=values | form, headers=HTML, follow_redirects=False)


@pytest.fixture
def stranger(database, browse):
    add_account(database, "asha", "staff")
    return browse()


def test_who_is_signed_out_is_led_to_the_form(stranger):
    answer = stranger.client.get("/", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_signing_in_and_out(stranger):
    assert fill(stranger).headers["location"] == "/"
    assert stranger.get("/").status_code == 200
    token = stranger.client.get("/session").json()["csrf_token"]
    stranger.client.post("/sign-out", data={"csrf_token": token}, headers=HTML)
    assert "password" in stranger.get("/").text


def test_wrong_password_keeps_the_name_and_says_little(stranger):
    answer = fill(stranger, password="wrong wrong wrong")
    assert answer.status_code == 401
    assert 'value="asha"' in answer.text
    assert "Name or password is wrong" in answer.text
    assert "wrong wrong wrong" not in answer.text


def test_too_many_attempts_have_to_wait(stranger, clock):
    answers = [fill(stranger, password="wrong wrong wrong").status_code for _ in range(8)]
    assert answers[0] == 401
    assert answers[-1] == 429
    assert "Try again in" in fill(stranger).text
    clock.move(minutes=31)
    assert fill(stranger).status_code == 303


def test_form_needs_its_own_token(stranger):
    assert fill(stranger, csrf_token="made up").status_code == 401
    stranger.client.cookies.clear()
    assert (
        stranger.client.post("/sign-in", data={"name": "asha", "password": PASSWORD}).status_code
        == 401
    )


def test_old_session_ends_by_itself(asha, clock):
    clock.move(minutes=29)
    assert asha.get("/").status_code == 200  # which counts as something done
    clock.move(minutes=29)
    poll = {"x-desk-poll": "yes", "hx-request": "true"}  # which does not
    assert asha.client.get("/queue/rows", headers=poll).status_code == 200
    clock.move(minutes=2)
    answer = asha.send("/queue/rows", status="open")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "signed_out"


def test_dialog_signs_in_again_where_one_is(asha, clock):
    clock.move(minutes=31)
    assert asha.send("/cases/1/note", note="kept in the page").status_code == 401
    form = asha.get("/sign-in/dialog").text
    assert "<html" not in form
    values = {"name": "asha", "password": PASSWORD, "csrf_token": CSRF.search(form)[1]}
    headers = {"x-desk-dialog": "yes", "accept": "application/json"}
    told = asha.client.post("/sign-in", data=values, headers=headers).json()
    assert told == asha.client.get("/session").json()
    assert told["csrf_token"] != asha.token


def test_dialog_tells_what_is_wrong(stranger):
    headers = {"x-desk-dialog": "yes", "accept": "application/json"}
    answer = stranger.client.post("/sign-in", data={"name": "asha"}, headers=headers)
    assert answer.status_code == 403
    values = {"name": "asha", "csrf_token": CSRF.search(stranger.get("/sign-in/dialog").text)[1]}
    answer = stranger.client.post("/sign-in", data=values, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "wrong_sign_in"


def test_password_of_somebody_else_is_changed_first(database, stranger):
    with database.write() as session:
        from triage.desk.people.accounts import find_user

        find_user(session, "asha").must_change_password = True
    assert fill(stranger).status_code == 303
    page = stranger.get("/")
    assert page.url.path == "/password"
    form = {"csrf_token": CSRF.search(page.text)[1], "old": PASSWORD}
    new = "seven green ladders"

    def change(**more):
        return stranger.client.post("/password", data=form | more, headers=HTML)

    assert "not the same" in change(new=new, again="else").text
    assert "old password is wrong" in change(old="no", new=new, again=new).text
    assert "cannot be used" in change(new="short", again="short").text
    assert change(new=new, again=new).url.path == "/"


def test_language_of_the_form_and_of_the_account(stranger):
    assert "साइन इन" in stranger.get("/sign-in?language=hi").text
    assert (
        "साइन इन" in stranger.client.get("/sign-in", headers=HTML | {"accept-language": "hi"}).text
    )


def test_who_comes_back_is_asked_in_the_language_of_the_account(stranger, asha, clock):
    asha.send("/language", language="hi")
    fill(stranger)  # a browser that is set to English
    clock.move(hours=13)
    assert "साइन इन" in stranger.get("/").text


@pytest.mark.parametrize(
    ("after", "led_to"),
    [
        ("/cases/3", "/cases/3"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_led_elsewhere(after, led_to):
    assert _keep_inside(after) == led_to
