from dataclasses import replace

import pytest

from triage.evaluation.near_copies import hold_together

LONG = "one two three four five six seven eight nine ten eleven twelve"
OTHER = "they sat by the river and spoke of the price of rice until dusk"


@pytest.fixture
def tell(small_corpus):
    """Build complaints of (scenario, text)."""

    def build(*told):
        return [
            replace(small_corpus[0], id=str(i), scenario=scenario, text=text)
            for i, (scenario, text) in enumerate(told)
        ]

    return build


def scenarios(complaints):
    return [complaint.scenario for complaint in hold_together(complaints)]


def test_near_copies_get_the_first_ones_story(tell):
    told = tell(("b", LONG), ("x", OTHER), ("a", LONG + " thirteen"))
    assert scenarios(told) == ["b", "x", "b"]
    held = hold_together(told)
    assert [replace(c, scenario="") for c in held] == [replace(c, scenario="") for c in told]


def test_the_rest_of_a_story_comes_along(tell):
    told = tell(("a", "something of its own"), ("b", LONG), ("c", OTHER), ("a", LONG), ("c", LONG))
    assert scenarios(told) == ["a"] * 5


def test_it_goes_on_from_copy_to_copy(tell):
    words = LONG.split()
    chain = [(f"s{i}", " ".join(words[i:] + [f"w{i}{n}" for n in range(i)])) for i in (0, 1, 2)]
    assert scenarios(tell(*chain)) == ["s0"] * 3


def test_short_texts_of_the_same_words_are_held_together(tell):
    told = tell(("a", "please help me"), ("b", "Please, help me!"), ("c", "please help him"))
    assert scenarios(told) == ["a", "a", "c"]


def test_texts_without_words_and_different_texts_stay_apart(tell):
    assert scenarios(tell(("a", "💔"), ("b", "💔"), ("c", LONG), ("d", OTHER))) == [*"abcd"]
    assert hold_together([]) == []


def test_a_sound_corpus_stays_as_it_is(small_corpus):
    assert hold_together(small_corpus) == small_corpus


def test_a_form_every_text_begins_with_makes_no_copies(small_corpus):
    opening = "I want to lodge a complaint about online fraud with your good office today. "
    cases = [replace(c, text=opening + c.text) for c in small_corpus if not c.phenomenon][:400]
    before = len({c.scenario for c in cases})
    assert len({c.scenario for c in hold_together(cases)}) > 0.95 * before


def test_a_form_letter_sent_with_other_amounts_is_one_story(small_corpus):
    like = small_corpus[0]
    cases = [
        replace(
            like, id=str(i), scenario=str(i), text=f"I lost {i} rupees to the lottery of {i} May"
        )
        for i in range(1, 40)
    ]
    assert len({c.scenario for c in hold_together(cases)}) == 1
