"""The registry: which model is in use (the champion), which one was before, and fetching either."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.errors import TrackingError
from triage.tracking.mlflow_store import connect, explain_failure, require_mlflow, show_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "triage"
CHAMPION, PREVIOUS = "champion", "previous"
_MANIFEST = "manifest.json"
_SHORTEST_ID = 4


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as a list of runs shows it.

    :param status: ``FINISHED``, ``FAILED``, ``KILLED`` (interrupted) or ``RUNNING``.
    :param started: UTC.
    :param metrics: by name, such as ``recall.all``.
    :param champion: whether its model is the one in use.
    """

    id: str
    name: str
    status: str
    started: datetime
    metrics: dict[str, float]
    params: dict[str, str]
    champion: bool


@contextmanager
def _open(uri: str) -> "Iterator[tuple[MlflowClient, str]]":
    with connect(uri) as (client, experiment):
        try:
            yield client, experiment
        except TrackingError:
            raise
        except Exception as error:
            raise TrackingError(f"the store {show_uri(uri)}: {explain_failure(error)}") from None


def list_runs(uri: str, *, most: int = 50) -> list[RunSummary]:
    """List the latest runs, newest first.

    :raises TrackingError: where the store cannot be used.
    """
    with _open(uri) as (client, experiment):
        champion = _alias_run(client, CHAMPION)
        runs = client.search_runs(
            [experiment], order_by=["attributes.start_time DESC"], max_results=most
        )
        return [_summarise(run, champion) for run in runs]


def _summarise(run: Any, champion: str) -> RunSummary:
    return RunSummary(
        id=run.info.run_id,
        name=run.info.run_name or "",
        status=run.info.status,
        started=datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        metrics=dict(run.data.metrics),
        params=dict(run.data.params),
        champion=run.info.run_id == champion,
    )


def _alias_run(client: "MlflowClient", alias: str) -> str:
    version = _alias_version(client, alias)
    return str(version.run_id) if version else ""


def _alias_version(client: "MlflowClient", alias: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(MODEL, alias)
    except MlflowException:
        return None


def find_run(uri: str, name: str) -> RunSummary:
    """Find a run by its id, the beginning of its id, or its name (the newest one of that name).

    :raises TrackingError: where there is none, or several ids begin so.
    """
    runs = list_runs(uri, most=1000)
    named = [run for run in runs if run.name == name]
    found = (
        [run for run in runs if run.id == name]
        or [run for run in named if run.status == "FINISHED"]
        or named
        or [run for run in runs if len(name) >= _SHORTEST_ID and run.id.startswith(name)]
    )
    if not found:
        raise TrackingError(f"there is no run {name!r} in {show_uri(uri)}; see: triage experiments")
    if found[0].name != name and len(found) > 1:
        raise TrackingError(f"{len(found)} runs begin with {name!r}; give more of the id")
    return found[0]


def fetch_model(uri: str, run: str, folder: Path) -> None:
    """Copy the model folder of a run out of the store.

    :param run: full id of the run.
    :param folder: where to; not there yet.
    :raises TrackingError: where the run holds no model.
    """
    mlflow = require_mlflow()
    with _open(uri) as (client, experiment), tempfile.TemporaryDirectory() as nearby:
        address = _model_address(client, experiment, run)
        mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=nearby)
        manifests = sorted(Path(nearby).rglob(_MANIFEST))
        if not manifests:
            raise TrackingError(f"run {run}: its model holds no {_MANIFEST}; train it again")
        shutil.copytree(manifests[0].parent, folder)


def _model_address(client: "MlflowClient", experiment: str, run: str) -> str:
    models = client.search_logged_models([experiment], filter_string=f"source_run_id = '{run}'")
    if not models:
        raise TrackingError(f"run {run}: keeps no model; train it again, or name a model folder")
    return f"models:/{models[0].model_id}"


def crown(uri: str, run: str, *, reason: str) -> int:
    """Register the model of a run and make it the champion.

    :param reason: why, in a few words; kept with the version.
    :returns: the version's number.
    """
    with _open(uri) as (client, experiment):
        if not client.search_registered_models(f"name = '{MODEL}'"):
            client.create_registered_model(MODEL)
        source = _model_address(client, experiment, run)
        before = _alias_version(client, CHAMPION)
        version = client.create_model_version(
            MODEL, source=source, run_id=run, tags={"reason": reason}
        )
        if before is not None and before.run_id != run:
            client.set_registered_model_alias(MODEL, PREVIOUS, before.version)
        client.set_registered_model_alias(MODEL, CHAMPION, version.version)
        return int(version.version)


def tag_run(uri: str, run: str, tags: dict[str, str]) -> None:
    """Write short remarks to a run."""
    with _open(uri) as (client, _):
        for name, value in tags.items():
            client.set_tag(run, name.replace(" ", "_"), value)


def find_previous(uri: str) -> str:
    """Give the run of the champion before this one; empty where there was none."""
    with _open(uri) as (client, _):
        return _alias_run(client, PREVIOUS)


def swap_champions(uri: str) -> None:
    """Make the champion before this one the champion again; a second time comes back."""
    with _open(uri) as (client, _):
        now, before = (_alias_version(client, alias) for alias in (CHAMPION, PREVIOUS))
        client.set_registered_model_alias(MODEL, CHAMPION, before.version)
        client.set_registered_model_alias(MODEL, PREVIOUS, now.version)


def drop_champion(uri: str) -> None:
    """Leave no champion: the default model is in use then."""
    with _open(uri) as (client, _):
        if _alias_version(client, CHAMPION) is not None:
            client.delete_registered_model_alias(MODEL, CHAMPION)
