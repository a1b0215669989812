"""A watched folder: each file is taken once, when nobody writes it any more."""

import os
import shutil
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from triage.desk.intake.watching import SETTLED_S, FolderWatcher
from triage.desk.store.schema import Upload, WatchedFile

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CONTENT = "text\nthey ask for money again\n"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    path.mkdir()
    return path


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def build(database, folder, spool):
    return lambda: FolderWatcher(database, folder, spool, clock=lambda: NOW)


@pytest.fixture
def watcher(build):
    return build()


def settle(watcher, *, start_s=0.0):
    """Look, and look again when all have settled."""
    watcher.look(now_s=start_s)
    return watcher.look(now_s=start_s + SETTLED_S)


def list_names(database):
    with database.read() as session:
        return session.scalars(select(Upload.name).order_by(Upload.id)).all()


def test_a_file_is_taken_once_it_has_settled(database, watcher, folder, spool):
    (folder / "monday.csv").write_text(CONTENT)
    assert watcher.look(now_s=0) == 0
    assert watcher.look(now_s=SETTLED_S - 1) == 0
    assert watcher.look(now_s=SETTLED_S) == 1
    assert watcher.look(now_s=10 * SETTLED_S) == 0
    with database.read() as session:
        upload = session.scalars(select(Upload)).one()
        assert (upload.name, upload.source, upload.state) == ("monday.csv", "watch", "waiting")
        assert (upload.size, upload.user_id, upload.started_at) == (len(CONTENT), None, NOW)
        (spooled,) = spool.iterdir()
        assert upload.path == str(spooled)
        assert spooled.read_text() == CONTENT
        assert spooled.stat().st_mode & 0o077 == 0
    assert (folder / "monday.csv").exists()


def test_a_file_that_grows_is_left_until_it_is_whole(watcher, folder):
    path = folder / "monday.csv"
    path.write_text(CONTENT)
    watcher.look(now_s=0)
    path.write_text(2 * CONTENT)
    assert watcher.look(now_s=SETTLED_S) == 0
    assert watcher.look(now_s=2 * SETTLED_S) == 1


def test_a_file_that_changes_while_it_is_copied_waits(
    database, watcher, folder, spool, monkeypatch
):
    path = folder / "monday.csv"
    path.write_text(CONTENT)

    def grow(source, target):
        shutil.copyfile(source, target)
        source.write_text(2 * CONTENT)
        return "0" * 64

    monkeypatch.setattr("triage.desk.intake.watching._copy", grow)
    assert settle(watcher) == 0
    assert list_names(database) == []
    assert list(spool.iterdir()) == []
    monkeypatch.undo()
    assert settle(watcher, start_s=100) == 1


def test_the_next_process_takes_only_what_is_new(database, build, folder):
    (folder / "monday.csv").write_text(CONTENT)
    assert settle(build()) == 1
    (folder / "tuesday.csv").write_text(CONTENT)
    assert settle(build()) == 1
    assert list_names(database) == ["monday.csv", "tuesday.csv"]


def test_a_file_that_was_changed_is_taken_again(database, build, folder):
    path = folder / "monday.csv"
    path.write_text(CONTENT)
    assert settle(build()) == 1
    os.utime(path, ns=(1, 1))
    assert settle(build()) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(WatchedFile)) == 2


def test_many_files_are_each_taken_once(database, build, folder, monkeypatch):
    monkeypatch.setattr("triage.desk.intake.watching._ASKED", 2)
    for number in range(5):
        (folder / f"{number}.csv").write_text(CONTENT)
    assert settle(build()) == 5
    assert settle(build()) == 0
    assert list_names(database) == [f"{number}.csv" for number in range(5)]


def test_what_is_no_input_is_left(database, watcher, folder):
    for name in (".hidden.csv", "~$open.xlsx", "out.csv.rejected.jsonl", "empty.csv"):
        (folder / name).write_text("" if name == "empty.csv" else CONTENT)
    (folder / ".git").mkdir()
    (folder / ".git" / "a.csv").write_text(CONTENT)
    (folder / "below").mkdir()
    (folder / "below" / "a.csv").write_text(CONTENT)
    assert settle(watcher) == 1
    assert list_names(database) == ["a.csv"]
    assert watcher.problems == {}


def test_what_cannot_be_taken_is_told_until_it_is_mended(database, watcher, folder, monkeypatch):
    (folder / "old.xls").write_text(CONTENT)
    (folder / "shut.csv").write_text(CONTENT)

    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("triage.desk.intake.watching._copy", refuse)
    assert settle(watcher) == 0
    assert watcher.problems["shut.csv"] == "cannot be read (Permission denied)"
    assert watcher.problems["old.xls"].startswith("ends in '.xls'; expected one of .csv")
    monkeypatch.undo()
    (folder / "old.xls").unlink()
    assert watcher.look(now_s=100) == 1
    assert watcher.problems == {}


def test_a_folder_that_is_gone_is_told(watcher, folder):
    folder.rmdir()
    assert settle(watcher) == 0
    assert watcher.problems == {"in": "cannot be read (No such file or directory)"}


def test_a_name_that_no_database_can_hold(database, watcher, folder):
    (folder / os.fsdecode(b"caf\xe9.csv")).write_text(CONTENT)
    assert settle(watcher) == 1
    assert settle(watcher, start_s=100) == 0
    assert list_names(database) == ["caf\ufffd.csv"]


def test_the_worker_is_told_and_the_thread_ends(database, folder, spool, monkeypatch):
    told = []

    class Worker:
        wake = told.append

    watcher = FolderWatcher(database, folder, spool, worker=Worker)
    Worker.wake = lambda: told.append(1)
    (folder / "monday.csv").write_text(CONTENT)
    monkeypatch.setattr("triage.desk.intake.watching.SETTLED_S", 0)
    monkeypatch.setattr("triage.desk.intake.watching.POLL_S", 0.01)
    watcher.start()
    for _ in range(600):
        if told:
            break
        watcher._stopped.wait(0.05)
    watcher.stop()
    assert told == [1]
    assert list_names(database) == ["monday.csv"]
