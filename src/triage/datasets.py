"""Complaints in: CSV, JSONL, Parquet and XLSX to records, and no row ever lost.

A row that cannot be read becomes a complaint with a ``problem``, and so goes to a person. Only
what makes the whole file unusable is an error.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from triage.errors import DataError
from triage.files.kinds import kind_of
from triage.files.lines import Note, Progress
from triage.files.rows import Row, is_missing, read_rows
from triage.labelled_rows import fold_columns, is_plain
from triage.records import Complaint

TEXT, ID, RECEIVED = "text", "id", "received_at"

_NO_TEXT = "the row has no text"


def read_complaints(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    note: Note = lambda line: None,
) -> Iterator[Complaint]:
    """Read the complaints of a file, one for each row, in order.

    :param path: a file that ends in one of ``INPUT_ENDINGS``, with a column ``text`` and, where
        there are some, ``id`` and ``received_at``. Without ``id`` the row number serves.
    :param columns: our name to the file's own, such as ``{"text": "Complaint Details"}``, compared
        without regard to case. Columns not named here are known by our names.
    :param note: called with a plain line about what was odd, such as another encoding.
    :raises DataError: where the file is missing, empty, of an unknown kind, or has no ``text``; of
        a damaged one after the complaints that could be read.
    :raises ConfigError: where ``columns`` names what is none of ours.
    """
    return (complaint for _, complaint in read_numbered(path, columns=columns, note=note))


def read_numbered(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    prefix: str = "",
    limit_bytes: int | None = None,
    progress: Progress = lambda share: None,
    note: Note = lambda line: None,
) -> Iterator[tuple[int, Complaint]]:
    """Read the complaints of a file as ``read_complaints`` does, each with its row's number.

    :param prefix: stands before the row number where that serves as the id.
    :param limit_bytes: bytes to read of a CSV or JSONL file that is not compressed; None reads all.
    :param progress: called now and then with the share that was read, 0 to 1; not for XLSX.
    """
    places = place_columns(columns)
    text = places[TEXT]
    is_jsonl = kind_of(path) == ".jsonl"
    # JSONL has no header: what no line has is told at the end.
    unseen = {text, *(places[name] for name in columns or ())} if is_jsonl else set()
    row: Row | None = None
    for row in read_rows(
        path,
        text=text,
        check=lambda header: check_columns(header, places, path=path),
        wanted={*places.values()},
        note=note,
        limit_bytes=limit_bytes,
        progress=progress,
    ):
        problem = row.problem
        if is_jsonl and problem is None and text not in row.cells:
            problem = f"the line has no {text!r}"
        if unseen:
            unseen.difference_update(row.cells)
        yield row.number, build_complaint(row, places, prefix=prefix, problem=problem)
    if row is None:
        raise DataError("has no rows; expected at least one complaint", path=path)
    if text in unseen:
        raise DataError(f"has no line with {text!r}; rename the key of the complaints", path=path)
    for name in sorted(unseen):
        note(f"{path}: has no line with {name!r}")


def place_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """Give the folded name of the column of each of ``text``, ``id`` and ``received_at``.

    :param columns: our name to theirs; None, or one that is not named, keeps ours.
    :raises ConfigError: with every name that is none of ours, or stands for nothing.

    >>> place_columns({"text": "Complaint Details"})
    {'text': 'complaint details', 'id': 'id', 'received_at': 'received_at'}
    """
    ours = (TEXT, ID, RECEIVED)
    return {name: name for name in ours} | fold_columns(columns or {}, ours=ours)


def check_columns(
    header: list[str], places: Mapping[str, str], *, path: Path | str | None = None
) -> None:
    """Check that the columns that are needed are there: ``text``, and those the user named.

    :param header: folded names of the columns that there are.
    :param path: where they are.
    :raises DataError: with those that are missing and, of those that are there, what is surely a
        name: without a header the first row is a complaint.
    """
    needed = {name: place for name, place in places.items() if name == TEXT or name != place}
    missing = [
        repr(place) if name == place else f"{place!r} (for {name})"
        for name, place in needed.items()
        if place not in header
    ]
    if missing:
        surely = [n for n in header if re.fullmatch(r"[a-z][a-z0-9_]{0,19}", n) or is_plain(n)]
        found = ", ".join(map(repr, surely[:8])) or "no column names"
        raise DataError(
            f"has no column {', '.join(missing)}; found {found}; rename the column that holds the"
            " complaints, or name yours beside ours, as in 'text=Complaint Details'",
            path=path,
        )


def build_complaint(
    row: Row, places: Mapping[str, str], *, prefix: str = "", problem: str | None = None
) -> Complaint:
    """Make the complaint of a row.

    :param places: folded names of the columns, see ``place_columns``.
    :param prefix: stands before the row number where that serves as the id.
    :param problem: what is wrong with the row, or None.
    """
    cells = row.cells
    text, given = cells.get(places[TEXT]), cells.get(places[ID])
    received = cells.get(places[RECEIVED])
    if problem is None and (is_missing(text) or not isinstance(text, str)):
        problem = _NO_TEXT if is_missing(text) else "the text is not text"
    name = "" if is_missing(given) else str(given).strip()
    return Complaint(
        id=name or f"{prefix}{row.number}",
        text=text if isinstance(text, str) else "",
        received_at=None if is_missing(received) else _write_time(received),
        problem=problem,
    )


def _write_time(received: Any) -> str:
    return received.isoformat() if isinstance(received, date) else str(received)
