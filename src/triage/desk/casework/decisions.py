"""What holds of a case now: a person's word where there is one, the model's where there is none."""

from typing import Any

from triage.desk.store.schema import Complaint
from triage.labels import HIGH_RISK_LEVEL, Category, Priority, Urgency
from triage.policy import Findings, load_policy

FIELDS = (
    Complaint.category,
    Complaint.urgency,
    Complaint.high_risk,
    Complaint.death_reported,
    Complaint.minor,
    Complaint.deadline,
    Complaint.money_recent,
    Complaint.needs_review,
    Complaint.unreadable,
    Complaint.reasons,
    Complaint.human_urgency,
    Complaint.human_at,
)
"""Columns that the functions here look at; for a query that asks for no more."""


def build_findings(case: Any) -> Findings:
    """Build what the policy decides on.

    Once a person gave the urgency, their word replaces the model's high risk, and the complaint
    counts as read. A person who only named another category said nothing of either.

    :param case: a ``Complaint``, or a row that has ``FIELDS``.
    """
    judged = case.human_urgency is not None
    return Findings(
        category=Category(case.category),
        urgency=Urgency(case.urgency),
        high_risk=case.urgency >= HIGH_RISK_LEVEL or (case.high_risk and not judged),
        death_reported=case.death_reported,
        minor=case.minor,
        deadline=case.deadline,
        money_recent=case.money_recent,
        needs_review=needs_review(case),
        unreadable=case.unreadable and not judged,
    )


def needs_review(case: Any) -> bool:
    """Say whether a person still has to decide what the model could not."""
    return bool(case.needs_review and case.human_at is None)


def decide_priority(case: Any) -> Priority:
    """Decide the priority by the labels that hold."""
    return load_policy().decide(build_findings(case))[0]


def find_reasons(case: Any) -> list[str]:
    """Say why a case has its priority, most important first.

    :returns: the model's reasons, or, once a person spoke, those of the policy for what they said.
    """
    if case.human_at is None:
        return [str(reason) for reason in case.reasons]
    return [rule.reason for rule in load_policy().decide(build_findings(case))[1]]
