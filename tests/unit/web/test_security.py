import logging
import re
from pathlib import Path

import pytest
from browsing import CSRF, HTML, PASSWORD, add_account
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.testclient import TestClient

import triage.web
from triage.web.app import WebSettings, build_app
from triage.web.security import BODY_LIMIT, Guard, comes_from_here

WEB = Path(triage.web.__file__).parent


def test_every_answer_is_guarded(asha):
    for path in ("/", "/sign-in", "/no-such-page", "/static/desk.css"):
        headers = asha.get(path).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self';"
        )
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_only_files_may_be_kept(asha):
    assert asha.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in asha.get("/static/desk.css").headers["cache-control"]


def test_no_page_holds_script_or_style():
    for template in (WEB / "templates").glob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:", text
        ), template
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), template


def test_cookie_is_kept_from_scripts(sign_in, app):
    client = sign_in().client
    page = client.get("/sign-in", headers=HTML)
    assert "HttpOnly" in page.headers["set-cookie"]
    cookies = {cookie.name: cookie for cookie in client.cookies.jar}
    assert cookies["desk"].has_nonstandard_attr("HttpOnly")
    assert cookies["desk"].get_nonstandard_attr("SameSite") == "lax"
    assert not cookies["desk"].secure


def test_cookies_are_this_hosts_alone_behind_tls(database, reader, clock, tmp_path):
    settings = WebSettings(tls=True, watch=None, spool=tmp_path, clock=clock)
    app = build_app(database, reader, settings=settings)
    add_account(database, "asha", "staff")
    client = TestClient(app, base_url="https://desk.example", headers=HTML)
    page = client.get("/sign-in")
    assert "max-age" in page.headers["strict-transport-security"]
    form = {"name": "asha", "password": PASSWORD, "csrf_token": CSRF.search(page.text)[1]}
    answer = client.post("/sign-in", data=form, follow_redirects=False)
    told = page.headers.get_list("set-cookie") + answer.headers.get_list("set-cookie")
    token = client.get("/session").json()["csrf_token"]
    leave = {"headers": {"x-csrf-token": token}, "follow_redirects": False}
    told += client.post("/sign-out", **leave).headers.get_list("set-cookie")
    names = [each.partition("=")[0] for each in told]
    assert names.count("__Host-desk") == names.count("__Host-desk_form") == 2  # set, and dropped
    assert set(names) <= {"__Host-desk", "__Host-desk_form", "desk_language"}
    for each in told:
        assert {"Path=/", "Secure", "HttpOnly"} <= set(each.split("; "))
        assert "domain" not in each.lower()
    assert not [cookie.name for cookie in client.cookies.jar if "Host" in cookie.name]


def test_a_cookie_without_the_name_of_this_host_lets_nobody_in_behind_tls(
    asha, database, reader, clock, tmp_path
):
    settings = WebSettings(tls=True, watch=None, spool=tmp_path, clock=clock)
    app = build_app(database, reader, settings=settings)
    client = TestClient(app, base_url="https://desk.example")
    session = asha.client.cookies["desk"]
    assert client.get("/session", headers={"cookie": f"desk={session}"}).status_code == 401
    assert client.get("/session", headers={"cookie": f"__Host-desk={session}"}).status_code == 200
    assert asha.client.get("/session").status_code == 200


def test_other_names_are_refused_where_hosts_are_set(database, reader, tmp_path):
    settings = WebSettings(tls=False, watch=None, spool=tmp_path, hosts=("desk.example",))
    client = TestClient(
        build_app(database, reader, settings=settings), base_url="http://evil.example"
    )
    assert client.get("/sign-in").status_code == 400


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_change_needs_the_token(asha, token):
    headers = {"x-csrf-token": token.encode()}
    answer = asha.client.post("/queue/rows", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "stale_page"


def test_token_of_another_session_is_refused(asha, sign_in):
    other = sign_in("bilal")
    assert asha.send("/queue/rows", token=other.token).status_code == 403


def test_form_may_carry_the_token(asha):
    form = {"csrf_token": asha.token, "language": "hi", "after": "/"}
    answer = asha.client.post("/language", data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    assert 'lang="hi"' in asha.get("/").text


@pytest.mark.parametrize(
    ("headers", "fits"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://desk.example", "host": "desk.example"}, True),
        ({"origin": "http://evil.example", "host": "desk.example"}, False),
        ({"origin": "null", "host": "desk.example"}, True),
        ({}, True),
    ],
)
def test_where_a_request_comes_from(headers, fits):
    assert comes_from_here(Headers(headers)) is fits


def test_change_from_another_site_is_refused(asha):
    headers = {"x-csrf-token": asha.token, "sec-fetch-site": "cross-site"}
    answer = asha.client.post("/queue/rows", headers=headers)
    assert answer.json()["error"]["code"] == "foreign_page"


def test_large_body_is_refused_at_once(asha):
    answer = asha.send("/cases/1/note", note="x" * (BODY_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_body_that_grows_is_stopped(asha):
    def grow():
        for _ in range(40):
            yield b"x" * 100_000

    headers = {"x-csrf-token": asha.token, "content-type": "application/x-www-form-urlencoded"}
    answer = asha.client.post("/cases/1/note", content=grow(), headers=headers)
    assert answer.status_code == 413


def test_unforeseen_error_tells_its_place_only(caplog):
    inner = FastAPI()

    @inner.get("/fails")
    def fail():
        raise RuntimeError("words of a complaint")

    inner.add_middleware(Guard, tls=False)
    with caplog.at_level(logging.ERROR):
        answer = TestClient(inner).get("/fails", headers=HTML)
    assert answer.status_code == 500
    assert "words of a complaint" not in answer.text + caplog.text
    assert "RuntimeError at test_security.py" in caplog.text


def test_htmx_is_told_to_be_careful(asha):
    page = asha.get("/").text
    for setting in (
        '"allowEval":false',
        '"includeIndicatorStyles":false',
        '"selfRequestsOnly":true',
        '"historyCacheSize":0',
    ):
        assert setting in page
