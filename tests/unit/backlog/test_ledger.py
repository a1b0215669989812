import json
import os
import shutil
import sqlite3
import stat
from dataclasses import replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.made_up_assessments import BASE

from triage.backlog import run_file
from triage.backlog.ledger import SCORING, WRITING, Fingerprint, Ledger
from triage.backlog.run_file import name_run_file
from triage.batches import Arrival, ScoredBatch
from triage.errors import DataError
from triage.labels import Priority
from triage.model.opinion import assess_unreadable
from triage.policy import load_policy
from triage.ranking import COLUMNS, score_row
from triage.records import Complaint
from triage.text.sketches import sketch_keys

SECRET = "zeher ki sheeshi"
PLAN = {"inputs": ["a.csv"], "model": "abc", "columns": {}}
SIZE, BATCHES = 8, 6


def make_arrivals(count=SIZE * BATCHES):
    arrivals = [
        Arrival(Complaint(f"C-{i}", f"{SECRET} {i % 7}", f"2026-01-{i % 9 + 1:02}"), "a.csv", i + 1)
        for i in range(count)
    ]
    arrivals[3] = Arrival(Complaint("C-3", "", problem="the row has no text"), "a.csv", 4)
    arrivals[5] = replace(arrivals[5], complaint=replace(arrivals[5].complaint, id="C-4"))
    arrivals[-1] = Arrival(Complaint("b.csv", "", problem="it is damaged"), "b.csv", 0, True)
    return arrivals


def assess(arrival):
    told, number = arrival.complaint, arrival.row
    if not told.text or number == 11:
        doubt = told.problem or "the program failed on it (KeyError)"
        return assess_unreadable(told, doubt, load_policy())
    priority = [Priority.P4, Priority.P1, Priority.P3][number % 3]
    return replace(
        BASE, id=told.id, priority=priority, risk=number % 10 / 10, high_risk=not number % 3
    )


def score(arrivals, *, with_text=False):
    draw = np.random.default_rng(0)
    letters = draw.integers(0, 2**63, (7, 60), dtype=np.uint64)
    read = [bool(a.complaint.text) and a.row != 11 for a in arrivals]
    keys = [letters[a.row % 7][: 60 * told] for a, told in zip(arrivals, read, strict=True)]
    rows = [score_row(a.complaint, assess(a), with_text=with_text) for a in arrivals]
    return ScoredBatch(rows, sketch_keys(keys))


def run(output, *, batches=BATCHES, finish=True):
    """Go through a run as scoring does: what is kept is read again, the rest is scored."""
    arrivals = make_arrivals()
    with Ledger.open(output, PLAN, restart=False) as ledger:
        fingerprint = Fingerprint()
        fingerprint.update(arrivals[: ledger.rows])
        if ledger.resumed:
            ledger.check_prefix(fingerprint.digest())
        for start in range(ledger.rows, batches * SIZE, SIZE):
            batch = arrivals[start : start + SIZE]
            fingerprint.update(batch)
            ledger.keep(batch, score(batch), fingerprint.digest(), start)
        if finish:
            ledger.settle()
            return tell(ledger)
    return None


def tell(ledger):
    return [*ledger.ranked(COLUMNS)], [*ledger.set_aside()], ledger.counts()


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.csv"


@pytest.fixture
def undisturbed(tmp_path):
    (tmp_path / "undisturbed").mkdir()
    return run(tmp_path / "undisturbed" / "out.csv")


def test_a_run_gives_each_row_once_in_the_order_of_the_queue(undisturbed):
    rows, _, counts = undisturbed
    assert [row["rank"] for row in rows] == list(range(1, SIZE * BATCHES + 1))
    assert set(rows[0]) == set(COLUMNS)
    assert [row["priority"] for row in rows] == sorted(row["priority"] for row in rows)
    assert sorted(r["id"] for r in rows) == sorted(a.complaint.id for a in make_arrivals())
    assert counts.rows == SIZE * BATCHES
    assert counts.priorities == {"P1": 15, "P2": 3, "P3": 15, "P4": 15}
    assert (counts.set_aside, counts.whole_sources, counts.repeated_ids) == (3, 1, 1)
    assert counts.high_risk == sum(row["high_risk"] for row in rows)
    assert counts.needs_review == 3


def test_what_could_not_be_read_is_listed_without_a_text(undisturbed):
    assert undisturbed[1] == [
        {"source": "a.csv", "row": 4, "id": "C-3", "reason": "the row has no text"},
        {
            "source": "a.csv",
            "row": 11,
            "id": "C-10",
            "reason": "the program failed on it (KeyError)",
        },
        {"source": "b.csv", "row": 0, "id": "b.csv", "reason": "it is damaged"},
    ]


def test_copies_point_to_the_first_of_their_priority(undisturbed):
    rows, _, counts = undisturbed
    firsts, expected = {}, []
    for arrival in make_arrivals():  # seven letters, three priorities
        if arrival.complaint.text and arrival.row != 11:
            told = arrival.complaint.id
            first = firsts.setdefault((arrival.row % 7, arrival.row % 3), told)
            expected += [(told, first)] if told != first else []
    copies = [(row["id"], row["near_copy_of"]) for row in rows if row["near_copy_of"]]
    assert sorted(copies) == sorted(expected)
    assert counts.near_copies == len(copies) == 24


def test_chains_of_copies_lead_to_the_first_or_nowhere(output):
    draw = np.random.default_rng(1)
    letters = [draw.integers(0, 2**63, 80, dtype=np.uint64)]
    for i in range(30):  # each is near the one before, the last is nothing like the first
        letters.append(letters[-1].copy())
        letters[-1][2 * i % 80 : 2 * i % 80 + 2] = draw.integers(0, 2**63, 2)
    arrivals = [replace(a, row=3) for a in make_arrivals(31)]
    rows = [
        score_row(a.complaint, replace(BASE, id=f"C-{i}"), with_text=False)
        for i, a in enumerate(arrivals)
    ]
    with Ledger.open(output, PLAN, restart=False) as ledger:
        ledger.keep(arrivals, ScoredBatch(rows, sketch_keys(letters)), b"", 0)
        ledger.settle()
        copies = {r["id"]: r["near_copy_of"] for r in ledger.ranked(COLUMNS) if r["near_copy_of"]}
    assert copies["C-1"] == "C-0"
    assert not set(copies) & set(copies.values())
    shares = [len({*letters[int(a[2:])]} & {*letters[int(b[2:])]}) for a, b in copies.items()]
    assert min(shares) > 60


def test_the_text_is_kept_only_where_it_was_asked_for(output):
    arrivals = make_arrivals()
    with Ledger.open(output, PLAN, restart=False) as ledger:
        ledger.keep(arrivals, score(arrivals), b"", 0)
        files = b"".join(path.read_bytes() for path in output.parent.iterdir())
    assert SECRET.encode() not in files
    with Ledger.open(output, PLAN, restart=True) as ledger:
        ledger.keep(arrivals, score(arrivals, with_text=True), b"", 0)
        ledger.settle()
        rows = [*ledger.ranked([*COLUMNS, "text"])]
    assert sum(SECRET in row["text"] for row in rows) == 46
    assert SECRET not in repr(score(arrivals, with_text=True))


def test_a_stopped_run_goes_on_behind_what_is_kept(output, undisturbed):
    run(output, batches=2, finish=False)
    with Ledger.open(output, PLAN, restart=False) as ledger:
        assert (ledger.resumed, ledger.rows, ledger.phase) == (True, 2 * SIZE, SCORING)
        assert ledger.urgent_bytes == SIZE
    assert run(output) == undisturbed


def test_a_settled_run_goes_on_to_writing(output, undisturbed):
    run(output)
    with Ledger.open(output, PLAN, restart=False) as ledger:
        assert (ledger.resumed, ledger.phase) == (True, WRITING)
        ledger.settle()
        assert tell(ledger) == undisturbed


def test_an_empty_run_can_be_settled(output):
    with Ledger.open(output, PLAN, restart=False) as ledger:
        assert not ledger.resumed
        ledger.settle()
        assert tell(ledger)[:2] == ([], [])
        assert ledger.counts().rows == 0


def die_at(statement, work):
    """Kill this process at the n-th statement in it; rows that go in together count as one."""
    told = iter(range(statement))
    connect = sqlite3.connect

    def watch(carried_out):
        one = not carried_out.startswith(("INSERT INTO cells", "INSERT INTO rows"))
        if one and next(told, None) is None:
            os._exit(9)

    def connect_watched(*args, **options):
        connection = connect(*args, **options)
        connection.set_trace_callback(watch)
        return connection

    run_file.sqlite3.connect = connect_watched
    work()
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_at_any_statement_it_ends_the_same(output, undisturbed):
    fork = get_context("fork")
    for statement in range(0, 200):
        shutil.rmtree(output.parent / "killed", ignore_errors=True)
        (output.parent / "killed").mkdir()
        killed = output.parent / "killed" / "out.csv"
        child = fork.Process(target=die_at, args=(statement, partial(run, killed)))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == 9
        assert run(killed) == undisturbed, f"killed at statement {statement}"
    assert 60 < statement < 199


def test_without_power_whole_batches_are_kept(output, undisturbed, tmp_path):
    """Copies of the file as a machine would find it whose power went while it was written."""
    arrivals = make_arrivals()
    name = name_run_file(output).name
    with Ledger.open(output, PLAN, restart=False) as ledger:
        fingerprint = Fingerprint()
        for start in range(0, 4 * SIZE, SIZE):
            batch = arrivals[start : start + SIZE]
            fingerprint.update(batch)
            ledger.keep(batch, score(batch), fingerprint.digest(), start)
        log = (output.parent / f"{name}-wal").read_bytes()
        main = (output.parent / name).read_bytes()
    kept = set()
    for size in [*range(0, len(log), len(log) // 40), len(log)]:
        folder = tmp_path / "copy"
        folder.mkdir()
        (folder / name).write_bytes(main)
        (folder / f"{name}-wal").write_bytes(log[:size])
        with Ledger.open(folder / "out.csv", PLAN, restart=False) as ledger:
            kept.add(ledger.rows)
        assert run(folder / "out.csv") == undisturbed
        shutil.rmtree(folder)
    assert kept == {0, SIZE, 2 * SIZE, 3 * SIZE, 4 * SIZE}


def test_an_error_in_a_batch_keeps_what_was_kept(output, undisturbed):
    arrivals = make_arrivals()
    run(output, batches=1, finish=False)
    with Ledger.open(output, PLAN, restart=False) as ledger:
        batch = score(arrivals[SIZE : 2 * SIZE])
        with pytest.raises(ValueError, match="argument"):
            ledger.keep(arrivals[SIZE : 2 * SIZE - 1], batch, b"", 0)
        assert ledger.rows == SIZE
    assert run(output) == undisturbed


def test_the_file_is_its_owners_alone(output):
    before = os.umask(0)
    try:
        with Ledger.open(output, PLAN, restart=False) as ledger:
            arrivals = make_arrivals()
            ledger.keep(arrivals, score(arrivals), b"", 0)
            modes = [stat.S_IMODE(path.stat().st_mode) for path in output.parent.iterdir()]
    finally:
        os.umask(before)
    assert set(modes) == {0o600}
    assert len(modes) == 2  # the file and its log


def test_removing_leaves_nothing(output):
    run(output, finish=False)
    Ledger.open(output, PLAN, restart=False).remove()
    assert not list(output.parent.iterdir())


def test_another_plan_is_refused_and_named(output):
    run(output, batches=1, finish=False)
    other = {**PLAN, "model": "xyz", "query": SECRET}
    with pytest.raises(
        DataError, match=r"with other model, query was stopped.*--restart"
    ) as caught:
        Ledger.open(output, other, restart=False)
    assert SECRET not in str(caught.value)
    with Ledger.open(output, other, restart=True) as ledger:
        assert not ledger.resumed
        assert ledger.rows == 0


def test_a_plan_is_compared_as_it_is_kept(output):
    run(output, batches=1, finish=False)
    Ledger.open(output, {**PLAN, "inputs": ("a.csv",)}, restart=False).close()


def test_one_run_at_a_time(output):
    with Ledger.open(output, PLAN, restart=False) as ledger:
        for restart in (False, True):
            with pytest.raises(DataError, match="another run is writing this output"):
                Ledger.open(output, PLAN, restart=restart)
        arrivals = make_arrivals()
        ledger.keep(arrivals, score(arrivals), b"", 0)
    Ledger.open(output, PLAN, restart=False).close()


@pytest.mark.parametrize("change", ["text", "id", "received_at", "order", "shorter"])
def test_an_input_that_has_changed_is_refused(output, change):
    run(output, batches=2, finish=False)
    arrivals = make_arrivals()
    if change == "order":
        arrivals[0], arrivals[1] = arrivals[1], arrivals[0]
    elif change == "shorter":
        arrivals = arrivals[: SIZE + 3]
    else:
        changed = replace(arrivals[7].complaint, **{change: "2026-05-05"})
        arrivals[7] = replace(arrivals[7], complaint=changed)
    fingerprint = Fingerprint()
    fingerprint.update(arrivals[: 2 * SIZE])
    with (
        Ledger.open(output, PLAN, restart=False) as ledger,
        pytest.raises(DataError, match=r"has changed since the run began.*--restart"),
    ):
        ledger.check_prefix(fingerprint.digest())


@given(st.lists(st.integers(0, 47), max_size=5))
def test_a_fingerprint_does_not_depend_on_the_batches(cuts):
    arrivals = make_arrivals()
    whole, pieces = Fingerprint(), Fingerprint()
    whole.update(arrivals)
    bounds = [0, *sorted(cuts), len(arrivals)]
    for start, stop in pairwise(bounds):
        pieces.update(arrivals[start:stop])
    assert pieces.digest() == whole.digest()


def test_a_fingerprint_takes_any_text():
    told = Fingerprint()
    told.update([Arrival(Complaint("\ud800", "a\x00\udfff"), "a", 1)])
    assert len(told.digest()) == 16


def test_a_foreign_file_stays(output):
    with sqlite3.connect(name_run_file(output)) as base:
        base.execute("CREATE TABLE mine (x)")
    base.close()
    for restart in (False, True):
        with pytest.raises(DataError, match="another program's"):
            Ledger.open(output, PLAN, restart=restart)


@pytest.mark.parametrize("damage", ["noise", "head", "middle"])
def test_a_damaged_file_asks_for_a_fresh_start(output, damage):
    run(output, finish=False)
    path = name_run_file(output)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "noise": b"no database at all " * 300,
            "head": b"\x00" * 100 + whole[100:],
            "middle": whole[:100] + b"\xff" * (len(whole) - 100),
        }[damage]
    )
    with pytest.raises(DataError, match=r"damaged; start afresh with --restart"):
        Ledger.open(output, PLAN, restart=False)
    with Ledger.open(output, PLAN, restart=True) as ledger:
        assert not ledger.resumed


def test_a_newer_format_is_refused(output, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(run_file, "FORMAT", 2)
        newer.setattr(run_file, "_TABLES", (*run_file._TABLES[:-1], "PRAGMA user_version = 2"))
        run(output, finish=False)
    with pytest.raises(DataError, match="newer triage"):
        Ledger.open(output, PLAN, restart=False)
    Ledger.open(output, PLAN, restart=True).close()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        Ledger.open(tmp_path / "no" / "out.csv", PLAN, restart=False)


def test_a_full_disk_is_told_and_survived(output, undisturbed):
    run(output, batches=1, finish=False)
    arrivals = make_arrivals()[SIZE : 2 * SIZE]
    with Ledger.open(output, PLAN, restart=False) as ledger:
        limit = ledger._file.row("PRAGMA page_count")[0]
        ledger._file.row(f"PRAGMA max_page_count = {limit}")
        batch = score(arrivals)
        batch.rows[0] = batch.rows[0]._replace(cells=json.dumps("x" * 50_000))
        with pytest.raises(DataError, match=r"disk is full.*same command again: 8 rows are kept"):
            ledger.keep(arrivals, batch, b"", 0)
        assert ledger.rows == SIZE
    assert run(output) == undisturbed


def test_a_full_disk_while_copies_are_looked_for(output, undisturbed, monkeypatch):
    run(output, finish=False)

    def fill(self, sketches):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("triage.backlog.ledger.CopyFinder.add", fill)
        with pytest.raises(DataError, match="disk is full.*48 rows are kept"):
            run(output)
    assert run(output) == undisturbed


def test_a_disk_that_fails_is_told(output, monkeypatch):
    run(output, finish=False)

    def fail(self, sketches):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("triage.backlog.ledger.CopyFinder.add", fail)
    with pytest.raises(DataError, match=r"cannot be used \(Input/output error\)"):
        run(output)


def test_unfinished_files_of_a_killed_run_are_cleared_away(output):
    (output.parent / ".out.unfinished-abc.csv").write_text(SECRET)
    (output.parent / ".out.csv").write_text("mine")
    Ledger.open(output, PLAN, restart=False).remove()
    assert [path.name for path in output.parent.iterdir()] == [".out.csv"]


def test_the_queue_is_read_through_its_index_alone(output):
    """A sort would carry evidence into temporary files, and all of it into memory."""
    run(output, finish=False)
    with Ledger.open(output, PLAN, restart=False) as ledger:
        ledger.settle()
        seen = []
        ledger._file._connection.set_trace_callback(seen.append)
        next(ledger.ranked(COLUMNS))
        plan = " ".join(row[3] for row in ledger._file.rows(f"EXPLAIN QUERY PLAN {seen[-1]}"))
    assert "COVERING INDEX queue" in plan
    assert "TEMP B-TREE" not in plan
