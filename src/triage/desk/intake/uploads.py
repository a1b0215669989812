"""Files of complaints that were handed in: taken, read bit by bit, and how far the desk came.

An upload waits, is read and is done, or failed. What was read of it stays whatever happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.desk.intake.upload_files import check_upload, list_columns, make_spool_path
from triage.desk.intake.upload_rows import DONE, WAITING
from triage.desk.intake.upload_worker import UploadWorker
from triage.desk.store import audit
from triage.desk.store.schema import Upload, UploadProblem, User
from triage.errors import DeskError

MOST_PROBLEMS = 200
"""Problems of one upload that are shown; all are kept."""

_LONGEST_NAME = 300
_NO_SHARES: Mapping[int, float | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class UploadView:
    """How far the desk came with a file.

    :param who: the name shown of who handed it in; empty for the watched folder.
    :param source: ``upload`` or ``watch``.
    :param state: ``waiting``, ``reading``, ``done`` or ``failed``.
    :param rows_done: rows that were read; each is one of ``added`` and ``known``.
    :param known: were there already, with the same number and text; not added again.
    :param copies: near-copies of others among those added.
    :param set_aside: could not be read, and were added for a person.
    :param problem: why the upload failed, or None.
    :param problems: row and reason; row 0 tells of the file as a whole.
    :param share: how much was read, 0 to 1; None where nobody knows.
    """

    id: int
    name: str = field(repr=False)
    who: str
    source: str
    state: str
    rows_done: int
    added: int
    known: int
    copies: int
    set_aside: int
    problem: str | None = field(repr=False)
    problems: list[tuple[int, str]] = field(repr=False)
    started_at: datetime
    finished_at: datetime | None
    share: float | None


def receive(
    session: Session,
    *,
    name: str,
    path: Path,
    size: int,
    sha256: str,
    columns: Mapping[str, str] | None,
    user: User | None,
    source: str,
    now: datetime,
) -> int:
    """Put a file in line to be read; from now on the desk looks after its bytes.

    :param name: what the user calls it.
    :param path: of ``make_spool_path``, all bytes written; deleted once all is read.
    :param columns: our name to the file's own, see ``datasets.read_complaints``.
    :param user: who hands it in; None for the watched folder.
    :param source: ``upload`` or ``watch``.
    :returns: the upload's id.
    """
    upload = Upload(
        name=Path(name).name[-_LONGEST_NAME:],
        path=str(path.resolve()),
        columns=dict(columns or {}),
        size=size,
        sha256=sha256,
        user_id=user.id if user else None,
        source=source,
        state=WAITING,
        started_at=now,
    )
    session.add(upload)
    session.flush()
    detail = {"upload": upload.id, "source": source, "bytes": size, "sha256": sha256}
    audit.append(session, "upload_received", user=user, detail=detail, at=now)
    return upload.id


def find_upload(
    session: Session, id: int, *, shares: Mapping[int, float | None] = _NO_SHARES
) -> UploadView:
    """Show an upload with its problems.

    :param shares: ``UploadWorker.shares``, which knows how much of a file was read.
    :raises DeskError: where there is none of that id.
    """
    found = session.execute(_SHOWN.where(Upload.id == id)).one_or_none()
    if found is None:
        raise DeskError(f"there is no upload {id}; it may have been mistyped")
    problems = session.execute(
        select(UploadProblem.row, UploadProblem.reason)
        .where(UploadProblem.upload_id == id)
        .order_by(UploadProblem.row, UploadProblem.id)
        .limit(MOST_PROBLEMS)
    )
    return _show(
        found.Upload, found.shown_name, [(row, reason) for row, reason in problems], shares
    )


def list_uploads(
    session: Session, limit: int, *, shares: Mapping[int, float | None] = _NO_SHARES
) -> list[UploadView]:
    """List the newest uploads, the newest first, without their rows' problems."""
    rows = session.execute(_SHOWN.order_by(Upload.id.desc()).limit(limit))
    return [_show(row.Upload, row.shown_name, [], shares) for row in rows]


_SHOWN = select(Upload, User.shown_name).outerjoin(User, User.id == Upload.user_id)


def _show(
    upload: Upload,
    who: str | None,
    problems: list[tuple[int, str]],
    shares: Mapping[int, float | None],
) -> UploadView:
    share = {WAITING: 0.0, DONE: 1.0}.get(upload.state, shares.get(upload.id))
    kept = (name for name in UploadView.__slots__ if name not in ("who", "problems", "share"))
    fields = {name: getattr(upload, name) for name in kept}
    return UploadView(**fields, who=who or "", problems=problems, share=share)


__all__ = [
    "UploadView",
    "UploadWorker",
    "check_upload",
    "find_upload",
    "list_columns",
    "list_uploads",
    "make_spool_path",
    "receive",
]
