import json
import re
import stat
import sys
from collections import Counter
from datetime import date
from html.parser import HTMLParser

import pytest

from triage.cli.evaluate import evaluate
from triage.errors import DataError, OutputExistsError
from triage.evaluating import check_page
from triage.evaluation.metrics import proportion
from triage.evaluation.report import MOST_IDS, give_account, say_share, write_report
from triage.evaluation.robustness import CLEAN, Robustness
from triage.evaluation.scorecard import Judged, score_cases
from triage.labels import AtRisk, Category, Urgency
from triage.records import LabelledComplaint

SECRET = "Vishwambhar cries by the lake"
VOID = {"meta", "br", "path", "use", "rect", "stop"}


def judge(name: str, *, level: int, marked: bool, read=None, phenomenon: str = "", story: str = ""):
    complaint = LabelledComplaint(
        id=name,
        text=SECRET,
        language="hi",
        category=Category.SEXTORTION,
        urgency=Urgency(level),
        at_risk=AtRisk.SELF if level else AtRisk.NOBODY,
        death_reported=False,
        minor=False,
        scenario=story or name,
        batch="made-up",
        evidence=(SECRET,),
        phenomenon=phenomenon,
    )
    proba = (0.1, 0.2, 0.7) if read is Category.OTHER_FRAUD else (0.1, 0.7, 0.2)
    return Judged(complaint, proba, Urgency(3 if marked else 0), 0.9 if marked else 0.1, marked)


def made_up_cases() -> list[Judged]:
    found = [judge(f"f{n}", level=2, marked=True) for n in range(17)]
    missed = [judge(f"<b>m{n}", level=3 if n == 2 else 2, marked=False) for n in range(3)]
    alarms = [judge("alarm", level=0, marked=True, read=Category.OTHER_FRAUD)]
    calm = [judge(f"c{n}", level=0, marked=False) for n in range(49)]
    pair = [
        judge("p1", level=3, marked=True, phenomenon="negation", story="p"),
        judge("p2", level=0, marked=True, phenomenon="negation", story="p"),
    ]
    return [*found, *missed, *alarms, *calm, *pair]


def made_up_robustness() -> Robustness:
    clean, worse = proportion(17, 20), proportion(9, 20)
    recall = {
        CLEAN: {"all": clean, "hi": clean},
        "typos": {"all": worse},
        "all_caps": {"all": clean},
    }
    return Robustness(recall, {"all": proportion(18, 18)})


def write(cases, robustness=None, **changed):
    named = {"model_name": "mine", "threshold": 0.25, "made_of": "a made-up file"} | changed
    return write_report("How good is it?", cases, score_cases(cases), robustness, **named)


@pytest.fixture(scope="module")
def page():
    return write(made_up_cases(), made_up_robustness(), day=date(2026, 11, 2))


def words(page: str) -> str:
    """What a reader sees: no style, no drawing, no tag."""
    page = re.sub(r"<(style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", page.replace("</p>", "</p> ")).split())


class Structure(HTMLParser):
    """Notes what opens and closes, and the attributes on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.drawings: list[dict[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        self.tags[tag] += 1
        self.ids += [held["id"]] if "id" in held else []
        self.links += [held[name] for name in ("href", "src", "xlink:href") if name in held]
        if tag == "svg":
            self.drawings.append(held)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_key_sentences_say_what_was_counted(page):
    seen = words(page)
    assert "Measured on a made-up file. Model: mine. 2 November 2026." in seen
    assert "Of 100 complaints in which somebody may take their life, it finds 85 of 100" in seen
    assert "between 64 and 95 · 17 of 20 found" in seen
    assert "94 are truly so between 74 and 99 · 17 of 18 marked" in seen
    assert "Of 1,000 complaints without high risk it marks 20 in vain" in seen
    assert "Sextortion is read as Other fraud (1 complaint)" in seen
    assert "Weakest" not in seen  # one pair says nothing about its phenomenon
    assert "“typing mistakes”. Then it finds 45 of 100 instead of 85" in seen
    assert "its probability is 0.25 or more" in seen


def test_hindi_says_the_same(page):
    seen = words(page)
    assert "संक्षेप में" in seen
    assert "यह प्रोग्राम 85 को पहचान लेता है (95 % भरोसे के साथ 64 से 95 के बीच)" in seen
    assert "ऐसी 20 शिकायतें थीं: 17 मिलीं, 3 छूट गईं" in seen


def test_missed_ones_are_named_by_id_the_gravest_first_and_escaped(page):
    assert "It missed 3 of 20 complaints at high risk; in 1 of these" in words(page)
    assert "&lt;b&gt;m2, &lt;b&gt;m0, &lt;b&gt;m1" in page
    assert "<b>m" not in page
    many = write([judge(f"m{n}", level=2, marked=False) for n in range(MOST_IDS + 3)])
    assert f"m{MOST_IDS - 1}" in many
    assert f"m{MOST_IDS}" not in many
    assert "and 3 more" in many


def test_no_word_of_a_complaint(page):
    assert not any(word in words(page) for word in ("Vishwambhar", "cries", "lake"))


def test_the_page_needs_nothing_else_and_its_parts_are_named(page):
    held = Structure()
    held.feed(page)
    assert not held.open
    assert len(held.ids) == len(set(held.ids))
    assert all(link.startswith("#") and link[1:] in held.ids for link in held.links)
    assert held.tags["script"] == held.tags["link"] == held.tags["img"] == held.tags["image"] == 0
    assert "url(http" not in page
    assert "@import" not in page
    assert held.tags["table"] == held.tags["caption"] == held.tags["thead"] == 4
    assert len(held.drawings) == held.tags["figure"] == 5
    assert all(d["role"] == "img" and len(d["aria-label"]) > 40 for d in held.drawings)


def test_colours_are_readable(page):
    colours = dict(re.findall(r"--(\w+): (#\w{6})", page))

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        lit = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * lit[0] + 0.7152 * lit[1] + 0.0722 * lit[2]

    for name in ("ink", "soft", "blue", "warn"):
        for ground in ("#ffffff", colours["pale"]):
            contrast = (light(ground) + 0.05) / (light(colours[name]) + 0.05)
            assert contrast >= 4.5, (name, ground)


@pytest.mark.parametrize(
    "cases",
    [
        [],
        [judge("calm", level=0, marked=False)],
        [judge("high", level=3, marked=True)],
        [judge("p", level=3, marked=True, phenomenon="something_new")],
    ],
)
def test_a_page_of_next_to_nothing(cases):
    page = write(cases, Robustness({CLEAN: {"all": proportion(0, 0)}}, {"all": proportion(0, 0)}))
    assert not re.search(r"\bnan\b", words(page))
    high = [case for case in cases if case.truly_high and not case.complaint.phenomenon]
    assert ("It missed none of the 1" in words(page)) is bool(high)
    assert ("Not measured" in page) is not bool(high)


def test_without_matplotlib_the_page_says_that_figures_are_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = write(made_up_cases())
    assert "<svg" not in page
    assert "matplotlib is not installed" in page
    assert "17 of 20" in page


def test_all_and_none_are_said_only_where_they_are_true():
    assert [say_share(x) for x in (0.9999, 0.0001, 1.0, 0.0)] == ["99", "1", "100", "0"]
    assert say_share(float("nan")) == "–"


def test_an_account_counts_each_share_over_its_own_cases():
    singles = [case for case in made_up_cases() if not case.complaint.phenomenon]
    account = give_account("all", singles)
    assert account.cases == account.kind.count == 70
    assert (account.found.count, account.right.count, account.alarms.count) == (20, 18, 50)
    assert account.too_low.value == pytest.approx(3 / 70)
    assert account.kind.value == pytest.approx(69 / 70)


def test_where_a_page_may_stand(tmp_path):
    page = tmp_path / "page.html"
    check_page(page, force=False)
    page.touch()
    check_page(page, force=True)
    with pytest.raises(OutputExistsError, match="--force"):
        check_page(page, force=False)
    with pytest.raises(DataError, match=r"ends in '\.txt'; expected \.html or \.htm"):
        check_page(tmp_path / "page.txt", force=True)
    with pytest.raises(DataError, match="make it first"):
        check_page(tmp_path / "nowhere" / "page.html", force=True)


def test_the_command_writes_the_page(model_folder, small_corpus, write_jsonl, tmp_path, capsys):
    rows = [
        {"id": c.id, "text": c.text, "language": c.language, "category": str(c.category),
         "urgency": int(c.urgency), "at_risk": str(c.at_risk), "scenario": c.scenario}
        for c in small_corpus[:40]
    ]  # fmt: skip
    path, html = write_jsonl(rows, "cases.jsonl"), tmp_path / "page.html"
    html.write_text("an older page")
    options = {"model": model_folder, "html": html, "robustness": False, "as_json": True}
    with pytest.raises(OutputExistsError):
        evaluate([path], **options)
    assert html.read_text() == "an older page"
    evaluate([path], **options, force=True)
    page = html.read_text("utf-8")
    assert "How good is the model &#39;small&#39;?" in page
    assert str(path) in page
    assert not any(c.text in page for c in small_corpus[:40])
    assert stat.S_IMODE(html.stat().st_mode) == 0o600
    shown = capsys.readouterr()
    assert json.loads(shown.out)["overall"]["recall"]["count"] > 0
    assert str(html) in shown.err
    assert not list(tmp_path.glob(".page*"))
