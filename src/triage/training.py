"""Use case: labelled complaints in, a model folder out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.config import Settings
from triage.corpus import hash_corpus
from triage.errors import DataError
from triage.evaluation.cards import write_card
from triage.evaluation.metrics import Measure, average_precision, bootstrapped, macro_f1
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, Urgency
from triage.model.assessor import TriageModel
from triage.model.fitting import Fitted, fit
from triage.model.guarantees import Guarantee, Shortage, price_floors, state_guarantees
from triage.model.heads import whole_complaints
from triage.model.noisy_copies import noisy_copies
from triage.model.opinion import choose_level
from triage.model.targets import truly_high
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
    :param cases: those complaints with what was made of them, in the order of the complaints.
    :param curve: for macro-F1 of the category (``category_f1``) and average precision of high risk
        (``average_precision``), the number of complaints taught on and the measure on others.
    """

    model: TriageModel
    scorecard: Scorecard
    cases: Sequence[Judged]
    curve: dict[str, list[tuple[int, Measure]]]


def train_model(
    complaints: Sequence[LabelledComplaint],
    settings: Settings,
    *,
    output: Path,
    name: str = "default",
    progress: Progress = lambda step: None,
    workers: int = 1,
    curve: bool = False,
) -> Trained:
    """Train a model and save its folder.

    :param output: the model folder; replaced where it is there.
    :param progress: called with a plain line before each step.
    :param workers: processes; changes nothing in the result.
    :param curve: whether to measure also what fewer complaints would have given.
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
        curve=curve,
    )
    model = TriageModel(fitted.readers, fitted.heads, fitted.point, settings, name=name, nlp=nlp)
    cases = judge_unseen(complaints, fitted)
    scorecard = score_cases(cases)
    guarantees, prices = state_promises(complaints, fitted)
    progress("saving")
    save_model(
        model,
        output,
        corpus_sha256=hash_corpus(complaints),
        complaints=len(complaints),
        card=write_card(
            name, complaints, fitted.point, scorecard, guarantees=guarantees, prices=prices
        ),
    )
    return Trained(model, scorecard, cases, _measure_curve(complaints, fitted))


def state_promises(
    complaints: Sequence[LabelledComplaint], fitted: Fitted
) -> tuple[tuple[Guarantee, ...], dict[float, Guarantee | Shortage]]:
    """Say what the operating point promises, and what other floors would cost.

    Both rest on whole complaints alone, each judged by readers that had not seen its story.
    """
    whole = whole_complaints(complaints)
    judged = fitted.unseen.risk[whole], truly_high(complaints)[whole], fitted.floor[whole]
    languages = np.array([c.language for c in complaints])[whole]
    guarantees = state_guarantees(*judged, languages, fitted.point.threshold)
    return guarantees, price_floors(*judged)


def _measure_curve(
    complaints: Sequence[LabelledComplaint], fitted: Fitted
) -> dict[str, list[tuple[int, Measure]]]:
    category = np.array([CATEGORIES.index(c.category) for c in complaints])
    high = truly_high(complaints)
    curve: dict[str, list[tuple[int, Measure]]] = {"category_f1": [], "average_precision": []}
    whole = np.array([not c.phenomenon for c in complaints])  # sides of pairs are no sample
    for point in fitted.curve:
        judged, margins = point.judged[whole[point.judged]], point.margins[whole[point.judged]]
        truth, guess = category[judged], margins[:, : len(CATEGORIES)].argmax(axis=1)
        risky, margin = high[judged], margins[:, len(CATEGORIES) + 1]
        measures = {
            "category_f1": partial(_at, macro_f1, truth, guess),
            "average_precision": partial(_at, average_precision, risky, margin),
        }
        for name, measure in measures.items():
            curve[name].append((point.taught, bootstrapped(measure, len(truth), rounds=100)))
    return curve


def _at(
    measure: Callable[..., float], truth: NDArray[Any], said: NDArray[Any], rows: NDArray[np.int64]
) -> float:
    return measure(truth[rows], said[rows])


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
