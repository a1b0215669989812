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
from functools import cached_property

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


class Keys:
    """All tokens' keys of a batch, one text after the other; its n-grams are hashed once.

    :param values: (tokens,) uint64.
    """

    def __init__(self, values: NDArray[np.uint64]) -> None:
        self.values = values
        self._hashes: dict[int, NDArray[np.uint64]] = {}
        self._columns: dict[tuple[str, int], NDArray[np.int32]] = {}

    def runs(self, size: int) -> NDArray[np.int32]:
        """Give the column of the n-gram that begins at each place; (tokens - size + 1,)."""
        if ("run", size) not in self._columns:
            self._columns["run", size] = to_columns(self._hash_runs(size))
        return self._columns["run", size]

    def _hash_runs(self, size: int) -> NDArray[np.uint64]:
        if size not in self._hashes:
            if size == 1:
                hashed = hash_keys(self.values)
            else:
                hashed = hash_keys(self._hash_runs(size - 1)[:-1] + self.values[size - 1 :] * _STEP)
            self._hashes[size] = hashed
        return self._hashes[size]

    def pairs(self, distance: int) -> NDArray[np.int32]:
        """Give the column of each key with the one so far behind it; (tokens - distance,)."""
        if ("pair", distance) not in self._columns:
            if 0 not in self._hashes:
                self._hashes[0] = hash_keys(self.values * _SKIP)
            hashed = hash_keys(self._hashes[0][:-distance] + self.values[distance:] * _STEP)
            self._columns["pair", distance] = to_columns(hashed)
        return self._columns["pair", distance]


@dataclass(frozen=True)
class Units:
    """Token ranges that become the rows of a matrix: whole texts, or segments of them.

    :param keys: of the batch.
    :param starts: (rows,) first token of each row in ``keys``.
    :param stops: (rows,) one past the last.
    :param owner: (rows,) index of the text that the row belongs to.
    """

    keys: Keys
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    owner: NDArray[np.int64]

    @cached_property
    def tokens(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Give each token of each row: its place, its row, and the tokens from it to the row's end."""
        places, rows = expand(self.starts, self.stops)
        return places, rows, self.stops[rows] - places


def whole_texts(batch: ReadBatch) -> Units:
    """Make one row of each text."""
    lengths = np.array([len(reading.keys) for reading in batch.readings], dtype=np.int64)
    stops = np.cumsum(lengths)
    return Units(all_keys(batch), stops - lengths, stops, np.arange(len(lengths)))


def all_segments(batch: ReadBatch, keys: Keys | None = None) -> Units:
    """Make one row of each segment; a text without tokens has none.

    :param keys: those of ``whole_texts``, so that n-grams are hashed once for both.
    """
    keys = keys or all_keys(batch)
    segments = [reading.segments for reading in batch.readings]
    counts = np.array([len(own) for own in segments], dtype=np.int64)
    lengths = np.array([len(reading.keys) for reading in batch.readings], dtype=np.int64)
    owner = np.repeat(np.arange(len(segments)), counts)
    first = (np.cumsum(lengths) - lengths)[owner]
    bounds = np.concatenate(segments) if segments else np.empty((0, 2), dtype=np.int64)
    return Units(keys, bounds[:, 0] + first, bounds[:, 1] + first, owner)


def all_keys(batch: ReadBatch) -> Keys:
    """Set all tokens' keys of a batch one after the other."""
    if not batch.readings:
        return Keys(np.empty(0, dtype=np.uint64))
    return Keys(np.concatenate([reading.keys for reading in batch.readings]))


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
    places, rows, room = units.tokens
    seen = [Sightings(rows, units.keys.runs(1)[places])]
    for size in range(2, largest + 1):
        fits = np.flatnonzero(room >= size)
        seen.append(Sightings(rows[fits], units.keys.runs(size)[places[fits]]))
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
    places, rows, room = units.tokens
    seen = []
    for distance in range(2, reach + 1):
        fits = np.flatnonzero(room > distance)
        if not len(fits):
            break
        seen.append(Sightings(rows[fits], units.keys.pairs(distance)[places[fits]]))
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

    MAX_WORDS = 50_000

    def __init__(self) -> None:
        self._columns: dict[int, NDArray[np.int32]] = {}

    def bags(self, kinds: Sequence[Units], batch: ReadBatch) -> list[CharacterBags]:
        """Make the bags of several kinds of rows over the same keys.

        :param kinds: units of the batch, such as its texts and its segments.
        """
        distinct, inverse = batch.index_keys()
        grams = self._word_matrix(distinct, batch.key_strings)
        bags = []
        for units in kinds:
            places, rows, _ = units.tokens
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
