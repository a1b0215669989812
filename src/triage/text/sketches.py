"""A few numbers for each complaint, by which near-copies of it are known: MinHash sketches.

A letter that was sent twice, or by many with other names, numbers and spellings, gives nearly the
same sketch. Nobody can read a word out of one.

Source: Broder (1997), "On the resemblance and containment of documents"; Indyk and Motwani (1998)
and Leskovec, Rajaraman and Ullman, "Mining of massive datasets", chapter 3, for the bands; Li and
König (2010), "b-bit minwise hashing", for the short minima.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.text.reading import ReadBatch

BANDS, ROWS = 10, 6
"""Texts that share nine runs in ten meet in one of the bands 999 times in a thousand, those that
share eight in ten 95 times in a hundred, those that share half 15 times."""

MINIMA = BANDS * ROWS
WIDTH = 1 + BANDS + MINIMA // 4
"""Numbers of a sketch: how many runs the text has, a hash for each band, and of each minimum the
lowest eight bits, four to a number."""

MIN_RUNS = 4
"""Texts of fewer runs say too little to be called copies of each other."""

SURE_RUNS = 12
"""Texts of fewer runs than this have to be the same to be copies."""

NEAR = 0.8
"""Share of runs that near-copies have in common, at least: names, dates and some words may differ.

Among the 17,522 texts of the corpus no two of different stories meet it, and where a clause tells
another story (the sides of minimal pairs) most pairs stay apart."""

EMPTY_SKETCH: NDArray[np.uint32] = np.zeros(WIDTH, dtype=np.uint32)
"""Sketch of a text that is too short or could not be read: a copy of nothing."""

_PHI = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)


def _draw_constants(count: int) -> NDArray[np.uint32]:
    """Draw fixed constants by SplitMix64, so that no machine and no version draws others.

    Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
    """
    state = np.arange(1, count + 1, dtype=np.uint64) * _PHI
    return (_scramble(state) >> _HALF).astype(np.uint32)


def _scramble(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * _MIX
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_SHIFTS = _draw_constants(2 * MINIMA)[:MINIMA]
_FACTORS = _draw_constants(2 * MINIMA)[MINIMA:] | np.uint32(1)


def sketch_readings(batch: ReadBatch) -> NDArray[np.uint32]:
    """Make a sketch of each complaint, from its runs of two spelling keys.

    Identifiers and amounts are masks among the keys, and spellings are folded: the same letter with
    another number in it, or in another spelling, has the same runs.

    :returns: (texts, ``WIDTH``) uint32, the same on every machine; ``EMPTY_SKETCH`` where a text has
        fewer than ``MIN_RUNS`` runs.
    """
    return sketch_keys([reading.keys for reading in batch.readings])


def sketch_keys(keys: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    """Make a sketch of each sequence of keys, see ``sketch_readings``."""
    sketches = np.zeros((len(keys), WIDTH), dtype=np.uint32)
    counts = np.array([len(own) - 1 for own in keys], dtype=np.int64)
    told = np.flatnonzero(counts >= MIN_RUNS).tolist()
    if told:
        ends = np.cumsum(counts[told] + 1)
        starts = np.concatenate([[0], ends[:-1]]) - np.arange(len(told))
        minima = _find_minima(_hash_runs([keys[i] for i in told], ends), starts)
        sketches[told, 0] = counts[told]
        sketches[told, 1 : 1 + BANDS] = _hash_bands(minima)
        sketches[told, 1 + BANDS :] = minima.astype(np.uint8).view("<u4")
    return sketches


def _hash_runs(keys: list[NDArray[np.uint64]], ends: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Hash each two keys that stand side by side in one text; (runs,), text after text."""
    joined = np.concatenate(keys)
    mixed = _scramble(joined[:-1] * _PHI + joined[1:])
    return np.delete((mixed >> _HALF).astype(np.uint32), ends[:-1] - 1)


def _find_minima(runs: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Give each text's smallest hash under each function; (texts, ``MINIMA``)."""
    minima = np.empty((MINIMA, len(starts)), dtype=np.uint32)
    hashed = np.empty_like(runs)
    for j in range(MINIMA):
        np.bitwise_xor(runs, _SHIFTS[j], out=hashed)
        np.multiply(hashed, _FACTORS[j], out=hashed)
        np.minimum.reduceat(hashed, starts, out=minima[j])
    return np.ascontiguousarray(minima.T)


def _hash_bands(minima: NDArray[np.uint32]) -> NDArray[np.uint32]:
    bands = minima.astype(np.uint64).reshape(len(minima), BANDS, ROWS)
    hashed = np.zeros(bands.shape[:2], dtype=np.uint64)
    for row in range(ROWS):
        hashed = _scramble(hashed + bands[:, :, row] + _PHI)
    return (hashed >> _HALF).astype(np.uint32)


def are_copies(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Say which sketches are those of near-copies.

    :param first: (pairs, ``WIDTH``) uint32.
    :param second: the same of the other sides.
    :returns: (pairs,) True where the texts share ``NEAR`` of their runs, or, below ``SURE_RUNS``,
        all of them, in the same number.
    """
    counts: NDArray[Any] = np.stack([first[:, 0], second[:, 0]])
    few, many = counts.min(axis=0), counts.max(axis=0)
    equal = np.ascontiguousarray(first[:, 1 + BANDS :]).view(np.uint8) == np.ascontiguousarray(
        second[:, 1 + BANDS :]
    ).view(np.uint8)
    share = equal.mean(axis=1)
    same = (share == 1) & (few == many)
    near = (share >= NEAR) & (few >= SURE_RUNS) & (few >= NEAR * many)
    copies: NDArray[np.bool_] = (few >= MIN_RUNS) & (same | near)
    return copies
