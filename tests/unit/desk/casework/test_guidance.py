"""The next steps: what is shown when, in what order, and that nobody is sent to the wrong place."""

import re
from datetime import timedelta
from itertools import product

import pytest
from made_up_cases import NOW

from triage.desk.casework.guidance import CaseFacts, find_steps, load_guide
from triage.errors import ConfigError
from triage.labels import LANGUAGES, AtRisk, Category, Priority, Urgency

STEP = """
[[step]]
id = "call"
when = [{ urgency_at_least = 3 }]
source = "label guide"
to_do = { en = "Call.", hi = "फोन करें।" }
"""


def facts(**overrides) -> CaseFacts:
    values = {
        "category": Category.SEXTORTION,
        "priority": Priority.P3,
        "urgency": Urgency.NONE,
        "high_risk": False,
        "at_risk": AtRisk.NOBODY,
        "minor": False,
        "death_reported": False,
        "money_recent": False,
        "deadline": False,
        "unreadable": False,
        "arrived_at": NOW,
    }
    return CaseFacts(**values | overrides)


def find_ids(**overrides) -> list[str]:
    return [step.id for step in find_steps(facts(**overrides))]


def every_case():
    flags = product((False, True), repeat=5)
    names = ("minor", "high_risk", "death_reported", "money_recent", "deadline")
    for values in flags:
        for category, (priority, level) in product(
            Category, [("P1", 4), ("P1", 3), ("P2", 2), ("P2", 0), ("P3", 1), ("P4", 0)]
        ):
            for at_risk in AtRisk:
                yield facts(
                    **dict(zip(names, values, strict=True)),
                    category=category,
                    priority=Priority(priority),
                    urgency=Urgency(level),
                    at_risk=at_risk,
                )


def test_a_p1_is_called_at_once_whatever_else_holds():
    for case in every_case():
        first = find_steps(case)[0]
        assert (first.phone == "112") == (case.priority is Priority.P1), case
        assert first.id.startswith("call_now") == (case.priority is Priority.P1), case


def test_a_p1_by_the_desks_own_policy_is_called_at_once_too():
    assert find_ids(priority=Priority.P1, urgency=Urgency.NONE)[0] == "call_now"


def test_minors_and_adults_are_sent_to_different_places():
    for case in every_case():
        steps = find_steps(case)
        links = {step.link for step in steps}
        read_out = " ".join(text for step in steps for text in step.say.values()).lower()
        if case.minor:
            assert "StopNCII.org" not in links
            assert "stopncii" not in read_out
            assert "1098" in {step.phone for step in steps}
        else:
            assert "takeitdown.ncmec.org" not in links
            assert "takeitdown" not in read_out
            assert "take it down" not in read_out


def test_everybody_gets_some_step():
    assert all(find_steps(case) for case in every_case())


def test_the_clock_of_a_minor_runs_for_a_day_from_arrival():
    steps = {step.id: step for step in find_steps(facts(minor=True))}
    assert steps["report_for_minor"].until == NOW + timedelta(hours=24)
    assert "19(6)" in steps["report_for_minor"].law
    assert [step.id for step in steps.values() if step.until] == ["report_for_minor"]
    assert "report_for_minor" not in find_ids(minor=True, category=Category.OTHER_FRAUD)
    assert "check_for_minor" in find_ids(minor=True, category=Category.OTHER_FRAUD)


def test_an_unreadable_text_tells_only_that_somebody_has_to_read_it():
    assert find_ids(unreadable=True, category=Category.OTHER_FRAUD) == ["read_it_yourself"]
    assert find_ids(unreadable=True, minor=True, urgency=Urgency.DISTRESS) == ["read_it_yourself"]


def test_steps_come_in_the_order_in_which_they_are_done():
    found = find_ids(
        priority=Priority.P1,
        urgency=Urgency.INTENT,
        high_risk=True,
        at_risk=AtRisk.SELF,
        minor=True,
        money_recent=True,
        deadline=True,
        death_reported=True,
    )
    assert found == [
        "call_now",
        "tele_manas",
        "death_reported",
        "report_for_minor",
        "child_helpline",
        "freeze_money_at_once",
        "deadline_runs",
        "do_not_pay",
        "take_it_down",
        "sections_for_images_of_minor",
        "womens_helpline",
        "portal",
    ]


def test_the_life_of_somebody_else_is_asked_after():
    found = find_ids(priority=Priority.P1, urgency=Urgency.IMMINENT, at_risk=AtRisk.OTHER)
    assert found[0] == "call_now_for_somebody_else"
    found = find_ids(
        priority=Priority.P2, urgency=Urgency.IDEATION, at_risk=AtRisk.OTHER, high_risk=True
    )
    assert found[:2] == ["ask_how_the_other_is", "tele_manas"]


def test_high_risk_without_a_level_is_asked_about():
    assert find_ids(priority=Priority.P2, high_risk=True)[:2] == ["ask_how_they_are", "tele_manas"]


def test_money_that_just_moved_comes_before_the_rest_of_a_fraud():
    fraud = Category.OTHER_FRAUD
    assert find_ids(category=fraud, money_recent=True)[0] == "freeze_money_at_once"
    assert find_ids(category=fraud) == ["ask_about_money", "keep_records"]


# The words themselves. -------------------------------------------------------------------------

STEPS = [step for step, _, _ in load_guide().entries]
NUMBERS = {"112", "14416", "1930", "1098", "181"}
SECTIONS = {"108", "306", "308", "383", "389", "66E", "67", "67A", "67B", "19(1)", "19(6)"}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_only_numbers_that_were_checked_are_named(step):
    assert step.phone is None or step.phone in NUMBERS
    said = " ".join([*step.to_do.values(), *step.say.values()])
    numbers = set(re.findall(r"\d+", said))
    assert numbers <= NUMBERS | {"18", "24", "20", "3", "4", "19", "1", "6"}, numbers
    assert "1800" not in said


@pytest.mark.parametrize("step", [s for s in STEPS if s.law], ids=lambda step: step.id)
def test_the_law_is_a_pointer_that_was_checked(step):
    for law in (step.law, step.law_hi):
        named = re.sub(r"1 (July|जुलाई) 2024|24 (hours|घंटे)", "", law)
        assert set(re.findall(r"\d+[A-Z]?(?:\(\d\))?", named)) <= SECTIONS
    assert {*re.findall(r"\d+", step.law)} == {*re.findall(r"\d+", step.law_hi)}


@pytest.mark.parametrize("step", [s for s in STEPS if s.say], ids=lambda step: step.id)
def test_what_is_read_out_is_short_and_in_the_right_script(step):
    assert set(step.say) == set(LANGUAGES)
    for language, text in step.say.items():
        assert len(text.split()) <= 60, (language, len(text.split()))
        devanagari = len(re.findall("[\u0900-\u097f]", text))
        assert (devanagari > len(text) / 3) == (language in ("hi", "mr")), language
        assert devanagari == 0 or language in ("hi", "mr")
    # What is to be called is the same in all languages.
    numbers = [set(re.findall(r"\d+", text)) for text in step.say.values()]
    assert all(each == numbers[0] for each in numbers)


@pytest.mark.parametrize("step", [s for s in STEPS if s.say], ids=lambda step: step.id)
def test_what_is_read_out_promises_nothing_and_names_no_method(step):
    for words in step.say.values():
        assert not re.search(
            r"will be fine|everything will be|guarantee|don't worry|do not worry|commit|suicide|"
            r"sab theek|chinta mat|सब ठीक|चिंता मत|आत्महत्या|काळजी करू नका|aatmhatya",
            words,
            re.IGNORECASE,
        )


# A desk's own file. ----------------------------------------------------------------------------


def load(tmp_path, text: str):
    path = tmp_path / "guidance.toml"
    path.write_text(text, "utf-8")
    return load_guide(path)


def test_a_desk_may_have_its_own_file(tmp_path):
    guide = load(tmp_path, STEP)
    assert [step.id for step in guide.find_steps(facts(urgency=Urgency.INTENT))] == ["call"]
    assert guide.find_steps(facts()) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('id = "call"', "id = 3", "needs an id of its own"),
        ("urgency_at_least = 3", "urgency_at_least = 5", "urgency_at_least is 5"),
        ("urgency_at_least = 3", "urgency_at_least = true", "urgency_at_least is True"),
        ("urgency_at_least = 3", 'category = ["phishing"]', "category is"),
        ("urgency_at_least = 3", 'at_risk = "self"', "at_risk is"),
        ("urgency_at_least = 3", 'minor = "yes"', "minor is 'yes'"),
        ("urgency_at_least = 3", "age = 17", "does not know age"),
        ("[{ urgency_at_least = 3 }]", "[]", "when is missing"),
        ("[{ urgency_at_least = 3 }]", "[3]", "when holds 3"),
        ('en = "Call.", ', "", "to_do has to be said in en, hi"),
        ('en = "Call.", ', 'en = " ", ', "to_do has to be said in en, hi"),
        ('source = "label guide"', "", "source is missing"),
        ('source = "label guide"', 'source = "x"\nphone = 112', "phone is missing or no text"),
        ('source = "label guide"', 'source = "x"\nclock_min = 0', "clock_min is 0"),
        ('source = "label guide"', 'source = "x"\nsms = "y"', "does not know sms"),
        ('source = "label guide"', 'source = "x"\nsay = { en = "Hello" }', "say has to be said"),
        ('source = "label guide"', 'source = "x"\nlink = "stopncii.org"', "where minor = false"),
        (
            'source = "label guide"',
            'source = "x"\nlink = "takeitdown.ncmec.org"',
            "where minor = true",
        ),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, before, after, problem):
    assert before in STEP
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load(tmp_path, STEP.replace(before, after))


def test_all_problems_are_told_at_once(tmp_path):
    wrong = STEP.replace("hi =", "mr =").replace("urgency_at_least = 3", "minor = 1")
    with pytest.raises(ConfigError) as told:
        load(tmp_path, wrong + wrong)
    assert len(told.value.problems) == 6  # a language, a condition and a name that stands twice


@pytest.mark.parametrize("text", ["", "step = 3", "[[step]", "[step]\nid = 'x'"])
def test_what_holds_no_steps_is_refused(tmp_path, text):
    with pytest.raises(ConfigError):
        load(tmp_path, text)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_guide(tmp_path / "none.toml")
