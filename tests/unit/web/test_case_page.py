import re
from datetime import timedelta

import pytest
from browsing import NOW
from made_up_cases import add_case
from sqlalchemy import select

from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import Complaint

TEXT = "He says <script>alert(1)</script> and I want to die. Pay rinku77@examplebank."
START = TEXT.index("I want to die")
EVIDENCE = {
    "start": START,
    "end": START + 13,
    "level": 2,
    "counts": True,
    "context": [],
    "cue": "model",
}
DENIED = {
    "start": 0,
    "end": 7,
    "level": 3,
    "counts": False,
    "context": ["denied", "other"],
    "cue": "model",
}


@pytest.fixture
def case(database):
    with database.write() as session:
        leads = [("upi", "rinku77@examplebank")]
        add_case(
            session, number="CC-1", leads=leads, text="Another, who names rinku77@examplebank."
        )
        return add_case(
            session,
            number="CC-2",
            leads=leads,
            text=TEXT,
            urgency=2,
            evidence=[EVIDENCE, DENIED],
            minor=True,
            arrived_at=NOW - timedelta(hours=4),
        )


def read(database, id):
    with database.read() as session:
        return session.get(Complaint, id)


def test_case_shows_everything(asha, case):
    page = asha.get(f"/cases/{case}").text
    assert (
        '<mark class="mark-strong" tabindex="0" aria-describedby="mark-2">I want to die</mark>'
        in page
    )
    assert "Level 2: ideation" in page
    assert "Does not count here. Denied. About somebody else" in page
    assert "almost sure (90 %)" not in page
    assert "likely (90 %)" in page
    assert "in 1 other case" in page
    assert 'href="/cases/1"' in page
    assert "<svg" in page
    assert "24-hour clock: 20 h left" in page
    assert "1098" in page
    assert "takeitdown.ncmec.org" in page


def test_text_of_a_complaint_is_never_markup(asha, case):
    page = asha.get(f"/cases/{case}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_opening_is_written_down(asha, case, database):
    asha.get(f"/cases/{case}")
    with database.read() as session:
        line = session.scalars(select(AuditLine).where(AuditLine.action == "opened")).one()
    assert (line.complaint_id, line.user_name) == (case, "asha")


@pytest.mark.parametrize("id", ["99", str(2**70), "-1"])
def test_unknown_case(asha, id):
    answer = asha.get(f"/cases/{id}")
    assert answer.status_code == 404
    assert "There is no such complaint" in answer.text


def test_admin_reads_no_case(sign_in, case):
    assert sign_in("esha", role="admin").get(f"/cases/{case}").status_code == 403


def test_text_is_blurred_where_set(sign_in, case, database):
    from triage.desk.people.settings import change_setting

    with database.write() as session:
        change_setting(session, "blur", True, user=None)
    page = sign_in().get(f"/cases/{case}").text
    assert 'class="blurring"' in page
    assert "Show or hide the text" in page


def test_a_working_day_on_one_case(asha, case, database, clock):
    def do(step, **form):
        answer = asha.send(f"/cases/{case}/{step}", **form)
        assert answer.status_code == 200, answer.text
        assert "<html" not in answer.text
        clock.move(minutes=1)
        return answer.text

    assert "Taken: it is with you" in do("claim")
    assert "Confirmed" in do("confirm", version=read(database, case).version)
    assert "P1" in do("correct", urgency=4)
    assert read(database, case).priority == "P1"
    do("correct", category="video_call_blackmail")
    assert "Called back at six" in do("note", note="Called back at six")
    assert "spoke to them" in do("call", outcome="reached")
    text = do("close", outcome="helped")
    assert read(database, case).status == "closed"
    event = re.search(r'id="do-undo"[^>]*"event": (\d+)', text)[1]
    do("undo", event=event)
    assert read(database, case).status == "claimed"
    do("close", outcome="referred", note="to the bank")
    do("reopen")
    do("claim")
    assert "Given back" in do("release")


def test_steps_of_one_key_each_are_on_the_page(asha, case):
    page = asha.get(f"/cases/{case}").text
    for key in ("c", "y", "v", "s", "o", "0", "4", "n", "t", "x", "e", "q"):
        assert f'data-key="{key}"' in page


def test_second_claim_is_told_who_was_first(asha, case, sign_in):
    sign_in("bilal").send(f"/cases/{case}/claim")
    answer = asha.send(f"/cases/{case}/claim")
    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "claimed",
        "message": "Bilal works on this complaint",
        "next": "Ask them to hand it over.",
    }


def test_supervisor_takes_over(sign_in, case, database):
    sign_in("bilal").send(f"/cases/{case}/claim")
    chitra = sign_in("chitra", role="supervisor", language="hi")
    assert chitra.send(f"/cases/{case}/claim", take_over=True).status_code == 200
    assert "अब आपके पास है" in chitra.send(f"/cases/{case}/claim", take_over=True).text


def test_decision_on_an_old_page_is_refused(asha, case, database):
    version = read(database, case).version
    asha.send(f"/cases/{case}/note", note="something new")
    answer = asha.send(f"/cases/{case}/correct", urgency=0, version=version)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "changed_meanwhile"
    parts = asha.part(f"/cases/{case}/parts")
    assert "something new" in parts.text


def test_p1_is_not_closed_without_a_word(sign_in, database):
    with database.write() as session:
        id = add_case(session, urgency=4)
    asha = sign_in(language="hi")
    answer = asha.send(f"/cases/{id}/close", outcome="no_action")
    assert answer.status_code == 400
    assert "P1" in answer.json()["error"]["message"]
    assert "पहले फोन करें" in answer.json()["error"]["message"]


def test_hand_over(asha, case, sign_in, database):
    sign_in("bilal")
    asha.send(f"/cases/{case}/claim")
    page = asha.get(f"/cases/{case}").text
    bilal = re.search(r'<option value="(\d+)">Bilal', page)[1]
    text = asha.send(f"/cases/{case}/hand-over", to=bilal, note="Calls at six").text
    assert "→ Bilal" in text
    assert read(database, case).claimed_by == int(bilal)


def test_notes_are_never_markup_and_never_repeated_in_errors(asha, case):
    asha.send(f"/cases/{case}/note", note="<img src=x onerror=alert(1)>")
    assert "<img" not in asha.get(f"/cases/{case}").text
    answer = asha.send(f"/cases/{case}/hand-over", to="words of a note")
    assert answer.status_code == 422
    assert "words of a note" not in answer.text
    assert "to" in answer.json()["error"]["message"]


def test_staff_without_the_right_change_nothing(sign_in, case, database):
    scientist = sign_in("dev", role="data_scientist")
    for step in ("claim", "confirm", "correct", "note", "call", "close", "reopen", "undo"):
        assert scientist.send(f"/cases/{case}/{step}", event=1, to=1).status_code == 403
    assert read(database, case).version == 1


def test_overdue_is_said(asha, database):
    with database.write() as session:
        id = add_case(session, urgency=4, arrived_at=NOW - timedelta(hours=2))
    assert "ran out 1 h 50 min ago" in asha.get(f"/cases/{id}").text
