import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.model.thresholds import (
    HIGHEST_THRESHOLD,
    choose_operating_point,
    mark_high_risk,
    measure_point,
    place_threshold,
)

NO_FLOOR = np.zeros(5, dtype=np.int64)
ALL_TRUE = np.ones(5, dtype=bool)
RISK = np.array([0.05, 0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(("misses", "threshold"), [(0, 0.05), (1, 0.1), (4, 0.4), (5, 0.5)])
def test_a_threshold_may_miss_so_many(misses, threshold):
    assert place_threshold(RISK, ALL_TRUE, NO_FLOOR, misses=misses) == threshold


def test_what_the_lexicon_marks_is_never_missed():
    floor = np.array([2, 0, 0, 0, 0])
    assert place_threshold(RISK, ALL_TRUE, floor, misses=0) == 0.1
    assert place_threshold(RISK, ALL_TRUE, np.full(5, 3), misses=0) == HIGHEST_THRESHOLD
    assert mark_high_risk(RISK, floor, 0.35).tolist() == [True, False, False, False, True]
    # Level 1 is no high risk.
    assert not mark_high_risk(RISK, np.ones(5, dtype=np.int64), 0.9).any()


def test_a_threshold_is_never_above_a_half():
    assert place_threshold(RISK + 0.55, ALL_TRUE, NO_FLOOR, misses=2) == HIGHEST_THRESHOLD


def test_rounding_does_not_lose_a_case():
    # Just below four decimals: times 10,000 it is 1507.0 exactly.
    risk = np.array([np.nextafter(0.1507, 0)])
    threshold = place_threshold(risk, np.ones(1, bool), np.zeros(1, np.int64), misses=0)
    assert threshold <= risk[0]


@given(
    cases=st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 4)), min_size=1),
    misses=st.integers(0, 5),
)
def test_no_more_is_missed_than_allowed(cases, misses):
    risk, truth, floor = (np.array(column) for column in zip(*cases, strict=True))
    threshold = place_threshold(risk, truth, floor, misses=misses)
    assert (truth & ~mark_high_risk(risk, floor, threshold)).sum() <= misses


def test_measuring_a_point():
    truth = np.array([True, False, True, False, True])
    point = measure_point(RISK, truth, np.array([0, 2, 0, 0, 0]), 0.2)
    assert (point.threshold, point.recall, point.precision) == (0.2, 2 / 3, 2 / 4)


def test_the_operating_point_is_the_share_seen():
    random = np.random.default_rng(1)
    truth = random.random(400) < 0.5
    risk, floor = random.random(400) * 0.5, np.zeros(400, dtype=np.int64)
    point = choose_operating_point(risk, truth, floor, recall_floor=0.94)
    assert point.recall >= 0.94
    higher = measure_point(
        risk, truth, floor, np.nextafter(risk[truth & (risk >= point.threshold)].min(), 1)
    )
    assert higher.recall < 0.94
