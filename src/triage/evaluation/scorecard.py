"""The scorecard: how good a model is, per language and per phenomenon of the minimal pairs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triage.evaluation.metrics import (
    Measure,
    average_precision,
    bootstrapped,
    calibration_error,
    macro_f1,
    proportion,
    weighted_kappa,
)
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, LANGUAGES, Urgency
from triage.records import LabelledComplaint


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled complaint and what a model made of it.

    :param level: the urgency given.
    :param risk: probability of high risk.
    """

    complaint: LabelledComplaint
    category_proba: tuple[float, float, float]
    level: Urgency
    risk: float
    high_risk: bool

    @property
    def truly_high(self) -> bool:
        """Whether the label is high risk."""
        return self.complaint.urgency >= HIGH_RISK_LEVEL

    @property
    def right_side(self) -> bool:
        """Whether it came out on its own side of high risk."""
        return self.high_risk is self.truly_high


@dataclass(frozen=True, slots=True)
class Scores:
    """All measures of one group of complaints. Pairs count only in ``pairs``.

    :param category_f1: macro-F1 of the category.
    :param recall: share of high-risk complaints found.
    :param precision: share of true ones among those marked high risk.
    :param average_precision: of ``risk`` as a ranking.
    :param kappa: quadratic weighted kappa of the level.
    :param too_low: share that came out two or more levels too low.
    :param category_error: expected calibration error of the category's probability.
    :param risk_error: expected calibration error of ``risk``.
    :param pairs: share of minimal pairs with both sides right.
    """

    category_f1: Measure
    recall: Measure
    precision: Measure
    average_precision: Measure
    kappa: Measure
    too_low: Measure
    category_error: Measure
    risk_error: Measure
    pairs: Measure


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Scores of all, of each language, and pairs of each phenomenon (in all languages)."""

    overall: Scores
    languages: dict[str, Scores]
    phenomena: dict[str, Measure]


def score_cases(cases: Sequence[Judged]) -> Scorecard:
    """Score judged complaints.

    :param cases: complaints and sides of minimal pairs, mixed.
    """
    by_phenomenon: dict[str, list[Judged]] = defaultdict(list)
    for case in cases:
        if case.complaint.phenomenon:
            by_phenomenon[case.complaint.phenomenon].append(case)
    languages = [name for name in LANGUAGES if any(c.complaint.language == name for c in cases)]
    return Scorecard(
        overall=_score_group(cases),
        languages={
            name: _score_group([c for c in cases if c.complaint.language == name])
            for name in languages
        },
        phenomena={name: score_pairs(group) for name, group in sorted(by_phenomenon.items())},
    )


def score_pairs(cases: Sequence[Judged]) -> Measure:
    """Measure the share of minimal pairs with both sides right; sides share a scenario."""
    pairs: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        if case.complaint.phenomenon:
            pairs[case.complaint.scenario].append(case.right_side)
    whole = [sides for sides in pairs.values() if len(sides) > 1]
    return proportion(sum(all(sides) for sides in whole), len(whole))


def _score_group(cases: Sequence[Judged]) -> Scores:
    singles = [case for case in cases if not case.complaint.phenomenon]
    n = len(singles)
    category = np.array([CATEGORIES.index(c.complaint.category) for c in singles], dtype=np.int64)
    proba = np.array([c.category_proba for c in singles]).reshape(-1, len(CATEGORIES))
    guess = proba.argmax(axis=1) if n else category
    level = np.array([int(c.complaint.urgency) for c in singles], dtype=np.int64)
    given = np.array([int(c.level) for c in singles], dtype=np.int64)
    truth = np.array([c.truly_high for c in singles], dtype=bool)
    marked = np.array([c.high_risk for c in singles], dtype=bool)
    risk = np.array([c.risk for c in singles])
    top = proba.max(axis=1) if n else risk
    found = int((truth & marked).sum())
    return Scores(
        category_f1=bootstrapped(lambda i: macro_f1(category[i], guess[i]), n),
        recall=proportion(found, int(truth.sum())),
        precision=proportion(found, int(marked.sum())),
        average_precision=bootstrapped(lambda i: average_precision(truth[i], risk[i]), n),
        kappa=bootstrapped(lambda i: weighted_kappa(level[i], given[i]), n),
        too_low=proportion(int((given <= level - 2).sum()), n),
        category_error=bootstrapped(
            lambda i: calibration_error(category[i] == guess[i], top[i]), n
        ),
        risk_error=bootstrapped(lambda i: calibration_error(truth[i], risk[i]), n),
        pairs=score_pairs(cases),
    )
