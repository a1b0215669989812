"""Runs in an MLflow store: an SQLite file beside the experiments, or a server.

No server is needed. Whatever fails here warns and goes on: a trained model is worth more than
its record. ``autolog`` and data set logging stay off, for they would keep texts.
"""

import logging
import os
import re
import shutil
import socket
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.errors import ConfigError, MissingLibraryError, TrackingError
from triage.persistence import REPORT
from triage.tracking.records import NoTracker, Run, Tracker, TrainingRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "triage"
MODEL_ARTIFACT = "model"
_PARENT, _HOST, _PROCESS = "mlflow.parentRunId", "triage.host", "triage.process"

_CAUSES = (
    ("locked", "another program is writing to it; try again when that is done"),
    ("readonly", "it may not be written; check its permissions"),
    ("unable to open", "its folder is not there or may not be written"),
    ("out-of-date", "it was made by another version of MLflow; upgrade it: mlflow db upgrade URI"),
    ("can't locate revision", "it was made by a newer MLflow; update triage's packages"),
    ("not a database", "the file is no SQLite store; name another one"),
    ("connection", "the server does not answer; check --tracking-uri"),
)

Note = Callable[[str], None]


def explain_failure(error: BaseException) -> str:
    """Say in plain words why a store failed; what the error itself says may quote its input."""
    told = str(error).lower()
    for sign, meaning in _CAUSES:
        if sign in told:
            return meaning
    return f"an error of kind {type(error).__name__}"


def require_mlflow() -> Any:
    """Import MLflow, set to tell nobody and to show no bars.

    :raises ConfigError: where it is not installed.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    try:
        import mlflow
    except ImportError:
        raise MissingLibraryError("tracking", "mlflow") from None
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


@contextmanager
def connect(uri: str) -> "Iterator[tuple[MlflowClient, str]]":
    """Open a store for as long as a block runs.

    :param uri: ``sqlite:///...`` or a server's address.
    :returns: a client, and the id of triage's experiment, which is made where it is not there.
    :raises TrackingError: where the store cannot be used.
    """
    mlflow = require_mlflow()
    before = mlflow.get_tracking_uri()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries below MLflow; nothing a user can mend
            try:
                mlflow.set_tracking_uri(uri)
                client = mlflow.MlflowClient()
                experiment = _find_experiment(client, uri)
            except Exception as error:
                raise TrackingError(
                    f"the store {show_uri(uri)}: {explain_failure(error)}"
                ) from None
            yield client, experiment
    finally:
        mlflow.set_tracking_uri(before)


def _find_experiment(client: "MlflowClient", uri: str) -> str:
    path = sqlite_path(uri)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
    found = client.get_experiment_by_name(EXPERIMENT)
    if found:
        return str(found.experiment_id)
    # Beside the store, not below wherever the program happens to be started.
    beside = (path.parent / "mlflow-artifacts").resolve().as_uri() if path else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=beside))


def show_uri(uri: str) -> str:
    """Give an address without the password that may stand in it.

    >>> show_uri("postgresql://desk:secret@127.0.0.1/runs")
    'postgresql://***@127.0.0.1/runs'
    """
    return re.sub(r"//[^@/]*@", "//***@", uri)


def sqlite_path(uri: str) -> Path | None:
    """Give the file of an SQLite store; None for a server.

    >>> sqlite_path("sqlite:///experiments/mlflow.db").name
    'mlflow.db'
    """
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


def open_tracker(uri: str, *, note: Note) -> Tracker:
    """Open a tracker on a store, and mark what earlier runs left unfinished.

    :param note: called with a plain line where the store cannot be used: nothing is kept then.
    """
    try:
        with connect(uri) as (client, experiment):
            close_abandoned(client, experiment)
    except (TrackingError, ConfigError) as error:
        note(f"this run is not kept in MLflow: {error}")
        return NoTracker()
    return MlflowTracker(uri, note=note)


def close_abandoned(client: "MlflowClient", experiment: str) -> None:
    """Mark runs whose process on this machine is gone (killed, power cut) as interrupted."""
    with suppress(Exception):  # tidying up is never worth a training
        for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
            tags = run.data.tags
            process = tags.get(_PROCESS, "")
            here = tags.get(_HOST) == socket.gethostname()
            if here and process.isdigit() and not _is_alive(int(process)):
                client.set_terminated(run.info.run_id, status="KILLED")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class MlflowTracker:
    """Keeps runs in an MLflow store."""

    def __init__(self, uri: str, *, note: Note) -> None:
        self.uri, self.note = uri, note

    @contextmanager
    def start(self, name: str, *, parent: str = "") -> Iterator[Run]:
        """Start a run; see ``records.Tracker``."""
        run = _MlflowRun(self.uri, self.note)
        with run.guarded("begin"):
            run.begin(name, parent)
        status = "FAILED"
        try:
            yield run
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        finally:
            with run.guarded("end"):
                run.end(status)


class _MlflowRun:
    def __init__(self, uri: str, note: Note) -> None:
        self.uri, self.note, self.id = uri, note, ""

    @contextmanager
    def guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except TrackingError as error:
            self.note(f"MLflow ({what}): {error}")
        except Exception as error:
            self.note(f"MLflow ({what}): {explain_failure(error)}; the model is not harmed")

    def begin(self, name: str, parent: str) -> None:
        with connect(self.uri) as (client, experiment):
            tags = {_HOST: socket.gethostname(), _PROCESS: str(os.getpid())}
            tags |= {_PARENT: parent} if parent else {}
            run = client.create_run(experiment, run_name=name, tags=tags)
            self.id = str(run.info.run_id)

    def end(self, status: str) -> None:
        if self.id:
            with connect(self.uri) as (client, _):
                client.set_terminated(self.id, status=status)

    def log_numbers(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Keep parameters and numbers of a trial."""
        with self.guarded("numbers"):
            self._log(params, metrics)

    def _log(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        if not self.id:
            return
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        with connect(self.uri) as (client, _):
            client.log_batch(
                self.id,
                params=[Param(name, str(value)) for name, value in params.items()],
                metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
            )

    def log_training(self, record: TrainingRecord, documents: Mapping[str, str]) -> None:
        """Keep what was measured."""
        with self.guarded("record"):
            self._log(record.params(), record.metrics())
            if self.id:
                self._log_files(record, documents)

    def _log_files(self, record: TrainingRecord, documents: Mapping[str, str]) -> None:
        with connect(self.uri) as (client, _):
            for name, points in record.curve.items():
                for step, value in points:
                    client.log_metric(self.id, f"curve.{name}", value, step=step)
            for name, text in documents.items():
                client.log_text(self.id, text, name)
            for name, drawing in record.figures.items():
                client.log_text(self.id, drawing.decode(), f"figures/{name}.svg")

    def log_model(self, folder: Path) -> bool:
        """Keep the model folder, ready to be served; False where that failed."""
        kept = False
        with self.guarded("model"):
            if self.id:
                _log_service(self.uri, self.id, folder)
                kept = True
        return kept


def _log_service(uri: str, run: str, folder: Path) -> str:
    """Log a model folder as a pyfunc "from code".

    :returns: MLflow's address of the model.
    """
    from triage.tracking import signature

    mlflow = require_mlflow()
    code = Path(__file__).with_name("service.py")
    with connect(uri) as (client, _), tempfile.TemporaryDirectory() as nearby:
        # Without the page for people: it names cases, and a case's number may name a person.
        copy = shutil.copytree(folder, Path(nearby) / "model", ignore=lambda *_: {REPORT})
        mlflow.start_run(run_id=run)
        try:
            logged = mlflow.pyfunc.log_model(
                name=MODEL_ARTIFACT,
                python_model=str(code),
                artifacts={signature.FOLDER: str(copy)},
                signature=signature.build_signature(),
                input_example=signature.build_example(),
                pip_requirements=signature.list_requirements(),
            )
        finally:
            mlflow.end_run()
            client.update_run(run, status="RUNNING")  # it ends with its own block, not here
    return str(logged.model_uri)
