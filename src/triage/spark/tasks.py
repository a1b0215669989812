"""What runs in the cluster's Python processes: batches of Arrow in, batches of Arrow out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.backlog.scorer import score_complaints
from triage.batches import ScoredRow
from triage.datasets import ID, RECEIVED, TEXT, build_complaint, check_columns, place_columns
from triage.errors import DataError, TriageError
from triage.files.lines import LineReader
from triage.files.row_files import clean_text
from triage.files.rows import Row, is_missing, read_csv_lines, read_json_lines
from triage.ranking import ASSESSMENT_COLUMNS, KINDS, build_row, tell_unread
from triage.records import Complaint
from triage.spark.parcel import Parcel, load_parcel

if TYPE_CHECKING:
    import pyarrow as arrow

    Batches = Iterator[arrow.RecordBatch]

Kinds = dict[str, type]

HIDDEN = "__triage_"
"""How the names of columns begin that go into a function and don't come out."""

ASSESSMENT: Kinds = {name: KINDS[name] for name in ASSESSMENT_COLUMNS}
"""The columns of an assessment and their types."""

ARRIVAL: Kinds = {
    "source": int,
    "row": int,
    "whole_source": bool,
    "problem": str,
    "id": str,
    "text": bytes,
    "received": str,
}
"""A complaint as it came: the number of its file, its row in it; ``id`` is null where it has none."""

SCORED: Kinds = {
    "source": int,
    "row": int,
    "whole_source": bool,
    "problem": str,
    "id": str,
    "priority": str,
    "urgency": int,
    "risk_step": float,
    "received": str,
    "high_risk": bool,
    "needs_review": bool,
    "cells": str,
    "sketch": bytes,
}
"""An arrival and its ``batches.ScoredRow``; ``problem`` tells why it could not be read."""

PARTITION_BITS = 33  # of Spark's monotonically_increasing_id: partition above, row below


def assess_table(batches: "Batches", *, parcel: Parcel, kept: Sequence[str]) -> "Batches":
    """Assess the rows of a table; a row that fails goes to a person, no batch ever fails.

    :param kept: columns that are passed on untouched.
    """
    import pyarrow as arrow

    with _nothing_told("assessing complaints"):
        model = load_parcel(parcel)
        for batch in batches:
            rows = [build_row(0, found) for found in model.stream(_read_table(batch))]
            columns = [*(batch.column(name) for name in kept), *_build_columns(rows, ASSESSMENT)]
            yield arrow.RecordBatch.from_arrays(columns, [*kept, *ASSESSMENT])


def cut_lines(
    batches: "Batches",
    *,
    is_csv: bool,
    columns: Mapping[str, str] | None,
    before: Mapping[tuple[int, int], int],
) -> "Batches":
    """Make complaints of lines, with the reader that reads files everywhere.

    :param batches: ``source``, ``split`` and ``line`` as bytes without its end; the lines of a
        split come one after the other, those of a CSV file all together.
    :param columns: our name to the files' own.
    :param before: how many rows of the file stand before a split.
    """
    with _nothing_told("reading lines"):
        places = place_columns(columns)
        lines = (values for batch in batches for values in _list_tuples(batch))
        for key, group in groupby(lines, key=itemgetter(0) if is_csv else itemgetter(0, 1)):
            source = key if is_csv else key[0]
            first = 0 if is_csv else before.get(key, 0)
            reader = _Delivered(line for *_, line in group)
            rows = _read_rows(reader, places, is_csv=is_csv)
            placed = ({**row, "source": source, "row": first + row["row"]} for row in rows)
            yield from _batch(placed, ARRIVAL)


def score_arrivals(
    batches: "Batches", *, parcel: Parcel, names: Sequence[str], with_text: bool
) -> "Batches":
    """Assess arrivals for a ranked file.

    :param names: of the files; where there are many, one stands before the row of a complaint
        that has no id.
    """
    with _nothing_told("scoring complaints"):
        model = load_parcel(parcel)
        for batch in batches:
            arrivals = batch.to_pylist()
            complaints = [_build_arrived(arrival, names) for arrival in arrivals]
            scored = score_complaints(model, complaints, with_text=with_text)
            rows = map(_place, arrivals, complaints, scored.rows, scored.sketches)
            yield from _batch(rows, SCORED)


def _read_table(batch: "arrow.RecordBatch") -> Iterator[Complaint]:
    ours = (TEXT, ID)
    cells = zip(
        *(batch.column(HIDDEN + name).to_pylist() for name in (*ours, "place")), strict=True
    )
    for text, given, place in cells:
        partition, row = divmod(place, 1 << PARTITION_BITS)
        values = {TEXT: _decode(text), ID: _decode(given)}
        yield build_complaint(Row(row + 1, values), _OURS, prefix=f"{partition}-")


def _read_rows(
    lines: LineReader, places: Mapping[str, str], *, is_csv: bool
) -> Iterator[dict[str, Any]]:
    row: Row | None = None
    text = places[TEXT]
    try:
        for row in _read(lines, places, text) if is_csv else read_json_lines(lines):
            lacking = not is_csv and row.problem is None and text not in row.cells
            problem = f"the line has no {text!r}" if lacking else row.problem
            found = build_complaint(row, places, problem=problem)
            given = row.cells.get(places[ID])
            named = not is_missing(given) and bool(str(given).strip())
            yield _describe(found, row=row.number, id=found.id if named else None)
        if row is None and is_csv:
            yield _refuse("has no rows; expected at least one complaint")
    except DataError as error:
        yield _refuse(f"{error}; none of its complaints was read")


def _read(lines: LineReader, places: Mapping[str, str], text: str) -> Iterator[Row]:
    def check(header: list[str]) -> None:
        check_columns(header, places)

    return read_csv_lines(lines, Path(), text, check, lambda line: None)


def _describe(found: Complaint, *, row: int, id: str | None) -> dict[str, Any]:
    return {
        "row": row,
        "whole_source": False,
        "problem": found.problem,
        "id": id,
        "text": clean_text(found.text).encode(),
        "received": found.received_at,
    }


def _refuse(problem: str) -> dict[str, Any]:
    """Make the row that stands for a whole file, for a person to look at."""
    nothing: dict[str, Any] = dict.fromkeys(ARRIVAL)
    return {**nothing, "row": 0, "whole_source": True, "problem": f"the file {problem}"}


def _build_arrived(arrival: Mapping[str, Any], names: Sequence[str]) -> Complaint:
    name = names[arrival["source"]]
    given = name if arrival["whole_source"] else arrival["id"]
    cells = {TEXT: _decode(arrival["text"]), ID: given, RECEIVED: arrival["received"]}
    prefix = f"{name}:" if len(names) > 1 else ""
    row = Row(arrival["row"], cells)
    return build_complaint(row, _OURS, prefix=prefix, problem=arrival["problem"])


def _place(
    arrival: Mapping[str, Any], complaint: Complaint, scored: ScoredRow, sketch: Any
) -> dict[str, Any]:
    return {
        **scored._asdict(),
        "source": arrival["source"],
        "row": arrival["row"],
        "whole_source": arrival["whole_source"],
        "problem": complaint.problem or tell_unread(scored),
        "sketch": sketch.tobytes(),
    }


_OURS = place_columns(None)


class _Delivered(LineReader):
    """The lines that Spark delivers, decoded as those of a file are."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        super().__init__(Path(), note=lambda line: None)
        self._lines = lines

    def unpack(self) -> Iterator[bytes]:
        return self.drop_mark(line + b"\n" for line in self._lines)


def _list_tuples(batch: "arrow.RecordBatch") -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _decode(value: Any) -> Any:
    """Give a string that came as bytes, since Spark's strings may be no valid UTF-8."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _batch(rows: Iterable[Mapping[str, Any]], kinds: Kinds) -> "Batches":
    """Put rows into batches of a size that Spark likes."""
    import pyarrow as arrow

    held: list[Mapping[str, Any]] = []
    for row in rows:
        held.append(row)
        if len(held) == 1000:
            yield arrow.RecordBatch.from_arrays(_build_columns(held, kinds), list(kinds))
            held = []
    if held:
        yield arrow.RecordBatch.from_arrays(_build_columns(held, kinds), list(kinds))


def _build_columns(rows: Sequence[Mapping[str, Any]], kinds: Kinds) -> "list[arrow.Array]":
    import pyarrow as arrow

    types = {
        str: arrow.string(),
        bytes: arrow.binary(),
        int: arrow.int64(),
        float: arrow.float64(),
        bool: arrow.bool_(),
    }
    return [
        arrow.array([clean_text(row[name]) for row in rows], types[kind])
        for name, kind in kinds.items()
    ]


@contextmanager
def _nothing_told(what: str) -> Iterator[None]:
    """Keep every word of an unforeseen error from Spark's logs: it may quote a complaint."""
    try:
        yield
    except TriageError:
        raise
    except Exception as error:
        raise TriageError(f"{what} failed in a worker ({type(error).__name__})") from None
