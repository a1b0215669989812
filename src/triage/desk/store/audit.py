"""The audit log: who looked at what and who changed what, each line chained to the one before.

A line's hash covers the hash of the line before it. Who changes, takes out or puts in a line has to
make all later ones anew, and then the head is no longer the one that stands on the printed shift
reports. No line holds words of a complaint or of a note.

Source: Schneier and Kelsey (1999), "Secure audit logs to support computer forensics", the hash chain.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from triage.desk.store.audit_tables import AuditLine, DeskState
from triage.desk.store.columns import find_table
from triage.desk.store.schema import User
from triage.errors import DeskUnusableError

GENESIS = "0" * 64
"""What the first line is chained to."""

_HASHED = "seq at user_id user_name action complaint_id detail previous".split()
_LINES, _STATE = find_table(AuditLine), find_table(DeskState)
_NO_STATE = "the end of the audit log was taken out of the database: restore a backup"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line: its number and its hash."""

    seq: int
    hash: str


def append(
    session: Session,
    action: str,
    *,
    user: User | None = None,
    complaint: int | None = None,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write a line, in the transaction of what it tells of: both are kept, or neither.

    :param session: of ``DeskDatabase.write``.
    :param action: a short verb phrase, such as ``opened``.
    :param user: who did it; None for the program itself.
    :param detail: plain values; names of fields, ids and labels, never text.
    :param at: now, unless told.
    """
    head = session.execute(  # this row is the turnstile: the next writer waits here
        update(_STATE)
        .values(audit_seq=_STATE.c.audit_seq + 1)
        .returning(_STATE.c.audit_seq, _STATE.c.audit_hash)
    ).one_or_none()
    if head is None:
        raise DeskUnusableError(_NO_STATE)
    line = {
        "seq": head.audit_seq,
        "at": (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds"),
        "user_id": user.id if user else None,
        "user_name": user.name if user else "",
        "action": action,
        "complaint_id": complaint,
        "detail": json.dumps(detail or {}, sort_keys=True, ensure_ascii=False),
        "previous": head.audit_hash,
    }
    line["hash"] = _hash_fields(line)
    session.execute(insert(_LINES), [line])
    session.execute(update(_STATE).values(audit_hash=line["hash"]))


def hash_line(line: AuditLine) -> str:
    """Give the SHA-256 of a line and, through ``previous``, of all before it."""
    return _hash_fields({name: getattr(line, name) for name in _HASHED})


def _hash_fields(line: Mapping[str, Any]) -> str:
    fields = [line[name] for name in _HASHED]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def find_head(session: Session) -> Head:
    """Give the newest line's number and hash; a shift report prints them."""
    state = session.execute(select(_STATE.c.audit_seq, _STATE.c.audit_hash)).one_or_none()
    if state is None:
        raise DeskUnusableError(_NO_STATE)
    return Head(*state)


def verify(session: Session, *, known_head: str | None = None) -> Head:
    """Go through the whole log.

    :param known_head: a hash from an earlier report that has to stand in it still; at least its
        first 12 characters.
    :returns: the newest line.
    :raises DeskUnusableError: naming the first line that does not fit.
    """
    previous, seq, met = GENESIS, 0, known_head is None
    lines = select(AuditLine).order_by(AuditLine.seq).execution_options(yield_per=1000)
    with session.execute(lines) as result:  # closed where a line does not fit, too
        for line in result.scalars():
            seq += 1
            if line.seq != seq:
                raise DeskUnusableError(f"the audit log lacks line {seq}: lines were taken out")
            if line.previous != previous or line.hash != hash_line(line):
                raise DeskUnusableError(f"line {seq} of the audit log ({line.at}) was changed")
            previous = line.hash
            met = met or (known_head is not None and line.hash.startswith(known_head))
            session.expunge(line)
    head = find_head(session)
    if (head.seq, head.hash) != (seq, previous):
        raise DeskUnusableError(f"the audit log ends at line {seq}, but {head.seq} were written")
    if not met:
        raise DeskUnusableError(
            "the audit log no longer holds the line that was named: it was made anew"
        )
    return head
