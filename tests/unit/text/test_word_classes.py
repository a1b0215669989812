"""Word classes: the same meaning has the same class in every language."""

import tomllib
from collections import Counter
from importlib import resources

import pytest
from spacy.strings import hash_string

from triage.text.language import LANGUAGES
from triage.text.spelling import spelling_key
from triage.text.word_classes import FILE, load_classes, word_classes


def one(word: str, language: str) -> int:
    return word_classes(hash_string(spelling_key(word)))[LANGUAGES.index(language)]


@pytest.mark.parametrize(
    "words",
    [
        {"en": "mother", "hi": "माँ", "hinglish": "papa", "mr": "आई"},
        {"en": "said", "hi": "कहा", "hinglish": "bola", "mr": "म्हणाला"},
        {"en": "not", "hi": "नहीं", "hinglish": "nahi", "mr": "नाही"},
        {"en": "suicide", "hi": "आत्महत्या", "hinglish": "suicide", "mr": "आत्महत्या"},
        {"en": "today", "hi": "आज", "hinglish": "aaj", "mr": "आज"},
    ],
)
def test_one_meaning_one_class(words):
    classes = {one(word, language) for language, word in words.items()}
    assert len(classes) == 1
    assert classes != {0}


def test_a_word_is_read_in_the_language_of_its_text():
    assert one("fir", "en") != one("fir", "hinglish")  # a report; "then"


def test_unknown_words_have_none():
    assert one("zzyzx", "en") == 0


def test_no_word_stands_in_two_classes_of_a_language():
    text = resources.files("triage.text.lexicon").joinpath(FILE).read_text("utf-8")
    for language, table in tomllib.loads(text)["classes"].items():
        counts = Counter(word for words in table.values() for word in words)
        assert [w for w, n in counts.items() if n > 1] == [], language


def test_every_language_has_the_same_classes():
    text = resources.files("triage.text.lexicon").joinpath(FILE).read_text("utf-8")
    names = {frozenset(table) for table in tomllib.loads(text)["classes"].values()}
    assert len(names) == 1
    assert tuple(load_classes()) == LANGUAGES
