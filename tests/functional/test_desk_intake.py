"""An upload whose desk is killed in the middle: the next one goes on, with each row once.

The desk's worker is a process of its own that kills itself at a named place, so that nothing hangs on
the clock.
"""

import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from triage.desk.intake.uploads import find_upload, make_spool_path, receive
from triage.desk.store.database import open_database

ROWS = 200  # four batches, the last one not full
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

WORKER = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from triage.default_model import load_model
from triage.desk.intake import upload_worker
from triage.desk.store.database import DeskDatabase, open_database
from triage.desk.intake.reading import ComplaintReader
from triage.desk.intake.uploads import UploadWorker

url, folder, place, number = sys.argv[1:]
writes = 0
real = DeskDatabase.write

def die():
    os.kill(os.getpid(), signal.SIGKILL)

@contextmanager
def write(self):
    global writes
    writes += 1
    with real(self) as session:
        yield session
        if writes == int(number) and place == "before":
            die()
    if writes == int(number) and place == "after":
        die()

DeskDatabase.write = write
upload_worker.REST_MOST_S = 0
UploadWorker(open_database(url), ComplaintReader(load_model(folder), "small")).read_next()
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def run_worker(model_folder, url, tmp_path):
    """Read the upload that waits, in a process that dies at its write number ``number``."""

    def run(place: str = "never", number: int = 0) -> int:
        done = subprocess.run(
            [sys.executable, "-c", WORKER, url, str(model_folder), place, str(number)],
            cwd=tmp_path,
            capture_output=True,
            timeout=300,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
        return done.returncode

    return run


@pytest.fixture
def upload(url, tmp_path):
    path = make_spool_path(tmp_path / "spool", "monday.csv")
    lines = (f"{n},they ask for money because of video {n}\n" for n in range(1, ROWS + 1))
    path.write_text("id,text\n" + "".join(lines))
    database = open_database(url)
    with database.write() as session:
        return receive(
            session,
            name="monday.csv",
            path=path,
            size=path.stat().st_size,
            sha256="0" * 64,
            columns=None,
            user=None,
            source="upload",
            now=NOW,
        )


def test_each_row_once_however_often_the_desk_is_killed(url, upload, run_worker, tmp_path):
    for place, number in [("before", 2), ("after", 1), ("before", 1), ("after", 2), ("before", 1)]:
        assert run_worker(place, number) == -signal.SIGKILL
    assert run_worker() == 0
    database = open_database(url)
    with database.read() as session:
        view = find_upload(session, upload)
    database.close()
    assert (view.state, view.rows_done, view.added, view.known) == ("done", ROWS, ROWS, 0)
    connection = sqlite3.connect(tmp_path / "desk.db")
    rows = connection.execute("SELECT upload_row, number FROM complaints ORDER BY id").fetchall()
    events = connection.execute("SELECT count(*) FROM events WHERE kind = 'arrived'").fetchone()
    connection.close()
    assert rows == [(n, str(n)) for n in range(1, ROWS + 1)]
    assert events == (ROWS,)
    assert list((tmp_path / "spool").iterdir()) == []
