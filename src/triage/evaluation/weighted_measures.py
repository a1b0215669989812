"""The scorecard's measures for many resamples at once: a case counts as often as it was drawn.

Each takes ``rows``, shape (cases, 2), the truth in column 0 and the answer in column 1, and
``weights``, shape (rounds, cases), how often each round drew each case; and gives one number a round,
shape (rounds,), nan where a round leaves nothing to measure. With all weights 1 they equal the
measures of ``metrics.py``, which take a thousand rounds one by one.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from triage.labels import LEVELS

Rows = NDArray[np.float64]
Weights = NDArray[np.float64]
WeightedMeasure = Callable[[Rows, Weights], NDArray[np.float64]]


def share_right(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Share of the cases whose answer is the truth.

    >>> share_right(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 1.0], [2.0, 0.0]]))
    array([0.5, 1. ])
    """
    return _divide(weights @ (rows[:, 0] == rows[:, 1]), weights.sum(axis=1))


def share_too_low(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Share of the cases whose level came out two or more too low."""
    return _divide(weights @ (rows[:, 1] <= rows[:, 0] - 2), weights.sum(axis=1))


def precision(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Share of true ones among those answered yes; truth and answer are 0 or 1."""
    return _divide(weights @ (rows[:, 0] * rows[:, 1]), weights @ rows[:, 1])


def macro_f1(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Mean of the categories' F1; categories that a round did not draw don't count."""
    labels = np.unique(rows[:, 0])
    true, given = rows[:, :1] == labels, rows[:, 1:] == labels
    drawn = weights @ true
    f1 = _divide(2 * (weights @ (true & given)), drawn + weights @ given)
    return _divide(np.where(drawn > 0, f1, 0).sum(axis=1), (drawn > 0).sum(axis=1))


def weighted_kappa(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Quadratic weighted kappa over the five levels (Cohen, 1968)."""
    levels = np.array(LEVELS, dtype=float)
    penalty = (levels[:, None] - levels[None, :]) ** 2
    true, given = weights @ (rows[:, :1] == levels), weights @ (rows[:, 1:] == levels)
    expected = ((true @ penalty) * given).sum(axis=1)
    seen = weights @ (rows[:, 0] - rows[:, 1]) ** 2
    kappa: NDArray[np.float64] = 1 - _divide(seen * weights.sum(axis=1), expected)
    return kappa


def average_precision(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Area under the precision-recall curve of the answers as a ranking; equal ones are one step."""
    order = np.argsort(-rows[:, 1], kind="stable")
    truth, answer = rows[order].T
    step_ends = np.flatnonzero(np.diff(answer, append=-np.inf))
    drawn = weights[:, order]
    marked = drawn.cumsum(axis=1)[:, step_ends]
    found = (drawn * truth).cumsum(axis=1)[:, step_ends]
    gained = np.diff(found, axis=1, prepend=0)
    area: NDArray[np.float64] = (gained * np.nan_to_num(_divide(found, marked))).sum(axis=1)
    return _divide(area, drawn @ truth)


def calibration_error(rows: Rows, weights: Weights, *, bins: int = 10) -> NDArray[np.float64]:
    """Expected calibration error of the answers as probabilities (Naeini et al., 2015)."""
    which = np.minimum((rows[:, 1] * bins).astype(int), bins - 1)
    gaps = (which[:, None] == np.arange(bins)) * (rows[:, 0] - rows[:, 1])[:, None]
    return _divide(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))


def _divide(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
