"""A working day at a desk that was started as its users start it, in English and in Hindi.

An administrator makes the accounts, a constable takes a file in, calls whom a new P1 is about and hands
the case over, a colleague closes it, and a supervisor takes the day home: on paper and as a table.
"""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import openpyxl
import pytest
from playwright.sync_api import expect

from triage.corpus import read_corpus
from triage.web import names
from triage.web.words import translate

OWN_PASSWORD = "three blue umbrellas"
PATIENCE_S = 120
SAMPLE = Path(__file__).parents[3] / "data" / "sample" / "complaints.csv"
STAFF = {"asha": ("Asha", "staff"), "bilal": ("Bilal", "staff"), "chitra": ("Chitra", "supervisor")}
NEW_P1 = (
    "They sent the video to my family. I am going to end my life tonight, tell my mother sorry."
    " His number is 98XXXXXX12 and his UPI rinku77@examplebank"
)
DAMAGED = 'CC-2026-9999,"2026-11-21"\n'  # a cell is missing


@dataclass
class Day:
    """What the people of one day know of each other."""

    address: str
    folder: Path
    language: str
    passwords: dict[str, str]
    token: str = ""
    rows: int = 0
    case: int = 0

    def say(self, english: str, **values: Any) -> str:
        return translate(english, self.language, **values)


@pytest.fixture
def day(request, model_folder, tmp_path) -> Iterator[Day]:
    """Start ``triage desk`` on a new folder and read what it tells on the screen."""
    command = [sys.executable, "-m", "triage", "desk", "--folder", str(tmp_path), "--port", "0"]
    desk = subprocess.Popen(
        [*command, "--model", str(model_folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
    )  # fmt: skip
    lines: Queue[str] = Queue()
    Thread(target=hand_on, args=(desk.stdout, lines), daemon=True).start()
    try:
        told = read_until(lines, r"password / पासवर्ड: (\S+)")
        address = re.search(r"http://127\.0\.0\.1:\d+", told)[0]
        admin = re.search(r"नाम: admin +password / पासवर्ड: (\S+)", told)[1]
        yield Day(address, tmp_path, request.param, {"admin": admin})
    finally:
        desk.terminate()
        desk.wait(PATIENCE_S)
        desk.stdout.close()
    said = "".join(lines.queue)
    assert "Traceback" not in said
    assert "mother" not in said  # no text of a complaint on the screen or in a log


def hand_on(output: Any, lines: "Queue[str]") -> None:
    """Hand every line on, and at the end an empty one."""
    for line in output:
        lines.put(line)
    lines.put("")


def read_until(lines: "Queue[str]", wanted: str) -> str:
    told = ""
    while not re.search(wanted, told):
        line = lines.get(timeout=PATIENCE_S)
        assert line, f"the desk did not open: {told}"
        told += line
    return told


@pytest.mark.parametrize("day", ["en", "hi"], indirect=True)
def test_a_working_day(day, visit, triage, devanagari):
    admin, asha, bilal, chitra = (visit(day.address) for _ in range(4))
    make_accounts(day, admin)
    begin(day, asha, "asha")
    expect(asha.page.locator(".empty-big")).to_have_text(day.say("Nobody is waiting."))
    take_file_in(day, asha)
    look_at_queue(day, asha)
    see_new_p1_arrive(day, asha)
    open_by_keyboard(day, asha)
    read_marks(day, asha)
    work_by_keyboard(day, asha)
    hand_over(day, asha)
    begin(day, bilal, "bilal")
    close_as_colleague(day, bilal)
    begin(day, chitra, "chitra")
    export_closed(day, chitra)
    read_report(day, asha)
    check_what_is_kept(day, triage)
    for visitor in (asha, bilal, chitra):
        assert not [url for _, url in visitor.asked if "rinku" in url or "98XX" in url]


def begin(day: Day, visitor: Any, name: str) -> None:
    """Sign in for the first time: the password is changed before anything else."""
    page = visitor.page
    visitor.sign_in(name, day.passwords[name])
    assert page.url == f"{day.address}/password"
    if day.language != "en":
        page.click(f".languages button[value={day.language}]")
    expect(page.locator("html")).to_have_attribute("lang", day.language)
    expect(page.locator("h1")).to_have_text(day.say("Change password"))
    page.fill("[name=old]", day.passwords[name])
    page.fill("[name=new]", OWN_PASSWORD)
    page.fill("[name=again]", OWN_PASSWORD)
    visitor.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/password"))


def make_accounts(day: Day, admin: Any) -> None:
    begin(day, admin, "admin")
    page = admin.page
    admin.press("g", "a")
    page.wait_for_url("**/accounts")
    for name, (shown_name, role) in STAFF.items():
        form = page.locator("form[hx-post='/accounts/add']")
        form.locator("[name=name]").fill(name)
        form.locator("[name=shown_name]").fill(shown_name)
        form.locator("[name=role]").select_option(role)
        form.locator("button").click()
        told = page.locator(".secret")
        expect(told.locator("h2")).to_have_text(day.say("One-time password of {name}", name=name))
        day.passwords[name] = told.locator("code").inner_text()
    admin.go("/accounts/tokens")
    page.fill("[name=name]", "portal")
    admin.press("Enter")
    day.token = page.locator(".secret code").inner_text()
    assert not [url for _, url in admin.asked if day.token in url or OWN_PASSWORD in url]


def take_file_in(day: Day, asha: Any) -> None:
    """Upload the sample with a damaged row: its progress shows, and the row is in the queue too."""
    page, text = asha.page, SAMPLE.read_text("utf-8")
    day.rows = len(list(csv.reader(text.splitlines()))) - 1 + 1
    file = day.folder / "monday.csv"
    file.write_text(text.rstrip("\n") + "\n" + DAMAGED, "utf-8")
    asha.press("g", "i")
    page.wait_for_url("**/intake")
    page.set_input_files("[type=file]", file)
    page.click("form:has([type=file]) button")
    page.wait_for_url("**/intake/uploads/*")
    expect(page.locator(".good-news")).to_have_text(
        day.say("The file is read. Every row is in the queue."), timeout=PATIENCE_S * 1000
    )
    assert [url for _, url in asha.asked if "/intake/progress" in url]  # it followed by itself
    counts = read_pairs(page.locator(".counts"))
    assert counts[day.say("added to the queue")] == str(day.rows)
    assert counts[day.say("could not be read: for a person")] == "1"
    assert page.locator("tbody td.number").all_inner_texts() == [str(day.rows)]


def look_at_queue(day: Day, asha: Any) -> None:
    """The most urgent stand first; whom nobody has taken stays on top."""
    page = asha.page
    asha.press("g", "q")
    page.wait_for_url(day.address + "/")
    pinned = page.locator(".rows-urgent .badge b").all_inner_texts()
    rest = page.locator(".rows:not(.rows-urgent) .badge b").all_inner_texts()
    assert set(pinned) == {"P1"}
    assert rest == sorted(rest)
    assert len(set(rest)) > 1
    assert page.title().startswith(f"({len(pinned)}) ")


def see_new_p1_arrive(day: Day, asha: Any) -> None:
    page, before = asha.page, asha.page.locator(".rows-urgent .row").count()
    answer = httpx.post(
        f"{day.address}/api/complaints",
        json={"text": NEW_P1, "number": "MH-2026-000123"},
        headers={"Authorization": f"Bearer {day.token}", "Idempotency-Key": "5f0c7c1e"},
        timeout=PATIENCE_S,
    ).json()
    assert answer["priority"] == "P1", answer
    day.case = answer["id"]
    expect(page.locator(f"#pin-{day.case}")).to_be_visible(timeout=PATIENCE_S * 1000)
    expect(page).to_have_title(re.compile(rf"^\({before + 1}\) "))
    expect(page.locator("#announce")).to_have_text(day.say("New P1: call now"))
    assert "98XXXXXX12" not in page.locator("#queue").inner_text()  # the list shows no identifier


def open_by_keyboard(day: Day, asha: Any) -> None:
    page = asha.page
    ids = page.locator(".row-link").evaluate_all("links => links.map(link => link.id)")
    asha.press(*["j"] * (ids.index(f"pin-{day.case}") + 1), "Enter")
    page.wait_for_url(f"**/cases/{day.case}")
    expect(page.locator(".case-text .text")).to_have_text(NEW_P1)
    expect(page.locator(".chip-value", has_text="rinku77@examplebank")).to_be_visible()


def read_marks(day: Day, asha: Any) -> None:
    """Each mark tells why, to who comes by keyboard too; Escape puts it away."""
    page = asha.page
    strong = page.locator("mark.mark-strong").first
    for _ in range(60):
        asha.press("Tab")
        if strong.evaluate("mark => mark === document.activeElement"):
            break
    note = page.locator("#mark-note")
    level = day.say("Level {n}: {name}", n=4, name=day.say("imminent"))
    expect(note).to_contain_text(level)
    asha.press("Escape")
    expect(note).to_be_hidden()


def work_by_keyboard(day: Day, asha: Any) -> None:
    """Take it, correct it, take that back, correct it otherwise, note, call."""
    page = asha.page
    pressed = partial(page.locator, "#labels [aria-pressed=true].option-level b")
    asha.press("c")
    expect(page.locator("#do-release")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text(day.say("with you"))
    asha.press("2")
    expect(pressed()).to_have_text("2")
    expect(page.locator(".case-title .badge")).to_contain_text("P2")
    asha.press("z")
    expect(pressed()).to_have_text("4")
    expect(page.locator(".case-title .badge")).to_contain_text("P1")
    asha.press("3")
    expect(pressed()).to_have_text("3")
    asha.press("n")
    page.keyboard.type("her brother is with her")
    asha.press("Tab", "Enter")
    expect(page.locator(".history .note")).to_have_text("her brother is with her")
    asha.press("t", "1", "Tab")
    page.keyboard.type("calmer now")
    asha.press("Tab", "Enter")
    expect(page.locator(".facts .good")).to_be_visible()
    expect(page.locator(".history .note").first).to_have_text("calmer now")


def hand_over(day: Day, asha: Any) -> None:
    page = asha.page
    asha.press("h")
    page.locator("#hand-over select").select_option(label="Bilal")
    page.locator("#hand-over textarea").fill("please close it at eight")
    page.click("#hand-over .button-main")
    expect(page.locator(".facts")).to_contain_text(day.say("with {who}", who="Bilal"))


def close_as_colleague(day: Day, bilal: Any) -> None:
    page = bilal.page
    bilal.press("m")  # mine alone
    expect(page.locator(".rows:not(.rows-urgent) .row")).to_have_count(1)
    page.locator(f"#row-{day.case}").focus()
    bilal.press("Enter")
    page.wait_for_url(f"**/cases/{day.case}")
    expect(page.locator(".history")).to_contain_text("please close it at eight")
    bilal.press("x", "1")
    page.click("#close .button-main")
    expect(page.locator(".facts")).to_contain_text(day.say("closed"))
    expect(page.locator(".facts")).to_contain_text(day.say(names.OUTCOMES["helped"]))
    bilal.press("q")
    page.wait_for_url(day.address + "/")
    assert page.locator(f"#row-{day.case}, #pin-{day.case}").count() == 0
    bilal.go("/?status=closed")
    expect(page.locator(f"#row-{day.case}")).to_be_visible()


def export_closed(day: Day, chitra: Any) -> None:
    """The closed case, and no other, is in the file that the supervisor takes."""
    page, kind = chitra.page, {"en": "csv", "hi": "xlsx"}[day.language]
    chitra.go("/export")
    page.select_option("[name=status]", "closed")
    page.select_option("[name=kind]", kind)
    with page.expect_download() as download:
        page.click("form[action='/export/queue'] button")
    file = day.folder / f"closed.{kind}"
    download.value.save_as(file)
    assert download.value.suggested_filename.endswith(f".{kind}")
    if kind == "csv":
        rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    else:
        book = openpyxl.load_workbook(file, read_only=True)
        rows = [[str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]
        book.close()
    assert len(rows) == 2, rows
    assert "MH-2026-000123" in rows[1]
    assert "98XXXXXX12" not in " ".join(rows[1])  # the summary is masked, and the text not there


def read_report(day: Day, asha: Any) -> None:
    """The numbers are those of this day, and they fit on two sheets of paper."""
    page, say = asha.page, day.say
    asha.press("g", "r")
    page.wait_for_url("**/report")
    told = read_pairs(page.locator(".tally"))
    counted = {
        names.SOURCES["upload"]: day.rows,
        names.SOURCES["api"]: 1,
        names.CALL_OUTCOMES["reached"]: 1,
        names.OUTCOMES["helped"]: 1,
        names.AUDIT_ACTIONS["claimed"]: 1,
        names.AUDIT_ACTIONS["noted"]: 1,
        names.AUDIT_ACTIONS["handed_over"]: 1,
    }
    assert {words: int(told[say(words)]) for words in counted} == counted
    sheet = page.locator(".report")
    expect(sheet).to_contain_text(say("What came: {n}", n=day.rows + 1))
    open_cases = page.locator("section:first-of-type tbody tr td:nth-child(2)").all_inner_texts()
    assert sum(map(int, open_cases)) == day.rows
    paper = page.pdf(format="A4")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 2


def read_pairs(lists: Any) -> dict[str, str]:
    """Read what description lists say."""
    terms, values = (lists.locator(tag).all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(terms, values, strict=True))


def check_what_is_kept(day: Day, triage: Any) -> None:
    """The log is whole, and what people said is the next training data."""
    verified = triage("desk", "verify-audit", "--folder", day.folder)
    assert verified.returncode == 0, verified.stderr
    labels = day.folder / "labels.jsonl"
    exported = triage("desk", "export-labels", labels, "--folder", day.folder)
    assert exported.returncode == 0, exported.stderr
    [learnt] = read_corpus([labels])
    assert (learnt.text, int(learnt.urgency)) == (NEW_P1, 3)
