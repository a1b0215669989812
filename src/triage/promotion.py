"""Use case: put a model into use, if it passes the gates; and go back to the one before."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.default_model import DEFAULT, champion_folder
from triage.errors import DataError, TrackingError
from triage.gates import GateResult, Gates, check_gates, find_rival
from triage.persistence import MANIFEST, load_model_folder, read_manifest, short_hash
from triage.records import LabelledComplaint
from triage.tracking.mlflow_store import MlflowTracker
from triage.tracking.registry import (
    crown,
    drop_champion,
    fetch_model,
    find_previous,
    find_run,
    swap_champions,
    tag_run,
)

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
        # The folder first: where the disk is full nothing has changed then.
        put_into_use(folder, champion_folder())
        version = crown(uri, run, reason=reason)
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
    """Put the champion before this one back into use; where there was none, the default model.

    :returns: the model's name.
    :raises TrackingError: where no model was ever promoted.
    """
    place, run = champion_folder(), find_previous(uri)
    if not run:
        if not place.is_dir():
            raise TrackingError("no model was promoted yet, so there is none to go back from")
        drop_champion(uri)
        place.unlink()
        return DEFAULT
    with tempfile.TemporaryDirectory() as nearby:
        fetch_model(uri, run, Path(nearby) / "model")
        model = load_model_folder(Path(nearby) / "model")  # before anything is changed
        put_into_use(Path(nearby) / "model", place)
    swap_champions(uri)
    return model.name


def put_into_use(source: Path, place: Path) -> None:
    """Copy a model folder and let the place point to the copy, in one step that cannot be half done.

    :param source: the model folder.
    :param place: a link to a folder beside it; who is reading the old one can read on.
    :raises DataError: where the disk is full or may not be written; the old one stays in use then.
    """
    folder = place.with_name(f"{place.name}-{short_hash(source)}")
    before = place.resolve() if place.is_symlink() else None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as nearby:
            if not folder.is_dir():
                shutil.copytree(source, Path(nearby) / "model")
                (Path(nearby) / "model").rename(folder)
            (Path(nearby) / "link").symlink_to(folder.name)
            (Path(nearby) / "link").replace(place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"cannot be written ({reason}); the model in use stays", path=place
        ) from None
    for old in place.parent.glob(f"{place.name}-*"):
        if old not in (folder, before):
            shutil.rmtree(old, ignore_errors=True)
