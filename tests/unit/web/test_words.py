import string

import pytest
import words_used

from triage.model.opinion import MAX_CHARACTERS
from triage.policy import load_policy
from triage.web import names
from triage.web.words import load_hindi, translate, translate_refusal


def test_every_line_has_its_hindi():
    assert sorted(words_used.find_words() - set(load_hindi())) == []


def test_no_hindi_is_left_over():
    reasons = {rule.reason for rule in load_policy().rules}
    assert sorted(set(load_hindi()) - words_used.find_words() - reasons) == []


def test_both_languages_name_the_same_values():
    def fields(words):
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    unlike = [line for line, hindi in load_hindi().items() if not fields(hindi) <= fields(line)]
    assert unlike == []


def test_doubts_are_those_of_the_model():
    assert f"very long: only the first {MAX_CHARACTERS:,} characters were read" in names.DOUBTS


def test_unknown_words_stay_english():
    assert translate("A line that nobody wrote", "hi") == "A line that nobody wrote"


@pytest.mark.parametrize(
    ("message", "hindi"),
    [
        ("complaint 12 is closed; reopen it first", "शिकायत 12 बंद है; पहले फिर खोलें"),
        ("complaint 3 is with Asha already", "शिकायत 3 पहले से Asha के पास है"),
        ("something else", "something else"),
    ],
)
def test_refusals_are_said_in_hindi(message, hindi):
    assert translate_refusal(message, "hi") == hindi
    assert translate_refusal(message, "en") == message
