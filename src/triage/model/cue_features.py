"""From the lexicon's finds to feature matrices: which cues stand where, and what stands round them.

Three kinds: the cues themselves with their context; the words round each cue, told apart by its
kind and side, so that "he says he will <risk>" is learnt once for all ways of dying; and the word
classes in their order (who says, denies, does what), which all four languages share.

Source: negation and experiencer from a cue's surroundings, Harkema et al. (2009), here learnt.
"""

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.model.features import (
    Keys,
    Sightings,
    Units,
    count_columns,
    expand,
    hash_keys,
    join_sightings,
    skip_grams,
    to_columns,
    word_ngrams,
)
from triage.text.lexicon import READINGS, Cue
from triage.text.mentions import Mention
from triage.text.reading import ReadBatch

REACH = 10
"""Words to either side of a cue that are looked at."""

NEAR = 3
"""Words that count as close by."""

SKIP_REACH, CLASS_REACH, CLASS_WORDS = 4, 8, 3
_LEVELS = 5
_SURROUNDED = frozenset({"risk", "mention", "farewell", "distress", "death"})
_AS_CLASS = frozenset({"risk", "farewell", "distress", "decoy"})
_KEY, _CODE = np.uint64(31), np.uint64(7)


@dataclass(frozen=True, slots=True)
class Finds:
    """The cues of a batch in arrays, in the order of their first word.

    :param starts: (finds,) first token, counted through the batch.
    :param stops: (finds,) one past the last.
    :param codes: (finds,) uint64, kind and weight of the cue; 0 where its surroundings don't matter.
    :param topics: (finds,) bool, whether it names the crime.
    :param columns: for each, the columns that it sets by itself.
    :param cues: for each, the id of its cue.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    codes: NDArray[np.uint64]
    topics: NDArray[np.bool_]
    columns: list[tuple[int, ...]]
    cues: list[str]

    def within(self, units: Units) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List which finds lie wholly within which rows.

        :returns: find and row of each such meeting, by row.
        """
        first = np.searchsorted(self.starts, units.starts)
        finds, rows = expand(first, np.searchsorted(self.starts, units.stops))
        inside = self.stops[finds] <= units.stops[rows]
        return finds[inside], rows[inside]


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

    def lay_out(self, batch: ReadBatch) -> Finds:
        """Put the finds of a batch in arrays."""
        offset, places, mentions = 0, [], []
        for reading in batch.readings:
            for mention in reading.mentions:
                places.append((mention.start + offset, mention.end + offset))
                mentions.append(mention)
            offset += len(reading.keys)
        bounds = np.array(places, dtype=np.int64).reshape(-1, 2)
        return Finds(
            bounds[:, 0],
            bounds[:, 1],
            np.array([_code(m) for m in mentions], dtype=np.uint64),
            np.array([m.cue.kind == "topic" for m in mentions], dtype=bool),
            [self.columns(mention) for mention in mentions],
            [mention.cue.id for mention in mentions],
        )

    def columns(self, mention: Mention) -> tuple[int, ...]:
        """Give the columns that a mention sets by itself."""
        dead = int(not mention.counts)
        level = mention.cue.level
        return (
            self.cue_columns[mention.cue.id] + dead,
            self.level_columns[mention.cue.kind] + 2 * level + dead,
            *(self.context_columns[kind] + level for kind in mention.context),
        )

    def matrix(self, finds: Finds, units: Units) -> sparse.csr_matrix:
        """Mark the cues that lie wholly within each row.

        :returns: (rows, width) of 0 and 1, float32.
        """
        found, rows = finds.within(units)
        lengths = np.array([len(columns) for columns in finds.columns], dtype=np.int64)
        own = np.fromiter(itertools.chain.from_iterable(finds.columns), dtype=np.int32)
        first = np.cumsum(lengths) - lengths
        places, meeting = expand(first[found], first[found] + lengths[found])
        seen = join_sightings(
            [Sightings(rows[meeting], own[places]), self._pairs(finds, found, rows)]
        )
        matrix = count_columns(seen, (len(units.starts), self.width))
        matrix.data[:] = 1.0
        return matrix

    def _pairs(self, finds: Finds, found: NDArray[np.int64], rows: NDArray[np.int64]) -> Sightings:
        topics = finds.topics[found]
        by_row: dict[int, set[str]] = {}
        for find, row in zip(found[topics].tolist(), rows[topics].tolist(), strict=True):
            by_row.setdefault(row, set()).add(finds.cues[find])
        out_rows: list[int] = []
        out_columns: list[int] = []
        for row, names in by_row.items():
            columns = [self.pair_columns[p] for p in itertools.combinations(sorted(names), 2)]
            out_columns += columns
            out_rows += [row] * len(columns)
        return Sightings(np.array(out_rows, dtype=np.int64), np.array(out_columns, dtype=np.int32))


@lru_cache(maxsize=1024)
def _hash_name(name: str) -> int:
    return zlib.crc32(name.encode())


def _code(mention: Mention) -> int:
    if mention.cue.kind not in _SURROUNDED:
        return 0
    return _hash_name(f"{mention.cue.kind} {mention.cue.level >= 2}")


def surroundings(finds: Finds, units: Units) -> Sightings:
    """See the words round each cue of a row, by the cue's kind, side and nearness.

    :returns: columns below 2**18. Words outside a row are not looked at.
    """
    found, rows = finds.within(units)
    found, rows = found[finds.codes[found] > 0], rows[finds.codes[found] > 0]
    start, stop, code = finds.starts[found], finds.stops[found], finds.codes[found] * _CODE
    sides = (
        (np.maximum(units.starts[rows], start - REACH), start, start - NEAR, start),
        (stop, np.minimum(units.stops[rows], stop + REACH), stop, stop + NEAR),
    )
    seen = []
    for side, (low, high, near_low, near_high) in enumerate(sides, start=1):
        bounds = ((low, high), (np.maximum(low, near_low), np.minimum(high, near_high)))
        for nearness, (begin, end) in enumerate(bounds):
            places, meeting = expand(begin, end)
            salt = code[meeting] + np.uint64(4 * side + nearness)
            hashed = hash_keys(units.keys.values[places] * _KEY + salt)
            seen.append(Sightings(rows[meeting], to_columns(hashed)))
    return join_sightings(seen)


class WordClasses:
    """The word classes of a batch in their order, a cue standing for all its words."""

    def __init__(self, batch: ReadBatch) -> None:
        classes = [_with_cues(r.classes, r.mentions) for r in batch.readings]
        codes = np.concatenate(classes) if classes else np.empty(0, dtype=np.uint64)
        self._kept = np.flatnonzero(codes)
        self._keys = Keys(hash_keys(codes[self._kept]))

    def within(self, units: Units) -> Units:
        """Give the same rows, of which the classes are the keys."""
        bounds = (
            np.searchsorted(self._kept, units.starts),
            np.searchsorted(self._kept, units.stops),
        )
        return Units(self._keys, *bounds, units.owner)


def _with_cues(classes: NDArray[np.uint8], mentions: Sequence[Mention]) -> NDArray[np.uint64]:
    codes = classes.astype(np.uint64)
    for mention in mentions:
        cue = mention.cue
        if cue.kind in _AS_CLASS:
            codes[mention.start : mention.end] = 0
            codes[mention.start] = _hash_name(f"{cue.kind} {cue.level} {cue.reading}")
    return codes


def near_ngrams(finds: Finds, word_classes: WordClasses, units: Units) -> Sightings:
    """See what stands near what: words round cues, words a little apart, classes in their order.

    :returns: columns below 2**18.
    """
    classes = word_classes.within(units)
    return join_sightings(
        [
            surroundings(finds, units),
            skip_grams(units, reach=SKIP_REACH),
            word_ngrams(classes, largest=CLASS_WORDS),
            skip_grams(classes, reach=CLASS_REACH),
        ]
    )
