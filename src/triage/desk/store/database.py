"""The desk's database: opened, brought up to date, read from and written to.

On SQLite readers never wait (write-ahead log), and each writer takes its place at once (``BEGIN
IMMEDIATE``), so that nobody reads first and finds the door shut later. On PostgreSQL all writers
pass the one row of ``desk_state``. Before either, the writers of this process take turns: SQLite
lets who waits look again every 100 ms, and whoever looks first goes in, however long others wait.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from triage.desk.store.audit_tables import DeskState
from triage.desk.store.columns import clean_text, find_table
from triage.errors import ConfigError, DeskBusyError, DeskUnusableError

BUSY_S = 10
"""Seconds that a writer waits for the others before it gives up."""

POOL = 30
"""Connections at most: more than the threads that serve pages at once."""

_STATE = find_table(DeskState)
_MIGRATIONS = Path(__file__).parent / "migrations"
_WRITING = {"desk_writes": True}
_BUSY = "the desk is busy; nothing was changed, please try again"


class DeskDatabase:
    """An opened database.

    :param url: SQLAlchemy's address of it.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _build_engine(url)
        self._turn = threading.Lock()

    @property
    def shown(self) -> str:
        """Its address without the password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees one state of the database and writes nothing.

        :raises DeskUnusableError: where the database fails.
        """
        with _told_plainly(self), Session(self.engine) as session:
            if not self.is_sqlite:  # there each statement would see another state
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that is kept wholly at the end, or, on any error, not at all.

        :raises DeskBusyError: where others wrote for longer than ``BUSY_S``.
        :raises DeskUnusableError: where the database is full, read-only or damaged.
        """
        with self._taking_turns(), _told_plainly(self), Session(self.engine) as session:
            session.connection(execution_options=_WRITING)
            if not self.is_sqlite:
                session.execute(select(_STATE.c.id).with_for_update())  # the turnstile
            yield session
            session.commit()

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=BUSY_S):
            raise DeskBusyError(_BUSY)
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str, *, upgrade: bool = True) -> DeskDatabase:
    """Open the desk's database, make it where it is not there, and bring it up to date.

    :param url: such as ``sqlite:////srv/desk/desk.db`` or ``postgresql://desk@host/desk``.
    :param upgrade: False leaves an older one as it is, and refuses it.
    :raises ConfigError: where the address means nothing.
    :raises DeskUnusableError: where it cannot be reached, is no desk's, or is of a newer version.
    """
    database = DeskDatabase(_parse_url(url))
    try:
        with _told_plainly(database):
            _bring_up_to_date(database, upgrade=upgrade)
    except BaseException:
        database.close()
        raise
    return database


def bump_queue(session: Session) -> None:
    """Say that the queue looks different from now on; open pages ask for it."""
    session.execute(update(_STATE).values(queue_version=_STATE.c.queue_version + 1))


def build_migrations(connection: Connection) -> Config:
    """Build alembic's settings for a connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise ConfigError(
            [
                "the desk's database has to be named as sqlite:///FILE or"
                " postgresql://USER:PASSWORD@HOST/NAME"
            ]
        ) from None
    return parsed


def _build_engine(url: URL) -> Engine:
    engine = _build_plain_engine(url)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _make_storable(
        connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool
    ) -> tuple[str, Any]:
        return statement, _clean_values(values)

    return engine


def _clean_values(values: Any) -> Any:
    """Replace what no database takes, to keep it or to look for it: such a value is nobody's.

    :param values: of one statement, by name or by place, or a list of such; or one of them.
    """
    if isinstance(values, str):
        return clean_text(values)
    if isinstance(values, Mapping):
        return {name: _clean_values(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(map(_clean_values, values))
    return values


def _build_plain_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_size=POOL, pool_pre_ping=True, hide_parameters=True)

        @event.listens_for(engine, "connect")
        def _limit_waiting(connection: Any, record: Any) -> None:
            connection.execute(f"SET lock_timeout = '{BUSY_S}s'")
            connection.commit()

        return engine
    if url.database and url.database != ":memory:":
        _prepare_file(Path(url.database))
    engine = create_engine(
        url,
        pool_size=POOL,
        connect_args={"timeout": BUSY_S, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where they are said to, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("desk_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _prepare_file(path: Path) -> None:
    """Make the file readable by its owner alone before anything is in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise DeskUnusableError(f"{path}: cannot be opened ({error.strerror})") from None


def _bring_up_to_date(database: DeskDatabase, *, upgrade: bool) -> None:
    with database.engine.connect().execution_options(**_WRITING) as connection:
        config = build_migrations(connection)
        script = ScriptDirectory.from_config(config)
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None and inspect(connection).get_table_names():
            raise DeskUnusableError(
                f"{database.shown} holds other tables: name a database of its own"
            )
        known = {revision.revision for revision in script.walk_revisions()}
        if found is not None and found not in known:
            raise DeskUnusableError(
                f"{database.shown} was written by a newer triage (its schema is {found}):"
                " update triage, or restore an older backup"
            )
        if found == script.get_current_head():
            return
        if not upgrade:
            raise DeskUnusableError(f"{database.shown} is not up to date: start triage desk once")
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def _told_plainly(database: DeskDatabase) -> Iterator[None]:
    """Turn the database's own errors, which may quote what was written, into plain ones."""
    try:
        yield
    except OperationalError as error:
        said = str(error.orig).lower()
        if "locked" in said or "busy" in said or "lock timeout" in said:
            raise DeskBusyError(_BUSY) from None
        if "full" in said or "no space" in said:
            raise DeskUnusableError("the disk is full: nothing was changed; make room") from None
        raise DeskUnusableError(
            f"{database.shown} cannot be used ({_first_words(said)}); nothing was changed"
        ) from None
    except DatabaseError as error:
        kind = type(error.orig).__name__
        raise DeskUnusableError(f"{database.shown} cannot be used ({kind})") from None


def _first_words(said: str) -> str:
    """Give the driver's first line, which names hosts and files but no values."""
    return said.strip().splitlines()[0][:150] if said.strip() else "no reason given"


__all__ = ["DeskDatabase", "Session", "build_migrations", "bump_queue", "open_database"]
