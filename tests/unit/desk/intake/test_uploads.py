"""Files that are handed in: refused at once, read bit by bit, gone on with, given up."""

import csv
import gzip
import json
import os
import stat
import zipfile
from datetime import UTC, datetime

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from triage.backlog.sources import list_sources
from triage.desk.intake import upload_worker
from triage.desk.intake.reading import ComplaintReader
from triage.desk.intake.upload_files import LEFT_OVER_S
from triage.desk.intake.uploads import (
    UploadWorker,
    check_upload,
    find_upload,
    list_columns,
    list_uploads,
    make_spool_path,
    receive,
)
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import Complaint
from triage.errors import DataError, DeskBusyError, DeskError
from triage.scoring import Job, score_job

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PLEA = "I will hang myself tonight"
SECRET = "Vishwambhar"


@pytest.fixture(scope="module")
def reader(model):
    return ComplaintReader(model, "small 0123456789ab")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(upload_worker, "BATCH", 4)
    monkeypatch.setattr(upload_worker, "REST_MOST_S", 0)


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def put(spool):
    """Put a file's bytes into the spool."""

    def run(content, name="monday.csv"):
        path = make_spool_path(spool, name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return run


@pytest.fixture
def hand_in(database, put, staff):
    def run(content, name="monday.csv", columns=None):
        path = put(content, name)
        with database.write() as session:
            return receive(
                session,
                name=name,
                path=path,
                size=path.stat().st_size,
                sha256="0" * 64,
                columns=columns,
                user=staff,
                source="upload",
                now=NOW,
            )

    return run


@pytest.fixture
def worker(database, reader):
    return UploadWorker(database, reader, clock=lambda: NOW)


def build_csv(rows, *, first=1):
    lines = (
        f'{n},"complaint number {n}: they ask for money"\n' for n in range(first, rows + first)
    )
    return "id,text\n" + "".join(lines)


def build_xlsx(path, rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def look(database, upload):
    with database.read() as session:
        return find_upload(session, upload)


def list_rows(database):
    with database.read() as session:
        found = session.execute(
            select(Complaint.upload_row, Complaint.number, Complaint.text).order_by(Complaint.id)
        )
        return [tuple(row) for row in found]


def test_a_file_is_read_and_then_deleted(database, hand_in, worker, spool):
    upload = hand_in(build_csv(10))
    (path,) = spool.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert look(database, upload).state == "waiting"
    assert worker.read_next()
    assert not worker.read_next()
    view = look(database, upload)
    assert (view.state, view.share, view.problem) == ("done", 1.0, None)
    assert (view.rows_done, view.added, view.known) == (10, 10, 0)
    assert (view.who, view.name, view.finished_at) == ("Asha", "monday.csv", NOW)
    assert [row[:2] for row in list_rows(database)] == [(n, str(n)) for n in range(1, 11)]
    assert list(spool.iterdir()) == []


def test_rows_without_an_id_have_no_number(database, hand_in, worker):
    hand_in(f"text\n{PLEA}\n{PLEA}\n")
    worker.read_next()
    assert list_rows(database) == [(1, None, PLEA), (2, None, PLEA)]


def test_what_is_there_already_is_known(database, hand_in, worker):
    hand_in(build_csv(5))
    again = hand_in(build_csv(6))
    worker.read_next()
    worker.read_next()
    view = look(database, again)
    assert (view.added, view.known) == (1, 5)


@pytest.mark.parametrize("ending", ["xlsx", "jsonl", "csv.gz"])
def test_other_kinds_and_columns(database, hand_in, worker, tmp_path, ending):
    if ending == "xlsx":
        build_xlsx(tmp_path / "in.xlsx", [["Token", "शिकायत"], ["T1", PLEA]])
        content = (tmp_path / "in.xlsx").read_bytes()
    elif ending == "jsonl":
        content = json.dumps({"Token": "T1", "शिकायत": PLEA})
    else:
        content = gzip.compress(f"Token,शिकायत\nT1,{PLEA}\n".encode())
    hand_in(content, f"in.{ending}", {"text": "शिकायत", "id": "token"})
    worker.read_next()
    assert list_rows(database) == [(1, "T1", PLEA)]


def test_a_row_that_cannot_be_read_is_told_and_goes_to_a_person(database, hand_in, worker):
    upload = hand_in('{"text": "' + PLEA + '"}\nnot json\n{"id": 7}\n', "in.jsonl")
    worker.read_next()
    view = look(database, upload)
    assert (view.state, view.added, view.set_aside) == ("done", 3, 2)
    assert view.problems == [
        (2, "the line is not valid JSON"),
        (3, "the line has no 'text'"),
    ]
    with database.read() as session:
        rows = session.scalars(select(Complaint).where(Complaint.problem.is_not(None))).all()
        assert [(row.priority, row.upload_row) for row in rows] == [("P2", 2), ("P2", 3)]


def test_what_was_odd_about_the_file_is_told_once(database, hand_in, worker):
    upload = hand_in(("text\n" + "Jos\xe9 asks for money again\n" * 9).encode("cp1252"))
    worker.read_next()
    told = [reason for row, reason in look(database, upload).problems if row == 0]
    assert told == ["is not UTF-8, read as Windows-1252; check that names look right"]


def test_a_killed_desk_goes_on_where_it_was(database, hand_in, reader, monkeypatch):
    upload = hand_in(build_csv(11))
    first = UploadWorker(database, reader, clock=lambda: NOW)
    real = reader.read
    calls = []

    def stop_in_the_third(complaints):
        calls.append(len(complaints))
        if len(calls) == 2:
            first._stopped.set()
        return real(complaints)

    monkeypatch.setattr(reader, "read", stop_in_the_third)
    first.read_next()
    view = look(database, upload)
    assert (view.state, view.rows_done) == ("reading", 8)
    UploadWorker(database, reader, clock=lambda: NOW).read_next()
    assert calls == [4, 4, 3]
    assert [row[0] for row in list_rows(database)] == list(range(1, 12))


def test_two_workers_read_each_row_once(database, hand_in, reader, monkeypatch):
    upload = hand_in(f"text\n{PLEA}\n" + f"{PLEA}\n" * 8)
    other = UploadWorker(database, reader, clock=lambda: NOW)
    real, met = reader.read, []

    def let_the_other_in(complaints):
        if not met:
            met.append(True)
            other.read_next()
        return real(complaints)

    monkeypatch.setattr(reader, "read", let_the_other_in)
    UploadWorker(database, reader, clock=lambda: NOW).read_next()
    assert [row[0] for row in list_rows(database)] == list(range(1, 10))
    assert look(database, upload).rows_done == 9


def test_a_crash_fails_one_upload_and_the_next_is_read(database, hand_in, worker, monkeypatch):
    bad, good = hand_in(build_csv(9)), hand_in(build_csv(3, first=100))
    real = upload_worker.keep_rows

    def crash(session, id, arrivals, *given, **named):
        if any(arrival.row == 6 for arrival in arrivals):
            raise ValueError(f"about {SECRET}")
        return real(session, id, arrivals, *given, **named)

    monkeypatch.setattr(upload_worker, "keep_rows", crash)
    worker.read_next()
    worker.read_next()
    view = look(database, bad)
    assert (view.state, view.rows_done) == ("failed", 5)
    assert "ValueError" in view.problem
    assert SECRET not in view.problem
    assert [row[0] for row in list_rows(database)] == [1, 2, 3, 4, 0, 1, 2, 3]
    with database.read() as session:  # what stands for the rest goes to a person
        rest = session.scalars(select(Complaint).where(Complaint.upload_row == 0)).one()
        assert (rest.priority, rest.problem) == ("P2", view.problem)
    assert look(database, good).state == "done"


def test_a_busy_database_loses_nothing(database, hand_in, worker, monkeypatch):
    upload = hand_in(build_csv(6))
    real, tries = upload_worker.keep_rows, []

    def be_busy_once(*given, **named):
        tries.append(1)
        if len(tries) == 2:
            raise DeskBusyError("the desk is busy")
        return real(*given, **named)

    monkeypatch.setattr(upload_worker, "keep_rows", be_busy_once)
    assert worker.read_next()
    assert not worker.read_next()  # not at once
    worker._postponed.clear()
    assert worker.read_next()
    assert look(database, upload).state == "done"
    assert [row[0] for row in list_rows(database)] == list(range(1, 7))


def test_a_damaged_file_keeps_its_rows_and_sends_the_rest_to_a_person(database, hand_in, worker):
    whole = gzip.compress(build_csv(20_000).encode())
    upload = hand_in(whole[:2000], "in.csv.gz")
    worker.read_next()
    view = look(database, upload)
    assert view.state == "failed"
    assert "the file is damaged or no .gz file (EOFError) after row" in view.problem
    assert "/" not in view.problem
    rows = list_rows(database)
    assert view.added == len(rows) > 10
    assert rows[-1][1:] == (None, "")


def test_a_file_that_is_gone_goes_to_a_person(database, hand_in, worker, spool):
    upload = hand_in(build_csv(3))
    for path in spool.iterdir():
        path.unlink()
    worker.read_next()
    view = look(database, upload)
    assert (view.state, view.added) == ("failed", 1)
    assert view.problem == "the file is no longer there; none of its complaints was read"


def test_the_same_assessments_as_from_the_command_line(
    database, hand_in, worker, corpus, model_folder, tmp_path
):
    path = tmp_path / "in.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows([f"CC-{n}", c.text] for n, c in enumerate(corpus[:30]))
        writer.writerow(["CC-30", ""])
    output = tmp_path / "ranked.csv"
    score_job(Job(list_sources([path]), output=output, model_folder=model_folder))
    hand_in(path.read_bytes())
    while worker.read_next():
        pass
    with output.open(newline="", encoding="utf-8-sig") as file:
        ranked = {row["id"]: row for row in csv.DictReader(file)}
    with database.read() as session:
        kept = session.scalars(select(Complaint)).all()
    assert len(kept) == len(ranked) == 31
    for row in kept:
        told = ranked[row.number]
        assert (row.priority, row.category) == (told["priority"], told["category"])
        assert (str(row.urgency), row.language) == (told["urgency"], told["language"])
        assert round(row.risk, 4) == float(told["risk"])
        assert "; ".join(row.reasons) == told["reasons"]
        assert (str(row.needs_review).lower(), row.at_risk) == (
            told["needs_review"],
            told["at_risk"],
        )


def build_bomb(path, *, megabytes):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(megabytes):
            part.write(b"0" * (1 << 20))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("in.csv", "", "is empty"),
        ("in.csv", "id,complaint\n1,x\n", "has no column 'text'"),
        ("in.csv", "text\n", "has no rows"),
        ("in.jsonl", '{"id": 1}\n{"id": 2}\n', "has no line with 'text'"),
        ("in.jsonl", '{"id": 1}\n' * 99, "in its first lines: the line has no 'text'"),
        ("in.xlsx", "text\n1\n", "is damaged or no XLSX file"),
        ("in.parquet", "text\n1\n", "is damaged or no Parquet file"),
        ("in.csv.gz", "text\n1\n", "is damaged or no .gz file"),
    ],
)
def test_what_is_no_file_of_complaints_is_refused(put, name, content, told):
    path = put(content, name)
    with pytest.raises(DataError, match=told) as error:
        check_upload(path, name)
    assert str(error.value).startswith(f"{name}: ")
    assert str(path.parent) not in str(error.value)


@pytest.mark.parametrize("name", ["photo.jpg", "all.xls", "in.gz", "in", "in.csv.exe"])
def test_other_kinds_are_refused_before_a_byte_is_taken(spool, name):
    with pytest.raises(DataError, match=r"expected one of \.csv, .*\.xlsx"):
        make_spool_path(spool, name)
    assert not spool.exists()


def test_a_good_file_is_not_refused(put):
    check_upload(put(build_csv(1)), "in.csv")
    check_upload(put("Complaint Details\nx\n"), "in.csv", columns={"text": "complaint details"})


def test_a_zip_bomb_is_refused_unopened(database, put, hand_in, worker, monkeypatch):
    path = put("", "in.xlsx")
    build_bomb(path, megabytes=60)
    monkeypatch.setattr("openpyxl.load_workbook", None)
    with pytest.raises(DataError, match="unpacks to 60 MB"):
        check_upload(path, "in.xlsx")
    upload = hand_in(path.read_bytes(), "in.xlsx")  # of the watched folder, where nobody checks
    worker.read_next()
    view = look(database, upload)
    assert (view.state, view.added) == ("failed", 1)
    assert "unpacks to 60 MB" in view.problem


def test_columns_are_listed_without_values(put, tmp_path):
    build_xlsx(tmp_path / "in.xlsx", [["Token No", "शिकायत का विवरण"], ["T1", SECRET]])
    path = put((tmp_path / "in.xlsx").read_bytes(), "in.xlsx")
    assert list_columns(path, "in.xlsx") == ["token no", "शिकायत का विवरण"]
    headless = put(f'9812345678,"they took money, {SECRET}",rinku77@examplebank\n')
    assert list_columns(headless, "in.csv") == []
    assert list_columns(put('{"Complaint": "x", "n": 1}\n', "in.jsonl"), "in.jsonl") == [
        "complaint",
        "n",
    ]


def test_uploads_are_listed_newest_first_and_audited_without_names(database, hand_in, worker):
    first, second = hand_in(build_csv(2), f"{SECRET}.csv"), hand_in(build_csv(2))
    worker.read_next()
    with database.read() as session:
        listed = list_uploads(session, 10, shares={second: 0.5})
        assert [view.id for view in listed] == [second, first]
        lines = session.scalars(select(AuditLine).order_by(AuditLine.seq)).all()
        actions = [line.action for line in lines]
        assert actions == ["upload_received"] * 2 + ["arrived", "upload_finished"]
        assert not any(SECRET in line.detail for line in lines)
        with pytest.raises(DeskError, match="no upload 99"):
            find_upload(session, 99)
        assert SECRET not in repr(listed)


def test_long_texts_are_read_in_smaller_batches(database, hand_in, reader, worker, monkeypatch):
    real, sizes = reader.read, []
    monkeypatch.setattr(upload_worker, "BATCH_CHARACTERS", 1000)
    monkeypatch.setattr(reader, "read", lambda given: sizes.append(len(given)) or real(given))
    hand_in("text\n" + f"{'they ask for money ' * 30}\n" * 4)
    worker.read_next()
    assert sizes == [2, 2]


def test_the_thread_reads_what_comes_and_stops(database, hand_in, reader, spool):
    spool.mkdir()
    left, other = spool / f"{'a' * 32}.csv", spool / "notes.csv"
    for path in (left, other):
        path.write_text("x")
        age_s = path.stat().st_mtime - 2 * LEFT_OVER_S
        os.utime(path, (age_s, age_s))
    worker = UploadWorker(database, reader, spool=spool)
    worker.start()
    assert not left.exists()  # a killed desk's; nothing else is touched
    assert other.exists()
    upload = hand_in(build_csv(5))
    worker.wake()
    for _ in range(600):
        if look(database, upload).state == "done":
            break
        worker._stopped.wait(0.05)
    worker.stop()
    assert look(database, upload).state == "done"
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Complaint)) == 5
