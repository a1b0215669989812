"""Use case: labelled cases, alone or with the shipped corpus, to a model, a report and a run."""

import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.config import Settings
from triage.corpus import hash_corpus, leave_out, read_corpus
from triage.default_model import shipped_corpus
from triage.evaluation.corpus_checks import hold_together
from triage.evaluation.figures import draw_figures, draw_learning_curve
from triage.evaluation.report import write_report
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.files.row_files import whole_or_nothing
from triage.persistence import CARD, REPORT, current_versions
from triage.records import LabelledComplaint
from triage.tracking.records import DataOrigin, NoTracker, Tracker, TrainingRecord, flatten
from triage.training import Progress, Trained, train_model


@dataclass(frozen=True, slots=True)
class Retrained:
    """What retraining gives.

    :param scorecard: on the user's own cases, each judged by readers that had not seen its story.
    :param run: id of the run that keeps it; empty where none does.
    :param kept: whether the run holds the model itself as well.
    """

    trained: Trained
    scorecard: Scorecard
    run: str
    kept: bool


def retrain(
    own: Sequence[LabelledComplaint],
    settings: Settings,
    *,
    output: Path,
    name: str,
    extend: bool = True,
    tracker: Tracker | None = None,
    progress: Progress = lambda step: None,
    workers: int = 1,
) -> Retrained:
    """Train on somebody's own cases and keep all that shows how good the model is.

    :param own: their labelled complaints.
    :param output: the model folder; the report is put into it.
    :param extend: whether to learn from the shipped corpus as well. Measured are their cases alone.
    :param tracker: keeps the run; None keeps nothing.
    :param progress: called with a plain line before each step.
    :param workers: processes; changes nothing in the result.
    :raises DataError: where there are too few complaints of some label.
    """
    tracker = tracker or NoTracker()
    start = time.monotonic()
    progress("looking for near-copies, which no part may share with another")
    shipped = leave_out(read_corpus([shipped_corpus()]), own) if extend else []
    complaints = hold_together([*own, *shipped])
    with tracker.start(name) as run:
        trained = train_model(
            complaints,
            settings,
            output=output,
            name=name,
            progress=progress,
            workers=workers,
            curve=bool(run.id),
        )
        cases = trained.cases[: len(own)]
        scorecard = score_cases(cases)
        progress("drawing")
        with whole_or_nothing(output / REPORT) as page:  # for its owner alone
            page.write_text(_report(trained, cases, scorecard, len(shipped)), "utf-8")
        kept = False
        if run.id:
            progress("keeping the run")
            origins = [DataOrigin(hash_corpus(own), len(own), "own")]
            if shipped:
                origins.append(DataOrigin(hash_corpus(shipped), len(shipped), "shipped"))
            seconds = time.monotonic() - start
            record = _record(trained, cases, scorecard, origins, seconds=seconds)
            # A case's number may name a person: the page that is kept names none.
            report = _report(trained, cases, scorecard, len(shipped), name_ids=False)
            documents = {CARD: (output / CARD).read_text("utf-8"), REPORT: report}
            run.log_training(record, documents)
            kept = run.log_model(output)
        return Retrained(trained, scorecard, run.id, kept)


def _report(
    trained: Trained,
    cases: Sequence[Judged],
    scorecard: Scorecard,
    shipped: int,
    *,
    name_ids: bool = True,
) -> str:
    beside = f" and {shipped:,} shipped ones" if shipped else ""
    return write_report(
        f"How good is the model {trained.model.name!r}?",
        cases,
        scorecard,
        None,
        name_ids=name_ids,
        model_name=trained.model.name,
        threshold=trained.model.point.threshold,
        made_of=f"{len(cases):,} labelled cases{beside}, each judged by a model that had not seen its story",
    )


def _record(
    trained: Trained,
    cases: Sequence[Judged],
    scorecard: Scorecard,
    origins: Sequence[DataOrigin],
    *,
    seconds: float,
) -> TrainingRecord:
    point = trained.model.point
    counts = Counter(
        label
        for case in cases
        for label in (
            f"language.{case.complaint.language}",
            f"category.{case.complaint.category}",
            f"urgency.{int(case.complaint.urgency)}",
        )
    )
    peak_memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # without workers
    curve = {name: points for name, points in trained.curve.items() if points}
    figures = draw_figures(cases, scorecard, threshold=point.threshold)
    figures |= {f"learning_curve_{name}": draw_learning_curve(p) for name, p in curve.items()}
    return TrainingRecord(
        settings=trained.model.settings,
        versions=current_versions(),
        data=origins,
        counts=dict(counts),
        measures=flatten(scorecard),
        numbers={
            "threshold": point.threshold,
            "seconds": seconds,
            "peak_memory_mb": peak_memory_mb,
        },
        curve={name: [(n, m.value) for n, m in points] for name, points in curve.items()},
        figures=figures,
    )
