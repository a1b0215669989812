"""The measures, each from arrays to one number, and their intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score

Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its 95 % interval.

    :param value: nan where there is nothing to measure.
    :param count: cases that it rests on.
    """

    value: float
    low: float
    high: float
    count: int


def proportion(hits: int, count: int) -> Measure:
    """Measure a share, with Wilson's interval.

    >>> round(proportion(9, 10).low, 2)
    0.6
    """
    if count == 0:
        return Measure(float("nan"), float("nan"), float("nan"), 0)
    interval = binomtest(hits, count).proportion_ci(0.95, method="wilson")
    return Measure(hits / count, float(interval.low), float(interval.high), count)


def bootstrapped(
    measure: Callable[[Indexes], float], count: int, *, seed: int = 20, rounds: int = 200
) -> Measure:
    """Measure anything, with a percentile bootstrap over the cases.

    :param measure: from indexes of cases to a number.
    :param rounds: resamples; 200 give the ends of the interval to about two points.
    """
    if count == 0:
        return Measure(float("nan"), float("nan"), float("nan"), 0)
    random = np.random.default_rng(seed)
    value = measure(np.arange(count))
    draws = [measure(random.integers(0, count, count)) for _ in range(rounds)]
    kept = np.array([draw for draw in draws if not np.isnan(draw)])
    if not len(kept):
        return Measure(value, float("nan"), float("nan"), count)
    low, high = np.percentile(kept, [2.5, 97.5])
    return Measure(value, float(low), float(high), count)


def macro_f1(truth: NDArray[np.int64], guess: NDArray[np.int64]) -> float:
    """Mean of the categories' F1, each weighing the same; categories not in ``truth`` don't count."""
    labels = np.unique(truth)
    return float(f1_score(truth, guess, labels=labels, average="macro", zero_division=0))


def weighted_kappa(truth: NDArray[np.int64], guess: NDArray[np.int64]) -> float:
    """Quadratic weighted kappa over the five levels (Cohen, 1968); nan where all are one level."""
    if len(np.unique(np.concatenate([truth, guess]))) < 2:
        return float("nan")
    return float(cohen_kappa_score(truth, guess, weights="quadratic", labels=list(range(5))))


def average_precision(truth: NDArray[np.bool_], risk: NDArray[np.float64]) -> float:
    """Area under the precision-recall curve; nan where nothing is to be found."""
    return float(average_precision_score(truth, risk)) if truth.any() else float("nan")


def calibration_error(
    truth: NDArray[np.bool_], probability: NDArray[np.float64], *, bins: int = 10
) -> float:
    """Expected calibration error: how far said and seen shares lie apart, by ten equal bins.

    Source: Naeini et al. (2015).
    """
    if not len(truth):
        return float("nan")
    which = np.minimum((probability * bins).astype(int), bins - 1)
    gap = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            gap += inside.mean() * abs(truth[inside].mean() - probability[inside].mean())
    return float(gap)
