"""A desk's database for each test, on SQLite and on a PostgreSQL server that the tests start."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import create_engine, text

from triage.desk.people import credentials
from triage.desk.store.database import DeskDatabase, open_database
from triage.desk.store.schema import User

PASSWORD = "three blue umbrellas"
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$pX6gYKHihxDJyIPalQ8tGw$U6C88Vj8RQ1g83m8MPlg4Lxmrd01zXSUomVXzWFpRWE"
)
START_S = 60
numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> Iterator[DeskDatabase]:
    """An empty desk."""
    if request.param == "sqlite":
        migrated = request.getfixturevalue("migrated_file")
        opened = open_database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'desk.db')}")
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgresql").build_database() as url:
        opened = open_database(url)
        yield opened
        opened.close()


@pytest.fixture
def empty_url(request, database) -> Iterator[str]:
    """The address of a second database, of the same kind, in which there is nothing yet."""
    if database.is_sqlite:
        yield f"{database.url.set(database=str(Path(database.url.database).with_name('2.db')))}"
        return
    with request.getfixturevalue("postgresql").build_database(template="template0") as url:
        yield url


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch) -> None:
    """Hash passwords at the lowest cost: the tests sign in hundreds of times."""
    monkeypatch.setattr(credentials, "_hasher", lambda: CHEAP)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def password() -> str:
    """What every account of these fixtures signs in with."""
    return PASSWORD


@pytest.fixture
def staff(database, now) -> User:
    return add_account(database, "asha", "staff", now)


@pytest.fixture
def colleague(database, now) -> User:
    return add_account(database, "bilal", "staff", now)


@pytest.fixture
def supervisor(database, now) -> User:
    return add_account(database, "chitra", "supervisor", now)


@pytest.fixture
def scientist(database, now) -> User:
    return add_account(database, "dev", "data_scientist", now)


@pytest.fixture
def admin(database, now) -> User:
    return add_account(database, "esha", "admin", now)


def add_account(database: DeskDatabase, name: str, role: str, now: datetime) -> User:
    """Add an account at once, without an audit line; its row can be read after the session."""
    with database.write() as session:
        user = User(name=name, shown_name=name.title(), role=role, created_at=now)
        user.password_hash = PASSWORD_HASH
        session.add(user)
        session.flush()
        session.refresh(user)
        session.expunge(user)
    return user


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "migrated.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[PostgresqlServer]":
    """A server of Debian's package, in a folder of its own, ended with the tests."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("PostgreSQL is not installed: apt install postgresql")
    # Not below pytest's own folder: that is closed to the user the server runs as under root, and
    # its long name leaves no room for that of a socket.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=choose_place()))
    try:
        with PostgresqlServer(programs[-1].parent, folder).running() as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def choose_place() -> Path | None:
    """Choose the memory for the server's files, where there is enough: ten times as fast."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None


class PostgresqlServer:
    """A server that listens on a socket in its own folder alone, and keeps nothing safe."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.as_user = []
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            shutil.chown(folder, "postgres", "postgres")
            self.as_user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]

    @contextmanager
    def running(self) -> "Iterator[PostgresqlServer]":
        """Start it; at the end, or when the tests are killed, it ends."""
        data = str(self.folder / "data")
        self._call("initdb", "-D", data, "-U", "desk", "--auth=trust", "-E", "UTF8", "--no-sync")
        quick = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
        command = [str(self.programs / "postgres"), "-D", data, "-k", str(self.folder), "-h", ""]
        setpriv = ["setpriv", "--pdeathsig=INT", *self.as_user, "--"]
        with (self.folder / "log").open("wb") as log:
            server = subprocess.Popen([*setpriv, *command, *quick], stdout=log, stderr=log)
        try:
            self._wait(server)
            self._run_sql("CREATE DATABASE migrated TEMPLATE template0")
            open_database(self.url("migrated")).close()
            yield self
        finally:
            server.send_signal(signal.SIGINT)  # ends its connections
            server.wait(START_S)

    @contextmanager
    def build_database(self, *, template: str = "migrated") -> Iterator[str]:
        """Make a database, give its address, and drop it."""
        name = f"desk{next(numbers)}"
        self._run_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        self._run_sql(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return f"postgresql://desk@/{name}?host={self.folder}"

    def _call(self, program: str, *arguments: str) -> None:
        setpriv = ["setpriv", *self.as_user, "--"] if self.as_user else []
        command = [*setpriv, str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def _wait(self, server: subprocess.Popen) -> None:
        until = time.monotonic() + START_S
        ready = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ready, check=False).returncode != 0:
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.1)

    def _run_sql(self, statement: str) -> None:
        url = self.url("postgres").replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
