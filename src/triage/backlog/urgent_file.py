"""The file that shows each most urgent complaint at once, while the backlog is still being read.

Rows are only ever added at its end, so that it can be followed, and others may write to it as
well. A run that was killed may have added rows that it did not come to note down: they come again,
and are not written twice.
"""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from triage.errors import DataError
from triage.files.row_files import check_place, clean_text, plain_cell

_FIRST_LINE = 65_536  # bytes of a file in which its header is looked for


class UrgentFile:
    """Append rows to a CSV or JSONL file, each exactly once however often the run is killed.

    A new file is readable by its owner alone.

    :param path: its ending, .csv or .jsonl, names its kind.
    :param kept_bytes: on going on with a run the ``length`` when its rows were last kept; None
        begins: what stands in the file stays.
    :param columns: what of a row is written, in order.
    :raises DataError: where it cannot be written, has another ending, or other columns.
    """

    def __init__(self, path: Path, *, kept_bytes: int | None, columns: Sequence[str]) -> None:
        self._path, self._columns, self._is_csv = path, columns, _is_csv(path)
        self._length = 0
        check_place(path, force=True)
        with self._errors_named():
            self._file = io.FileIO(path, "a+", opener=_open_private)
        try:
            with self._errors_named():
                self._write_header()
                self._find_end(kept_bytes)
        except BaseException:
            self._file.close()
            raise

    @property
    def length(self) -> int:
        """Bytes up to the last row that was handed to ``append``; to be kept with the rows."""
        return self._length

    def append(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add rows, unless the killed run did, and see them safe on the disk.

        :returns: the new ``length``.
        :raises DataError: where the disk is full or fails.
        """
        if not rows:
            return self._length
        with self._errors_named():
            missing = b"".join(line for line in map(self._encode, rows) if not self._pass(line))
            if missing:
                self._write(self._mend_end(missing))
                self._length = self._file.tell()
            os.fsync(self._file.fileno())
        return self._length

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _write_header(self) -> None:
        if not self._is_csv:
            return
        # With a byte-order mark: else Excel shows Devanagari as signs.
        header = "\ufeff".encode() + _csv_line(self._columns)
        self._file.seek(0)
        start = self._file.read(_FIRST_LINE)
        if header.startswith(start):  # empty, or killed in the middle of it
            self._write(header[len(start) :])
        elif _read_header(start) != list(self._columns):
            raise DataError("has other columns than are to be added; name another", path=self._path)

    def _find_end(self, kept_bytes: int | None) -> None:
        """See what a killed run, or somebody else, added after what was kept."""
        self._end = self._file.seek(0, os.SEEK_END)
        self._length = self._end if kept_bytes is None else min(kept_bytes, self._end)
        self._file.seek(self._length)
        # A line break before: each line can then be looked for between two of them.
        self._added = b"\n" + self._file.read(self._end - self._length)
        self._added_from, self._passed = self._length, 0

    def _pass(self, line: bytes) -> bool:
        """Say whether the killed run wrote a line, and go on behind it: they come in one order."""
        found = self._added.find(b"\n" + line, self._passed)
        if found < 0:
            return False
        self._passed = found + len(line)
        self._length = max(self._length, self._added_from + self._passed)
        return True

    def _mend_end(self, missing: bytes) -> bytes:
        """Give what has to be added so that each line stands alone, the torn one completed."""
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(end - 1, 0))
        if self._file.read(1) in (b"", b"\n"):
            return missing
        torn = self._added.rpartition(b"\n")[2] if end == self._end else b""
        if torn and missing.startswith(torn):
            return missing[len(torn) :]
        return b"\n" + missing  # somebody else's line

    def _write(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]

    def _encode(self, row: Mapping[str, Any]) -> bytes:
        if self._is_csv:
            return _csv_line([row[name] for name in self._columns])
        values = {name: clean_text(row[name]) for name in self._columns}
        return (json.dumps(values, ensure_ascii=False) + "\n").encode()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise DataError(
                f"cannot be written ({reason}); mend that and start the same command again",
                path=self._path,
            ) from None


def _is_csv(path: Path) -> bool:
    kind = path.suffix.lower()
    if kind not in (".csv", ".jsonl"):
        raise DataError(f"ends in {kind or 'nothing'!r}; expected .csv or .jsonl", path=path)
    return kind == ".csv"


def _open_private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)  # it speaks of people


def _read_header(start: bytes) -> list[str]:
    text = start.decode("utf-8-sig", "replace")
    return next(csv.reader(io.StringIO(text, newline="")), [])


def _csv_line(cells: Sequence[Any]) -> bytes:
    # Cells without line breaks: the file is read line by line while it grows.
    flat = [" ".join(cell.splitlines()) if isinstance(cell, str) else cell for cell in cells]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([plain_cell(cell) for cell in flat])
    return buffer.getvalue().encode()
