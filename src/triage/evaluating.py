"""Use case: a model and labelled files in, a scorecard out."""

from collections.abc import Sequence
from pathlib import Path

from triage.corpus import read_corpus
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.model.assessor import TriageModel
from triage.records import Complaint, LabelledComplaint


def evaluate_files(model: TriageModel, paths: Sequence[Path]) -> Scorecard:
    """Measure a model on labelled files.

    :raises DataError: where a file cannot be read, or with every wrong label.
    """
    return score_cases(judge(model, read_corpus(paths)))


def judge(model: TriageModel, complaints: Sequence[LabelledComplaint]) -> list[Judged]:
    """Set a model's assessments beside the labels, in order."""
    stream = (Complaint(id=c.id, text=c.text) for c in complaints)
    return [
        Judged(
            complaint=complaint,
            category_proba=assessment.category_proba,
            level=assessment.urgency,
            risk=assessment.risk,
            high_risk=assessment.high_risk,
        )
        for complaint, assessment in zip(complaints, model.stream(stream), strict=True)
    ]
