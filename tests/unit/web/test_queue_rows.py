"""Lines of the queue are made once, and never shown to who should see another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage.desk.casework.queue import QueueRow
from triage.labels import Priority
from triage.web.queue_rows import build_row_renderer, render_row

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ROW = QueueRow(
    id=7, number="N-7", priority=Priority.P2, category="sextortion", urgency=2, language="hi",
    snippet="<b>he asks</b> [phone]", reason="", waiting=timedelta(minutes=9),
    target=timedelta(minutes=60), overdue=False, status="new", claimed_by_name=None, is_mine=False,
    needs_review=False, checked=False, near_copy_of=None, received_at=NOW, due_at=NOW, minor=False,
    pinned=False,
)  # fmt: skip


def test_an_equal_row_is_not_made_again():
    row = build_row_renderer("en", can_take=True)
    before = render_row.cache_info().hits
    assert row(ROW, "row") is row(replace(ROW), "row")
    assert render_row.cache_info().hits == before + 1


@pytest.mark.parametrize(
    "change",
    [
        {"waiting": timedelta(minutes=10)},
        {"claimed_by_name": "Asha", "status": "claimed"},
        {"is_mine": True, "claimed_by_name": "Asha", "status": "claimed"},
        {"snippet": "another"},
        {"overdue": True},
        {"checked": True},
    ],
)
def test_what_looks_different_is_made_anew(change):
    row = build_row_renderer("en", can_take=True)
    assert row(ROW, "row") != row(replace(ROW, **change), "row")


def test_each_reader_sees_their_own():
    english = build_row_renderer("en", can_take=True)(ROW, "row")
    assert "Take it" in english
    assert "Take it" not in build_row_renderer("en", can_take=False)(ROW, "row")
    assert "Take it" not in build_row_renderer("hi", can_take=True)(ROW, "row")
    assert 'id="pin-7"' in build_row_renderer("en", can_take=True)(ROW, "pin")
    assert "&lt;b&gt;he asks" in english
