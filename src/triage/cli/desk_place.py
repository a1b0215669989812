"""Where a desk keeps what it has: named on the command line, else in the environment, else default."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.errors import DataError, MissingLibraryError

if TYPE_CHECKING:
    from triage.desk.store.database import DeskDatabase

DATABASE = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME; also TRIAGE_DESK_DATABASE."
        " Default: the file desk.db in the desk's folder.",
    ),
]
FOLDER = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where the desk keeps its files; also TRIAGE_DESK_FOLDER. Default: triage/desk among"
        " your own data (~/.local/share).",
    ),
]

_LIBRARIES = ("alembic", "fastapi", "pwdlib", "python_multipart", "sqlalchemy", "uvicorn")


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """Where a desk is.

    :param database: SQLAlchemy's address of it.
    :param folder: of its files, for their owner alone.
    """

    database: str
    folder: Path

    @property
    def spool(self) -> Path:
        """The folder of files that wait to be read."""
        return self.folder / "spool"

    def prepare(self) -> None:
        """Make the folders.

        :raises DataError: where that is not possible.
        """
        for folder in (self.folder, self.spool):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise DataError(f"cannot be made ({error.strerror})", path=folder) from None


def choose_place(database: str | None, folder: Path | None, *, default: Path) -> DeskPlace:
    """Choose where a desk is, by the command line, the environment, or the default.

    :param default: the folder where none is named.
    """
    named = os.environ.get("TRIAGE_DESK_FOLDER")
    chosen = folder or (Path(named) if named else default)
    chosen = chosen.expanduser().absolute()
    url = database or (None if folder else os.environ.get("TRIAGE_DESK_DATABASE"))
    return DeskPlace(url or f"sqlite:///{chosen / 'desk.db'}", chosen)


def default_folder() -> Path:
    """Give the folder of a desk for which none was named."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "triage" / "desk"


@contextmanager
def open_desk(
    database: str | None, folder: Path | None, *, upgrade: bool = False
) -> "Iterator[DeskDatabase]":
    """Open the database of a desk that is there, for one command.

    :param upgrade: make it where there is none, and bring it up to date.
    :raises DataError: where there is none.
    """
    check_libraries()
    place = choose_place(database, folder, default=default_folder())
    if not upgrade:
        _check_there(place)
    with open_place(place, upgrade=upgrade) as opened:
        yield opened


@contextmanager
def open_place(place: DeskPlace, *, upgrade: bool) -> "Iterator[DeskDatabase]":
    """Open a desk's database and close it at the end."""
    if place.database.startswith("postgresql") and find_spec("psycopg") is None:
        raise MissingLibraryError("A desk on PostgreSQL", "psycopg", extra="desk")
    from triage.desk.store.database import open_database

    opened = open_database(place.database, upgrade=upgrade)
    try:
        yield opened
    finally:
        opened.close()


def check_libraries() -> None:
    """Go on only where the desk's libraries are installed."""
    for library in _LIBRARIES:
        if find_spec(library) is None:
            raise MissingLibraryError("The desk", library, extra="desk")


def read_password() -> str:
    """Ask for a password twice without showing it, or read it from standard input."""
    if typer.get_text_stream("stdin").isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return typer.get_text_stream("stdin").readline().rstrip("\r\n")


def show_step(line: str) -> None:
    """Show a step of longer work."""
    typer.echo(f"  {line}", err=True)


def _check_there(place: DeskPlace) -> None:
    """Do not make an empty desk by the way, such as where the folder was mistyped."""
    kind, _, file = place.database.partition(":///")
    if kind.startswith("sqlite") and not Path(file.partition("?")[0]).is_file():
        raise DataError("there is no desk; start one: triage desk, or name its --folder", path=file)
