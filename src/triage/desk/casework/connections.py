"""Cases that name the same identifier, and a small drawing of them.

An identifier that very many name (a bank's number, a gang's own) is told with its number of cases,
not drawn: a picture of hundreds shows nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from triage.desk.casework.drawing import Drawing, place_round
from triage.desk.store.schema import Complaint, FoundLead
from triage.labels import Priority

MOST_SHARED = 50
"""Cases that may share an identifier for them to be listed by it."""

MOST_DRAWN = 12
"""Identifiers of a drawing."""

_MOST_PAIRS = 5000  # of case and identifier that are looked at for one case
_OWN, _OTHER = aliased(FoundLead), aliased(FoundLead)  # made once: that takes longer than to ask

Identifier = tuple[str, str]
"""Kind and value."""


@dataclass(frozen=True, slots=True)
class ConnectedCase:
    """Another case, and the identifiers that it shares."""

    id: int
    number: str | None = field(repr=False)
    priority: Priority
    status: str
    received_at: datetime
    snippet: str = field(repr=False)
    shares: list[Identifier] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SharedIdentifier:
    """An identifier that other cases name as well.

    :param cases: how many others.
    :param listed: False where they are too many to be listed by it.
    """

    kind: str
    value: str = field(repr=False)
    cases: int
    listed: bool


@dataclass(frozen=True, slots=True)
class Connections:
    """What a case is connected with.

    :param id: the case's own.
    :param cases: those that share most first, then the most urgent.
    :param identifiers: those that are shared; of the most cases that can be listed first.
    :param edges: which of ``cases`` names what.
    :param total: connected cases that could be listed.
    """

    id: int
    cases: list[ConnectedCase]
    identifiers: list[SharedIdentifier] = field(repr=False)
    edges: list[tuple[int, Identifier]] = field(repr=False)
    total: int


def find_connected(session: Session, id: int, *, limit: int = 30) -> Connections:
    """Find the cases that share an identifier with one, by one step.

    :param limit: cases at most.
    """
    identifiers = _find_identifiers(session, id)
    listed = [(each.kind, each.value) for each in identifiers if each.listed]
    shares: defaultdict[int, list[Identifier]] = defaultdict(list)
    if listed:
        for other, kind, value in session.execute(_select_pairs(id, listed)):
            shares[other].append((kind, value))
    cases = _read_cases(session, shares, limit)
    edges = [(case.id, identifier) for case in cases for identifier in case.shares]
    return Connections(id=id, cases=cases, identifiers=identifiers, edges=edges, total=len(shares))


def lay_out(connections: Connections) -> Drawing:
    """Place a case in the middle, its identifiers round it, and the other cases round those.

    :returns: the same for the same connections; nodes named ``case 7`` or ``lead 0``, the number
        being the place in ``connections.identifiers``.
    """
    numbers = {(each.kind, each.value): i for i, each in enumerate(connections.identifiers)}
    inner = [f"lead {i}" for i in range(min(len(connections.identifiers), MOST_DRAWN))]
    outer = {
        f"case {case.id}": [
            f"lead {numbers[each]}" for each in case.shares if numbers[each] < MOST_DRAWN
        ]
        for case in connections.cases
    }
    drawn = {name: ties for name, ties in outer.items() if ties}
    return place_round(f"case {connections.id}", inner, drawn)


def _find_identifiers(session: Session, id: int) -> list[SharedIdentifier]:
    is_same = and_(
        _OTHER.kind == _OWN.kind,
        _OTHER.value == _OWN.value,
        _OTHER.links,
        _OTHER.complaint_id != _OWN.complaint_id,
    )
    cases = func.count(_OTHER.complaint_id.distinct())
    query = select(_OWN.kind, _OWN.value, cases).join(_OTHER, is_same)
    query = query.where(_OWN.complaint_id == id, _OWN.links).group_by(_OWN.kind, _OWN.value)
    found = [
        SharedIdentifier(kind, value, count, listed=count <= MOST_SHARED)
        for kind, value, count in session.execute(query)
    ]
    return sorted(found, key=lambda each: (not each.listed, -each.cases, each.kind, each.value))


def _select_pairs(id: int, listed: list[Identifier]) -> Select[int, str, str]:
    named = tuple_(FoundLead.kind, FoundLead.value).in_(listed)
    return (
        select(FoundLead.complaint_id, FoundLead.kind, FoundLead.value)
        .where(named, FoundLead.links, FoundLead.complaint_id != id)
        .distinct()
        .order_by(FoundLead.complaint_id.desc(), FoundLead.kind, FoundLead.value)
        .limit(_MOST_PAIRS)
    )


def _read_cases(
    session: Session, shares: dict[int, list[Identifier]], limit: int
) -> list[ConnectedCase]:
    """Read those that share most; of those that share as much, the newest."""
    ids = sorted(shares, key=lambda other: (-len(shares[other]), -other))[:limit]
    if not ids:
        return []
    columns = (Complaint.id, Complaint.number, Complaint.priority, Complaint.status)
    query = select(*columns, Complaint.received_at, Complaint.snippet).where(Complaint.id.in_(ids))
    cases = [
        ConnectedCase(row.id, row.number, Priority(row.priority), row.status, row.received_at,
                      row.snippet, shares[row.id])
        for row in session.execute(query)
    ]  # fmt: skip
    return sorted(cases, key=lambda each: (-len(each.shares), each.priority, -each.id))
