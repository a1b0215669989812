"""From readings to matrices of n-grams: words by their spelling keys, characters within words.

All n-grams are hashed, so no word of a complaint is kept in a model: there is no vocabulary that
could leak. Everything is made per distinct word and looked up per occurrence, in arrays. What the
lexicon found becomes features in ``cue_features``.

Source: feature hashing, Weinberger et al. (2009); character n-grams within words, Bojanowski et
al. (2017).
"""

import zlib
from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class Sightings:
    """Which column was seen in which row, once for each time.

    :param rows: (sightings,) row of each.
    :param columns: (sightings,) int32 column of each.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int32]


def join_sightings(parts: Iterable[Sightings]) -> Sightings:
    """Put sightings of the same rows and columns together."""
    empty = Sightings(np.empty(0, np.int64), np.empty(0, np.int32))
    together = [empty, *parts]
    return Sightings(
        np.concatenate([part.rows for part in together]),
        np.concatenate([part.columns for part in together]),
    )


def word_ngrams(units: Units, *, largest: int) -> Sightings:
    """See the hashed word n-grams of each row.

    :param largest: n-grams of 1 to this many words.
    :returns: columns below 2**18. N-grams don't cross the bounds of a row.
    """
    seen = []
    for size in range(1, largest + 1):
        usable = len(units.keys) - size + 1
        if usable <= 0:
            break
        hashed = hash_keys(units.keys[:usable])
        for step in range(1, size):
            hashed = hash_keys(hashed + units.keys[step : usable + step] * _STEP)
        places, rows = expand(units.starts, units.stops - size + 1)
        seen.append(Sightings(rows, to_columns(hashed)[places]))
    return join_sightings(seen)


def to_columns(hashed: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Give each hash its column."""
    return (hashed % np.uint64(1 << WORD_BITS)).astype(np.int32)


def expand(
    starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List every place of every range, with the row that it belongs to."""
    lengths = np.maximum(stops - starts, 0)
    rows = np.repeat(np.arange(len(starts)), lengths)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return starts[rows] + offsets, rows


def skip_grams(units: Units, *, reach: int) -> Sightings:
    """See hashed pairs of words of each row that stand 2 to ``reach`` places apart, in order.

    :returns: columns below 2**18.
    """
    seen = []
    for distance in range(2, reach + 1):
        usable = len(units.keys) - distance
        if usable <= 0:
            break
        hashed = hash_keys(units.keys[:usable] * _SKIP)
        hashed = hash_keys(hashed + units.keys[distance:] * _STEP)
        places, rows = expand(units.starts, units.stops - distance)
        seen.append(Sightings(rows, to_columns(hashed)[places]))
    return join_sightings(seen)


def count_columns(seen: Sightings, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Count how often each column was seen in each row.

    :param shape: rows and columns of the matrix.
    :returns: counts, float32, columns ascending in each row.
    """
    # One sort of plain integers is several times faster than SciPy's way from COO to CSR.
    width = np.int64(shape[1])
    cells = np.sort(seen.rows * width + seen.columns)
    first = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]])[: len(cells)])
    counts = np.diff(np.append(first, len(cells))).astype(np.float32)
    cells = cells[first]
    pointers = np.searchsorted(cells, np.arange(shape[0] + 1) * width).astype(np.int32)
    columns = (cells % width).astype(np.int32)
    return sparse.csr_matrix((counts, columns, pointers), shape=shape)


def count_hashed(seen: Sightings, units: Units) -> sparse.csr_matrix:
    """Count hashed n-grams: (rows, 2**18) float32."""
    return count_columns(seen, (len(units.starts), 1 << WORD_BITS))


@dataclass(frozen=True, slots=True)
class CharacterBags:
    """Character n-grams of some rows, kept as words in rows and n-grams in words.

    :param words: (rows, distinct words) 1 where a word stands in a row.
    :param grams: (distinct words, 2**17) a unit vector a word.
    """

    words: sparse.csr_matrix
    grams: sparse.csr_matrix

    def rows(self, chosen: NDArray[np.bool_]) -> "CharacterBags":
        """Keep some rows."""
        return CharacterBags(self.words[chosen], self.grams)

    def matrix(self) -> sparse.csr_matrix:
        """Multiply out: (rows, 2**17) float32; each distinct word of a row adds its vector."""
        return (self.words @ self.grams).tocsr()


class CharacterGrams:
    """Character n-grams within words, remembered for each distinct word.

    A mask such as ``<phone>`` is one gram of its own. The memory is bounded: it starts afresh
    when it holds ``MAX_WORDS``.
    """

    MAX_WORDS = 400_000

    def __init__(self) -> None:
        self._columns: dict[int, NDArray[np.int32]] = {}

    def bags(self, kinds: Sequence[Units], key_strings: dict[int, str]) -> list[CharacterBags]:
        """Make the bags of several kinds of rows over the same keys.

        :param kinds: units of one batch, such as its texts and its segments.
        :param key_strings: the key behind each hash of the batch.
        """
        distinct, inverse = np.unique(kinds[0].keys, return_inverse=True)
        grams = self._word_matrix(distinct, key_strings)
        bags = []
        for units in kinds:
            places, rows = expand(units.starts, units.stops)
            seen = Sightings(rows, inverse[places].astype(np.int32))
            words = count_columns(seen, (len(units.starts), grams.shape[0]))
            words.data[:] = 1.0
            bags.append(CharacterBags(words, grams))
        return bags

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
        weights = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths).astype(np.float32)
        indices = np.concatenate(columns) if columns else np.empty(0, np.int32)
        shape = (max(1, len(distinct)), 1 << CHAR_BITS)
        if not len(distinct):
            return sparse.csr_matrix(shape, dtype=np.float32)
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
