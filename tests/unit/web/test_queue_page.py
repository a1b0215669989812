import re
from datetime import timedelta

import pytest
from browsing import NOW
from made_up_cases import add_case

from triage.web.routes.queue import build_filters, tell_address


@pytest.fixture
def cases(database):
    """One of each priority, and one more that is overdue."""
    with database.write() as session:
        return {
            "P1": add_case(
                session, urgency=4, number="CC-1", arrived_at=NOW - timedelta(minutes=4)
            ),
            "P2": add_case(session, urgency=2, number="CC-2"),
            "P3": add_case(session, number="CC-3", leads=[("upi", "rinku77@examplebank")]),
            "P4": add_case(session, priority="P4", category="other_fraud", number="CC-4"),
            "late": add_case(
                session, urgency=2, number="CC-5", arrived_at=NOW - timedelta(hours=9)
            ),
        }


def list_numbers(text):
    return re.findall(r'<span class="number">(CC-\d)</span>', text)


def test_most_urgent_stands_first(asha, cases):
    page = asha.get("/").text
    assert list_numbers(page) == ["CC-1", "CC-5", "CC-2", "CC-3", "CC-4"]
    assert "8 h over" in page
    assert "6 min left" in page
    assert 'data-urgent="1"' in page


def test_page_asks_a_handful_of_queries(asha, cases, database):
    from sqlalchemy import event

    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    asha.get("/")
    few = len(asked)
    with database.write() as session:
        for _ in range(40):
            add_case(session)
    asked.clear()
    asha.get("/")
    assert len(asked) == few < 15


def test_nothing_new_is_not_sent(asha, cases, clock):
    page = asha.get("/").text
    version, at = re.search(r'"version": (\d+), "at": (\d+)', page).groups()
    same = {"version": version, "at": at, "status": "open"}
    assert asha.send("/queue/rows", **same).status_code == 204
    assert asha.part(f"/queue/rows?version={version}").status_code == 204
    clock.move(seconds=31)  # waiting times have grown
    assert asha.send("/queue/rows", **same).status_code == 200


def test_news_are_sent(asha, cases, sign_in):
    page = asha.get("/").text
    version, at = re.search(r'"version": (\d+), "at": (\d+)', page).groups()
    bilal = sign_in("bilal")
    bilal.send(f"/cases/{cases['P1']}/claim", origin="queue")
    answer = asha.send("/queue/rows", version=version, at=at, status="open")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "with Bilal" in answer.text
    assert 'data-urgent=""' in answer.text


def test_taking_from_the_queue_opens_nothing(asha, cases, database):
    answer = asha.send(f"/cases/{cases['P1']}/claim", origin="queue")
    assert answer.headers["hx-trigger"] == "queue-changed"
    assert "Taken: it is with you" in answer.text
    answer = asha.send(f"/cases/{cases['P1']}/release", origin="queue")
    assert "Given back" in answer.text
    with database.read() as session:
        from sqlalchemy import select

        from triage.desk.store.audit_tables import AuditLine

        assert "opened" not in session.scalars(select(AuditLine.action)).all()


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("priority=P2", ["CC-1", "CC-5", "CC-2"]),
        ("category=other_fraud", ["CC-1", "CC-4"]),
        ("overdue=true", ["CC-1", "CC-5"]),
        ("mine=true", ["CC-1"]),
        ("status=closed", ["CC-1"]),
    ],
)
def test_filters_leave_the_pinned_alone(asha, cases, asked, numbers):
    assert list_numbers(asha.get(f"/?{asked}").text) == numbers


def test_search_goes_without_an_address(asha, cases):
    answer = asha.send("/queue/rows", search="rinku77@examplebank", status="open", priority="P3")
    assert "CC-3" in list_numbers(answer.text)
    assert "CC-4" not in answer.text
    assert answer.headers["hx-replace-url"] == "/?priority=P3"


def test_address_never_holds_the_search():
    filters = build_filters("P1", "", "hi", "all", True, False, "rinku77@examplebank", 3)
    assert tell_address(filters) == "/?priority=P1&language=hi&status=all&mine=true&page=3"
    assert tell_address(build_filters("", "", "", "open", False, False, "words", 1)) == "/"


def test_nobody_waits(asha):
    assert "Nobody is waiting." in asha.get("/").text


def test_wrong_filters_are_told(asha):
    assert asha.get("/?status=nonsense").status_code == 400
    assert asha.get("/?page=many").status_code == 422


def test_who_reads_no_cases_sees_no_queue(sign_in, cases):
    admin = sign_in("esha", role="admin")
    assert admin.send("/queue/rows", status="open").status_code == 403
    assert "CC-1" not in admin.client.get("/", follow_redirects=False).text


def test_queue_in_hindi(sign_in, cases):
    page = sign_in("chitra", role="supervisor", language="hi").get("/").text
    assert "तुरंत फोन करें" in page
    assert "निजी तस्वीरों से ब्लैकमेल" in page
