"""The desk in the browser, without one: an application on an empty SQLite desk, and who is signed in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import CSRF, HTML, PASSWORD, Browser, Clock, NoReader, TestClient, add_account
from fastapi import FastAPI

from triage.desk.store.database import DeskDatabase, open_database
from triage.web.app import WebSettings, build_app


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
    settings = WebSettings(tls=False, watch=None, spool=tmp_path, clock=clock)
    return build_app(database, reader, settings=settings)


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
