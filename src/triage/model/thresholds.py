"""Operating points: from which probability on a complaint counts as high risk, and what that costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.labels import HIGH_RISK_LEVEL


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
    """Choose the highest threshold that keeps the recall.

    :param risk: (texts,) probability of high risk, by models that had not seen the text.
    :param truth: (texts,) whether it is.
    :param floor: (texts,) level that the lexicon is sure of; 2 or more marks a text by itself.
    :param recall_floor: share of the true ones to find, above 0, at most 1.
    :raises ValueError: where no text is high risk.
    """
    if not truth.any():
        raise ValueError("no complaint is high risk, so no threshold can be chosen")
    by_rule = floor >= HIGH_RISK_LEVEL
    needed = int(np.ceil(recall_floor * truth.sum())) - int((truth & by_rule).sum())
    candidates = np.sort(risk[truth & ~by_rule])[::-1]
    threshold = 0.5
    if 0 < needed <= len(candidates):
        threshold = min(0.5, float(candidates[needed - 1]))
    # Rounded down: what is stored is what is compared with.
    threshold = float(np.floor(threshold * 1e4) / 1e4)
    marked = mark_high_risk(risk, floor, threshold)
    found = int((marked & truth).sum())
    return OperatingPoint(threshold, found / int(truth.sum()), found / max(1, int(marked.sum())))
