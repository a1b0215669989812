from datetime import UTC, datetime, timedelta

import pytest

from triage.web.shown import Shown

EN, HI = Shown("en"), Shown("hi")
AT = datetime(2026, 11, 20, 20, 5, tzinfo=UTC)


def test_times_are_those_of_india():
    assert EN.time(AT) == "21 Nov, 01:35"
    assert HI.time(AT) == "21 नवंबर, 01:35"
    assert EN.day(AT) == "21 Nov 2026"
    assert EN.machine_time(AT) == "2026-11-21T01:35:00+05:30"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-3, "0 min"),
        (12, "12 min"),
        (60, "1 h"),
        (200, "3 h 20 min"),
        (1440, "1 day"),
        (3000, "2 days 2 h"),
    ],
)
def test_lengths(minutes, words):
    assert EN.length(timedelta(minutes=minutes)) == words


def test_waiting_against_the_target():
    ten = timedelta(minutes=10)
    assert EN.standing(timedelta(minutes=4), ten) == "6 min left"
    assert EN.standing(timedelta(minutes=22), ten) == "12 min over"
    assert [EN.share(timedelta(minutes=m), ten) for m in (0, 5, 99)] == [0, 50, 100]


def test_clocks():
    assert EN.clock(AT + timedelta(hours=20), AT) == "20 h left"
    assert EN.clock(AT - timedelta(hours=2), AT) == "ran out 2 h ago"


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.97, "almost sure (97 %)"),
        (0.8, "likely (80 %)"),
        (0.3, "possible (30 %)"),
        (0.0, "almost ruled out (0 %)"),
    ],
)
def test_chances(chance, words):
    assert EN.chance(chance) == words


def test_sizes():
    assert [EN.size(n) for n in (12, 4_200, 7_900_000, 3_000_000_000)] == [
        "12 B",
        "4 kB",
        "7 MB",
        "3000 MB",
    ]
