import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.ages import mentions_minor
from triage.text.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I received a video call and they are blackmailing me", "en"),
        ("mujhe video call aaya aur ab paise maang rahe hai", "hinglish"),
        ("sir loan app wale pareshan kar rahe hai please help", "hinglish"),
        ("मुझे वीडियो कॉल आया और अब वो पैसे मांग रहे हैं", "hi"),
        ("मला व्हिडिओ कॉल आला आणि आता ते पैसे मागत आहेत", "mr"),
        ("எனக்கு உதவி வேண்டும்", "unknown"),
        ("আমাকে সাহায্য করুন", "unknown"),
        ("", "unknown"),
        ("12345 !!!", "unknown"),
        ("💔💔💔", "unknown"),
        ("Привет, помогите мне", "unknown"),
        ("WHATSAPP HACKED", "en"),
    ],
)
def test_languages(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize("language", ["en", "hinglish", "hi", "mr"])
def test_most_of_the_corpus_is_told_apart(corpus, language):
    own = [c for c in corpus if c.language == language]
    right = sum(detect_language(c.text) == language for c in own)
    assert right / len(own) > 0.93


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("my daughter is 15 years old", True),
        ("meri beti 14 saal ki hai", True),
        ("बेटी की उम्र 16 है", True),
        ("मुलगी १५ वर्षांची आहे", True),
        ("she studies in class 9", True),
        ("10th class student", True),
        ("दसवीं नहीं, कक्षा 8 में", True),
        ("I am 25 years old", False),
        ("15 years ago I lived there", False),
        ("10 saal pehle", False),
        ("paid 15 times", False),
        ("class 12 passed", False),
        ("I am 15.", True),
        ("I am 15 and he has my photos", True),
        ("i'm only 16, please help", True),
        ("my sister is 17 now", True),
        ("main 15 ki hu", True),
        ("मैं १६ का हूं", True),
        ("I am 15 days late with the loan", False),
        ("I am 15,000 in debt", False),
        ("I am 10 km from the station", False),
        ("I am 21.", False),
        ("main 15 din se pareshan hu", False),
        ("", False),
    ],
)
def test_ages(text, minor):
    assert mentions_minor(text) is minor


@given(st.text(max_size=80))
def test_nothing_breaks_them(text):
    assert detect_language(text) in ("en", "hinglish", "hi", "mr", "unknown")
    assert mentions_minor(text) in (True, False)
