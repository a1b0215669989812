"""Who browses the desk in the tests of its pages: accounts, a clock that is moved, a browser."""

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from triage.desk.people.accounts import find_user
from triage.desk.store.database import DeskDatabase
from triage.desk.store.schema import User

with warnings.catch_warnings():  # starlette would rather have httpx2
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

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


def add_account(database: DeskDatabase, name: str, role: str, language: str = "en") -> None:
    with database.write() as session:
        if find_user(session, name) is None:
            user = User(name=name, shown_name=name.title(), role=role, created_at=NOW)
            user.password_hash, user.language = PASSWORD_HASH, language
            session.add(user)
