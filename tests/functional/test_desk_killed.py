"""The whole desk killed while everybody works: what it said was done is done, and nobody is missed.

Two rounds on one database: clients claim, correct, note, upload and send complaints; in the middle
the desk gets SIGKILL; it is started again, and everything is looked up.
"""

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from triage.desk.casework.queue import Filters, list_queue
from triage.desk.intake.arrivals import register
from triage.desk.intake.reading import ComplaintReader
from triage.desk.people.accounts import add_user
from triage.desk.people.settings import DeskSettings
from triage.desk.people.tokens import make_token
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase, open_database
from triage.desk.store.schema import Complaint as Row
from triage.desk.store.schema import Event, Upload, User
from triage.records import Complaint

STAFF = ("asha", "bilal", "chitra")
PASSWORD = "three blue umbrellas"
WAITING = 60
UPLOADED = 150  # three batches
ENOUGH = 60  # answers of success, and then the desk is killed
PATIENCE_S = 60
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(slots=True)
class Said:
    """What the desk answered with success, over all rounds.

    :param claimed: by case, who won it.
    :param corrected: by case, its last urgency; only who has it corrects it.
    :param noted: case and words of each note.
    :param kept: by idempotency key, the complaint's id.
    :param unsure: requests whose answer never came: key to number.
    """

    claimed: dict[int, str] = field(default_factory=dict)
    corrected: dict[int, int] = field(default_factory=dict)
    noted: list[tuple[int, str]] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    answers: Iterator[int] = field(default_factory=lambda: count(1))
    enough: threading.Event = field(default_factory=threading.Event)

    def count(self) -> None:
        if next(self.answers) % ENOUGH == 0:
            self.enough.set()


@pytest.fixture
def folder(tmp_path, model) -> Path:
    """A desk with staff, a token (in the file ``token``) and complaints that wait."""
    database = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
    now = datetime.now(UTC)
    with database.write() as session:
        for name in STAFF:
            user = add_user(session, name=name, shown_name=name.title(), role="staff", by=None,
                            password=PASSWORD, now=now, must_change=False)  # fmt: skip
        user.role = "admin"
        token = make_token(session, name="portal", by=user, now=now)
        user.role = "staff"
        given = [Complaint(f"W{n}", f"they ask {n}00 for my video") for n in range(WAITING)]
        register(session, ComplaintReader(model, "small").read(given), source="paste", now=now)
    database.close()
    (tmp_path / "token").write_text(token)
    return tmp_path


@pytest.fixture
def start(folder, model_folder):
    """Start the desk on its folder; what still runs at the end is ended."""

    @contextmanager
    def run() -> Iterator[tuple[str, subprocess.Popen]]:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        command = [sys.executable, "-m", "triage", "desk", "--folder", str(folder)]
        command += ["--port", str(port), "--model", str(model_folder)]
        with (folder / "log").open("wb") as log:
            desk = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            wait(lambda: answers(f"http://127.0.0.1:{port}", desk), "the desk did not open")
            yield f"http://127.0.0.1:{port}", desk
        finally:
            desk.kill()
            desk.wait()

    return run


def test_what_was_said_to_be_done_is_done(folder, start):
    said, token = Said(), (folder / "token").read_text()
    with start() as (address, desk):
        cookies = {name: sign_in(address, name) for name in STAFF}
        upload(address, cookies["asha"], folder)
        break_off(address, desk, cookies, token, said)
        check(folder, said)
    with start() as (address, desk):
        break_off(address, desk, cookies, token, said)
        check(folder, said)
    with start() as (address, desk):
        for name in STAFF:  # nobody has to sign in again
            with browse(address, cookies[name]) as browser:
                assert browser.get("/").status_code == 200
        for key, number in said.unsure.items():  # sent again, as the portal would
            said.kept[key] = send(address, token, key, number).json()["id"]
        wait(lambda: is_read(folder), "the upload did not go on")
        check(folder, said)
    database = open_database(f"sqlite:///{folder / 'desk.db'}")
    check_once(database, said)
    database.close()


def break_off(
    address: str, desk: subprocess.Popen, cookies: dict[str, dict[str, str]], token: str, said: Said
) -> None:
    """Have everybody work, and kill the desk in the middle of it."""
    said.enough.clear()
    works = [
        *(lambda n=name: work(address, n, cookies[n], said) for name in STAFF),
        *(lambda: send_all(address, token, said) for _ in range(2)),
    ]
    threads = [threading.Thread(target=until_it_is_gone, args=(each,)) for each in works]
    for thread in threads:
        thread.start()
    reached = said.enough.wait(PATIENCE_S)
    desk.send_signal(signal.SIGKILL)
    desk.wait()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert reached, "nobody got on"


def until_it_is_gone(work: Callable[[], None]) -> None:
    try:
        work()
    except httpx.TransportError:
        return


def work(address: str, name: str, cookies: dict[str, str], said: Said) -> None:
    """Take one case after another, as everybody does, and write a note and a correction."""
    with browse(address, cookies) as browser:
        for id in range(1, WAITING + 1):
            if id not in said.claimed:
                claim = browser.post(f"/cases/{id}/claim")
                assert claim.status_code in (200, 409), claim.text
                if claim.status_code != 200:
                    continue
                assert said.claimed.setdefault(id, name) == name
                said.count()
            if said.claimed[id] == name:
                note, urgency = f"{name} called {id}", id % 5
                if browser.post(f"/cases/{id}/note", data={"note": note}).status_code == 200:
                    said.noted.append((id, note))
                    said.count()
                if browser.post(f"/cases/{id}/correct", data={"urgency": urgency}).is_success:
                    said.corrected[id] = urgency
                    said.count()


def send_all(address: str, token: str, said: Said) -> None:
    """Send complaints until the desk is gone."""
    while True:
        number = f"A{threading.get_ident()}-{time.monotonic_ns()}"
        said.unsure[f"key-{number}"] = number
        said.kept[f"key-{number}"] = send(address, token, f"key-{number}", number).json()["id"]
        del said.unsure[f"key-{number}"]
        said.count()


def send(address: str, token: str, key: str, number: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    body = {"number": number, "text": "the loan app people call my mother all day"}
    answer = httpx.post(f"{address}/api/complaints", json=body, headers=headers, timeout=PATIENCE_S)
    assert answer.status_code in (200, 201), answer.text
    return answer


def check(folder: Path, said: Said) -> None:
    """Look up everything that the desk said was done, while it runs or after it was killed."""
    connection = sqlite3.connect(folder / "desk.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    database = open_database(f"sqlite:///{folder / 'desk.db'}")
    with database.read() as session:
        audit.verify(session)
        users = {user.name: user for user in session.scalars(select(User))}
        cases = {row.id: row for row in session.scalars(select(Row))}
        notes = {(event.complaint_id, event.note) for event in session.scalars(select(Event))}
        for id, name in said.claimed.items():
            assert cases[id].claimed_by == users[name].id
        for id, urgency in said.corrected.items():
            assert (cases[id].human_urgency, cases[id].urgency) == (urgency, urgency)
        assert notes.issuperset(said.noted)
        assert cases.keys() >= set(said.kept.values())
        listed = list_all(session, users["asha"])
        assert sorted(listed) == sorted(cases)
    database.close()


def list_all(session, user: User) -> list[int]:
    """Give every complaint that the pages of the queue show, each as often as it is shown."""
    listed, number, pages = [], 1, 1
    while number <= pages:
        filters, now = Filters(status="all", page=number), datetime.now(UTC)
        page = list_queue(session, filters, user=user, settings=DeskSettings(), now=now)
        listed += [row.id for row in page.rows] + [row.id for row in page.pinned if number == 1]
        number, pages = number + 1, page.pages
    return listed


def check_once(database: DeskDatabase, said: Said) -> None:
    """Each request made one complaint, each row of the file one, each claim was won once."""
    with database.read() as session:
        numbers = session.scalars(select(Row.number).where(Row.source == "api")).all()
        assert len(numbers) == len(set(numbers))
        assert {f"key-{number}" for number in numbers} == said.kept.keys()
        rows = session.scalars(select(Row.upload_row).where(Row.source == "upload"))
        assert sorted(rows) == list(range(1, UPLOADED + 1))
        claims = session.scalars(select(Event.complaint_id).where(Event.kind == "claimed")).all()
        assert len(claims) == len(set(claims))


def sign_in(address: str, name: str) -> dict[str, str]:
    """Give the cookies, and the token as ``csrf``."""
    with httpx.Client(base_url=address, timeout=PATIENCE_S) as browser:
        page = browser.get("/sign-in").text
        form = {"name": name, "password": PASSWORD, "csrf_token": CSRF.search(page)[1]}
        assert browser.post("/sign-in", data=form).status_code == 303
        told = browser.get("/session").json()
        return {**browser.cookies, "csrf": told["csrf_token"]}


def browse(address: str, cookies: dict[str, str]) -> httpx.Client:
    headers = {"hx-request": "true", "x-csrf-token": cookies["csrf"]}
    return httpx.Client(base_url=address, cookies=cookies, headers=headers, timeout=PATIENCE_S)


def upload(address: str, cookies: dict[str, str], folder: Path) -> None:
    rows = "".join(f"they sell my photos, place {n}\n" for n in range(UPLOADED))
    with browse(address, cookies) as browser:
        files = {"file": ("monday.csv", f"text\n{rows}", "text/csv")}
        answer = browser.post("/intake/upload", files=files)
        assert answer.headers.get("hx-redirect"), answer.text


def is_read(folder: Path) -> bool:
    database = open_database(f"sqlite:///{folder / 'desk.db'}")
    with database.read() as session:
        states = session.scalars(select(Upload.state)).all()
    database.close()
    return states == ["done"]


def answers(address: str, desk: subprocess.Popen) -> bool:
    assert desk.poll() is None, "the desk ended"
    try:
        return httpx.get(f"{address}/api/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def wait(done: Callable[[], bool], problem: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < until, problem
        time.sleep(0.1)
