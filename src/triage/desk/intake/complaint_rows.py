"""A read complaint as rows of the desk's tables."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from triage.desk.intake.identifiers import ties_cases
from triage.desk.intake.near_copies import pack_sketch
from triage.desk.intake.reading import Read
from triage.desk.store.columns import clean_text
from triage.desk.store.schema import Complaint
from triage.records import Assessment, Evidence
from triage.times import read_time

LONGEST_NUMBER = 200
"""Characters of a complaint's number that are kept."""

LONGEST_MODEL = 100

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What claims to be older is the zero of some program's calendar."""

Identity = tuple[str, str]
"""A complaint's number, empty for none, and the hash of its text."""


def identify(read: Read) -> Identity:
    """Give that by which a complaint is known when it comes again."""
    number = clean_text(read.complaint.id).strip()[:LONGEST_NUMBER]
    return number, hashlib.sha256(clean_text(read.complaint.text).encode()).hexdigest()


def build_complaint(read: Read, *, now: datetime, due_at: datetime) -> Complaint:
    """Build the row of a complaint that nobody has worked on.

    :param now: the time of arrival.
    :param due_at: the latest time to read it.
    """
    number, text_sha256 = identify(read)
    return Complaint(
        number=number or None,
        received_at=read_filed(read.complaint.received_at, now=now),
        arrived_at=now,
        due_at=due_at,
        text=clean_text(read.complaint.text),  # as it is hashed; the database cleans the others
        text_sha256=text_sha256,
        problem=read.complaint.problem or None,
        snippet=read.snippet,
        search_keys=read.search_keys,
        sketch=pack_sketch(read.sketch),
        model=read.model[:LONGEST_MODEL],
        status="new",
        **_list_findings(read.assessment),
    )


def _list_findings(assessment: Assessment) -> dict[str, Any]:
    """Give the columns that the model's opinion fills; until somebody says otherwise it holds."""
    category, urgency = assessment.category.value, int(assessment.urgency)
    return {
        "model_category": category,
        "category": category,
        "model_urgency": urgency,
        "urgency": urgency,
        "model_priority": assessment.priority.value,
        "priority": assessment.priority.value,
        "proba": list(assessment.category_proba),
        "risk": assessment.risk,
        "risk_step": round(assessment.risk, 1),
        "high_risk": assessment.high_risk,
        "at_risk": assessment.at_risk.value,
        "death_reported": assessment.death_reported,
        "minor": assessment.minor,
        "deadline": assessment.deadline,
        "money_recent": assessment.money_recent,
        "unreadable": assessment.unreadable,
        "needs_review": assessment.needs_review,
        "language": assessment.language,
        "reasons": [clean_text(reason) for reason in assessment.reasons],
        "evidence": [_list_places(evidence) for evidence in assessment.evidence],
    }


def _list_places(evidence: Evidence) -> dict[str, object]:
    return {
        "start": evidence.start,
        "end": evidence.end,
        "level": evidence.level,
        "counts": evidence.counts,
        "context": list(evidence.context),
        "cue": evidence.cue,
    }


def list_leads(complaint: int, read: Read) -> Iterator[dict[str, object]]:
    """Give the rows of the identifiers that a complaint names.

    :param complaint: its id.
    """
    for lead in read.leads:
        yield {
            "complaint_id": complaint,
            "kind": lead.kind,
            "value": lead.value,
            "start": lead.start,
            "end": lead.end,
            "links": ties_cases(lead),
        }


def read_filed(given: str | None, *, now: datetime) -> datetime:
    """Read when a complaint was filed, see ``times.read_time``.

    :returns: ``now`` where it is no time, in the future or before ``EARLIEST``.
    """
    time = read_time(given)
    return time if time is not None and EARLIEST <= time <= now else now
