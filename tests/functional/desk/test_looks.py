"""Every page as it looks, in both languages, on a desk's screen and on a phone, by day and by night.

What a program can see is tested: contrast, names, focus, what runs over the edge. The pictures are for
people to look at: pytest keeps them in its own folder for temporary files (``screenshots``).
"""

import csv
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from triage.desk.casework import work
from triage.desk.people.accounts import find_user, set_language
from triage.desk.people.tokens import make_token

CHECKS = (Path(__file__).parent / "page_checks.js").read_text("utf-8")
SAMPLE = Path(__file__).parents[3] / "data" / "sample" / "complaints.csv"
DESK, PHONE, ZOOMED = (
    {"width": 1280, "height": 800},
    {"width": 360, "height": 740},
    {"width": 640, "height": 400},  # what is left of a desk's screen at 200 %
)
MINOR = (
    "I am 15. He recorded our video call and says my school gets it tonight. I want to die."
    " 98XXXXXX12, rinku77@examplebank"
)
PAGES = {
    "": ["/sign-in"],
    "asha": ["/", "/?status=closed", "/cases/{work}", "/cases/{closed}", "/cases/{new}", "/intake",
             "/intake/uploads/1", "/report", "/trends", "/export", "/password", "/cases/999999"],
    "chitra": ["/audit", "/export"],
    "dev": ["/trends", "/export"],
    "esha": ["/accounts", "/accounts/tokens", "/settings", "/api/docs"],
}  # fmt: skip
BY_KEYBOARD = ["/?category=sextortion", "/cases/{work}", "/intake", "/report", "/export"]
NEXT_FOCUS = """() => {
  const item = document.activeElement;
  if (!item || item === document.body) return null;
  if (item.dataset.reached && item.type.startsWith("date")) return "";  // its calendar, drawn by the browser
  item.dataset.reached = "yes";
  const drawn = (each) => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const near = [item, item.nextElementSibling, item.closest(".row"), item.closest("label")];
  return near.some((each) => each && drawn(each)) ? "" : item.outerHTML.slice(0, 120);
}"""
NOT_REACHED = """() => [...document.querySelectorAll(
    "a[href], button:not([disabled]), input:not([type=hidden], [type=radio]), select:not([disabled]),"
    + " textarea, summary, [tabindex='0']")]
  .filter((item) => !item.dataset.reached && item.checkVisibility({ visibilityProperty: true }))
  .map((item) => item.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def furnished(desk) -> Iterator[tuple[Any, dict[str, int]]]:
    """A desk in the middle of its day, and the ids of a new case, one in work and a closed one."""
    for name, role in (
        ("asha", "staff"), ("bilal", "staff"), ("chitra", "supervisor"),
        ("dev", "data_scientist"), ("esha", "admin"),
    ):  # fmt: skip
        desk.add(name, role=role)
    with SAMPLE.open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    now = datetime.now(UTC)
    desk.take_in(*texts[:20], now=now - timedelta(hours=9))
    desk.take_in(*texts[20:40], now=now - timedelta(minutes=30))
    ids = dict(zip(("work", "closed", "new", "copy"), desk.take_in(*(
        MINOR, texts[5], "he asks 5000, 98XXXXXX12, rinku77@examplebank", MINOR + " please"
    )), strict=True))  # fmt: skip
    with desk.database.write() as session:
        asha, esha = (find_user(session, name) for name in ("asha", "esha"))
        make_token(session, name="portal of the state", by=esha, now=now)
        for step, case, more in (
            (work.claim, "work", {}),
            (work.record_call, "work", {"outcome": "no_answer", "note": "rings, nobody there"}),
            (work.correct, "work", {"urgency": 3}),
            (work.add_note, "work", {"text": "भाई से बात हुई, वह घर पर है"}),
            (work.claim, "closed", {}),
            (work.close, "closed", {"outcome": "referred", "note": "sent to 1930"}),
        ):
            step(session, ids[case], user=asha, now=now, **more)
    return desk, ids


@pytest.fixture(scope="module")
def shots(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def enter(furnished, visit):
    """Sign somebody in, to pages in a language."""
    desk, _ = furnished

    def sit_down(name: str, language: str) -> Any:
        with desk.database.write() as session:
            if user := find_user(session, name):
                set_language(session, user, language)
        visitor = visit(
            desk.address, viewport=DESK, locale={"en": "en-IN", "hi": "hi-IN"}[language]
        )
        if name:
            visitor.sign_in(name)
        return visitor

    return sit_down


@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("name", PAGES)
def test_pages(furnished, enter, shots, devanagari, name, language):
    visitor, problems = enter(name, language), []
    if name == "asha":
        upload(visitor)
    for path in PAGES[name]:
        visitor.go(path.format_map(furnished[1]))
        place = f"{name or 'nobody'}{path.replace('/', '-').replace('?', '-')}"
        problems += look(visitor, shots / f"{place}-{language}")
    assert problems == []


def look(visitor: Any, shot: Path) -> list[str]:
    """Look at a page in every size and scheme, and tell what is wrong with it."""
    page, problems = visitor.page, []
    for size in (DESK, PHONE, ZOOMED):
        page.set_viewport_size(size)
        for scheme in ("light",) if size is ZOOMED else ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(CHECKS)
            seen = f"{shot.name} {size['width']} {scheme}"
            problems += [f"{seen}: too faint: {each}" for each in found["faint"]]
            problems += [f"{seen}: without a name: {each}" for each in found["nameless"]]
            if found["wide"] > 0:
                problems.append(f"{seen}: {found['wide']} px over the edge")
            if size is not ZOOMED:
                picture = f"{shot}-{size['width']}-{scheme}.jpg"
                page.screenshot(path=picture, type="jpeg", quality=70, full_page=True)
    page.set_viewport_size(DESK)
    return problems


def upload(visitor: Any) -> None:
    visitor.go("/intake")
    file = {"name": "monday.csv", "mimeType": "text/csv", "buffer": b"id,text\n1,they ask 500\n2\n"}
    visitor.page.set_input_files("[type=file]", file)
    visitor.page.click("form:has([type=file]) button")
    expect(visitor.page.locator(".good-news")).to_be_visible()


@pytest.mark.parametrize("path", BY_KEYBOARD)
def test_tab_reaches_everything_and_shows_where_it_is(furnished, enter, path):
    visitor, unseen = enter("chitra", "en"), []
    visitor.go(path.format_map(furnished[1]))
    page = visitor.page
    page.evaluate("document.activeElement?.blur()")
    for _ in range(300):
        visitor.press("Tab")
        where = page.evaluate(NEXT_FOCUS)
        if where is None:
            break
        unseen += [where] if where else []
    assert unseen == []
    assert page.evaluate(NOT_REACHED) == []


def open_by(visitor: Any, key: str) -> Any:
    """Open a dialog; on a busy machine a key can still go to the one that closes: press again."""
    dialog = visitor.page.locator("dialog[open]")
    for _ in range(5):
        visitor.press(key)
        with suppress(AssertionError):
            expect(dialog).to_be_visible(timeout=5000)
            break
    expect(dialog).to_be_visible()
    return dialog


def test_dialogs_are_readable(furnished, enter, shots, devanagari):
    """Each dialog of a case, on a phone too: nothing runs over the edge, everything has a name."""
    visitor, problems = enter("asha", "hi"), []
    visitor.go(f"/cases/{furnished[1]['work']}")
    for key in ("?", "n", "t", "h", "x", "e"):
        dialog = open_by(visitor, key)
        problems += look(visitor, shots / f"dialog-{'keys' if key == '?' else key}")
        visitor.press("Escape")
        expect(dialog).to_have_count(0)
    assert problems == []


def test_hindi_is_shown_by_a_font_that_has_it(furnished, enter, devanagari):
    """Ask the browser which fonts it drew the words with; a missing letter comes from no such font."""
    visitor = enter("asha", "hi")
    inspector = visitor.page.context.new_cdp_session(visitor.page)
    for command in ("DOM.enable", "CSS.enable"):
        inspector.send(command)
    root = inspector.send("DOM.getDocument")["root"]["nodeId"]
    for place in (".nav a", ".count-words", ".list-title", ".row-claim"):
        node = inspector.send("DOM.querySelector", {"nodeId": root, "selector": place})["nodeId"]
        fonts = inspector.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert any("Devanagari" in font["familyName"] for font in fonts), (place, fonts)
