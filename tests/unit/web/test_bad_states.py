"""A database that is held, full, read-only or of another version: told plainly, and nothing is lost."""

import re
import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import pytest
from made_up_cases import TEXT, add_case
from sqlalchemy import event, func, select

from triage.cli.app import main
from triage.desk.intake.reading import ComplaintReader
from triage.desk.people.accounts import add_user
from triage.desk.people.tokens import make_token
from triage.desk.store import audit
from triage.desk.store import database as databases
from triage.desk.store.database import open_database
from triage.desk.store.schema import Complaint

SHORT_S = 0.05
LONG_TEXT = "they ask for money again and again, " * 2000
HTML = {"accept": "text/html"}


@pytest.fixture
def database(tmp_path, monkeypatch):
    """A desk whose writers wait for a moment only."""
    monkeypatch.setattr(databases, "BUSY_S", SHORT_S)
    opened = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
    yield opened
    opened.close()


@pytest.fixture
def reader():
    return ComplaintReader(None, "small 1a2b3c4d")  # without a model each goes to a person


@pytest.fixture
def send(app, browse, database, clock):
    """Send a complaint as other software does."""
    with database.write() as session:
        admin = add_user(session, name="esha", shown_name="Esha", role="admin", by=None,
                         password="three blue umbrellas", now=clock.now)  # fmt: skip
        token = make_token(session, name="portal", by=admin, now=clock.now)
    client = browse().client

    def post(text):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "key-1"}
        return client.post("/api/complaints", json={"text": text}, headers=headers)

    return post


@pytest.fixture
def cases(database):
    with database.write() as session:
        return [add_case(session, urgency=4) for _ in range(80)]


@contextmanager
def held(database):
    """Hold the database as another program would, a backup or a shell left open."""
    other = sqlite3.connect(database.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def full(database):
    """Let the file grow no more."""

    def stop_growing(connection, *rest):
        connection.execute("PRAGMA max_page_count = 1").close()  # which SQLite takes for "as it is"

    event.listen(database.engine, "checkout", stop_growing)
    yield
    event.remove(database.engine, "checkout", stop_growing)

    def grow(connection, *rest):
        connection.execute("PRAGMA max_page_count = 1000000").close()

    event.listen(database.engine, "checkout", grow)


@contextmanager
def read_only(database):
    """Refuse every write, in the words of a file that may not be written."""

    def refuse(connection, *rest):
        connection.execute("PRAGMA query_only = 1").close()

    event.listen(database.engine, "checkout", refuse)
    yield
    event.remove(database.engine, "checkout", refuse)

    def allow(connection, *rest):
        connection.execute("PRAGMA query_only = 0").close()

    event.listen(database.engine, "checkout", allow)


def count_complaints(database):
    with database.read() as session:
        audit.verify(session)
        return session.scalar(select(func.count(Complaint.id)))


def find_claimed(database):
    with database.read() as session:
        return list(session.scalars(select(Complaint.id).where(Complaint.status == "claimed")))


@pytest.mark.parametrize("state", [held, read_only])
def test_a_claim_that_cannot_be_kept_is_refused_in_plain_words(asha, cases, database, state):
    with state(database):
        refused = asha.send(f"/cases/{cases[0]}/claim")
        assert refused.status_code == 503
        assert "Nothing was changed" in refused.json()["error"]["next"]
    assert find_claimed(database) == []
    assert asha.send(f"/cases/{cases[0]}/claim").status_code == 200


def test_a_page_says_so_in_the_language_of_the_reader(sign_in, cases, database):
    farid = sign_in("farid", language="hi")
    with held(database):
        page = farid.get(f"/cases/{cases[0]}")
    assert page.status_code == 503
    assert "डेस्क व्यस्त है" in page.text
    assert "made-up" not in page.text


@pytest.mark.parametrize("state", [held, full, read_only])
def test_the_queue_can_be_read_all_the_same(asha, cases, database, clock, state):
    clock.move(minutes=2)  # so that the visit is due to be written down
    with state(database):
        page = asha.get("/")
        assert page.status_code == 200
        assert f'href="/cases/{cases[0]}"' in page.text


@pytest.mark.parametrize("state", [held, full, read_only])
def test_the_sender_is_told_that_nothing_was_kept_and_sends_again(send, database, state):
    with state(database):
        refused = send(LONG_TEXT)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        error = refused.json()["error"]
        assert re.search("nothing was (kept|changed)", error["message"])
        assert "again, with the same key" in error["next"]
        assert count_complaints(database) == 0
    assert send(LONG_TEXT).status_code == 201
    assert send(LONG_TEXT).status_code == 200
    assert count_complaints(database) == 1


def test_what_was_kept_before_the_disk_was_full_stays(asha, cases, database):
    with full(database):
        answers = [asha.send(f"/cases/{id}/claim").status_code for id in cases]
        assert set(answers) == {200, 503}
    claimed = [id for id, code in zip(cases, answers, strict=True) if code == 200]
    assert find_claimed(database) == claimed
    assert count_complaints(database) == len(cases)
    left = next(id for id in cases if id not in claimed)
    assert asha.send(f"/cases/{left}/claim").status_code == 200


@pytest.mark.parametrize("state", [held, full, read_only])
def test_what_was_pasted_is_not_kept_by_half(asha, database, state):
    with state(database):
        refused = asha.send("/intake/paste", text=LONG_TEXT[:19_000])
        assert refused.status_code == 503
        assert "money" not in refused.text
    assert count_complaints(database) == 0
    assert asha.send("/intake/paste", text=TEXT).headers["hx-redirect"]


def test_a_writer_waits_for_the_others_no_longer_than_for_other_programs(asha, cases, database):
    with database.write():  # an import of many rows, in this very process
        assert asha.send(f"/cases/{cases[0]}/claim").status_code == 503
    assert asha.send(f"/cases/{cases[0]}/claim").status_code == 200


def test_a_session_that_could_not_be_prolonged_ends_at_its_time(asha, cases, database, clock):
    clock.move(minutes=20)
    with held(database):
        assert asha.get("/").status_code == 200
    clock.now += timedelta(minutes=11)
    assert asha.get("/").url.path == "/sign-in"


def test_a_newer_schema_is_left_alone(tmp_path, monkeypatch, capsys):
    open_database(f"sqlite:///{tmp_path / 'desk.db'}").close()
    other = sqlite3.connect(tmp_path / "desk.db")
    other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.commit()
    other.close()
    before = (tmp_path / "desk.db").read_bytes()
    monkeypatch.setattr("sys.argv", ["triage", "desk", "--folder", str(tmp_path), "--port", "0"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 5
    assert len(said.splitlines()) == 1
    assert "newer triage (its schema is 9999): update triage" in said
    assert (tmp_path / "desk.db").read_bytes() == before
