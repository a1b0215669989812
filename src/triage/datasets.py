"""Complaints in: CSV, JSONL, Parquet and XLSX to records, and no row ever lost.

A row that cannot be read becomes a complaint with a ``problem``, and so goes to a person. Only
what makes the whole file unusable is an error.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triage.errors import DataError
from triage.records import Complaint
from triage.rows import ENDINGS, Note, check_file, is_missing, read_rows

__all__ = ["ENDINGS", "ID", "RECEIVED", "TEXT", "Note", "check_input", "read_complaints"]

TEXT, ID, RECEIVED = "text", "id", "received_at"

_NO_TEXT = "the row has no text"


def read_complaints(path: Path, *, note: Note = lambda line: None) -> Iterator[Complaint]:
    """Read the complaints of a file, one for each row, in order.

    :param path: a file that ends in one of ``ENDINGS``, with a column ``text`` and, where there
        are some, ``id`` and ``received_at``. Without ``id`` the row number serves.
    :param note: called with a plain line about what was odd, such as another encoding.
    :raises DataError: where the file is missing, empty, of an unknown kind, or has no ``text``.
    """
    seen: set[str] = set()
    repeated = 0
    count = 0
    for count, (cells, problem) in enumerate(_read_cells(path, note), start=1):
        complaint = _build_complaint(cells, count, problem)
        repeated += complaint.id in seen
        seen.add(complaint.id)
        yield complaint
    if count == 0:
        raise DataError("has no rows; expected at least one complaint", path=path)
    if repeated:
        note(f"{path}: {repeated} rows repeat an id; all are kept")


def check_input(path: Path) -> None:
    """Say at once whether a file of complaints can be read at all.

    :raises DataError: where it is missing, a folder, or of an unknown kind.
    """
    check_file(path)


def _read_cells(path: Path, note: Note) -> Iterator[tuple[dict[str, Any], str | None]]:
    def check(header: list[str]) -> None:
        _check_columns(header, path)

    is_jsonl = path.suffix.lower() == ".jsonl"
    found_text = False
    rows = read_rows(path, text=TEXT, check=check, wanted=(TEXT, ID, RECEIVED), note=note)
    for row in rows:
        found_text = found_text or TEXT in row.cells
        lacking = is_jsonl and row.problem is None and TEXT not in row.cells
        yield row.cells, f"the line has no {TEXT!r}" if lacking else row.problem
    if is_jsonl and not found_text:
        raise DataError(f"has no line with {TEXT!r}; rename the key of the complaints", path=path)


def _build_complaint(cells: dict[str, Any], number: int, problem: str | None) -> Complaint:
    text, given, received = cells.get(TEXT), cells.get(ID), cells.get(RECEIVED)
    if problem is None and (is_missing(text) or not isinstance(text, str)):
        problem = _NO_TEXT if is_missing(text) else "the text is not text"
    return Complaint(
        id=str(number) if is_missing(given) else str(given).strip() or str(number),
        text=text if isinstance(text, str) else "",
        received_at=None if is_missing(received) else str(received),
        problem=problem,
    )


def _check_columns(header: list[str], path: Path) -> None:
    if TEXT not in header:
        # Without a header the first row is a complaint: only what looks like a name is shown.
        names = [name for name in header[:8] if re.fullmatch(r"[a-z][a-z0-9_]{0,19}", name)]
        found = ", ".join(map(repr, names)) or "no column names"
        raise DataError(
            f"has no column {TEXT!r}; found {found}; rename the column that holds the complaints",
            path=path,
        )
