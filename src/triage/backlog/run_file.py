"""The SQLite file of a run: opened for one run alone, written whole batches at a time."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from hashlib import blake2b
from pathlib import Path
from typing import Any

from triage.batches import REJECTED, ScoredRow
from triage.errors import DataError

FORMAT = 1
_APPLICATION = 0x74726961  # "tria": tells our files from other programs' databases

_TABLES = (
    "CREATE TABLE run (plan TEXT, sizes TEXT, phase TEXT, counts TEXT, digest BLOB,"
    " urgent_bytes INTEGER, repeated_ids INTEGER)",
    # What the queue is sorted by lies apart from the cells: sorting reads a tenth of the file.
    "CREATE TABLE rows (seq INTEGER PRIMARY KEY, id_hash INTEGER, priority TEXT, urgency INTEGER,"
    " risk_step REAL, received TEXT)",
    "CREATE TABLE cells (seq INTEGER PRIMARY KEY, id TEXT, cells TEXT)",
    "CREATE TABLE set_aside (seq INTEGER PRIMARY KEY, source TEXT, row INTEGER, reason TEXT)",
    "CREATE TABLE sketches (first INTEGER PRIMARY KEY, sketches BLOB)",
    "CREATE TABLE near_copies (seq INTEGER PRIMARY KEY, first INTEGER, checked INTEGER DEFAULT 1)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)

_FULL = "the disk is full; free some space and start the same command again{kept}"
_UNUSABLE = (
    "the file that keeps its run cannot be used ({reason}); look whether its disk is full or fails,"
    " then start the same command again{kept}"
)
_DAMAGED = "the file that keeps its run is damaged; start afresh with --restart"
_FOREIGN = "the file that keeps its run, {name}, is another program's; move it away"
_NEWER = "its run was begun by a newer triage; go on with that one, or start afresh with --restart"
_BUSY = "another run is writing this output; wait for it, or name another output"


class _RunUnusableError(DataError):
    """What only a new run helps against."""


def name_run_file(output: Path) -> Path:
    """Name the file that keeps the run of an output: hidden, beside it."""
    return output.with_name(f".{output.name}.run")


REJECTED_COLUMNS = ("source", "row", "id", "reason")


def name_rejected(output: Path) -> Path:
    """Name the file that lists the rows of a run that could not be read.

    >>> str(name_rejected(Path("out/ranked.csv")))
    'out/ranked.csv.rejected.jsonl'
    """
    return output.with_name(f"{output.name}{REJECTED}")


class RunFile:
    """A connection that holds the file for itself until it is closed.

    :ivar is_new: True where nothing is kept in it yet.
    """

    def __init__(self, output: Path, connection: sqlite3.Connection) -> None:
        """Use ``open``."""
        self._output, self._connection = output, connection
        self.is_new = False

    @classmethod
    def open(cls, output: Path, *, restart: bool) -> "RunFile":
        """Open the file of an output's run, or make it.

        :param restart: throws away what an earlier run kept.
        :raises DataError: where another run holds it, or it is none of ours, or damaged.
        """
        path = name_run_file(output)
        try:
            # Made before SQLite opens it, so that it is its owner's alone from the first moment.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
        except OSError as error:
            raise DataError(f"cannot be written ({error.strerror})", path=output) from None
        file = cls(output, sqlite3.connect(path, isolation_level=None, timeout=0))
        try:
            with file.explained():
                file._take_hold(path)
        except BaseException as error:
            file.close()
            if not (restart and isinstance(error, _RunUnusableError)):
                raise
        else:
            if file.is_new or not restart:
                return file
        file.remove()
        return cls.open(output, restart=False)

    def _take_hold(self, path: Path) -> None:
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        self.is_new = not self.row("SELECT count(*) FROM sqlite_master")[0]
        if not self.is_new and self.row("PRAGMA application_id")[0] != _APPLICATION:
            raise DataError(_FOREIGN.format(name=path.name), path=self._output)
        if self.row("PRAGMA user_version")[0] > FORMAT:
            raise _RunUnusableError(_NEWER, path=self._output)
        folder = str(path.parent.resolve()).replace("'", "''")
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "cache_size = -8000",  # kilobytes
            "wal_autocheckpoint = 4000",  # pages
            "temp_store = FILE",
            f"temp_store_directory = '{folder}'",  # where there is room for the output there is
        ):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        self._connection.execute("BEGIN EXCLUSIVE")
        self._connection.execute("COMMIT")

    def begin(self, plan: str, sizes: str) -> None:
        """Make the tables of a new run."""
        for statement in _TABLES:
            self._connection.execute(statement)
        self.change("INSERT INTO run VALUES (?, ?, 'scoring', '{}', x'', NULL, 0)", (plan, sizes))

    @contextmanager
    def writing(self, *, kept: int = 0) -> Iterator[None]:
        """Write all that the block writes, or nothing.

        :param kept: rows that stay kept where it fails.
        """
        with self.explained(kept=kept):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def add_rows(self, first: int, rows: Sequence[ScoredRow]) -> None:
        """Add scored rows, numbered from ``first``."""
        places = [
            (seq, _hash(row.id), row.priority, row.urgency, row.risk_step, row.received)
            for seq, row in enumerate(rows, first)
        ]
        self.change_many("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", places)
        cells = [(seq, row.id, row.cells) for seq, row in enumerate(rows, first)]
        self.change_many("INSERT INTO cells VALUES (?, ?, ?)", cells)

    def change(self, statement: str, values: Sequence[object] = ()) -> int:
        """Carry out a statement.

        :returns: how many rows it changed.
        """
        return self._connection.execute(statement, values).rowcount

    def change_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Carry out a statement for each of many rows of values."""
        self._connection.executemany(statement, rows)

    def row(self, query: str) -> Any:
        """Give the one row of a query."""
        with self.explained():
            return self._connection.execute(query).fetchone()

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """Give the rows of a query, one by one."""
        with self.explained():
            # Not `yield from`: a cursor that is closed after its file raises an error nobody hears.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row

    @contextmanager
    def explained(self, *, kept: int = 0) -> Iterator[None]:
        """Say in one line what SQLite found wrong; its own messages may quote values.

        :raises DataError: for any error of SQLite, or of a file.
        """
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _explain(error, kept, self._output) from None

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def remove(self) -> None:
        """Let go of the file and remove it."""
        self.close()
        path = name_run_file(self._output)
        with self.explained():
            # The log first: alone it means nothing, but it must not meet a new file.
            for ending in ("-wal", "-shm", "-journal", ""):
                path.with_name(path.name + ending).unlink(missing_ok=True)


def _explain(error: sqlite3.Error | OSError, kept: int, output: Path) -> DataError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DataError(_BUSY, path=output)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _RunUnusableError(_DAMAGED, path=output)
    stays = f": {kept:,} rows are kept" if kept else ""
    if name == "SQLITE_FULL" or getattr(error, "errno", None) in (ENOSPC, EDQUOT):
        return DataError(_FULL.format(kept=stays), path=output)
    if isinstance(error, OSError):
        name = error.strerror or ""
    reason = name or type(error).__name__
    return DataError(_UNUSABLE.format(reason=reason, kept=stays), path=output)


def _hash(given: str) -> int:
    return int.from_bytes(blake2b(given.encode(), digest_size=8).digest(), "big", signed=True)
