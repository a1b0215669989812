"""What staff confirmed and corrected, as the labelled complaints that ``triage train`` learns from.

Rows have the columns of ``labelled_rows.FIELDS``, and beside them what the model had said. The
case's own number is left out: it may name a person.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from triage.desk.people.roles import Right, require
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import Complaint, User
from triage.files.row_files import write_rows
from triage.labels import LANGUAGES, AtRisk

COLUMNS = (
    *("id", "text", "language", "category", "urgency", "at_risk", "death_reported", "minor"),
    *("scenario", "batch", "evidence", "checked", "corrected", "model_category", "model_urgency"),
)
"""``checked`` says which of category and urgency a person confirmed or corrected: ``category``,
``urgency``, ``both`` or nothing; the other one is the model's still. ``corrected`` is true where the
person said something else than the model."""

BATCH = "desk"

_TOGETHER = 500  # rows held at once
_FIELDS = (
    *(Complaint.id, Complaint.text, Complaint.language, Complaint.category, Complaint.urgency),
    *(Complaint.at_risk, Complaint.death_reported, Complaint.minor, Complaint.evidence),
    *(Complaint.human_category, Complaint.human_urgency),
    *(Complaint.model_category, Complaint.model_urgency),
)
_SAID_BOTH = and_(Complaint.human_category.is_not(None), Complaint.human_urgency.is_not(None))
_IS_USABLE = and_(
    Complaint.language.in_(LANGUAGES),
    or_(Complaint.unreadable.is_(False), _SAID_BOTH),  # the model's labels are fallbacks there
)


@dataclass(frozen=True, slots=True)
class ExportedLabels:
    """How many complaints went out with their labels.

    :param left_out: those that no language is known of, which training refuses, and those that the
        program could not read and no person has labelled in both ways.
    """

    rows: int
    left_out: int


def export_labels(
    session: Session, *, user: User | None, now: datetime, only_checked: bool = True
) -> Iterator[dict[str, Any]]:
    """Give labelled complaints, keyed as ``COLUMNS``, in the order in which they arrived.

    :param session: of ``DeskDatabase.write``: the export is audited in it. ``write_labels`` does not
        hold up who else writes.
    :param user: None for the server's own command line.
    :param only_checked: False gives what nobody has looked at as well, with the model's labels.
    :raises NotAllowedError: where the user may not have them.
    """
    _audit_export(session, user=user, now=now, only_checked=only_checked)
    return _read_rows(session, only_checked=only_checked)


def write_labels(
    database: DeskDatabase,
    path: Path,
    *,
    user: User | None,
    now: datetime,
    only_checked: bool = True,
) -> ExportedLabels:
    """Write labelled complaints to a file that ``triage train`` reads, whole or not at all.

    :param path: CSV, JSONL, Parquet or XLSX, by its ending; readable by its owner alone.
    :param user: None for the server's own command line.
    :param only_checked: see ``export_labels``.
    :raises NotAllowedError: where the user may not have them.
    :raises DataError: where the file cannot be written.
    """
    with database.write() as session:
        exported = _audit_export(session, user=user, now=now, only_checked=only_checked)
    in_one_cell = path.suffix.lower() != ".jsonl"
    with database.read() as session:
        rows = _read_rows(session, only_checked=only_checked)
        if in_one_cell:
            rows = (row | {"evidence": " | ".join(row["evidence"])} for row in rows)
        write_rows(path, rows, COLUMNS)
    return exported


def _audit_export(
    session: Session, *, user: User | None, now: datetime, only_checked: bool
) -> ExportedLabels:
    if user is not None:
        require(user, Right.LABELS)
    wanted = _build_conditions(only_checked)
    usable = func.count().filter(_IS_USABLE)
    total, rows = session.execute(select(func.count(), usable).where(*wanted)).one()
    exported = ExportedLabels(rows=rows, left_out=total - rows)
    detail = {"rows": rows, "left_out": exported.left_out, "only_checked": only_checked}
    audit.append(session, "labels_exported", user=user, detail=detail, at=now)
    return exported


def _build_conditions(only_checked: bool) -> list[ColumnElement[bool]]:
    checked = or_(Complaint.human_category.is_not(None), Complaint.human_urgency.is_not(None))
    return [checked] if only_checked else [Complaint.id.is_not(None)]


def _read_rows(session: Session, *, only_checked: bool) -> Iterator[dict[str, Any]]:
    pairs = select(Complaint.id, Complaint.near_copy_of).where(Complaint.near_copy_of.is_not(None))
    copies = {id: first for id, first in session.execute(pairs) if first is not None}
    query = (
        select(*_FIELDS)
        .where(*_build_conditions(only_checked), _IS_USABLE)
        .order_by(Complaint.id)
        .execution_options(yield_per=_TOGETHER)
    )
    for row in session.execute(query):
        yield _build_row(row, _find_first(row.id, copies))


def _find_first(id: int, copies: Mapping[int, int]) -> int:
    """Follow near-copies of near-copies to the first of them: they tell one story."""
    while id in copies:
        id = copies[id]
    return id


def _build_row(row: Any, first: int) -> dict[str, Any]:
    said = {"category": row.human_category, "urgency": row.human_urgency}
    checked = [name for name, value in said.items() if value is not None]
    return {
        "id": f"desk-{row.id}",
        "text": row.text,
        "language": row.language,
        "category": row.category,
        "urgency": row.urgency,
        "at_risk": (row.at_risk or AtRisk.SELF.value) if row.urgency else "",
        "death_reported": row.death_reported,
        "minor": row.minor,
        "scenario": f"desk-{first}",
        "batch": BATCH,
        "evidence": _find_evidence(row) if row.urgency else [],
        "checked": "both" if len(checked) == len(said) else "".join(checked),
        "corrected": row.category != row.model_category or row.urgency != row.model_urgency,
        "model_category": row.model_category,
        "model_urgency": row.model_urgency,
    }


def _find_evidence(row: Any) -> list[str]:
    """Give the words that carry the level; those of another level than the person's say nothing."""
    words = [
        row.text[item["start"] : item["end"]].strip()
        for item in row.evidence
        if item["counts"] and item["level"] == row.urgency
    ]
    return [*dict.fromkeys(filter(None, words))]
