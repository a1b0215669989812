import re
import sys
from xml.etree import ElementTree

import pytest

from triage.errors import ConfigError
from triage.evaluation.figures import draw_figures, draw_learning_curve
from triage.evaluation.metrics import proportion
from triage.evaluation.scorecard import Judged, score_cases
from triage.labels import AtRisk, Category, Urgency
from triage.records import LabelledComplaint

SECRET = "Vishwambhar cries by the lake"
NAMES = {"confusion", "urgency_levels", "reliability", "precision_recall", "recall_by_language"}


def judge(number: int, *, level: int, risk: float, phenomenon: str = "", language: str = "en"):
    complaint = LabelledComplaint(
        id=f"case-{number}",
        text=SECRET,
        language=language,
        category=Category.SEXTORTION,
        urgency=Urgency(level),
        at_risk=AtRisk.SELF if level else AtRisk.NOBODY,
        death_reported=False,
        minor=False,
        scenario=f"story-{number}",
        batch="made-up",
        evidence=(SECRET,),
        phenomenon=phenomenon,
    )
    read = Urgency(3 if risk >= 0.5 else 0)
    return Judged(complaint, (0.1, 0.7, 0.2), read, risk, risk >= 0.5)


@pytest.fixture(scope="module")
def cases():
    return [
        judge(1, level=3, risk=0.9),
        judge(2, level=2, risk=0.4),
        judge(3, level=0, risk=0.1),
        judge(4, level=1, risk=0.6, language="mr"),
        judge(5, level=4, risk=0.95, language="mr"),
    ]


@pytest.fixture(scope="module")
def figures(cases):
    return draw_figures(cases, score_cases(cases), threshold=0.5)


def shown(svg: bytes) -> list[str]:
    """The texts of a drawing: matplotlib keeps each as a comment beside its outlines."""
    return [text.strip() for text in re.findall(r"<!--(.*?)-->", svg.decode(), re.DOTALL)]


def test_every_figure_is_a_drawing_without_pixels_dates_or_texts(figures):
    assert set(figures) == NAMES
    for svg in figures.values():
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert b"<image" not in svg
        assert b"<metadata" not in svg
        assert not any(word in svg for word in (b"Vishwambhar", b"cries", b"lake"))
        assert b"case-" not in svg


def test_the_same_cases_give_the_same_bytes(cases, figures):
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 31, "axes.facecolor": "red"}):  # a person's own settings
        assert draw_figures(cases, score_cases(cases), threshold=0.5) == figures
    assert mpl.rcParams["svg.hashsalt"] is None


def test_figures_show_the_counts(figures):
    texts = shown(figures["recall_by_language"])
    assert {"2 of 3", "1 of 2", "1 of 1", "English", "Marathi"} <= set(texts)
    assert "Hindi" not in texts
    assert "100 %" in shown(figures["confusion"])
    assert any("67 %" in text for text in shown(figures["precision_recall"]))
    assert any("0.50" in text for text in shown(figures["precision_recall"]))


def test_sides_of_pairs_change_nothing(cases, figures):
    more = [*cases, judge(9, level=4, risk=0.0, phenomenon="negation")]
    assert draw_figures(more, score_cases(cases), threshold=0.5) == figures


def test_what_cannot_be_drawn_is_left_out(cases):
    calm = [case for case in cases if not case.truly_high]
    drawn = draw_figures(calm, score_cases(calm), threshold=0.5)
    assert set(drawn) == {"confusion", "urgency_levels", "reliability"}
    assert draw_figures([], score_cases([]), threshold=0.5) == {}


def test_nothing_marked_still_draws():
    missed = [judge(1, level=3, risk=0.1), judge(2, level=0, risk=0.2)]
    assert set(draw_figures(missed, score_cases(missed), threshold=0.5)) == NAMES


def test_a_learning_curve_goes_up_the_axis_whatever_the_order():
    points = [(2000, proportion(50, 61)), (500, proportion(40, 61))]
    curve = draw_learning_curve(points)
    assert curve == draw_learning_curve(points[::-1])
    assert "2,000" in shown(curve)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, cases):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r"matplotlib.*pip install 'triage\[science\]'"):
        draw_figures(cases, score_cases(cases), threshold=0.5)
