"""Backups: one consistent state, whole or not at all, between databases of either kind."""

import gzip
import hashlib
import json
import stat
import threading
from datetime import timedelta

import pytest
from made_up_cases import add_case
from sqlalchemy import select, text, update

from triage.desk.store import audit, backup
from triage.desk.store.audit_tables import AuditLine, DeskState
from triage.desk.store.backup import restore_backup, write_backup
from triage.desk.store.columns import Base
from triage.desk.store.database import bump_queue, open_database
from triage.desk.store.schema import ChosenSetting, Complaint, Event, SignedIn, Upload, User
from triage.errors import DataError, DeskError, DeskUnusableError, OutputExistsError

CHANGED_BY_RESTORING = {"audit", "desk_state", "sessions"}


@pytest.fixture
def desk(database, staff, admin, now):
    """A desk with a row of every kind of value."""
    with database.write() as session:
        first = add_case(session, number="A/1", text="₹5000 गए \U0001f622\n'\"", sketch=b"\0\xff")
        add_case(session, near_copy_of=first, risk=0.1 + 0.2, claimed_by=staff.id)
        session.add(
            Event(complaint_id=first, user_id=staff.id, at=now, kind="note", note="called",
                  change={"status": ["new", None]}, undoes=None)
        )  # fmt: skip
        session.add(
            SignedIn(token_hash="a" * 64, csrf_token="b", user_id=staff.id, started_at=now,
                     seen_at=now, ended_at=None)
        )  # fmt: skip
        session.add(
            Upload(user_id=None, source="upload", name="a.csv", path="/x", columns={}, size=2**40,
                   sha256="c" * 64, state="done", started_at=now)
        )  # fmt: skip
        session.add(ChosenSetting(name="blur", value={"value": True}))
        audit.append(session, "signed_in", user=staff, at=now)
        bump_queue(session)
    return database


@pytest.fixture
def empty(empty_url):
    opened = open_database(empty_url)
    yield opened
    opened.close()


@pytest.fixture
def file(desk, tmp_path, now):
    path = tmp_path / "desk.gz"
    write_backup(desk, path, now=now)
    return path


def read_all(database):
    with database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(_sorted(table))]
            for table in Base.metadata.sorted_tables
        }


def _sorted(table):
    return select(table).order_by(*table.primary_key.columns)


def read_lines(path):
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def repack(path, lines, *, fitting=True):
    """Write lines as a backup; with a trailer that fits, as who changes one on purpose would."""
    if fitting:
        body = b"".join(lines[:-1])
        trailer = json.loads(lines[-1]) | {"sha256": hashlib.sha256(body).hexdigest()}
        lines = [*lines[:-1], json.dumps(trailer).encode() + b"\n"]
    path.write_bytes(gzip.compress(b"".join(lines)))


def assert_same(before, after):
    for table in before.keys() - CHANGED_BY_RESTORING:
        assert after[table] == before[table], table
    assert after["audit"][: len(before["audit"])] == before["audit"]


def test_every_row_comes_back(desk, empty, file, now):
    before = read_all(desk)
    assert all(before[name] for name in ("complaints", "events", "sessions", "uploads", "settings"))
    done = restore_backup(empty, file, now=now)
    assert_same(before, read_all(empty))
    assert done.rows["complaints"] == 2
    with empty.read() as session:
        assert audit.verify(session, known_head=done.head.hash).seq == done.head.seq + 1
        assert (
            session.scalars(select(AuditLine.action).order_by(AuditLine.seq)).all()[-1]
            == "restored"
        )


def test_from_sqlite_to_postgresql_and_back(desk, file, request, tmp_path, now):
    """The other kind of database in between, whichever the first one is."""
    before = read_all(desk)
    back = tmp_path / "back.gz"
    if desk.is_sqlite:
        with request.getfixturevalue("postgresql").build_database() as url:
            other = open_database(url)
            restore_backup(other, file, now=now)
            write_backup(other, back, now=now)
            other.close()
    else:
        other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
        restore_backup(other, file, now=now)
        write_backup(other, back, now=now)
        other.close()
    restore_backup(desk, back, now=now, force=True)
    assert_same(before, read_all(desk))


def test_a_restored_desk_goes_on(desk, empty, file, staff, now):
    """Ids count on, people sign in anew, open pages load anew, the log is locked again."""
    with empty.write() as session:
        session.execute(update(DeskState).values(queue_version=1000))
    restore_backup(empty, file, now=now)
    with empty.write() as session:
        assert add_case(session) == 3
        session.add(
            User(name="new", shown_name="N", role="staff", password_hash="-", created_at=now)
        )
        session.flush()
        assert session.scalars(select(SignedIn.ended_at)).all() == [now]
        assert session.scalars(select(DeskState.queue_version)).one() == 1001
    with pytest.raises(DeskUnusableError), empty.write() as session:
        session.execute(text("DELETE FROM audit"))
    with pytest.raises(DeskUnusableError), empty.write() as session:
        session.execute(text("UPDATE audit SET action = 'x'"))


def test_a_backup_is_for_its_owner_alone_and_tells_itself(desk, file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".gz"] == ["desk.gz"]
    with desk.read() as session:
        assert session.scalars(select(AuditLine.action).order_by(AuditLine.seq)).all() == [
            "signed_in",
            "backed_up",
        ]


def test_the_same_state_gives_the_same_file(desk, file, tmp_path, now, monkeypatch):
    monkeypatch.setattr(backup.audit, "append", lambda *given, **told: None)
    write_backup(desk, tmp_path / "2.gz", now=now)
    assert (tmp_path / "2.gz").read_bytes() == file.read_bytes()


def test_a_file_that_is_there_is_not_replaced(desk, file, tmp_path, now):
    kept = file.read_bytes()
    with pytest.raises(OutputExistsError, match="new file"):
        write_backup(desk, file, now=now)
    with pytest.raises(DataError, match="folder"):
        write_backup(desk, tmp_path / "none" / "desk.gz", now=now)
    assert file.read_bytes() == kept


def test_a_backup_while_others_write_is_one_state(desk, tmp_path, now):
    """Each write adds a complaint and a line of the log: a backup has as many of both."""
    stop, failed = threading.Event(), []

    def write():
        try:
            while not stop.is_set():
                with desk.write() as session:
                    number = add_case(session)
                    audit.append(session, "arrived", complaint=number)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    files = [tmp_path / f"{number}.gz" for number in range(4)]
    for path in files:
        write_backup(desk, path, now=now)
    stop.set()
    thread.join()
    assert not failed
    counts = []
    for path in files:
        rows = [json.loads(line) for line in read_lines(path)[1:-1]]
        cases = {row[1] for row in rows if row[0] == "complaints"}
        told = {row[6] for row in rows if row[0] == "audit" and row[5] == "arrived"}
        assert cases - {1, 2} == told
        counts.append(len(cases))
    assert counts == sorted(counts)


def test_a_desk_that_holds_complaints_is_not_replaced_unasked(desk, file, now):
    before = read_all(desk)
    with pytest.raises(DeskError, match=r"holds 2 complaints.*--force"):
        restore_backup(desk, file, now=now)
    assert read_all(desk) == before


def test_what_is_replaced_is_kept_and_can_be_had_again(desk, file, now):
    with desk.write() as session:
        add_case(session, number="LATE")
    before = read_all(desk)
    done = restore_backup(desk, file, now=now, force=True)
    assert done.replaced.parent == file.parent
    assert len(read_all(desk)["complaints"]) == 2
    restore_backup(desk, done.replaced, now=now + timedelta(seconds=1), force=True)
    assert_same(before, read_all(desk))


def change_text(lines):
    return [line.replace(b"A/1", b"A/2") for line in lines]


def change_log(lines):
    return [line.replace(b"signed_in", b"signed_up") for line in lines]


def drop_log_line(lines):
    kept = [line for line in lines if b"backed_up" not in line]
    trailer = json.loads(kept[-1])
    trailer["rows"]["audit"] -= 1
    return [*kept[:-1], json.dumps(trailer).encode()]


def drop_case(lines):
    last = next(line for line in reversed(lines) if line.startswith(b'["settings"'))
    return [line for line in lines if line != last]


@pytest.mark.parametrize(
    ("change", "fitting", "told"),
    [
        (change_text, False, "checksum"),
        (change_log, True, "line 1 of its audit log was changed"),
        (drop_log_line, True, "ends elsewhere"),
        (drop_case, True, "counts do not fit"),
        (lambda lines: lines[:-1], False, "end is missing"),
        (lambda lines: [*lines, lines[1]], False, "checksum or its counts"),
        (lambda lines: [*lines[:-1], b"[1]\n", lines[-1]], False, "fits no table"),
        (lambda lines: [*lines[:-1], b"not json\n", lines[-1]], False, "cannot be read"),
        (lambda lines: [b'{"kind": "recipe"}\n', *lines[1:]], False, "first line"),
        (lambda lines: [lines[0].replace(b'"version":1', b'"version":2'), *lines[1:]], True, "newer"),
        (lambda lines: [lines[0].replace(b'"0001"', b'"0000"'), *lines[1:]], True, "schema 0000"),
        (lambda lines: [b'{"kind":"backup of a triage desk","version":1}'], False, "lacks"),
        (lambda lines: [], False, "first line|cannot be read"),
    ],
)  # fmt: skip
def test_a_damaged_backup_changes_nothing(desk, file, now, change, fitting, told):
    lines = change(read_lines(file))
    assert lines != read_lines(file)
    repack(file, lines, fitting=fitting)
    before = read_all(desk)
    with pytest.raises(DataError, match=told) as raised:
        restore_backup(desk, file, now=now, force=True)
    assert "5000" not in str(raised.value)
    assert read_all(desk) == before


@pytest.mark.parametrize("damage", ["cut", "flip", "none", "missing", "folder"])
def test_what_is_no_gzip_file(empty, file, now, damage, tmp_path):
    whole = file.read_bytes()
    half = len(whole) // 2
    if damage == "cut":
        file.write_bytes(whole[:half])
    elif damage == "flip":
        file.write_bytes(whole[:half] + bytes([whole[half] ^ 255]) + whole[half + 1 :])
    elif damage == "none":
        file.write_text("SQLite format 3")
    before = read_all(empty)
    wanted = {"missing": tmp_path / "x.gz", "folder": tmp_path}.get(damage, file)
    with pytest.raises(DataError):
        restore_backup(empty, wanted, now=now)
    assert read_all(empty) == before


def test_a_restore_that_fails_in_the_middle_changes_nothing(desk, file, now, monkeypatch):
    before = read_all(desk)

    def fail(*given):
        raise DataError("no more room")

    monkeypatch.setattr(backup, "_move_sequences", fail)
    with pytest.raises(DataError, match="no more room"):
        restore_backup(desk, file, now=now, force=True)
    monkeypatch.undo()
    assert read_all(desk) == before
    with desk.write() as session:
        assert add_case(session) == 3
    with pytest.raises(DeskUnusableError), desk.write() as session:
        session.execute(text("DELETE FROM audit"))


def test_a_file_that_is_swapped_after_the_check_is_noticed(desk, file, now, tmp_path, monkeypatch):
    other = tmp_path / "other.gz"
    with desk.write() as session:
        session.execute(update(Complaint).values(snippet="another"))
    write_backup(desk, other, now=now)
    before = read_all(desk)
    real = backup.check_backup_file

    def check_and_swap(path):
        found = real(path)
        other.replace(path)
        return found

    monkeypatch.setattr(backup, "check_backup_file", check_and_swap)
    with pytest.raises(DataError, match="changed while it was read"):
        restore_backup(desk, file, now=now, force=True)
    assert read_all(desk) == before


def test_a_desk_that_cannot_be_written_is_still_backed_up(tmp_path, now):
    opened = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
    with opened.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    said = []
    done = write_backup(opened, tmp_path / "desk.gz", now=now, progress=said.append)
    assert done.head.seq == 0
    assert "cannot be written" in said[0]
    opened.close()
