"""Complaints in: CSV, JSONL, Parquet and XLSX to records, and no row ever lost.

A row that cannot be read becomes a complaint with a ``problem``, and so goes to a person. Only
what makes the whole file unusable is an error.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from triage.errors import DataError
from triage.records import Complaint

ENDINGS = (".csv", ".jsonl", ".parquet", ".xlsx")
TEXT, ID, RECEIVED = "text", "id", "received_at"

Note = Callable[[str], None]
Row = dict[str, Any]

_NO_TEXT = "the row has no text"
_MOST_LINES = 60
"""Lines of one complaint; more are several that an open quotation mark ran together."""

_MAX_FIELD = 2**31 - 1


def read_complaints(path: Path, *, note: Note = lambda line: None) -> Iterator[Complaint]:
    """Read the complaints of a file, one for each row, in order.

    :param path: a file that ends in one of ``ENDINGS``, with a column ``text`` and, where there
        are some, ``id`` and ``received_at``. Without ``id`` the row number serves.
    :param note: called with a plain line about what was odd, such as another encoding.
    :raises DataError: where the file is missing, empty, of an unknown kind, or has no ``text``.
    """
    seen: dict[str, int] = {}
    repeated = 0
    count = 0
    for count, (row, problem) in enumerate(_read_rows(path, note), start=1):
        complaint = _build_complaint(row, count, problem)
        repeated += complaint.id in seen
        seen[complaint.id] = count
        yield complaint
    if count == 0:
        raise DataError("has no rows; expected at least one complaint", path=path)
    if repeated:
        note(f"{path}: {repeated} rows repeat an id; all are kept")


def check_input(path: Path) -> None:
    """Say at once whether a file can be read at all.

    :raises DataError: where it is missing, a folder, or of an unknown kind.
    """
    if not path.exists():
        raise DataError("no such file; check the name", path=path)
    if path.is_dir():
        raise DataError("is a folder; name the files in it", path=path)
    if path.suffix.lower() not in ENDINGS:
        raise DataError(
            f"ends in {path.suffix or 'nothing'!r}; expected one of {', '.join(ENDINGS)}", path=path
        )
    if path.stat().st_size == 0:
        raise DataError("is empty; expected a header and at least one row", path=path)


def _read_rows(path: Path, note: Note) -> Iterator[tuple[Row, str | None]]:
    check_input(path)
    reader = {
        ".csv": _read_csv,
        ".jsonl": _read_jsonl,
        ".parquet": _read_parquet,
        ".xlsx": _read_xlsx,
    }[path.suffix.lower()]
    try:
        yield from reader(path, note)
    except PermissionError:
        raise DataError("may not be read; check the permissions", path=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None


def _build_complaint(row: Row, number: int, problem: str | None) -> Complaint:
    text, given, received = row.get(TEXT), row.get(ID), row.get(RECEIVED)
    if problem is None and (_is_missing(text) or not isinstance(text, str)):
        problem = _NO_TEXT if _is_missing(text) else "the text is not text"
    return Complaint(
        id=str(number) if _is_missing(given) else str(given).strip() or str(number),
        text=text if isinstance(text, str) else "",
        received_at=None if _is_missing(received) else str(received),
        problem=problem,
    )


def _is_missing(value: object) -> bool:
    """Say whether a cell is empty; NaN is the only value that is not itself."""
    return value is None or value != value


def _read_csv(path: Path, note: Note) -> Iterator[tuple[Row, str | None]]:
    encoding = _sniff_encoding(path, note)
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding=encoding, errors="replace", newline="") as handle:
        rows = csv.reader(handle)
        header = [name.strip().lower() for name in next(rows, [])]
        _check_columns(header, path)
        last = rows.line_num
        for cells in rows:
            spanned, last = rows.line_num - last, rows.line_num
            if not cells:
                continue
            problem = None
            if spanned > _MOST_LINES:
                problem = f"{spanned} lines ran together: a quotation mark is not closed"
                note(f"{path}, lines to {last}: {problem}; mend the file and score it again")
            if len(cells) != len(header):
                problem = f"the row has {len(cells)} cells, the header {len(header)}"
                # A comma that was not quoted cut the text up; its parts are put together again.
                cells = _rejoin(cells, header)
            yield dict(zip(header, cells, strict=False)), problem


def _rejoin(cells: list[str], header: list[str]) -> list[str]:
    extra = len(cells) - len(header)
    if extra <= 0:
        return cells
    at = header.index(TEXT)
    return [*cells[:at], ",".join(cells[at : at + extra + 1]), *cells[at + extra + 1 :]]


def _sniff_encoding(path: Path, note: Note) -> str:
    """Tell UTF-8, UTF-16 and Windows' cp1252 apart, the only ones that desks' programs write."""
    with path.open("rb") as handle:
        start = handle.read(4)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        note(f"{path}: is UTF-16, read as such")
        return "utf-16"
    if start[:3] == b"\xef\xbb\xbf":
        return "utf-8-sig"
    try:
        with path.open(encoding="utf-8") as handle:
            while handle.read(1 << 20):
                pass
    except UnicodeDecodeError:
        note(f"{path}: is not UTF-8, read as Windows-1252; check that names look right")
        return "cp1252"
    return "utf-8"


def _check_columns(header: list[str], path: Path) -> None:
    if TEXT not in header:
        # Without a header the first row is a complaint: only what looks like a name is shown.
        names = [name for name in header[:8] if re.fullmatch(r"[a-z][a-z0-9_]{0,19}", name)]
        found = ", ".join(map(repr, names)) or "no column names"
        raise DataError(
            f"has no column {TEXT!r}; found {found}; rename the column that holds the complaints",
            path=path,
        )


def _read_jsonl(path: Path, note: Note) -> Iterator[tuple[Row, str | None]]:
    encoding = _sniff_encoding(path, note)
    found_text = False
    with path.open(encoding=encoding, errors="replace") as handle:
        for line in handle:
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (json.JSONDecodeError, RecursionError):
                yield {}, "the line is not valid JSON"
                continue
            if not isinstance(row, dict):
                yield {}, "the line is not a JSON object"
                continue
            row = {str(key).strip().lower(): value for key, value in row.items()}
            found_text = found_text or TEXT in row
            yield row, None if TEXT in row else f"the line has no {TEXT!r}"
    if not found_text:
        raise DataError(f"has no line with {TEXT!r}; rename the key of the complaints", path=path)


def _read_parquet(path: Path, note: Note) -> Iterator[tuple[Row, str | None]]:
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        names = {name.strip().lower(): name for name in file.schema_arrow.names}
        _check_columns(list(names), path)
        wanted = [names[name] for name in (TEXT, ID, RECEIVED) if name in names]
        for batch in file.iter_batches(columns=wanted, batch_size=4096):
            for row in batch.to_pylist():
                yield {key.strip().lower(): value for key, value in row.items()}, None
    except (arrow.ArrowException, ValueError) as error:
        raise DataError(
            f"is damaged or no Parquet file ({type(error).__name__})", path=path
        ) from None


def _read_xlsx(path: Path, note: Note) -> Iterator[tuple[Row, str | None]]:
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise DataError(f"is damaged or no XLSX file ({type(error).__name__})", path=path) from None
    sheet = book[book.sheetnames[0]]
    sheet.reset_dimensions()  # some programs write a size that is too small
    rows = sheet.iter_rows(values_only=True)
    header = [str(name or "").strip().lower() for name in next(rows, ())]
    _check_columns(header, path)
    if len(book.sheetnames) > 1:
        note(f"{path}: only its first sheet is read")
    for cells in rows:
        if any(cell is not None for cell in cells):
            yield dict(zip(header, cells, strict=False)), None
