"""The desk in a real browser: who sits before it, and a desk on which time can be moved.

Every page that a test opens is watched. At the end of the test nothing may have come from elsewhere,
no script may have failed, and the page's own rules (its Content-Security-Policy) may not be broken.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from triage.desk.intake.arrivals import register
from triage.desk.intake.reading import ComplaintReader
from triage.desk.people.accounts import add_user
from triage.desk.store.database import DeskDatabase, open_database
from triage.records import Complaint
from triage.web.app import WebSettings, build_app

PASSWORD = "three blue umbrellas"
PATIENCE_S = 60
_REFUSED = re.compile(
    r"^(Failed to load resource: .* status of|Response Status Error Code) 4\d\d"  # browser, htmx
)


def demand(what: str, package: str) -> None:
    """Skip on a user's machine what the machine lacks; in CI nothing is skipped."""
    words = f"{what} is missing: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@dataclass
class Visitor:
    """Somebody before a browser of their own.

    :param page: of playwright.
    :param address: of the desk.
    """

    page: Any
    address: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.go("/sign-in")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", password)
        with self.page.expect_navigation():
            self.press("Enter")

    def listen(self, context: Any) -> None:
        """Remember what the browser asks for, and what it complains of."""
        context.on("request", lambda request: self.asked.append((request.method, request.url)))
        context.on("console", lambda message: self._hear(message.type, message.text))
        context.on("weberror", lambda error: self.problems.append(str(error.error)))
        context.on("dialog", lambda dialog: self._answer(dialog))

    def check(self) -> None:
        elsewhere = [url for _, url in self.asked if not url.startswith((self.address, "blob:"))]
        assert elsewhere == []
        assert self.problems == []

    def _hear(self, kind: str, words: str) -> None:
        if kind in ("error", "warning") and not _REFUSED.match(words):
            self.problems.append(words)

    def _answer(self, dialog: Any) -> None:
        if dialog.type == "alert":
            self.problems.append(f"alert: {dialog.message}")
        dialog.accept()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        demand("Chromium", "chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=PATIENCE_S * 1000)
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def devanagari() -> None:
    """Go on only where Hindi is not shown as boxes."""
    listed = shutil.which("fc-list")
    fonts = subprocess.run([listed], capture_output=True, text=True).stdout if listed else ""
    if "lohit" not in fonts.lower():
        demand("The font Lohit Devanagari", "fonts-lohit-deva")


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visitor]]:
    """Open a browser window on a desk; ``options`` are playwright's, such as ``viewport``."""
    visitors: list[Visitor] = []

    def open_window(address: str, **options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "en-IN", "reduced_motion": "reduce"} | options)
        context.set_default_timeout(PATIENCE_S * 1000)
        visitors.append(Visitor(context.new_page(), address))
        visitors[-1].listen(context)
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.page.context.close()
    for visitor in visitors:
        visitor.check()


class Clock:
    """What the desk takes for the time; a test moves it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Desk:
    """A desk that runs in a thread of the tests, and its database."""

    address: str
    database: DeskDatabase
    reader: ComplaintReader
    clock: Clock

    def take_in(self, *texts: str, **more: Any) -> list[int]:
        """Have complaints arrive, as from the portal, and give their ids."""
        read = self.reader.read([Complaint(id=more.get("number", ""), text=text) for text in texts])
        with self.database.write() as session:
            found = register(session, read, source="api", now=more.get("now", self.clock()))
        return [each.id for each in found]

    def add(self, name: str, *, role: str = "staff", language: str = "en") -> None:
        """Add an account whose password is changed already."""
        with self.database.write() as session:
            user = add_user(session, name=name, shown_name=name.title(), role=role, by=None,
                            password=PASSWORD, now=self.clock(), must_change=False)  # fmt: skip
            user.language = language


@pytest.fixture(scope="module")
def desk(model, tmp_path_factory) -> Iterator[Desk]:
    """A desk without accounts and complaints; each module of tests has its own."""
    folder: Path = tmp_path_factory.mktemp("desk")
    database = open_database(f"sqlite:///{folder / 'desk.db'}")
    reader, clock = ComplaintReader(model, "small 1a2b3c4d"), Clock()
    settings = WebSettings(tls=False, watch=None, spool=folder / "spool", clock=clock)
    app = build_app(database, reader, settings=settings)
    with socket.create_server(("127.0.0.1", 0)) as listener, _serving(app, listener):
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Desk(address, database, reader, clock)
    database.close()


@contextmanager
def _serving(app: Any, listener: socket.socket) -> Iterator[None]:
    import uvicorn

    config = uvicorn.Config(app, lifespan="on", ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(PATIENCE_S)
