"""What a run gives: the ranked file, and beside it the list of what could not be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triage.backlog.ledger import Ledger
from triage.backlog.run_file import REJECTED_COLUMNS, name_rejected
from triage.files.row_files import write_rows
from triage.ranking import COLUMNS, KINDS


def write_ranked(
    output: Path, ledger: Ledger, *, with_text: bool, top: int = 0
) -> list[dict[str, Any]]:
    """Write the ranked file, whole or not at all, row by row.

    :param output: its ending names its kind.
    :param ledger: settled.
    :param with_text: adds the column ``text``.
    :param top: first rows to give back.
    """
    columns = (*COLUMNS, "text") if with_text else COLUMNS
    first: list[dict[str, Any]] = []

    def pass_on() -> Iterator[dict[str, Any]]:
        for row in ledger.ranked(columns):
            if len(first) < top:
                first.append(row)
            yield row

    write_rows(output, pass_on(), columns, kinds=KINDS)
    return first


def write_rejected(output: Path, ledger: Ledger) -> tuple[Path | None, list[str]]:
    """List what could not be read beside the output; no list where all could.

    :returns: the list's file, and the names of the sources that stand as one in it.
    """
    counts = ledger.counts()
    path, unread = name_rejected(output), list[str]()

    def pass_on() -> Iterator[dict[str, Any]]:
        for row in ledger.set_aside():
            if counts.whole_sources and row["id"] == row["source"]:
                unread.append(row["source"])
            yield row

    if not counts.set_aside:
        path.unlink(missing_ok=True)  # of an output that this one replaces
        return None, unread
    write_rows(path, pass_on(), REJECTED_COLUMNS)
    return path, unread
