"""Use case: a model and labelled complaints in, a scorecard and its robustness out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from triage.corpus import read_corpus
from triage.evaluation.metrics import Measure
from triage.evaluation.robustness import (
    CLEAN,
    Robustness,
    score_recall,
    shares_by_language,
    without_evidence,
)
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.labels import HIGH_RISK_LEVEL
from triage.model.assessor import TriageModel
from triage.records import Assessment, Complaint, LabelledComplaint
from triage.text.noise import SPOILERS, spoil_pieces

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured of a model on some files.

    :param robustness: None where it was not asked for.
    """

    scorecard: Scorecard
    robustness: Robustness | None


def evaluate_files(
    model: TriageModel,
    paths: Sequence[Path],
    *,
    robustness: bool = False,
    progress: Progress = lambda step: None,
) -> Evaluation:
    """Measure a model on labelled files.

    :param robustness: whether to measure also under noise and without the evidence.
    :param progress: called with a plain line before each step.
    :raises DataError: where a file cannot be read, or with every wrong label.
    """
    complaints = read_corpus(paths)
    progress(f"assessing {len(complaints):,} complaints")
    assessments = assess(model, complaints)
    scorecard = score_cases(set_beside(complaints, assessments))
    if not robustness:
        return Evaluation(scorecard, None)
    held = measure_robustness(model, complaints, assessments, progress=progress)
    return Evaluation(scorecard, held)


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
