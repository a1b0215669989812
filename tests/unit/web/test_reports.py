"""The shift report and the exports in the browser."""

import codecs
import csv
import io
import json
import re
from datetime import timedelta

import pytest
from browsing import add_account
from made_up_cases import NOW, TEXT, add_case
from openpyxl import load_workbook

from triage import labels
from triage.desk.store import titles
from triage.desk.store.audit import find_head
from triage.desk.store.audit_search import AuditFilters, list_lines
from triage.desk.store.schema import User
from triage.times import INDIAN_TIME
from triage.web import names
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


LATIN = re.compile("[A-Za-z]")
KEPT = re.compile(r"P[1-4]|FIR")  # the same in both languages


@pytest.fixture
def every_kind(database):
    """Cases in each state, with each outcome, language and way in, and a colleague who has some."""
    add_account(database, "आशा", "staff")
    with database.write() as session:
        asha = session.query(User).one().id
        given = {"number": "7/2026", "snippet": "वीडियो", "text": "वीडियो भेज देगा", "minor": True}
        for outcome in titles.OUTCOMES:
            add_case(session, status="closed", outcome=outcome, closed_at=NOW, **given)
        for source in titles.SOURCES:
            taken = {"status": "claimed", "claimed_by": asha}
            add_case(session, source=source, death_reported=True, **given, **taken)
        for language in labels.LANGUAGE_TITLES:
            add_case(session, language=language, category="video_call_blackmail", **given)
        for level in labels.Urgency:
            add_case(session, urgency=level, category="other_fraud", **given)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_in_hindi_holds_no_english(sign_in, every_kind, kind):
    chitra = sign_in("chitra", role="supervisor", language="hi")
    content = chitra.send("/export/queue", kind=kind, status="all", with_text="true").content
    if kind == "csv":
        assert content.startswith(codecs.BOM_UTF8)  # else Excel shows signs in its place
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        rows = list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert len(rows) == 1 + len(titles.OUTCOMES) + len(titles.SOURCES) + 5 + 5
    cells = {str(cell) for row in rows for cell in row if cell is not None}
    assert sorted(cell for cell in cells if LATIN.search(KEPT.sub("", cell))) == []
    assert {"हाँ", "नहीं", "आशा", "पूरी शिकायत", "हिंग्लिश", "निगरानी वाले फ़ोल्डर से"} <= cells


def test_an_export_says_the_words_of_the_pages(sign_in, every_kind):
    chitra = sign_in("chitra", role="supervisor")
    text = chitra.send("/export/queue", kind="csv", status="all").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["Status"] for row in rows} == {"waiting", "in work", "closed"}
    assert {row["Came by"] for row in rows} == {*names.SOURCES.values()}
    assert {row["Outcome"] for row in rows} == {*names.OUTCOMES.values(), ""}


def test_steps_are_counted_in_words_that_stand_alone(sign_in, cases, clock):
    chitra = sign_in("chitra", role="supervisor", language="hi")
    assert chitra.send("/cases/1/claim").status_code == 200
    clock.move(minutes=1)
    page = chitra.get("/report?period=today").text
    assert "<dt>लिया</dt><dd>1</dd>" in page


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
