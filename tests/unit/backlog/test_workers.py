"""Processes that are killed, raise, never start or are interrupted change nothing in the result.

The scoring functions here are made up; words in a complaint's text tell them what to do.
"""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from triage.backlog.worker import Refusal
from triage.backlog.workers import HOPELESS, score_batches
from triage.batches import ScoredBatch, ScoredRow
from triage.errors import ConfigError, DataError, MissingLibraryError, ModelFormatError, TriageError
from triage.records import Complaint

SECRET = "Sunita of ward 7"


def build_batch(complaints, cells="scored") -> ScoredBatch:
    rows = [ScoredRow(c.id, "P3", 0, 0.1, "", False, False, cells) for c in complaints]
    sketches = [[int(c.id), int(c.id) + 1] for c in complaints]
    return ScoredBatch(rows, np.array(sketches, dtype=np.uint32).reshape(-1, 2))


def give_up(complaint: Complaint) -> ScoredBatch:
    return build_batch([complaint], cells="for a person")


def score(complaints, folder: Path) -> ScoredBatch:
    for complaint in complaints:
        marker = folder / complaint.id
        match complaint.text:
            case "kill":
                die()
            case "kill once" if not marker.exists():
                marker.touch()
                die()
            case "raise":
                raise ValueError(f"cannot read {SECRET}")
            case "refuse":
                raise ModelFormatError("the model does not fit")
            case "wait for another worker":
                (folder / "late").open().close()
            case "let the other one go on":
                os.open(folder / "late", os.O_RDWR)  # and stays open: the other may come later
    return build_batch(complaints)


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def load(folder: Path):
    return partial(score, folder=folder)


def load_or_die_once(folder: Path):
    if not (folder / "died").exists():
        (folder / "died").touch()
        die()
    return load(folder)


def load_never():
    die()


def load_refused(error):
    raise error


def make_batches(texts: list[str], size: int) -> list[list[Complaint]]:
    complaints = [Complaint(id=str(i), text=text) for i, text in enumerate(texts)]
    return [complaints[i : i + size] for i in range(0, len(complaints), size)]


@pytest.fixture
def run(tmp_path):
    """Score batches of texts; give ids, cells and first sketch column, batch by batch."""

    here = partial(load, tmp_path)

    def run(texts, *, size=4, workers=2, load=here, note=lambda line: None):
        batches = make_batches(texts, size)
        scored = list(
            score_batches(batches, load=load, workers=workers, note=note, give_up=give_up)
        )
        assert multiprocessing.active_children() == []
        assert [len(batch.rows) for batch in scored] == [len(batch) for batch in batches]
        rows = [row for batch in scored for row in batch.rows]
        assert [row.id for row in rows] == [str(i) for i in range(len(texts))]
        sketches = np.concatenate([batch.sketches for batch in scored])
        assert sketches[:, 0].tolist() == list(range(len(texts)))
        assert sketches.dtype == np.uint32
        return [int(row.id) for row in rows if row.cells != "scored"]

    return run


@pytest.mark.parametrize("workers", [1, 3])
def test_order_is_that_of_the_input(run, workers):
    assert run(["fine"] * 90, workers=workers) == []


def test_no_batches_give_nothing(run):
    crew = score_batches([], load=load_never, workers=2, note=print, give_up=give_up)
    assert list(crew) == []


def test_a_slow_first_batch_still_comes_first(run, tmp_path):
    os.mkfifo(tmp_path / "late")
    texts = ["wait for another worker", *["fine"] * 3, *["let the other one go on"] * 20]
    assert run(texts, size=2) == []


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (2, 6)])
def test_input_is_read_when_it_is_needed(tmp_path, workers, most):
    read = 0

    def arrive():
        nonlocal read
        for batch in make_batches(["fine"] * 60, 2):
            read += 1
            yield batch

    crew = score_batches(
        arrive(), load=partial(load, tmp_path), workers=workers, note=print, give_up=give_up
    )
    assert read == 0
    for taken, _ in enumerate(crew):
        assert read <= taken + most
        if taken == 10:
            break
    crew.close()
    assert multiprocessing.active_children() == []
    assert read <= 10 + most


@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_worker_killed_once_changes_nothing(run, place):
    texts = ["fine"] * 12
    texts[place] = "kill once"
    notes: list[str] = []
    assert run(texts, note=notes.append) == []
    assert len(notes) == 1
    assert "worker process was killed" in notes[0]


def test_a_complaint_that_always_kills_goes_to_a_person_alone(run):
    texts = ["fine"] * 15
    texts[6] = texts[14] = "kill"
    notes: list[str] = []
    assert run(texts, size=5, note=notes.append) == [6, 14]
    assert len(notes) == 1


def test_the_only_complaint_may_be_one_that_kills(run):
    assert run(["kill"]) == [0]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_complaint_that_raises_goes_to_a_person_alone(run, workers, capfd):
    texts = ["fine"] * 12
    texts[3] = texts[4] = texts[9] = "raise"
    assert run(texts, workers=workers) == [3, 4, 9]
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_raised_on_purpose_end_the_run(run, workers):
    with pytest.raises(ModelFormatError, match="^the model does not fit$"):
        run(["fine"] * 9 + ["refuse"], workers=workers)
    assert multiprocessing.active_children() == []


def test_a_worker_killed_while_it_loads_is_replaced(run, tmp_path):
    assert run(["fine"] * 12, load=partial(load_or_die_once, tmp_path)) == []


def test_workers_that_never_start_end_the_run_in_one_line(run):
    with pytest.raises(TriageError, match="ended before they gave a result; try --workers 1"):
        run(["fine"] * 12, load=load_never)
    assert multiprocessing.active_children() == []


def test_workers_that_end_on_everything_end_the_run(run):
    with pytest.raises(TriageError, match="try --workers 1"):
        run(["kill"] * (HOPELESS + 2), size=1)


@pytest.mark.parametrize(
    ("error", "kind", "line"),
    [
        (DataError("is torn", path="model", row=3), DataError, "model, row 3: is torn"),
        (KeyError(SECRET), TriageError, "could not load the model (KeyError); try --workers 1"),
    ],
)
def test_what_loading_raises_comes_back(run, error, kind, line):
    with pytest.raises(kind) as caught:
        run(["fine"] * 4, load=partial(load_refused, error))
    assert line in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError(["one", "two"]),
        MissingLibraryError("The page", "matplotlib"),
        DataError("is torn", path="model", row=3),
    ],
)
def test_errors_travel_unchanged(error):
    again = pickle.loads(pickle.dumps(Refusal.of(error))).error()
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


SCRIPT = """
import os, sys, threading
from triage.records import Complaint
from triage.backlog.workers import score_batches

def stand_still():
    os.write(1, f"{sys.argv[1]} {os.getpid()}\\n".encode())  # at once: two workers speak
    threading.Event().wait()

def score(complaints):
    stand_still()

def load():
    if sys.argv[1] == "load":
        stand_still()
    return score

if __name__ == "__main__":
    batches = [[Complaint(id=str(i), text="made up")] for i in range(6)]
    try:
        list(score_batches(batches, load=load, workers=2, note=print, give_up=print))
    except KeyboardInterrupt:
        sys.exit(130)
"""


def hear_interrupts():
    """What is started in the background, as these tests may be, ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(params=["load", "score"])
def standing_still(request, tmp_path):
    """A run of its own whose two workers load, or score, for ever.

    Its output ends when the last of its processes has: what reads it to the end has seen that.
    """
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, script, request.param],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    ) as process:
        try:
            assert process.stdout is not None
            said = [process.stdout.readline() for _ in range(2)]
            assert all(line.startswith(request.param) for line in said)
            yield process, [int(line.split()[1]) for line in said]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_no_worker_outlives_a_killed_run(standing_still):
    process, _ = standing_still
    process.kill()
    out, err = process.communicate(timeout=20)
    assert (out, err) == ("", "")


def test_ctrl_c_ends_all_without_a_word(standing_still):
    process, workers = standing_still
    assert all(hears_no_interrupt(worker) for worker in workers)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("", "", 130)


def hears_no_interrupt(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    blocked = next(line.split()[1] for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(int(blocked, 16) & 1 << signal.SIGINT - 1)


def test_ctrl_c_while_the_workers_start(tmp_path):
    """The interrupt comes as soon as there is a second process, in the middle of its imports."""
    script = tmp_path / "script.py"
    script.write_text(
        SCRIPT.replace(
            'if __name__ == "__main__":',
            'if __name__ != "__main__":\n'
            '    print("importing", flush=True)\n'
            "    threading.Event().wait()\n"
            'if __name__ == "__main__":',
        )
    )
    with subprocess.Popen(
        [sys.executable, script, "score"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "importing\n"
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=20)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert (err, process.returncode) == ("", 130)
