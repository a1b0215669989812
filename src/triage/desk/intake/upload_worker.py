"""The thread that reads uploads, one after the other, a few rows at a time.

Rows and the upload's progress are kept in one transaction: whenever the desk is killed, the next one
goes on behind the last row that was kept. Between two batches the thread rests for as long as it
wrote, so that others who write get their turn.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from triage.backlog.sources import FileSource
from triage.batches import Arrival
from triage.desk.intake.reading import Reader
from triage.desk.intake.upload_files import check_unpacked, clear_spool
from triage.desk.intake.upload_rows import READING, WAITING, finish, keep_rows
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import Upload
from triage.errors import DataError, DeskError
from triage.files.lines import Note
from triage.records import Complaint

BATCH = 64
"""Rows that are read and kept together."""

BATCH_CHARACTERS = 200_000
"""A batch ends here too: long texts are read in smaller batches."""

REST_MOST_S = 0.5
POLL_S = 1.0
RETRY_S = 15.0
"""Seconds after which an upload is tried again that the database could not take."""

_UNNUMBERED = "\x00"  # begins no number: it is what stands for a row that has none

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    id: int
    path: Path
    columns: dict[str, str]
    rows_done: int


class UploadWorker:
    """Reads what waits, and goes on with what was interrupted.

    :param spool: where files lie until they are read; cleared at the start of what was left over.
    :param clock: gives the time.
    """

    def __init__(
        self,
        database: DeskDatabase,
        reader: Reader,
        *,
        spool: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.shares: dict[int, float | None] = {}
        """How much was read of each upload that is being read, 0 to 1; None where nobody knows."""
        self._database, self._reader, self._clock = database, reader, clock
        self._spool = spool
        self._postponed: dict[int, float] = {}
        self._stopped, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begin; what an earlier process left comes first."""
        if self._spool is not None:
            self._clear_spool(self._spool)
        self._thread.start()

    def stop(self, *, timeout_s: float = 30.0) -> None:
        """End after the batch that is being read; the rest is read at the next start."""
        self._stopped.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def wake(self) -> None:
        """Say that a new upload waits; without it the worker sees for itself after a second."""
        self._woken.set()

    def read_next(self) -> bool:
        """Read the oldest upload that waits, to its end.

        :returns: False where none waits.
        """
        job = self._find_next()
        if job is None:
            return False
        try:
            self._read(job)
        except DeskError as error:  # the database's doing: the rows come later
            self._postponed[job.id] = time.monotonic() + RETRY_S
            _log.warning("upload %d waits: %s", job.id, error)
        except Exception as error:  # its message might quote a text
            _log.error("upload %d failed (%s)", job.id, type(error).__name__)
            self._give_up(job, error)
        finally:
            self.shares.pop(job.id, None)
        return True

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                took = self.read_next()
            except Exception as error:  # even then the next upload is read
                _log.error("the uploads wait (%s)", type(error).__name__)
                took = False
            if not took:
                self._woken.wait(POLL_S)
                self._woken.clear()

    def _find_next(self) -> _Job | None:
        now_s = time.monotonic()
        later = [id for id, until_s in self._postponed.items() if until_s > now_s]
        query = select(Upload).where(Upload.state.in_((READING, WAITING)), Upload.id.not_in(later))
        with self._database.read() as session:
            upload = session.scalars(query.order_by(Upload.id).limit(1)).one_or_none()
            if upload is None:
                return None
            return _Job(upload.id, Path(upload.path), upload.columns, upload.rows_done)

    def _read(self, job: _Job) -> None:
        notes: list[str] = []
        source = FileSource(job.path, name="", columns=job.columns, prefix=_UNNUMBERED)
        done = job.rows_done
        problem = None
        for batch in _cut(_skip(_list_arrivals(source, notes.append), done)):
            if self._stopped.is_set():
                return
            problem = batch[-1].complaint.problem if batch[-1].whole_source else None
            reads = self._reader.read([arrival.complaint for arrival in batch])
            began_s = time.monotonic()
            with self._database.write() as session:
                told, now = list(notes), self._clock()
                if not keep_rows(
                    session, job.id, batch, reads, done_before=done, notes=told, now=now
                ):
                    return
                if problem is not None:
                    finish(session, job.id, problem=problem, now=now)
            done += len(batch)
            del notes[: len(told)]
            self.shares[job.id] = source.share
            self._stopped.wait(min(time.monotonic() - began_s, REST_MOST_S))
        if problem is None:
            with self._database.write() as session:
                finish(session, job.id, now=self._clock())
        job.path.unlink(missing_ok=True)

    def _give_up(self, job: _Job, error: Exception) -> None:
        """Mark an upload as failed, and put what is left of it before a person."""
        with self._database.read() as session:
            done = session.get_one(Upload, job.id).rows_done
        problem = (
            f"the program failed on the file ({type(error).__name__}); {done} rows of it are kept:"
            " hand in the rest again, and tell who runs the desk"
        )
        rest = Arrival(Complaint(id="", text="", problem=problem), "", 0, whole_source=True)
        reads = self._reader.read([rest.complaint])
        with self._database.write() as session:
            now = self._clock()
            if keep_rows(session, job.id, [rest], reads, done_before=done, now=now):
                finish(session, job.id, problem=problem, now=now)
        job.path.unlink(missing_ok=True)

    def _clear_spool(self, spool: Path) -> None:
        query = select(Upload.path).where(Upload.state.in_((WAITING, READING)))
        try:
            with self._database.read() as session:
                keep = set(session.scalars(query))
            clear_spool(spool, keep=keep)
        except (DeskError, OSError) as error:
            _log.warning("old files may be left in the spool (%s)", type(error).__name__)


def _list_arrivals(source: FileSource, note: Note) -> Iterator[Arrival]:
    """Give the rows of a file, and, where it cannot be read to its end, what stands for the rest."""

    def hide_path(told: str) -> str:
        return told.replace(str(source.path), "").lstrip(":, ")

    try:
        if source.path.exists():
            check_unpacked(source.path)
    except (DataError, OSError) as error:
        told = hide_path(str(error)) if isinstance(error, DataError) else "cannot be read"
        problem = f"the file {told}; none of its complaints was read"
        yield Arrival(Complaint(id="", text="", problem=problem), "", 0, whole_source=True)
        return
    for arrival in source.read(lambda told: note(hide_path(told))):
        has_none = arrival.whole_source or arrival.complaint.id == f"{_UNNUMBERED}{arrival.row}"
        complaint = replace(arrival.complaint, id="") if has_none else arrival.complaint
        yield replace(arrival, complaint=complaint)


def _skip(arrivals: Iterator[Arrival], done: int) -> Iterator[Arrival]:
    """Leave out the rows that are kept already; never what stands for a file that is gone."""
    return (a for place, a in enumerate(arrivals) if place >= done or a.whole_source)


def _cut(arrivals: Iterator[Arrival]) -> Iterator[list[Arrival]]:
    batch: list[Arrival] = []
    characters = 0
    for arrival in arrivals:
        batch.append(arrival)
        characters += len(arrival.complaint.text)
        if len(batch) == BATCH or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
