"""What is known of a word by itself: found out once for each distinct word, looked up for each token."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.vocab import Vocab

from triage.text.ages import holds_low_number
from triage.text.context import ends_sentence
from triage.text.language import LANGUAGES, MARKERS, count_letters
from triage.text.word_classes import word_classes

_TRAITS = np.dtype(
    [
        ("key", np.uint64),  # spelling key, as a hash
        ("letters", np.int16, (3,)),  # Latin, Devanagari, other
        ("marker", np.uint16),  # see language.MARKERS
        ("ends", np.bool_),  # whether a sentence ends with it
        ("low", np.bool_),  # whether it holds a number below 18
        ("classes", np.uint8, (len(LANGUAGES),)),  # by the language of the text
    ]
)
_MOST_LETTERS = np.iinfo(np.int16).max


class WordTraits:
    """A table with one row for each distinct word of a vocabulary.

    :param most: words that it holds; beyond, it starts afresh, so that a long run stays flat.
    :ivar table: the rows, with the fields of ``_TRAITS``.
    """

    def __init__(self, vocab: Vocab, *, most: int) -> None:
        self._vocab = vocab
        self._most = most
        self._places = _Places(self)
        self.table: NDArray[Any] = np.zeros(1024, dtype=_TRAITS)

    def rows(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Give each token's row in ``table``.

        :param words: (tokens,) hashes of the words as they are written (spaCy's ORTH).
        """
        if len(self._places) > self._most:
            self._places.clear()
        place = self._places.__getitem__
        return np.fromiter(map(place, words.tolist()), dtype=np.int64, count=len(words))

    def add(self, word: int) -> int:
        """Find out what is known of a word; gives its row."""
        row = len(self._places)
        if row == len(self.table):
            self.table = np.concatenate([self.table, np.zeros_like(self.table)])
        written: str = self._vocab.strings[word]
        key: int = self._vocab[word].norm
        letters = tuple(min(count, _MOST_LETTERS) for count in count_letters(written))
        marker = MARKERS.get(written.lower(), 0)
        traits = (key, letters, marker, ends_sentence(key), holds_low_number(written))
        self.table[row] = (*traits, word_classes(key))
        return row


class _Places(dict[int, int]):
    """Row of each word; a word that is asked for the first time gets one."""

    def __init__(self, traits: WordTraits) -> None:
        self._traits = traits

    def __missing__(self, word: int) -> int:
        row = self[word] = self._traits.add(word)
        return row
