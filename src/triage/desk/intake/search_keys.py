"""The spelling keys of words, by which a search finds other spellings and the other script."""

import re
from collections.abc import Callable
from functools import cache, lru_cache

from triage.desk.intake.identifiers import MOST_CHARACTERS
from triage.text.leads import cut_text
from triage.text.lexicon import load_lexicon
from triage.text.normalise import normalise
from triage.text.typos import build_key_getter

MOST_WORDS = 200_000
"""Distinct words whose keys are remembered."""

LONGEST_WORD = 60
"""Characters; what is longer is a pasted code."""

_ADDRESS = re.compile(r"(?<!\S)\S*?(?:@|://|www\.)\S*")
_WORD = re.compile(r"[^\s!-&(-/:-@\[-`{-~\u0964\u0965\u2013\u2014\u2018-\u201f\u2026\u20b9]+")


def find_keys(text: str) -> list[str]:
    """Give the distinct keys of a text, in the order of its words.

    The keys are those that the model reads by (``text.pipeline``). Masks, which stand for numbers
    and identifiers, are left out, and so are single letters.

    >>> find_keys("Sucide, sucide! 98XXXXXX12") == find_keys("suicied")
    True
    """
    get_key = _key_getter()
    keys: dict[str, None] = {}
    for _, piece in cut_text(text[:MOST_CHARACTERS]):
        for word in _WORD.findall(_ADDRESS.sub(" ", normalise(piece).text)):
            if len(word) <= LONGEST_WORD:
                keys[get_key(word)] = None
    return [key for key in keys if len(key) > 1 and key[0] != "<" and " " not in key]


@cache
def _key_getter() -> Callable[[str], str]:
    lexicon = load_lexicon()
    getter = build_key_getter(lexicon.risk_words(), lexicon.all_words())
    return lru_cache(maxsize=MOST_WORDS)(getter)
