"""Mask identifiers and names, for everything that is shown, logged or printed.

Names are masked where the words around them say that they are names ("my name is", "Mr", "नाम"),
and wherever they stand in the list of common Indian given and family names. Rather one word too
many than one too few: the full text is a click away for who may see it.
"""

import re
from functools import cache, lru_cache
from importlib import resources
from itertools import chain

from triage.text.leads import SHOWN_KINDS, find_leads
from triage.text.spelling import spelling_key
from triage.text.typos import common_words

MASKS = {
    "phone": "[phone]",
    "upi": "[upi id]",
    "email": "[e-mail]",
    "link": "[link]",
    "handle": "[handle]",
    "ifsc": "[ifsc]",
    "card": "[card]",
    "account": "[account]",
    "wallet": "[wallet]",
    "imei": "[imei]",
    "reference": "[reference]",
}
NAME_MASK = "[name]"

_WORD = re.compile(r"[^\W\d_](?:[\w\u0900-\u0963']*[\w\u0900-\u0963])?")
_NUMBER = re.compile(r"[\dxX]+")
_DIGIT = re.compile(r"\d")
_INTRODUCED = re.compile(
    r"(?:\b(?:my name is|name is|named|name of|mr\.?|mrs\.?|ms\.?|miss|shri|smt\.?|kumari|"
    r"mera naam|naam|s/o|d/o|w/o|son of|daughter of|wife of)|"
    r"नाम|नाव|श्री|श्रीमती|सौ\.?|कु\.?)\s+(?P<name>[^\W\d_][\w\u0900-\u0963]+)",
    re.IGNORECASE,
)
# Who introduces himself without the word "name": "I am Xyz Abc", also all in capitals.
_SELF = re.compile(
    r"\b(?i:i\s?am|i'?m|myself|this is|main|mai)\s+(?P<words>[A-Z][^\W\d_]+(?:\s+[A-Z][^\W\d_]+)?)"
)
_NOT_NAMES = frozenset(
    [
        "is",
        "hai",
        "he",
        "ka",
        "ki",
        "ke",
        "se",
        "ne",
        "par",
        "me",
        "main",
        "not",
        "and",
        "or",
        "to",
        "the",
        "a",
        "i",
        "my",
        "of",
        "ahe",
        "aahe",
        "nahi",
        "said",
        "ye",
        "wo",
        "ek",
        "है",
        "का",
        "की",
        "के",
        "से",
        "ने",
        "आहे",
        "चा",
        "ची",
        "चे",
        "हे",
        "एक",
    ]
)


@cache
def exact_names() -> frozenset[str]:
    """Names known by their letters alone: "khan" has the key of "can". Lines that begin with =."""
    return frozenset(
        word for line in _name_lines() if line.startswith("=") for word in line[1:].split()
    )


@cache
def name_keys() -> frozenset[str]:
    """Spelling keys of common names; see ``lexicon/names.txt``."""
    words = (word for line in _name_lines() if line[:1] not in "#=" for word in line.split())
    return frozenset(spelling_key(word) for word in words)


def _name_lines() -> list[str]:
    text = resources.files("triage.text.lexicon").joinpath("names.txt").read_text("utf-8")
    return text.splitlines()


def redact(text: str) -> str:
    """Mask the identifiers and names of a text.

    :param text: any text, whole or a snippet.
    :returns: the text with masks such as ``[phone]``; amounts and platforms stay.

    >>> redact("my name is Rakesh, pay 9XXXXXXX21")
    'my name is [name], pay [phone]'
    """
    out: list[str] = []
    done = 0
    for start, end, mask in _masked_spans(text):
        if start >= done:
            out += [text[done:start], mask]
            done = end
    return "".join(out) + text[done:]


def _masked_spans(text: str) -> list[tuple[int, int, str]]:
    leads = find_leads(text)
    spans = [(lead.start, lead.end, MASKS[lead.kind]) for lead in leads if lead.kind in MASKS]
    shown = [range(lead.start, lead.end) for lead in leads if lead.kind in SHOWN_KINDS]
    places = frozenset(chain.from_iterable(shown))  # of what stays as it is
    for match in _WORD.finditer(text):
        if match.start() not in places and _is_name(match.group()):
            spans.append((match.start(), match.end(), NAME_MASK))
    for match in _INTRODUCED.finditer(text):
        if match["name"].lower() not in _NOT_NAMES:
            spans.append((match.start("name"), match.end("name"), NAME_MASK))
    for match in _SELF.finditer(text):
        start = match.start("words")
        for word in _WORD.finditer(match["words"]):
            if spelling_key(word.group()) not in common_words():
                spans.append((start + word.start(), start + word.end(), NAME_MASK))
    # Any other run of five digits or more may be half of an identifier that a snippet cut.
    for match in _NUMBER.finditer(text):
        if match.start() not in places and _DIGIT.search(text, match.start(), match.end() - 4):
            spans.append((match.start(), match.end(), "[number]"))
    return sorted(spans, key=lambda span: (span[0], -span[1]))


@lru_cache(maxsize=50_000)
def _is_name(word: str) -> bool:
    return len(word) > 2 and (word.lower() in exact_names() or spelling_key(word) in name_keys())


__all__ = ["MASKS", "NAME_MASK", "name_keys", "redact"]
