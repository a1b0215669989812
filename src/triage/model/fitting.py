"""From labelled complaints to fitted readers, heads and operating point."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from triage.config import Settings
from triage.labels import CATEGORIES
from triage.model.guarantees import Shortage, choose_guaranteed_point
from triage.model.heads import Decisions, Heads, fit_heads, whole_complaints
from triage.model.readers import (
    Lesson,
    MatrixMaker,
    Readers,
    Signals,
    fit_readers,
    put_together,
)
from triage.model.targets import UNKNOWN, marked_segments, segment_targets, text_targets, truly_high
from triage.model.thresholds import OperatingPoint, choose_operating_point
from triage.records import LabelledComplaint
from triage.text.lexicon import Cue
from triage.text.reading import ReadBatch, Reading

Progress = Callable[[str], None]


@dataclass
class Fitted:
    """All that fitting yields.

    :param unseen: decisions on each training complaint by models that had not seen its story.
    :param floor: (complaints,) level that the lexicon is sure of.
    :param curve: what readers taught on a share of the stories say of the first part's complaints;
        empty where it was not asked for.
    """

    readers: Readers
    heads: Heads
    point: OperatingPoint
    unseen: Decisions
    floor: NDArray[np.int64]
    curve: list["CurvePoint"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a learning curve.

    :param taught: complaints that the text reader was taught on.
    :param judged: (cases,) indexes of the complaints that it judged.
    :param margins: (cases, 10) what it said of them; see ``Readers.weigh``.
    """

    taught: int
    judged: NDArray[np.int64]
    margins: NDArray[np.float64]


CURVE_SHARES = (0.125, 0.25, 0.5)
"""Shares of the stories that a learning curve is drawn over, beside all of them."""


def fit(
    batch: ReadBatch,
    complaints: Sequence[LabelledComplaint],
    cues: Sequence[Cue],
    settings: Settings,
    *,
    copies: Sequence[LabelledComplaint] = (),
    progress: Progress = lambda step: None,
    workers: int = 1,
    curve: bool = False,
) -> Fitted:
    """Fit everything on labelled complaints.

    :param batch: the complaints as read, in their order, and then their copies.
    :param copies: noisy copies of some of them: the readers are taught on them too, but nothing
        is judged or weighed by them.
    :param progress: called with a plain line before each step.
    :param workers: processes that fit folds at once; changes nothing in the result.
    :param curve: whether to measure also what fewer complaints would have given.
    """
    progress("counting words and cues")
    lesson = build_lesson(batch, complaints, copies, cues, settings)
    progress(
        f"teaching the readers, and judging {settings.folds} parts by readers that have not seen them"
    )
    parts = split_stories(complaints, settings)
    # The final readers, taught on everything, are one more job beside the parts: the longest first.
    jobs = [delayed(fit_readers)(lesson, np.ones(len(lesson.stories), dtype=bool))]
    jobs += [delayed(_weigh_unseen)(lesson, part) for part in parts]
    shares = _curve_shares(lesson, parts[0], len(complaints)) if curve else {}
    jobs += [delayed(_weigh_unseen)(lesson, parts[0], share=share) for share in shares]
    readers, *weighed = Parallel(n_jobs=workers)(jobs)
    if workers == 1:
        # As if it had come from another process: what is stored must not tell how many there were.
        readers = pickle.loads(pickle.dumps(readers))
    margins = weighed[: len(parts)]
    unseen = _put_together(batch.readings[: len(complaints)], lesson.owner, parts, margins)
    progress("weighing what both readers say")
    heads = fit_heads(unseen, complaints, settings)
    decisions = decide_unseen(unseen, complaints, parts, settings)
    whole = whole_complaints(complaints)
    judged = decisions.risk[whole], truly_high(complaints)[whole], unseen.floor[whole]
    point = choose_guaranteed_point(*judged, recall_floor=settings.recall_floor)
    if isinstance(point, Shortage):
        progress(point.say())
        point = choose_operating_point(*judged, recall_floor=settings.recall_floor)
    # All stories but the part's are the last point, and known already.
    taught = [*shares.values(), int(_kept_stories(lesson, parts[0], 1)[: len(complaints)].sum())]
    texts = [by_text for by_text, _ in (*weighed[len(parts) :], margins[0])]
    points = [CurvePoint(n, parts[0], said) for n, said in zip(taught, texts, strict=True)]
    return Fitted(readers, heads, point, decisions, unseen.floor, points if curve else [])


def _curve_shares(lesson: Lesson, part: NDArray[np.int64], complaints: int) -> dict[float, int]:
    """Give the shares of a learning curve that hold every category, each with its complaints."""
    kept = {share: _kept_stories(lesson, part, share) for share in CURVE_SHARES}
    every = len(CATEGORIES)
    return {
        share: int(texts[:complaints].sum())
        for share, texts in kept.items()
        if len(np.unique(lesson.answers[texts, 0])) == every
    }


def build_lesson(
    batch: ReadBatch,
    complaints: Sequence[LabelledComplaint],
    copies: Sequence[LabelledComplaint],
    cues: Sequence[Cue],
    settings: Settings,
) -> Lesson:
    """Make the features and targets of complaints and copies."""
    together = [*complaints, *copies]
    texts, segments = MatrixMaker(cues, settings).make(batch)
    owner = segments.units.owner
    targets = segment_targets(batch.readings, together)
    # Of a copy only the segments that carry or mislead are worth their time.
    marked = marked_segments(batch.readings, together)
    targets[~marked & (owner >= len(complaints))] = UNKNOWN
    stories = np.unique([c.scenario for c in together], return_inverse=True)[1]
    answers = text_targets(together)
    return Lesson(texts.grams, segments.grams, stories, answers, owner, targets, cues, settings)


def split_stories(
    complaints: Sequence[LabelledComplaint], settings: Settings
) -> list[NDArray[np.int64]]:
    """Split complaints into parts; no part shares a story with another."""
    groups = [complaint.scenario for complaint in complaints]
    splitter = GroupKFold(n_splits=settings.folds, shuffle=True, random_state=settings.seed)
    return [test for _, test in splitter.split(groups, groups=groups)]


def _weigh_unseen(
    lesson: Lesson, part: NDArray[np.int64], *, share: float = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Teach on all stories but those of one part, or a share of them; give that part's margins."""
    readers = fit_readers(lesson, _kept_stories(lesson, part, share))
    in_part = np.isin(np.arange(len(lesson.stories)), part)
    return readers.weigh(lesson.texts.rows(in_part), lesson.segments.rows(in_part[lesson.owner]))


def _kept_stories(lesson: Lesson, part: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Say which texts tell a story that no text of a part tells; of these stories a share."""
    others = np.setdiff1d(lesson.stories, lesson.stories[part])
    drawn = np.random.default_rng(lesson.settings.seed).permutation(others)
    return np.isin(lesson.stories, drawn[: max(1, round(share * len(drawn)))])


def _put_together(
    readings: Sequence[Reading],
    owner: NDArray[np.int64],
    parts: list[NDArray[np.int64]],
    margins: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Signals:
    """Make signals of the parts' margins; ``owner`` goes on to copies, which no part holds."""
    owner = owner[owner < len(readings)]
    by_text = np.empty((len(readings), margins[0][0].shape[1]))
    by_segment = np.empty((len(owner), margins[0][1].shape[1]))
    for part, (texts, segments) in zip(parts, margins, strict=True):
        by_text[part] = texts
        by_segment[np.isin(owner, part)] = segments
    return put_together(readings, by_text, by_segment, owner)


def _take(signals: Signals, rows: NDArray[np.int64]) -> Signals:
    return Signals(**{f.name: getattr(signals, f.name)[rows] for f in fields(Signals)})


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
