"""What scores a batch: a loaded model, made in whichever process it is to work."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from triage.backlog.worker import Score
from triage.batches import ScoredBatch
from triage.model.assessor import TriageModel
from triage.model.opinion import assess_unreadable
from triage.persistence import load_model_folder
from triage.policy import load_policy
from triage.ranking import score_row
from triage.records import Complaint
from triage.text.sketches import EMPTY_SKETCH


def load_scorer(folder: Path, *, with_text: bool) -> Score:
    """Load a model to score batches with.

    :param with_text: rows carry the text.
    :raises ModelError: where the folder cannot be used.
    """
    return partial(score_complaints, load_model_folder(folder), with_text=with_text)


def score_complaints(
    model: TriageModel, complaints: Sequence[Complaint], *, with_text: bool
) -> ScoredBatch:
    """Score one batch, in its order."""
    assessments, sketches = model.assess_batch(complaints)
    rows = [
        score_row(complaint, assessment, with_text=with_text)
        for complaint, assessment in zip(complaints, assessments, strict=True)
    ]
    return ScoredBatch(rows, sketches)


def give_up(complaint: Complaint, *, with_text: bool) -> ScoredBatch:
    """Make the row of a complaint that could not be scored at all: a person has to read it."""
    doubt = "the program was stopped on it"
    row = score_row(
        complaint, assess_unreadable(complaint, doubt, load_policy()), with_text=with_text
    )
    return ScoredBatch([row], EMPTY_SKETCH[np.newaxis])
