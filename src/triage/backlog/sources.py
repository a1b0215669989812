"""Where complaints come from: the files, folders and patterns that were named, or a query."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import has_magic
from itertools import takewhile
from pathlib import Path
from typing import Protocol

from triage.backlog.database import hide_password, read_query
from triage.batches import REJECTED, Arrival
from triage.datasets import build_complaint, check_columns, place_columns, read_numbered
from triage.errors import DataError
from triage.files.kinds import ENDINGS, check_file, kind_of
from triage.files.lines import Note
from triage.records import Complaint


class Source(Protocol):
    """Something that complaints are read from, in an order that stays.

    :param name: what the user knows it by.
    :param size: bytes of it when the run began, None of a query. Of a file nothing beyond is read;
        a run that goes on sets it to what it was when the run was begun.
    """

    name: str
    size: int | None

    @property
    def share(self) -> float | None:
        """How much was read so far, 0 to 1; None where nobody knows."""

    def read(self, note: Note) -> Iterator[Arrival]:
        """Read it from its beginning.

        :param note: called with a plain line about what was odd.
        """

    def describe(self) -> dict[str, object]:
        """Give what tells it from other sources, as JSON may hold it; never a password."""


class FileSource:
    """A file of complaints.

    What cannot be read of it comes as one arrival for a person, not as an error.

    :param name: what the user knows it by.
    :param columns: our name to the file's own, see ``datasets.read_complaints``.
    :param prefix: stands before the row number where that serves as an id.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        columns: Mapping[str, str] | None = None,
        prefix: str = "",
    ) -> None:
        self.path, self.name = path, name
        self.size: int | None = _measure(path)
        self._columns, self._prefix = columns, prefix
        self._share: float | None = None if kind_of(path) == ".xlsx" else 0.0

    @property
    def share(self) -> float | None:
        """How much was read so far, 0 to 1; None while a spreadsheet is read."""
        return self._share

    def read(self, note: Note) -> Iterator[Arrival]:
        """Read the file's complaints, and one that stands for what could not be read.

        :param note: called with a plain line about what was odd.
        """
        row = 0
        try:
            if not self.path.exists():
                raise DataError("is no longer there", path=self.path)
            for row, complaint in read_numbered(
                self.path,
                columns=self._columns,
                prefix=self._prefix,
                limit_bytes=self.size,
                progress=self._keep_share,
                note=note,
            ):
                yield Arrival(complaint, self.name, row)
        except (DataError, OSError) as error:
            yield self._hand_over(error, row)
        else:
            if self.size is not None and _measure(self.path) > self.size:
                note(
                    f"{self.name} grew during the run; what came later was not read: "
                    "run again for it"
                )
        self._share = 1.0

    def describe(self) -> dict[str, object]:
        """Give the file's place; its size may grow while a run is stopped."""
        return {"kind": "file", "path": str(self.path.resolve())}

    def _keep_share(self, share: float) -> None:
        self._share = share

    def _hand_over(self, error: DataError | OSError, row: int) -> Arrival:
        told = str(error) if isinstance(error, DataError) else f"cannot be read ({error.strerror})"
        told = told.removeprefix(f"{self.path}: ")
        none = "" if row else "; none of its complaints was read"
        complaint = Complaint(id=self.name, text="", problem=f"the file {told}{none}")
        return Arrival(complaint, self.name, row, whole_source=True)


class QuerySource:
    """The rows of a database query.

    It raises what goes wrong: started again, the run goes on.

    :param url: the database's address; its password is shown nowhere.
    :param query: one SELECT with an ORDER BY.
    :param columns: our name to the query's own, see ``datasets.read_complaints``.
    :raises ConfigError: where the address is none, or ``columns`` names what is none of ours.
    """

    share: float | None = None

    def __init__(self, url: str, query: str, *, columns: Mapping[str, str] | None = None) -> None:
        self.name = "query"
        self.size: int | None = None
        self._where, self._places = hide_password(url), place_columns(columns)
        self._url, self._query = url, query

    def read(self, note: Note) -> Iterator[Arrival]:
        """Read the query's complaints.

        :param note: called with a plain line about what was odd.
        :raises DataError: where the database cannot be reached or read, or has no ``text``.
        """

        def check(header: list[str]) -> None:
            check_columns(header, self._places, path=self._where)

        row = None
        for row in read_query(self._url, self._query, check=check, note=note):
            yield Arrival(build_complaint(row, self._places), self.name, row.number)
        if row is None:
            raise DataError("the query gives no rows; look at its conditions", path=self._where)

    def describe(self) -> dict[str, object]:
        """Give the database's address without its password, and the query."""
        return {"kind": "query", "url": self._where, "query": self._query}


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that was found.

    :param short: its name, or its path below the folder that was named.
    """

    path: Path
    short: str


def list_sources(
    inputs: Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    leave_out: Collection[Path] = (),
    note: Note = lambda line: None,
) -> list[Source]:
    """List the files that are named, one by one, by folders or by patterns such as ``day*.csv``.

    Of a folder and of a pattern the files of a kind that can be read are taken, sorted by path,
    without hidden ones. A file that is named twice, also by a link, is read once.

    :param inputs: as they stand on a command line; ``**`` in a pattern is any depth of folders.
    :param columns: our name to the files' own, see ``datasets.read_complaints``.
    :param leave_out: files of the run itself, such as its output, that are no input even where they
        lie in a folder that is.
    :param note: called with a plain line about each file that is named twice.
    :returns: in the order of the inputs; complaints without an id get one that no other source has.
    :raises DataError: with all that is wrong with the names, such as files that are missing.
    :raises ConfigError: where ``columns`` names what is none of ours.
    """
    place_columns(columns)  # wrong names are told before any file is opened
    apart = {path.resolve() for path in leave_out}
    problems: list[str] = []
    found: dict[tuple[int, int], _Found] = {}
    for given in inputs:
        try:
            files = _find_files(str(given), apart)
            for file in files:
                status = file.path.stat()
                if found.setdefault((status.st_dev, status.st_ino), file) is not file:
                    note(f"{file.path}: is named twice; it is read once")
        except DataError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{given}: cannot be read ({error.strerror})")
    if problems:
        raise DataError("; ".join(problems))
    names = Counter(name for file in found.values() for name in {file.short, str(file.path)})
    sources: list[Source] = []
    for file in found.values():
        name = file.short if names[file.short] == 1 else str(file.path)
        prefix = f"{name}:" if len(found) > 1 else ""
        sources.append(FileSource(file.path, name=name, columns=columns, prefix=prefix))
    return sources


def _find_files(given: str, apart: set[Path]) -> list[_Found]:
    path = Path(given)
    if path.is_dir():
        files, base = _walk(path), path
    elif has_magic(given) and not path.exists():
        files, base = _match(path), _find_base(path)
    else:
        check_file(path)
        return [_Found(path, path.name)]
    chosen = [f for f in sorted(set(files)) if _is_wanted(f, base) and f.resolve() not in apart]
    if not chosen:
        raise DataError(f"holds no file that ends in {', '.join(ENDINGS)}", path=given)
    return [_Found(file, file.relative_to(base).as_posix()) for file in chosen]


def _match(pattern: Path) -> list[Path]:
    base = _find_base(pattern)
    try:
        matches = [*base.glob(str(pattern.relative_to(base)))]
    except ValueError:
        raise DataError("is no pattern; '**' stands between slashes", path=pattern) from None
    if not matches:
        raise DataError("no file has such a name; check the pattern", path=pattern)
    groups = [_walk(match) if match.is_dir() else [match] for match in matches]
    return [file for group in groups for file in group]


def _walk(folder: Path) -> list[Path]:
    """List all files below a folder, through links as well, each folder once.

    :raises OSError: where a folder may not be read: nobody's complaint is left out in silence.
    """

    def fail(error: OSError) -> None:
        raise error

    seen: set[tuple[int, int]] = set()
    files: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        status = Path(place).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        files += [Path(place, name) for name in names]
    return files


def _is_wanted(path: Path, base: Path) -> bool:
    """Say whether a file is one to read; "~$" begins the lock of a sheet that is open.

    A list of what an earlier run could not read is none.
    """
    if path.name.endswith(REJECTED):
        return False
    hidden = any(part.startswith((".", "~$")) for part in path.relative_to(base).parts)
    return not hidden and kind_of(path) in ENDINGS and path.is_file()


def _find_base(pattern: Path) -> Path:
    """Give the folder that a pattern starts from.

    >>> str(_find_base(Path("in/2026-*/day?.csv")))
    'in'
    """
    fixed = takewhile(lambda part: not has_magic(part), pattern.parts)
    return Path(*fixed)


def _measure(path: Path) -> int:
    """Give a file's bytes, 0 where it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
