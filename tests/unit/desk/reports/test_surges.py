"""Surges: the exact tail, what is flagged, and what is not."""

import pytest
from scipy.stats import nbinom

from triage.desk.reports.surges import ALPHA, LEAST, find_tail, judge_count


@pytest.mark.parametrize(
    ("count", "mean", "dispersion"),
    [(14, 3.75, 1.2), (0, 1, 2), (3, 5, 1.125), (40, 5, 3), (300, 100, 5), (9, 0.06, 1.125)],
)
def test_the_tail_is_that_of_a_negative_binomial(count, mean, dispersion):
    exact = nbinom.sf(count - 1, mean / (dispersion - 1), 1 / dispersion)
    assert find_tail(count, mean, dispersion) == pytest.approx(exact, rel=1e-9)


def test_an_impossible_count_has_no_chance():
    assert find_tail(100_000, 3, 1.2) == 0


def test_far_more_than_usual_is_flagged():
    usual = [20, 18, 23, 19, 21, 20, 17, 22]  # "about 20"
    assert judge_count(60, usual).flagged
    assert not judge_count(26, usual).flagged


def test_counts_that_swing_have_to_swing_further():
    even, uneven = [10] * 8, [2, 25, 4, 18, 3, 20, 2, 6]
    assert judge_count(24, even).flagged
    assert judge_count(24, uneven).expected == pytest.approx(10)
    assert not judge_count(24, uneven).flagged


def test_fewer_than_five_cases_are_no_surge():
    surge = judge_count(LEAST - 1, [0] * 8)
    assert surge.p_value < ALPHA
    assert not surge.flagged
    assert judge_count(LEAST, [0] * 8).flagged


def test_too_little_history_is_told():
    surge = judge_count(50, [5, 4, 6])
    assert not surge.enough_history
    assert not surge.flagged
    assert surge.expected == pytest.approx(5)
    assert judge_count(50, []).expected == 0


def test_a_quiet_week_is_no_surge():
    assert judge_count(0, [5, 4, 6, 5]).p_value == pytest.approx(1)
