"""Made-up rows of the desk's tables, for everybody's tests.

Names, numbers and links are invented and cannot be real.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from triage.desk.intake.search_keys import find_keys
from triage.desk.store.schema import Complaint, Event, FoundLead, User
from triage.labels import CATEGORIES

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
"""When made-up cases arrive where nothing else is said: 15:00 in India."""

TEXT = "They recorded our video call and ask for 5000 to rinku77@examplebank."

TARGETS = {
    "P1": timedelta(minutes=10),
    "P2": timedelta(minutes=60),
    "P3": timedelta(minutes=480),
    "P4": timedelta(minutes=4320),
}

SHOWN_KINDS = ("amount", "platform")


def add_person(session: Session, name: str = "asha", *, role: str = "staff") -> User:
    """Add an account that nobody can sign in to."""
    person = User(
        name=name,
        shown_name=name.title(),
        role=role,
        password_hash="-",
        created_at=NOW,
        language="en",
    )
    session.add(person)
    session.flush()
    return person


def add_case(session: Session, *, leads: Sequence[tuple[str, str]] = (), **overrides: Any) -> int:
    """Add a complaint as it stands after its arrival, and give its id.

    What is not told follows from what is: the model said what holds unless ``model_...`` says
    otherwise, ``due_at`` is the arrival and the target of the priority, and the search keys are
    those of the text's words.

    :param leads: kind and value of identifiers that it names.
    :param overrides: columns of ``Complaint``.
    """
    arrived = overrides.get("arrived_at", overrides.get("received_at", NOW))
    text = overrides.get("text", TEXT)
    category = overrides.get("category", "sextortion")
    urgency = overrides.get("urgency", 0)
    priority = overrides.get("priority", "P1" if urgency > 2 else "P2" if urgency == 2 else "P3")
    risk = overrides.get("risk", urgency / 5)
    values: dict[str, Any] = {
        "number": None,
        "source": "paste",
        "received_at": arrived,
        "arrived_at": arrived,
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "snippet": "made-up snippet",
        "search_keys": f" {' '.join(find_keys(text))} ",
        "sketch": b"",
        "model": "small 1a2b3c4d",
        "model_category": category,
        "model_urgency": urgency,
        "model_priority": priority,
        "proba": [0.9 if category == each else 0.05 for each in CATEGORIES],
        "risk": risk,
        "high_risk": urgency >= 2,
        "at_risk": "self" if urgency >= 2 else "",
        "death_reported": False,
        "minor": False,
        "deadline": False,
        "money_recent": False,
        "unreadable": False,
        "needs_review": False,
        "language": "en",
        "reasons": ["is being blackmailed with intimate images"],
        "evidence": [],
        "category": category,
        "urgency": urgency,
        "priority": priority,
        "risk_step": round(risk, 1),
        "due_at": arrived + TARGETS[priority],
        "status": "new",
        "version": 1,
        **overrides,
    }
    case = Complaint(**values)
    session.add(case)
    session.flush()
    session.add(Event(complaint_id=case.id, at=arrived, kind="arrived", change={}))
    session.add_all(_make_lead(case.id, text, kind, value) for kind, value in leads)
    session.flush()
    return case.id


def _make_lead(case: int, text: str, kind: str, value: str) -> FoundLead:
    start = max(text.lower().find(value), 0)
    return FoundLead(
        complaint_id=case,
        kind=kind,
        value=value,
        start=start,
        end=start + len(value),
        links=kind not in SHOWN_KINDS,
    )


@contextmanager
def count_statements(session: Session) -> Iterator[list[str]]:
    """Collect the statements that are run."""
    run: list[str] = []

    def keep(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        run.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", keep)
    yield run
    event.remove(engine, "before_cursor_execute", keep)
