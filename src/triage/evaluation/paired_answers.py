"""What is asked of two models about the same complaints, and the answers as rows of numbers."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from triage.evaluation import weighted_measures as weighted
from triage.evaluation.scorecard import Judged
from triage.evaluation.weighted_measures import Rows, WeightedMeasure
from triage.labels import CATEGORIES

LOWER_IS_BETTER = frozenset({"too_low", "category_error", "risk_error"})
"""The measures of the scorecard that a better model has less of."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to one question.

    :param rows: shape (cases, 2): the truth, the answer; the same cases for every model.
    :param stories: the story of each case; cases of one story belong together.
    """

    rows: Rows
    stories: tuple[str, ...]


def collect_answers(question: str, cases: Sequence[Judged]) -> Answers:
    """Collect the answers to one question.

    :param question: a name in ``QUESTIONS``, or ``pairs``: a minimal pair is one case, right where
        both sides are. All other questions leave pairs out, as the scorecard does.
    """
    if question == "pairs":
        return _collect_pairs(cases)
    ask = QUESTIONS[question]
    asked = [(ask(c), c.complaint.scenario) for c in cases if not c.complaint.phenomenon]
    kept = [(row, story) for row, story in asked if row is not None]
    rows = np.array([row for row, _ in kept], dtype=float).reshape(-1, 2)
    return Answers(rows, tuple(story for _, story in kept))


def _collect_pairs(cases: Sequence[Judged]) -> Answers:
    pairs: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        if case.complaint.phenomenon:
            pairs[case.complaint.scenario].append(case.right_side)
    whole = {story: all(sides) for story, sides in pairs.items() if len(sides) > 1}
    rows = np.array([(1, right) for right in whole.values()], dtype=float).reshape(-1, 2)
    return Answers(rows, tuple(whole))


def _category(case: Judged) -> tuple[float, float]:
    return CATEGORIES.index(case.complaint.category), int(np.argmax(case.category_proba))


def _confidence(case: Judged) -> tuple[float, float]:
    true, given = _category(case)
    return true == given, max(case.category_proba)


QUESTIONS: dict[str, Callable[[Judged], tuple[float, float] | None]] = {
    "found": lambda case: (True, case.high_risk) if case.truly_high else None,
    "false_alarms": lambda case: None if case.truly_high else (False, case.high_risk),
    "high_risk": lambda case: (case.truly_high, case.high_risk),
    "risk": lambda case: (case.truly_high, case.risk),
    "level": lambda case: (int(case.complaint.urgency), int(case.level)),
    "category": _category,
    "confidence": _confidence,
}
"""From a case to (truth, answer), or None where the question does not arise."""

MEASURES: dict[str, tuple[str, WeightedMeasure]] = {
    "category_f1": ("category", weighted.macro_f1),
    "recall": ("found", weighted.share_right),
    "precision": ("high_risk", weighted.precision),
    "average_precision": ("risk", weighted.average_precision),
    "kappa": ("level", weighted.weighted_kappa),
    "too_low": ("level", weighted.share_too_low),
    "category_error": ("confidence", weighted.calibration_error),
    "risk_error": ("risk", weighted.calibration_error),
    "pairs": ("pairs", weighted.share_right),
}
"""The scorecard's measures by the names of its fields: the question, and what is made of it."""
