"""Parquet files that Spark reads, whatever their columns and whatever is wrong with one of them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from triage.datasets import check_columns, place_columns
from triage.errors import DataError
from triage.files.rows import fold_name
from triage.spark.frames import as_bytes
from triage.spark.input_files import Columns, Input, number_files
from triage.spark.session import list_errors
from triage.spark.tasks import ARRIVAL

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


def group_parquet(
    session: "SparkSession",
    files: Mapping[int, Input],
    columns: Columns,
    refused: dict[int, str],
) -> Iterator[tuple[dict[int, Input], dict[str, str]]]:
    """Group files whose columns are the same: Spark reads a group with the columns of one file.

    :param refused: takes up the files that cannot be read.
    :returns: groups, and for our names those of their columns.
    """
    places = place_columns(columns)
    groups: dict[str, tuple[dict[int, Input], dict[str, str]]] = {}
    for i, file in files.items():
        try:
            schema = session.read.parquet(file.address).schema
            folded = {fold_name(name): name for name in schema.names}
            check_columns(list(folded), places)
            names = {ours: folded[p] for ours, p in places.items() if p in folded}
            groups.setdefault(schema.json(), ({}, names))[0][i] = file
        except DataError as error:
            refused[i] = f"the file {error}; none of its complaints was read"
        except list_errors():
            refused[i] = "the file is damaged or no Parquet file; none of its complaints was read"
    yield from groups.values()


def open_parquet(session: "SparkSession", files: Mapping[int, Input]) -> "DataFrame":
    """Open files of the same columns; what cannot be read of them is left out, see ``count_rows``."""
    reader = session.read.options(ignoreCorruptFiles="true", ignoreMissingFiles="true")
    return reader.parquet(*(file.address for file in files.values()))


def count_rows(
    session: "SparkSession", table: "DataFrame", files: Mapping[int, Input]
) -> dict[int, int]:
    """Count the rows of each file as its last lines tell them, without reading them."""
    from pyspark.sql import functions as sql

    keys = table.select(sql.col("_metadata.file_path").alias("key"))
    return dict(number_files(session, keys, files).groupBy("source").count().collect())


def read_parquet(
    session: "SparkSession",
    table: "DataFrame",
    files: Mapping[int, Input],
    names: Mapping[str, str],
) -> "DataFrame":
    """Make arrivals of rows.

    :param names: for our names those of the columns.
    """
    from pyspark.sql import functions as sql
    from pyspark.sql.types import StringType

    text = as_bytes(table, names["text"])
    readable = isinstance(table.schema[names["text"]].dataType, StringType)
    odd = sql.when(text.isNotNull(), sql.lit("the text is not text"))
    nothing = sql.lit(None).cast("string")
    rows = table.select(
        sql.col("_metadata.file_path").alias("key"),
        (sql.col("_metadata.row_index") + 1).alias("row"),
        sql.lit(False).alias("whole_source"),
        (nothing if readable else odd).alias("problem"),
        _as_text(table, names.get("id")).alias("id"),
        (text if readable else nothing.cast("binary")).alias("text"),
        _as_text(table, names.get("received_at")).alias("received"),
    )
    return number_files(session, rows, files).select(*ARRIVAL)


def _as_text(table: "DataFrame", name: str | None) -> "Column":
    from pyspark.sql import functions as sql
    from pyspark.sql.types import TimestampNTZType, TimestampType

    if name is None:
        return sql.lit(None).cast("string")
    column = table[f"`{name}`"]
    match table.schema[name].dataType:
        case TimestampType():  # with its zone: alone it would be taken for Indian time
            return sql.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX")
        case TimestampNTZType():
            return sql.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS")
        case _:
            return column.cast("string")
