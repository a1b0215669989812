"""Mend slips of the keyboard: in the words that a life may hang on, and in the words round them.

A word that nobody knows and that is one slip away from a known one (a letter lost, doubled,
swapped or wrong, or its vowels dropped) gets the known word's key: a risk word's first, else that
of the commonest word. Words in common use are never mended, so "changed" stays "changed" beside
"hanged". Deletion neighbourhoods make this a few dictionary look-ups (Garbe's SymSpell), once for
each distinct word.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources

from triage.text.spelling import spelling_key

MIN_LENGTH = 5
"""Shorter words have too many neighbours: "mar" would swallow "mat", "man" and "par"."""

MIN_STORIES = 4
"""Stories that a word must stand in for others to be mended towards it."""

MIN_STORIES_SHORT = 40
"""Likewise where little is left to tell it by: four letters, or three consonants ("frm", "from")."""

TIMES_COMMONER = 10
"""How much commoner a word must be than its form without vowels, for that to be no word of its own."""

_VOWELS = str.maketrans("", "", "aeiouy")
_DOUBLED = re.compile(r"(.)\1")
_WORD = re.compile(r"[\w\u0900-\u097f']+")


def count_words(stories: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Count in how many stories each word's key stands, for ``lexicon/common_words.txt``.

    :param stories: name of the story and a text of it.
    :returns: keys of four letters and more, and of three consonants, that stand in two stories
        or more; the commonest first.

    >>> count_words([("a", "my photo"), ("b", "foto viral"), ("c", "viral")])
    {'foto': 2, 'viral': 2}
    """
    seen: dict[str, set[str]] = defaultdict(set)
    for story, text in stories:
        for word in _WORD.findall(text):
            key = spelling_key(word)
            if key.isascii() and key[0] != "<" and (len(key) >= 4 or _is_skeleton(key)):
                seen[key].add(story)
    counts = {key: len(names) for key, names in seen.items() if len(names) > 1}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@cache
def common_words() -> Mapping[str, int]:
    """Keys of words in common use, each with the stories of the corpus that it stands in.

    They are no typos themselves. ``triage data words`` writes the file from a corpus.
    """
    text = resources.files("triage.text.lexicon").joinpath("common_words.txt").read_text("utf-8")
    pairs = (line.split() for line in text.splitlines())
    return {key: int(stories) for key, stories in pairs}


def build_key_getter(
    risk_words: Iterable[str], known_words: Iterable[str] = ()
) -> Callable[[str], str]:
    """Build the function that gives each distinct word its key, typos mended.

    :param risk_words: keys to mend towards before all others, at least ``MIN_LENGTH`` long.
    :param known_words: keys that are right as they are, beside those in common use.
    :returns: word to key; use it as spaCy's NORM getter.
    """
    risk = {word for word in risk_words if len(word) >= MIN_LENGTH}
    common = {w: n for w, n in common_words().items() if n >= MIN_STORIES and w not in risk}
    known = common_words().keys() | risk | set(known_words)
    skeletons = _commonest(_skeletons(common, shortest=3), common)
    # "mrng" is "morning" before it is "marunga": a common word is the likelier one.
    usual = {form for form, word in skeletons.items() if common[word] >= MIN_STORIES_SHORT}
    rare_skeletons = (pair for pair in _skeletons(risk, shortest=4) if pair[0] not in usual)
    tables = [
        (_unique(_neighbours(risk)), _unique(rare_skeletons)),
        (_commonest(_neighbours(common), common), skeletons),
    ]
    longest = max(map(len, known), default=0) + 1  # what is longer is one slip away from nothing

    def get_key(word: str) -> str:
        key = spelling_key(word)
        if not 3 <= len(key) <= longest or key[0] == "<" or not key.isascii():
            return key
        if key in known:
            return _write_out(key, skeletons)
        for by_deletion, by_skeleton in tables:
            target = _mend_vowels(key, by_skeleton) or _mend_slip(key, by_deletion)
            if target:
                return target
        return key

    return get_key


def _write_out(key: str, skeletons: Mapping[str, str]) -> str:
    """Give a known short form its word: many write "frm", but ten times as many write "from"."""
    counts = common_words()
    target = skeletons.get(key)
    if target and counts[target] >= TIMES_COMMONER * counts.get(key, counts[target]):
        return target
    return key


def _mend_vowels(key: str, by_skeleton: Mapping[str, str]) -> str | None:
    skeleton = _skeleton(key)
    few_vowels = len(skeleton) >= len(key) - (len(key) > 3)
    return by_skeleton.get(skeleton) if few_vowels else None


def _mend_slip(key: str, by_deletion: Mapping[str, str]) -> str | None:
    for form in (key, *_deletions(key)):
        target = by_deletion.get(form)
        if target and abs(len(target) - len(key)) <= 1 and target[0] == key[0]:
            return target
    return None


def _skeleton(word: str) -> str:
    """Keep the first letter and the consonants after it, doubled ones once."""
    return _DOUBLED.sub(r"\1", word[:1] + word[1:].translate(_VOWELS))


def _is_skeleton(key: str) -> bool:
    return len(key) == 3 and key.isalpha() and key == _skeleton(key)


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _neighbours(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    long = (word for word in words if len(word) >= MIN_LENGTH - 1)
    return ((form, word) for word in long for form in (word, *_deletions(word)))


def _skeletons(words: Iterable[str], *, shortest: int) -> Iterable[tuple[str, str]]:
    # Of a first vowel nobody can say whether it was dropped with the rest: "atmhty", "tmhty".
    forms = (
        (form, word) for word in words for form in {_skeleton(word), _skeleton("_" + word)[1:]}
    )
    return ((form, word) for form, word in forms if len(form) >= shortest)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the forms that lead to one word only: between two risk words nothing is guessed."""
    found: dict[str, set[str]] = defaultdict(set)
    for form, word in pairs:
        found[form].add(word)
    return {form: next(iter(words)) for form, words in found.items() if len(words) == 1}


def _commonest(pairs: Iterable[tuple[str, str]], counts: Mapping[str, int]) -> dict[str, str]:
    """Let each form lead to the commonest of its words."""
    best: dict[str, str] = {}
    for form, word in pairs:
        short = len(form) <= 3 or len(word) < MIN_LENGTH
        if short and counts[word] < MIN_STORIES_SHORT:
            continue
        if form not in best or counts[word] > counts[best[form]]:
            best[form] = word
    return best
