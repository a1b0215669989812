"""Find the model to use, or train it from the shipped corpus on first use."""

import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from triage import __version__
from triage.config import Settings
from triage.corpus import hash_corpus, read_corpus
from triage.errors import ModelError
from triage.model.assessor import TriageModel
from triage.persistence import MANIFEST, current_versions, load_model_folder, read_manifest
from triage.training import train_model

Progress = Callable[[str], None]


def shipped_corpus() -> Path:
    """Give the folder of the shipped corpus: of the installed package, or of the checkout."""
    bundled = Path(str(resources.files("triage"))) / "bundled" / "corpus"
    return bundled if bundled.is_dir() else _checkout() / "data" / "corpus"


def default_folder() -> Path:
    """Give the folder of the default model: in the checkout, else in the user's cache."""
    checkout = _checkout()
    if (checkout / "pyproject.toml").is_file():
        return checkout / "models" / "default"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "triage" / f"model-{__version__}"


def load_model(
    folder: Path | str | None = None, *, progress: Progress | None = None
) -> TriageModel:
    """Load a model.

    :param folder: a model folder; None takes the default model, which is trained from the
        shipped corpus where it is not there yet or was made for another corpus (about a minute).
    :param progress: called with a plain line before each step of such a training.
    :raises ModelError: where a named folder cannot be used.
    """
    if folder is not None:
        return load_model_folder(Path(folder))
    folder = default_folder()
    if not is_current(folder):
        build_default_model(folder, progress=progress or (lambda step: None))
    return load_model_folder(folder)


def is_current(folder: Path) -> bool:
    """Say whether a folder holds a model of this version, made from the shipped corpus."""
    if not (folder / MANIFEST).is_file():
        return False
    try:
        manifest = read_manifest(folder)
    except ModelError:
        return False
    return (
        manifest.versions == current_versions()
        and manifest.settings == Settings()
        and all((folder / name).is_file() for name in manifest.files)
        and manifest.corpus_sha256 == hash_corpus(read_corpus([shipped_corpus()]))
    )


def build_default_model(folder: Path, *, progress: Progress, workers: int = 2) -> None:
    """Train the default model from the shipped corpus."""
    complaints = read_corpus([shipped_corpus()])
    train_model(complaints, Settings(), output=folder, progress=progress, workers=workers)


def _checkout() -> Path:
    return Path(__file__).resolve().parents[2]
