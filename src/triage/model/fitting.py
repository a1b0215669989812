"""From labelled complaints to fitted readers, heads and operating point."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from triage.config import Settings
from triage.labels import HIGH_RISK_LEVEL
from triage.model.features import CharacterGrams
from triage.model.heads import Decisions, Heads, fit_heads
from triage.model.readers import (
    Matrices,
    Readers,
    Signals,
    build_matrices,
    fit_readers,
    segment_targets,
)
from triage.model.thresholds import OperatingPoint, choose_operating_point
from triage.records import LabelledComplaint
from triage.text.lexicon import Cue
from triage.text.reading import ReadBatch

Progress = Callable[[str], None]


@dataclass
class Fitted:
    """All that fitting yields.

    :param unseen: decisions on each training complaint by models that had not seen its story.
    :param floor: (complaints,) level that the lexicon is sure of.
    """

    readers: Readers
    heads: Heads
    point: OperatingPoint
    unseen: Decisions
    floor: NDArray[np.int64]


def fit(
    batch: ReadBatch,
    complaints: Sequence[LabelledComplaint],
    cues: Sequence[Cue],
    settings: Settings,
    *,
    progress: Progress = lambda step: None,
    workers: int = 1,
) -> Fitted:
    """Fit everything on labelled complaints.

    :param batch: the complaints as read, in their order.
    :param progress: called with a plain line before each step.
    :param workers: processes that fit folds at once; changes nothing in the result.
    """
    progress("counting words and cues")
    texts, segments = build_matrices(batch, cues, settings, CharacterGrams())
    targets = segment_targets(batch.readings, complaints)
    groups = np.array([c.scenario for c in complaints])
    progress(
        f"teaching the readers, and judging {settings.folds} parts by readers that have not seen them"
    )
    splitter = GroupKFold(n_splits=settings.folds, shuffle=True, random_state=settings.seed)
    parts = [test for _, test in splitter.split(groups, groups=groups)]
    # The final readers, taught on everything, are one more job beside the parts: the longest first.
    everything = (texts, segments, complaints, segments.units.owner, targets, cues, settings)
    jobs = [delayed(fit_readers)(*everything)]
    jobs += [
        delayed(_read_unseen)(batch, texts, segments, complaints, targets, cues, settings, part)
        for part in parts
    ]
    readers, *signals = Parallel(n_jobs=workers)(jobs)
    if workers == 1:
        # As if it had come from another process: what is stored must not tell how many there were.
        readers = pickle.loads(pickle.dumps(readers))
    unseen = _put_together(signals, parts)
    progress("weighing what both readers say")
    heads = fit_heads(unseen, complaints, settings)
    decisions = decide_unseen(unseen, complaints, parts, settings)
    # Sides of minimal pairs are no sample of anything: whole complaints alone set the point.
    whole = np.array([not c.phenomenon for c in complaints])
    point = choose_operating_point(
        decisions.risk[whole],
        np.array([c.urgency >= HIGH_RISK_LEVEL for c in complaints])[whole],
        unseen.floor[whole],
        recall_floor=settings.recall_floor,
    )
    return Fitted(readers, heads, point, decisions, unseen.floor)


def _read_unseen(
    batch: ReadBatch,
    texts: Matrices,
    segments: Matrices,
    complaints: Sequence[LabelledComplaint],
    targets: NDArray[np.int64],
    cues: Sequence[Cue],
    settings: Settings,
    part: NDArray[np.int64],
) -> Signals:
    """Fit on all but one part and read that part."""
    kept = np.ones(len(complaints), dtype=bool)
    kept[part] = False
    kept_segments = kept[segments.units.owner]
    readers = fit_readers(
        texts.rows(kept),
        segments.rows(kept_segments),
        [c for c, keep in zip(complaints, kept, strict=True) if keep],
        np.searchsorted(np.flatnonzero(kept), segments.units.owner[kept_segments]),
        targets[kept_segments],
        cues,
        settings,
    )
    signals = readers.signals(batch, texts, segments)
    return _take(signals, part)


def _take(signals: Signals, rows: NDArray[np.int64]) -> Signals:
    return Signals(**{f.name: getattr(signals, f.name)[rows] for f in fields(Signals)})


def _put_together(signals: list[Signals], parts: list[NDArray[np.int64]]) -> Signals:
    order = np.argsort(np.concatenate(parts), kind="stable")
    return Signals(
        **{
            f.name: np.concatenate([getattr(s, f.name) for s in signals])[order]
            for f in fields(Signals)
        }
    )


def decide_unseen(
    signals: Signals,
    complaints: Sequence[LabelledComplaint],
    parts: list[NDArray[np.int64]],
    settings: Settings,
) -> Decisions:
    """Decide each part by heads that were fitted on the other parts alone."""
    decided: list[Decisions] = []
    for part in parts:
        others = np.setdiff1d(np.arange(len(complaints)), part)
        heads = fit_heads(_take(signals, others), [complaints[i] for i in others], settings)
        decided.append(heads.decide(_take(signals, part)))
    order = np.argsort(np.concatenate(parts), kind="stable")
    return Decisions(
        **{
            f.name: np.concatenate([getattr(d, f.name) for d in decided])[order]
            for f in fields(Decisions)
        }
    )
