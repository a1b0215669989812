"""Trends: days and weeks as India counts them, surges, first contacts, shared identifiers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from made_up_cases import NOW, add_case

from triage.desk.reports.trends import build_trends

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = date(2026, 11, 16)  # of the week of NOW, which is a Friday


def look(database, *, days: int = 30, now: datetime = NOW):
    with database.read() as session:
        return build_trends(session, days=days, now=now)


def test_an_empty_desk_has_trends_too(database):
    trends = look(database, days=7)
    assert [day.total for day in trends.days] == [0] * 7
    assert [day.start for day in trends.days][-1] == date(2026, 11, 20)
    assert [week.start for week in trends.weeks] == [MONDAY - 7 * DAY, MONDAY]
    assert trends.shared == []
    assert not any(surge.enough_history for surge in trends.week_surges.values())
    assert not any(surge.enough_history for surge in trends.day_surges.values())
    assert trends.first_contact[0].median_min is None


def test_days_and_weeks_begin_at_midnight_in_india(database):
    sunday_night = datetime(2026, 11, 15, 18, 29, 59, 900_000, tzinfo=UTC)  # 23:59:59 in India
    with database.write() as session:
        add_case(session, received_at=sunday_night, language="hi")
        add_case(session, received_at=sunday_night + timedelta(milliseconds=100), language="mr")
    trends = look(database, days=14)
    days = {day.start: day for day in trends.days}
    assert days[MONDAY - DAY].languages["hi"] == days[MONDAY - DAY].total == 1
    assert days[MONDAY].languages["mr"] == days[MONDAY].total == 1
    assert [week.total for week in trends.weeks[-2:]] == [1, 1]
    assert [week.complete for week in trends.weeks[-2:]] == [True, False]
    assert not days[date(2026, 11, 20)].complete


def test_a_week_is_counted_whole_where_the_days_shown_begin_in_it(database):
    with database.write() as session:
        add_case(session, received_at=NOW - 4 * DAY)  # Monday
    trends = look(database, days=2)
    assert [day.total for day in trends.days] == [0, 0]
    assert [week.total for week in trends.weeks] == [1]


def test_what_came_is_counted_by_category_language_and_platform(database):
    with database.write() as session:
        leads = [("platform", "insta"), ("platform", "instagram"), ("platform", "व्हाट्सएप")]
        add_case(session, category="sextortion", language="hi", leads=leads)
        add_case(session, category="other_fraud", leads=[("platform", "whats app")])
        add_case(session, category="other_fraud", received_at=NOW + DAY)  # filed tomorrow
    today = look(database).days[-1]
    assert today.total == 2
    assert today.categories == {"video_call_blackmail": 0, "sextortion": 1, "other_fraud": 1}
    assert today.languages == {"en": 1, "hinglish": 0, "hi": 1, "mr": 0, "unknown": 0}
    assert today.platforms == {"whatsapp": 2, "instagram": 1}


def test_a_backlog_counts_when_it_was_filed_not_when_it_came(database):
    with database.write() as session:
        for week in range(10):
            add_case(session, received_at=NOW - week * 7 * DAY, arrived_at=NOW)
    trends = look(database)
    assert trends.day_surges["all"].count == 1
    assert [week.total for week in trends.weeks] == [1] * 5


def add_week(session, weeks_ago: int, count: int, **columns) -> None:
    noon = datetime(2026, 11, 16, 6, 30, tzinfo=UTC) - weeks_ago * 7 * DAY
    for place in range(count):
        add_case(session, received_at=noon + place % 7 * DAY, **columns)


def test_a_week_far_above_the_eight_before_is_a_surge(database):
    with database.write() as session:
        for weeks_ago in range(2, 12):
            add_week(session, weeks_ago, 5, category="sextortion")
            add_week(session, weeks_ago, 10, category="other_fraud")
        add_week(session, 1, 20, category="sextortion")
        add_week(session, 1, 10, category="other_fraud")
    surges = look(database).week_surges
    assert surges["sextortion"].flagged
    assert surges["sextortion"].count == 20
    assert surges["sextortion"].expected == 5
    assert not surges["other_fraud"].flagged
    assert surges["all"].count == 30
    assert set(surges) == {"all", "video_call_blackmail", "sextortion", "other_fraud"}


@pytest.mark.parametrize(("weeks", "enough"), [(5, False), (6, True)])
def test_the_weeks_before_the_desk_are_no_quiet_weeks(database, weeks, enough):
    """The week in which it began does not count either: it is not whole."""
    with database.write() as session:
        for weeks_ago in range(1, weeks + 1):
            add_week(session, weeks_ago, 6)
    surge = look(database).week_surges["all"]
    assert surge.enough_history is enough
    assert surge.expected == 6
    assert not surge.flagged


def test_the_last_24_hours_are_held_against_the_days_before(database):
    with database.write() as session:
        for days_ago in range(2, 40):
            add_case(session, received_at=NOW - days_ago * DAY, category="other_fraud")
        for hours in (1, 5, 10, 15, 20, 23):
            add_case(session, received_at=NOW - hours * HOUR, category="sextortion")
        add_case(session, received_at=NOW - DAY, category="sextortion")  # a moment too early
    surges = look(database).day_surges
    assert surges["sextortion"].count == 6
    assert surges["sextortion"].flagged
    assert surges["other_fraud"].count == 0
    assert surges["other_fraud"].expected == 1
    assert not surges["other_fraud"].flagged


def test_the_time_to_first_contact_is_told_for_each_week(database):
    with database.write() as session:
        for minutes in (5, 9, 40):
            add_case(session, urgency=3, contacted_at=NOW + minutes * MINUTE)
        add_case(session, urgency=3)
        add_case(session, contacted_at=NOW + 200 * MINUTE)
        add_case(session, arrived_at=NOW - 7 * DAY, contacted_at=NOW - 7 * DAY - HOUR)  # clock back
    before, this = look(database).first_contact[-2:]
    assert (this.arrived, this.contacted, this.median_min) == (5, 4, 24.5)
    assert (this.urgent_arrived, this.urgent_contacted, this.urgent_median_min) == (4, 3, 9)
    assert (before.median_min, before.urgent_median_min) == (0, None)


def test_the_most_shared_identifiers_are_listed(database):
    upi, phone = ("upi", "rinku77@examplebank"), ("phone", "9812345612")
    with database.write() as session:
        for days_ago in (1, 2, 20):
            add_case(session, received_at=NOW - days_ago * DAY, leads=[upi, upi])
        add_case(session, status="closed", leads=[upi])
        for _ in range(2):
            add_case(session, leads=[phone, ("platform", "whatsapp")])
        add_case(session, leads=[("phone", "9812345699")])
        add_case(session, received_at=NOW - 200 * DAY, leads=[phone])  # long before
    first, second = look(database).shared
    assert (first.kind, first.value) == upi
    assert (first.cases, first.open_cases) == (4, 3)
    assert (first.first_seen, first.last_seen) == (NOW - 20 * DAY, NOW)
    assert (second.value, second.cases) == ("9812345612", 2)
    assert second.masked == "98…12"
    assert "9812345612" not in repr(second)
    assert replace(second, value="ab12345").masked == "…"  # of a short one little would stay hidden


def test_a_page_takes_a_handful_of_queries(database):
    from sqlalchemy import event

    with database.write() as session:
        for number in range(30):
            add_case(session, received_at=NOW - number * DAY, leads=[("upi", "a@examplebank")])
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    look(database, days=90)
    assert len([query for query in asked if query.startswith("SELECT")]) == 5
