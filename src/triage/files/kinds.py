"""Kinds of files that are read and written, by how their names end."""

from pathlib import Path

from triage.errors import DataError
from triage.files.lines import COMPRESSIONS

ENDINGS = (".csv", ".jsonl", ".parquet", ".xlsx")
"""Kinds of files, and what the name of an output may end in."""

INPUT_ENDINGS = (*ENDINGS, *(f"{kind}{end}" for kind in (".csv", ".jsonl") for end in COMPRESSIONS))
"""What the name of an input may end in."""


def kind_of(path: Path) -> str:
    """Give what a file's name ends in, without the ending of its compression.

    >>> kind_of(Path("monday.csv.gz")), kind_of(Path("monday.XLSX")), kind_of(Path("all.gz"))
    ('.csv', '.xlsx', '.gz')
    """
    ending, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    return inner if inner and f"{inner}{ending}" in INPUT_ENDINGS else ending


def check_file(path: Path) -> None:
    """Say at once whether a file can be read at all.

    :raises DataError: where it is missing, a folder, or of an unknown kind.
    """
    if not path.exists():
        raise DataError("no such file; check the name", path=path)
    if path.is_dir():
        raise DataError("is a folder; name the files in it", path=path)
    if kind_of(path) not in ENDINGS:
        raise DataError(
            f"ends in {path.suffix or 'nothing'!r}; expected one of {', '.join(INPUT_ENDINGS)}",
            path=path,
        )
    if path.stat().st_size == 0:
        raise DataError("is empty; expected a header and at least one row", path=path)
