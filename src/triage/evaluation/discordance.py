"""Whether one of two models is right more often, tested on the cases that part them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest


@dataclass(frozen=True, slots=True)
class Discordance:
    """The cases in which one of two models was right and the other wrong.

    :param cases: cases that both answered.
    :param right_a: cases that the first had right.
    :param right_b: cases that the second had right.
    :param only_a: cases that the first alone had right.
    :param only_b: cases that the second alone had right.
    :param p_value: chance of a split at least this uneven if neither were better, 0 to 1.
    :param p_holm: the same, corrected over the languages; for all together it is ``p_value``.
    """

    cases: int
    right_a: int
    right_b: int
    only_a: int
    only_b: int
    p_value: float
    p_holm: float


def measure_discordance(right_a: NDArray[np.bool_], right_b: NDArray[np.bool_]) -> Discordance:
    """Test whether one of two models is right more often, on the cases that part them.

    Every case counts for itself; where stories have several texts, trust the interval more.

    :param right_a: for each case whether the first model was right.
    :param right_b: the same of the second.

    Source: McNemar (1947), in its exact form; recommended for two classifiers and one test set by
    Dietterich (1998).

    >>> measure_discordance(np.array([True, True, False]), np.array([True, False, False])).p_value
    1.0
    """
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    apart = only_a + only_b
    p_value = float(binomtest(only_b, apart, 0.5).pvalue) if apart else 1.0
    return Discordance(
        cases=len(right_a),
        right_a=int(right_a.sum()),
        right_b=int(right_b.sum()),
        only_a=only_a,
        only_b=only_b,
        p_value=p_value,
        p_holm=p_value,
    )


def correct_holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Correct p-values for being several, so that one false find among them stays below 5 %.

    :returns: the corrected ones under the same names, each at most 1.

    Source: Holm (1979).

    >>> correct_holm({"en": 0.01, "hi": 0.04, "mr": 0.03})
    {'en': 0.03, 'mr': 0.06, 'hi': 0.06}
    """
    corrected: dict[str, float] = {}
    highest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        highest = max(highest, min(1.0, p_values[name] * (len(p_values) - place)))
        corrected[name] = highest
    return corrected
