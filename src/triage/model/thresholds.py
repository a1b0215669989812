"""Operating points: from which probability on a complaint counts as high risk, and what that costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.labels import HIGH_RISK_LEVEL

HIGHEST_THRESHOLD = 0.5
"""What is likelier than not is marked, however few of the others a threshold has to find."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Where high risk begins.

    :param threshold: probability from which a complaint is high risk.
    :param recall: share of the high-risk training complaints that it finds, each judged by a model
        that had not seen its story.
    :param precision: share of true ones among those it marks, measured likewise.
    """

    threshold: float
    recall: float
    precision: float


def mark_high_risk(
    risk: NDArray[np.float64], floor: NDArray[np.int64], threshold: float
) -> NDArray[np.bool_]:
    """Say of each text whether its risk is high: at the threshold, or where the lexicon is sure.

    :param risk: (texts,) probability of high risk.
    :param floor: (texts,) level that the lexicon is sure of.
    """
    return (risk >= threshold) | (floor >= HIGH_RISK_LEVEL)


def choose_operating_point(
    risk: NDArray[np.float64],
    truth: NDArray[np.bool_],
    floor: NDArray[np.int64],
    *,
    recall_floor: float,
) -> OperatingPoint:
    """Choose the highest threshold that keeps the recall on these complaints.

    That is a share seen, not a promise: see ``guarantees.choose_guaranteed_point``.

    :param risk: (texts,) probability of high risk, by models that had not seen the text.
    :param truth: (texts,) whether it is.
    :param floor: (texts,) level that the lexicon is sure of; 2 or more marks a text by itself.
    :param recall_floor: share of the true ones to find, above 0, at most 1.
    :raises ValueError: where no text is high risk.
    """
    if not truth.any():
        raise ValueError("no complaint is high risk, so no threshold can be chosen")
    cases = int(truth.sum())
    misses = cases - int(np.ceil(recall_floor * cases))
    threshold = place_threshold(risk, truth, floor, misses=misses)
    return measure_point(risk, truth, floor, threshold)


def place_threshold(
    risk: NDArray[np.float64],
    truth: NDArray[np.bool_],
    floor: NDArray[np.int64],
    *,
    misses: int,
) -> float:
    """Give the highest threshold, at most 0.5, that misses no more than some of the true ones.

    :param risk: (texts,) probability of high risk.
    :param truth: (texts,) whether it is.
    :param floor: (texts,) level that the lexicon is sure of; such texts are never missed.
    :param misses: true ones that may be missed, 0 or more.
    :returns: four decimals, rounded down: what is stored is what is compared with.

    >>> place_threshold(np.array([0.1, 0.3, 0.4]), np.ones(3, bool), np.zeros(3, int), misses=1)
    0.3
    """
    missable = np.sort(risk[truth & (floor < HIGH_RISK_LEVEL)])
    if misses >= len(missable):
        return HIGHEST_THRESHOLD
    threshold = min(HIGHEST_THRESHOLD, float(missable[misses]))
    # A number just below four decimals would be rounded up to them by the product.
    return min(threshold, float(np.floor(threshold * 1e4) / 1e4))


def measure_point(
    risk: NDArray[np.float64],
    truth: NDArray[np.bool_],
    floor: NDArray[np.int64],
    threshold: float,
) -> OperatingPoint:
    """Measure what a threshold finds, and how many of those it marks are true.

    :param risk: (texts,) probability of high risk, by models that had not seen the text.
    :param truth: (texts,) whether it is; at least one.
    :param floor: (texts,) level that the lexicon is sure of.
    """
    marked = mark_high_risk(risk, floor, threshold)
    found = int((marked & truth).sum())
    return OperatingPoint(threshold, found / int(truth.sum()), found / max(1, int(marked.sum())))
