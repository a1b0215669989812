"""What people call a model: a folder, ``champion``, ``default``, or a run that MLflow keeps."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from triage.default_model import CHAMPION, DEFAULT, load_model
from triage.model.assessor import TriageModel
from triage.persistence import MANIFEST, load_model_folder
from triage.tracking.mlflow_store import sqlite_path
from triage.tracking.registry import fetch_model, find_run

Progress = Callable[[str], None]


def load_named_model(
    name: str, *, store: str, progress: Progress = lambda step: None
) -> TriageModel:
    """Load the model that a name stands for.

    :param name: a model folder; ``champion``, the model in use; ``default``, that of the shipped
        corpus; or a run: its id, the beginning of it, or its name. A folder named
        like a run comes first.
    :param store: address of the MLflow store that the runs are in.
    :param progress: called with a plain line before each step of a training on first use.
    :raises ModelError: where it cannot be used.
    :raises TrackingError: where it is no folder, and no run either.
    """
    if name in (CHAMPION, DEFAULT) or (Path(name) / MANIFEST).is_file():
        return load_model(name, progress=progress)
    path = sqlite_path(store)
    if Path(name).exists() or (path and not path.exists()):
        return load_model_folder(Path(name))  # says what is wrong with it
    with tempfile.TemporaryDirectory() as nearby:
        progress(f"fetching {name} from the store")
        fetch_model(store, find_run(store, name).id, Path(nearby) / "model")
        return load_model_folder(Path(nearby) / "model")
