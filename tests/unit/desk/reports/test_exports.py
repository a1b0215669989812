"""Exports of the queue: the rows, the words, the rights, and the line in the audit log."""

import csv
import json
from datetime import timedelta

import openpyxl
import pytest
from made_up_cases import NOW, TEXT, add_case
from sqlalchemy import event, select

from triage.desk.casework.queue import Filters
from triage.desk.reports.exports import TITLES, export_queue, write_export
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import FoundLead
from triage.errors import DataError, NotAllowedError

HOUR = timedelta(hours=1)


def read_csv(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [*csv.DictReader(handle)]


def read_audit(database) -> list[tuple[str, dict]]:
    with database.read() as session:
        lines = session.execute(select(AuditLine).order_by(AuditLine.seq)).scalars()
        return [(line.action, json.loads(line.detail)) for line in lines]


def test_a_view_is_exported_in_the_order_of_the_queue(database, supervisor, staff, tmp_path):
    with database.write() as session:
        calm = add_case(session, number="CC-1", arrived_at=NOW - 9 * HOUR)
        urgent = add_case(
            session,
            urgency=3,
            arrived_at=NOW - HOUR,
            status="claimed",
            claimed_by=staff.id,
            minor=True,
            near_copy_of=calm,
            language="hinglish",
        )
        add_case(session, status="closed", outcome="fir_registered", closed_at=NOW)
    path = tmp_path / "queue.csv"
    assert write_export(database, Filters(), path, user=supervisor, now=NOW) == 2
    first, second = read_csv(path)
    assert [int(row["Desk number"]) for row in (first, second)] == [urgent, calm]
    assert first["Priority"] == "P1"
    assert first["Category"] == "Sextortion"
    assert (first["Urgency"], first["Urgency in words"]) == ("3", "intent")
    assert (first["Claimed by"], first["Overdue"], second["Overdue"]) == ("Asha", "yes", "yes")
    assert (first["Somebody under 18"], second["Somebody under 18"]) == ("yes", "no")
    assert first["Arrived (Indian time)"] == "2026-11-20 14:00"
    assert first["Nearly the same as"] == str(calm)
    assert first["Language"] == "Hinglish"
    assert second["Complaint number"] == "CC-1"
    assert second["Reason"] == "is being blackmailed with intimate images"
    assert (first["Outcome"], second["Outcome"]) == ("", "")
    assert "Text" not in first
    assert TEXT not in path.read_text("utf-8")


def test_the_text_is_there_only_where_it_was_asked_for(database, supervisor, tmp_path):
    with database.write() as session:
        add_case(session, text='=HYPERLINK("x.example")', snippet="+91 [phone]", number="@1")
    path = tmp_path / "queue.csv"
    write_export(database, Filters(), path, user=supervisor, now=NOW, with_text=True)
    (row,) = read_csv(path)
    assert row["Text"] == '\'=HYPERLINK("x.example")'  # no spreadsheet runs it
    assert row["Summary, names and numbers masked"] == "'+91 [phone]"
    assert row["Complaint number"] == "'@1"


def test_a_spreadsheet_holds_the_same(database, supervisor, tmp_path):
    with database.write() as session:
        add_case(
            session, status="closed", outcome="money_frozen", closed_at=NOW, category="other_fraud"
        )
    path = tmp_path / "queue.xlsx"
    write_export(database, Filters(status="all"), path, user=supervisor, now=NOW)
    header, row = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    shown = dict(zip(header, row, strict=True))
    assert list(header) == [title for name, title in TITLES.items() if name != "text"]
    assert (shown["Outcome"], shown["Status"]) == ("money frozen", "closed")
    assert shown["Closed (Indian time)"] == "2026-11-20 15:00"


def test_how_a_case_ended_is_told_in_plain_words(database, supervisor, tmp_path):
    with database.write() as session:
        add_case(session, status="closed", outcome="fir_registered", closed_at=NOW)
    path = tmp_path / "queue.csv"
    write_export(database, Filters(status="closed"), path, user=supervisor, now=NOW)
    assert [row["Outcome"] for row in read_csv(path)] == ["FIR registered"]


def test_more_than_a_page_goes_out(database, supervisor, tmp_path):
    with database.write() as session:
        for _ in range(60):
            add_case(session, urgency=3)
    path = tmp_path / "queue.csv"
    assert write_export(database, Filters(page=2), path, user=supervisor, now=NOW) == 60
    assert len(read_csv(path)) == 60


def test_the_filters_hold(database, supervisor, tmp_path):
    with database.write() as session:
        wanted = add_case(session, leads=[("upi", "rinku77@examplebank")], language="hi")
        add_case(session, text="another story", language="hi")
    path = tmp_path / "queue.csv"
    filters = Filters(search="rinku77@examplebank", language="hi")
    assert write_export(database, filters, path, user=supervisor, now=NOW) == 1
    assert [row["Desk number"] for row in read_csv(path)] == [str(wanted)]


def test_an_export_is_audited_without_what_was_searched_for(database, supervisor, tmp_path):
    with database.write() as session:
        add_case(session, leads=[("upi", "rinku77@examplebank")])
    filters = Filters(search="rinku77@examplebank", priority="P3", overdue=False)
    write_export(database, filters, tmp_path / "queue.csv", user=supervisor, now=NOW)
    assert read_audit(database) == [
        (
            "exported",
            {"rows": 1, "with_text": False, "searched": True, "priority": "P3", "status": "open"},
        )
    ]


def test_staff_may_not_export(database, staff, tmp_path):
    with pytest.raises(NotAllowedError):
        write_export(database, Filters(), tmp_path / "queue.csv", user=staff, now=NOW)
    assert not (tmp_path / "queue.csv").exists()
    with database.write() as session, pytest.raises(NotAllowedError):
        export_queue(session, Filters(), user=staff, now=NOW)
    assert read_audit(database) == []


def test_what_could_not_be_written_is_in_the_log_all_the_same(database, supervisor, tmp_path):
    with pytest.raises(DataError):
        write_export(database, Filters(), tmp_path / "none" / "q.csv", user=supervisor, now=NOW)
    assert [action for action, _ in read_audit(database)] == ["exported"]


def test_the_words_can_be_those_of_another_language(database, supervisor, tmp_path):
    hindi = {"Sextortion": "सेक्सटॉर्शन", "Priority": "प्राथमिकता", "no": "नहीं"}
    with database.write() as session:
        add_case(session)
    path = tmp_path / "queue.csv"

    def translate(word: str) -> str:
        return hindi.get(word, word)

    write_export(database, Filters(), path, user=supervisor, now=NOW, words=translate)
    (row,) = read_csv(path)
    assert (row["प्राथमिकता"], row["Category"], row["Overdue"]) == ("P3", "सेक्सटॉर्शन", "नहीं")


def test_rows_can_be_had_in_one_transaction(database, supervisor):
    with database.write() as session:
        case = add_case(session)
        rows = [*export_queue(session, Filters(), user=supervisor, now=NOW, with_text=True)]
    assert [(row["id"], row["text"]) for row in rows] == [(case, TEXT)]
    assert set(rows[0]) <= set(TITLES)
    assert [action for action, _ in read_audit(database)] == ["exported"]


def test_an_export_takes_a_handful_of_queries(database, supervisor, tmp_path):
    with database.write() as session:
        for _ in range(20):
            add_case(session, claimed_by=supervisor.id, status="claimed", leads=[("upi", "a@x")])
        assert session.execute(select(FoundLead.id)).first()
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    write_export(database, Filters(), tmp_path / "q.csv", user=supervisor, now=NOW)
    assert len([query for query in asked if query.startswith("SELECT")]) <= 4
