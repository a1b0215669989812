import numpy as np
from spacy.strings import hash_string

from triage.text import word_traits
from triage.text.language import LANGUAGES, detect_language
from triage.text.pipeline import build_nlp
from triage.text.reading import read_texts
from triage.text.word_traits import WordTraits

TEXTS = [
    "paise kat gaye sir meri help kijiye. meri beti 15 saal ki hai",
    "they recorded my video call and want 5,000 by tonight",
    "मेरी बेटी ने कहा कि वह नहीं आएगी",
    "माझ्या मुलीने सांगितलं की ती येत नाही आहे",
    "",
    "💔",
    "கஷ்டம் இருக்கிறது",
]


def test_a_batch_is_read_as_each_text_alone():
    nlp = build_nlp()
    together = read_texts(nlp, TEXTS)
    for text, reading in zip(TEXTS, together.readings, strict=True):
        (alone,) = read_texts(nlp, [text]).readings
        assert reading.language == alone.language == detect_language(text)
        assert reading.minor_age == alone.minor_age
        assert reading.keys.tolist() == alone.keys.tolist()
        assert reading.classes.tolist() == alone.classes.tolist()
        assert reading.segments.tolist() == alone.segments.tolist()
        assert reading.mentions == alone.mentions
    assert together.readings[0].minor_age
    assert not together.readings[1].minor_age


def test_the_index_of_a_batch_is_that_of_its_keys():
    batch = read_texts(build_nlp(), TEXTS)
    distinct, places = batch.index_keys()
    keys = [key for reading in batch.readings for key in reading.keys.tolist()]
    assert distinct[places].tolist() == keys
    assert distinct.tolist() == sorted(set(keys))
    assert set(batch.key_strings) == set(keys)


def test_a_full_table_starts_afresh_and_says_the_same():
    nlp = build_nlp()
    nlp.traits = WordTraits(nlp.vocab, most=10)
    first, again = (
        [r.language for part in (TEXTS[:2], TEXTS[2:]) for r in read_texts(nlp, part).readings]
        for _ in range(2)
    )
    assert first == again == [detect_language(text) for text in TEXTS]


def test_each_distinct_word_is_looked_at_once(monkeypatch):
    asked = []
    true = word_traits.count_letters
    monkeypatch.setattr(word_traits, "count_letters", lambda word: asked.append(word) or true(word))
    read_texts(build_nlp(), ["money money money gone", "money gone again"])
    assert sorted(asked) == ["again", "gone", "money"]


def test_traits_of_a_word():
    nlp = build_nlp()
    words = ["आहे", "15saal", "।", "hai"]
    for word in words:
        _ = nlp.vocab[word]

    rows = nlp.traits.rows(np.array([hash_string(word) for word in words], dtype=np.uint64))
    traits = nlp.traits.table[rows]
    assert traits["letters"].tolist()[0] == [0, 2, 0]
    assert traits["low"].tolist() == [False, True, False, False]
    assert traits["ends"].tolist() == [False, False, True, False]
    assert traits["classes"].shape == (4, len(LANGUAGES))
