"""The use case with a made-up model: what is left after each way in which a run can end."""

import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.unit.made_up_assessments import BASE

from triage import scoring
from triage.backlog import ledger, run_file
from triage.backlog.run_file import name_rejected, name_run_file
from triage.backlog.sources import QuerySource, list_sources
from triage.batches import ScoredBatch
from triage.errors import DataError, OutputExistsError
from triage.files.row_files import write_rows
from triage.labels import Priority, Urgency
from triage.model.opinion import assess_unreadable
from triage.policy import load_policy
from triage.ranking import COLUMNS, score_row
from triage.scoring import Job, score_job
from triage.text.sketches import EMPTY_SKETCH, sketch_keys

NIGHT = "who was found on another night\n"
SECRET = "zeher ki sheeshi"
BATCH = 5
WATCHED = ("scoring.py", "ledger.py", "run_file.py", "urgent_file.py", "row_files.py")


def assess(complaint):
    if complaint.problem:
        return assess_unreadable(complaint, complaint.problem, load_policy())
    urgent = "now" in complaint.text
    return replace(
        BASE,
        id=complaint.id,
        priority=Priority.P1 if urgent else Priority.P4,
        urgency=Urgency.IMMINENT if urgent else Urgency.NONE,
        risk=len(complaint.text) % 10 / 10,
        high_risk=urgent,
    )


def make_scorer(folder, *, with_text):
    def score(complaints):
        rows = [score_row(c, assess(c), with_text=with_text) for c in complaints]
        keys = [np.array([hash(w) for w in c.text.split()], dtype=np.int64) for c in complaints]
        sketches = [
            sketch_keys([words.view(np.uint64)]) if len(words) else EMPTY_SKETCH[np.newaxis]
            for words in keys
        ]
        return ScoredBatch(rows, np.concatenate(sketches))

    return score


@pytest.fixture(autouse=True)
def _made_up_model(monkeypatch):
    monkeypatch.setattr(scoring, "BATCH", BATCH)
    monkeypatch.setattr(scoring, "load_scorer", make_scorer)
    monkeypatch.setattr(scoring, "short_hash", lambda folder: "abc")
    monkeypatch.setattr(scoring, "read_manifest", lambda folder: SimpleNamespace(name="made up"))


@pytest.fixture
def inbox(tmp_path):
    """Two files that can be read, but for a row, and one that cannot."""
    folder = tmp_path / "in"
    folder.mkdir()
    rows = [f"{SECRET} {'now' if i % 4 == 1 else 'of old'} case {i}" for i in range(12)]
    rows[7] = rows[3]  # sent twice
    (folder / "a.csv").write_text("id,text\n" + "".join(f"A{i},{t}\n" for i, t in enumerate(rows)))
    lines = [{"id": f"B{i}", "text": f"they call now and then, {i}"} for i in range(6)]
    lines[2] = {"id": "A0"}
    (folder / "b.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "c.csv").write_text("id,story\n1,nothing that we know\n")
    return folder


@pytest.fixture
def make_job(inbox, tmp_path):
    """Make a job as each start of the same command makes it: its sources are read once."""

    def make(place="out", ending="csv", **changes):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        job = Job(list_sources([inbox]), folder / f"out.{ending}", Path("model"))
        return replace(job, **changes)

    return make


def run_in_child(work):
    pid = os.fork()
    if not pid:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def count_calls(moment=None):
    """Count what these modules call, in a list of one; at that moment the process is killed."""
    passed = [0]

    def count(frame, event, argument):
        if event in ("call", "c_call") and frame.f_code.co_filename.endswith(WATCHED):
            passed[0] += 1
            if passed[0] == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    return passed


def read_folder(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_killed_at_any_moment_and_started_again(make_job, ending, tmp_path, monkeypatch):
    """Each moment between two calls of the modules that keep and write, in steps."""
    monkeypatch.setattr(ledger, "PAIRS", 2)

    def start(place):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        urgent = folder / f"urgent.{ending}"
        if not urgent.exists() and ending == "jsonl":
            urgent.write_text(NIGHT)
        return make_job(place, ending, urgent=urgent)

    whole = start("whole")
    passed = count_calls()
    try:
        score_job(whole)
    finally:
        sys.setprofile(None)
    expected = read_folder(whole.output.parent)
    assert sorted(expected) == sorted(
        [f"out.{ending}", f"out.{ending}.rejected.jsonl", f"urgent.{ending}"]
    )
    assert passed[0] > 300
    step = int(os.environ.get("TRIAGE_KILL_STEP", max(1, passed[0] // 40)))
    for moment in range(1, passed[0], step):
        job = start("killed")

        def killed(job=job, moment=moment):
            count_calls(moment)
            score_job(job)

        assert run_in_child(killed) == -signal.SIGKILL
        try:
            score_job(start("killed"))
        except OutputExistsError:  # it was killed behind the end
            assert not name_run_file(job.output).exists()
        assert read_folder(job.output.parent) == expected, f"killed at call {moment}"
        shutil.rmtree(job.output.parent)


def test_stopped_often_and_each_row_once(make_job):
    expected = score_job(make_job("whole")).output.read_bytes()

    class StopError(Exception):
        pass

    def stop(progress):
        raise StopError

    kept = []
    while True:
        try:
            done = score_job(make_job(), progress=stop if len(kept) < 3 else lambda progress: None)
            break
        except StopError:
            kept.append(name_run_file(make_job().output).exists())
    assert kept == [True] * 3
    assert done.earlier == 3 * BATCH
    assert done.output.read_bytes() == expected


def test_what_a_run_gives(make_job):
    told, steps, notes = [], [], []
    done = score_job(make_job(), top=3, progress=told.append, step=steps.append, note=notes.append)
    assert done.counts.rows == 19
    assert done.counts.set_aside == 2
    assert done.counts.priorities["P1"] == 8
    assert done.counts.high_risk == 8
    assert done.counts.near_copies == 1
    assert done.counts.repeated_ids == 1
    assert done.counts.whole_sources == 1
    assert done.unread == ["c.csv"]
    assert done.model == ("made up", "abc")
    assert [row["rank"] for row in done.top] == [1, 2, 3]
    assert set(done.top[0]) == set(COLUMNS)
    assert [p.counts.rows for p in told] == [5, 10, 15, 19]
    assert [p.share for p in told] == sorted(p.share for p in told)
    assert told[-1].share == 1.0
    assert len(steps) == 2
    assert notes == []
    listed = [json.loads(line) for line in name_rejected(done.output).read_text().splitlines()]
    assert [(row["source"], row["row"]) for row in listed] == [("b.jsonl", 3), ("c.csv", 0)]
    for path in done.output.parent.iterdir():
        assert SECRET not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def test_of_many_files_that_cannot_be_read_a_name_each(make_job, inbox):
    (inbox / "d.parquet").write_bytes(b"PAR1 torn")
    done = score_job(make_job())
    assert done.unread == ["c.csv", "d.parquet"]


def test_a_rejected_list_of_before_goes(make_job, inbox):
    output = score_job(make_job()).output
    assert name_rejected(output).exists()
    (inbox / "c.csv").unlink()
    (inbox / "b.jsonl").unlink()
    done = score_job(make_job(force=True))
    assert done.rejected is None
    assert done.unread == []
    assert [path.name for path in output.parent.iterdir()] == ["out.csv"]


def test_an_output_that_is_there_stays(make_job):
    output = score_job(make_job()).output
    before = read_folder(output.parent)
    with pytest.raises(OutputExistsError, match="--force"):
        score_job(make_job())
    assert read_folder(output.parent) == before
    score_job(make_job(force=True))
    assert read_folder(output.parent) == before


def stop_after(job, batches=1):
    class StopError(Exception):
        pass

    def stop(progress):
        if progress.counts.rows >= batches * BATCH:
            raise StopError

    with pytest.raises(StopError):
        score_job(job, progress=stop)


def test_a_stopped_run_refuses_other_input_until_restarted(make_job, inbox):
    stop_after(make_job())
    path = inbox / "a.csv"
    path.write_bytes(path.read_bytes().replace(b"A1,", b"A9,"))
    with pytest.raises(DataError, match="--restart"):
        score_job(make_job())
    done = score_job(make_job(restart=True))
    assert done.earlier == 0
    assert done.counts.rows == 19


def test_a_stopped_run_refuses_other_options(make_job):
    stop_after(make_job())
    with pytest.raises(DataError, match="--with-text"):
        score_job(make_job(with_text=True))
    assert score_job(make_job()).earlier == BATCH


def test_a_file_that_grew_while_the_run_was_stopped(make_job, inbox):
    """The same rows as an undisturbed run of that night; the new ones are for the next."""
    whole = score_job(make_job("whole")).output.read_bytes()
    stop_after(make_job())
    with (inbox / "a.csv").open("a") as file:
        file.write("A99,they call now\n")
    notes = []
    assert score_job(make_job(), note=notes.append).output.read_bytes() == whole
    assert len(notes) == 1
    assert "grew" in notes[0]


def test_nothing_that_can_be_read_is_an_error_and_leaves_nothing(make_job, inbox):
    (inbox / "a.csv").unlink()
    (inbox / "b.jsonl").unlink()
    job = make_job()
    with pytest.raises(DataError, match="c.csv: the file has no column 'text'"):
        score_job(job)
    assert list(job.output.parent.iterdir()) == []


def test_a_database_that_ends_is_gone_on_with(tmp_path, monkeypatch, make_job):
    import sqlite3

    path = tmp_path / "desk.db"
    with sqlite3.connect(path) as desk:
        desk.execute("CREATE TABLE told (id TEXT, text TEXT)")
        desk.executemany(
            "INSERT INTO told VALUES (?, ?)", [(f"Q{i}", "call now") for i in range(9)]
        )
    desk.close()

    def sources():
        return [QuerySource(f"sqlite:///{path}", "SELECT id, text FROM told ORDER BY id")]

    whole = score_job(make_job("whole", sources=sources())).output.read_bytes()
    read, ends = QuerySource.read, [7]

    def end(self, note):
        for number, arrival in enumerate(read(self, note)):
            if number == ends[0]:
                raise DataError("the database ended the connection after row 7")
            yield arrival

    monkeypatch.setattr(QuerySource, "read", end)
    job = make_job(sources=sources())
    with pytest.raises(DataError, match="ended the connection"):
        score_job(job)
    assert name_run_file(job.output).exists()
    ends[0] = -1
    done = score_job(make_job(sources=sources()))
    assert done.earlier == BATCH
    assert done.output.read_bytes() == whole


def fill_disk(monkeypatch, *, after, owner, name):
    """Let a function fail from a call on, as where a disk is full; gives what mends it."""
    real, calls = getattr(owner, name), [0]

    def fail(*given, **named):
        calls[0] += 1
        if calls[0] > after:
            raise OSError(28, "No space left on device")
        return real(*given, **named)

    monkeypatch.setattr(owner, name, fail)
    return lambda: monkeypatch.setattr(owner, name, real)


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        (run_file.RunFile, "add_rows", 0),
        (run_file.RunFile, "add_rows", 2),
        (ledger.CopyFinder, "add", 1),
        (scoring.UrgentFile, "_write", 2),
        (os, "fsync", 4),
    ],
)
def test_a_full_disk_is_one_line_and_no_row_twice(make_job, monkeypatch, owner, name, after):
    def start(place):
        job = make_job(place)
        return replace(job, urgent=job.output.with_name("urgent.csv"))

    expected = read_folder(score_job(start("whole")).output.parent)
    mend = fill_disk(monkeypatch, after=after, owner=owner, name=name)
    with pytest.raises(DataError, match=r"disk is full|No space left") as failed:
        score_job(start("full"))
    assert SECRET not in str(failed.value)
    assert not start("full").output.exists()
    mend()
    assert read_folder(score_job(start("full")).output.parent) == expected


def test_urgent_rows_of_earlier_nights_stay(make_job, tmp_path):
    urgent = tmp_path / "urgent.jsonl"
    urgent.write_text(NIGHT)
    stop_after(make_job(urgent=urgent), batches=2)
    early = urgent.read_text().splitlines()
    assert len(early) == 4  # before the backlog is through
    score_job(make_job(urgent=urgent))
    lines = urgent.read_text().splitlines()
    assert lines[:4] == early
    assert len(lines) == 1 + 8
    assert len(set(lines)) == len(lines)
    score_job(make_job(urgent=urgent, force=True))
    assert len(urgent.read_text().splitlines()) == 1 + 8 + 8


def test_urgent_rows_of_the_same_backlog_on_another_night(make_job, tmp_path, monkeypatch):
    """Killed before it noted how long the file was: the rows of that night are not this one's."""
    urgent = tmp_path / "urgent.jsonl"
    score_job(make_job("before", urgent=urgent))
    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "begin_urgent", lambda self, length: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            score_job(make_job(urgent=urgent))
    score_job(make_job(urgent=urgent))
    assert len(urgent.read_text().splitlines()) == 8 + 8


def test_a_half_written_output_never_bears_its_name(make_job, monkeypatch):
    def tear(path, rows, columns, *, kinds=None):
        if path.name == "out.csv":
            rows = (row if row["rank"] < 5 else 1 / 0 for row in rows)
        write_rows(path, rows, columns, kinds=kinds)

    monkeypatch.setattr("triage.backlog.outputs.write_rows", tear)
    job = make_job()
    with pytest.raises(ZeroDivisionError):
        score_job(job)
    assert not job.output.exists()
    assert name_run_file(job.output).exists()
