from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from triage.errors import DataError
from triage.evaluation import metrics
from triage.evaluation import weighted_measures as weighted
from triage.evaluation.changes import Turn, count_turns, list_changes
from triage.evaluation.comparison import (
    FEWEST_DIFFERING,
    TESTED,
    compare_cases,
    compare_measure,
    paired_difference,
)
from triage.evaluation.discordance import correct_holm, measure_discordance
from triage.evaluation.paired_answers import LOWER_IS_BETTER, MEASURES
from triage.evaluation.scorecard import Judged, score_cases
from triage.evaluation.verdict import write_verdict
from triage.labels import HIGH_RISK_LEVEL, AtRisk, Category, Urgency
from triage.records import LabelledComplaint

SECRET = "made-up words of a complaint"


def judged(
    name: str,
    *,
    level: int = 0,
    given: int | None = None,
    marked: bool | None = None,
    risk: float = 0.5,
    category: Category = Category.SEXTORTION,
    proba: tuple[float, float, float] = (0.1, 0.8, 0.1),
    language: str = "en",
    scenario: str = "",
    phenomenon: str = "",
) -> Judged:
    complaint = LabelledComplaint(
        id=name,
        text=SECRET,
        language=language,
        category=category,
        urgency=Urgency(level),
        at_risk=AtRisk.SELF if level else AtRisk.NOBODY,
        death_reported=False,
        minor=False,
        scenario=scenario or name,
        batch="",
        phenomenon=phenomenon,
    )
    own = Urgency(level if given is None else given)
    high = own >= HIGH_RISK_LEVEL if marked is None else marked
    return Judged(complaint, proba, own, risk, high)


def random_cases(count: int, seed: int) -> list[Judged]:
    """Cases with labels that depend on their place alone, and answers that depend on the seed."""
    truth, answer = np.random.default_rng(0), np.random.default_rng(seed)
    cases = []
    for i in range(count):
        level = int(truth.integers(0, 5))
        category = list(Category)[truth.integers(0, 3)]
        proba = answer.dirichlet([1, 1, 1])
        cases.append(
            judged(
                f"c{i}",
                level=level,
                given=int(np.clip(level + answer.integers(-3, 3), 0, 4)),
                risk=float(np.round(answer.random(), 1)),
                category=category,
                proba=(float(proba[0]), float(proba[1]), float(proba[2])),
                language=("en", "hi")[i // 2 % 2],
                scenario=f"s{i // 2 if i < count // 2 else i}",
                phenomenon="denial" if i < count // 2 else "",
            )
        )
    return cases


@pytest.mark.parametrize(
    ("weigh", "plain", "answers"),
    [
        (weighted.macro_f1, lambda t, a: metrics.macro_f1(t.astype(int), a.astype(int)), 3),
        (
            weighted.weighted_kappa,
            lambda t, a: metrics.weighted_kappa(t.astype(int), a.astype(int)),
            5,
        ),
        (weighted.average_precision, lambda t, a: metrics.average_precision(t == 1, a), 0),
        (weighted.calibration_error, lambda t, a: metrics.calibration_error(t == 1, a), 0),
    ],
)
def test_weights_are_copies(weigh, plain, answers):
    """A case of weight 3 counts as three cases: the same as the plain measure of the resample."""
    random = np.random.default_rng(3)
    n = 40
    if answers:
        rows = random.integers(0, answers, (n, 2)).astype(float)
    else:
        rows = np.column_stack([random.integers(0, 2, n), random.random(n).round(1)])
    drawn = random.integers(0, n, (25, n))
    weights = np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(float)
    expected = [plain(rows[row, 0], rows[row, 1]) for row in drawn]
    assert weigh(rows, weights) == pytest.approx(expected)


def test_nothing_to_measure_is_no_number():
    rows, nobody = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])
    for weigh in (weighted.precision, weighted.average_precision, weighted.weighted_kappa):
        assert np.isnan(weigh(rows, nobody)).all(), weigh
    assert np.isnan(weighted.share_right(rows, nobody)[0])


def test_both_values_are_those_of_the_scorecard():
    a, b = random_cases(120, 1), random_cases(120, 2)
    found = compare_cases(a, b, rounds=20)
    for scorecard, side in ((score_cases(a), "a"), (score_cases(b), "b")):
        groups = {"all": scorecard.overall} | scorecard.languages
        assert list(found.differences) == list(groups)
        for group, scores in groups.items():
            for name in MEASURES:
                value = getattr(found.differences[group][name], side)
                assert value == pytest.approx(getattr(scores, name).value), (group, name)
    assert set(MEASURES) == set(type(score_cases(a).overall).__dataclass_fields__)
    assert set(MEASURES) > LOWER_IS_BETTER


def rows_right(*right: int) -> np.ndarray:
    return np.array([(1, answer) for answer in right], dtype=float)


def test_a_plain_difference_is_beyond_chance_and_a_small_one_is_not():
    a = rows_right(*[0] * 12, *[1] * 28)
    found = paired_difference(weighted.share_right, a, rows_right(*[1] * 40), range(40))
    assert found.difference == pytest.approx(0.3)
    assert 0 < found.low < 0.3 < found.high
    assert found.beyond_chance
    assert (found.cases, found.stories, found.differing) == (40, 40, 12)
    mixed = rows_right(*[1] * 7, *[0] * 5, *[1] * 23, *[0] * 5)
    assert not paired_difference(weighted.share_right, a, mixed, range(40)).beyond_chance
    back = paired_difference(weighted.share_right, rows_right(*[1] * 40), a, range(40))
    assert back.beyond_chance
    assert back.high < 0


def test_five_that_differ_are_too_few_and_six_are_enough():
    a = rows_right(*[0] * 40)
    for differing in (FEWEST_DIFFERING - 1, FEWEST_DIFFERING):
        b = rows_right(*[1] * differing, *[0] * (40 - differing))
        found = paired_difference(weighted.share_right, a, b, range(40))
        assert found.low > 0
        exact = measure_discordance(a[:, 1] == 1, b[:, 1] == 1).p_value
        assert found.beyond_chance is (exact < 0.05) is (differing == FEWEST_DIFFERING)


def test_stories_are_drawn_whole():
    """Ten copies of each text add no knowledge: the interval stays as wide as without them."""
    random = np.random.default_rng(4)
    a, b = (rows_right(*random.integers(0, 2, 30)) for _ in range(2))
    once = paired_difference(weighted.share_right, a, b, range(30))
    tenfold = [np.repeat(rows, 10, axis=0) for rows in (a, b)]
    stories = paired_difference(weighted.share_right, *tenfold, np.repeat(range(30), 10).tolist())
    assert (stories.low, stories.high) == pytest.approx((once.low, once.high))
    assert (stories.cases, stories.stories, stories.differing) == (300, 30, once.differing)
    apart = paired_difference(weighted.share_right, *tenfold, range(300))
    assert apart.high - apart.low < 0.5 * (once.high - once.low)


def test_pairing_narrows_the_interval():
    """Errors that both make cancel out: only the cases that part the models add scatter."""
    a = rows_right(*[1, 0] * 100)
    b = a.copy()
    b[[1, 3, 5, 7, 9, 11, 13, 15], 1] = 1
    found = paired_difference(weighted.share_right, a, b, range(200))
    unpaired = 2 * 1.96 * np.sqrt(2 * 0.25 / 200)
    assert found.high - found.low < 0.4 * unpaired


def test_the_rounds_are_the_same_every_time_and_blocks_do_not_show():
    random = np.random.default_rng(5)
    a, b = (rows_right(*random.integers(0, 2, 25)) for _ in range(2))
    first, again = (
        paired_difference(weighted.share_right, a, b, range(25), rounds=250) for _ in range(2)
    )
    assert first == again
    other = paired_difference(weighted.share_right, a, b, range(25), rounds=250, seed=21)
    assert other.difference == first.difference


def test_no_cases_and_wrong_lengths():
    none = np.empty((0, 2))
    found = paired_difference(weighted.share_right, none, none, [])
    assert np.isnan(found.difference)
    assert not found.beyond_chance
    with pytest.raises(ValueError, match="got 1, 2 and 1 cases"):
        paired_difference(weighted.share_right, rows_right(1), rows_right(1, 0), ["x"])


def test_rounds_without_anything_to_measure_are_left_out():
    rows = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    found = paired_difference(weighted.precision, rows, np.ones((3, 2)) * [[1, 1], [0, 1], [0, 1]],
                              range(3))  # fmt: skip
    assert found.a == 1
    assert np.isfinite([found.low, found.high]).all()
    never = np.zeros((3, 2))
    assert np.isnan(paired_difference(weighted.precision, never, never, range(3)).low)


def test_discordance_is_mcnemars_exact_test():
    right_a = np.array([True] * 10 + [False] * 6 + [True] * 1 + [False] * 3)
    right_b = np.array([True] * 10 + [True] * 6 + [False] * 1 + [False] * 3)
    found = measure_discordance(right_a, right_b)
    assert (found.only_a, found.only_b, found.right_a, found.right_b) == (1, 6, 11, 16)
    assert found.p_value == pytest.approx(2 * (1 + 7) / 2**7)
    assert found.p_value == pytest.approx(binomtest(1, 7).pvalue)
    assert measure_discordance(right_a, right_a).p_value == 1


def test_holm_as_published():
    # Worked example: 0.01, 0.04, 0.03, 0.005 give 0.03, 0.06, 0.06, 0.02.
    found = correct_holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert correct_holm({"a": 0.7, "b": 0.9}) == {"a": 1.0, "b": 1.0}
    assert correct_holm({}) == {}


def test_languages_are_corrected_and_all_is_not():
    a = [
        judged(f"{lang}{i}", level=3, given=0, language=lang)
        for lang in ("en", "hi")
        for i in range(6)
    ]
    b = [replace(case, high_risk=True, level=Urgency(3)) for case in a]
    tests = compare_cases(a, b, rounds=10).tests["found"]
    assert tests["en"].p_holm == pytest.approx(2 * tests["en"].p_value)
    assert tests["all"].p_holm == tests["all"].p_value
    assert set(compare_cases(a, b, rounds=10).tests) == set(TESTED)


def test_pairs_count_once_and_only_as_pairs():
    sides = [judged(f"p{i}{s}", level=3 * (s == "b"), scenario=f"p{i}", phenomenon="denial")
             for i in range(3) for s in "ab"]  # fmt: skip
    broken = [replace(sides[0], high_risk=True), *sides[1:]]
    lone = [judged("lone", level=3, phenomenon="denial")]
    found = compare_cases(sides + lone, broken + lone, rounds=10)
    assert found.tests["pairs"]["all"].cases == 3
    assert found.tests["pairs"]["all"].only_a == 1
    assert found.differences["all"]["pairs"].difference == pytest.approx(-1 / 3)
    assert found.tests["found"]["all"].cases == 0
    assert np.isnan(found.differences["all"]["recall"].a)


def test_measures_of_one_kind_rest_on_their_own_cases():
    a = [judged(f"c{i}", level=3 if i < 4 else 0) for i in range(10)]
    b = [*a[:9], replace(a[9], high_risk=True)]
    recall = compare_measure("recall", a, b, rounds=10)
    assert (recall.cases, recall.differing, recall.difference) == (4, 0, 0)
    precision = compare_measure("precision", a, b, rounds=10)
    assert (precision.cases, precision.differing) == (10, 1)
    assert precision.difference == pytest.approx(4 / 5 - 1)


def test_changes_have_lost_cases_on_top_and_never_words():
    a = [
        judged("found", level=2, given=1),
        judged("alarm"),
        judged("lost-2", level=2),
        judged("lost-4", level=4),
        judged("lost-4-side", level=4, phenomenon="denial", scenario="x"),
        judged("same", level=3),
        judged("category", proba=(0.1, 0.8, 0.1)),
        judged("nearer", level=4, given=2),
    ]
    b = [
        replace(a[0], level=Urgency(2), high_risk=True),
        replace(a[1], level=Urgency(2), high_risk=True),
        replace(a[2], level=Urgency(1), high_risk=False),
        replace(a[3], level=Urgency(0), high_risk=False, category_proba=(0.8, 0.1, 0.1)),
        replace(a[4], level=Urgency(0), high_risk=False, category_proba=(0.8, 0.1, 0.1)),
        replace(a[5], risk=0.9),
        replace(a[6], category_proba=(0.8, 0.1, 0.1)),
        replace(a[7], level=Urgency(3)),
    ]
    changes = list_changes(a, b)
    assert [change.id for change in changes] == [
        "lost-4", "lost-4-side", "lost-2", "alarm", "category", "nearer", "found",
    ]  # fmt: skip
    assert changes[0].turns == (Turn.LOST, Turn.LOWER, Turn.CATEGORY_WRONG)
    assert changes[1].turns == (Turn.LOST, Turn.LOWER)  # a side's category is not labelled
    assert changes[-1].turns == (Turn.NEARER, Turn.FOUND)
    assert (changes[0].level, changes[0].level_a, changes[0].level_b) == (4, 4, 0)
    assert SECRET not in repr(changes)
    assert count_turns(changes)[Turn.LOST] == 3
    assert next(iter(count_turns(changes))) is Turn.LOST


@pytest.mark.parametrize(
    ("true", "a", "b", "turn"),
    [
        (2, 1, 0, Turn.LOWER),
        (2, 3, 1, Turn.LOWER),
        (2, 0, 1, Turn.NEARER),
        (2, 4, 3, Turn.NEARER),
        (2, 3, 4, Turn.HIGHER),
        (2, 1, 3, Turn.HIGHER),
        (2, 4, 2, Turn.NEARER),
    ],
)
def test_turns_of_the_level(true, a, b, turn):
    case_a = judged("x", level=true, given=a, marked=True)
    assert list_changes([case_a], [replace(case_a, level=Urgency(b))])[0].turns == (turn,)


def test_categories_right_wrong_and_otherwise_wrong():
    first, second, third = (0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8)
    for a, b, turn in (
        (first, second, Turn.CATEGORY_RIGHT),
        (second, third, Turn.CATEGORY_WRONG),
        (first, third, Turn.CATEGORY_OTHER),
    ):
        case = judged("x", category=Category.SEXTORTION, proba=a)
        assert list_changes([case], [replace(case, category_proba=b)])[0].turns == (turn,)


def test_other_complaints_are_refused_without_their_words():
    a = [judged("x"), judged("y")]
    with pytest.raises(DataError, match=r"different complaints \(2 and 2\)") as caught:
        compare_cases(a, a[::-1])
    assert SECRET not in str(caught.value)


def high(count: int, *, found: int, language: str = "en") -> list[Judged]:
    return [
        judged(f"{language}{i}", level=3, marked=i < found, given=3, language=language)
        for i in range(count)
    ]


def test_the_verdict_says_what_may_be_chance():
    lines = write_verdict(compare_cases(high(61, found=55), high(61, found=57), rounds=10))
    assert lines[0] == (
        "B finds 2 more of 61 high-risk complaints (57, A 55);"
        " the difference may be chance (p = 0.50)."
    )
    assert lines[1] == "A and B get the category right in the same 61 of 61 complaints."
    assert len(lines) == 2  # no false alarm is possible, there are no pairs


def test_the_verdict_names_languages_that_lose():
    a = high(20, found=20) + high(20, found=20, language="mr")
    b = high(20, found=20) + high(20, found=10, language="mr")
    lines = write_verdict(compare_cases(a, b, rounds=10))
    assert lines[0].startswith(
        "B finds 10 fewer of 40 high-risk complaints (30, A 40); that is more"
    )
    assert lines[-1] == (
        "Marathi: B finds 10 fewer of 20 high-risk complaints (10, A 20);"
        " that is more than chance (p = 0.004)."
    )
    assert not any(line.startswith("English") for line in lines)


def test_the_verdict_on_false_alarms_counts_alarms():
    calm = [judged(f"c{i}") for i in range(10)]
    noisy = [replace(case, high_risk=i < 3) for i, case in enumerate(calm)]
    lines = write_verdict(compare_cases(noisy, calm, rounds=10))
    assert lines[0].startswith(
        "B raises false alarms in 3 fewer of 10 complaints without high risk (0,"
    )
    swapped = [replace(case, high_risk=i > 6) for i, case in enumerate(calm)]
    lines = write_verdict(compare_cases(noisy, swapped, rounds=10))
    assert lines[0] == (
        "A and B each raise false alarms in 3 of 10 complaints without high risk,"
        " but 3 of them are others."
    )
