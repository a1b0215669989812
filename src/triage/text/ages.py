"""Read whether a person wronged is said to be under 18: ages and school classes with their numbers."""

import re

_DEVANAGARI_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")
ADULT = 18
_LATIN_LOW = frozenset(f"{n:0{width}}" for n in range(1, ADULT) for width in (1, 2))
_LOW = _LATIN_LOW | {number.translate(_DEVANAGARI_DIGITS) for number in _LATIN_LOW}

_AGE = re.compile(
    r"\b(?:age[d]?|umar|umra|umr|aged about|उम्र|वय|आयु)\W{0,3}(?:is|of|hai|about)?\W{0,2}(\d{1,2})\b(?!\s*(?:days|hours|min))"
    r"|\b(\d{1,2})\s*[- ]?(?:years?|yrs?|yr|y)[- ]?\s*(?:old|ki|ka|of age|\bgirl|\bboy|daughter|son)"
    r"|\b(\d{1,2})\s*(?:saal|sal|baras|साल|वर्षीय|वर्षाची|वर्षाचा|वर्षांची|वर्षांचा|वर्षाच्या|वर्षांच्या|वर्ष)\s*(?:ki|ka|ke|की|का|के|मुलगी|मुलगा|मुलीला|मुलाला)?\b"
    r"|\b(\d{1,2})\s*(?:yo|y/o)\b"
    # "I am 15 and", "my sister is 16.", "main 15 ki hu", "मैं 15 की हूं": bare numbers that are ages
    r"|\b(?:i am|i'm|i m|im|(?:son|daughter|sister|brother|cousin|niece|nephew|child) is)"
    r"\s+(?:only\s+|just\s+)?(\d{1,2})(?=\s*(?:$|[.;!?)]|,(?!\d)|(?:and|now|but|so|he|she)\b))"
    r"|\b(?:main?|mein|मैं)\s+(?:abhi\s+|sirf\s+|अभी\s+|सिर्फ\s+)?(\d{1,2})\s+(?:ki|ka|की|का)"
    r"\s+(?:hu|hun|hoon|hoo|हूं|हूँ|हु)",
    re.IGNORECASE,
)
_AGO = re.compile(
    r"^\s*(?:pehle|pahle|se|ago|back|purani|पहले|से|पूर्वी|झाली|hue|ho gaye|baad|tak|experience|relation|(?:old\s+)?(?:video|photo|account|clip|loan|case|chat|phone|friend|business|shop)|kamai|naukri|नोकरी|नौकरी|service|bachat|savings|mehnat|shadi|कमाई)",
    re.IGNORECASE,
)
_SCHOOL = re.compile(
    r"\b(?:class|std|standard|grade|kaksha|कक्षा|क्लास|इयत्ता)\W{0,2}(\d{1,2})(?:th|st|nd|rd|वी|वीं|वीत)?\b"
    r"|\b(\d{1,2})\s?(?:th|st|nd|rd|vi|v|वीं|वी)\s*(?:class|std|standard|grade|kaksha|कक्षा|क्लास|me padh|mein padh|में पढ)"
    r"|\b(\d{1,2})\s?(?:वीत|वीला|वीच्या|वीतला|वीतली)",
    re.IGNORECASE,
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]+\d+)*")
_BEFORE, _AFTER = 18, 24
"""Characters round a number in which its age or class is named. Most numbers are none: the closer
look is only for these few characters."""

LAST_MINOR_CLASS = 11
"""Pupils of class 12 are often 18; the label guide wants a minor to be said, not guessed."""


def mentions_minor(text: str) -> bool:
    """Say whether a text gives an age under 18 or a school class up to 11 for somebody.

    :param text: clean text.

    >>> mentions_minor("my daughter aged 15 is in class 10"), mentions_minor("I am 25 years old")
    (True, False)
    """
    return any(
        _says_minor(text, max(0, number.start() - _BEFORE), number.end() + _AFTER)
        for number in _NUMBER.finditer(text)
        if number.group() in _LOW
    )


def holds_low_number(word: str) -> bool:
    """Say whether a word holds a number below 18; a text without one gives no such age or class."""
    return any(number in _LOW for number in _NUMBER.findall(word))


def _says_minor(text: str, start: int, stop: int) -> bool:
    for match in _AGE.finditer(text, start, stop):
        age = int(next(group for group in match.groups() if group))
        if 5 <= age < ADULT and not _AGO.match(text[match.end() :]):
            return True
    for match in _SCHOOL.finditer(text, start, stop):
        if 1 <= int(next(group for group in match.groups() if group)) <= LAST_MINOR_CLASS:
            return True
    return False
