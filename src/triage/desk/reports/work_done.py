"""What was done in a period: steps, calls, first contacts, checks of the model, cases closed.

Every function takes the first moment of the period and the first one after it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.desk.people.settings import load_settings
from triage.desk.reports.indian_days import MinutesBetween
from triage.desk.store.schema import Complaint, Event
from triage.labels import HIGH_RISK_LEVEL, Priority


@dataclass(frozen=True, slots=True)
class FirstContact:
    """First contacts of the period, of one priority; times are minutes from arrival.

    :param in_time: how many were reached by the time at which they had to be read.
    :param p90_min: nine of ten were reached within this time (nearest rank).
    """

    priority: Priority
    target_min: int
    contacts: int
    in_time: int
    median_min: float | None
    p90_min: float | None


@dataclass(frozen=True, slots=True)
class Checks:
    """Cases whose labels a person checked last in the period, against what the model said.

    :param categories: how often the person said another category: (model's, person's) to count.
    :param newly_high_risk: of ``urgency_raised``, those that the model had put below level 2.
    """

    total: int
    agreed: int
    categories: dict[tuple[str, str], int]
    urgency_raised: int
    urgency_lowered: int
    newly_high_risk: int


def count_steps(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    """Count the steps that people took, by kind of event."""
    query = (
        select(Event.kind, func.count())
        .where(Event.at >= start, Event.at < end, Event.user_id.is_not(None))
        .group_by(Event.kind)
        .order_by(Event.kind)
    )
    return dict(session.execute(query).all())


def count_calls(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    """Count the calls that were made, by what came of them."""
    calls = select(Event.change).where(Event.at >= start, Event.at < end, Event.kind == "called")
    outcomes = Counter(change["call"][1] for change in session.execute(calls).scalars())
    return dict(outcomes.most_common())


def measure_contacts(session: Session, start: datetime, end: datetime) -> list[FirstContact]:
    """Measure how soon those were called who were reached for the first time in the period."""
    minutes = MinutesBetween(Complaint.arrived_at, Complaint.contacted_at)
    is_in_time = (Complaint.contacted_at <= Complaint.due_at).label("is_in_time")
    query = (
        select(Complaint.priority, minutes, is_in_time, func.count())
        .where(Complaint.contacted_at >= start, Complaint.contacted_at < end)
        .group_by(Complaint.priority, minutes, is_in_time)
    )
    waits: dict[str, Counter[int]] = {priority: Counter() for priority in Priority}
    in_time: Counter[str] = Counter()
    for priority, waited, held, count in session.execute(query):
        waits[priority][waited] += count
        in_time[priority] += count if held else 0
    targets = load_settings(session).targets_min
    return [
        FirstContact(
            priority=priority,
            target_min=targets[priority],
            contacts=waits[priority].total(),
            in_time=in_time[priority],
            median_min=median(waits[priority].elements()) if waits[priority] else None,
            p90_min=_find_ninth_tenth(waits[priority]),
        )
        for priority in Priority
    ]


def _find_ninth_tenth(waits: Counter[int]) -> float | None:
    ordered = sorted(waits.elements())
    return ordered[ceil(0.9 * len(ordered)) - 1] if ordered else None


def count_checks(session: Session, start: datetime, end: datetime) -> Checks:
    """Count how often people agreed with the model."""
    said = (
        Complaint.model_category,
        Complaint.category,
        Complaint.model_urgency,
        Complaint.urgency,
    )
    query = (
        select(*said, func.count())
        .where(Complaint.human_at >= start, Complaint.human_at < end)
        .group_by(*said)
    )
    counts: Counter[str] = Counter()
    categories: Counter[tuple[str, str]] = Counter()
    for model_category, category, model_urgency, urgency, count in session.execute(query):
        counts["total"] += count
        if category != model_category:
            categories[model_category, category] += count
        elif urgency == model_urgency:
            counts["agreed"] += count
        if urgency != model_urgency:
            counts["raised" if urgency > model_urgency else "lowered"] += count
        if model_urgency < HIGH_RISK_LEVEL <= urgency:
            counts["newly_high_risk"] += count
    return Checks(
        total=counts["total"],
        agreed=counts["agreed"],
        categories=dict(categories.most_common()),
        urgency_raised=counts["raised"],
        urgency_lowered=counts["lowered"],
        newly_high_risk=counts["newly_high_risk"],
    )


def count_closed(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    """Count the cases that were closed and not reopened since, by outcome."""
    count = func.count()
    query = (
        select(Complaint.outcome, count)
        .where(Complaint.status == "closed")
        .where(Complaint.closed_at >= start, Complaint.closed_at < end)
        .group_by(Complaint.outcome)
        .order_by(count.desc(), Complaint.outcome)
    )
    return {outcome or "": number for outcome, number in session.execute(query)}
