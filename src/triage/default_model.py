"""Find the model to use, or train it from the shipped corpus on first use."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from triage import __version__
from triage.config import Settings
from triage.corpus import hash_corpus, read_corpus
from triage.errors import DataError, ModelError, ModelFormatError
from triage.model.assessor import TriageModel
from triage.persistence import MANIFEST, current_versions, load_model_folder, read_manifest
from triage.training import train_model

Progress = Callable[[str], None]

CHAMPION, DEFAULT = "champion", "default"


def shipped_corpus() -> Path:
    """Give the folder of the shipped corpus: of the installed package, or of the checkout."""
    bundled = Path(str(resources.files("triage"))) / "bundled" / "corpus"
    return bundled if bundled.is_dir() else _checkout() / "data" / "corpus"


def shipped_devset() -> Path:
    """Give the folder of the test set in the checkout; an installed package has none."""
    folder = _checkout() / "data" / "devset"
    if not folder.is_dir():
        raise DataError("the test set is not part of an installed package; name labelled files")
    return folder


def default_folder() -> Path:
    """Give the folder of the default model: in the checkout, else in the user's cache."""
    checkout = _checkout()
    if (checkout / "pyproject.toml").is_file():
        return checkout / "models" / "default"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "triage" / f"model-{__version__}"


def champion_folder() -> Path:
    """Give the folder of the model that `triage promote` put into use, beside the default one."""
    return default_folder().with_name("champion")


def default_store() -> str:
    """Give the address of the experiments' store: in the checkout, else in the user's cache."""
    checkout = _checkout()
    if (checkout / "pyproject.toml").is_file():
        return f"sqlite:///{checkout / 'experiments' / 'mlflow.db'}"
    return f"sqlite:///{default_folder().with_name('mlflow.db')}"


def load_model(
    folder: Path | str | None = None, *, progress: Progress | None = None
) -> TriageModel:
    """Load a model.

    :param folder: see ``prepare_model``.
    :param progress: called with a plain line before each step of a training.
    :raises ModelError: where a named folder cannot be used.
    """
    found = prepare_model(folder, progress=progress)
    with _showing_the_way_out(folder, found):
        return load_model_folder(found)


def prepare_model(folder: Path | str | None = None, *, progress: Progress | None = None) -> Path:
    """Give the folder of a model, ready to be loaded.

    :param folder: a model folder, ``champion`` or ``default``; None takes the champion where there
        is one, else the default model. That is trained from the shipped corpus where it is not
        there yet or was made for another corpus (about a minute).
    :param progress: called with a plain line before each step of such a training.
    :raises ModelError: where a named folder is none, or is damaged.
    """
    found = find_model(folder)
    if found == default_folder() and not is_current(found):
        build_default_model(found, progress=progress or (lambda step: None))
    with _showing_the_way_out(folder, found):
        read_manifest(found)
    return found


@contextmanager
def _showing_the_way_out(folder: Path | str | None, found: Path) -> Iterator[None]:
    """Say what to do where the champion, which nobody named, cannot be used."""
    try:
        yield
    except ModelError as error:
        if folder is None and found == champion_folder():
            raise type(error)(
                f"{error}. It is the champion: promote the new one then (triage promote); until"
                " then use the shipped model: --model default"
            ) from None
        raise


def find_model(folder: Path | str | None = None) -> Path:
    """Give the folder that ``load_model`` loads.

    :param folder: a model folder, ``champion`` or ``default`` (a folder of that name is
        ``./default``); None takes the champion where there is one, else the default model.
    :raises ModelFormatError: for the champion where no model was promoted yet.
    """
    if folder is None:
        return champion_folder() if champion_folder().is_dir() else default_folder()
    if str(folder) == DEFAULT:
        return default_folder()
    if str(folder) == CHAMPION:
        if not champion_folder().is_dir():
            raise ModelFormatError("no model was promoted yet; see: triage promote --help")
        return champion_folder()
    return Path(folder)


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
