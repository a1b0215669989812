"""What the readers and the heads are to answer, from the labels of complaints."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, AtRisk
from triage.model.estimators import THRESHOLD_LEVELS
from triage.records import LabelledComplaint
from triage.text.reading import Reading

FLAGS = ("at_risk_other", "death_reported", "minor")
"""Yes-or-no questions beside category and urgency, in column order."""

UNKNOWN = -1
"""Answer where nobody can say; such rows are not taught on."""

_COVERED, _UNTOUCHED = 0.6, 0.15


def text_targets(complaints: Sequence[LabelledComplaint]) -> NDArray[np.int64]:
    """Give (texts, 8): the category's index, then ``urgency_targets`` and ``flag_targets``."""
    category = [CATEGORIES.index(complaint.category) for complaint in complaints]
    return np.column_stack([category, urgency_targets(complaints), flag_targets(complaints)])


def truly_high(complaints: Sequence[LabelledComplaint]) -> NDArray[np.bool_]:
    """Say of each complaint whether its label is high risk: (complaints,)."""
    return np.array([c.urgency >= HIGH_RISK_LEVEL for c in complaints], dtype=bool)


def urgency_targets(complaints: Sequence[LabelledComplaint]) -> NDArray[np.int64]:
    """Give (texts, 4): is the urgency at least 1, 2, 3, 4?"""
    urgency = np.array([int(c.urgency) for c in complaints])
    return np.column_stack([(urgency >= k).astype(np.int64) for k in THRESHOLD_LEVELS])


def flag_targets(complaints: Sequence[LabelledComplaint]) -> NDArray[np.int64]:
    """Give (texts, 3) in the order of ``FLAGS``; whose life is asked only where one is at risk."""
    return np.array(
        [
            (
                int(c.at_risk is AtRisk.OTHER) if c.at_risk else UNKNOWN,
                int(c.death_reported),
                int(c.minor),
            )
            for c in complaints
        ],
        dtype=np.int64,
    ).reshape(-1, len(FLAGS))


def segment_targets(
    readings: Sequence[Reading], complaints: Sequence[LabelledComplaint]
) -> NDArray[np.int64]:
    """Say of each segment which levels it carries.

    A segment that holds most of the marked evidence carries the complaint's level. One beside it
    carries less than level 2, but may well tell of distress. One that holds a part of it, or
    stands in a risky complaint without marked evidence, is left out.

    :returns: (segments, 4) of 1, 0 and -1 for "left out".
    """
    rows: list[list[int]] = []
    for reading, complaint in zip(readings, complaints, strict=True):
        spans = _evidence_tokens(reading, complaint)
        for start, stop in reading.segments.tolist():
            rows.append(_segment_target(start, stop, spans, int(complaint.urgency)))
    return np.array(rows, dtype=np.int64).reshape(-1, len(THRESHOLD_LEVELS))


def marked_segments(
    readings: Sequence[Reading], complaints: Sequence[LabelledComplaint]
) -> NDArray[np.bool_]:
    """Say of each segment whether it holds most of some words that are marked as evidence."""
    return np.array(
        [
            max((_share(start, stop, *span) for span in spans), default=0.0) >= _COVERED
            for reading, complaint in zip(readings, complaints, strict=True)
            for spans in [_evidence_tokens(reading, complaint)]
            for start, stop in reading.segments.tolist()
        ],
        dtype=bool,
    )


def _share(start: int, stop: int, first: int, last: int) -> float:
    """Give how much of the smaller of two token ranges lies in the other, 0 or less where none."""
    return (min(stop, last) - max(start, first)) / max(1, min(last - first, stop - start))


def _segment_target(start: int, stop: int, spans: list[tuple[int, int]], level: int) -> list[int]:
    if level == 0:
        return [0] * len(THRESHOLD_LEVELS)
    if not spans:
        return [UNKNOWN] * len(THRESHOLD_LEVELS)
    share = max(_share(start, stop, *span) for span in spans)
    if share >= _COVERED:
        return [int(level >= k) for k in THRESHOLD_LEVELS]
    if share <= _UNTOUCHED:
        return [0 if level < k or k >= 2 else UNKNOWN for k in THRESHOLD_LEVELS]
    return [UNKNOWN] * len(THRESHOLD_LEVELS)


def _evidence_tokens(reading: Reading, complaint: LabelledComplaint) -> list[tuple[int, int]]:
    spans = []
    for words in complaint.evidence:
        start = complaint.text.find(words)
        if start < 0 or not len(reading.starts):
            continue
        # Both ends are compared in the original text, where the evidence was marked.
        origin = np.array(
            [reading.source.to_original(int(s), int(s) + 1)[0] for s in reading.starts]
        )
        first = int(np.searchsorted(origin, start, side="left"))
        last = int(np.searchsorted(origin, start + len(words), side="left"))
        if last > first:
            spans.append((first, last))
    return spans
