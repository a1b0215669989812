"""Runs in an SQLite store: kept, marked when interrupted, and never at the cost of the work."""

import os
import socket
import sqlite3
import subprocess
import sys

import pytest

from triage.config import Settings
from triage.errors import TrackingError
from triage.evaluation.metrics import Measure
from triage.tracking.mlflow_store import (
    MlflowTracker,
    close_abandoned,
    connect,
    explain_failure,
    open_tracker,
    sqlite_path,
)
from triage.tracking.records import DataOrigin, NoTracker, TrainingRecord
from triage.tracking.registry import (
    crown,
    drop_champion,
    fetch_model,
    find_previous,
    find_run,
    list_runs,
    swap_champions,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow's own libraries

RECORD = TrainingRecord(
    settings=Settings(),
    versions={"spacy": "3.8"},
    data=[DataOrigin("ab" * 32, 12, "own")],
    counts={"language.en": 12},
    measures={"recall.en": Measure(0.5, 0.1, 0.9, 4), "recall.mr": Measure(*[float("nan")] * 3, 0)},
    numbers={"threshold": 0.2},
    curve={"category_f1": [(5, 0.4), (12, 0.6)]},
    figures={"confusion": b"<svg/>"},
)


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}"


@pytest.fixture(scope="module")
def run_id(uri, model_folder):
    with open_tracker(uri, note=pytest.fail).start("first") as run:
        run.log_training(RECORD, {"README.md": "# card"})
        run.log_model(model_folder)
    return run.id


def test_a_run_keeps_what_was_measured(uri, run_id, tmp_path):
    (run,) = (r for r in list_runs(uri) if r.id == run_id)
    assert (run.name, run.status, run.champion) == ("first", "FINISHED", False)
    assert run.params["data.own.sha256"] == "ab" * 32
    assert run.params["text_c"] == "1.0"
    assert run.metrics["recall.en"] == 0.5
    assert run.metrics["recall.en.high"] == 0.9
    assert "recall.mr" not in run.metrics
    with connect(uri) as (client, _):
        points = [(m.step, m.value) for m in client.get_metric_history(run_id, "curve.category_f1")]
        files = {f.path for f in client.list_artifacts(run_id)}
    assert points == [(5, 0.4), (12, 0.6)]
    assert files == {"README.md", "figures"}


def test_the_champion_moves_and_comes_back(uri, run_id, model_folder, tmp_path):
    assert crown(uri, run_id, reason="passed every gate") == 1
    assert find_previous(uri) == ""
    with open_tracker(uri, note=pytest.fail).start("second") as second:
        second.log_model(model_folder)
    crown(uri, second.id, reason="better")
    assert [r.name for r in list_runs(uri) if r.champion] == ["second"]
    crown(uri, second.id, reason="once more")  # promoting it twice forgets nobody
    assert find_previous(uri) == run_id
    swap_champions(uri)
    assert [r.name for r in list_runs(uri) if r.champion] == ["first"]
    swap_champions(uri)
    assert [r.name for r in list_runs(uri) if r.champion] == ["second"]
    drop_champion(uri)
    assert not any(r.champion for r in list_runs(uri))
    fetch_model(uri, run_id, tmp_path / "model")
    same = (tmp_path / "model" / "manifest.json").read_bytes()
    assert same == (model_folder / "manifest.json").read_bytes()


def test_runs_are_found_by_id_and_name(uri, run_id):
    assert find_run(uri, run_id[:10]).id == find_run(uri, "first").id == run_id
    with pytest.raises(TrackingError, match="no run 'nothing'"):
        find_run(uri, "nothing")


def test_a_name_comes_before_the_beginning_of_an_id(uri, run_id):
    with open_tracker(uri, note=pytest.fail).start(run_id[:5]) as named:
        pass
    assert find_run(uri, run_id[:5]).id == named.id
    with pytest.raises(TrackingError, match="no run"):
        find_run(uri, run_id[:3])


def test_a_run_without_a_model_says_so(uri, tmp_path):
    with open_tracker(uri, note=pytest.fail).start("bare") as run:
        pass
    with pytest.raises(TrackingError, match="keeps no model"):
        fetch_model(uri, run.id, tmp_path / "none")


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")]
)
def test_an_interrupted_run_is_marked(uri, error, status):
    tracker = open_tracker(uri, note=pytest.fail)
    with pytest.raises(error), tracker.start(f"ends by {status}"):
        raise error
    assert find_run(uri, f"ends by {status}").status == status


def test_a_run_whose_process_died_is_marked_on_the_next_look(uri):
    code = (
        "import os; from triage.tracking.mlflow_store import MlflowTracker\n"
        f"with MlflowTracker({uri!r}, note=print).start('killed'): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert find_run(uri, "killed").status == "RUNNING"
    with connect(uri) as (client, experiment):
        close_abandoned(client, experiment)
    assert find_run(uri, "killed").status == "KILLED"


def test_an_unusable_store_warns_before_the_work(tmp_path):
    broken = tmp_path / "mlflow.db"
    broken.write_text("this is no database " * 50)
    notes: list[str] = []
    assert isinstance(open_tracker(f"sqlite:///{broken}", note=notes.append), NoTracker)
    assert "not kept" in notes[0]
    assert "no SQLite store" in notes[0]


def test_a_store_that_fails_midway_warns_and_goes_on(tmp_path):
    path = tmp_path / "mlflow.db"
    notes: list[str] = []
    with open_tracker(f"sqlite:///{path}", note=notes.append).start("x") as run:
        with sqlite3.connect(path) as database:
            database.execute("drop table metrics")
        run.log_training(RECORD, {})
    assert any("the model is not harmed" in line for line in notes)


def test_a_store_of_a_newer_version_is_named(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    open_tracker(uri, note=pytest.fail)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("update alembic_version set version_num = 'ffffffffffff'")
    code = f"from triage.tracking.mlflow_store import connect\nwith connect({uri!r}): pass"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"TrackingError" in done.stderr
    assert b"version of MLflow" in done.stderr or b"newer MLflow" in done.stderr


def test_failures_are_told_without_what_they_quote():
    secret = ValueError("near 'Vishwambhar 9876501234': syntax error")
    assert explain_failure(secret) == "an error of kind ValueError"
    assert "another program" in explain_failure(OSError("(sqlite3) database is locked"))


def test_a_locked_store_costs_no_training(tmp_path):
    path = tmp_path / "mlflow.db"
    uri = f"sqlite:///{path}"
    with connect(uri) as (client, experiment):
        client.create_run(
            experiment, tags={"triage.host": socket.gethostname(), "triage.process": "999999"}
        )
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        with open_tracker(uri, note=lambda line: None).start("x") as run:
            run.log_training(RECORD, {})
    finally:
        tmp_path.chmod(0o755)


def test_a_model_that_cannot_be_kept_spoils_no_later_run(uri, model_folder, monkeypatch):
    import mlflow

    notes: list[str] = []

    def fail(**_):
        raise OSError(28, "No space left on device")

    tracker = open_tracker(uri, note=notes.append)
    with monkeypatch.context() as patch, tracker.start("full disk") as run:
        patch.setattr(mlflow.pyfunc, "log_model", fail)
        assert run.log_model(model_folder) is False
    assert mlflow.active_run() is None
    assert find_run(uri, "full disk").status == "FINISHED"
    with tracker.start("later") as later:
        assert later.log_model(model_folder) is True
    assert len(notes) == 1


def test_passwords_are_not_shown(monkeypatch):
    import mlflow.store.db.utils

    monkeypatch.setattr(mlflow.store.db.utils, "MAX_RETRY_COUNT", 1)  # it would try for 100 s
    with pytest.raises(TrackingError) as told, connect("postgresql://desk:S3cret@127.0.0.1:1/x"):
        pass
    assert "S3cret" not in str(told.value)


def test_nothing_is_kept_without_a_tracker(model_folder):
    with NoTracker().start("x") as run:
        run.log_training(RECORD, {})
        run.log_numbers({}, {})
        run.log_model(model_folder)
    assert run.id == ""


def test_which_file_a_store_is():
    assert sqlite_path("http://127.0.0.1:5000") is None
    assert os.fspath(sqlite_path("sqlite:////a/b.db") or "") == "/a/b.db"


def test_the_store_before_stays_set(uri):
    import mlflow

    before = mlflow.get_tracking_uri()
    with MlflowTracker(uri, note=pytest.fail).start("again"):
        pass
    assert mlflow.get_tracking_uri() == before
