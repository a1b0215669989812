"""The logged model works with MLflow's own tools: loaded, measured, and served over HTTP."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pandas as pd
import pytest

from triage.tables import ASSESSMENT_COLUMNS, assess_table
from triage.tracking.mlflow_store import connect, open_tracker, require_mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow's own libraries

TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "text": [
            "made-up: they recorded my video call, tonight I will end my life",
            "made-up: 900 rupees went by a courier link",
            "",
        ],
    }
)


@pytest.fixture(scope="module")
def address(tmp_path_factory, model_folder):
    uri = f"sqlite:///{tmp_path_factory.mktemp('served') / 'mlflow.db'}"
    with open_tracker(uri, note=pytest.fail).start("served") as run:
        run.log_model(model_folder)
    with connect(uri) as (client, experiment):
        (logged,) = client.search_logged_models([experiment])
        return uri, logged.model_id, client.get_logged_model(logged.model_id).artifact_location


@pytest.fixture(scope="module")
def loaded(address):
    mlflow = require_mlflow()
    with connect(address[0]):
        return mlflow.pyfunc.load_model(f"models:/{address[1]}")


def test_it_gives_the_same_assessments_as_the_program(loaded, model):
    found = loaded.predict(TABLE)
    assert tuple(found.columns) == ASSESSMENT_COLUMNS
    pd.testing.assert_frame_equal(found, assess_table(model, TABLE))
    assert found["needs_review"].tolist()[2] is True


def test_a_table_without_ids_is_numbered(loaded):
    assert loaded.predict(TABLE[["text"]])["id"].tolist() == ["1", "2", "3"]


def test_an_unknown_column_is_named(loaded):
    with pytest.raises(Exception, match="no column 'mood'"):
        loaded.predict(TABLE, params={"column": "mood"})


def test_a_cell_that_is_no_text_goes_to_a_person(model):
    found = assess_table(model, pd.DataFrame({"text": [None, 7, "plain upi fraud of 900 rupees"]}))
    assert found["needs_review"].tolist()[:2] == [True, True]


def test_mlflow_measures_it(address, loaded, small_corpus):
    mlflow = require_mlflow()
    rows = [c for c in small_corpus if not c.phenomenon][:60]
    table = pd.DataFrame({"text": [c.text for c in rows], "truth": [str(c.category) for c in rows]})
    with connect(address[0]) as (_, experiment), mlflow.start_run(experiment_id=experiment):
        measured = mlflow.models.evaluate(
            lambda texts: loaded.predict(texts, params={"column": "category"}),
            table,
            targets="truth",
            model_type="classifier",
            evaluator_config={"log_explainer": False, "log_model_explainability": False},
        )
    assert measured.metrics["accuracy_score"] > 0.6


def test_it_answers_over_http(address):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["-m", address[2], "--host", "127.0.0.1", "--port", str(port)]
    # MLflow starts the server by its name, as in an activated environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PATH": path}
    server = subprocess.Popen(
        command,
        env=os.environ | quiet,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        answer = _ask(f"http://127.0.0.1:{port}/invocations", server)
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
    first = answer["predictions"][0]
    assert (first["id"], first["priority"], first["category"]) == (
        "a",
        "P1",
        "video_call_blackmail",
    )
    assert "made-up" not in json.dumps([row["reasons"] for row in answer["predictions"]])


def _ask(url: str, server: subprocess.Popen) -> dict:
    body = json.dumps({"dataframe_split": TABLE.to_dict(orient="split", index=False)}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    for _ in range(240):
        assert server.poll() is None, "the server ended before it answered"
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError("the server did not answer in two minutes")
