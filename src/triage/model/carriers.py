"""Which words carried a decision: those without which it would have been another one.

What the lexicon read as a risk comes first. Where the rest of the text still says "high risk", its
most telling segment is added, and so on, until the rest no longer says it. So the evidence of an
assessment is no guess about the model: take it away, and the decision changes.

Source: counterfactual evidence for documents, Martens and Provost (2014).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from triage.labels import HIGH_RISK_LEVEL
from triage.text.reading import ReadBatch, Reading

MOST_ROUNDS = 6
"""Segments that are added at most: a text that is risk from end to end is all evidence."""

Range = tuple[int, int]
Judge = Callable[[ReadBatch], tuple[NDArray[np.bool_], NDArray[np.int64]]]
"""Says of each text whether the risk is high, and which token range is most telling of it."""


def find_carriers(
    batch: ReadBatch,
    high: NDArray[np.bool_],
    best: NDArray[np.int64],
    judge: Judge,
) -> list[tuple[Range, ...]]:
    """Find the token ranges beyond the lexicon's own that carried each high risk.

    :param high: (texts,) whether the risk is high.
    :param best: (texts, 2) token range most telling of it, -1 where there is none.
    :returns: for each text, ranges in its tokens; none where the risk is not high, or where the
        lexicon's words alone carry it.
    """
    open_texts = np.flatnonzero(high).tolist()
    dropped = {i: _risk_words(batch.readings[i]) for i in open_texts}
    added: list[list[Range]] = [[] for _ in batch.readings]
    for i in open_texts:
        if not dropped[i].any():
            _add(tuple(best[i].tolist()), np.arange(len(dropped[i])), dropped[i], added[i])
    for _ in range(MOST_ROUNDS):
        if not open_texts:
            break
        rest = [batch.readings[i].without(dropped[i]) for i in open_texts]
        still_high, best_left = judge(ReadBatch(rest, batch.key_strings))
        still = []
        for i, is_high, segment in zip(
            open_texts, still_high.tolist(), best_left.tolist(), strict=True
        ):
            left = np.flatnonzero(~dropped[i])
            if is_high and _add(tuple(segment), left, dropped[i], added[i]):
                still.append(i)
        open_texts = still
    return [tuple(_join(ranges)) for ranges in added]


def _risk_words(reading: Reading) -> NDArray[np.bool_]:
    words = np.zeros(len(reading.keys), dtype=bool)
    for mention in reading.mentions:
        if mention.counts and mention.level >= HIGH_RISK_LEVEL:
            words[mention.start : mention.end] = True
    return words


def _add(
    segment: Range, left: NDArray[np.int64], dropped: NDArray[np.bool_], ranges: list[Range]
) -> bool:
    """Take a segment of what is left into the evidence; False where there is none to take."""
    start, stop = segment
    if start < 0:
        return False
    tokens = left[start:stop]
    dropped[tokens] = True
    # One range also where words taken before stand between: people read sentences, not scraps.
    ranges.append((int(tokens[0]), int(tokens[-1]) + 1))
    return True


def _join(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, stop in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined
