import pytest
from browsing import HTML

from triage import errors
from triage.web.errors import PROBLEMS


def fail_with(app, error):
    @app.get("/fails")
    def fail():
        raise error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.UnknownComplaintError(3), 404, "unknown_complaint"),
        (errors.AlreadyClaimedError(3, "Bilal"), 409, "claimed"),
        (
            errors.ChangedMeanwhileError("complaint 3 was changed meanwhile"),
            409,
            "changed_meanwhile",
        ),
        (
            errors.NotAllowedError("step 3 is somebody else's; ask them, or a supervisor"),
            403,
            "not_allowed",
        ),
        (errors.DeskBusyError("the desk is busy"), 503, "busy"),
        (errors.DeskUnusableError("the disk is full"), 503, "unusable"),
        (errors.DeskError("complaint 3 is closed; reopen it first"), 400, "refused"),
        (errors.ConfigError(["one", "two"]), 400, "refused"),
        (errors.DataError("no text column", row=3), 400, "refused"),
    ],
)
def test_each_error_has_its_answer(app, browse, error, status, code):
    fail_with(app, error)
    answer = browse().part("/fails")
    assert answer.status_code == status
    told = answer.json()["error"]
    assert set(told) == {"code", "message", "next"}
    assert told["code"] == code
    assert told["message"]
    assert told["next"] == PROBLEMS[code][1]


def test_people_get_a_page_in_their_language(app, browse):
    fail_with(app, errors.AlreadyClaimedError(3, "Bilal"))
    page = browse().get("/fails", headers={"accept-language": "hi"})
    assert page.status_code == 409
    assert "Bilal काम कर रहे हैं" in page.text


def test_address_of_the_database_is_not_told(app, browse):
    fail_with(app, errors.DeskUnusableError("postgresql://desk@host/desk cannot be used"))
    assert "host" not in browse().part("/fails").text


@pytest.mark.parametrize(
    ("path", "code"), [("/nothing", "not_found"), ("/static/nothing", "not_found")]
)
def test_what_is_not_there(browse, path, code):
    assert browse().part(path).json()["error"]["code"] == code
    assert "<html" in browse().get(path).text


def test_method_that_is_not_known(browse):
    assert browse().client.put("/sign-in").json()["error"]["code"] == "method_not_allowed"


def test_part_of_a_page_is_led_to_the_password(asha, database):
    with database.write() as session:
        from triage.desk.people.accounts import find_user

        find_user(session, "asha").must_change_password = True
    answer = asha.part("/queue/rows")
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/password")
    assert (
        asha.client.get("/", headers=HTML, follow_redirects=False).headers["location"]
        == "/password"
    )
