"""The order of the queue, and one row of the ranked file.

The order is said once: ``rank_key`` for what is in memory, ``QUEUE_ORDER`` for what is on disk.
"""

import json
from typing import Any

from triage.batches import ScoredRow
from triage.files.row_files import clean_text
from triage.labels import CATEGORIES
from triage.model.explain import summarise
from triage.records import Assessment, Complaint
from triage.times import read_time

ASSESSMENT_COLUMNS = (
    "id",
    "priority",
    "category",
    "category_confidence",
    *(f"p_{category}" for category in CATEGORIES),
    "urgency",
    "urgency_name",
    "risk",
    "high_risk",
    "at_risk",
    "death_reported",
    "minor",
    "needs_review",
    "reasons",
    "evidence",
    "language",
)
"""Columns that tell of one complaint whatever the others are."""

COLUMNS = ("rank", *ASSESSMENT_COLUMNS, "near_copy_of")
"""Columns of a ranked file; ``text`` follows where it was asked for."""

_NUMBERS = ("category_confidence", "risk", *(f"p_{category}" for category in CATEGORIES))
_YES_OR_NO = ("high_risk", "death_reported", "minor", "needs_review")

KINDS: dict[str, type] = {
    **dict.fromkeys((*COLUMNS, "text"), str),
    **dict.fromkeys(("rank", "urgency"), int),
    **dict.fromkeys(_NUMBERS, float),
    **dict.fromkeys(_YES_OR_NO, bool),
}
"""What the values of each column are."""

QUEUE_ORDER = "priority, urgency DESC, risk_step DESC, received, seq"
"""``rank_key`` in SQL, for a table that has the fields of ``ScoredRow``; ``seq`` is the order of
arrival."""

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would build one for each row
_LATE = "9999"


def rank_key(row: ScoredRow) -> tuple[str, int, float, str]:
    """Give what the queue is sorted by; of equal rows the one that arrived first comes first.

    By priority, then by urgency, then by risk in steps of a tenth, then by waiting time, so that
    nobody starves behind newcomers whose risk is a hair higher; at last by the order of arrival.
    """
    return row.priority, -row.urgency, -row.risk_step, row.received


def score_row(complaint: Complaint, assessment: Assessment, *, with_text: bool) -> ScoredRow:
    """Make what is kept of one assessed complaint: its place in the queue and its row.

    :param with_text: adds the text to the row, as it was written.
    """
    values = list_values(assessment)
    if with_text:
        values.append(complaint.text)
    return ScoredRow(
        id=clean_text(assessment.id),
        priority=assessment.priority.value,
        urgency=int(assessment.urgency),
        risk_step=round(assessment.risk, 1),
        received=_comparable_time(complaint.received_at),
        high_risk=assessment.high_risk,
        needs_review=assessment.needs_review,
        cells=clean_text(_ENCODE(values)),
    )


def tell_unread(row: ScoredRow) -> str | None:
    """Say why a complaint could not be read, or give None where it was.

    What was not read has no opinion: each category is as likely as the others.
    """
    if not row.needs_review or '"unknown"' not in row.cells:
        return None
    values = dict(zip(ASSESSMENT_COLUMNS, json.loads(row.cells), strict=False))
    shares = {values[f"p_{category}"] for category in CATEGORIES}
    if values["language"] != "unknown" or len(shares) > 1:
        return None
    return str(values["reasons"]).split("; ")[-1]


def _comparable_time(given: object) -> str:
    """Give a time in a form that can be compared: in UTC, of one length.

    What is no time counts as just arrived.
    """
    time = read_time(given)
    if time is None:
        return _LATE
    return time.replace(tzinfo=None).isoformat(timespec="microseconds")


def list_values(assessment: Assessment) -> list[Any]:
    """Give the values of ``ASSESSMENT_COLUMNS``; identifiers are masked."""
    urgency = assessment.urgency
    return [
        assessment.id,
        assessment.priority.value,
        assessment.category.value,
        round(assessment.category_confidence, 4),
        *(round(value, 4) for value in assessment.category_proba),
        int(urgency),
        urgency.shown,
        round(assessment.risk, 4),
        assessment.high_risk,
        assessment.at_risk.value,
        assessment.death_reported,
        assessment.minor,
        assessment.needs_review,
        "; ".join(assessment.reasons),
        summarise(assessment.evidence),
        assessment.language,
    ]


def build_row(rank: int, assessment: Assessment, *, near_copy_of: str = "") -> dict[str, Any]:
    """Make one row of the ranked file, in the order of ``COLUMNS``; identifiers are masked.

    :param near_copy_of: id of the complaint that it is nearly the same as; empty for none.
    """
    return dict(zip(COLUMNS, (rank, *list_values(assessment), near_copy_of), strict=True))
