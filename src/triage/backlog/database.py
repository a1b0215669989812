"""Rows of a database query: read only, a thousand at a time, no password and no row in an error."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from triage.errors import ConfigError, DataError
from triage.files.lines import Note
from triage.files.rows import Check, Row, fold_name

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

_ROWS_AT_ONCE = 1000

_PACKAGES = {
    "MySQLdb": "mysqlclient",
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
}
"""Packages of drivers that are called otherwise than the driver."""

_TELLING = re.compile(
    r"""no\ such\ (?:table|column):\ [\w.]+ | near\ "\w+":\ syntax\ error
    | (?:relation|column)\ "?[\w.]+"?\ does\ not\ exist | syntax\ error\ at\ or\ near\ "\w+"
    | permission\ denied\ for\ \w+\ \w+ | Table\ '[\w.]+'\ doesn't\ exist
    | Unknown\ column\ '[\w.]+' | attempt\ to\ write\ a\ readonly\ database""",
    re.VERBOSE | re.IGNORECASE,
)
"""What drivers say about a query; whatever else they say may quote a row."""


def hide_password(url: str) -> str:
    """Give a database's address without its password, and without options that may hold one.

    :raises ConfigError: where it is no address of a database.
    """
    return _parse_url(url).set(query={}).render_as_string(hide_password=True)


def read_query(url: str, query: str, *, check: Check, note: Note) -> Iterator[Row]:
    """Read the rows that a query gives, in its order, without holding more than a thousand.

    :param url: such as ``postgresql://desk:password@host/complaints`` or ``sqlite:///desk.db``.
    :param query: one SELECT; nothing that it might change is kept.
    :param check: called with the folded names of the columns before the first row; raises what it
        has against them.
    :param note: called with a plain line about what was odd.
    :raises DataError: where the database cannot be reached or read, in one line without the
        password or anything from a row.
    :raises ConfigError: where the address is none, or its driver is not installed.
    """
    where = hide_password(url)
    if not _is_ordered(query):
        note(
            "the query has no ORDER BY: without ORDER BY the rows may come in another order;"
            " a stopped run could not go on"
        )
    with _connect(_parse_url(url), where) as connection:
        with _tell_plainly("the query failed", where):
            options = {"yield_per": _ROWS_AT_ONCE, "no_parameters": True}
            result = connection.exec_driver_sql(query.rstrip("; \n\t"), execution_options=options)
        if not result.returns_rows:
            raise DataError("the query gives no rows; expected a SELECT", path=where)
        header = [*map(fold_name, result.keys())]
        check(header)
        number = 0
        parts = result.partitions(_ROWS_AT_ONCE)
        while True:
            with _tell_plainly(f"the query failed after row {number}", where, number):
                part = next(parts, None)
            if part is None:
                return
            for values in part:
                number += 1
                yield Row(number, dict(zip(header, values, strict=True)))


def _is_ordered(query: str) -> bool:
    """Say whether the query itself is ordered, not just a part of it in parentheses.

    >>> _is_ordered("SELECT * FROM t ORDER BY id")
    True
    >>> _is_ordered("SELECT * FROM (SELECT * FROM t ORDER BY id)")
    False
    """
    shorter = re.sub(r"--[^\n]*", "", query)
    while (left := re.sub(r"\([^()]*\)", "", shorter)) != shorter:
        shorter = left
    return bool(re.search(r"\border\s+by\b", shorter, re.IGNORECASE))


def _parse_url(url: str) -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # its message may quote the password
        raise ConfigError(
            ["the database's address is none; expected such as postgresql://user@host/name"]
        ) from None


@contextmanager
def _connect(url: "URL", where: str) -> "Iterator[Connection]":
    """Open one connection that reads only, and close it at the end."""
    from sqlalchemy import NullPool, create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    is_sqlite = url.get_backend_name() == "sqlite"
    try:
        engine = create_engine(_open_to_read(url) if is_sqlite else url, poolclass=NullPool)
    except ModuleNotFoundError as error:
        name = (error.name or "a driver").partition(".")[0]
        package = _PACKAGES.get(name, name)
        raise ConfigError(
            [
                f"reading from {url.get_backend_name()} needs {name}, which is not installed;"
                f" install it: pip install {package}"
            ]
        ) from None
    except (NoSuchModuleError, ArgumentError):
        raise ConfigError(
            [f"{where}: no such kind of database; expected postgresql, mysql, sqlite or the like"]
        ) from None
    with _tell_plainly("the database cannot be reached", where, secrets=_list_secrets(url)):
        connection = engine.connect()
    try:
        if is_sqlite:
            # A byte that is no UTF-8 spoils its letter, not the run.
            driver: Any = connection.connection.dbapi_connection
            driver.text_factory = lambda raw: raw.decode("utf-8", "replace")
        if url.get_backend_name() == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)
        yield connection
    finally:
        connection.close()
        engine.dispose()


def _open_to_read(url: "URL") -> "URL":
    """Let SQLite open a file that is there, and read it only; else it would make an empty one."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return url
    name = f"file:{quote(url.database)}"
    return url.set(database=name, query={**url.query, "mode": "ro", "uri": "true"})


def _list_secrets(url: "URL") -> list[str]:
    """List what may stand in a driver's message and must not be shown, longest first."""
    options = url.normalized_query.values()  # one may hold several, as in PWD=...;UID=...
    pieces = [
        p for values in options for value in values for p in (value, *re.split("[;=]", value))
    ]
    password = str(url.password) if url.password else ""
    secrets = {password, quote(password), *(piece for piece in pieces if len(piece) > 3)}
    return sorted(secrets - {""}, key=len, reverse=True)


@contextmanager
def _tell_plainly(
    problem: str, where: str, row: int = 0, *, secrets: list[str] | None = None
) -> Iterator[None]:
    """Turn what SQLAlchemy or a driver raises into one plain line.

    :param row: rows that were read before.
    :param secrets: what to mask in the driver's first line; None shows of it only what it says
        about tables, columns and grammar.
    """
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, OSError, ValueError) as error:
        lost = isinstance(error, OperationalError | InterfaceError | OSError)
        if row and (lost or getattr(error, "connection_invalidated", False)):
            raise DataError(
                f"the database ended the connection after row {row}; start the same command again",
                path=where,
            ) from None
        spoken = str(error.orig) if isinstance(error, DBAPIError) else ""
        first = spoken.strip().partition("\n")[0]
        if secrets is None:
            telling = _TELLING.search(spoken)
            first = telling[0] if telling else ""
        for secret in secrets or ():
            first = first.replace(secret, "***")
        shown = f"{type(error).__name__}: {first[:200]}" if first else type(error).__name__
        raise DataError(f"{problem} ({shown})", path=where) from None
