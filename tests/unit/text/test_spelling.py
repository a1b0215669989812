import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.spelling import spelling_key
from triage.text.typos import build_key_getter

MEET = [
    "video vedio VDO विडियो वीडियो व्हिडिओ",
    "nahi nhi nahin नहीं नही नाही",
    "suicide sucide suside susaid suicied sycide सुसाइड",
    "aatmahatya atmahatya aatamhatya आत्महत्या",
    "whatsapp watsapp whatsap व्हाट्सएप",
    "zindagi jindagi jindgi जिंदगी ज़िंदगी",
    "zeher jahar zahar जहर ज़हर",
    "phaansi fansi phansi फांसी फाँसी",
    "jaunga jaaunga jaungi जाऊंगा जाऊँगा",
    "marna मरना",
    "pareshan paresan preshan परेशान",
    "khatam khatm khtm खत्म",
    "don't dont don’t",
    "please plz pls pleaseee",
]
APART = [
    "mar maar",
    "die di did",
    "dead did",
    "shame same",
    "call kal",
    "no number",
    "kal कॉल",
    "I ye",
    "my मी",
]


@pytest.mark.parametrize("words", MEET)
def test_spellings_that_meet(words):
    assert len({spelling_key(word.replace("’", "'")) for word in words.split()}) == 1


@pytest.mark.parametrize("words", APART)
def test_words_that_stay_apart(words):
    keys = [spelling_key(word) for word in words.split()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("word", "mask"),
    [
        ("9XXXXXXX12", "<phone>"),
        ("9876543210", "<phone>"),
        ("+919876543210", "<phone>"),
        ("5000", "<num>"),
        ("12,000", "<num>"),
        ("Rs.500/-", "<num>"),
        ("5000rs", "<num>"),
        ("5k", "<num>"),
        ("१२,०००", "<num>"),
        ("7", "<num>"),
        ("rinku77@examplebank", "<id>"),
        ("rinku_77", "<id>"),
        ("SBIN0001234", "<id>"),
        ("http://example.com/x", "<link>"),
        ("www.example.com", "<link>"),
        ("example.com", "<link>"),
        ("XXXXXX", "<num>"),
    ],
)
def test_identifiers_become_masks(word, mask):
    assert spelling_key(word) == mask


@pytest.mark.parametrize("word", [".", "।", "...", "💔", "வணக்கம்", "'", "-"])
def test_other_signs_stay_something(word):
    assert spelling_key(word)


@given(st.text(min_size=1, max_size=30))
def test_every_word_has_a_key(word):
    assert spelling_key(word) == spelling_key(word)
    assert spelling_key(word)


def test_typos_of_risk_words_are_mended():
    key = build_key_getter({"atmahatya", "jeher", "suiside"})
    assert (
        key("atmhatya")
        == key("aatmahatyaa")
        == key("atmahatyaa")
        == key("atmahatyq")
        == "atmahatya"
    )
    assert key("changed") == spelling_key("changed")


def test_vowels_dropped_are_mended():
    key = build_key_getter({"atmahatya"})
    assert key("tmhty") == "atmahatya"


def test_between_two_risk_words_nothing_is_guessed():
    key = build_key_getter({"blarking", "blarping"})
    assert key("blarning") == "blarning"


def test_slips_in_common_words_are_mended_towards_the_commonest():
    key = build_key_getter({"suiside"})
    for slip, word in (
        ("thinknig", "thinking"),
        ("bsnk", "bank"),
        ("frm", "from"),
        ("vdeo", "video"),
    ):
        assert key(slip) == spelling_key(word)


def test_common_words_and_masks_are_no_typos():
    key = build_key_getter({"hanged"})
    assert key("changed") == spelling_key("changed")
    assert key("9876543210") == "<phone>"
    assert key("xq") == spelling_key("xq")


def test_a_single_letter_is_no_short_form():
    assert spelling_key("ss") == spelling_key("screenshot")
    assert spelling_key("'s") == "s"
