"""The desk in the browser, without one: an application on an empty SQLite desk, and who is signed in."""

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from triage.desk.accounts import find_user
from triage.desk.database import DeskDatabase, open_database
from triage.desk.schema import User
from triage.web.app import WebSettings, build_app

with warnings.catch_warnings():  # starlette would rather have httpx2
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

sys.path.append(
    str(Path(__file__).parents[1] / "desk")
)  # made_up_cases, shared with the desk's tests

PASSWORD = "three blue umbrellas"
PASSWORD_HASH = (  # argon2 at its cheapest: a real one takes as long as a whole test
    "$argon2id$v=19$m=8,t=1,p=1$pX6gYKHihxDJyIPalQ8tGw$U6C88Vj8RQ1g83m8MPlg4Lxmrd01zXSUomVXzWFpRWE"
)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HTML = {"accept": "text/html"}
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Clock:
    """What the desk takes for the time; a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class NoReader:
    """Reads nothing: complaints are made up as rows."""

    name = "small 1a2b3c4d"


@dataclass
class Browser:
    """Somebody at the desk."""

    client: TestClient
    token: str = ""

    def get(self, path: str, **more: Any):
        return self.client.get(path, headers=HTML | more.pop("headers", {}), **more)

    def part(self, path: str, **more: Any):
        """Ask as htmx does."""
        return self.client.get(path, headers={"hx-request": "true"}, **more)

    def send(self, path: str, *, token: str | None = None, **form: Any):
        """Send as htmx does."""
        headers = {"hx-request": "true", "x-csrf-token": self.token if token is None else token}
        return self.client.post(path, data=form, headers=headers, follow_redirects=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path) -> Iterator[DeskDatabase]:
    """An empty desk on SQLite; what the desk does on PostgreSQL is tested with the desk."""
    opened = open_database(f"sqlite:///{tmp_path / 'desk.db'}")
    yield opened
    opened.close()


@pytest.fixture
def reader() -> Any:
    return NoReader()


@pytest.fixture
def app(database, clock, reader, tmp_path) -> FastAPI:
    built = build_app(database, reader, settings=WebSettings(tls=False, watch=None, spool=tmp_path))
    built.state.clock = clock
    return built


@pytest.fixture
def browse(app) -> Callable[[], Browser]:
    """Give a browser that nobody is signed in with."""
    return lambda: Browser(TestClient(app, base_url="http://desk.example"))


@pytest.fixture
def sign_in(database, browse) -> Callable[..., Browser]:
    """Sign somebody in; the account is made where it is not there."""

    def enter(name: str = "asha", *, role: str = "staff", language: str = "en") -> Browser:
        add_account(database, name, role, language)
        browser = browse()
        page = browser.get("/sign-in")
        form = {"name": name, "password": PASSWORD, "csrf_token": CSRF.search(page.text)[1]}
        answer = browser.client.post("/sign-in", data=form, headers=HTML, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        browser.token = browser.client.get("/session").json()["csrf_token"]
        return browser

    return enter


@pytest.fixture
def asha(sign_in) -> Browser:
    return sign_in()


def add_account(database: DeskDatabase, name: str, role: str, language: str = "en") -> None:
    with database.write() as session:
        if find_user(session, name) is None:
            user = User(name=name, shown_name=name.title(), role=role, created_at=NOW)
            user.password_hash, user.language = PASSWORD_HASH, language
            session.add(user)
