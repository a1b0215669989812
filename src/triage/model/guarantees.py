"""Promises: how many high-risk cases a threshold misses at most, and with which confidence.

A share seen on labelled complaints is no promise: another sample would have given another share.
Here a threshold is lowered until the exact binomial bound on its miss rate keeps what is asked.
Lowering it can only lose fewer cases, so testing one threshold after the other from the safe end
costs nothing, and the bound holds for the threshold that is chosen.

A promise holds for cases like those labelled, drawn one by one, and for models as good as those
that judged them. Each promise stands alone: of twenty, one may fail.

Why scipy and not MAPIE: for cases found or missed, the p-value of MAPIE's controller (the smaller
of Hoeffding's and the binomial one) is always the binomial one, which scipy gives exactly and for
any threshold instead of a grid. MAPIE's default correction for many thresholds (Holm) gives up
recall for nothing where the risk is monotone, and it rounds some shares up by a whole miss. A test
holds the two against each other.

Source: Bates et al. (2021), Distribution-free, risk-controlling prediction sets; Angelopoulos et
al. (2021), Learn then test; Clopper and Pearson (1934) for the bound; Wilks (1941) for why it still
holds at a threshold that is itself one of the sample's values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, betabinom, binom, nbinom

from triage.labels import LANGUAGES
from triage.model.thresholds import OperatingPoint, mark_high_risk, measure_point, place_threshold

CONFIDENCE = 0.95
RECALL_FLOORS = (0.90, 0.94, 0.97, 0.99)
EVERYONE = "all"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What can be promised of one threshold.

    :param group: ``all``, or a language such as ``hi``.
    :param threshold: probability from which a complaint is high risk.
    :param cases: labelled high-risk complaints that the promise rests on.
    :param found: how many of them are marked, by the threshold or by the lexicon.
    :param miss_rate: highest share missed that the confidence allows for, 0 to 1.
    :param confidence: how sure the promise is, between 0 and 1.
    :param false_alarms: marked per 1,000 complaints without high risk; nan where there are none.
    :param precision: share of high-risk ones among those marked; nan where none is.
    """

    group: str
    threshold: float
    cases: int
    found: int
    miss_rate: float
    confidence: float
    false_alarms: float
    precision: float

    @property
    def next_hundred(self) -> int:
        """Misses, at most, among the next hundred high-risk cases, with the same confidence."""
        misses = self.cases - self.found
        return bound_next_misses(misses, self.cases, coming=100, confidence=self.confidence)

    def say(self) -> str:
        """Say the promise in one plain sentence."""
        return (
            f"misses at most {per_hundred(self.miss_rate)} in 100 high-risk cases,"
            f" with {self.confidence * 100:g} % confidence, among cases like those labelled"
        )


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why nothing can be promised: too few labelled high-risk cases.

    :param recall_floor: share to find that was asked for.
    :param cases: labelled high-risk complaints that there are.
    :param confidence: how sure the promise had to be, between 0 and 1.
    """

    recall_floor: float
    cases: int
    confidence: float

    @property
    def needed(self) -> int | None:
        """Cases from which on it can be promised, none of them missed; None where never."""
        return self._count_needed(misses=0) if self.recall_floor < 1 else None

    def say(self) -> str:
        """Say in plain words what is missing."""
        asked = f"finding {per_hundred(self.recall_floor)} in 100 cannot be promised"
        if self.needed is None:
            return f"{asked} with any number of cases; ask for less"
        return (
            f"{asked} with {self.cases:,} labelled high-risk cases;"
            f" {self.needed - self.cases:,} more are needed if none of them is missed"
            f" ({self.needed:,} in all; {self._count_needed(misses=1):,} if one is)"
        )

    def _count_needed(self, *, misses: int) -> int:
        rate = miss_rate_of(self.recall_floor)
        return count_cases_needed(rate, misses=misses, confidence=self.confidence)


def choose_guaranteed_point(
    risk: NDArray[np.float64],
    truth: NDArray[np.bool_],
    floor: NDArray[np.int64],
    *,
    recall_floor: float,
    confidence: float = CONFIDENCE,
) -> OperatingPoint | Shortage:
    """Choose the highest threshold, at most 0.5, that can promise the recall.

    :param risk: (texts,) probability of high risk, by models that had not seen the text.
    :param truth: (texts,) whether it is.
    :param floor: (texts,) level that the lexicon is sure of; 2 or more marks a text by itself.
    :param recall_floor: share of high-risk cases to find, above 0, at most 1.
    :param confidence: how sure the promise has to be, between 0 and 1.
    :returns: the point; or, where even marking every case promises too little, the shortage.
    :raises ValueError: where the confidence is out of range.
    """
    _check_share("confidence", confidence)
    cases = int(truth.sum())
    allowed = count_misses_allowed(cases, miss_rate_of(recall_floor), confidence=confidence)
    if allowed is None:
        return Shortage(recall_floor, cases, confidence)
    threshold = place_threshold(risk, truth, floor, misses=allowed)
    return measure_point(risk, truth, floor, threshold)


def state_guarantees(
    risk: NDArray[np.float64],
    truth: NDArray[np.bool_],
    floor: NDArray[np.int64],
    languages: Sequence[str] | NDArray[np.str_],
    threshold: float,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[Guarantee, ...]:
    """State what a threshold can promise: over all, and for each language that there is.

    :param risk: (texts,) probability of high risk, by models that had not seen the text.
    :param truth: (texts,) whether it is.
    :param floor: (texts,) level that the lexicon is sure of.
    :param languages: (texts,) language of each, such as ``hi``.
    :param threshold: probability from which a complaint is high risk.
    :param confidence: how sure each promise has to be, between 0 and 1.
    :returns: ``all`` first, then languages in the order of ``labels.LANGUAGES``.
    :raises ValueError: where the confidence is out of range.
    """
    _check_share("confidence", confidence)
    spoken = np.asarray(languages)
    groups = {EVERYONE: np.ones(len(risk), dtype=bool)}
    groups |= {name: spoken == name for name in LANGUAGES if (spoken == name).any()}
    marked = mark_high_risk(risk, floor, threshold)
    return tuple(
        _state_one(name, marked[rows], truth[rows], threshold, confidence)
        for name, rows in groups.items()
    )


def price_floors(
    risk: NDArray[np.float64],
    truth: NDArray[np.bool_],
    floor: NDArray[np.int64],
    *,
    recall_floors: Sequence[float] = RECALL_FLOORS,
    confidence: float = CONFIDENCE,
) -> dict[float, Guarantee | Shortage]:
    """Say of several recalls with which threshold each can be promised, and what that costs.

    The arrays and the confidence are those of ``choose_guaranteed_point``.

    :param recall_floors: shares of high-risk cases to find, each above 0, at most 1.
    :returns: for each recall its highest threshold with what it promises, or why there is none.
    """
    prices: dict[float, Guarantee | Shortage] = {}
    for asked in recall_floors:
        point = choose_guaranteed_point(
            risk, truth, floor, recall_floor=asked, confidence=confidence
        )
        if isinstance(point, OperatingPoint):
            marked = mark_high_risk(risk, floor, point.threshold)
            prices[asked] = _state_one(EVERYONE, marked, truth, point.threshold, confidence)
        else:
            prices[asked] = point
    return prices


def bound_miss_rate(misses: int, cases: int, *, confidence: float = CONFIDENCE) -> float:
    """Give the highest miss rate that the confidence allows for (Clopper and Pearson, one-sided).

    :param misses: high-risk cases that were missed.
    :param cases: high-risk cases that there were.
    :returns: 0 to 1; 1 where nothing was found, or nothing was there to be found.

    >>> round(bound_miss_rate(0, 49), 4)
    0.0593
    """
    if misses >= cases:
        return 1.0
    return float(beta.ppf(confidence, misses + 1, cases - misses))


def bound_next_misses(
    misses: int, cases: int, *, coming: int, confidence: float = CONFIDENCE
) -> int:
    """Give how many of the next high-risk cases are missed at most.

    More than the miss rate alone says: luck has its part in the next cases as well.

    :param misses: high-risk cases that were missed.
    :param cases: high-risk cases that there were.
    :param coming: high-risk cases to come.

    >>> bound_next_misses(60, 1000, coming=100)
    10
    """
    if misses >= cases:
        return coming
    return int(betabinom.ppf(confidence, coming, misses + 1, cases - misses))


def count_misses_allowed(
    cases: int, miss_rate: float, *, confidence: float = CONFIDENCE
) -> int | None:
    """Count the misses that still let a miss rate be promised.

    :param cases: labelled high-risk cases.
    :param miss_rate: share that may be missed, 0 to 1.
    :returns: None where not even finding every one of them promises enough.

    >>> count_misses_allowed(1000, 0.06), count_misses_allowed(48, 0.06)
    (47, None)
    """
    chance = binom.cdf(np.arange(cases + 1), cases, miss_rate)
    allowed = int(np.searchsorted(chance, 1 - confidence, side="right")) - 1
    return allowed if allowed >= 0 else None


def count_cases_needed(miss_rate: float, *, misses: int = 0, confidence: float = CONFIDENCE) -> int:
    """Count the labelled high-risk cases that it takes to promise a miss rate.

    With no miss that is ``ln(1 - confidence) / ln(1 - miss_rate)``, rounded up.

    :param miss_rate: share that may be missed, between 0 and 1.
    :param misses: how many of the cases were missed.
    :raises ValueError: where the miss rate is out of range.

    >>> count_cases_needed(0.06), count_cases_needed(0.06, misses=3)
    (49, 127)
    """
    _check_share("miss_rate", miss_rate)
    # Cases until one miss more than these has come: its quantile is the number asked for.
    return misses + 1 + int(nbinom.ppf(confidence, misses + 1, miss_rate))


def per_hundred(share: float) -> str:
    """Write a share as so many in 100, rounded up: a promise must not be shown as more than it is.

    >>> per_hundred(0.0593), per_hundred(0.06), per_hundred(0.06001)
    ('6', '6', '6.1')
    """
    return f"{np.ceil(round(share * 1000, 6)) / 10:g}"


def miss_rate_of(recall_floor: float) -> float:
    """Turn a share to find into the share that may be missed, free of the dust of floats."""
    return round(1 - recall_floor, 9)


def _check_share(name: str, share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"{name} is {share!r}, expected a number above 0 and below 1")


def _state_one(
    group: str,
    marked: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    threshold: float,
    confidence: float,
) -> Guarantee:
    cases, found = int(truth.sum()), int((marked & truth).sum())
    others, alarms = len(truth) - cases, int(marked.sum()) - found
    return Guarantee(
        group=group,
        threshold=threshold,
        cases=cases,
        found=found,
        miss_rate=bound_miss_rate(cases - found, cases, confidence=confidence),
        confidence=confidence,
        false_alarms=1000 * alarms / others if others else float("nan"),
        precision=found / (found + alarms) if found + alarms else float("nan"),
    )
