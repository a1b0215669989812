"""How far two people label alike: shares, kappas, Gwet's coefficients, and where they differ.

Kappa falls towards zero where one label is rare, as high risk is, even between people who label
alike; Gwet's coefficients don't, so both stand side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.evaluation.metrics import Measure, bootstrapped, proportion
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, LANGUAGES, LEVELS, AtRisk
from triage.records import LabelledComplaint

ROUNDS = 1000
ALL = "all"

BANDS = (
    (0.8, "almost perfect"),
    (0.6, "substantial"),
    (0.4, "moderate"),
    (0.2, "fair"),
    (0.0, "slight"),
)
"""Names for values above each bound. Source: Landis and Koch (1977)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What two labellers are compared on.

    :param code: from a complaint to the index of its label, 0 to ``labels - 1``.
    :param ordered: True where a label one step off is half right: weighted by squared steps.
    :param of_pairs: False where sides of minimal pairs are left out, which have no such label.
    """

    title: str
    code: Callable[[LabelledComplaint], int]
    labels: int
    ordered: bool = False
    of_pairs: bool = True


SCALES = {
    "category": Scale(
        "category", lambda c: CATEGORIES.index(c.category), len(CATEGORIES), of_pairs=False
    ),
    "urgency": Scale("urgency", lambda c: int(c.urgency), len(LEVELS), ordered=True),
    "high_risk": Scale("high risk (level 2+)", lambda c: int(c.urgency >= HIGH_RISK_LEVEL), 2),
    "at_risk": Scale("whose life", lambda c: tuple(AtRisk).index(c.at_risk), len(AtRisk)),
    "death_reported": Scale("death reported", lambda c: int(c.death_reported), 2),
    "minor": Scale("minor", lambda c: int(c.minor), 2),
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far two labellers agree on one scale.

    :param same: share of cases with the same label.
    :param kappa: Cohen's kappa, weighted by squared steps on an ordered scale; nan where both
        gave one label to everything.
    :param gwet: Gwet's AC1, on an ordered scale AC2 with the same weights.
    """

    same: Measure
    kappa: Measure
    gwet: Measure


@dataclass(frozen=True, slots=True)
class Difference:
    """One case that two people labelled differently.

    :param labels: by the name in ``SCALES``, what each said, in words; only where they differ.
    """

    id: str
    labels: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two labellers agree.

    :param groups: by ``all`` and each language, by the names of ``SCALES``.
    :param levels: (5, 5) cases by the first one's level (down) and the second one's (across).
    :param differences: worst first.
    :param only_first: ids that only the first one labelled.
    :param other_text: ids under which the two read different texts.
    """

    cases: int
    groups: dict[str, dict[str, Likeness]]
    levels: tuple[tuple[int, ...], ...]
    differences: tuple[Difference, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    other_text: tuple[str, ...]


def compare_labellers(
    first: Sequence[LabelledComplaint], second: Sequence[LabelledComplaint]
) -> Agreement:
    """Compare what two people made of the same complaints.

    :param first: in any order; matched with ``second`` by id.
    """
    by_id = {complaint.id: complaint for complaint in second}
    known = {complaint.id for complaint in first}
    pairs = [(complaint, by_id[complaint.id]) for complaint in first if complaint.id in by_id]
    languages = [name for name in LANGUAGES if any(a.language == name for a, _ in pairs)]
    groups = {ALL: pairs} | {
        name: [pair for pair in pairs if pair[0].language == name] for name in languages
    }
    urgency = SCALES["urgency"]
    return Agreement(
        cases=len(pairs),
        groups={
            name: {key: _measure(scale, group) for key, scale in SCALES.items()}
            for name, group in groups.items()
        },
        levels=tuple(
            tuple(row) for row in count_pairs(*_codes(urgency, pairs), urgency.labels).tolist()
        ),
        differences=_find_differences(pairs),
        only_first=tuple(complaint.id for complaint in first if complaint.id not in by_id),
        only_second=tuple(complaint.id for complaint in second if complaint.id not in known),
        other_text=tuple(a.id for a, b in pairs if a.text.split() != b.text.split()),
    )


def _measure(
    scale: Scale, pairs: Sequence[tuple[LabelledComplaint, LabelledComplaint]]
) -> Likeness:
    used = [(a, b) for a, b in pairs if scale.of_pairs or not (a.phenomenon or b.phenomenon)]
    first, second = _codes(scale, used)
    weights = squared_weights(scale.labels) if scale.ordered else np.eye(scale.labels)

    def resampled(
        coefficient: Callable[[NDArray[np.int64], NDArray[np.float64]], float],
    ) -> Measure:
        return bootstrapped(
            lambda i: coefficient(count_pairs(first[i], second[i], scale.labels), weights),
            len(used),
            rounds=ROUNDS,
        )

    return Likeness(
        same=proportion(int((first == second).sum()), len(used)),
        kappa=resampled(cohen_kappa),
        gwet=resampled(gwet_coefficient),
    )


def _codes(
    scale: Scale, pairs: Sequence[tuple[LabelledComplaint, LabelledComplaint]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    codes = np.array([(scale.code(a), scale.code(b)) for a, b in pairs], dtype=np.int64)
    codes = codes.reshape(-1, 2)
    return codes[:, 0], codes[:, 1]


def count_pairs(
    first: NDArray[np.int64], second: NDArray[np.int64], labels: int
) -> NDArray[np.int64]:
    """Count how often each pair of labels was given: (labels, labels), the first one's down.

    >>> count_pairs(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    return np.bincount(first * labels + second, minlength=labels**2).reshape(labels, labels)


def squared_weights(labels: int) -> NDArray[np.float64]:
    """Give how far each pair of labels counts as agreement: 1 the same, 0 from end to end.

    >>> squared_weights(3).tolist()
    [[1.0, 0.75, 0.0], [0.75, 1.0, 0.75], [0.0, 0.75, 1.0]]
    """
    steps = np.arange(labels)
    return np.asarray(1 - ((steps[:, np.newaxis] - steps) / (labels - 1)) ** 2)


def cohen_kappa(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    """Measure agreement beyond that of two people who deal out their own labels blindly.

    :param counts: (labels, labels) of ``count_pairs``.
    :param weights: (labels, labels) agreement of each pair; the identity for unordered labels.
    :returns: at most 1; nan where both gave one and the same label to everything.

    Source: Cohen (1960, 1968).

    >>> round(cohen_kappa(np.array([[118, 5], [2, 0]]), np.eye(2)), 3)
    -0.023
    """
    shares = counts / counts.sum()
    by_chance = float((weights * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum())
    return _beyond_chance(float((weights * shares).sum()), by_chance)


def gwet_coefficient(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    """Measure agreement beyond chance, where only hard cases are taken to be guessed.

    :param counts: (labels, labels) of ``count_pairs``.
    :param weights: as in ``cohen_kappa``: the identity gives AC1, others AC2.
    :returns: at most 1.

    Source: Gwet (2008); weighted: Gwet, Handbook of Inter-Rater Reliability (2014).

    >>> round(gwet_coefficient(np.array([[118, 5], [2, 0]]), np.eye(2)), 3)
    0.941
    """
    shares = counts / counts.sum()
    labels = len(counts)
    common = (shares.sum(axis=1) + shares.sum(axis=0)) / 2
    by_chance = weights.sum() / (labels * (labels - 1)) * float((common * (1 - common)).sum())
    return _beyond_chance(float((weights * shares).sum()), float(by_chance))


def _beyond_chance(seen: float, by_chance: float) -> float:
    return float("nan") if by_chance > 1 - 1e-12 else (seen - by_chance) / (1 - by_chance)


def name_band(value: float) -> str:
    """Give Landis and Koch's word for a kappa; their bands are a habit, not a law.

    >>> name_band(0.75), name_band(0.1), name_band(-0.2), name_band(float("nan"))
    ('substantial', 'slight', 'poor', 'not measurable')
    """
    if np.isnan(value):
        return "not measurable"
    return next(
        (name for bound, name in BANDS if value > bound), "slight" if value == 0 else "poor"
    )


def _find_differences(
    pairs: Sequence[tuple[LabelledComplaint, LabelledComplaint]],
) -> tuple[Difference, ...]:
    found = []
    for a, b in pairs:
        labels = {
            "urgency": (
                f"{int(a.urgency)} {a.urgency.shown}",
                f"{int(b.urgency)} {b.urgency.shown}",
            ),
            "category": (a.category.shown, b.category.shown),
            "at_risk": (a.at_risk or "nobody", b.at_risk or "nobody"),
            "death_reported": (_yes_no(a.death_reported), _yes_no(b.death_reported)),
            "minor": (_yes_no(a.minor), _yes_no(b.minor)),
        }
        if a.phenomenon or b.phenomenon:
            del labels["category"]
        labels = {name: (str(one), str(two)) for name, (one, two) in labels.items() if one != two}
        if labels:
            found.append((_badness(a, b), Difference(a.id, labels)))
    return tuple(difference for _, difference in sorted(found, key=lambda f: f[0], reverse=True))


def _badness(a: LabelledComplaint, b: LabelledComplaint) -> tuple[int, bool, bool]:
    """Rank a difference: steps of urgency, then the line of high risk, then the category."""
    across = (a.urgency >= HIGH_RISK_LEVEL) != (b.urgency >= HIGH_RISK_LEVEL)
    return abs(a.urgency - b.urgency), across, a.category is not b.category


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
