"""The rows of an upload are kept, and the upload moves on with them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.batches import Arrival
from triage.desk.intake.arrivals import register
from triage.desk.intake.reading import Read
from triage.desk.store import audit
from triage.desk.store.schema import Upload, UploadProblem, User

WAITING, READING, DONE, FAILED = "waiting", "reading", "done", "failed"


def keep_rows(
    session: Session,
    id: int,
    arrivals: Sequence[Arrival],
    reads: Sequence[Read],
    *,
    done_before: int,
    notes: Sequence[str] = (),
    now: datetime,
) -> bool:
    """Add the next rows of an upload, and move on in it: both in this transaction, or neither.

    :param arrivals: the rows as they came.
    :param reads: the same, read.
    :param done_before: rows that were done before these, as the caller knows it.
    :param notes: what was odd about the file, for its user.
    :returns: False where somebody else reads this upload as well and is further; nothing is added.
    """
    upload = session.get_one(Upload, id)
    if upload.state not in (WAITING, READING) or upload.rows_done != done_before:
        return False
    registered = register(
        session,
        reads,
        source=upload.source,
        user=session.get(User, upload.user_id) if upload.user_id is not None else None,
        upload_id=id,
        rows=[arrival.row for arrival in arrivals],
        now=now,
    )
    problems = [
        (arrival.row, reason)
        for arrival, read in zip(arrivals, reads, strict=True)
        if (reason := _why_unread(read)) is not None
    ]
    added = [one for one in registered if not one.known]
    upload.state = READING
    upload.rows_done += len(registered)
    upload.added += len(added)
    upload.known += len(registered) - len(added)
    upload.copies += sum(one.near_copy_of is not None for one in added)
    upload.set_aside += len(problems)
    told = [*_list_new(session, id, notes), *problems]
    session.add_all(UploadProblem(upload_id=id, row=row, reason=reason) for row, reason in told)
    session.flush()
    return True


def finish(session: Session, id: int, *, problem: str | None = None, now: datetime) -> None:
    """Say that nothing more is read of an upload.

    :param problem: why not, where that is not because all was read.
    """
    upload = session.get_one(Upload, id)
    upload.state, upload.finished_at = (FAILED if problem else DONE), now
    upload.problem = problem or None
    detail = {
        "upload": id,
        "state": upload.state,
        **{name: getattr(upload, name) for name in ("rows_done", "added", "known", "set_aside")},
    }
    audit.append(session, "upload_finished", detail=detail, at=now)


def _why_unread(read: Read) -> str | None:
    """Say why a person has to read a row, or give None where the model could."""
    unread = read.assessment.unreadable
    return read.complaint.problem or (read.assessment.reasons[-1] if unread else None)


def _list_new(session: Session, id: int, notes: Sequence[str]) -> list[tuple[int, str]]:
    """Give the notes that are not told yet: a reading that goes on comes upon them again."""
    if not notes:
        return []
    told = session.scalars(
        select(UploadProblem.reason).where(UploadProblem.upload_id == id, UploadProblem.row == 0)
    )
    known = set(told)
    return [(0, note) for note in dict.fromkeys(notes) if note not in known]
