"""What must never happen in the browser: a script that runs, words that get lost, texts that stay.

Beside what each test looks at, every window is watched (see conftest.py): nothing comes from
elsewhere, no script fails, and no page breaks its own Content-Security-Policy.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from triage.desk.people.accounts import find_user
from triage.desk.people.settings import change_setting

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"><svg onload=alert(3)>"
SCRIPT_NAME = "<img src=x onerror=alert(4)>.csv"
TEXT = "They call from 98XXXXXX12 and ask 5000 for my video, send to rinku77@examplebank."
P1 = "I cannot go on. I am going to end my life tonight."
PEOPLE = {"asha": "staff", "bilal": "staff", "chitra": "supervisor", "dev": "data_scientist"}


@pytest.fixture(scope="module")
def staffed(desk):
    """The desk with an account of each role and a complaint."""
    for name, role in {**PEOPLE, "esha": "admin"}.items():
        desk.add(name, role=role)
    desk.take_in(TEXT)
    return desk


@pytest.fixture
def enter(staffed, visit):
    """Sign somebody in, in a window of their own."""

    def sit_down(name: str, **options: Any):
        visitor = visit(staffed.address, **options)
        visitor.sign_in(name)
        return visitor

    return sit_down


def test_script_is_text_wherever_it_stands(staffed, enter):
    [id] = staffed.take_in(f"{TEXT} {SCRIPT}", number=SCRIPT_NAME)
    asha = enter("asha")
    page = asha.page
    expect(page.locator(f"#row-{id}")).to_be_visible()
    page.fill("[name=search]", SCRIPT)
    with page.expect_response("**/queue/rows"):
        asha.press("Enter")
    expect(page.locator("#applied [name=search]")).to_have_value(SCRIPT)
    asha.go(f"/cases/{id}")
    expect(page.locator(".case-text .text")).to_contain_text(SCRIPT)
    asha.press("n")
    page.keyboard.type(SCRIPT)
    page.click("#note .button-main")
    expect(page.locator(".history .note")).to_have_text(SCRIPT)
    asha.go("/intake")
    file = {"name": SCRIPT_NAME, "mimeType": "text/csv", "buffer": f'text\n"{SCRIPT}"'.encode()}
    page.set_input_files("[type=file]", file)
    page.click("form:has([type=file]) button")
    page.wait_for_url("**/intake/uploads/*")
    expect(page.locator("h1")).to_have_text(SCRIPT_NAME)
    expect(page.locator(".good-news")).to_be_visible()
    assert page.locator("main img, main script, main svg[onload]").count() == 0


def test_no_words_in_addresses(staffed, enter):
    asha = enter("asha")
    for words in ("98XXXXXX12", "rinku77@examplebank"):
        asha.page.fill("[name=search]", words)
        with asha.page.expect_response("**/queue/rows"):
            asha.press("Enter")
        expect(asha.page.locator(".rows .row")).not_to_have_count(0)
    asha.page.click(".rows:not(.rows-urgent) .row-link >> nth=0")
    expect(asha.page.locator(".case-text")).to_be_visible()
    urls = " ".join(url for _, url in asha.asked)
    assert not re.search("98XX|rinku|%40", urls)


def test_ended_session_loses_nothing(staffed, enter):
    [id] = staffed.take_in(f"{TEXT} One.")
    asha = enter("asha")
    page = asha.page
    asha.go(f"/cases/{id}")
    asha.press("n")
    page.keyboard.type("half of a no")
    asha.press("Escape")
    expect(page.locator("#note")).to_be_hidden()
    staffed.clock.ahead += timedelta(hours=2)
    asha.press("2")
    dialog = page.locator("#signed-out")
    expect(dialog).to_be_visible()
    sign_in_again(dialog, "a wrong password")
    expect(dialog.locator(".problem")).to_be_visible()
    sign_in_again(dialog, "three blue umbrellas")
    expect(dialog).to_be_hidden()
    expect(page.locator("#page-level-2")).to_have_attribute("aria-pressed", "true")  # repeated
    asha.press("n")
    expect(page.locator("#note textarea")).to_have_value("half of a no")
    asha.press("End")
    page.keyboard.type("te")
    staffed.clock.ahead += timedelta(hours=2)
    page.click("#note .button-main")
    expect(dialog).to_be_visible()
    sign_in_again(dialog, "three blue umbrellas")
    expect(page.locator(".history .note")).to_have_text("half of a note")
    expect(page.locator("#note textarea")).to_have_value("")


def sign_in_again(dialog: Any, password: str) -> None:
    dialog.locator("[name=name]").fill("asha")
    dialog.locator("[name=password]").fill(password)
    dialog.locator("[name=password]").press("Enter")


def test_nothing_is_seen_after_signing_out(staffed, enter):
    [id] = staffed.take_in(f"{TEXT} Two.")
    asha = enter("asha")
    page = asha.page
    asha.go(f"/cases/{id}")
    page.click(".menu summary")
    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")
    page.go_back()
    expect(page.locator(".sign-in-form")).to_be_visible()
    assert "rinku77" not in page.content()


def test_who_is_too_late_is_told_who_has_it(staffed, enter):
    [id] = staffed.take_in(P1)
    asha, bilal = enter("asha"), enter("bilal")
    for visitor in (asha, bilal):
        visitor.go(f"/cases/{id}")
        expect(visitor.page.locator("#do-claim")).to_be_visible()
    for visitor in (asha, bilal):
        visitor.press("c")
    expect(asha.page.locator("#do-release")).to_be_visible()
    expect(bilal.page.locator(".toast-problem")).to_contain_text("Asha works on this complaint")
    expect(bilal.page.locator(".facts")).to_contain_text("with Asha")
    expect(bilal.page.locator("#do-claim")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "closed"),
    [
        ("asha", ["/accounts", "/accounts/tokens", "/settings", "/audit"]),
        ("chitra", ["/accounts", "/accounts/tokens", "/settings"]),
        ("dev", ["/accounts", "/settings", "/audit", "/intake", "/cases/1"]),
        ("esha", ["/intake", "/cases/1"]),
    ],
)
def test_roles_end_where_they_end(staffed, enter, name, closed):
    visitor = enter(name)
    links = visitor.page.locator(".nav a").evaluate_all("links => links.map(l => l.pathname)")
    assert not set(links) & set(closed)
    for path in closed:
        visitor.go(path)
        expect(visitor.page.locator("h1")).to_have_text("Your account may not do this")
    for path in links:
        visitor.go(path)
        assert visitor.page.locator("h1").first.inner_text() != "Your account may not do this"
        if name in ("dev", "esha"):
            assert not re.search("98XXXXXX12|rinku77|ask 5000", visitor.page.content())


def test_blurred_until_somebody_asks(staffed, enter):
    [id] = staffed.take_in(f"{TEXT} Three.")
    switch_blur(staffed, "true")
    try:
        asha = enter("asha")
        page = asha.page
        expect(page.locator(".snippet").first).to_have_css("filter", re.compile("^blur"))
        asha.go(f"/cases/{id}")
        text = page.locator(".case-text .text")
        expect(text).to_have_css("filter", re.compile("^blur"))
        asha.press("b")
        expect(text).to_have_css("filter", "none")
        asha.press("b")
        expect(text).to_have_css("filter", re.compile("^blur"))
    finally:
        switch_blur(staffed, "false")


def switch_blur(desk: Any, value: str) -> None:
    with desk.database.write() as session:
        esha = find_user(session, "esha")
        change_setting(session, "blur", value == "true", user=esha)
