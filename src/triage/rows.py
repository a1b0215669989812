"""Rows of CSV, JSONL, Parquet and XLSX files, whatever the encoding, one after the other.

A row that is broken comes with its problem. Only what makes the whole file unusable is an error.
"""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triage.errors import DataError

ENDINGS = (".csv", ".jsonl", ".parquet", ".xlsx")

Note = Callable[[str], None]
Check = Callable[[list[str]], None]

_MOST_LINES = 60
"""Lines of one complaint; more are several that an open quotation mark ran together."""

_MAX_FIELD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    :param number: its place, from 1 below the header; empty rows count, empty lines of JSONL don't.
    :param cells: what stands under each column's name, as ``fold_name`` gives it.
    :param problem: why the row could not be read whole, or None.
    """

    number: int
    cells: dict[str, Any] = field(repr=False)
    problem: str | None = None


def fold_name(name: object) -> str:
    r"""Give a column's name in the form in which names are compared.

    >>> fold_name(" Complaint\nDetails ")
    'complaint details'
    """
    return " ".join(str(name).split()).lower() if name is not None else ""


def is_missing(value: object) -> bool:
    """Say whether a cell is empty; NaN and NaT are the only values that are not themselves.

    >>> is_missing(float("nan")), is_missing(""), is_missing(None)
    (True, False, True)
    """
    return value is None or value != value


def check_file(path: Path) -> None:
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


def read_rows(
    path: Path, *, text: str | None, check: Check, wanted: Collection[str], note: Note
) -> Iterator[Row]:
    """Read the rows of a file in order, without holding more of it than its kind needs.

    :param path: a file that ends in one of ``ENDINGS``.
    :param text: folded name of the column that holds the texts; where a comma that was not quoted
        cut a row up, the parts are put together in this column. None leaves them where they are.
    :param check: called with the folded names of the columns before the first row; raises what it
        has against them. JSONL has no header: there it is for the caller to look at each row.
    :param wanted: folded names of the columns to read; Parquet leaves the others on the disk.
    :param note: called with a plain line about what was odd, such as another encoding.
    :raises DataError: where the file is missing, empty, damaged or of an unknown kind.
    """
    check_file(path)
    try:
        match path.suffix.lower():
            case ".csv":
                yield from _read_csv(path, text, check, note)
            case ".jsonl":
                yield from _read_jsonl(path, note)
            case ".parquet":
                yield from _read_parquet(path, check, wanted)
            case _:
                yield from _read_xlsx(path, check, note)
    except PermissionError:
        raise DataError("may not be read; check the permissions", path=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None


def _read_csv(path: Path, text: str | None, check: Check, note: Note) -> Iterator[Row]:
    encoding = _sniff_encoding(path, note)
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding=encoding, errors="replace", newline="") as handle:
        rows = csv.reader(handle)
        header = [fold_name(name) for name in next(rows, [])]
        check(header)
        last = rows.line_num
        for number, cells in enumerate(rows, start=1):
            spanned, last = rows.line_num - last, rows.line_num
            if not cells:
                continue
            problem = None
            if spanned > _MOST_LINES:
                problem = f"{spanned} lines ran together: a quotation mark is not closed"
                note(f"{path}, lines to {last}: {problem}; mend the file and read it again")
            if len(cells) != len(header):
                problem = f"the row has {len(cells)} cells, the header {len(header)}"
                # A comma that was not quoted cut the text up; its parts are put together again.
                cells = _rejoin(cells, header, text)
            yield Row(number, dict(zip(header, cells, strict=False)), problem)


def _rejoin(cells: list[str], header: list[str], text: str | None) -> list[str]:
    extra = len(cells) - len(header)
    if extra <= 0 or text is None:
        return cells
    at = header.index(text)
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


def _read_jsonl(path: Path, note: Note) -> Iterator[Row]:
    encoding = _sniff_encoding(path, note)
    with path.open(encoding=encoding, errors="replace") as handle:
        lines = (line for line in handle if line.strip())
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield Row(number, {}, "the line is not valid JSON")
                continue
            if isinstance(row, dict):
                yield Row(number, {fold_name(key): value for key, value in row.items()})
            else:
                yield Row(number, {}, "the line is not a JSON object")


def _read_parquet(path: Path, check: Check, wanted: Collection[str]) -> Iterator[Row]:
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        folded = [fold_name(name) for name in file.schema_arrow.names]
        check(folded)
        names = dict(zip(folded, file.schema_arrow.names, strict=True))
        columns = [names[name] for name in names if name in wanted]
        batches = file.iter_batches(columns=columns, batch_size=4096)
        for number, cells in enumerate((row for part in batches for row in part.to_pylist()), 1):
            yield Row(number, {fold_name(key): value for key, value in cells.items()})
    except (arrow.ArrowException, ValueError) as error:
        raise DataError(
            f"is damaged or no Parquet file ({type(error).__name__})", path=path
        ) from None


def _read_xlsx(path: Path, check: Check, note: Note) -> Iterator[Row]:
    import zipfile
    import zlib
    from xml.etree.ElementTree import ParseError

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    # A damaged sheet may fail anywhere in the reader, which checks little of what it builds.
    wrong = (ValueError, LookupError, TypeError, AttributeError, EOFError, RuntimeError)
    damages = (*wrong, zipfile.BadZipFile, InvalidFileException, ParseError, zlib.error)
    try:
        book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        if not book.worksheets:
            raise DataError("has no sheet with rows", path=path)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write a size that is too small
        rows: Iterator[tuple[Any, ...]] = iter(sheet.iter_rows(values_only=True))
        header = [fold_name(name) for name in next(rows, ())]
        check(header)
        if len(book.sheetnames) > 1:
            note(f"{path}: only its first sheet is read")
        for number, cells in enumerate(rows, start=1):
            if any(cell is not None for cell in cells):
                yield Row(number, dict(zip(header, cells, strict=False)))
    except damages as error:
        raise DataError(f"is damaged or no XLSX file ({type(error).__name__})", path=path) from None
