"""Use case: labelled complaints in, a model folder out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.config import Settings
from triage.corpus import hash_corpus
from triage.errors import DataError
from triage.evaluation.cards import write_card
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, Urgency
from triage.model.assessor import TriageModel
from triage.model.fitting import Fitted, fit
from triage.model.noisy_copies import noisy_copies
from triage.model.opinion import choose_level
from triage.model.thresholds import mark_high_risk
from triage.persistence import check_model_folder, save_model
from triage.records import LabelledComplaint
from triage.text.lexicon import load_lexicon
from triage.text.pipeline import build_nlp
from triage.text.reading import read_texts

Progress = Callable[[str], None]
MIN_PER_LABEL = 10


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives.

    :param scorecard: measured on complaints whose stories the judging model had not seen.
    """

    model: TriageModel
    scorecard: Scorecard


def train_model(
    complaints: Sequence[LabelledComplaint],
    settings: Settings,
    *,
    output: Path,
    name: str = "default",
    progress: Progress = lambda step: None,
    workers: int = 1,
) -> Trained:
    """Train a model and save its folder.

    :param output: the model folder; replaced where it is there.
    :param progress: called with a plain line before each step.
    :param workers: processes; changes nothing in the result.
    :raises DataError: where there are too few complaints of some label.
    """
    check_enough(complaints, settings)
    check_model_folder(output)
    nlp = build_nlp()
    progress(f"reading {len(complaints):,} complaints")
    copies = noisy_copies(complaints, share=settings.noisy_share, seed=settings.seed)
    batch = read_texts(nlp, [complaint.text for complaint in (*complaints, *copies)])
    lexicon = load_lexicon()
    fitted = fit(
        batch,
        complaints,
        lexicon.cues,
        settings,
        copies=copies,
        progress=progress,
        workers=workers,
    )
    model = TriageModel(fitted.readers, fitted.heads, fitted.point, settings, name=name, nlp=nlp)
    scorecard = score_cases(judge_unseen(complaints, fitted))
    progress("saving")
    save_model(
        model,
        output,
        corpus_sha256=hash_corpus(complaints),
        complaints=len(complaints),
        card=write_card(name, complaints, fitted.point, scorecard),
    )
    return Trained(model, scorecard)


def check_enough(complaints: Sequence[LabelledComplaint], settings: Settings) -> None:
    """Say what there is too little of.

    :raises DataError: with each label that has too few complaints.
    """
    counts = {f"category {c}": sum(x.category is c for x in complaints) for c in CATEGORIES}
    counts |= {
        f"urgency {level} or more": sum(x.urgency >= level for x in complaints)
        for level in Urgency
        if level
    }
    counts["no high risk"] = sum(x.urgency < HIGH_RISK_LEVEL for x in complaints)
    few = [f"{label}: {count}" for label, count in counts.items() if count < MIN_PER_LABEL]
    if few:
        raise DataError(
            f"too few complaints to train on ({'; '.join(few)}); expected {MIN_PER_LABEL} of each;"
            " label more, or train together with the shipped corpus"
        )
    stories = len({c.scenario for c in complaints})
    if stories < 2 * settings.folds:
        raise DataError(
            f"the complaints tell {stories} stories; expected at least {2 * settings.folds} to"
            f" measure in {settings.folds} parts"
        )


def judge_unseen(complaints: Sequence[LabelledComplaint], fitted: Fitted) -> list[Judged]:
    """Set the decisions of models that had not seen a story beside its labels."""
    threshold = fitted.point.threshold
    high = mark_high_risk(fitted.unseen.risk, fitted.floor, threshold)
    judged = []
    for i, complaint in enumerate(complaints):
        decision = fitted.unseen.row(i)
        floor = int(fitted.floor[i])
        judged.append(
            Judged(
                complaint=complaint,
                category_proba=decision.category,
                level=choose_level(decision, floor, threshold),
                risk=decision.at_least[1],
                high_risk=bool(high[i]),
            )
        )
    return judged
