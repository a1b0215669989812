"""From readings to matrices of n-grams: words by their spelling keys, characters within words.

All n-grams are hashed, so no word of a complaint is kept in a model: there is no vocabulary that
could leak. Everything is made per distinct word and looked up per occurrence, in arrays. What the
lexicon found becomes features in ``cue_features``.

Source: feature hashing, Weinberger et al. (2009); character n-grams within words, Bojanowski et
al. (2017).
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.text.reading import ReadBatch

WORD_BITS = 18
CHAR_BITS = 17
CHAR_SIZES = (3, 4, 5)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_SKIP = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(33)


@dataclass(frozen=True, slots=True)
class Units:
    """Token ranges that become the rows of a matrix: whole texts, or segments of them.

    :param keys: all tokens' keys of the batch, one text after the other.
    :param starts: (rows,) first token of each row in ``keys``.
    :param stops: (rows,) one past the last.
    :param owner: (rows,) index of the text that the row belongs to.
    """

    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    owner: NDArray[np.int64]


def whole_texts(batch: ReadBatch) -> Units:
    """Make one row of each text."""
    lengths = np.array([len(reading.keys) for reading in batch.readings], dtype=np.int64)
    stops = np.cumsum(lengths)
    return Units(all_keys(batch), stops - lengths, stops, np.arange(len(lengths)))


def all_segments(batch: ReadBatch) -> Units:
    """Make one row of each segment; a text without tokens has none."""
    offset, starts, stops, owner = 0, [], [], []
    for i, reading in enumerate(batch.readings):
        starts.append(reading.segments[:, 0] + offset)
        stops.append(reading.segments[:, 1] + offset)
        owner.append(np.full(len(reading.segments), i, dtype=np.int64))
        offset += len(reading.keys)
    if not starts:
        empty = np.empty(0, dtype=np.int64)
        return Units(all_keys(batch), empty, empty, empty)
    return Units(
        all_keys(batch), np.concatenate(starts), np.concatenate(stops), np.concatenate(owner)
    )


def all_keys(batch: ReadBatch) -> NDArray[np.uint64]:
    """Set all tokens' keys of a batch one after the other."""
    if not batch.readings:
        return np.empty(0, dtype=np.uint64)
    return np.concatenate([reading.keys for reading in batch.readings])


def hash_keys(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits of hashes, so that sums of them spread over all columns."""
    values = values ^ (values >> _SHIFT)
    values = values * _MIX
    return values ^ (values >> _SHIFT)


def word_ngrams(units: Units, *, largest: int) -> sparse.csr_matrix:
    """Count hashed word n-grams of each row.

    :param largest: n-grams of 1 to this many words.
    :returns: (rows, 2**18) counts, float64. N-grams don't cross the bounds of a row.
    """
    columns, rows = [], []
    for size in range(1, largest + 1):
        usable = len(units.keys) - size + 1
        if usable <= 0:
            break
        hashed = hash_keys(units.keys[:usable])
        for step in range(1, size):
            hashed = hash_keys(hashed + units.keys[step : usable + step] * _STEP)
        places, row = expand(units.starts, units.stops - size + 1)
        columns.append((hashed[places] % np.uint64(1 << WORD_BITS)).astype(np.int32))
        rows.append(row)
    return count_columns(rows, columns, (len(units.starts), 1 << WORD_BITS))


def expand(
    starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List every place of every range, with the row that it belongs to."""
    lengths = np.maximum(stops - starts, 0)
    rows = np.repeat(np.arange(len(starts)), lengths)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return starts[rows] + offsets, rows


def skip_grams(units: Units, *, reach: int) -> sparse.csr_matrix:
    """Count hashed pairs of words of each row that stand 2 to ``reach`` places apart, in order.

    :returns: (rows, 2**18) counts, float64.
    """
    columns, rows = [], []
    for distance in range(2, reach + 1):
        usable = len(units.keys) - distance
        if usable <= 0:
            break
        hashed = hash_keys(units.keys[:usable] * _SKIP)
        hashed = hash_keys(hashed + units.keys[distance:] * _STEP)
        places, row = expand(units.starts, units.stops - distance)
        columns.append((hashed[places] % np.uint64(1 << WORD_BITS)).astype(np.int32))
        rows.append(row)
    return count_columns(rows, columns, (len(units.starts), 1 << WORD_BITS))


def count_columns(
    rows: list[NDArray[np.int64]], columns: list[NDArray[np.int32]], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """Count how often each column was named for each row."""
    if not rows:
        return sparse.csr_matrix(shape, dtype=np.float64)
    row, column = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
    matrix.sum_duplicates()
    return matrix


class CharacterGrams:
    """Character n-grams within words, remembered for each distinct word.

    A mask such as ``<phone>`` is one gram of its own. The memory is bounded: it starts afresh
    when it holds ``MAX_WORDS``.
    """

    MAX_WORDS = 400_000

    def __init__(self) -> None:
        self._columns: dict[int, NDArray[np.int32]] = {}

    def matrix(self, units: Units, key_strings: dict[int, str]) -> sparse.csr_matrix:
        """Weigh hashed character n-grams of each row.

        :param key_strings: the key behind each hash of the batch.
        :returns: (rows, 2**17) float64; each distinct word of a row adds a unit vector.
        """
        distinct, inverse = np.unique(units.keys, return_inverse=True)
        places, rows = expand(units.starts, units.stops)
        words = count_columns(
            [rows], [inverse[places].astype(np.int32)], (len(units.starts), max(1, len(distinct)))
        )
        words.data[:] = 1.0
        return (words @ self._word_matrix(distinct, key_strings)).tocsr()

    def _word_matrix(
        self, distinct: NDArray[np.uint64], key_strings: dict[int, str]
    ) -> sparse.csr_matrix:
        if len(self._columns) > self.MAX_WORDS:
            self._columns.clear()
        columns = []
        for key in distinct.tolist():
            known = self._columns.get(key)
            if known is None:
                known = self._columns[key] = character_columns(key_strings[key])
            columns.append(known)
        lengths = np.array([len(c) for c in columns], dtype=np.int64)
        pointers = np.concatenate([[0], np.cumsum(lengths)])
        weights = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
        indices = np.concatenate(columns) if columns else np.empty(0, np.int32)
        shape = (max(1, len(distinct)), 1 << CHAR_BITS)
        if not len(distinct):
            return sparse.csr_matrix(shape, dtype=np.float64)
        return sparse.csr_matrix((weights, indices, pointers), shape=shape)


def character_columns(key: str) -> NDArray[np.int32]:
    """Give the distinct columns of a key's character n-grams, sorted."""
    if key.startswith("<"):
        grams = {key}
    else:
        bounded = f"_{key}_"
        grams = {bounded[i : i + n] for n in CHAR_SIZES for i in range(len(bounded) - n + 1)}
    columns = {zlib.crc32(gram.encode()) % (1 << CHAR_BITS) for gram in grams}
    return np.array(sorted(columns), dtype=np.int32)
