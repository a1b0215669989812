"""The shift report and the exports in the browser."""

import csv
import io
import json
from datetime import timedelta

import pytest
from made_up_cases import NOW, TEXT, add_case
from openpyxl import load_workbook

from triage.desk.store.audit import find_head
from triage.desk.store.audit_search import AuditFilters, list_lines
from triage.times import INDIAN_TIME
from triage.web.routes.reports import find_period, tell_period
from triage.web.shown import Shown


@pytest.fixture
def cases(database):
    with database.write() as session:
        add_case(session, urgency=3, arrived_at=NOW - timedelta(hours=2))
        add_case(session, arrived_at=NOW - timedelta(hours=20), category="other_fraud")
        add_case(session, human_category="sextortion", human_urgency=1, urgency=1, minor=True)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("shift", NOW - timedelta(hours=8), NOW),
        ("today", NOW.astimezone(INDIAN_TIME).replace(hour=0, minute=0), NOW),
        (
            "yesterday",
            NOW.astimezone(INDIAN_TIME).replace(day=19, hour=0, minute=0),
            NOW.astimezone(INDIAN_TIME).replace(hour=0, minute=0),
        ),
    ],
)
def test_periods_are_those_of_india(period, start, end):
    assert find_period(period, NOW) == (start, end)


def test_a_period_names_its_day_once_where_there_is_one():
    show = Shown("en")
    assert tell_period(NOW - timedelta(hours=8), NOW, show) == "20 Nov 2026, 07:00 – 15:00"
    told = tell_period(NOW - timedelta(days=1), NOW, show)
    assert told == "19 Nov 2026, 15:00 – 20 Nov 2026, 15:00"


@pytest.mark.parametrize("language", ["en", "hi"])
def test_the_report_ends_with_the_head_of_the_log(sign_in, cases, database, language):
    page = sign_in("asha", language=language).get("/report").text
    with database.read() as session:
        head = find_head(session)
        [line] = list_lines(session, AuditFilters(action="report_made")).lines
    assert head.hash in page
    assert line.seq == head.seq  # the head stands for the report itself
    assert TEXT not in page


def test_the_report_names_what_is_overdue(asha, cases):
    assert 'href="/cases/1"' in asha.get("/report?period=today").text


def test_who_reads_no_cases_gets_no_links_to_them(sign_in, cases):
    page = sign_in("esha", role="admin").get("/report?period=today").text
    assert "/cases/" not in page


def test_any_time_can_be_chosen(asha, cases):
    page = asha.get("/report?from=2026-11-19T00:00&to=2026-11-20T00:00").text
    assert "What came: 1" in page


@pytest.mark.parametrize(
    "query",
    ["from=x&to=y", "from=2026-11-20T00:00&to=2026-11-19T00:00", "from=2020-01-01&to=2026-01-01"],
)
def test_times_that_make_no_period_are_told(asha, query):
    assert asha.get(f"/report?{query}").status_code == 400


def test_the_queue_is_exported_as_csv_and_xlsx(sign_in, cases, tmp_path):
    chitra = sign_in("chitra", role="supervisor")
    answer = chitra.send("/export/queue", kind="csv", status="all")
    assert 'filename="queue-2026-11-20.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert TEXT not in answer.text
    sheet = load_workbook(
        io.BytesIO(chitra.send("/export/queue", kind="xlsx", with_text="true").content)
    ).active
    assert TEXT in [cell.value for row in sheet for cell in row]
    assert list((tmp_path / "outgoing").iterdir()) == []


def test_an_export_is_narrowed_and_audited(sign_in, cases, database):
    chitra = sign_in("chitra", role="supervisor")
    answer = chitra.send("/export/queue", kind="csv", category="other_fraud")
    assert len(answer.text.strip().splitlines()) == 2
    with database.read() as session:
        [line] = list_lines(session, AuditFilters(action="exported")).lines
    assert (line.who, line.detail["rows"]) == ("chitra", 1)


def test_staff_export_nothing(asha, cases):
    assert asha.send("/export/queue", kind="csv").status_code == 403
    assert asha.send("/export/labels").status_code == 403
    assert "Your account takes nothing out" in asha.get("/export").text


@pytest.mark.parametrize("kind", ["pdf", "../x"])
def test_another_kind_of_file_is_refused(sign_in, cases, kind):
    chitra = sign_in("chitra", role="supervisor")
    assert chitra.send("/export/queue", kind=kind).status_code == 400


def test_labels_go_to_who_trains(sign_in, cases, database):
    dev = sign_in("dev", role="data_scientist")
    rows = [json.loads(line) for line in dev.send("/export/labels").text.splitlines()]
    assert [row["id"] for row in rows] == ["desk-3"]
    assert len(dev.send("/export/labels", everything="true").text.splitlines()) == 3
    assert sign_in("chitra", role="supervisor").send("/export/labels").status_code == 403
    with database.read() as session:
        assert list_lines(session, AuditFilters(action="labels_exported")).total == 2
