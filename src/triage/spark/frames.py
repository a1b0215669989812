"""A Spark table of complaints in, the same table assessed out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from triage.errors import ConfigError
from triage.spark.parcel import pack_model, send_parcel
from triage.spark.session import quiet, require_pyspark
from triage.spark.tasks import ASSESSMENT, HIDDEN, Kinds, assess_table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructType

_ROWS_IN_PART = 100_000


def score(
    complaints: "DataFrame",
    *,
    text: str = "text",
    id: str = "id",
    model: Path | str | None = None,
    keep_text: bool = False,
) -> "DataFrame":
    """Assess a table of complaints on the cluster that holds it, one row each.

    The model travels with the function; the machines need Python with triage installed, and nothing
    else. Nothing is computed before the result is used. Rows keep no order: sort by ``priority``,
    ``urgency`` and ``risk``.

    :param complaints: any Spark DataFrame, of a classic session or of Spark Connect.
    :param text: its column with the texts. Null, and what is no string, goes to a person
        (``needs_review``, P2), as a row that cannot be read does everywhere.
    :param id: its column with the ids. Where there is none of the name ``id``, and where an id is
        null, a row gets ``PARTITION-ROW``, such as ``3-17``: the same again for the same data that
        is read in the same way.
    :param model: see ``load_model``.
    :param keep_text: True keeps the column of the texts; else it is left out.
    :returns: the table's other columns as they were, and ``tables.ASSESSMENT_COLUMNS``.
    :raises ConfigError: for a column that is not there, or one that has the name of a result.
    :raises ModelError: where the model cannot be used.
    """
    require_pyspark("scoring on Spark")
    from pyspark.sql import functions as sql
    from pyspark.sql.types import StructType

    _check_columns(complaints.columns, text=text, id=id)
    fields = [f for f in complaints.schema.fields if not _is(f.name, "id")]
    kept = [f for f in fields if keep_text or not _is(f.name, text)]
    there = _find(complaints.columns, id) is not None
    identity = as_bytes(complaints, id) if there else sql.lit(None).cast("string")
    prepared = complaints.select(
        as_bytes(complaints, text).alias(f"{HIDDEN}text"),
        identity.alias(f"{HIDDEN}id"),
        sql.monotonically_increasing_id().alias(f"{HIDDEN}place"),
        *(complaints[_quote(f.name)] for f in kept),
    )
    parcel = send_parcel(complaints.sparkSession, pack_model(model))
    assess = partial(assess_table, parcel=parcel, kept=[f.name for f in kept])
    schema = StructType([*kept, *build_schema(ASSESSMENT).fields])
    with quiet():
        return prepared.mapInArrow(assess, schema)


def as_bytes(table: "DataFrame", name: str) -> "Column":
    """Give a column as it is, but strings as bytes: Spark's strings may be no valid UTF-8."""
    from pyspark.sql.types import StringType

    column = table[_quote(_find(table.columns, name) or name)]
    return column.cast("binary") if isinstance(column_type(table, name), StringType) else column


def column_type(table: "DataFrame", name: str) -> "DataType":
    """Give the type of a column, found as Spark finds it: whatever the letters' case."""
    found: DataType = table.schema[_find(table.columns, name) or name].dataType
    return found


def build_schema(kinds: Kinds) -> "StructType":
    """Give Spark's name for the types of columns."""
    from pyspark.sql import types

    made = {
        str: types.StringType(),
        bytes: types.BinaryType(),
        int: types.LongType(),
        float: types.DoubleType(),
        bool: types.BooleanType(),
    }
    return types.StructType([types.StructField(name, made[kind]) for name, kind in kinds.items()])


def sort_rows(table: "DataFrame", *order: "Column | str", rows: int) -> "DataFrame":
    """Sort a table in as many parts as its rows need; part after part it is in order.

    :param rows: how many there are, about.
    """
    parts = 1 + rows // _ROWS_IN_PART
    return table.repartitionByRange(parts, *order).sortWithinPartitions(*order)


def _check_columns(columns: Sequence[str], *, text: str, id: str) -> None:
    problems = [
        f"the table has no column {name!r}; name the one that it has: {option}=..."
        for option, name in (("text", text), ("id", id))
        if not _find(columns, name) and (option, name) != ("id", "id")
    ]
    results = {name for name in ASSESSMENT if name != "id" or not _is(id, "id")}
    taken = sorted(name for name in columns if name.lower() in results)
    if taken:
        problems.append(
            f"the table has columns with names of results: {', '.join(taken)}; rename them first:"
            f" complaints.withColumnRenamed({taken[0]!r}, 'old_{taken[0]}')"
        )
    if problems:
        raise ConfigError(problems)


def _is(found: str, name: str) -> bool:
    return found.lower() == name.lower()


def _find(columns: Sequence[str], name: str) -> str | None:
    return next((found for found in columns if _is(found, name)), None)


def _quote(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
