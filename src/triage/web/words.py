"""Every word that is shown, in the reader's language. English is the key; Hindi stands in TOML."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Final

from starlette.requests import HTTPConnection

from triage.policy import load_policy
from triage.web.refusals import REFUSALS

LANGUAGES: Final = ("en", "hi")
LANGUAGE_COOKIE: Final = "desk_language"
FILES: Final = ("hindi.toml", "hindi_pages.toml", "hindi_refusals.toml")


def translate(english: str, language: str, **values: object) -> str:
    """Say something in a language.

    :param english: the words, with ``{name}`` where a value goes; or a line of ``REFUSALS`` whose
        values are in it already, such as what was wrong with a row.
    :param language: ``en`` or ``hi``; what has no Hindi is said in English.
    :param values: what goes where.

    >>> translate("Page {n}", "en", n=2)
    'Page 2'
    """
    if language == "hi" and english not in load_hindi() and not values:
        return translate_refusal(english, language)
    said = load_hindi().get(english, english) if language == "hi" else english
    return said.format(**values) if values else said


@cache
def load_hindi() -> dict[str, str]:
    """Read the Hindi of every English line; the reasons bring theirs in the policy."""
    words = {rule.reason: rule.reason_hi for rule in load_policy().rules}
    for name in FILES:
        file = resources.files("triage.web").joinpath(name)
        if file.is_file():
            words |= tomllib.loads(file.read_text("utf-8"))
    return words


def translate_refusal(message: str, language: str) -> str:
    """Say the line of an error in a language; one that is not known stays as it is.

    >>> translate_refusal("complaint 3 is closed; reopen it first", "en")
    'complaint 3 is closed; reopen it first'
    """
    return message if language == "en" else _find_hindi(message) or message


def _find_hindi(message: str) -> str | None:
    """Give the Hindi of a line whose values are in it; None where it has none."""
    hindi = load_hindi()
    if message in hindi:
        return hindi[message]
    for line, pattern in _read_refusals():
        found = pattern.fullmatch(message)
        if found is None or line not in hindi:
            continue
        values: dict[str, str | None] = found.groupdict()
        if "why" in values:
            values["why"] = _find_hindi(found["why"])
        if all(values.values()):
            return hindi[line].format(**values)
    return None


@cache
def _read_refusals() -> list[tuple[str, re.Pattern[str]]]:
    lines = [(line, re.split(r"\{(\w+)\}", line)) for line in REFUSALS if "{" in line]
    patterns = [
        "".join(f"(?P<{part}>.+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
        for _, parts in lines
    ]
    return [(line, re.compile(pattern)) for (line, _), pattern in zip(lines, patterns, strict=True)]


def find_language(connection: HTTPConnection) -> str:
    """Give the language of who asks: of the account that is signed in, or of the browser."""
    seated = getattr(connection.state, "language", None)
    told = seated or connection.cookies.get(LANGUAGE_COOKIE)
    if told is None:
        told = connection.headers.get("accept-language", "en")[:2].lower()
    return told if told in LANGUAGES else "en"
