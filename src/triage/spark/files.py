"""Use case: files of complaints in, scored on Spark, one ranked file or folder out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from triage.backlog.ledger import Counts, Ledger
from triage.backlog.outputs import write_ranked, write_rejected
from triage.batches import BATCH, Arrival, ScoredBatch, ScoredRow
from triage.errors import DataError
from triage.files.kinds import ENDINGS
from triage.files.row_files import check_output
from triage.records import Complaint
from triage.spark.folders import check_folder, write_folder
from triage.spark.frames import build_schema, sort_rows
from triage.spark.input_files import Columns, Input
from triage.spark.inputs import Arrivals, list_inputs, read_arrivals, refuse
from triage.spark.parcel import Parcel, pack_model, send_parcel
from triage.spark.session import open_session, quiet, tamed
from triage.spark.tasks import SCORED, score_arrivals

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

ARRIVED = ("source", "row", "whole_source")
"""The order of arrival."""

Note = Callable[[str], None]
Progress = Callable[[int], None]


def score_files(
    inputs: Sequence[str],
    output: str,
    *,
    master: str | None = None,
    columns: Columns = None,
    model: Path | str | None = None,
    with_text: bool = False,
    force: bool = False,
    restart: bool = False,
    note: Note = lambda line: None,
    progress: Progress = lambda rows: None,
) -> Counts:
    """Score files on Spark and write them ranked, as one queue.

    :param inputs: CSV, JSONL and Parquet files, folders and patterns of this machine, or URIs that
        Spark can read.
    :param output: a name that ends as a file does (``.csv``, ``.xlsx``, ...) is one ranked file on
        this machine, the same bytes as without Spark. Any other, and any URI, is a folder that
        Spark writes: Parquet with a column ``rank``, without ``near_copy_of``.
    :param master: see ``session.open_session``; a session that is active is used as it is.
    :param columns: our name to the files' own, see ``datasets.read_complaints``.
    :param with_text: adds the column ``text``.
    :param force: replaces an output that is there.
    :param restart: drops what a stopped run without Spark kept for this output.
    :param note: called with a plain line about the steps and about what was odd.
    :param progress: called with the number of rows that were fetched for the ranked file.
    :raises DataError: where an input or the output cannot be used; nothing was written then.
    """
    local = _is_local_file(output)
    if local:
        check_output(Path(output), force=force)
    parcel = pack_model(model)
    session, is_ours = open_session(master)
    try:
        with tamed("scoring"):
            if not local:
                check_folder(session, output, force=force)
            files = list_inputs(session, inputs)
            names = [file.name for file in files]
            note(f"scoring {len(files):,} files on Spark")
            with _scored(session, files, parcel, columns, with_text=with_text) as found:
                scored, rows = found
                if not local:
                    return write_folder(
                        session, scored, names, output, rows=rows, with_text=with_text
                    )
                plan = {"inputs": [*inputs], "model": parcel.sha256, "engine": "spark"}
                with _open_ledger(Path(output), plan, restart=restart) as ledger:
                    _keep(ledger, sort_rows(scored, *ARRIVED, rows=rows), names, progress)
                    write_ranked(Path(output), ledger, with_text=with_text)
                    write_rejected(Path(output), ledger)
                    return ledger.counts()
    finally:
        if is_ours:
            with quiet():
                session.stop()


def _is_local_file(output: str) -> bool:
    return "://" not in output and Path(output).suffix.lower() in ENDINGS


@contextmanager
def _scored(
    session: "SparkSession",
    files: Sequence[Input],
    parcel: Parcel,
    columns: Columns,
    *,
    with_text: bool,
) -> "Iterator[tuple[DataFrame, int]]":
    """Score files once and keep the result on the cluster's disks while it is used.

    :returns: the columns of ``tasks.SCORED``, and how many rows there are, about.

    A file that gave fewer rows than it has, or none, is added as a row of its own, for a person.
    """
    from pyspark import StorageLevel

    names = [file.name for file in files]
    sent = send_parcel(session, parcel)
    score = partial(score_arrivals, parcel=sent, names=names, with_text=with_text)
    arrivals = read_arrivals(session, files, columns)
    schema = build_schema(SCORED)
    scored = arrivals.table.mapInArrow(score, schema).persist(StorageLevel.DISK_ONLY)
    try:
        read, whole = _count_read(scored)
        refused = {**arrivals.refused, **_find_lost(arrivals, read, len(files))}
        if read.keys() <= whole.keys():
            problems = sorted({**refused, **whole}.items())
            raise DataError("; ".join(f"{files[i].name}: {told}" for i, told in problems[:5]))
        if refused:
            more = refuse(session, refused, read).mapInArrow(score, schema)
            yield scored.unionByName(more), sum(read.values())
        else:
            yield scored, sum(read.values())
    finally:
        scored.unpersist()


def _count_read(scored: "DataFrame") -> tuple[dict[int, int], dict[int, str]]:
    """Count the rows of each file, and tell of which files nothing could be read, and why."""
    from pyspark.sql import functions as sql

    read: dict[int, int] = {}
    whole: dict[int, str] = {}
    counts = scored.groupBy("source").agg(
        sql.count("*"), sql.every("whole_source"), sql.min("problem")
    )
    for source, rows, is_whole, problem in counts.collect():
        read[source] = rows
        if is_whole:
            whole[source] = problem
    return read, whole


def _find_lost(arrivals: Arrivals, read: Mapping[int, int], files: int) -> dict[int, str]:
    lost = {}
    for source in range(files):
        found, expected = read.get(source, 0), arrivals.rows.get(source, 0)
        if found < expected:
            lost[source] = (
                f"the file is damaged: {expected - found:,} of its {expected:,} rows were not read"
            )
        elif not found and source not in arrivals.refused:
            lost[source] = "the file has no rows, or is no longer there"
    return lost


@contextmanager
def _open_ledger(output: Path, plan: Mapping[str, object], *, restart: bool) -> Iterator[Ledger]:
    """Open a ledger for one go: a run on Spark is not gone on with, so nothing of it stays."""
    ledger = Ledger.open(output, plan, restart=restart)
    if ledger.resumed:
        ledger.close()
        ledger = Ledger.open(output, plan, restart=True)
    try:
        yield ledger
    finally:
        ledger.remove()


def _keep(ledger: Ledger, scored: "DataFrame", names: Sequence[str], progress: Progress) -> None:
    """Fetch scored rows in the order of arrival, part by part, and keep them."""
    rows = scored.toLocalIterator()
    while batch := list(islice(rows, BATCH)):
        kept = [ScoredRow(**{name: row[name] for name in ScoredRow._fields}) for row in batch]
        sketches = np.stack([np.frombuffer(row["sketch"], dtype="<u4") for row in batch])
        arrivals = [_build_arrival(row, names) for row in batch]
        ledger.keep(arrivals, ScoredBatch(kept, sketches.astype(np.uint32)), b"", 0)
        progress(ledger.rows)
    ledger.settle()


def _build_arrival(row: "Row", names: Sequence[str]) -> Arrival:
    complaint = Complaint(id=row["id"], text="", problem=row["problem"])
    return Arrival(complaint, names[row["source"]], row["row"], row["whole_source"])
