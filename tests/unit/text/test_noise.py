"""Noise: what it changes, what it leaves, and that a seed gives the same again."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.noise import SPOILERS, make_typos, spoil_pieces
from triage.text.normalise import normalise
from triage.text.spelling import spelling_key

TEXTS = (
    "They recorded my video call. He wants 25,000 rupees by tonight!",
    "मेरा खाता खाली हो गया। मदद कीजिए",
)


@pytest.mark.parametrize("name", SPOILERS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_seed_gives_the_same_again(name, text):
    assert spoil_pieces([text], [name], "a") == spoil_pieces([text], [name], "a")


def test_another_seed_gives_another_text():
    assert spoil_pieces([TEXTS[0]], ["typos"], "a") != spoil_pieces([TEXTS[0]], ["typos"], "b")


def test_two_typos_a_sentence_and_no_more():
    spoilt = make_typos(TEXTS[0], Random(1))
    changed = [a != b for a, b in zip(TEXTS[0].split(), spoilt.split(), strict=True)]
    assert 2 <= sum(changed) <= 4


@pytest.mark.parametrize(("name", "lost"), [("digits_lost", r"\d"), ("marks_lost", r"[.!,।]")])
def test_what_is_lost_is_gone(name, lost):
    for text in TEXTS:
        assert not re.search(lost, spoil_pieces([text], [name], "a")[0])


def test_invisible_characters_are_cleaned_away_again():
    hidden = spoil_pieces([TEXTS[0]], ["zero_width"], "a")[0]
    assert hidden != TEXTS[0]
    assert normalise(hidden).text == TEXTS[0]


def test_look_alike_letters_keep_their_keys():
    mixed = normalise(spoil_pieces([TEXTS[0]], ["mixed_script"], "b")[0]).text
    assert [spelling_key(w) for w in mixed.split()] == [spelling_key(w) for w in TEXTS[0].split()]


def test_some_words_change_their_script():
    mixed = spoil_pieces([TEXTS[1] * 10], ["mixed_script"], "b")[0]
    assert re.search("[a-z]", mixed)
    assert re.search("[\u0900-\u097f]", mixed)


@pytest.mark.parametrize("name", SPOILERS)
@given(text=st.text(max_size=80))
def test_any_text_can_be_spoilt(name, text):
    assert isinstance(spoil_pieces([text], [name], "a")[0], str)
