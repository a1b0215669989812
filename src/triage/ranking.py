"""Assessments out: in the order of the queue, to a file of the kind that its ending names.

A half-written file never stands under the output's name: rows go to a neighbour first, which
takes the name when it is whole.
"""

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from triage.datasets import ENDINGS
from triage.errors import DataError, OutputExistsError
from triage.labels import CATEGORIES
from triage.model.explain import summarise
from triage.records import Assessment, Complaint

COLUMNS = (
    "rank",
    "id",
    "priority",
    "category",
    "category_confidence",
    *(f"p_{category}" for category in CATEGORIES),
    "urgency",
    "urgency_name",
    "risk",
    "high_risk",
    "at_risk",
    "death_reported",
    "minor",
    "needs_review",
    "reasons",
    "evidence",
    "language",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LATE = "9999"


def rank_assessments(
    complaints: Sequence[Complaint], assessments: Sequence[Assessment]
) -> list[int]:
    """Give the order of the queue.

    By priority, then by urgency, then by risk in steps of a tenth, then by waiting time, so that
    nobody starves behind newcomers whose risk is a hair higher; at last by the order of arrival.

    :returns: indexes into both sequences, first to call first.
    """

    def place(i: int) -> tuple[str, int, float, str, int]:
        received = _parse_time(complaints[i].received_at)
        found = assessments[i]
        return (found.priority, -found.urgency, -round(found.risk, 1), received, i)

    return sorted(range(len(assessments)), key=place)


def _parse_time(text: str | None) -> str:
    """Give an ISO time that can be compared; what is no ISO time counts as just arrived."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None).isoformat()
    except ValueError:
        return _LATE


def build_row(rank: int, assessment: Assessment) -> dict[str, Any]:
    """Make one row of the ranked file, in the order of ``COLUMNS``; identifiers are masked."""
    category = dict(zip(CATEGORIES, assessment.category_proba, strict=True))
    return {
        "rank": rank,
        "id": assessment.id,
        "priority": str(assessment.priority),
        "category": str(assessment.category),
        "category_confidence": round(assessment.category_confidence, 4),
        **{f"p_{name}": round(value, 4) for name, value in category.items()},
        "urgency": int(assessment.urgency),
        "urgency_name": assessment.urgency.shown,
        "risk": round(assessment.risk, 4),
        "high_risk": assessment.high_risk,
        "at_risk": str(assessment.at_risk),
        "death_reported": assessment.death_reported,
        "minor": assessment.minor,
        "needs_review": assessment.needs_review,
        "reasons": "; ".join(assessment.reasons),
        "evidence": summarise(assessment.evidence),
        "language": assessment.language,
    }


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


def write_rows(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Write rows to a CSV, JSONL, Parquet or XLSX file, whole or not at all.

    :param columns: the columns, in order.
    :raises DataError: where the disk is full or may not be written.
    """
    writers: dict[str, Callable[[Path, Sequence[dict[str, Any]], Sequence[str]], None]] = {
        ".csv": _write_csv,
        ".jsonl": _write_jsonl,
        ".parquet": _write_parquet,
        ".xlsx": _write_xlsx,
    }
    with whole_or_nothing(path) as neighbour:
        writers[path.suffix.lower()](neighbour, rows, columns)


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[Path]:
    """Give a file beside an output that takes its name when the block has ended well.

    It is readable by its owner alone.

    :raises DataError: where the disk is full or may not be written; nothing is left behind then.
    """
    neighbour: Path | None = None
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        neighbour = Path(name)
        yield neighbour
        with neighbour.open("rb") as written:
            os.fsync(written.fileno())
        neighbour.chmod(0o600)  # it speaks of people: for its owner alone
        neighbour.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"cannot be written ({reason}); nothing was left behind", path=path
        ) from None
    finally:
        if neighbour is not None:
            with suppress(OSError):
                neighbour.unlink(missing_ok=True)


def defuse(value: Any) -> Any:
    r"""Keep a spreadsheet from running a cell: text that starts like a formula gets a quote.

    >>> defuse('=HYPERLINK("x")'), defuse("Rs 500"), defuse(-1)
    ('\'=HYPERLINK("x")', 'Rs 500', -1)
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _write_csv(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    # With a byte-order mark: else Excel shows Devanagari as signs.
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        _write_csv_rows(handle, rows, columns)


def _write_csv_rows(
    handle: IO[str], rows: Sequence[dict[str, Any]], columns: Sequence[str]
) -> None:
    writer = csv.writer(handle)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_plain(row[name]) for name in columns])


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return defuse(_utf8(value).replace("\x00", "")) if isinstance(value, str) else value


def _write_jsonl(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8") as handle:
        for row in rows:
            values = {name: _utf8(row[name]) for name in columns}
            handle.write(json.dumps(values, ensure_ascii=False) + "\n")


def _write_parquet(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    table = arrow.table({name: [_utf8(row[name]) for row in rows] for name in columns})
    parquet.write_table(table, path)


def _utf8(value: Any) -> Any:
    """Replace half characters (lone surrogates), which no file can hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _write_xlsx(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "queue"
    sheet.append(list(columns))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    most = 32_767  # characters that one cell may hold
    for row in rows:
        cells = []
        for name in columns:
            value = row[name]
            if isinstance(value, str):
                value = defuse(ILLEGAL_CHARACTERS_RE.sub("", _utf8(value))[: most - 1])
            cells.append(value)
        sheet.append(cells)
    sheet.auto_filter.ref = sheet.dimensions
    book.save(path)
