"""A folder that other programs put files of complaints into; each is taken in once.

The files stay where they are. One that changes later is taken in again, and what is known of it by
its number is not added twice.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from triage.batches import REJECTED
from triage.desk.intake.upload_files import make_spool_path
from triage.desk.intake.upload_worker import UploadWorker
from triage.desk.intake.uploads import receive
from triage.desk.store.columns import clean_text
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import WatchedFile
from triage.errors import DataError, DeskError

POLL_S = 2.0
SETTLED_S = 5.0
"""Seconds that a file has to stay as it is before it is taken: who writes it may not be done."""

_LONGEST_PATH = 1000
_CHUNK = 1 << 20
_ASKED = 500  # files that are asked for in one query

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was when it was looked at."""

    path: Path = field(repr=False)
    size: int
    modified_ns: int


class FolderWatcher:
    """Takes each file of a folder, and of those below it, once it no longer grows.

    :param folder: the folder that is watched.
    :param spool: where the bytes lie until they are read.
    :param worker: is told of each file that was taken; None leaves it to see for itself.
    :param clock: gives the time.
    """

    def __init__(
        self,
        database: DeskDatabase,
        folder: Path,
        spool: Path,
        *,
        worker: UploadWorker | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.problems: dict[str, str] = {}
        """Why files of the folder cannot be taken, by their names; looked at again each time."""
        self._database, self._folder, self._spool = database, folder.absolute(), spool
        self._worker, self._clock = worker, clock
        self._since: dict[_Seen, float] = {}
        self._taken: set[_Seen] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watched folder", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """End after the file that is being taken."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look(self, *, now_s: float) -> int:
        """Look at the folder once, and take what has settled.

        :param now_s: seconds of a clock that never goes back.
        :returns: files that were taken.
        """
        problems: dict[str, str] = {}
        seen = self._list_files(problems)
        self._taken &= seen
        self._since = {file: self._since.get(file, now_s) for file in seen}
        settled = [f for f in seen - self._taken if now_s - self._since[f] >= SETTLED_S]
        taken = 0
        for file in sorted(self._leave_known(settled), key=lambda file: file.path):
            try:
                taken += self._take(file)
            except DataError as error:
                problems[file.path.name] = str(error).removeprefix(f"{file.path.name}: ")
            except OSError as error:
                problems[file.path.name] = f"cannot be read ({error.strerror})"
        self.problems = problems
        if taken and self._worker is not None:
            self._worker.wake()
        return taken

    def _run(self) -> None:
        while not self._stopped.wait(POLL_S):
            try:
                self.look(now_s=time.monotonic())
            except Exception as error:  # the next look may go well
                reason = str(error) if isinstance(error, DeskError) else type(error).__name__
                _log.warning("the watched folder waits (%s)", reason)

    def _list_files(self, problems: dict[str, str]) -> set[_Seen]:
        """List what is in the folder; hidden files, and the locks of open sheets, are none."""

        def fail(error: OSError) -> None:
            name = Path(error.filename or self._folder).name
            problems[name] = f"cannot be read ({error.strerror})"

        found: set[_Seen] = set()
        for place, folders, names in os.walk(self._folder, onerror=fail):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                path = Path(place, name)
                if name.startswith((".", "~$")) or name.endswith(REJECTED) or not path.is_file():
                    continue
                try:
                    status = path.stat()
                except OSError as error:
                    fail(error)
                    continue
                if status.st_size:  # what is empty is being written
                    found.add(_Seen(path, status.st_size, status.st_mtime_ns))
        return found

    def _leave_known(self, files: list[_Seen]) -> list[_Seen]:
        """Leave out what was taken in by an earlier process."""
        query = select(WatchedFile.path, WatchedFile.size, WatchedFile.modified_ns)
        known: set[tuple[str, int, int]] = set()
        for start in range(0, len(files), _ASKED):
            with self._database.read() as session:
                paths = [_key(file) for file in files[start : start + _ASKED]]
                rows = session.execute(query.where(WatchedFile.path.in_(paths)))
                known |= {(row.path, row.size, row.modified_ns) for row in rows}
        old = {f for f in files if (_key(f), f.size, f.modified_ns) in known}
        self._taken |= old
        return [file for file in files if file not in old]

    def _take(self, file: _Seen) -> bool:
        """Copy a file into the spool and put it in line, once.

        :returns: False where it changed meanwhile; it is looked at again.
        """
        path = make_spool_path(self._spool, file.path.name)
        try:
            sha256 = _copy(file.path, path)
            status = file.path.stat()
            if (status.st_size, status.st_mtime_ns) != (file.size, file.modified_ns):
                path.unlink()
                return False
            self._receive(file, path, sha256)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._taken.add(file)
        return True

    def _receive(self, file: _Seen, path: Path, sha256: str) -> None:
        now = self._clock()
        with self._database.write() as session:
            upload = receive(
                session,
                name=file.path.name,
                path=path,
                size=file.size,
                sha256=sha256,
                columns=None,
                user=None,
                source="watch",
                now=now,
            )
            session.add(
                WatchedFile(
                    path=_key(file),
                    size=file.size,
                    modified_ns=file.modified_ns,
                    upload_id=upload,
                )
            )


def _key(file: _Seen) -> str:
    return clean_text(str(file.path))[-_LONGEST_PATH:]


def _copy(path: Path, to: Path) -> str:
    """Copy a file's bytes and give their SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as source, to.open("wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()
