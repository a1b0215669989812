"""Rows out, one by one, to a file of the kind that its ending names; the same bytes every time.

A half-written file never stands under the output's name: rows go to a neighbour first, which
takes the name when it is whole.
"""

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from triage.errors import DataError, OutputExistsError
from triage.files.kinds import ENDINGS

__all__ = [
    "ENDINGS",
    "Row",
    "check_output",
    "check_place",
    "clean_text",
    "defuse",
    "plain_cell",
    "remove_leftovers",
    "whole_or_nothing",
    "write_rows",
]

Row = Mapping[str, Any]
Kinds = Mapping[str, type]

GROUP = 10_000
"""Rows of a Parquet row group."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_UNFINISHED = ".unfinished-"


def check_output(path: Path, *, force: bool) -> None:
    """Say at once whether an output can be written.

    :raises OutputExistsError: where it is there already and ``force`` is False.
    :raises DataError: for an unknown ending or a folder that is not there.
    """
    if path.suffix.lower() not in ENDINGS:
        raise DataError(
            f"ends in {path.suffix or 'nothing'!r}; expected one of {', '.join(ENDINGS)}", path=path
        )
    check_place(path, force=force)


def check_place(path: Path, *, force: bool) -> None:
    """Say at once whether a file of any kind can be written there.

    :raises OutputExistsError: where it is there already and ``force`` is False.
    :raises DataError: where its folder is not there.
    """
    if not path.parent.is_dir():
        raise DataError("its folder does not exist; make it first", path=path)
    if path.exists() and not force:
        raise OutputExistsError("is already there; use --force to replace it", path=path)


def write_rows(
    path: Path, rows: Iterable[Row], columns: Sequence[str], *, kinds: Kinds | None = None
) -> None:
    """Write rows to a CSV, JSONL, Parquet or XLSX file, whole or not at all.

    :param rows: read once; a few thousand are held at a time.
    :param columns: the columns, in order; a row may hold more.
    :param kinds: ``str``, ``int``, ``float`` or ``bool`` for each column, which Parquet asks for
        before the first row; None reads all rows first and goes by what they hold.
    :raises DataError: where the disk is full or may not be written.
    """
    writers: dict[str, Callable[[Path, Iterable[Row], Sequence[str], Kinds | None], None]] = {
        ".csv": _write_csv,
        ".jsonl": _write_jsonl,
        ".parquet": _write_parquet,
        ".xlsx": _write_xlsx,
    }
    with whole_or_nothing(path) as neighbour:
        writers[path.suffix.lower()](neighbour, rows, columns, kinds)


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[Path]:
    """Give a file beside an output that takes its name when the block has ended well.

    It is readable by its owner alone.

    :raises DataError: where the disk is full or may not be written; nothing is left behind then.
    """
    neighbour: Path | None = None
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}{_UNFINISHED}", suffix=path.suffix
        )
        os.close(handle)
        neighbour = Path(name)
        yield neighbour
        _sync(neighbour)
        neighbour.chmod(0o600)  # it speaks of people: for its owner alone
        neighbour.replace(path)
        with suppress(OSError):  # not every file system can
            _sync(path.parent)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"cannot be written ({reason}); nothing half-written was left behind", path=path
        ) from None
    finally:
        if neighbour is not None:
            with suppress(OSError):
                neighbour.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove what killed programs left of an output that they were writing.

    Only for who holds the output for itself, as a run of scoring does: another program that writes
    it at this moment would lose its work.
    """
    for neighbour in path.parent.iterdir():
        name = neighbour.name
        if name.startswith(f".{path.stem}{_UNFINISHED}") and name.endswith(path.suffix):
            with suppress(OSError):
                neighbour.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def defuse(value: Any) -> Any:
    r"""Keep a spreadsheet from running a cell: text that starts like a formula gets a quote.

    >>> defuse('=HYPERLINK("x")'), defuse("Rs 500"), defuse(-1)
    ('\'=HYPERLINK("x")', 'Rs 500', -1)
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def clean_text(value: Any) -> Any:
    r"""Replace half characters (lone surrogates), which no file can hold; all else stays.

    >>> clean_text("a\ud800b"), clean_text(3)
    ('a?b', 3)
    """
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "replace").decode()


def plain_cell(value: Any) -> Any:
    """Give a value as it stands in a CSV file.

    >>> plain_cell(True), plain_cell("-1 rupee"), plain_cell(0.25)
    ('true', "'-1 rupee", 0.25)
    """
    if isinstance(value, str):
        return defuse(clean_text(value).replace("\x00", ""))
    return value if not isinstance(value, bool) else "true" if value else "false"


def _write_csv(
    path: Path, rows: Iterable[Row], columns: Sequence[str], kinds: Kinds | None
) -> None:
    # With a byte-order mark: else Excel shows Devanagari as signs.
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([plain_cell(row[name]) for name in columns])


def _write_jsonl(
    path: Path, rows: Iterable[Row], columns: Sequence[str], kinds: Kinds | None
) -> None:
    with path.open("w", encoding="utf-8") as handle:
        for row in rows:
            values = {name: clean_text(row[name]) for name in columns}
            handle.write(json.dumps(values, ensure_ascii=False) + "\n")


def _write_parquet(
    path: Path, rows: Iterable[Row], columns: Sequence[str], kinds: Kinds | None
) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    if kinds is None:
        rows = list(rows)
        table = arrow.table({name: [clean_text(row[name]) for row in rows] for name in columns})
        schema = table.schema
    else:
        types = {str: arrow.string(), int: arrow.int64(), float: arrow.float64()}
        types[bool] = arrow.bool_()
        schema = arrow.schema([(name, types[kinds[name]]) for name in columns])
    remaining = iter(rows)
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(remaining, GROUP)):
            values = {name: [clean_text(row[name]) for row in group] for name in columns}
            writer.write_table(arrow.table(values, schema=schema))


def _write_xlsx(
    path: Path, rows: Iterable[Row], columns: Sequence[str], kinds: Kinds | None
) -> None:
    from triage.files.spreadsheets import drop_illegal, write_workbook

    def show(value: Any) -> Any:
        return defuse(drop_illegal(clean_text(value))) if isinstance(value, str) else value

    values = ([show(row[name]) for name in columns] for row in rows)
    write_workbook(path, columns, values, title="queue")
