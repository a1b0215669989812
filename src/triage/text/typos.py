"""Mend typos in the words that matter most: those a life may hang on.

A word that nobody knows and that is one slip away from a risk word (a letter lost, doubled,
swapped or wrong, or its vowels dropped) gets the risk word's key. Words in common use are never
mended, so "changed" stays "changed" beside "hanged". Deletion neighbourhoods make this one
dictionary look-up a word (Garbe's SymSpell), and it is done once for each distinct word.
"""

from collections.abc import Callable, Iterable
from functools import cache
from importlib import resources

from triage.text.spelling import spelling_key

MIN_LENGTH = 5
"""Shorter words have too many neighbours: "mar" would swallow "mat", "man" and "par"."""

_VOWELS = str.maketrans("", "", "aeiouy")


@cache
def common_words() -> frozenset[str]:
    """Keys of words in common use, which are no typos; see ``lexicon/common_words.txt``."""
    text = resources.files("triage.text.lexicon").joinpath("common_words.txt").read_text("utf-8")
    return frozenset(text.split())


def build_key_getter(
    risk_words: Iterable[str], known_words: Iterable[str] = ()
) -> Callable[[str], str]:
    """Build the function that gives each distinct word its key, typos of risk words mended.

    :param risk_words: keys to mend towards, at least ``MIN_LENGTH`` long.
    :param known_words: keys that are right as they are, beside those in common use.
    :returns: word to key; use it as spaCy's NORM getter.
    """
    targets = {word for word in risk_words if len(word) >= MIN_LENGTH}
    known = common_words() | targets | set(known_words)
    by_deletion = _unique((form, word) for word in targets for form in (word, *_deletions(word)))
    # Vowels dropped ("sucd", "atmhty"): three consonants are too few to be sure of.
    by_skeleton = _unique((s, w) for w in targets if len(s := w.translate(_VOWELS)) >= 4)

    def get_key(word: str) -> str:
        key = spelling_key(word)
        if len(key) < MIN_LENGTH - 1 or key in known or key[0] == "<" or not key.isascii():
            return key
        skeleton = key.translate(_VOWELS)
        if len(skeleton) >= len(key) - 1 and skeleton in by_skeleton:
            return by_skeleton[skeleton]
        if len(key) < MIN_LENGTH:
            return key
        for form in (key, *_deletions(key)):
            target = by_deletion.get(form)
            if target and abs(len(target) - len(key)) <= 1 and target[0] == key[0]:
                return target
        return key

    return get_key


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the forms that lead to one word only: between two risk words nothing is guessed."""
    found: dict[str, set[str]] = {}
    for form, word in pairs:
        found.setdefault(form, set()).add(word)
    return {form: words.pop() for form, words in found.items() if len(words) == 1}
