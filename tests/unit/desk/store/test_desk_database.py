"""The desk's database: opened, kept from harm, and told of in plain words."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from triage.desk.store import database as module
from triage.desk.store.audit_tables import DeskState
from triage.desk.store.database import DeskDatabase, bump_queue, open_database
from triage.desk.store.schema import ChosenSetting, User
from triage.errors import ConfigError, DeskBusyError, DeskUnusableError


def read_version(database: DeskDatabase) -> int:
    with database.read() as session:
        return session.scalars(select(DeskState.queue_version)).one()


def add_setting(session, name="blur", value=True):
    session.add(ChosenSetting(name=name, value={"value": value}))
    session.flush()


def fail_after(database, change):
    with database.write() as session:
        change(session)
        raise KeyError("stop")


def test_what_is_written_is_kept_wholly_or_not_at_all(database):
    with pytest.raises(KeyError):
        fail_after(database, add_setting)
    with database.read() as session:
        assert session.scalars(select(ChosenSetting)).all() == []
    with database.write() as session:
        add_setting(session)
    with database.read() as session:
        assert session.scalars(select(ChosenSetting.name)).all() == ["blur"]


@pytest.mark.parametrize("odd", ["\0", "asha\0", "\ud800", "\udfff asha"])
def test_what_no_database_takes_is_nobodys(database, staff, odd):
    found = select(User.name).where(User.name == odd)
    with database.read() as session:
        assert session.scalars(found).all() == []
        assert session.scalars(select(User.name).where(User.name.in_([odd, staff.name]))).all() == [
            staff.name
        ]
        assert session.scalars(select(User.name).where(User.name.contains(odd))).all() == []


def test_what_no_database_takes_is_kept_with_a_sign_in_its_place(database, staff):
    with database.write() as session:
        session.get(User, staff.id).shown_name = "A\0sha \ud800"
        rows = [{"name": f"set\0{number}", "value": {"value": "\0"}} for number in range(3)]
        session.execute(insert(ChosenSetting), rows)
    with database.read() as session:
        assert session.scalars(select(User.shown_name)).all() == ["A\ufffdsha \ufffd"]
        names = session.scalars(select(ChosenSetting.name).order_by(ChosenSetting.name)).all()
        assert names == ["set\ufffd0", "set\ufffd1", "set\ufffd2"]


def test_a_reader_sees_one_state_while_others_write(database):
    with database.read() as session:
        before = session.scalars(select(DeskState.queue_version)).one()
        with database.write() as other:
            bump_queue(other)
        session.expire_all()
        assert session.scalars(select(DeskState.queue_version)).one() == before
    assert read_version(database) == before + 1


def test_writers_take_turns(database):
    """What each reads is what the one before wrote: no change is lost between."""

    def count_up(_):
        for _ in range(10):
            with database.write() as session:
                seen = session.scalars(select(DeskState.queue_version)).one()
                session.execute(update(DeskState).values(queue_version=seen + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(8)))
    assert read_version(database) == 80


def test_opening_again_changes_nothing(database):
    bump_before = read_version(database)
    again = open_database(database.url.render_as_string(hide_password=False), upgrade=False)
    assert read_version(again) == bump_before
    again.close()


def test_a_database_of_a_newer_version_is_refused(empty_url):
    made = open_database(empty_url)
    with made.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    made.close()
    with pytest.raises(DeskUnusableError, match=r"newer triage \(its schema is 9999\).*update"):
        open_database(empty_url)


def test_a_database_of_something_else_is_refused_and_left_alone(empty_url):
    foreign = DeskDatabase(module._parse_url(empty_url))
    with foreign.engine.begin() as connection:
        connection.execute(text("CREATE TABLE wages (amount INTEGER)"))
    foreign.close()
    with pytest.raises(DeskUnusableError, match="holds other tables"):
        open_database(empty_url)
    with foreign.engine.connect() as connection:
        assert connection.dialect.has_table(connection, "wages")
        assert not connection.dialect.has_table(connection, "users")
    foreign.close()


def test_an_empty_database_is_not_made_a_desk_unasked(empty_url):
    with pytest.raises(DeskUnusableError, match="not up to date"):
        open_database(empty_url, upgrade=False)


def test_a_writer_that_waited_too_long_says_so(database, monkeypatch):
    monkeypatch.setattr(module, "BUSY_S", 1)
    waiting = open_database(database.url.render_as_string(hide_password=False))
    if database.is_sqlite:  # its wait was set when the connection was made
        waiting.close()
        waiting = open_database(str(waiting.url))
    with database.write() as session:
        bump_queue(session)
        with pytest.raises(DeskBusyError, match="try again"), waiting.write() as other:
            bump_queue(other)
    waiting.close()
    assert read_version(database) == 1


@pytest.mark.parametrize("verb", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_the_audit_log_cannot_be_rewritten(database, admin, verb):
    from triage.desk.store import audit

    with database.write() as session:
        audit.append(session, "signed_in", user=admin)
    with pytest.raises(DeskUnusableError), database.write() as session:
        session.execute(text(verb))
    with database.read() as session:
        assert audit.verify(session).seq == 1


def test_the_audit_log_cannot_be_emptied_on_postgresql(database):
    if database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DeskUnusableError), database.write() as session:
        session.execute(text("TRUNCATE audit"))


def test_an_error_quotes_nothing_that_was_written(database, staff):
    row = {"name": "asha", "shown_name": "Secret Name", "role": "staff", "password_hash": "-"}
    with pytest.raises(DeskUnusableError) as raised, database.write() as session:
        session.execute(insert(User), [row | {"created_at": staff.created_at}])
    assert "Secret" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("url", ["", "desk.db", "mysql://h/d", "sqlite+nothing:///x", "postgresql"])
def test_an_address_that_means_nothing(url):
    with pytest.raises(ConfigError, match="sqlite:///FILE or"):
        open_database(url)


def test_a_server_that_is_not_there_is_told_without_the_password():
    with pytest.raises(DeskUnusableError) as raised:
        open_database("postgresql://desk:hunter2@127.0.0.1:1/desk?connect_timeout=2")
    assert "hunter2" not in str(raised.value)


def test_a_file_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "desk.db"
    opened = open_database(f"sqlite:///{path}")
    with opened.write() as session:
        bump_queue(session)
        kept = list(path.parent.iterdir())
        assert len(kept) == 3  # with the write-ahead log
        assert not [p for p in kept if stat.S_IMODE(p.stat().st_mode) & 0o077]
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    opened.close()


def test_a_full_disk_changes_nothing(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
    with opened.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DeskUnusableError, match="disk is full"), opened.write() as session:
        add_setting(session, value="x" * 100_000)
    with opened.read() as session:
        assert session.scalars(select(ChosenSetting)).all() == []
    with opened.write() as session:  # and goes on where there is room
        add_setting(session)
    opened.close()


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "notes.db"
    path.write_bytes(b"shopping list " * 1000)
    with pytest.raises(DeskUnusableError, match="cannot be used"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == b"shopping list " * 1000


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DeskUnusableError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'desk.db'}")


@pytest.mark.parametrize(
    "statement", ["DELETE FROM audit", "INSERT OR REPLACE INTO audit SELECT * FROM audit"]
)
def test_sqlite_itself_keeps_the_log_from_other_programs(tmp_path, statement):
    opened = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
    from triage.desk.store import audit

    with opened.write() as session:
        audit.append(session, "signed_in")
    opened.close()
    other = sqlite3.connect(Path(tmp_path / "desk.db"))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(statement)
    other.close()
