"""A backup as a file: JSON lines under gzip, the same for every kind of database.

The first line is the header, the last one the trailer with a count of each table and the SHA-256 of all
lines before it; between them one line for each row: its table, then its values. Nothing holds more than
a row at once.
"""

import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.desk.store.audit import GENESIS, Head, hash_line
from triage.desk.store.audit_tables import AuditLine
from triage.errors import DataError
from triage.files.row_files import whole_or_nothing

KIND = "backup of a triage desk"
VERSION = 1

Values = list[Any]
"""A row's values as JSON has them, in the order of the header's columns."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself.

    :param schema: revision of the database's schema.
    :param written_at: ISO 8601.
    :param columns: the names of each table's columns; tables in the order that they are filled in.
    :param head: the newest line of the audit log.
    """

    schema: str
    written_at: str
    columns: Mapping[str, list[str]]
    head: Head


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the end of a backup says of all before it.

    :param rows: how many there are of each table.
    :param sha256: of every line before the trailer.
    """

    rows: Mapping[str, int]
    sha256: str


def write_backup_file(path: Path, header: Header, rows: Iterable[tuple[str, Values]]) -> Trailer:
    """Write a backup, whole or not at all, readable by its owner alone.

    :param rows: table and values, table by table.
    :raises DataError: where the disk is full or may not be written.
    """
    counts = Counter(dict.fromkeys(header.columns, 0))
    digest = hashlib.sha256()
    with (
        whole_or_nothing(path) as neighbour,
        neighbour.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
    ):

        def put(line: Any) -> None:
            written = json.dumps(line, separators=(",", ":")).encode() + b"\n"
            digest.update(written)
            packed.write(written)

        put(_describe(header))
        for table, values in rows:
            put([table, *values])
            counts[table] += 1
        trailer = Trailer(dict(counts), digest.hexdigest())
        put({"rows": trailer.rows, "sha256": trailer.sha256})
    return trailer


def check_backup_file(path: Path) -> tuple[Header, Trailer]:
    """Read a backup to its end, and check its counts, its checksum and its audit log.

    :raises DataError: where it is none, is damaged, cut off or was changed.
    """
    header = read_header(path)
    head = Head(0, GENESIS)
    rows = BackupRows(path)
    for table, values in rows:
        if table == AuditLine.__tablename__:
            head = _follow(path, head, dict(zip(header.columns[table], values, strict=True)))
    if head != header.head:
        raise DataError("its audit log ends elsewhere than its header says", path=path)
    return header, rows.trailer


def read_header(path: Path) -> Header:
    """Read the first line.

    :raises DataError: where the file is no backup of this version.
    """
    return _build_header(path, next(_read_lines(path), b""))


class BackupRows:
    """Table and values of each row of a backup; read once.

    :raises DataError: at the place where the file is damaged; at its end where it does not fit.
    """

    trailer: Trailer
    """What was found, and found to fit the file's own trailer; there at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[tuple[str, Values]]:
        """Give the rows."""
        lines = _read_lines(self.path)
        first = next(lines, b"")
        header, digest = _build_header(self.path, first), hashlib.sha256(first)
        counts = Counter(dict.fromkeys(header.columns, 0))
        for line in lines:
            content = _parse(self.path, line)
            if isinstance(content, dict):
                self._end(content, Trailer(dict(counts), digest.hexdigest()), lines)
                return
            digest.update(line)
            table, values = content[0], content[1:]
            if table not in header.columns or len(values) != len(header.columns[table]):
                raise _damaged(self.path, "a row fits no table")
            counts[table] += 1
            yield table, values
        raise _damaged(self.path, "its end is missing")

    def _end(self, content: dict[str, Any], found: Trailer, lines: Iterator[bytes]) -> None:
        if content != {"rows": found.rows, "sha256": found.sha256} or next(lines, None):
            raise _damaged(self.path, "its checksum or its counts do not fit")
        self.trailer = found


def _describe(header: Header) -> dict[str, Any]:
    return {
        "kind": KIND,
        "version": VERSION,
        "schema": header.schema,
        "written_at": header.written_at,
        "audit": {"seq": header.head.seq, "hash": header.head.hash},
        "columns": dict(header.columns),
    }


def _build_header(path: Path, line: bytes) -> Header:
    content = _parse(path, line)
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise _damaged(path, "its first line is not that of one")
    if content.get("version") != VERSION:
        raise DataError("was written by a newer triage: update triage first", path=path)
    try:
        head = Head(content["audit"]["seq"], content["audit"]["hash"])
        return Header(content["schema"], content["written_at"], content["columns"], head)
    except (KeyError, TypeError):
        raise _damaged(path, "its first line lacks something") from None


def _read_lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as lines:
            yield from lines
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _damaged(path, "it is no whole gzip file") from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None


def _parse(path: Path, line: bytes) -> Any:
    try:
        content = json.loads(line)
    except ValueError:  # which quotes the line
        content = None
    if not isinstance(content, dict) and not (isinstance(content, list) and content):
        raise _damaged(path, "a line cannot be read")
    return content


def _follow(path: Path, head: Head, values: dict[str, Any]) -> Head:
    line = AuditLine(**values)
    if line.seq != head.seq + 1 or line.previous != head.hash or line.hash != hash_line(line):
        raise DataError(f"line {head.seq + 1} of its audit log was changed", path=path)
    return Head(line.seq, line.hash)


def _damaged(path: Path, what: str) -> DataError:
    return DataError(
        f"is no backup of a desk, or is damaged: {what}; use another one, nothing was changed",
        path=path,
    )
