"""Intake: a complaint that is pasted, a file that is handed in, and what is refused at once."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from triage.desk.intake.reading import ComplaintReader
from triage.desk.intake.upload_worker import UploadWorker
from triage.desk.people.settings import change_setting
from triage.desk.store.schema import Complaint, Upload
from triage.web.spool import sweep

TEXT = "They recorded our call and want 5000 by tonight"
NAMED = re.compile(r"UTF-8|Windows-1252|a\.pdf|\.pdf|\.csv|&#39;")


class BrokenModel:
    def assess_batch(self, complaints):
        raise RuntimeError("cannot read")


@pytest.fixture
def reader():
    return ComplaintReader(BrokenModel(), "broken 0")


def hand_in(browser, content, name="monday.csv", **more):
    headers = {"hx-request": "true", "x-csrf-token": browser.token} | more
    return browser.client.post(
        "/intake/upload", files={"file": (name, content)}, headers=headers, follow_redirects=False
    )


def list_spool(folder):
    return sorted(path.name for path in (folder / "incoming").glob("*"))


def read_all(database, reader):
    """Do what the worker's thread does, until every file is read."""
    worker = UploadWorker(database, reader)
    while worker.read_next():
        pass


def test_a_pasted_complaint_shows_its_case(asha, database):
    answer = asha.send("/intake/paste", text=TEXT, number=" MH-1 ")
    assert answer.headers["hx-redirect"] == "/cases/1"
    with database.read() as session:
        case = session.get(Complaint, 1)
        assert (case.number, case.source, case.priority) == ("MH-1", "paste", "P2")


def test_a_pasted_complaint_that_is_here_already_leads_to_its_case(asha):
    asha.send("/intake/paste", text=TEXT, number="MH-1")
    answer = asha.send("/intake/paste", text=TEXT, number="MH-1")
    assert 'href="/cases/1"' in answer.text
    assert "hx-redirect" not in answer.headers


def test_nothing_pasted_is_told(asha, database):
    assert asha.send("/intake/paste", text=" \n").status_code == 400


def test_a_file_is_taken_and_its_page_shows_what_came_of_it(asha, database, reader, tmp_path):
    content = f'id,text\n1,"{TEXT}"\n2,"{TEXT}"\n3,\n'.encode()
    answer = hand_in(asha, content)
    assert answer.headers["hx-redirect"] == "/intake/uploads/1"
    assert list_spool(tmp_path) == []
    assert "every 1s" in asha.get("/intake/uploads/1").text
    read_all(database, reader)
    page = asha.get("/intake/uploads/1").text
    assert "every 1s" not in page
    assert "Every row is in the queue" in page
    assert "could not be read" in asha.part("/intake/progress?upload=1").text
    assert "monday.csv" in asha.get("/intake").text
    with database.read() as session:
        assert session.query(Complaint).count() == 3


def test_a_spooled_file_is_its_owners_alone(asha, tmp_path, database):
    hand_in(asha, b"id,text\n1,hello\n")
    with database.read() as session:
        path = Path(session.get(Upload, 1).path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == b"id,text\n1,hello\n"


def test_other_columns_are_chosen_by_their_names_alone(asha, database, reader, tmp_path):
    content = f'Ack No,Complaint Details\nA1,"{TEXT}"\n'.encode()
    asked = hand_in(asha, content).text
    assert "complaint details" in asked
    assert "recorded" not in asked
    token = asked.split('name="file" value="')[1].split('"')[0]
    form = {"file": token, "text": "complaint details", "number": "ack no"}
    assert asha.send("/intake/columns", file=token).status_code == 400
    answer = asha.send("/intake/columns", **form)
    assert answer.headers["hx-redirect"] == "/intake/uploads/1"
    assert list_spool(tmp_path) == []
    read_all(database, reader)
    with database.read() as session:
        assert session.get(Complaint, 1).number == "A1"
    assert asha.send("/intake/columns", **form).status_code == 400


def test_the_file_of_somebody_else_is_not_there(asha, sign_in):
    asked = hand_in(asha, b"Complaint Details\nhello\n").text
    token = asked.split('name="file" value="')[1].split('"')[0]
    bilal = sign_in("bilal")
    for given in (token, "0" * 32, "../../desk"):
        answer = bilal.send("/intake/columns", file=given, text="complaint details")
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"%PDF"),
        ("monday.xlsx", b"no spreadsheet"),
        ("monday.csv", b""),
        ("", b"id,text\n1,a\n"),
        ("monday.parquet", b"PAR1"),
    ],
)
def test_what_is_no_file_of_complaints_is_refused_and_nothing_stays(asha, tmp_path, name, content):
    answer = hand_in(asha, content, name=name)
    assert answer.status_code == 400
    assert list_spool(tmp_path) == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_beyond_the_limit_is_refused_with_a_plain_line(asha, database, tmp_path, announced):
    with database.write() as session:
        change_setting(session, "max_upload_mb", 1, user=None)
    content = b"id,text\n" + b"1,hello\n" * 200_000
    if announced:
        answer = hand_in(asha, content)
    else:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        pieces = iter([head, *[content[:100_000]] * 20, b"\r\n--b--\r\n"])
        headers = {"x-csrf-token": asha.token, "hx-request": "true"}
        headers["content-type"] = "multipart/form-data; boundary=b"
        answer = asha.client.post("/intake/upload", content=pieces, headers=headers)
    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.json()["error"]["message"]
    assert list_spool(tmp_path) == []


def test_in_hindi_all_that_went_wrong_is_told_in_hindi(sign_in, app, database, reader):
    asha = sign_in(language="hi")
    hand_in(asha, b"id,text\n1\n2,a,b,c\n3,\n4,r\xe9sum\xe9\n")
    hand_in(asha, b"id,text\n1,a\n")
    with database.read() as session:
        Path(session.get(Upload, 2).path).unlink()
    read_all(database, reader)
    app.state.watcher = SimpleNamespace(problems={"a.pdf": "ends in '.pdf'; expected one of .csv"})
    told = [
        *re.findall("<td>(.*?)</td>", asha.get("/intake/uploads/1").text),
        *re.findall('role="alert">(.*?)</p>', asha.get("/intake/uploads/2").text),
        *re.findall('class="problem">(.*?)</p>', asha.get("/intake").text),
    ]
    assert len(told) >= 6
    english = [line for line in told if re.search("[A-Za-z]{2}", NAMED.sub("", line))]
    assert english == []


def test_a_file_beyond_the_limit_is_refused_in_hindi(sign_in, database):
    asha = sign_in(language="hi")
    with database.write() as session:
        change_setting(session, "max_upload_mb", 1, user=None)
    answer = hand_in(asha, b"id,text\n" + b"1,hello\n" * 200_000)
    assert "फ़ाइल 1 MB से बड़ी है" in answer.json()["error"]["message"]


def test_a_form_that_is_none_is_refused(asha):
    headers = {"hx-request": "true", "x-csrf-token": asha.token}
    for kind in ("text/plain", "multipart/form-data; boundary=b"):
        answer = asha.client.post(
            "/intake/upload", content=b"no form", headers=headers | {"content-type": kind}
        )
        assert answer.status_code == 400


def test_without_the_token_of_the_session_no_file_is_taken(asha, tmp_path):
    answer = hand_in(asha, b"id,text\n1,a\n", **{"x-csrf-token": "wrong"})
    assert answer.status_code == 403
    assert list_spool(tmp_path) == []


def test_what_nobody_came_back_for_is_swept_away(asha, clock, tmp_path):
    hand_in(asha, b"Complaint Details\nhello\n")
    assert len(list_spool(tmp_path)) == 2
    for path in (tmp_path / "incoming").glob("*"):
        os.utime(path, (clock.now.timestamp(), clock.now.timestamp()))
    sweep(tmp_path, now=clock.now)
    assert len(list_spool(tmp_path)) == 2
    clock.move(hours=2)
    sweep(tmp_path, now=clock.now)
    assert list_spool(tmp_path) == []


@pytest.mark.parametrize("role", ["admin", "data_scientist"])
def test_who_takes_nothing_in_sees_no_intake(sign_in, role):
    assert sign_in("esha", role=role).get("/intake").status_code == 403
