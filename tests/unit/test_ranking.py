import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.made_up_assessments import BASE

from triage.batches import ScoredRow
from triage.labels import Priority, Urgency
from triage.model.opinion import assess_unreadable
from triage.policy import load_policy
from triage.ranking import (
    ASSESSMENT_COLUMNS,
    COLUMNS,
    KINDS,
    QUEUE_ORDER,
    build_row,
    list_values,
    rank_key,
    score_row,
    tell_unread,
)
from triage.records import Complaint


def score(found=BASE, received=None, *, text="x", with_text=False):
    return score_row(Complaint(found.id, text, received_at=received), found, with_text=with_text)


def rank(found, times):
    keys = [rank_key(score(a, t)) for a, t in zip(found, times, strict=True)]
    return sorted(range(len(keys)), key=keys.__getitem__)


def test_the_queue_goes_by_priority_then_risk_then_waiting():
    found = [
        BASE,
        replace(BASE, priority=Priority.P1, risk=0.9),
        replace(BASE, priority=Priority.P2, risk=0.51),
        replace(BASE, priority=Priority.P2, risk=0.54),
        replace(BASE, priority=Priority.P2, risk=0.9),
    ]
    assert rank(found, [None, None, "2026-01-01", "2026-01-02", None]) == [1, 4, 2, 3, 0]


def test_level_four_comes_before_level_three_and_times_are_read():
    p1 = replace(BASE, priority=Priority.P1)
    found = [
        replace(p1, urgency=Urgency.INTENT, risk=0.95),
        replace(p1, urgency=Urgency.IMMINENT, risk=0.6),
        replace(p1, urgency=Urgency.INTENT, risk=0.95),
        replace(p1, urgency=Urgency.INTENT, risk=0.95),
    ]
    assert rank(found, ["2026-02-01T10:00", None, "2026-01-05", "some day"]) == [1, 2, 0, 3]


def test_times_are_compared_in_utc_and_bare_ones_are_indian():
    times = [
        "2026-03-01T10:00+05:30",  # 04:30 in Greenwich
        "2026-03-01T05:00Z",
        "2026-03-01T10:15",  # Indian: 04:45
        "2026-03-01T00:00-04:00",  # 04:00
        "2026-03-01T10:15:00.000001",
    ]
    assert rank([BASE] * 5, times) == [3, 0, 2, 4, 1]
    assert (
        score(received="2026-03-01T10:15").received == score(received="2026-03-01T04:45Z").received
    )


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "yesterday",
        "x" * 10**6,
        "\ud800",
        "0001-01-01",
        "9999-13-01",
        "\x00",
        5,
        1.5,
        [],
        "१/२/२६",
    ],
)
def test_an_odd_time_counts_as_just_arrived(odd):
    assert rank([BASE, BASE], [odd, "2026-01-01"]) == [1, 0]


def test_a_time_that_is_no_string_is_read():
    assert score(received=datetime(2026, 1, 1, tzinfo=UTC)).received.startswith("2026-01-01T00:00")


ROWS = st.builds(
    ScoredRow,
    id=st.text(max_size=3),
    priority=st.sampled_from(["P1", "P2", "P3", "P4"]),
    urgency=st.integers(0, 4),
    risk_step=st.sampled_from([0.0, 0.1, 0.2, 0.9, 1.0]),
    received=st.sampled_from(["9999", "2026-01-01T00:00:00.000000", "2026-01-01T00:00:00.000001"]),
    high_risk=st.booleans(),
    needs_review=st.booleans(),
    cells=st.just("[]"),
)


@given(st.lists(ROWS, max_size=30))
def test_the_order_on_disk_is_that_in_memory(rows):
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE rows (seq, priority, urgency, risk_step, received)")
        base.executemany(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?)",
            [(i, r.priority, r.urgency, r.risk_step, r.received) for i, r in enumerate(rows)],
        )
        on_disk = [seq for (seq,) in base.execute(f"SELECT seq FROM rows ORDER BY {QUEUE_ORDER}")]
    base.close()
    assert on_disk == sorted(range(len(rows)), key=lambda i: rank_key(rows[i]))


def test_a_row_has_each_column_in_its_kind():
    row = build_row(1, BASE, near_copy_of="7")
    assert tuple(row) == COLUMNS == ("rank", *ASSESSMENT_COLUMNS, "near_copy_of")
    assert row["near_copy_of"] == "7"
    assert all(type(value) is KINDS[name] for name, value in row.items())


def test_cells_hold_the_row_and_the_text_only_where_asked():
    assert json.loads(score(text="words").cells) == list_values(BASE)
    assert json.loads(score(text="words", with_text=True).cells) == [*list_values(BASE), "words"]


@given(st.text(alphabet=st.characters(), max_size=20))
def test_any_id_can_be_kept(given_id):
    row = score(replace(BASE, id=given_id))
    row.id.encode()
    assert json.loads(row.cells)[0].encode() == row.id.encode()


def test_half_characters_do_not_break_a_row():
    row = score(replace(BASE, id="a\ud800\x00", reasons=("b\udfff",)))
    row.cells.encode()
    assert row.id == "a?\x00"


def test_why_a_complaint_was_not_read():
    lost = assess_unreadable(
        Complaint("1", ""), "the program failed on it (KeyError)", load_policy()
    )
    assert tell_unread(score(lost, with_text=True)) == "the program failed on it (KeyError)"
    assert tell_unread(score(BASE)) is None
    foreign = replace(BASE, needs_review=True, language="unknown", reasons=("a", "b"))
    assert tell_unread(score(foreign)) is None
    assert tell_unread(score(replace(BASE, needs_review=True, reasons=('"unknown"',)))) is None
