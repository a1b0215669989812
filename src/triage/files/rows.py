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
from triage.files.kinds import check_file, kind_of
from triage.files.lines import MAX_LINE, DamagedError, LineReader, Note, Progress

Check = Callable[[list[str]], None]

_MOST_LINES = 60  # of one complaint; more are several that an open quotation mark ran together
_CUT = "a line of more than 8 million characters was cut"
_UNCLOSED = "a quotation mark is not closed"
_MOST_UNPACKED = 2 << 30  # bytes of a spreadsheet; what is larger was made to fill a memory


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


def read_rows(
    path: Path,
    *,
    text: str | None,
    check: Check,
    wanted: Collection[str],
    note: Note,
    limit_bytes: int | None = None,
    progress: Progress = lambda share: None,
) -> Iterator[Row]:
    """Read the rows of a file in order, without holding more of it than its kind needs.

    :param path: a file that ends in one of ``INPUT_ENDINGS``.
    :param text: folded name of the column that holds the texts; where a comma that was not quoted
        cut a row up, the parts are put together in this column. None leaves them where they are.
    :param check: called with the folded names of the columns before the first row; raises what it
        has against them. JSONL has no header: there it is for the caller to look at each row.
    :param wanted: folded names of the columns to read; Parquet leaves the others on the disk.
    :param note: called with a plain line about what was odd, such as another encoding.
    :param limit_bytes: bytes to read of a CSV or JSONL file that is not compressed; None reads all.
    :param progress: called now and then with the share that was read, 0 to 1; not for XLSX.
    :raises DataError: where the file is missing, empty, damaged or of an unknown kind; of a damaged
        one after the rows that could be read.
    """
    last = 0
    try:
        check_file(path)
        lines = LineReader(path, note=note, limit_bytes=limit_bytes, progress=progress)
        match kind_of(path):
            case ".csv":
                rows = read_csv_lines(lines, path, text, check, note)
            case ".jsonl":
                rows = read_json_lines(lines)
            case ".parquet":
                rows = _read_parquet(path, check, wanted, progress)
            case _:
                rows = _read_xlsx(path, check, note)
        for row in rows:
            last = row.number
            yield row
    except PermissionError:
        raise DataError("may not be read; check the permissions", path=path) from None
    except (DamagedError, OSError) as error:
        damaged = isinstance(error, DamagedError)
        problem = str(error) if damaged else f"cannot be read ({_name(error)})"
        after = f" after row {last}; the rest was not read" if last else ""
        raise DataError(f"{problem}{after}", path=path) from None


def _name(error: BaseException) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def read_csv_lines(
    lines: LineReader, path: Path, text: str | None, check: Check, note: Note
) -> Iterator[Row]:
    """Read the rows of CSV, a header first; see ``read_rows``.

    :param path: what notes call the file.
    """
    rows = _read_cells(lines)
    header = [fold_name(name) for name in next(rows, ([], 0, None))[0]]
    check(header)
    end = 1
    for number, (cells, spanned, problem) in enumerate(rows, start=1):
        end += spanned
        if not cells:
            continue
        if spanned > _MOST_LINES:
            problem = f"{spanned} lines ran together: {_UNCLOSED}"
            note(f"{path}, lines to {end}: {problem}; mend the file and read it again")
        if len(cells) != len(header):
            problem = problem or f"the row has {len(cells)} cells, the header {len(header)}"
            # A comma that was not quoted cut the text up; its parts are put together again.
            cells = _rejoin(cells, header, text)
        yield Row(number, dict(zip(header, cells, strict=False)), problem)


def _read_cells(lines: LineReader) -> Iterator[tuple[list[str], int, str | None]]:
    """Give the cells of each row, the lines it has, and what is wrong with it.

    An open quotation mark takes in what follows, up to ``MAX_LINE``. Then the lines it took are
    read one by one: each may be somebody's complaint.
    """
    csv.field_size_limit(MAX_LINE)
    source, cuts = iter(lines), 0
    taken: list[str] = []

    def take_lines() -> Iterator[str]:
        for line in source:
            taken.append(line)
            yield line
            if lines.cuts > cuts:  # its quotation mark may be in what was cut off: no row goes on
                return

    while True:
        cuts = lines.cuts
        try:
            for cells in csv.reader(take_lines()):
                yield cells, len(taken), _CUT if lines.cuts > cuts else None
                taken.clear()
        except csv.Error:
            for line in taken:
                yield next(csv.reader([line])), 1, _UNCLOSED
            taken.clear()
        else:
            if lines.cuts == cuts:
                return


def _rejoin(cells: list[str], header: list[str], text: str | None) -> list[str]:
    extra = len(cells) - len(header)
    if extra <= 0 or text is None:
        return cells
    at = header.index(text)
    return [*cells[:at], ",".join(cells[at : at + extra + 1]), *cells[at + extra + 1 :]]


def read_json_lines(lines: LineReader) -> Iterator[Row]:
    """Read the rows of JSONL, one object a line; see ``read_rows``."""
    number = cuts = 0
    for line in lines:
        if not line.strip():
            continue
        number += 1
        if lines.cuts > cuts:
            cuts = lines.cuts
            yield Row(number, {}, _CUT)
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(number, {}, "the line is not valid JSON")
            continue
        if isinstance(row, dict):
            yield Row(number, {fold_name(key): value for key, value in row.items()})
        else:
            yield Row(number, {}, "the line is not a JSON object")


def _read_parquet(
    path: Path, check: Check, wanted: Collection[str], progress: Progress
) -> Iterator[Row]:
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        # Piece by piece and not mapped: a mapped file that becomes shorter ends the process.
        pieces = {"pre_buffer": False, "buffer_size": 1 << 20, "page_checksum_verification": True}
        names = parquet.read_schema(path).names
        # A value that a thousand rows share is held once: spelt out it may fill the memory.
        with parquet.ParquetFile(path, read_dictionary=names, **pieces) as file:
            folded = [fold_name(name) for name in names]
            check(folded)
            places = dict(zip(folded, names, strict=True))
            columns = {name: place for name, place in places.items() if name in wanted}
            for number, cells in enumerate(_read_batches(file, columns, progress), start=1):
                yield Row(number, cells)
    except (arrow.ArrowException, ValueError, ArithmeticError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedError(f"is damaged or no Parquet file ({_name(error)})") from None


def _read_batches(
    file: Any, columns: dict[str, str], progress: Progress
) -> Iterator[dict[str, Any]]:
    rows = 0
    for group in range(file.num_row_groups):  # no batch reaches into a damaged group
        for batch in file.iter_batches(1024, row_groups=[group], columns=[*columns.values()]):
            values = [batch.column(place) for place in columns.values()]
            for cells in zip(*values, strict=True):
                yield {name: cell.as_py() for name, cell in zip(columns, cells, strict=True)}
            rows += batch.num_rows
            progress(rows / file.metadata.num_rows)


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
        _check_unpacked(path)
        book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        if not book.worksheets:
            raise DamagedError("has no sheet with rows")
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
        raise DamagedError(f"is damaged or no XLSX file ({_name(error)})") from None


def _check_unpacked(path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_UNPACKED:
        raise DamagedError(f"unpacks to {size / 2**30:,.1f} GB, more than 2; save it as CSV")
