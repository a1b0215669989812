"""A ranked folder of Parquet files, written by Spark where no single machine could hold it."""

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from triage.backlog.ledger import Counts
from triage.errors import OutputExistsError
from triage.labels import Priority
from triage.ranking import ASSESSMENT_COLUMNS, KINDS, QUEUE_ORDER
from triage.spark.frames import build_schema, sort_rows
from triage.spark.tasks import PARTITION_BITS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


def check_folder(session: "SparkSession", output: str, *, force: bool) -> None:
    """Say at once whether a folder can be written.

    :raises OutputExistsError: where it is there already and ``force`` is False.
    """
    from pyspark.errors import AnalysisException

    if force:
        return
    try:
        session.read.format("binaryFile").load(output).schema  # noqa: B018  (looks for the path)
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return
        raise
    raise OutputExistsError("is already there; use --force to replace it", path=output)


def write_folder(
    session: "SparkSession",
    scored: "DataFrame",
    names: Sequence[str],
    output: str,
    *,
    rows: int,
    with_text: bool,
) -> Counts:
    """Write scored rows in the order of the queue, and those set aside beside them.

    :param scored: the columns of ``tasks.SCORED``.
    :param names: of the files, by their number.
    :param rows: how many there are, about.
    """
    from pyspark import StorageLevel
    from pyspark.sql import functions as sql

    parts = [part.strip() for part in QUEUE_ORDER.replace("seq", "source, row").split(",")]
    order = [sql.col(p.split()[0]).desc() if " " in p else sql.col(p) for p in parts]
    queue = sort_rows(scored, *order, rows=rows)
    queue = queue.withColumn("place", sql.monotonically_increasing_id())
    queue = queue.persist(StorageLevel.DISK_ONLY)
    try:
        ranked = _rank(queue).select("rank", *_spread_cells(with_text=with_text))
        ranked.write.mode("overwrite").parquet(output)
        known = session.createDataFrame(list(enumerate(names)), "source long, name string")
        aside = queue.where("problem IS NOT NULL").join(sql.broadcast(known), "source")
        told = aside.orderBy("source", "row").select(
            sql.col("name").alias("source"), "row", "id", sql.col("problem").alias("reason")
        )
        told.write.mode("overwrite").json(f"{output.rstrip('/')}.rejected")
        return _count(queue)
    finally:
        queue.unpersist()


def _rank(queue: "DataFrame") -> "DataFrame":
    """Number sorted rows from 1 without bringing them together: only the parts are counted."""
    from pyspark.sql import functions as sql

    part = sql.shiftright("place", PARTITION_BITS)
    sizes: dict[int, int] = dict(queue.groupBy(part.alias("part")).count().collect())
    # An element for each part, also for those that are empty.
    counts = [sizes.get(i, 0) for i in range(max(sizes, default=0) + 1)]
    before = sql.lit([0, *accumulate(counts)][: len(counts)])
    within = sql.col("place").bitwiseAND((1 << PARTITION_BITS) - 1)
    first = sql.element_at(before.cast("array<long>"), (part + 1).cast("int"))
    return queue.withColumn("rank", first + within + 1)


def _spread_cells(*, with_text: bool) -> "list[Column]":
    """Give the columns of the ranked file, from the JSON list that holds a row's values."""
    from pyspark.sql import functions as sql

    names = [*ASSESSMENT_COLUMNS, *(["text"] if with_text else [])]
    cells = sql.from_json("cells", "array<string>")
    fields = build_schema({name: KINDS[name] for name in names}).fields
    return [cells[i].cast(field.dataType).alias(field.name) for i, field in enumerate(fields)]


def _count(queue: "DataFrame") -> Counts:
    from pyspark.sql import functions as sql

    def total(condition: str) -> "Column":
        return sql.count_if(sql.expr(condition))

    asked = {
        "rows": sql.count("*"),
        "set_aside": total("problem IS NOT NULL"),
        **{p.value: total(f"priority = '{p.value}'") for p in Priority},
        "needs_review": total("needs_review"),
        "high_risk": total("high_risk"),
        "distinct": sql.count_distinct("id"),
        "whole_sources": total("whole_source"),
    }
    (row,) = queue.agg(*(column.alias(name) for name, column in asked.items())).collect()
    return Counts(
        rows=row["rows"],
        set_aside=row["set_aside"],
        priorities={p.value: row[p.value] for p in Priority},
        needs_review=row["needs_review"],
        high_risk=row["high_risk"],
        near_copies=0,
        repeated_ids=row["rows"] - row["distinct"],
        whole_sources=row["whole_sources"],
    )
