from datetime import UTC, datetime

import pytest

from triage.times import read_time


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-21T16:30:00", (11, 0)),
        ("2026-11-21 16:30", (11, 0)),
        ("2026-11-21T11:00:00Z", (11, 0)),
        ("2026-11-21T16:30:00+05:30", (11, 0)),
        ("21/11/2026 16:30", (11, 0)),
        ("21-11-2026 16:30:00", (11, 0)),
        ("21.11.2026, 4.30 pm", (11, 0)),
        ("21 Nov 2026 04:30 PM IST", (11, 0)),
        ("21st November, 2026 4:30 p.m.", (11, 0)),
        ("21-Nov-2026 12:15 PM", (6, 45)),
        ("२१/११/२०२६ १६:३०", (11, 0)),
    ],
)
def test_times_are_read_as_india_writes_them(given, expected):
    assert read_time(given) == datetime(2026, 11, 21, *expected, tzinfo=UTC)


def test_a_date_alone_is_the_beginning_of_an_indian_day():
    assert read_time("05/06/2026") == datetime(2026, 6, 4, 18, 30, tzinfo=UTC)
    assert read_time("05/06/2026 12:05 am") == datetime(2026, 6, 4, 18, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        *(None, "", "yesterday", "31/02/2026", "11/21/2026", "21/11/26", "21 Foo 2026"),
        *("21/11/2026 13:00 pm", "21/11/2026 0:30 am", "21/11/2026 25:00", "0001-01-01", "9" * 50),
    ],
)
def test_what_is_no_time(given):
    assert read_time(given) is None
