"""A backlog as its users break it: killed, interrupted, out of disk, torn and vanishing files.

Each run is a process of its own. What happens to it, and when, is a line of Python that it runs at
a call of one of its functions (see ``disturb``), so that nothing hangs on the clock.
"""

import csv
import gzip
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from io import StringIO

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

from triage.backlog.ledger import Counts, Ledger
from triage.backlog.run_file import name_run_file
from triage.backlog.sources import list_sources
from triage.cli import progress as cli_progress
from triage.cli.progress import RunProgress, describe
from triage.scoring import Job, Progress, score_job

ROWS = 1100  # in three batches
SECRET = "Vishwambhar Pattanshetti 9876501234 gopaal@okbank"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
CTRL_C = "os.killpg(0, signal.SIGINT)"

HOOK = """
import os, signal, multiprocessing
from pathlib import Path
import {module}
owner = {module}{owner}
real, calls = owner.{name}, 0
def hooked(*given, **named):
    global calls
    calls += 1
    if calls == {call}:
        {code}
    return real(*given, **named)
owner.{name} = hooked
"""


@pytest.fixture(scope="module")
def backlog(small_corpus, tmp_path_factory):
    """A file with complaints sent twice, rows that are broken, and a name that nobody may see."""
    path = tmp_path_factory.mktemp("backlog") / "backlog.csv"
    short = [c.text for c in small_corpus if len(c.text) < 300]
    texts = [f"{short[i % len(short)]} Ref {i}." for i in range(ROWS)]
    texts[70] = f"I am {SECRET}, I will commit suicide tonight because of the video call recording"
    texts[900] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "received_at"])
        for number, text in enumerate(texts):
            extra = [SECRET] if number == 400 else []
            writer.writerow([f"C{number}", text, f"2026-03-{number % 28 + 1:02}", *extra])
    return path


@pytest.fixture(scope="module")
def whole(backlog, model_folder, tmp_path_factory):
    """What an undisturbed run writes, of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    for ending in ("csv", "jsonl", "parquet", "xlsx"):
        job = Job(list_sources([backlog]), folder / f"out.{ending}", model_folder)
        urgent = folder / "urgent.csv" if ending == "csv" else None
        score_job(Job(job.sources, job.output, model_folder, urgent=urgent))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def disturb(tmp_path_factory):
    """Give the environment in which a process runs some code at a call of one of its functions."""

    def make(target, code, *, call=1):
        folder = tmp_path_factory.mktemp("hook")
        module, _, path = target.partition(":")
        owner, _, name = path.rpartition(".")
        owner = f".{owner}" if owner else ""
        hook = HOOK.format(module=module, owner=owner, name=name, call=call, code=code)
        (folder / "sitecustomize.py").write_text(hook)
        return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}

    return make


def one_line(done, code):
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if not re.match(r" +\d+ s: ", line)]
    assert len([line for line in lines if line.startswith("triage: ")]) == 1, lines
    assert all(line.startswith(("triage: ", "note: ")) for line in lines), lines
    return lines[-1]


def hide_nothing(done, *files):
    """See that no word of a secret is in what the program said, or in files."""
    said = (done.stdout + done.stderr).encode() + b"".join(path.read_bytes() for path in files)
    assert not [word for word in SECRET.split() if word.encode() in said]


def read_folder(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("ending", "target", "call", "first", "then"),
    [
        ("csv", "triage.backlog.ledger:Ledger.keep", 2, 1, 2),  # P1 are shown, but not kept
        ("jsonl", "triage.backlog.urgent_file:UrgentFile.append", 3, 2, 1),
        ("parquet", "triage.backlog.copies:CopyFinder.check", 1, 1, 1),  # settling
        ("xlsx", "triage.files.row_files:_sync", 3, 1, 1),  # the output stands half-finished beside
    ],
)
def test_killed_and_started_again(
    triage, disturb, backlog, whole, tmp_path, ending, target, call, first, then
):
    command = ["score", backlog, "-o", f"out.{ending}", "--stream-urgent", "urgent.csv"]
    command += ["--rows", "0", "--workers"]
    done = triage(*command, first, **disturb(target, KILL, call=call))
    assert done.returncode == -signal.SIGKILL
    assert f"out.{ending}" not in read_folder(tmp_path)
    hide_nothing(done, *tmp_path.iterdir())
    done = triage(*command, then)
    assert done.returncode == 0, done.stderr
    names = (f"out.{ending}", f"out.{ending}.rejected.jsonl", "urgent.csv")
    assert read_folder(tmp_path) == {name: whole[name] for name in names}
    hide_nothing(done)


def test_each_row_is_there_once(whole, backlog):
    table = pd.read_csv(StringIO(whole["out.csv"].decode("utf-8-sig")))
    assert sorted(table["id"]) == sorted(
        pd.read_csv(backlog, usecols=[0], header=0, index_col=False)["id"]
    )
    assert table["rank"].tolist() == [*range(1, ROWS + 1)]
    listed = [json.loads(line) for line in whole["out.csv.rejected.jsonl"].splitlines()]
    assert [row["id"] for row in listed] == ["C400", "C900"]
    urgent = pd.read_csv(StringIO(whole["urgent.csv"].decode("utf-8-sig")))
    assert sorted(urgent["id"]) == sorted(table["id"][table["priority"] == "P1"])


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(
    triage, disturb, backlog, whole, tmp_path, workers
):
    """The key reaches every process of the terminal, as it does here the whole group."""
    command = ["score", backlog, "-o", "out.csv", "--workers", workers]
    groups = tmp_path / "group"

    def before():
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests in the background ignore it
        groups.write_text(str(os.getpid()))

    done = triage(
        *command, before=before, **disturb("triage.backlog.ledger:Ledger.keep", CTRL_C, call=2)
    )
    line = one_line(done, 130)
    assert "the same command goes on" in line
    assert done.stdout == ""
    _wait_for_end(int(groups.read_text()))
    groups.unlink()
    assert [*read_folder(tmp_path)] == [".out.csv.run"]
    hide_nothing(done, tmp_path / ".out.csv.run")
    if workers == 1:
        return  # the same file as the other's
    done = triage(*command)
    assert done.returncode == 0, done.stderr
    assert "512 were scored in an earlier sitting" in done.stdout
    assert (tmp_path / "out.csv").read_bytes() == whole["out.csv"]


def _wait_for_end(group):
    """Wait for the last process of a group; Python's own watcher of resources ends a bit later."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("processes are left")


def test_a_worker_that_the_system_kills(triage, disturb, backlog, whole, tmp_path):
    code = "multiprocessing.active_children()[0].kill()"
    done = triage(
        *("score", backlog, "-o", "out.csv", "--workers", "2"),
        **disturb("triage.backlog.ledger:Ledger.keep", code),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("a worker process was killed") <= 1  # it may have been done
    assert (tmp_path / "out.csv").read_bytes() == whole["out.csv"]


def test_a_full_disk(triage, backlog, whole, tmp_path, monkeypatch):
    """No file may grow beyond a limit: P1 are shown, and then their rows cannot be kept."""
    # What measures the tests' coverage writes a file as well.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    command = ["score", backlog, "-o", "out.csv", "--stream-urgent", "urgent.csv", "--rows", "0"]

    def before():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = triage(*command, before=before)
    assert "disk" in one_line(done, 3)
    hide_nothing(done, *tmp_path.iterdir())
    assert "out.csv" not in read_folder(tmp_path)
    done = triage(*command)
    assert done.returncode == 0, done.stderr
    names = ("out.csv", "out.csv.rejected.jsonl", "urgent.csv")
    assert read_folder(tmp_path) == {name: whole[name] for name in names}


@pytest.fixture
def complaints(tmp_path):
    path = tmp_path / "monday.csv"
    path.write_text(
        "id,text\na,5000 rupees debited from my account by upi fraud\n"
        f"b,I am {SECRET} and I will commit suicide tonight because of the video call\n"
    )
    return path


def test_a_folder_with_files_that_cannot_be_read(triage, complaints, tmp_path):
    """Nobody is missed: what can be read is scored, what cannot is a row; the program says so."""
    folder = tmp_path / "in"
    folder.mkdir()
    frame = pd.read_csv(complaints)
    for name in "abc":
        frame.to_parquet(folder / f"{name}.parquet")
    data = bytearray((folder / "b.parquet").read_bytes())
    data[50:200] = bytes(150)
    (folder / "b.parquet").write_bytes(data)
    (folder / "d.csv").write_text(f"id,story\n1,{SECRET}\n")
    (folder / "e.jsonl.gz").write_bytes(gzip.compress(b'{"text": "my money"}\n' * 9)[:-9])
    done = triage("score", "in", "-o", "in/out.csv")
    line = one_line(done, 3)
    assert "b.parquet, d.csv, e.jsonl.gz" in line
    assert "in/out.csv.rejected.jsonl" in line
    table = pd.read_csv(folder / "out.csv")
    files = table[table["id"].isin(["b.parquet", "d.csv", "e.jsonl.gz"])]
    assert len(files) == 3
    assert files["needs_review"].all()
    assert set(files["priority"]) == {"P2"}
    assert sorted(table["id"])[:4] == ["a", "a", "b", "b"]
    listed = (folder / "out.csv.rejected.jsonl").read_text().splitlines()
    assert [json.loads(row)["source"] for row in listed] == ["b.parquet", "d.csv", "e.jsonl.gz"]
    hide_nothing(done, folder / "out.csv", folder / "out.csv.rejected.jsonl")
    # Its own output lies in the folder, and is no input.
    again = triage("score", "in", "-o", "in/out.csv", "--force")
    assert again.returncode == 3
    assert pd.read_csv(folder / "out.csv").equals(table)


def test_names_of_files_in_other_letters(triage, complaints, tmp_path):
    """File names are bytes; some are no text at all."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(complaints, os.fsencode(folder) + b"/caf\xe9.csv")
    (folder / "तक्रार.csv").write_text("id,story\n1,x\n")
    with open(os.fsencode(folder) + b"/d\xe9.csv", "w") as file:  # noqa: PTH123
        file.write("id,story\n1,x\n")
    done = triage("score", "in", "-o", "out.csv")
    assert "d?.csv, तक्रार.csv" in one_line(done, 3)
    assert len(pd.read_csv(tmp_path / "out.csv")) == 4


@pytest.mark.parametrize(
    ("files", "given", "word"),
    [
        ({}, "in", "holds no file"),
        ({}, "in/*.csv", "check the pattern"),
        ({"a.csv": "id,story\n1,x\n", "b.csv": ""}, "in", "a.csv: the file has no column 'text'"),
        ({"a.csv": "text\nupi fraud\n"}, "--column=text=Story", "no column 'story'"),
    ],
)
def test_nothing_to_read_writes_nothing(triage, tmp_path, files, given, word):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    done = triage("score", *(["in", given] if given.startswith("--") else [given]), "-o", "out.csv")
    assert word in one_line(done, 3)
    assert [*tmp_path.iterdir()] == [folder]


def test_files_that_grow_and_vanish_meanwhile(triage, disturb, complaints, tmp_path):
    (tmp_path / "gone.csv").write_text("text\nmy money is gone\n")
    more = "x,they will make my photos viral"
    code = f"Path('gone.csv').unlink(); open('monday.csv', 'a').write({more + chr(10)!r})"
    done = triage(
        *("score", "monday.csv", "gone.csv", "-o", "out.csv"),
        **disturb("triage.backlog.ledger:Ledger.open", code),
    )
    assert "gone.csv" in one_line(done, 3)
    assert "note: monday.csv grew during the run" in done.stderr
    assert sorted(pd.read_csv(tmp_path / "out.csv")["id"]) == ["a", "b", "gone.csv"]


def test_an_input_that_was_changed_while_the_run_was_stopped(triage, disturb, backlog, tmp_path):
    path = shutil.copy(backlog, tmp_path / "in.csv")
    command = ["score", "in.csv", "-o", "out.csv", "--rows", "0"]
    triage(*command, **disturb("triage.backlog.ledger:Ledger.keep", KILL, call=2))
    assert "--with-text" in one_line(triage(*command, "--with-text"), 3)
    path.write_bytes(path.read_bytes().replace(b"C5,", b"D5,"))
    assert "--restart" in one_line(triage(*command), 3)
    assert sorted(read_folder(tmp_path))[0].startswith(".out.csv.run")  # --restart: test_scoring.py


def test_two_runs_at_once(triage, complaints, tmp_path):
    with Ledger.open(tmp_path / "out.csv", {}, restart=False):
        for option in ([], ["--restart"]):
            done = triage("score", complaints, "-o", "out.csv", *option)
            assert "another run is writing this output" in one_line(done, 3)
    assert name_run_file(tmp_path / "out.csv").exists()


def test_a_line_of_300_megabytes(triage, complaints, tmp_path):
    """Its beginning is read, memory stays flat, and who stands behind it is not lost."""
    with (tmp_path / "long.csv").open("w") as file:
        file.write("id,text\nlong,")
        for _ in range(300):
            file.write("he will die tonight " * 52_429)
        file.write("\nafter,they will make my photos viral\n")

    def before():
        resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))

    done = triage("score", "long.csv", "-o", "out.csv", before=before)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "out.csv").set_index("id")
    assert sorted(table.index) == ["after", "long"]
    assert bool(table.loc["long", "needs_review"])
    assert json.loads((tmp_path / "out.csv.rejected.jsonl").read_text())["id"] == "long"


def test_a_database(triage, complaints, tmp_path):
    with sqlite3.connect(tmp_path / "desk.db") as desk:
        desk.execute("CREATE TABLE told (number TEXT, story TEXT)")
        rows = pd.read_csv(complaints).itertuples(index=False)
        desk.executemany("INSERT INTO told VALUES (?, ?)", [tuple(row) for row in rows])
    desk.close()
    url = "sqlite:///desk.db?password=hunter2hunter2"
    command = ["score", "--from-sql", url, "--column", "id=number", "--column", "text=story"]
    done = triage(*command, "--query", "SELECT * FROM told", "-o", "out.csv")
    assert done.returncode == 0, done.stderr
    assert "no ORDER BY" in done.stderr
    assert pd.read_csv(tmp_path / "out.csv")["id"].tolist() == ["b", "a"]
    hide_nothing(done)
    named = done.stdout + done.stderr
    done = triage(*command, "--query", "SELECT * FROM told ORDER BY nowhere", "-o", "x.csv")
    assert "no such column" in one_line(done, 3)
    assert "hunter2" not in named + done.stdout + done.stderr


def test_no_password_is_shown(triage, tmp_path):
    password = "p%40ss%2Fword"
    url = f"postgresql://desk:{password}@127.0.0.1:1/complaints"
    done = triage("score", "--query", "SELECT 1", "-o", "out.csv", TRIAGE_SQL_URL=url)
    assert done.returncode in (2, 3)  # the driver may not be installed
    assert password not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not [path for path in tmp_path.iterdir() if password.encode() in path.read_bytes()]


def test_compressed_and_mixed_inputs(triage, complaints, tmp_path):
    (tmp_path / "day1.csv.gz").write_bytes(gzip.compress(complaints.read_bytes()))
    (tmp_path / "day2.jsonl").write_text('{"text": "they will make my photos viral"}\n')
    done = triage("score", "day*", "-o", "out.jsonl", "--rows", "3")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert sorted(row["id"] for row in rows) == ["a", "b", "day2.jsonl:1"]


def test_the_summary_counts_what_is_in_the_file(triage, backlog, whole, tmp_path):
    """Both on a terminal of 80 columns, as the desks have them."""
    command = ["score", backlog, "-o", "out.csv", "--rows", "5", "--stream-urgent", "urgent.csv"]
    done = triage(*command, COLUMNS="80")
    table = pd.read_csv(tmp_path / "out.csv")
    counts = table["priority"].value_counts()
    said = " ".join(done.stdout.split())
    assert f"{ROWS:,} complaints in: {ROWS - 2:,} scored, 2 set aside." in said
    assert ", ".join(f"P{i}: {counts[f'P{i}']:,}" for i in range(1, 5)) in said
    assert f"To be read by a person: {table['needs_review'].sum():,}." in said
    assert f"{table['near_copy_of'].notna().sum():,} are nearly the same" in said
    assert f"... and {ROWS - 5:,} more in the file" in said
    assert "urgent.csv" in said
    table_lines = done.stdout.partition("\n\n")[0].splitlines()
    assert max(cell_len(line) for line in table_lines) <= 80
    hide_nothing(done)


def told(rows, *, share=0.5, set_aside=0, earlier=0):
    counts = Counts(rows, set_aside, {}, 0, 7, 0, 0, 0)
    return Progress(counts, earlier, share)


def test_progress_in_a_pipe_is_a_line_a_minute(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(cli_progress.time, "monotonic", lambda: clock[0])
    said = StringIO()
    show = RunProgress(Console(file=said, width=200))
    for second in range(0, 200, 10):
        clock[0] = 1000.0 + second
        show(told(1000 + 100 * second, earlier=1000))
    assert said.getvalue().splitlines() == [
        "7,000 rows, 100 a second, 70 s left, 7 high risk",
        "13,000 rows, 100 a second, 2 min left, 7 high risk",
        "19,000 rows, 100 a second, 3 min left, 7 high risk",
    ]


def test_progress_says_what_it_knows():
    assert describe(told(2_000_000, set_aside=3), 1000) == (
        "2,000,000 rows, 2,000 a second, 17 min left, 7 high risk, 3 set aside"
    )
    assert "left" not in describe(told(500, share=None), 10)
    assert "left" not in describe(told(500, share=1.0), 10)
    assert "left" not in describe(told(500, earlier=500), 0)


def test_a_terminal_has_a_bar(model_folder, backlog, tmp_path):
    """In a terminal of its own, as ``script`` makes it; what the bar said stays in what it sent."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "triage", "score", str(backlog), "-o", "out.csv", "--rows", "0"],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=tmp_path,
        env={**os.environ, "TRIAGE_MODEL": str(model_folder), "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:  # Linux: the other end is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", said.decode())
    assert re.search(r"\d+% +[\d,]+ rows, [\d,]+ a second, .* left, \d+ high risk", shown)
    assert "1 set aside" in shown
