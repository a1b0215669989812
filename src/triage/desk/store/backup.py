"""Backups: a whole desk to one file and back, between databases of either kind, while it runs."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, Table, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from triage.desk.store import audit
from triage.desk.store.audit import Head
from triage.desk.store.audit_tables import AuditLine, DeskState
from triage.desk.store.backup_file import (
    BackupRows,
    Header,
    Trailer,
    Values,
    check_backup_file,
    write_backup_file,
)
from triage.desk.store.columns import Base, UtcTime
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import Complaint, SignedIn
from triage.errors import DataError, DeskError, DeskUnusableError, OutputExistsError

BATCH = 500
"""Rows that are held at once."""

Progress = Callable[[str], None]

_STATE = DeskState.__tablename__


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written or taken in.

    :param rows: how many there are of each table.
    :param head: the newest line of its audit log.
    :param replaced: where a desk was replaced, the backup of it; else None.
    """

    path: Path
    rows: Mapping[str, int]
    head: Head
    replaced: Path | None = None


def write_backup(
    database: DeskDatabase, path: Path, *, now: datetime, progress: Progress = lambda line: None
) -> Backup:
    """Write the whole desk, as it is at one moment, to a file; the desk goes on meanwhile.

    :param path: the file, which has to be a new one; gzip whatever its ending.
    :param progress: called with a plain line for each step.
    :raises OutputExistsError: where the file is there already.
    :raises DataError: where it cannot be written; then none is left behind.
    """
    _check_place(path)
    try:
        with database.write() as session:
            audit.append(session, "backed_up", at=now)
    except DeskUnusableError:  # a disk that is full is no reason to go without a backup
        progress("the desk cannot be written to: the backup is made without a line in its log")
    with database.read() as session:
        return _dump(session, path, now=now, progress=progress)


def restore_backup(
    database: DeskDatabase,
    path: Path,
    *,
    now: datetime,
    force: bool = False,
    progress: Progress = lambda line: None,
) -> Backup:
    """Put a backup in the place of all that a desk holds, wholly or not at all.

    Everybody has to sign in anew. The audit log is that of the backup, and tells of this.

    :param path: a file of ``write_backup``, of a desk on a database of any kind.
    :param force: replace a desk that holds complaints; what it held is kept beside ``path``.
    :raises DataError: where the backup is damaged or of another version; nothing is changed.
    :raises DeskError: where the desk holds complaints and ``force`` is False.
    """
    progress(f"checking {path.name}")
    header, trailer = check_backup_file(path)
    with database.write() as session:
        _check_fits(session, path, header)
        replaced = _keep_replaced(session, path, force=force, now=now, progress=progress)
        before = audit.find_head(session)
        version = session.execute(select(DeskState.queue_version)).scalar_one()
        with _unlocked_audit(session):
            _empty(session)
            _fill(session, path, header, trailer, progress)
        _move_sequences(session)
        restored = session.execute(select(DeskState.queue_version)).scalar_one()
        session.execute(update(DeskState).values(queue_version=max(version, restored) + 1))
        running = update(SignedIn).where(SignedIn.ended_at.is_(None))
        session.execute(running.values(ended_at=now))
        if audit.verify(session) != header.head:
            raise DataError("its audit log could not be restored", path=path)
        detail = {
            "written_at": header.written_at,
            "sha256": trailer.sha256,
            "replaced_seq": before.seq,
            "replaced_head": before.hash,
        }
        audit.append(session, "restored", detail=detail, at=now)
    return Backup(path, trailer.rows, header.head, replaced)


def _check_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise DataError("its folder does not exist; make it first", path=path)
    if path.exists():
        raise OutputExistsError("is already there; name a new file for each backup", path=path)


def _dump(session: Session, path: Path, *, now: datetime, progress: Progress) -> Backup:
    head = audit.find_head(session)  # on SQLite the first statement chooses the moment
    header = Header(
        schema=_find_schema(session),
        written_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        columns={table.name: [c.name for c in table.columns] for table in _tables()},
        head=head,
    )
    trailer = write_backup_file(path, header, _read_all(session, progress))
    return Backup(path, trailer.rows, head)


def _read_all(session: Session, progress: Progress) -> Iterator[tuple[str, Values]]:
    for table in _tables():
        progress(f"writing {table.name}")
        encoders = [_choose_encoder(column.type) for column in table.columns]
        found = session.execute(
            select(table).order_by(*table.primary_key.columns),
            execution_options={"yield_per": BATCH},
        )
        with found as rows:  # closed where the disk is full, too
            for row in rows:
                coded = zip(encoders, row, strict=True)
                values = [encode(v) if encode and v is not None else v for encode, v in coded]
                yield table.name, values


def _check_fits(session: Session, path: Path, header: Header) -> None:
    schema = _find_schema(session)
    ours = {table.name: [c.name for c in table.columns] for table in _tables()}
    if header.schema != schema or header.columns != ours:
        raise DataError(
            f"is of another version of triage (schema {header.schema}, here {schema}); restore it"
            " with that version, then let this one bring the desk up to date",
            path=path,
        )


def _keep_replaced(
    session: Session, path: Path, *, force: bool, now: datetime, progress: Progress
) -> Path | None:
    """Write a backup of what is about to go, where that holds complaints."""
    held = session.scalar(select(func.count()).select_from(Complaint)) or 0
    if not held:
        return None
    if not force:
        raise DeskError(
            f"this desk holds {held:,} complaints, which the backup would replace; name an empty"
            " one (--database), or say --force: what it holds is then kept beside the backup"
        )
    kept = path.with_name(f"replaced-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{path.name}")
    _check_place(kept)
    progress(f"keeping what the desk holds in {kept.name}")
    return _dump(session, kept, now=now, progress=lambda line: None).path


@contextmanager
def _unlocked_audit(session: Session) -> Iterator[None]:
    """Take off the triggers that keep the audit log as it is; both steps are of the transaction."""
    name = AuditLine.__tablename__
    if session.connection().dialect.name != "sqlite":
        session.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        yield
        session.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        return
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
    triggers = session.execute(text(found), {"table": name}).all()
    for trigger in triggers:
        session.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        session.connection().exec_driver_sql(trigger.sql)


def _empty(session: Session) -> None:
    for table in reversed(_tables()):
        if table.name != _STATE:
            session.execute(delete(table))


def _fill(
    session: Session, path: Path, header: Header, trailer: Trailer, progress: Progress
) -> None:
    """Put the rows in; the file has to be the very one that was checked."""
    found = BackupRows(path)
    for name, rows in groupby(found, key=itemgetter(0)):
        progress(f"restoring {name}")
        table = Base.metadata.tables[name]
        decoders = [_choose_decoder(table.columns[c].type) for c in header.columns[name]]
        while batch := list(islice(rows, BATCH)):
            _put(session, table, header.columns[name], decoders, batch)
    if found.trailer != trailer:
        raise DataError("changed while it was read; nothing was restored", path=path)


def _put(
    session: Session,
    table: Table,
    columns: list[str],
    decoders: list[Callable[[Any], Any] | None],
    batch: list[tuple[str, Values]],
) -> None:
    rows = [
        {
            name: decode(value) if decode and value is not None else value
            for name, decode, value in zip(columns, decoders, values, strict=True)
        }
        for _, values in batch
    ]
    if table.name == _STATE:  # stays the same row: others stand in line for it
        session.execute(update(table).values(rows[0]))
    else:
        session.execute(insert(table), rows)


def _move_sequences(session: Session) -> None:
    """Let PostgreSQL count on behind the restored rows.

    Never backwards: sequences stand outside of the transaction, which may still fail.
    """
    if session.connection().dialect.name == "sqlite":
        return
    for table in _tables():
        counter = text("SELECT pg_get_serial_sequence(:table, 'id')")
        if "id" not in table.columns or not (
            sequence := session.scalar(counter, {"table": table.name})
        ):
            continue
        last = session.scalar(select(func.max(table.columns["id"]))) or 0
        following = func.greatest(last + 1, func.nextval(sequence))
        session.execute(select(func.setval(sequence, following, False)))


def _find_schema(session: Session) -> str:
    return MigrationContext.configure(session.connection()).get_current_revision() or ""


def _tables() -> list[Table]:
    """Give all tables, each after those that it names."""
    return list(Base.metadata.sorted_tables)


def _choose_encoder(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, UtcTime):
        return datetime.isoformat
    if isinstance(kind, LargeBinary):
        return _encode_bytes
    return None


def _choose_decoder(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat
    return base64.b64decode if isinstance(kind, LargeBinary) else None


def _encode_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()
