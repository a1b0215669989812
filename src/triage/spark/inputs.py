"""Files that Spark reads, on this machine or anywhere a URI leads, as one table of arrivals.

Lines of CSV and JSONL are cut into complaints by the reader that every part of triage uses, so a
file is read in the same way here as elsewhere; Spark itself reads Parquet.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING

from triage.backlog.sources import FileSource, list_sources
from triage.errors import DataError
from triage.spark.frames import build_schema
from triage.spark.input_files import PACKED, READABLE, Columns, Input, number_files
from triage.spark.parquet import count_rows, group_parquet, open_parquet, read_parquet
from triage.spark.session import list_errors
from triage.spark.tasks import ARRIVAL, cut_lines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_NOTHING = ("", "", "", 0)
"""What Spark finds of a file that is empty."""

_PORTION = 8 << 20
"""Bytes of input that one task scores: some ten seconds of work, little to do twice."""

_LEAST_TASKS = 8


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What was found to read.

    :param table: the columns of ``tasks.ARRIVAL``; ``source`` counts from 0 in the files' order.
    :param refused: for files that cannot be read, why; they are not in the table.
    :param rows: for Parquet files how many rows they say they have.
    """

    table: "DataFrame"
    refused: dict[int, str]
    rows: dict[int, int]


def list_inputs(session: "SparkSession", inputs: Sequence[str]) -> list[Input]:
    """List files: named ones, those of folders and of patterns; each once.

    :param inputs: names on this machine, or URIs that Spark can read (``hdfs://``, ``s3a://``).
    :raises DataError: where one is missing or of a kind that Spark does not read.
    """
    if not any("://" in given for given in inputs):
        files = [source for source in list_sources(inputs) if isinstance(source, FileSource)]
        names = {str(file.path.resolve()): file.name for file in files}
        found = _look(session, [f"file://{_escape(path)}" for path in names])
        by_path = {f"/{row[0].removeprefix('file:').lstrip('/')}": row for row in found}
        listed = [
            Input(key, address, name, size)
            for path, name in names.items()
            for _, key, address, size in [by_path.get(path, _NOTHING)]
        ]
    else:
        found = sorted({row for given in inputs for row in _look(session, [given])})
        shown = Counter(path.rpartition("/")[2] for path, *_ in found)
        listed = [
            Input(key, address, name if shown[name] == 1 else path, size)
            for path, key, address, size in found
            for name in [path.rpartition("/")[2]]
        ]
    readable = [one for one in listed if one.kind in READABLE and _is_plain_or_packed(one)]
    if left := [one.name for one in listed if one not in readable]:
        raise DataError(
            f"{', '.join(left[:5])}: Spark reads {', '.join(READABLE)}, and the first two with"
            f" {' or '.join(PACKED)}; leave out --engine spark for other kinds"
        )
    if not readable:
        raise DataError("no file to read was found", path=", ".join(inputs))
    return readable


def read_arrivals(session: "SparkSession", files: Sequence[Input], columns: Columns) -> Arrivals:
    """Read files; what is in them is not looked at before the table is used.

    :param columns: our name to the files' own, see ``datasets.read_complaints``.
    """
    refused = {i: "the file is empty" for i, file in enumerate(files) if not file.size}
    refused |= _try_packed(session, files)
    usable = {i: file for i, file in enumerate(files) if i not in refused}
    tables: list[DataFrame] = []
    for kind in (".csv", ".jsonl"):
        if chosen := {i: file for i, file in usable.items() if file.kind == kind}:
            tables.append(_read_lines(session, chosen, columns, is_csv=kind == ".csv"))
    chosen = {i: file for i, file in usable.items() if file.kind == ".parquet"}
    rows: dict[int, int] = {}
    for group, names in group_parquet(session, chosen, columns, refused):
        table = open_parquet(session, group)
        rows |= count_rows(session, table, group)
        tables.append(read_parquet(session, table, group, names))
    if not tables:
        tables.append(session.createDataFrame([], build_schema(ARRIVAL)))
    tasks = max(_LEAST_TASKS, sum(file.size for file in files) // _PORTION)
    whole = reduce(lambda one, other: one.unionByName(other), tables)
    return Arrivals(whole.repartition(tasks), refused, rows)


def refuse(
    session: "SparkSession", problems: Mapping[int, str], read: Mapping[int, int]
) -> "DataFrame":
    """Make the arrivals that stand for files that could not be read.

    :param read: rows that were read of each file.
    """
    rows = [
        (source, read.get(source, 0), True, problem, None, None, None)
        for source, problem in problems.items()
    ]
    return session.createDataFrame(rows, build_schema(ARRIVAL))


def _look(session: "SparkSession", addresses: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """Find files: path, key, address and size of each."""
    from pyspark.errors import AnalysisException

    reader = session.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        found = reader.load(list(addresses)).select("path", "_metadata.file_path", "length")
        return [(path, key, _escape(path), size) for path, key, size in found.collect()]
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            raise DataError("no such file; check the name", path=", ".join(addresses)) from None
        raise


def _escape(path: str) -> str:
    """Take the meaning of a pattern from a file's name."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def _is_plain_or_packed(file: Input) -> bool:
    return file.is_packed or Path(file.name).suffix.lower() in READABLE


def _try_packed(session: "SparkSession", files: Sequence[Input]) -> dict[int, str]:
    """Unpack compressed files once: a torn one would else end the whole job half way."""
    torn = {}
    for i, file in enumerate(files):
        try:
            if file.is_packed:
                session.read.text(file.address).count()
        except list_errors():
            torn[i] = "the file is damaged; none of its complaints was read"
    return torn


def _read_lines(
    session: "SparkSession", files: Mapping[int, Input], columns: Columns, *, is_csv: bool
) -> "DataFrame":
    from pyspark.sql import functions as sql

    reader = session.read.options(lineSep="\n", ignoreMissingFiles="true")
    lines = reader.text([file.address for file in files.values()]).select(
        sql.col("_metadata.file_path").alias("key"),
        sql.col("_metadata.file_block_start").alias("split"),
        sql.col("value").cast("binary").alias("line"),
        sql.monotonically_increasing_id().alias("order"),
    )
    lines = number_files(session, lines, files)
    before: dict[tuple[int, int], int] = {}
    if is_csv:  # a quoted text may have many lines: those of a file have to come together
        together = lines.repartition(min(len(files), 1000), "source")
        lines = together.sortWithinPartitions("source", "split", "order")
    else:
        before = _count_before(lines)
    cut = partial(cut_lines, is_csv=is_csv, columns=columns, before=before)
    return lines.select("source", "split", "line").mapInArrow(cut, build_schema(ARRIVAL))


def _count_before(lines: "DataFrame") -> dict[tuple[int, int], int]:
    """Count, for each part of a file that Spark reads apart, the rows that stand before it."""
    from pyspark.sql import functions as sql

    filled = lines.where(sql.col("line").cast("string").rlike(r"\S"))
    counts = filled.groupBy("source", "split").count().collect()
    before, last, total = {}, -1, 0
    for source, split, count in sorted(counts):
        total = total if source == last else 0
        before[source, split] = total
        last, total = source, total + count
    return before
