"""Files that are handed in: where their bytes lie until they are read, and what is refused at once."""

import re
import secrets
import time
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from triage.datasets import read_numbered
from triage.errors import DataError
from triage.files.kinds import ENDINGS, INPUT_ENDINGS, kind_of
from triage.files.rows import read_rows

MOST_UNPACKED = 300 << 20
"""Bytes of a spreadsheet's parts, unpacked: a million complaints have less."""

MOST_TIMES, NOT_WORTH_LOOKING = 20, 50 << 20
"""A spreadsheet that unpacks to more than so many times its size was made to fill a memory; below so
many bytes it fills none."""

LEFT_OVER_S = 3600
"""Seconds since the last byte after which nobody writes a file in the spool any more."""

_FIRST_ROWS = 64
_SPOOLED = re.compile(r"[0-9a-f]{32}(?:\.[a-z0-9]+){1,2}")
_LIKE_A_NAME = re.compile(r"(?!.*\d{4})[^@:/,;\d][^@:/,;]{0,39}")


def make_spool_path(spool: Path, name: str) -> Path:
    """Make an empty file, readable by its owner alone, to stream the bytes of an upload into.

    :param spool: the folder; made where it is not there.
    :param name: what the user calls the file; only its ending stays.
    :raises DataError: where files of this kind are not read.
    """
    lowered = Path(name).name.lower()
    if kind_of(Path(lowered)) not in ENDINGS:
        ending = Path(lowered).suffix[:12] or "nothing"
        raise DataError(
            f"ends in {ending!r}; expected one of {', '.join(INPUT_ENDINGS)}", path=name
        )
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    ending = max((end for end in INPUT_ENDINGS if lowered.endswith(end)), key=len)
    path = spool / f"{secrets.token_hex(16)}{ending}"
    path.touch(mode=0o600, exist_ok=False)
    return path


def clear_spool(spool: Path, *, keep: Collection[str]) -> None:
    """Delete what a killed desk left of uploads that were never received, or are read already.

    :param keep: paths of the files that are still to be read.
    """
    now_s = time.time()
    for path in spool.iterdir() if spool.is_dir() else ():
        old = now_s - path.stat().st_mtime > LEFT_OVER_S
        if _SPOOLED.fullmatch(path.name) and old and str(path.resolve()) not in keep:
            path.unlink(missing_ok=True)


def check_upload(path: Path, name: str, *, columns: Mapping[str, str] | None = None) -> None:
    """Refuse at once what cannot be a file of complaints.

    :param path: of ``make_spool_path``.
    :param name: what the user calls the file.
    :param columns: our name to the file's own, see ``datasets.read_complaints``.
    :raises DataError: with one line that names the file as the user does.
    :raises ConfigError: where ``columns`` names what is none of ours.
    """
    with _named(path, name):
        check_unpacked(path)
        rows = islice(read_numbered(path, columns=columns), _FIRST_ROWS)
        problems = [complaint.problem for _, complaint in rows]  # without the texts
        if kind_of(path) == ".jsonl" and all(problems):
            raise DataError(f"no complaint in its first lines: {problems[0]}", path=path)


def check_unpacked(path: Path) -> None:
    """Refuse a spreadsheet that was made to fill a memory, before anything in it is unpacked.

    What the archive says of its parts is trusted: no more than that is ever unpacked.

    :raises DataError: where it is one, or no archive at all.
    """
    if kind_of(path) != ".xlsx":
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise DataError("is damaged or no XLSX file", path=path) from None
    times = unpacked / max(path.stat().st_size, 1)
    if unpacked > MOST_UNPACKED or (times > MOST_TIMES and unpacked > NOT_WORTH_LOOKING):
        raise DataError(
            f"unpacks to {unpacked >> 20:,} MB, {times:,.0f} times its size; save it as CSV",
            path=path,
        )


def list_columns(path: Path, name: str) -> list[str]:
    """List a file's columns, for a user whose complaints stand in none called ``text``.

    :returns: folded names; only what looks like one, since without a header the first row is a
        complaint.
    :raises DataError: where the file cannot be read.
    """
    found: list[str] = []
    with _named(path, name):
        check_unpacked(path)
        rows = read_rows(path, text=None, check=found.extend, wanted=(), note=lambda line: None)
        first = next(rows, None)
    if kind_of(path) == ".jsonl" and first is not None:
        found.extend(first.cells)
    return [column for column in dict.fromkeys(found) if _LIKE_A_NAME.fullmatch(column)]


@contextmanager
def _named(path: Path, name: str) -> Iterator[None]:
    """Let errors name the file as the user does, not by its place in the spool."""
    try:
        yield
    except DataError as error:
        told = str(error).replace(str(path), Path(name).name)
        raise DataError(told) from None
