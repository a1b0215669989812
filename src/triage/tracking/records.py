"""What a run keeps of a training, and who keeps it.

A record has no place for a text: numbers, settings, hashes, counts and drawings of numbers.
So nothing that a citizen wrote can come into a store, whatever the store is.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Protocol

from triage.config import Settings
from triage.evaluation.metrics import Measure
from triage.evaluation.scorecard import Scorecard, Scores


@dataclass(frozen=True, slots=True)
class DataOrigin:
    """Where labelled complaints came from: a hash, never a name or a path.

    :param sha256: of texts and labels; see ``corpus.hash_corpus``.
    :param role: ``own`` for the user's cases, ``shipped`` for the corpus that comes with triage.
    """

    sha256: str
    complaints: int
    role: str


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """All that a run keeps of a training.

    :param versions: of the libraries and the lexicon; see ``persistence.current_versions``.
    :param data: what the model was trained on.
    :param counts: complaints by language, category and level, such as ``{"language.en": 120}``.
    :param measures: numbers by name, such as ``{"recall.en": Measure(...)}``; see ``flatten``.
    :param numbers: further numbers: seconds, memory in MB, the operating point.
    :param curve: measures by the number of complaints taught on, for each name.
    :param figures: drawings, SVG, by name.
    """

    settings: Settings
    versions: Mapping[str, str]
    data: Sequence[DataOrigin]
    counts: Mapping[str, int]
    measures: Mapping[str, Measure]
    numbers: Mapping[str, float]
    curve: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    figures: Mapping[str, bytes] = field(default_factory=dict)

    def params(self) -> dict[str, str | int | float]:
        """Give the settings and the data's hashes and counts, as MLflow's parameters."""
        origins = {
            f"data.{origin.role}.{name}": value
            for origin in self.data
            for name, value in (("sha256", origin.sha256), ("complaints", origin.complaints))
        }
        versions = {f"version.{name}": value for name, value in self.versions.items()}
        return {**asdict(self.settings), **versions, **origins, **self.counts}

    def metrics(self) -> dict[str, float]:
        """Give every measure with the ends of its interval, and the further numbers."""
        out = dict(self.numbers)
        for name, measure in self.measures.items():
            ends = {"": measure.value, ".low": measure.low, ".high": measure.high}
            # A measure of nothing is left out: no store knows what nan is.
            out |= {name + end: value for end, value in ends.items() if value == value}
        return out


def flatten(scorecard: Scorecard) -> dict[str, Measure]:
    """Name each measure of a scorecard by measure and group.

    :returns: such as ``recall.all``, ``recall.en`` and ``pairs.negation``.
    """
    groups = {"all": scorecard.overall, **scorecard.languages}
    named = {
        f"{part.name}.{group}": getattr(scores, part.name)
        for group, scores in groups.items()
        for part in fields(Scores)
    }
    return named | {f"pairs.{name}": value for name, value in scorecard.phenomena.items()}


class Run(Protocol):
    """One run that is being written."""

    id: str
    """How the store names it; empty where nothing is kept."""

    def log_training(self, record: TrainingRecord, documents: Mapping[str, str]) -> None:
        """Keep what was measured.

        :param documents: Markdown or HTML by file name: the model card, the report.
        """

    def log_numbers(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Keep parameters and numbers of a trial."""

    def log_model(self, folder: Path) -> bool:
        """Keep the model folder, ready to be served; False where it is not kept."""


class Tracker(Protocol):
    """Keeps runs. A failure of it never costs a trained model."""

    def start(self, name: str, *, parent: str = "") -> AbstractContextManager[Run]:
        """Start a run; it ends as finished, failed or interrupted with the block.

        :param parent: id of the run that it is a part of.
        """


class _NoRun:
    id = ""

    def log_training(self, record: TrainingRecord, documents: Mapping[str, str]) -> None:
        pass

    def log_numbers(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        pass

    def log_model(self, folder: Path) -> bool:
        return False


class NoTracker:
    """Keeps nothing: for ``--no-track``, and where MLflow is not installed."""

    def start(self, name: str, *, parent: str = "") -> AbstractContextManager[Run]:
        """Start a run that keeps nothing."""
        return nullcontext(_NoRun())
