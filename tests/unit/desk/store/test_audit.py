"""The audit log: one unbroken chain, in which every change is found."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, insert, select, text, update

from triage.desk.store import audit
from triage.desk.store.audit_tables import AuditLine, DeskState
from triage.errors import DeskUnusableError


@pytest.fixture
def log(database, staff):
    """Five lines, and no triggers: as who holds the database's own password could have it."""
    with database.write() as session:
        for number in range(5):
            audit.append(session, "opened", user=staff, complaint=number, detail={"शब्द": number})
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for verb in ("UPDATE", "DELETE"):
                connection.execute(text(f"DROP TRIGGER audit_refuses_{verb}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
    return database


def verify(database, **options):
    with database.read() as session:
        return audit.verify(session, **options)


def change(database, statement):
    with database.write() as session:
        session.execute(statement)


def test_a_whole_log(log):
    head = verify(log)
    assert (head.seq, len(head.hash)) == (5, 64)


def test_an_empty_log_is_whole(database):
    assert verify(database) == audit.Head(0, audit.GENESIS)


def test_a_line_holds_who_what_and_when(database, staff, now):
    with database.write() as session:
        audit.append(session, "opened", user=staff, complaint=7, detail={"b": 1, "a": 2}, at=now)
    with database.read() as session:
        line = session.scalars(select(AuditLine)).one()
    assert (line.user_id, line.user_name, line.complaint_id) == (staff.id, "asha", 7)
    assert line.at == "2026-11-20T09:30:00.000+00:00"
    assert list(json.loads(line.detail)) == ["a", "b"]


@pytest.mark.parametrize(
    "changed",
    [
        {"at": "2020-01-01T00:00:00.000+00:00"},
        {"user_id": 99},
        {"user_name": "bilal"},
        {"action": "exported"},
        {"complaint_id": 4},
        {"detail": "{}"},
        {"previous": "0" * 64},
        {"hash": "f" * 64},
    ],
)
def test_a_changed_line_is_found(log, changed):
    change(log, update(AuditLine).where(AuditLine.seq == 3).values(**changed))
    with pytest.raises(DeskUnusableError, match=r"line 3 of the audit log .* was changed"):
        verify(log)


def test_a_line_changed_with_its_hash_is_found_by_the_next(log):
    with log.write() as session:
        line = session.get(AuditLine, 3)
        line.action = "exported"
        line.hash = audit.hash_line(line)
    with pytest.raises(DeskUnusableError, match="line 4"):
        verify(log)


@pytest.mark.parametrize(("seq", "told"), [(1, "lacks line 1"), (3, "lacks line 3"), (5, "ends")])
def test_a_removed_line_is_found(log, seq, told):
    change(log, delete(AuditLine).where(AuditLine.seq == seq))
    with pytest.raises(DeskUnusableError, match=told):
        verify(log)


def test_an_inserted_line_is_found(log):
    with log.read() as session:
        (last,) = session.execute(select(AuditLine.__table__).where(AuditLine.seq == 5)).mappings()
    change(log, insert(AuditLine).values({**last, "seq": 6}))
    with pytest.raises(DeskUnusableError, match="line 6"):
        verify(log)


def test_a_log_cut_off_and_mended_is_found_by_a_printed_head(log):
    printed = verify(log).hash
    with log.write() as session:
        session.execute(delete(AuditLine).where(AuditLine.seq > 3))
        kept = session.scalars(select(AuditLine.hash).where(AuditLine.seq == 3)).one()
        session.execute(update(DeskState).values(audit_seq=3, audit_hash=kept))
    assert verify(log).seq == 3
    with pytest.raises(DeskUnusableError, match="made anew"):
        verify(log, known_head=printed[:12])


def test_a_log_without_its_end_is_found_and_takes_no_line(log):
    change(log, delete(DeskState))
    with pytest.raises(DeskUnusableError, match="taken out"):
        verify(log)
    with pytest.raises(DeskUnusableError, match="taken out"), log.write() as session:
        audit.append(session, "opened")


def test_a_printed_head_stands_after_further_lines(log, staff):
    printed = verify(log).hash
    with log.write() as session:
        audit.append(session, "opened", user=staff)
    assert verify(log, known_head=printed[:12]).seq == 6


def test_a_line_is_kept_with_what_it_tells_of_or_not_at_all(database):
    def write():
        with database.write() as session:
            audit.append(session, "opened")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        write()
    assert verify(database).seq == 0


def test_eight_threads_write_one_unbroken_chain(database):
    def append(thread):
        for _ in range(10):
            with database.write() as session:
                audit.append(session, "opened", detail={"thread": thread})
                audit.append(session, "released", detail={"thread": thread})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(8)))
    assert verify(database).seq == 160
