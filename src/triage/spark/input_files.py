"""A file that Spark reads, and its number among those of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage.files.kinds import kind_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Columns = Mapping[str, str] | None

READABLE = (".csv", ".jsonl", ".parquet")
PACKED = (".gz", ".bz2")
"""Compressions that Spark unpacks on every machine."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read.

    :param key: its address as Spark's ``_metadata.file_path`` gives it.
    :param address: the same for reading, with nothing in it that is a pattern.
    :param name: as the user knows it.
    :param size: bytes.
    """

    key: str
    address: str
    name: str
    size: int

    @property
    def kind(self) -> str:
        """What its name ends in, see ``rows.kind_of``."""
        return kind_of(Path(self.name))

    @property
    def is_packed(self) -> bool:
        """Say whether it is compressed as a whole."""
        return self.name.lower().endswith(PACKED)


def number_files(
    session: "SparkSession", table: "DataFrame", files: Mapping[int, Input]
) -> "DataFrame":
    """Add ``source`` to a table that has ``key``."""
    from pyspark.sql import functions as sql

    numbers = session.createDataFrame(
        [(f.key, i) for i, f in files.items()], "key string, source long"
    )
    return table.join(sql.broadcast(numbers), "key")
