"""What other software sees of the desk: answers, errors in one shape, and never a word of a text."""

import json

import pytest

from triage.desk.intake.reading import ComplaintReader
from triage.desk.people.accounts import find_user
from triage.desk.people.tokens import make_token, revoke_token
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import Complaint

TEXT = "Rinku recorded our call and wants 5000 by tonight"


class BrokenModel:
    def assess_batch(self, complaints):
        raise RuntimeError(f"cannot read {complaints[0].text}")


@pytest.fixture
def reader():
    return ComplaintReader(BrokenModel(), "broken 0")


@pytest.fixture
def token(database, sign_in, clock):
    sign_in("esha", role="admin")
    with database.write() as session:
        admin = find_user(session, "esha")
        return make_token(session, name="portal", by=admin, now=clock.now)


@pytest.fixture
def send(browse, token):
    client = browse().client

    def post(body, *, key="key-1", given=token, **headers):
        if given:
            headers["Authorization"] = f"Bearer {given}"
        if key:
            headers["Idempotency-Key"] = key
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | headers
        return client.post("/api/complaints", content=content, headers=headers)

    return post


def test_a_complaint_that_cannot_be_read_gets_a_place_for_a_person(send):
    answer = send({"text": TEXT, "number": "MH-1"})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["priority"], told["needs_review"], told["number"]) == ("P2", True, "MH-1")
    assert (told["known"], told["near_copy_of"]) == (False, None)


def test_the_same_key_gives_the_same_complaint_and_adds_nothing(send, database):
    first, second = send({"text": TEXT}), send({"text": TEXT, "number": None})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"known": True}
    with database.read() as session:
        assert session.query(Complaint).count() == 1


def test_the_same_key_for_another_complaint_is_refused(send, database):
    send({"text": TEXT})
    answer = send({"text": f"{TEXT}!"})
    assert answer.status_code == 409
    assert set(answer.json()["error"]) == {"code", "message", "next"}
    with database.read() as session:
        assert session.query(Complaint).count() == 1


def test_the_same_number_and_text_is_known_whatever_the_key(send):
    first = send({"text": TEXT, "number": "MH-1"})
    again = send({"text": TEXT, "number": "MH-1"}, key="key-2")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


@pytest.mark.parametrize("given", ["", "wrong", "triage_" + "x" * 43])
def test_without_a_token_that_holds_nothing_is_taken(send, database, given):
    answer = send({"text": TEXT}, given=given)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    with database.read() as session:
        assert session.query(Complaint).count() == 0


def test_a_revoked_token_holds_no_more(send, database, clock):
    with database.write() as session:
        revoke_token(session, 1, by=None, now=clock.now)
    assert send({"text": TEXT}).status_code == 401


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"number": "1"}, "field text is missing"),
        ({"text": 5}, "field text is not text"),
        ({"text": TEXT, TEXT: 1}, "a field that is not known"),
        ({"text": TEXT, "number": TEXT * 9}, "number is longer than 200"),
        ([TEXT], "not a JSON object"),
        (TEXT.encode(), "not a JSON object"),
        (b'"\xff' + TEXT.encode(), "not JSON in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_without_a_word_of_it(send, body, told):
    answer = send(body)
    assert answer.status_code == 422
    assert told in answer.json()["error"]["message"]
    assert "Rinku" not in answer.text


@pytest.mark.parametrize("key", ["", "a b", "k" * 201])
def test_a_key_is_needed_and_has_to_be_one(send, key):
    answer = send({"text": TEXT}, key=key)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["error"]["message"]


def test_what_is_no_time_counts_as_now(send, database, clock):
    assert send({"text": TEXT, "received_at": "last Tuesday"}).status_code == 201
    with database.read() as session:
        assert session.get(Complaint, 1).received_at == clock.now


@pytest.mark.parametrize("text", ["", " \n", "\x00", "\ud800 half", "x" * 400_000])
def test_no_text_is_refused(send, text):
    answer = send({"text": text})
    assert (answer.status_code, answer.json()["priority"]) == (201, "P2")


def test_more_than_a_megabyte_is_refused(send, browse):
    answer = send(b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_more_than_a_megabyte_is_refused_while_it_comes_in(browse, token):
    pieces = (b"x" * 100_000 for _ in range(20))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    headers |= {"Content-Type": "application/json"}
    answer = browse().client.post("/api/complaints", content=pieces, headers=headers)
    assert answer.status_code == 413


def test_what_became_of_a_complaint_is_told_without_its_text(send, browse, token, database):
    id = send({"text": TEXT, "number": "MH-1"}).json()["id"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = browse().client.get(f"/api/complaints/{id}", headers=headers)
    told = answer.json()
    assert (answer.status_code, told["status"], told["outcome"]) == (200, "new", None)
    assert "Rinku" not in answer.text
    with database.read() as session:
        last = session.query(AuditLine).order_by(AuditLine.seq.desc()).first()
        assert (last.action, last.complaint_id) == ("state_told", id)


@pytest.mark.parametrize(("id", "status"), [("99", 404), ("0", 422), ("x", 422), (str(2**70), 422)])
def test_a_complaint_that_is_not_there_is_told_so(browse, token, id, status):
    headers = {"Authorization": f"Bearer {token}"}
    answer = browse().client.get(f"/api/complaints/{id}", headers=headers)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})


def test_health_needs_no_token_and_tells_the_model(browse):
    answer = browse().client.get("/api/health")
    assert answer.json() == {"status": "ok", "model": "broken 0"}


def test_a_wrong_method_and_a_wrong_address_are_told_in_the_one_shape(browse):
    client = browse().client
    wrong = client.put("/api/complaints")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert client.get("/api/nothing").json()["error"]["code"] == "no_such_page"


def test_what_nobody_foresaw_is_told_without_its_message(app, send, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError(TEXT)

    monkeypatch.setattr("triage.web.routes.api.register_once", fail)
    answer = send({"text": TEXT})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "failed")
    assert "Rinku" not in answer.text


def test_the_documentation_loads_nothing_from_elsewhere(browse):
    page = browse().get("/api/docs")
    assert page.status_code == 200
    assert "POST /api/complaints" in page.text
    assert "//" not in "".join(part.split('"')[0] for part in page.text.split('src="')[1:])
    assert browse().client.get("/api/openapi.json").json()["info"]["title"] == "triage desk"
