import math
from dataclasses import replace

import numpy as np
import pytest

from triage.evaluation.agreement import (
    cohen_kappa,
    compare_labellers,
    count_pairs,
    gwet_coefficient,
    name_band,
    squared_weights,
)
from triage.evaluation.metrics import weighted_kappa
from triage.labels import AtRisk, Category, Urgency
from triage.records import LabelledComplaint


def case(number: int, **labels) -> LabelledComplaint:
    fields = {
        "id": f"c{number}",
        "text": f"made-up complaint number {number}",
        "language": "en",
        "category": Category.OTHER_FRAUD,
        "urgency": Urgency.NONE,
        "at_risk": AtRisk.NOBODY,
        "death_reported": False,
        "minor": False,
        "scenario": f"c{number}",
        "batch": "",
    }
    return LabelledComplaint(**fields | labels)


def test_the_published_example_of_a_rare_label():
    # Gwet (2002), "Kappa statistic is not satisfactory": 125 people, both say yes of 118.
    counts = np.array([[118, 5], [2, 0]])
    assert cohen_kappa(counts, np.eye(2)) == pytest.approx(-0.0234, abs=5e-5)
    assert gwet_coefficient(counts, np.eye(2)) == pytest.approx(0.9408, abs=5e-5)


def test_coefficients_worked_out_by_hand():
    # Three ordered labels, ten cases; one step off counts 0.75.
    counts = np.array([[4, 1, 0], [0, 2, 1], [1, 0, 1]])
    seen = (4 + 2 + 1) / 10 + 0.75 * (1 + 0 + 1 + 0) / 10  # 0.85
    # Shares by the first 0.5 0.3 0.2, by the second 0.5 0.3 0.2, so the means are the same.
    gwet_chance = (3 + 4 * 0.75) / (3 * 2) * (0.5 * 0.5 + 0.3 * 0.7 + 0.2 * 0.8)  # 0.62
    kappa_chance = 0.25 + 0.09 + 0.04 + 0.75 * 2 * (0.15 + 0.06)  # 0.695
    weights = squared_weights(3)
    assert gwet_coefficient(counts, weights) == pytest.approx(
        (seen - gwet_chance) / (1 - gwet_chance)
    )
    assert gwet_coefficient(counts, weights) == pytest.approx(0.23 / 0.38)
    assert cohen_kappa(counts, weights) == pytest.approx((seen - kappa_chance) / (1 - kappa_chance))
    # Unordered: chance is (0.25 + 0.21 + 0.16) / 2 = 0.31.
    assert gwet_coefficient(counts, np.eye(3)) == pytest.approx((0.7 - 0.31) / 0.69)


def test_weighted_kappa_is_the_one_of_the_scorecard():
    random = np.random.default_rng(4)
    first = random.integers(0, 5, 80)
    second = np.clip(first + random.integers(-1, 2, 80), 0, 4)
    ours = cohen_kappa(count_pairs(first, second, 5), squared_weights(5))
    assert ours == pytest.approx(weighted_kappa(first, second))


def test_full_agreement_and_none_at_all():
    alike = np.diag([3, 4, 5])
    for coefficient in (cohen_kappa, gwet_coefficient):
        assert coefficient(alike, squared_weights(3)) == pytest.approx(1)
    assert math.isnan(cohen_kappa(np.diag([9, 0]), np.eye(2)))
    assert gwet_coefficient(np.diag([9, 0]), np.eye(2)) == 1
    assert gwet_coefficient(np.array([[0, 5], [5, 0]]), np.eye(2)) == pytest.approx(-1)


def test_bands_begin_above_their_bound():
    assert name_band(0.81) == "almost perfect"
    assert name_band(0.8) == "substantial"
    assert name_band(0.0) == "slight"
    assert name_band(-0.01) == "poor"


def test_cases_are_matched_by_id_and_the_worst_difference_stands_first():
    first = [case(n) for n in range(6)]
    second = [
        case(5, category=Category.SEXTORTION),
        case(2, urgency=Urgency.INTENT, at_risk=AtRisk.SELF),
        case(1, urgency=Urgency.DISTRESS, at_risk=AtRisk.OTHER),
        case(4, minor=True),
        case(3),
        case(9),
    ]
    found = compare_labellers(first, second)
    assert found.cases == 5
    assert (found.only_first, found.only_second) == (("c0",), ("c9",))
    assert [difference.id for difference in found.differences] == ["c2", "c1", "c5", "c4"]
    assert found.differences[0].labels == {
        "urgency": ("0 none", "3 intent"),
        "at_risk": ("nobody", "self"),
    }
    assert found.levels[0] == (3, 1, 0, 1, 0)
    assert found.groups["all"]["minor"].same.value == pytest.approx(4 / 5)


def test_one_step_off_the_high_risk_line_is_worse_than_one_step_elsewhere():
    first = [case(n, urgency=Urgency(n), at_risk=AtRisk.SELF) for n in (1, 2, 3)]
    second = [replace(c, urgency=Urgency(c.urgency + 1)) for c in first]
    found = compare_labellers(first, second)
    assert found.differences[0].id == "c1"


def test_languages_are_told_apart_and_other_texts_named():
    first = [case(n, language="hi" if n % 2 else "en") for n in range(8)]
    second = [
        replace(c, minor=c.language == "hi", text=c.text + (" x" if c.id == "c3" else "  "))
        for c in first
    ]
    found = compare_labellers(first, second)
    assert [*found.groups] == ["all", "en", "hi"]
    assert found.groups["en"]["minor"].same.value == 1
    assert found.groups["hi"]["minor"].same.value == 0
    assert found.other_text == ("c3",)


def test_sides_of_minimal_pairs_have_no_category():
    first = [case(1, phenomenon="denied"), case(2)]
    second = [replace(c, category=Category.SEXTORTION) for c in first]
    found = compare_labellers(first, second)
    assert found.groups["all"]["category"].same.count == 1
    assert [difference.id for difference in found.differences] == ["c2"]


def test_nothing_in_common():
    found = compare_labellers([case(1)], [case(2)])
    assert found.cases == 0
    assert math.isnan(found.groups["all"]["urgency"].gwet.value)
