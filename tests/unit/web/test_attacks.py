"""What somebody tries who means ill: a stranger, a colleague without the right, a file, a text."""

import csv
import io
import os
import re
import threading
from collections.abc import Iterator

import pytest
from browsing import HTML, NOW, PASSWORD
from made_up_cases import add_case
from sqlalchemy import select

from triage.desk.casework.work import add_note
from triage.desk.intake.arrivals import register_once
from triage.desk.intake.reading import ComplaintReader
from triage.desk.people import credentials
from triage.desk.people.accounts import find_user, set_active, set_role
from triage.desk.people.sessions import FREE_PER_NAME
from triage.desk.people.tokens import find_token, make_token
from triage.desk.store.audit_search import AuditFilters, list_lines
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import Upload, User
from triage.records import Complaint

EVERYBODY = frozenset({"staff", "supervisor", "data_scientist", "admin"})
CASES = frozenset({"staff", "supervisor"})
ADMIN = frozenset({"admin"})
STRANGERS = "strangers"

ALLOWED = {
    "GET /sign-in": STRANGERS,
    "POST /sign-in": STRANGERS,
    "GET /sign-in/dialog": STRANGERS,
    "GET /session": EVERYBODY,
    "POST /sign-out": EVERYBODY,
    "POST /language": EVERYBODY,
    "GET /password": EVERYBODY,
    "POST /password": EVERYBODY,
    "GET /": EVERYBODY,  # who reads no cases is led on
    "POST /": CASES,
    "GET /queue/rows": CASES,
    "POST /queue/rows": CASES,
    "GET /cases/{id}": CASES,
    "GET /cases/{id}/parts": CASES,
    "POST /cases/{id}/claim": CASES,
    "POST /cases/{id}/release": CASES,
    "POST /cases/{id}/confirm": CASES,
    "POST /cases/{id}/correct": CASES,
    "POST /cases/{id}/note": CASES,
    "POST /cases/{id}/call": CASES,
    "POST /cases/{id}/hand-over": CASES,
    "POST /cases/{id}/close": CASES,
    "POST /cases/{id}/reopen": CASES,
    "POST /cases/{id}/undo": CASES,
    "GET /intake": CASES,
    "GET /intake/history": CASES,
    "POST /intake/paste": CASES,
    "POST /intake/upload": CASES,
    "POST /intake/columns": CASES,
    "GET /intake/uploads/{id}": CASES,
    "GET /intake/progress": CASES,
    "GET /report": EVERYBODY,
    "GET /trends": EVERYBODY,
    "GET /export": EVERYBODY,  # each sees there what the account may take out
    "POST /export/queue": frozenset({"supervisor"}),
    "POST /export/labels": frozenset({"data_scientist"}),
    "GET /accounts": ADMIN,
    "POST /accounts/add": ADMIN,
    "POST /accounts/{id}/role": ADMIN,
    "POST /accounts/{id}/active": ADMIN,
    "POST /accounts/{id}/password": ADMIN,
    "GET /accounts/tokens": ADMIN,
    "POST /accounts/tokens/add": ADMIN,
    "POST /accounts/tokens/{id}/revoke": ADMIN,
    "GET /settings": ADMIN,
    "POST /settings": ADMIN,
    "GET /audit": frozenset({"supervisor", "admin"}),
    "POST /audit/verify": frozenset({"supervisor", "admin"}),
}
"""Every page and every step, and the roles that may ask for it; a new one has to be entered here."""

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TOO_LARGE = ("9" * 30, "-" + "9" * 30, "0" * 19 + "1" + "9" * 300)


def list_routes(routes) -> Iterator[str]:
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from list_routes(inner.routes)
        for method in getattr(route, "methods", None) or ():
            yield f"{method} {route.path}"


def list_actions(database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(AuditLine.action).order_by(AuditLine.seq)))


def test_every_route_has_its_roles(app):
    assert set(list_routes(app.routes)) == set(ALLOWED)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_no_role_may_more_than_it_should(sign_in, role):
    browser = sign_in("asha", role=role)
    for route, allowed in ALLOWED.items():
        if route == "POST /sign-out":
            continue
        method, path = route.replace("{id}", "77").split()
        headers = HTML | {"x-csrf-token": browser.token}
        answer = browser.client.request(method, path, headers=headers, follow_redirects=False)
        refused = answer.status_code == 403
        assert refused is not (allowed == STRANGERS or role in allowed), (route, role)


def test_a_stranger_may_sign_in_and_no_more(browse):
    client = browse().client
    for route, allowed in ALLOWED.items():
        method, path = route.replace("{id}", "1").split()
        answer = client.request(method, path, headers=HTML, follow_redirects=False)
        if allowed != STRANGERS:
            assert (answer.status_code, answer.headers.get("location")) in [
                (303, "/sign-in"),
                (401, None),
            ], route


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_no_content_type_goes_without_the_token(asha, kind):
    headers = {"content-type": kind} if kind else {}
    answer = asha.client.post("/language", content=b'{"language": "hi"}', headers=headers)
    assert answer.status_code in (400, 403)  # 400: a form that is none


def test_a_cookie_that_was_put_into_a_browser_is_not_taken_over(browse, sign_in):
    stranger = browse()
    stranger.client.cookies.set("desk", "chosen by somebody else")
    sign_in("asha")
    page = stranger.get("/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    form = {"name": "asha", "password": PASSWORD, "csrf_token": token}
    answer = stranger.client.post("/sign-in", data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    assert "chosen" not in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "host", ["desk.example/password?", "desk.example/sign-out#", "x@y/password?"]
)
def test_a_host_that_holds_a_path_opens_nothing(sign_in, database, host):
    browser = sign_in("asha")
    with database.write() as session:
        find_user(session, "asha").must_change_password = True
    answer = browser.get("/", headers={"host": host}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password")


def test_an_account_that_is_switched_off_is_out_at_once(sign_in, database):
    asha = sign_in("asha")
    with database.write() as session:
        set_active(session, find_user(session, "asha"), False, by=None, now=NOW)
    assert asha.get("/", follow_redirects=False).headers["location"] == "/sign-in"
    assert asha.send("/queue/rows").status_code == 401


def test_a_role_that_was_taken_away_is_gone_at_once(sign_in, database):
    chitra = sign_in("chitra", role="supervisor")
    assert chitra.send("/export/queue", kind="csv").status_code == 200
    with database.write() as session:
        set_role(session, find_user(session, "chitra"), "staff", by=None, now=NOW)
    assert chitra.send("/export/queue", kind="csv").status_code == 403


def test_a_new_password_signs_other_browsers_out(sign_in):
    here, elsewhere = sign_in("asha"), sign_in("asha")
    new = "four green umbrellas"
    answer = here.send("/password", old=PASSWORD, new=new, again=new)
    assert answer.status_code == 303
    assert here.get("/", follow_redirects=False).status_code == 200
    assert elsewhere.get("/", follow_redirects=False).status_code == 303


def test_a_browser_that_was_left_alone_is_no_place_to_guess_the_password(asha, clock, database):
    new = "four green umbrellas"
    for _ in range(FREE_PER_NAME):
        answer = asha.send("/password", old="a wrong guess", new=new, again=new)
        assert "The old password is wrong" in answer.text
    answer = asha.send("/password", old=PASSWORD, new=new, again=new)
    assert "Too many attempts" in answer.text
    assert list_actions(database).count("password_refused") == FREE_PER_NAME
    clock.move(minutes=16)
    assert asha.send("/password", old=PASSWORD, new=new, again=new).status_code == 303


def test_many_guesses_at_once_do_not_fill_the_memory(monkeypatch):
    inside, most, lock = 0, 0, threading.Lock()
    all_there = threading.Barrier(credentials.AT_ONCE)

    class Hasher:
        def verify(self, password: str, hashed: str) -> bool:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            all_there.wait(10)
            with lock:
                inside -= 1
            return False

    monkeypatch.setattr(credentials, "_hasher", Hasher)
    guesses = [
        threading.Thread(target=credentials.is_password, args=("guess", "hash"))
        for _ in range(3 * credentials.AT_ONCE)
    ]
    for guess in guesses:
        guess.start()
    for guess in guesses:
        guess.join()
    assert most == credentials.AT_ONCE


@pytest.mark.parametrize("id", TOO_LARGE)
def test_no_number_is_too_large(sign_in, database, id):
    with database.write() as session:
        add_case(session)
    asha, esha = sign_in("asha"), sign_in("esha", role="admin")
    asked = [f"/cases/{id}", f"/cases/{id}/parts", f"/intake/uploads/{id}"]
    asked += [f"/intake/progress?upload={id}", f"/?page={id}", f"/queue/rows?version={id}&at={id}"]
    answers = [asha.get(path) for path in asked]
    form = {"note": "a", "to": id, "event": id, "version": id, "urgency": id, "outcome": "helped"}
    steps = ("claim", "confirm", "correct", "note", "call", "hand-over", "close", "undo")
    answers += [asha.send(f"/cases/{case}/{step}", **form) for case in (1, id) for step in steps]
    answers += [esha.get(f"/audit?complaint={id}"), esha.get(f"/audit?page={id}")]
    changes = ("role", "active", "password")
    answers += [esha.send(f"/accounts/{id}/{each}", role="staff", active="no") for each in changes]
    answers.append(esha.send(f"/accounts/tokens/{id}/revoke"))
    assert {answer.status_code for answer in answers} <= {200, 400, 404, 409, 422}


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_no_time_is_too_far(asha, year):
    answer = asha.get(f"/report?from={year}-01-01T00:00&to={year}-01-02T00:00")
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("name", ["asha\x00", "\x00", "%", "asha' OR '1'='1", "a" * 100_000])
def test_no_name_is_too_odd(browse, sign_in, name):
    sign_in("asha")
    stranger = browse()
    page = stranger.get("/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    form = {"name": name, "password": PASSWORD, "csrf_token": token}
    answer = stranger.client.post("/sign-in", data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == 401


def test_a_search_is_written_down_without_its_words(asha, database):
    with database.write() as session:
        add_case(session, number="C-77")
    asha.send("/queue/rows", search="C-77")
    shown = {"search": "C-77", "version": -1, "at": 0}
    asha.send("/queue/rows", **shown)  # what the page asks for by itself afterwards
    asha.send("/queue/rows")
    with database.read() as session:
        [line] = list_lines(session, AuditFilters(action="searched")).lines
    assert (line.who, line.detail) == ("asha", {"found": 1, "page": 1})


def test_a_search_does_not_pass_for_a_page_that_polls(asha, database):
    asha.send("/queue/rows", search="C-77", version=-1)
    assert list_actions(database)[-1] == "searched"


@pytest.mark.parametrize("term", ["%", "_", "%%%", "C_77"])
def test_a_wildcard_finds_itself_alone(asha, database, term):
    with database.write() as session:
        add_case(session, number="C-77")
    assert "C-77" not in re.sub(
        "<section.*?pinned.*?</section>",
        "",
        asha.send("/queue/rows", search=term).text,
        flags=re.DOTALL,
    )


def test_nothing_that_is_shown_runs(sign_in, database, clock):
    chitra, esha = sign_in("chitra", role="supervisor"), sign_in("esha", role="admin")
    with database.write() as session:
        user = session.scalars(select(User).where(User.name == "chitra")).one()
        user.shown_name = SCRIPT
        leads = [("link", "javascript:alert(1)"), ("handle", SCRIPT)]
        case = add_case(
            session,
            number=SCRIPT,
            text=SCRIPT,
            snippet=SCRIPT,
            leads=leads,
            evidence=[],
            problem=SCRIPT,
            claimed_by=user.id,
            status="claimed",
        )
        add_case(session, leads=leads, number=SCRIPT, snippet=SCRIPT)
        add_note(session, case, user=user, now=NOW, text=SCRIPT)
        upload = Upload(name=f"{SCRIPT}.csv", path="gone", columns={}, size=1, sha256="0" * 64)
        upload.source, upload.state, upload.started_at = "upload", "failed", NOW
        upload.problem, upload.user_id, upload.finished_at = SCRIPT, user.id, NOW
        session.add(upload)
        make_token(session, name=SCRIPT, by=find_user(session, "esha"), now=NOW)
    pages = [chitra.get(path).text for path in ("/", "/cases/1", "/intake", "/intake/uploads/1")]
    pages += [chitra.get(path).text for path in ("/report", "/trends", "/audit")]
    pages += [esha.get(path).text for path in ("/accounts", "/accounts/tokens", "/audit")]
    pages += [chitra.send("/queue/rows", search=SCRIPT).text]
    assert sum("&lt;script&gt;" in page for page in pages) >= 8
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert not re.search(r'(href|src|hx-\w+)="javascript:', page)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "number", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\x00=1"]
)
def test_no_cell_of_an_export_is_a_formula(sign_in, database, tmp_path, kind, number):
    from openpyxl import load_workbook

    with database.write() as session:
        add_case(session, number=number)
    answer = sign_in("chitra", role="supervisor").send("/export/queue", kind=kind)
    if kind == "xlsx":
        rows = [*load_workbook(io.BytesIO(answer.content)).active.iter_rows()]
        assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "inlineStr"}
        cells = [str(cell.value) for row in rows for cell in row]
    else:
        rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if re.match(r"[=+@\t\r-]", cell)]


@pytest.mark.parametrize(
    "name", ["Asha\nKale", "Asha \u202eelaK", "\u2066Asha", "Asha\u2028Kale", "\ud800", "a" * 101]
)
def test_no_shown_name_looks_like_another(database, name):
    from triage.desk.people.accounts import add_user
    from triage.errors import ConfigError

    with database.write() as session, pytest.raises(ConfigError):
        add_user(
            session,
            name="new.one",
            shown_name=name,
            role="staff",
            by=None,
            now=NOW,
            password=PASSWORD,
        )


def test_an_error_repeats_little_of_what_was_sent(sign_in):
    esha = sign_in("esha", role="admin")
    answer = esha.send("/accounts/add", name="new.one", role="x" * 100_000)
    assert answer.status_code == 400
    assert len(answer.text) < 1000


def test_what_an_export_or_a_killed_desk_left_is_swept_away(asha, clock, tmp_path):
    outgoing = tmp_path / "outgoing"
    outgoing.mkdir()
    for name, age_s in (("queue-old.csv", 4000), ("queue-new.csv", 10)):
        (outgoing / name).write_text("a text")
        stamp = NOW.timestamp() - age_s
        os.utime(outgoing / name, (stamp, stamp))
    asha.client.post("/intake/upload", headers={"x-csrf-token": asha.token})
    assert [path.name for path in outgoing.iterdir()] == ["queue-new.csv"]


class NoModel:
    def assess_batch(self, complaints):
        raise RuntimeError("cannot read")


def test_other_software_learns_nothing_of_what_it_did_not_send(database, sign_in, browse):
    sign_in("esha", role="admin")
    [read] = ComplaintReader(NoModel(), "none").read([Complaint(id="C-1", text="Rinku calls")])
    names = ("portal", "portal", "other")
    with database.write() as session:
        esha = find_user(session, "esha")
        ours, renewed, theirs = [make_token(session, name=name, by=esha, now=NOW) for name in names]
        token = find_token(session, ours)
        sent = register_once(session, token, "key", "0" * 64, read, now=NOW)
        pasted = add_case(session)
        line = list_lines(session, AuditFilters(action="arrived")).lines[0]
        assert line.detail["token"] == token.id

    def ask(token: str, id: int) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return browse().client.get(f"/api/complaints/{id}", headers=headers).status_code

    assert [ask(each, sent.id) for each in (ours, renewed, theirs)] == [200, 200, 404]
    assert ask(ours, pasted) == 404


@pytest.mark.parametrize("body", [b"[" * 400_000, b'{"text": ' * 90_000, b"1" * 900_000])
def test_no_json_is_too_deep(browse, body):
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
    answer = browse().client.post("/api/complaints", content=body, headers=headers)
    assert answer.status_code in (401, 422)
    assert len(answer.text) < 1000
