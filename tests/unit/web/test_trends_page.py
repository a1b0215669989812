"""Trends in the browser: charts, surges in plain words, identifiers for who may see them."""

from datetime import timedelta

import pytest
from made_up_cases import NOW, add_case

from triage.web.charts import build_bars, build_columns, find_top


@pytest.fixture
def surge(database):
    """Two a week for ten weeks, and twenty in the last full one."""
    with database.write() as session:
        for week in range(2, 13):
            for day in (0, 1):
                add_case(session, received_at=NOW - timedelta(weeks=week, days=day))
        for n in range(20):
            leads = [("phone", "98XXXXXX12"), ("platform", "whatsapp")]
            at = NOW - timedelta(weeks=1, minutes=n)
            add_case(session, received_at=at, leads=leads, category="sextortion")


def test_a_surge_is_told_in_plain_words(asha, surge):
    page = asha.get("/trends").text
    assert "20 in the last full week, where about 2 are usual." in page
    assert "far more than usual" in page
    assert "WhatsApp" in page


def test_a_young_desk_says_that_it_is_too_early(asha, database):
    with database.write() as session:
        add_case(session)
    page = asha.get("/trends").text
    assert "Too early to say" in page
    assert "not enough history" in page


def test_an_empty_desk_has_a_page_too(sign_in):
    for language in ("en", "hi"):
        page = sign_in(f"asha.{language}", language=language).get("/trends?days=30")
        assert page.status_code == 200


def test_identifiers_are_whole_only_for_who_reads_cases(sign_in, surge):
    assert "98XXXXXX12" in sign_in("asha").get("/trends").text
    for name, role in (("dev", "data_scientist"), ("esha", "admin")):
        page = sign_in(name, role=role).get("/trends").text
        assert "98XXXXXX12" not in page
        assert "98…12" in page


@pytest.mark.parametrize("days", ["365", "nonsense", "-1", "9" * 30])
def test_another_span_is_the_usual_one_unless_it_is_known(asha, surge, days):
    page = asha.get(f"/trends?days={days}").text
    assert ("Complaints per day" not in page) == (days == "365")


def test_columns_stand_on_the_ground_and_reach_their_share():
    chart = build_columns(
        "a", series=["x", "y"], labels=["1", "2"], values=[[2, 3], [0, 10]], unit=" min"
    )
    assert chart.top == "10 min"
    low, high = chart.columns[0].pieces
    assert (low.y, low.height, high.y, high.height) == (80, 20, 50, 30)
    assert [piece.series for piece in chart.columns[1].pieces] == [2]
    assert chart.columns[0].told == "x 2 min, y 3 min"
    assert chart.columns[1].x + chart.columns[1].width <= 100


def test_a_chart_of_nothing_can_be_drawn():
    assert build_columns("a", series=["x"], labels=[], values=[]).columns == []
    assert build_columns("a", series=["x"], labels=["1"], values=[[0]]).columns[0].pieces == []
    assert build_bars([]) == []
    assert find_top(0) == 1


def test_long_charts_name_few_of_their_columns():
    labels = [str(n) for n in range(90)]
    chart = build_columns("a", series=["x"], labels=labels, values=[[1]] * 90)
    assert 2 <= len(chart.labels) <= 4
