"""NUL and half characters, which no database takes: whatever field they stand in, a page answers.

On both databases, and for every field of every page: a new one is asked for as well.
"""

from collections.abc import Iterator

import pytest
from browsing import HTML, PASSWORD, Browser, Clock, TestClient
from fastapi import FastAPI
from fastapi.routing import APIRoute
from made_up_cases import add_case

from triage.desk.intake.reading import give_up
from triage.web.app import WebSettings, build_app

ODD = "P1\0"
STRANGE_FORM = b"""--B\r
Content-Disposition: form-data; name="search"\r
\r
+2AA- words\r
--B--\r
"""  # half a character, where UTF-7 is read
ANSWERED = (200, 303, 400, 401, 404, 409, 422)
OF_ADMINS = ("/accounts", "/settings", "/audit")


class StandInReader:
    name = "small 1a2b3c4d"

    def read(self, complaints):
        return [give_up(each, doubt="it was not read", model=self.name) for each in complaints]


@pytest.fixture
def app(database, tmp_path) -> FastAPI:
    with database.write() as session:
        add_case(session)
    settings = WebSettings(tls=False, watch=None, spool=tmp_path, clock=Clock())
    return build_app(database, StandInReader(), settings=settings)


@pytest.fixture
def ask(app, supervisor, admin):
    """Give a function that asks for a page as who may."""

    def ask(method, path, values):
        browser = enter(app, admin.name if path.startswith(OF_ADMINS) else supervisor.name)
        return (
            browser.send(path, **values) if method == "POST" else browser.get(path, params=values)
        )

    return ask


def enter(app: FastAPI, name: str) -> Browser:
    browser = Browser(TestClient(app, base_url="http://desk.example"))
    browser.get("/sign-in")
    form = {"name": name, "password": PASSWORD, "csrf_token": browser.client.cookies["desk_form"]}
    browser.client.post("/sign-in", data=form, headers=HTML, follow_redirects=False)
    browser.token = browser.client.get("/session").json()["csrf_token"]
    return browser


def list_fields(routes) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    """Give the method and address of each page with each of its texts, and values with that odd."""
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from list_fields(inner.routes)
        if not isinstance(route, APIRoute):
            continue
        given = route.dependant.query_params + route.dependant.body_params
        needed = {field.alias: 1 for field in given if field.field_info.is_required()}
        path = route.path.replace("{id}", "1")
        for field in given:
            if field.field_info.annotation in (str, list[str]):
                for method in route.methods & {"GET", "POST"}:
                    yield method, path, field.alias, needed | {field.alias: ODD}


def test_every_field_may_hold_nul(app, ask):
    fields = list(list_fields(app.routes))
    answers = {
        (method, path, name): ask(method, path, values).status_code
        for method, path, name, values in fields
    }
    assert {("GET", "/", "language"), ("POST", "/intake/paste", "text")} <= answers.keys()
    assert len(answers) > 30
    assert {key: status for key, status in answers.items() if status not in ANSWERED} == {}


@pytest.mark.parametrize("name", ["priority", "category", "language"])
def test_a_filter_with_nul_finds_nothing(ask, name):
    answer = ask("GET", "/", {name: ODD})
    assert answer.status_code == 200
    assert "made-up snippet" not in answer.text
    assert "made-up snippet" in ask("GET", "/", {}).text


def test_a_form_in_another_charset_is_refused(app, supervisor):
    browser = enter(app, supervisor.name)
    kind = "multipart/form-data; boundary=B; charset="
    headers = {"hx-request": "true", "x-csrf-token": browser.token}
    answers = {
        charset: browser.client.post(
            "/queue/rows", content=STRANGE_FORM, headers=headers | {"content-type": kind + charset}
        ).status_code
        for charset in ("utf-7", "UTF-8", '"utf-8"', "utf-16")
    }
    assert answers == {"utf-7": 415, "UTF-8": 200, '"utf-8"': 200, "utf-16": 415}
