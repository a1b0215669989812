"""Classes of words that tell who says, denies and does what: "he", "say", "not", "die", "mother".

The classes are the same in all languages, so a model learns in Hindi what it then knows in
Marathi. The words of each class stand in ``lexicon/classes.toml``, to be read and corrected.
"""

import tomllib
from functools import cache
from importlib import resources

from spacy.strings import hash_string  # type: ignore[attr-defined]

from triage.errors import ConfigError
from triage.text.spelling import spelling_key

FILE = "classes.toml"

_TABLES = {
    "en": ("en", "hi"),
    "hinglish": ("hi", "en"),
    "hi": ("hi", "en"),
    "mr": ("mr", "hi", "en"),
    "unknown": ("en", "hi", "mr"),
}
"""Which tables hold for a text, by ``language.LANGUAGES``, the first one first: "fir" is a report in
English, "then" in Hindi."""


@cache
def load_classes() -> dict[str, dict[int, int]]:
    """Read which class each word has.

    :returns: for each language of a text, from a spelling key's hash to its class, 1 to 255.
    :raises ConfigError: where there are more classes than that.
    """
    text = resources.files("triage.text.lexicon").joinpath(FILE).read_text("utf-8")
    tables = tomllib.loads(text)["classes"]
    names = sorted({name for table in tables.values() for name in table})
    if len(names) > 255:
        raise ConfigError([f"{FILE}: {len(names)} classes; expected 255 at most"])
    numbers = {name: number for number, name in enumerate(names, start=1)}
    by_table: dict[str, dict[int, int]] = {}
    for language, table in tables.items():
        keys = by_table[language] = {}
        for name, words in table.items():
            for word in words:
                keys.setdefault(hash_string(spelling_key(word)), numbers[name])
    return {
        language: {k: v for name in reversed(order) for k, v in by_table[name].items()}
        for language, order in _TABLES.items()
    }


def word_classes(key: int) -> tuple[int, ...]:
    """Give the class of a word in a text of each language, in the order of ``_TABLES``; 0 for none.

    :param key: its spelling key as a hash.
    """
    return tuple(table.get(key, 0) for table in load_classes().values())
