"""Spoil a text as phones, forms and haste spoil it: for training on, and for measuring against.

Every spoiler takes a text and a source of chance, and changes letters but never the meaning. All
that is drawn comes from the given ``Random``, so a seed gives the same texts on every machine.

Source: noise a model meets in use belongs into its training, Belinkov and Bisk (2018).
"""

import re
from collections.abc import Callable, Sequence
from random import Random

from triage.text.spelling import romanise

Spoiler = Callable[[str, Random], str]

TYPOS_PER_SENTENCE = 2
_VOWEL_SHARE, _HIDDEN_SHARE, _SCRIPT_SHARE, _GLUE_SHARE = 0.3, 0.08, 0.15, 0.06
_SENTENCE = re.compile(r"[^.!?।]+[.!?।]*|[.!?।]+")
_WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u0963]+[^\W\d_]*)*")
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_INNER_VOWEL = re.compile("(?<=[^\\W\\d_])[aeiouAEIOU\u093e-\u094c](?=[^\\W\\d_])")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_LOOKALIKE = str.maketrans("aeopcyxABEKMHOPCTX", "аеорсухАВЕКМНОРСТХ")
_NEIGHBOURS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "s v x f r g h j u k l k n b p o w t d y i b e c u s".split(),
        strict=True,
    )
) | dict(zip("िीुूशषसनणबवदडतटे", "ीिूुसशशणनवबडदटतै", strict=True))


def make_typos(text: str, chance: Random) -> str:
    """Slip twice in each sentence: a letter lost, doubled, swapped with the next, or a wrong one."""

    def spoil(match: re.Match[str]) -> str:
        sentence = match.group()
        for _ in range(TYPOS_PER_SENTENCE):
            words = [m for m in _WORD.finditer(sentence) if len(m.group()) >= 4]
            if words:
                word = chance.choice(words)
                slipped = _slip(word.group(), chance)
                sentence = sentence[: word.start()] + slipped + sentence[word.end() :]
        return sentence

    return _SENTENCE.sub(spoil, text)


def _slip(word: str, chance: Random) -> str:
    i = chance.randrange(1, len(word) - 1)  # first letters are seldom wrong
    kind = chance.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return word[:i] + _NEIGHBOURS.get(word[i].lower(), word[i]) + word[i + 1 :]


def drop_vowels(text: str, chance: Random) -> str:
    """Write three words of ten in SMS style: "pls dlt my vdo"; in Devanagari a vowel sign each."""

    def spoil(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < 4 or chance.random() >= _VOWEL_SHARE:
            return word
        return _INNER_VOWEL.sub("", word, count=1 if _DEVANAGARI.search(word) else 0)

    return _WORD.sub(spoil, text)


def hide_characters(text: str, chance: Random) -> str:
    """Put invisible characters between letters, as copied text has them."""
    return "".join(
        char + (chance.choice(_INVISIBLE) if chance.random() < _HIDDEN_SHARE else "")
        for char in text
    )


def mix_scripts(text: str, chance: Random) -> str:
    """Write some Devanagari words in Latin letters, and Latin ones with Cyrillic look-alikes."""

    def spoil(match: re.Match[str]) -> str:
        word = match.group()
        if chance.random() >= _SCRIPT_SHARE:
            return word
        return romanise(word) if _DEVANAGARI.search(word) else word.translate(_LOOKALIKE)

    return _WORD.sub(spoil, text)


def raise_capitals(text: str, chance: Random) -> str:
    """Write all in capitals."""
    return text.upper()


def lose_digits(text: str, chance: Random) -> str:
    """Strip all digits, as some exports do."""
    return re.sub(r"\d", "", text)


def lose_marks(text: str, chance: Random) -> str:
    """Strip all punctuation, as some exports do."""
    return re.sub("[^\\w\\s\u0900-\u0963]|_|[।॥]", " ", text)


def glue_words(text: str, chance: Random) -> str:
    """Lose some of the spaces."""
    return re.sub(" ", lambda match: "" if chance.random() < _GLUE_SHARE else " ", text)


SPOILERS: dict[str, Spoiler] = {
    "typos": make_typos,
    "vowels_dropped": drop_vowels,
    "zero_width": hide_characters,
    "mixed_script": mix_scripts,
    "all_caps": raise_capitals,
    "digits_lost": lose_digits,
    "marks_lost": lose_marks,
    "glued_words": glue_words,
}
"""What can be done to a text, by the name that is shown."""


def spoil_pieces(pieces: Sequence[str], names: Sequence[str], seed: str) -> list[str]:
    """Spoil the pieces of one text, one spoiler after another.

    :param pieces: the text cut in parts that must stay apart, such as its evidence.
    :param names: keys of ``SPOILERS``, applied in this order.
    :param seed: gives the same result every time.

    >>> spoil_pieces(["Call 12 times. ", "He will"], ["digits_lost", "all_caps"], "a")
    ['CALL  TIMES. ', 'HE WILL']
    """
    chance = Random(seed)
    spoilt = list(pieces)
    for name in names:
        spoilt = [SPOILERS[name](piece, chance) for piece in spoilt]
    return spoilt
