import math
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from triage.config import Settings
from triage.evaluation.cards import guarantee_section
from triage.model.guarantees import (
    Shortage,
    bound_miss_rate,
    bound_next_misses,
    choose_guaranteed_point,
    count_cases_needed,
    count_misses_allowed,
    per_hundred,
    price_floors,
    state_guarantees,
)
from triage.model.thresholds import OperatingPoint, choose_operating_point, mark_high_risk

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "recall_guarantee.py"


@pytest.fixture(scope="module")
def judged():
    """Scores of 3,000 made-up complaints: risk, truth, floor, language."""
    random = np.random.default_rng(7)
    truth = random.random(3000) < 0.2
    risk = np.where(truth, random.beta(2.5, 1, 3000), random.beta(0.6, 6, 3000))
    floor = np.where(truth & (random.random(3000) < 0.3), 3, 0)
    return risk, truth, floor, random.choice(["en", "hi", "mr"], 3000)


@pytest.fixture(scope="module")
def few(judged):
    return tuple(column[:150] for column in judged)


@pytest.mark.parametrize(("misses", "cases"), [(0, 49), (3, 60), (111, 1853), (20, 21)])
def test_the_bound_is_the_exact_binomial_one(misses, cases):
    exact = (
        binomtest(misses, cases).proportion_ci(0.90, method="exact").high
    )  # two-sided: 5 % above
    assert bound_miss_rate(misses, cases) == pytest.approx(exact)
    assert binom.cdf(misses, cases, bound_miss_rate(misses, cases)) == pytest.approx(0.05)


def test_nothing_found_promises_nothing():
    assert bound_miss_rate(4, 4) == bound_miss_rate(0, 0) == 1
    assert bound_next_misses(0, 0, coming=100) == 100


@pytest.mark.parametrize("miss_rate", [0.01, 0.06, 0.1])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("misses", [0, 1, 5])
def test_the_cases_needed_are_the_fewest_that_do(miss_rate, confidence, misses):
    needed = count_cases_needed(miss_rate, misses=misses, confidence=confidence)
    assert bound_miss_rate(misses, needed, confidence=confidence) <= miss_rate
    assert bound_miss_rate(misses, needed - 1, confidence=confidence) > miss_rate
    assert count_misses_allowed(needed, miss_rate, confidence=confidence) == misses
    fewer = count_misses_allowed(needed - 1, miss_rate, confidence=confidence)
    assert fewer == (misses - 1 if misses else None)
    if not misses:
        assert needed == math.ceil(math.log(1 - confidence) / math.log(1 - miss_rate))


@pytest.mark.parametrize("recall_floor", [0.9, 0.94, 0.97])
def test_the_guaranteed_point_is_the_highest_that_keeps_the_bound(judged, recall_floor):
    risk, truth, floor, _ = judged
    point = choose_guaranteed_point(risk, truth, floor, recall_floor=recall_floor)
    assert isinstance(point, OperatingPoint)

    def bound_at(threshold):
        missed = int((truth & ~mark_high_risk(risk, floor, threshold)).sum())
        return bound_miss_rate(missed, int(truth.sum()))

    assert bound_at(point.threshold) <= 1 - recall_floor
    # A case lies between this threshold and the next one of four decimals.
    assert bound_at(point.threshold + 1.01e-4) > 1 - recall_floor
    seen = choose_operating_point(risk, truth, floor, recall_floor=recall_floor)
    assert point.threshold < seen.threshold
    surer = choose_guaranteed_point(risk, truth, floor, recall_floor=recall_floor, confidence=0.99)
    assert surer.threshold < point.threshold


@pytest.mark.parametrize("recall_floor", [0.9, 0.94, 0.97])
def test_mapie_finds_no_higher_threshold(judged, recall_floor):
    pytest.importorskip("mapie")
    from mapie.risk_control import BinaryClassificationController

    risk, truth, floor, _ = judged
    score = np.where(floor >= 2, 1.0, risk)
    grid = np.round(np.arange(0, 0.5, 1e-3), 4)
    missed = np.array([(truth & (score < threshold)).sum() for threshold in grid])
    controller = BinaryClassificationController(
        lambda table: table,
        "recall",
        recall_floor,
        confidence_level=0.95,
        list_predict_params=grid,
        fwer_method="fixed_sequence",
    ).calibrate(np.column_stack([1 - score, score]), truth.astype(int))
    ours = choose_guaranteed_point(risk, truth, floor, recall_floor=recall_floor)
    allowed = count_misses_allowed(int(truth.sum()), 1 - recall_floor)
    assert isinstance(ours, OperatingPoint)
    assert controller.best_predict_param <= ours.threshold
    # One step of its grid, and the miss too many that it counts where a share is rounded up.
    assert allowed - 2 <= missed[grid == controller.best_predict_param] <= allowed
    # Its p-values are the binomial ones, or larger where it rounds: never a sharper bound.
    exact = binom.cdf(missed, truth.sum(), 1 - recall_floor)
    theirs = controller.p_values[:, 0]
    assert (theirs >= exact * (1 - 1e-9)).all()
    assert np.isclose(theirs, exact).mean() > 0.5


def test_too_few_cases_are_said_in_numbers(few):
    risk, truth, floor, _ = few
    cases = int(truth.sum())
    shortage = choose_guaranteed_point(risk, truth, floor, recall_floor=0.97)
    assert shortage == Shortage(0.97, cases, 0.95)
    assert shortage.needed == 99
    assert shortage.say() == (
        f"finding 97 in 100 cannot be promised with {cases} labelled high-risk cases;"
        f" {99 - cases} more are needed if none of them is missed (99 in all; 157 if one is)"
    )
    nothing = choose_guaranteed_point(risk, np.zeros_like(truth), floor, recall_floor=0.9)
    assert isinstance(nothing, Shortage)
    assert nothing.cases == 0


def test_nobody_can_promise_to_find_all(judged):
    risk, truth, floor, _ = judged
    shortage = choose_guaranteed_point(risk, truth, floor, recall_floor=1)
    assert isinstance(shortage, Shortage)
    assert shortage.needed is None
    assert "any number of cases" in shortage.say()


def test_shares_are_checked(judged):
    risk, truth, floor, languages = judged
    with pytest.raises(ValueError, match="confidence is 95"):
        choose_guaranteed_point(risk, truth, floor, recall_floor=0.9, confidence=95)
    with pytest.raises(ValueError, match="confidence is 1"):
        state_guarantees(risk, truth, floor, languages, 0.2, confidence=1)
    with pytest.raises(ValueError, match="miss_rate is 0"):
        count_cases_needed(0)


def test_guarantees_over_all_and_by_language(judged):
    risk, truth, floor, languages = judged
    overall, *spoken = state_guarantees(risk, truth, floor, languages, 0.2)
    assert [g.group for g in (overall, *spoken)] == ["all", "en", "hi", "mr"]
    marked = mark_high_risk(risk, floor, 0.2)
    assert overall.cases == truth.sum() == sum(g.cases for g in spoken)
    assert overall.found == (marked & truth).sum() == sum(g.found for g in spoken)
    assert overall.false_alarms == pytest.approx(1000 * marked[~truth].mean())
    assert overall.precision == pytest.approx(truth[marked].mean())
    assert 1 - overall.found / overall.cases < overall.miss_rate
    assert overall.miss_rate < min(
        g.miss_rate for g in spoken if g.found / g.cases < overall.found / overall.cases
    )
    assert overall.say().startswith(
        f"misses at most {per_hundred(overall.miss_rate)} in 100 high-risk"
    )
    # Luck has its part in the next cases as well.
    assert overall.next_hundred > 100 * overall.miss_rate


def test_prices_rise_with_the_promise(judged):
    risk, truth, floor, _ = judged
    prices = price_floors(risk, truth, floor)
    thresholds = [answer.threshold for answer in prices.values()]
    alarms = [answer.false_alarms for answer in prices.values()]
    assert [*prices] == [0.90, 0.94, 0.97, 0.99]
    assert thresholds == sorted(thresholds, reverse=True)
    assert alarms == sorted(alarms)
    assert all(answer.miss_rate <= 1 - asked for asked, answer in prices.items())


def test_a_promise_is_never_shown_as_more_than_it_is():
    assert per_hundred(0.05901) == "6"
    assert per_hundred(0.06 + 1e-12) == "6"
    assert per_hundred(0.0698) == "7"
    assert per_hundred(0.07001) == "7.1"


def test_the_card_says_it_in_plain_words(few):
    risk, truth, floor, languages = few
    truth = truth & (languages != "mr")
    quiet = languages == "mr"  # nothing is marked, nothing is true
    risk, floor = np.where(quiet, 0.0, risk), np.where(quiet, 0, floor)
    guarantees = state_guarantees(risk, truth, floor, languages, 0.2)
    card = "\n".join(guarantee_section(guarantees, price_floors(risk, truth, floor)))
    assert f"the program {guarantees[0].say()}." in card
    assert "| Marathi | 0 | 0 | nothing can be promised | 0 | - |" in card
    assert "| 99 | - | finding 99 in 100 cannot be promised with" in card
    assert "nan" not in card
    assert "What it costs" not in "\n".join(guarantee_section(guarantees, {}))


@pytest.mark.parametrize("recall_floor", [0.90, 0.94])
def test_the_promise_holds_in_draws_and_halves(recall_floor):
    benchmark = runpy.run_path(str(BENCHMARK))
    cases = benchmark["make_cases"](3000)
    drawn = benchmark["try_draws"](cases, recall_floor, rounds=40)
    halved = benchmark["try_halves"](cases, recall_floor, rounds=40)
    limit = benchmark["most_broken"](40)
    assert drawn.rounds == halved.rounds == 40
    assert drawn.broken <= limit < 0.2
    assert halved.broken <= limit
    # A share seen, without a promise, breaks about every second time: the check can fail.
    assert drawn.unpromised > limit


def test_the_simulation_reads_cases_from_a_file(tmp_path, judged):
    risk, truth, floor, languages = judged
    path = tmp_path / "cases.npz"
    np.savez(path, risk=risk, truth=truth, floor=floor, language=languages,
             group=np.arange(len(risk)) // 2)  # fmt: skip
    groups = runpy.run_path(str(BENCHMARK))["read_cases"](str(path))
    assert [*groups] == ["all", "en", "hi", "mr"]
    assert len(groups["all"].risk) == sum(len(groups[name].risk) for name in ("en", "hi", "mr"))
    assert len(np.unique(groups["all"].story)) == len(risk) // 2


def test_the_floor_of_the_settings_can_be_promised(judged):
    risk, truth, floor, _ = judged
    point = choose_guaranteed_point(risk, truth, floor, recall_floor=Settings().recall_floor)
    assert isinstance(point, OperatingPoint)
