"""Use case: a model and labelled complaints in, a scorecard and its robustness out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from triage.errors import DataError
from triage.evaluation.metrics import Measure
from triage.evaluation.report import write_report
from triage.evaluation.robustness import (
    CLEAN,
    Robustness,
    score_recall,
    shares_by_language,
    without_evidence,
)
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.files.row_files import check_place, whole_or_nothing
from triage.labels import HIGH_RISK_LEVEL
from triage.model.assessor import TriageModel
from triage.records import Assessment, Complaint, LabelledComplaint
from triage.text.noise import SPOILERS, spoil_pieces

Progress = Callable[[str], None]
PAGE_ENDINGS = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured of a model on some files.

    :param cases: every complaint with what the model made of it, in the order of the files.
    :param robustness: None where it was not asked for.
    """

    cases: tuple[Judged, ...]
    scorecard: Scorecard
    robustness: Robustness | None


def evaluate_model(
    model: TriageModel,
    complaints: Sequence[LabelledComplaint],
    *,
    robustness: bool = False,
    progress: Progress = lambda step: None,
) -> Evaluation:
    """Measure a model on labelled complaints.

    :param robustness: whether to measure also under noise and without the evidence.
    :param progress: called with a plain line before each step.
    """
    progress(f"assessing {len(complaints):,} complaints")
    assessments = assess(model, complaints)
    cases = tuple(set_beside(complaints, assessments))
    held = (
        measure_robustness(model, complaints, assessments, progress=progress)
        if robustness
        else None
    )
    return Evaluation(cases, score_cases(cases), held)


def check_page(path: Path, *, force: bool) -> None:
    """Say at once whether a page can be written.

    :raises OutputExistsError: where it is there already and ``force`` is False.
    :raises DataError: for another ending than ``.html`` or a folder that is not there.
    """
    if path.suffix.lower() not in PAGE_ENDINGS:
        found = path.suffix or "nothing"
        raise DataError(f"ends in {found!r}; expected {' or '.join(PAGE_ENDINGS)}", path=path)
    check_place(path, force=force)


def save_page(
    path: Path, model: TriageModel, found: Evaluation, *, made_of: str, force: bool = False
) -> None:
    """Write the page that says how good a model is; readable by its owner alone.

    :param made_of: what the cases are, as the end of the sentence "Measured on ...".
    :param force: whether to replace a page that is there.
    :raises OutputExistsError: where it is there already and ``force`` is False.
    :raises DataError: where it cannot be written; then nothing is left behind.
    """
    page = write_report(
        f"How good is the model {model.name!r}?",
        found.cases,
        found.scorecard,
        found.robustness,
        model_name=model.name,
        threshold=model.point.threshold,
        made_of=made_of,
        day=date.today(),
    )
    check_page(path, force=force)
    with whole_or_nothing(path) as neighbour:
        neighbour.write_text(page, "utf-8")


def measure_robustness(
    model: TriageModel,
    complaints: Sequence[LabelledComplaint],
    assessments: Sequence[Assessment],
    *,
    progress: Progress = lambda step: None,
) -> Robustness:
    """Measure what each kind of noise costs in recall, and whether evidence is what it says.

    :param assessments: of the complaints as they are written, in their order.
    :param progress: called with a plain line before each step.
    """
    high = [c for c in complaints if c.urgency >= HIGH_RISK_LEVEL and not c.phenomenon]
    recall = {CLEAN: score_recall(set_beside(complaints, assessments))}
    for name in SPOILERS:
        progress(f"measuring under noise: {name.replace('_', ' ')}")
        spoilt = [replace(c, text=spoil_pieces([c.text], [name], c.id)[0]) for c in high]
        recall[name] = score_recall(judge(model, spoilt))
    progress("measuring without the evidence")
    return Robustness(recall, _measure_faithfulness(model, complaints, assessments))


def _measure_faithfulness(
    model: TriageModel,
    complaints: Sequence[LabelledComplaint],
    assessments: Sequence[Assessment],
) -> dict[str, Measure]:
    marked = [
        (complaint, without_evidence(complaint.text, assessment))
        for complaint, assessment in zip(complaints, assessments, strict=True)
        if assessment.high_risk
    ]
    rest = model.stream(Complaint(id=complaint.id, text=text) for complaint, text in marked)
    return shares_by_language(
        [(c.language, not a.high_risk) for (c, _), a in zip(marked, rest, strict=True)]
    )


def assess(model: TriageModel, complaints: Sequence[LabelledComplaint]) -> list[Assessment]:
    """Assess labelled complaints, in order; the labels are not looked at."""
    return [*model.stream(Complaint(id=c.id, text=c.text) for c in complaints)]


def judge(model: TriageModel, complaints: Sequence[LabelledComplaint]) -> list[Judged]:
    """Assess complaints and set what came out beside the labels, in order."""
    return set_beside(complaints, assess(model, complaints))


def set_beside(
    complaints: Sequence[LabelledComplaint], assessments: Sequence[Assessment]
) -> list[Judged]:
    """Set assessments beside the labels, in order."""
    return [
        Judged(
            complaint=complaint,
            category_proba=assessment.category_proba,
            level=assessment.urgency,
            risk=assessment.risk,
            high_risk=assessment.high_risk,
        )
        for complaint, assessment in zip(complaints, assessments, strict=True)
    ]
