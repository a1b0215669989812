from dataclasses import replace

import pytest

from triage.config import Settings, load_settings, parse_settings
from triage.errors import ConfigError
from triage.labels import Category, Priority, Urgency
from triage.policy import Findings, load_policy

CALM = Findings(
    category=Category.OTHER_FRAUD,
    urgency=Urgency.NONE,
    high_risk=False,
    death_reported=False,
    minor=False,
    deadline=False,
    money_recent=False,
    needs_review=False,
)
SEX = Category.SEXTORTION


@pytest.mark.parametrize(
    ("change", "priority"),
    [
        ({}, Priority.P4),
        ({"urgency": Urgency.IMMINENT, "high_risk": True}, Priority.P1),
        ({"urgency": Urgency.INTENT, "high_risk": True}, Priority.P1),
        ({"urgency": Urgency.IDEATION, "high_risk": True}, Priority.P2),
        ({"death_reported": True}, Priority.P2),
        ({"minor": True}, Priority.P4),
        ({"minor": True, "category": SEX}, Priority.P2),
        ({"deadline": True}, Priority.P4),
        ({"deadline": True, "category": SEX}, Priority.P2),
        ({"money_recent": True}, Priority.P2),
        ({"category": SEX}, Priority.P3),
        ({"category": Category.VIDEO_CALL_BLACKMAIL}, Priority.P3),
        ({"needs_review": True}, Priority.P3),
        ({"needs_review": True, "unreadable": True}, Priority.P2),
    ],
)
def test_the_shipped_policy(change, priority):
    found, rules = load_policy().decide(replace(CALM, **change))
    assert found is priority
    assert rules[0].priority is priority


def test_doubt_never_lowers_a_priority():
    policy = load_policy()
    for category in Category:
        for urgency in Urgency:
            sure = replace(CALM, category=category, urgency=urgency, high_risk=urgency >= 2)
            assert policy.decide(replace(sure, needs_review=True))[0] <= policy.decide(sure)[0]


def test_a_policy_of_the_desk(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text('[[rule]]\npriority = "P2"\nreason = "all the same"\n', "utf-8")
    assert load_policy(path).decide(CALM)[0] is Priority.P2


def test_all_problems_of_a_policy_at_once(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(
        '[[rule]]\npriority = "P9"\nreason = ""\nurgency_at_least = 8\ncategory = ["x"]\nminor = 1\nodd = 2\n',
        "utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        load_policy(path)
    assert len(caught.value.problems) == 7
    assert caught.value.exit_code == 2


def test_a_policy_that_is_not_there_or_no_toml(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_policy(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("[[rule")
    with pytest.raises(ConfigError, match="valid TOML"):
        load_policy(tmp_path / "bad.toml")


def test_settings_from_a_file(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("[model]\nfolds = 3\ntext_c = 2\n")
    assert load_settings(path) == Settings(folds=3, text_c=2)
    assert load_settings(None) == Settings()


def test_all_problems_of_settings_at_once():
    with pytest.raises(ConfigError) as caught:
        parse_settings({"folds": 1, "odd": 3, "text_c": "x", "seed": True}, where="here")
    assert len(caught.value.problems) == 4


def test_settings_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("= 3")
    with pytest.raises(ConfigError, match="valid TOML"):
        load_settings(tmp_path / "bad.toml")
