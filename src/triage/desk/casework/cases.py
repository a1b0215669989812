"""One case, opened: everything that its page shows, read by a handful of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.desk.casework import decisions
from triage.desk.casework.connections import Connections, find_connected
from triage.desk.casework.guidance import CaseFacts, Step, find_steps
from triage.desk.casework.marks import Piece, mark_text
from triage.desk.casework.undoing import can_undo
from triage.desk.people.roles import Right, require
from triage.desk.store import audit
from triage.desk.store.schema import Complaint, Event, FoundLead, User
from triage.errors import UnknownComplaintError
from triage.labels import CATEGORIES, AtRisk, Category, Priority, Urgency

MOST_COPIES = 100
"""Near-copies that are named; the first ones."""

_PEOPLE = ("claimed_by", "human_by")


@dataclass(frozen=True, slots=True, repr=False)
class LeadView:
    """An identifier or a platform that the text names.

    :param shared_with: how many other cases name it; 0 for what ties no cases.
    """

    kind: str
    value: str
    shared_with: int


@dataclass(frozen=True, slots=True, repr=False)
class HistoryLine:
    """One step of the work.

    :param who: name shown; None where the program did it.
    :param change: column to what it held before and after; people by the names shown, times as
        ISO text; ``call`` to what came of a call.
    :param is_mine: the reader did it.
    :param can_undo: whether the reader can take it back now.
    :param undone: it was taken back.
    :param undoes: id of the step that it took back.
    """

    event_id: int
    at: datetime
    who: str | None
    kind: str
    note: str | None
    change: dict[str, list[Any]]
    is_mine: bool
    can_undo: bool
    undone: bool
    undoes: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """Everything that the page of a case shows; all times are UTC.

    :param pieces: the text, cut where marks begin and end; see ``marks``.
    :param reasons: why it has its priority: the model's words until a person spoke.
    :param model_reasons: what the model gave.
    :param category_words: each category and the model's probability, the likeliest first.
    :param copies: ids of its near-copies; see ``near_copy_of`` for what it is one of.
    :param history: the oldest step first.
    :param needs_review: the model asks for a person, and none has spoken.
    """

    id: int
    number: str | None
    source: str
    problem: str | None
    pieces: list[Piece]
    language: str
    model: str

    priority: Priority
    category: Category
    urgency: Urgency
    reasons: list[str]
    category_words: list[tuple[Category, float]]
    model_priority: Priority
    model_category: Category
    model_urgency: Urgency
    model_reasons: list[str]
    risk: float
    human_category: Category | None
    human_urgency: Urgency | None
    human_by_name: str | None
    human_at: datetime | None

    high_risk: bool
    at_risk: AtRisk
    minor: bool
    death_reported: bool
    deadline: bool
    money_recent: bool
    unreadable: bool
    needs_review: bool

    leads: list[LeadView]
    connected: Connections
    near_copy_of: int | None
    copies: list[int]
    guidance: list[Step]
    history: list[HistoryLine]

    status: str
    outcome: str | None
    claimed_by: int | None
    claimed_by_name: str | None
    is_mine: bool
    claimed_at: datetime | None
    received_at: datetime
    arrived_at: datetime
    due_at: datetime
    contacted_at: datetime | None
    closed_at: datetime | None
    version: int


_AS_THEY_ARE = tuple(
    "id number source problem language model risk human_at minor death_reported deadline"
    " money_recent near_copy_of status outcome claimed_by claimed_at received_at arrived_at due_at"
    " contacted_at closed_at version".split()
)


def open_case(session: Session, id: int, *, user: User, now: datetime) -> None:
    """Write down that somebody opens a case; only then is it read, by ``read_case``.

    Two steps, since the first holds up who else writes: reading everything there took ten times as
    long. The queue stays as it is.

    :param session: of ``DeskDatabase.write``.
    :raises NotAllowedError: where the user may not read cases.
    :raises UnknownComplaintError: where there is none.
    """
    require(user, Right.READ_CASES)
    if session.scalar(select(Complaint.id).where(Complaint.id == id)) is None:
        raise UnknownComplaintError(id)
    audit.append(session, "opened", user=user, complaint=id, at=now)


def read_case(session: Session, id: int, *, user: User) -> Case:
    """Read a case in full, after ``open_case``.

    :raises NotAllowedError: where the user may not read cases.
    :raises UnknownComplaintError: where there is none.
    """
    require(user, Right.READ_CASES)
    row = session.get(Complaint, id)
    if row is None:
        raise UnknownComplaintError(id)
    events = session.execute(
        select(Event).where(Event.complaint_id == id).order_by(Event.id)
    ).scalars().all()  # fmt: skip
    names = _find_names(session, row, events)
    connected = find_connected(session, id)
    findings = decisions.build_findings(row)
    return Case(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        pieces=mark_text(row.text, row.evidence),
        priority=Priority(row.priority),
        category=findings.category,
        urgency=findings.urgency,
        reasons=decisions.find_reasons(row),
        category_words=_rank_categories(row.proba),
        model_priority=Priority(row.model_priority),
        model_category=Category(row.model_category),
        model_urgency=Urgency(row.model_urgency),
        model_reasons=list(row.reasons),
        human_category=Category(row.human_category) if row.human_category else None,
        human_urgency=None if row.human_urgency is None else Urgency(row.human_urgency),
        human_by_name=_name(names, row.human_by),
        high_risk=findings.high_risk,
        at_risk=AtRisk(row.at_risk),
        unreadable=findings.unreadable,
        needs_review=findings.needs_review,
        leads=_read_leads(session, id, connected),
        connected=connected,
        copies=_find_copies(session, id),
        guidance=_find_guidance(row),
        history=_tell_history(row, events, names, user),
        claimed_by_name=_name(names, row.claimed_by),
        is_mine=row.claimed_by == user.id,
    )


def _find_names(session: Session, row: Complaint, events: Sequence[Event]) -> dict[int, str]:
    """Find the shown names of everybody whom a case and its history name."""
    ids = {row.claimed_by, row.human_by, *(event.user_id for event in events)}
    for event in events:
        ids.update(id for column in _PEOPLE for id in event.change.get(column, ()))
    query = select(User.id, User.shown_name).where(User.id.in_(ids - {None}))
    return {row.id: row.shown_name for row in session.execute(query)}


def _name(names: dict[int, str], id: int | None) -> str | None:
    return None if id is None else names.get(id, str(id))


def _rank_categories(proba: Sequence[float]) -> list[tuple[Category, float]]:
    pairs = zip(CATEGORIES, proba, strict=False)
    return sorted(((each, float(share)) for each, share in pairs), key=lambda pair: -pair[1])


def _read_leads(session: Session, id: int, connected: Connections) -> list[LeadView]:
    shared = {(each.kind, each.value): each.cases for each in connected.identifiers}
    query = select(FoundLead.kind, FoundLead.value).where(FoundLead.complaint_id == id)
    found = session.execute(query.order_by(FoundLead.start, FoundLead.id))
    pairs = dict.fromkeys((kind, value) for kind, value in found)
    return [LeadView(kind, value, shared.get((kind, value), 0)) for kind, value in pairs]


def _find_copies(session: Session, id: int) -> list[int]:
    query = select(Complaint.id).where(Complaint.near_copy_of == id).order_by(Complaint.id)
    return list(session.execute(query.limit(MOST_COPIES)).scalars())


def _find_guidance(row: Complaint) -> list[Step]:
    findings = decisions.build_findings(row)
    facts = CaseFacts(
        category=findings.category,
        priority=Priority(row.priority),
        urgency=findings.urgency,
        high_risk=findings.high_risk,
        at_risk=AtRisk(row.at_risk),
        minor=row.minor,
        death_reported=row.death_reported,
        money_recent=row.money_recent,
        deadline=row.deadline,
        unreadable=findings.unreadable,
        arrived_at=row.arrived_at,
    )
    return find_steps(facts)


def _tell_history(
    row: Complaint, events: Sequence[Event], names: dict[int, str], user: User
) -> list[HistoryLine]:
    undone: set[int] = set()
    for event in reversed(events):  # what took a step back may have been taken back itself
        if event.undoes is not None and event.id not in undone:
            undone.add(event.undoes)
    return [
        HistoryLine(
            event_id=event.id,
            at=event.at,
            who=_name(names, event.user_id),
            kind=event.kind,
            note=event.note,
            change={
                column: [_name(names, id) for id in pair] if column in _PEOPLE else list(pair)
                for column, pair in event.change.items()
            },
            is_mine=event.user_id == user.id,
            can_undo=can_undo(row, event, user),
            undone=event.id in undone,
            undoes=event.undoes,
        )
        for event in events
    ]
