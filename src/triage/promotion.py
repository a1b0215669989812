"""Use case: put a model into use, if it passes the gates; and go back to the one before."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.default_model import champion_folder
from triage.errors import TrackingError
from triage.gates import GateResult, Gates, check_gates, find_rival
from triage.persistence import MANIFEST, read_manifest
from triage.records import LabelledComplaint
from triage.tracking.mlflow_store import MlflowTracker
from triage.tracking.registry import crown, fetch_model, find_run, put_in_place, roll_back, tag_run

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of it.

    :param promoted: whether the model is in use now.
    :param version: its number in the registry; 0 where it was not promoted.
    """

    name: str
    results: Sequence[GateResult]
    promoted: bool
    version: int


def promote(
    candidate: str,
    complaints: Sequence[LabelledComplaint],
    gates: Gates,
    *,
    uri: str,
    force: str = "",
    progress: Progress = lambda step: None,
) -> Promotion:
    """Put a model into use where it passes the gates.

    :param candidate: a model folder, or a run of the store: its id, the beginning of it, or its name.
    :param complaints: labelled complaints to measure on.
    :param force: a reason to promote it all the same; it is kept with the version.
    :raises TrackingError: where the store or the run cannot be used.
    :raises ModelError: where the model cannot be used.
    """
    with tempfile.TemporaryDirectory() as nearby:
        folder, run = Path(candidate), ""
        if not (folder / MANIFEST).is_file():
            run = find_run(uri, candidate).id
            folder = Path(nearby) / "model"
            progress("fetching the model from the store")
            fetch_model(uri, run, folder)
        results = check_gates(
            folder, complaints, gates, rival=find_rival(folder), progress=progress
        )
        name = read_manifest(folder).name
        failed = [result.gate for result in results if not result.passed]
        if failed and not force:
            return Promotion(name, results, False, 0)
        progress("registering")
        run = run or _keep_folder(uri, folder, name)
        tag_run(uri, run, {f"gate.{r.gate}": _in_words(r) for r in results})
        reason = f"forced past {', '.join(failed)}: {force}" if failed else "passed every gate"
        version = crown(uri, run, reason=reason)
        put_in_place(folder, champion_folder())
        return Promotion(name, results, True, version)


def _in_words(result: GateResult) -> str:
    return f"{'passed' if result.passed else 'FAILED'}: {result.measured}; asked {result.asked}"


def _keep_folder(uri: str, folder: Path, name: str) -> str:
    """Keep a model that was trained outside of the store as a run of its own."""
    failures: list[str] = []
    with MlflowTracker(uri, note=failures.append).start(name) as run:
        run.log_model(folder)
    if failures:
        raise TrackingError("; ".join(failures))
    return run.id


def restore_previous(uri: str) -> str:
    """Put the champion before this one back into use.

    :returns: the model's name.
    :raises TrackingError: where there was none before.
    """
    run = roll_back(uri)
    fetch_model(uri, run, champion_folder())
    return read_manifest(champion_folder()).name
