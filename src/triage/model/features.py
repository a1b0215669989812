"""From readings to feature matrices.

Three kinds of features stand side by side: word n-grams on spelling keys, character n-grams within
words, and the cues with their context. All n-grams are hashed, so no word of a complaint is kept
in a model: there is no vocabulary that could leak. Everything is made per distinct word and looked
up per occurrence, in arrays.

Source: feature hashing, Weinberger et al. (2009); character n-grams within words, Bojanowski et
al. (2017).
"""

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.text.lexicon import READINGS, Cue
from triage.text.mentions import Mention
from triage.text.reading import ReadBatch

WORD_BITS = 18
CHAR_BITS = 17
CHAR_SIZES = (3, 4, 5)
_LEVELS = 5
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_STEP = np.uint64(0x9E3779B97F4A7C15)
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
    return Units(_all_keys(batch), stops - lengths, stops, np.arange(len(lengths)))


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
        return Units(_all_keys(batch), empty, empty, empty)
    return Units(
        _all_keys(batch), np.concatenate(starts), np.concatenate(stops), np.concatenate(owner)
    )


def _all_keys(batch: ReadBatch) -> NDArray[np.uint64]:
    if not batch.readings:
        return np.empty(0, dtype=np.uint64)
    return np.concatenate([reading.keys for reading in batch.readings])


def _hash(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
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
        hashed = _hash(units.keys[:usable])
        for step in range(1, size):
            hashed = _hash(hashed + units.keys[step : usable + step] * _STEP)
        places, row = _expand(units.starts, units.stops - size + 1)
        columns.append((hashed[places] % np.uint64(1 << WORD_BITS)).astype(np.int32))
        rows.append(row)
    return _count(rows, columns, (len(units.starts), 1 << WORD_BITS))


def _expand(
    starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List every place of every range, with the row that it belongs to."""
    lengths = np.maximum(stops - starts, 0)
    rows = np.repeat(np.arange(len(starts)), lengths)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return starts[rows] + offsets, rows


def _count(
    rows: list[NDArray[np.int64]], columns: list[NDArray[np.int32]], shape: tuple[int, int]
) -> sparse.csr_matrix:
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
        places, rows = _expand(units.starts, units.stops)
        words = _count(
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


class CueFeatures:
    """Which cues stand in a row, whether they count, at which level and in which context.

    Topics are also paired: a video call, footage and a threat are each told of in fraud; together
    they are blackmail, and a linear model cannot see that two stand together unless told.

    :param cues: the lexicon's, in order; a model is bound to them by its manifest.
    """

    def __init__(self, cues: Sequence[Cue]) -> None:
        self.cue_columns = {cue.id: 2 * i for i, cue in enumerate(cues)}
        kinds = sorted({cue.kind for cue in cues})
        first = 2 * len(cues)
        self.level_columns = {kind: first + 2 * _LEVELS * i for i, kind in enumerate(kinds)}
        first += 2 * _LEVELS * len(kinds)
        self.context_columns = {
            kind: first + _LEVELS * i for i, kind in enumerate(sorted(READINGS))
        }
        first += _LEVELS * len(READINGS)
        topics = sorted(cue.id for cue in cues if cue.kind == "topic")
        pairs = itertools.combinations(topics, 2)
        self.pair_columns = {pair: first + i for i, pair in enumerate(pairs)}
        self.width = first + len(self.pair_columns)

    def columns(self, mention: Mention) -> list[int]:
        """Give the columns that a mention sets by itself."""
        dead = int(not mention.counts)
        level = mention.cue.level
        out = [
            self.cue_columns[mention.cue.id] + dead,
            self.level_columns[mention.cue.kind] + 2 * level + dead,
        ]
        return out + [self.context_columns[kind] + level for kind in mention.context]

    def row_columns(self, mentions: Sequence[Mention]) -> list[int]:
        """Give the distinct columns that the mentions of one row set together."""
        found = {column for mention in mentions for column in self.columns(mention)}
        topics = sorted({m.cue.id for m in mentions if m.cue.kind == "topic"})
        found.update(self.pair_columns[pair] for pair in itertools.combinations(topics, 2))
        return sorted(found)

    def matrix(self, batch: ReadBatch, units: Units) -> sparse.csr_matrix:
        """Mark the cues that lie wholly within each row.

        :returns: (rows, width) of 0 and 1, float64.
        """
        columns: list[int] = []
        pointers = [0]
        offset, row = 0, 0
        for i, reading in enumerate(batch.readings):
            while row < len(units.owner) and units.owner[row] == i:
                start, stop = units.starts[row] - offset, units.stops[row] - offset
                inside = [m for m in reading.mentions if start <= m.start and m.end <= stop]
                if inside:
                    columns += self.row_columns(inside)
                pointers.append(len(columns))
                row += 1
            offset += len(reading.keys)
        return sparse.csr_matrix(
            (np.ones(len(columns)), columns, pointers), shape=(len(units.starts), self.width)
        )
