"""The two fitted readers: what each says of a batch, and how they are taught."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from triage.config import Settings
from triage.labels import CATEGORIES
from triage.model.cue_features import CueFeatures, WordClasses, near_ngrams
from triage.model.estimators import (
    THRESHOLD_LEVELS,
    Block,
    Grams,
    build_block,
    build_classifier,
    fit_both_answers,
    segment_summary,
)
from triage.model.features import (
    CharacterGrams,
    Units,
    all_segments,
    count_hashed,
    whole_texts,
    word_ngrams,
)
from triage.model.targets import UNKNOWN
from triage.text.lexicon import Cue
from triage.text.mentions import Mention
from triage.text.reading import ReadBatch, Reading


@dataclass(frozen=True, slots=True)
class Signals:
    """What the readers and the rules say of each text, before anything is weighed.

    :param category: (texts, 3) margins in the order of ``labels.CATEGORIES``.
    :param urgency: (texts, 4) margins of level >= 1, 2, 3, 4 from the text reader.
    :param segments: (texts, 12) summary of the segment reader, see ``segment_summary``.
    :param flags: (texts, 3) margins in the order of ``FLAGS``.
    :param rules: (texts, ``RULE_WIDTH``) what the lexicon read, see ``rule_features``.
    :param floor: (texts,) level that the lexicon is sure of, 0 to 4.
    :param best_segment: (texts, 2) token range of the segment most telling of high risk; -1 if none.
    """

    category: NDArray[np.float64]
    urgency: NDArray[np.float64]
    segments: NDArray[np.float64]
    flags: NDArray[np.float64]
    rules: NDArray[np.float64]
    floor: NDArray[np.int64]
    best_segment: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matrices:
    """The raw features of a batch, made once and used by every fold."""

    units: Units
    grams: Grams


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the readers are taught on. No text is in it, so none goes to another process.

    :param texts: features, one row a complaint.
    :param segments: features, one row a segment.
    :param stories: (texts,) number of each complaint's story.
    :param answers: (texts, 8) category, level >= 1 to 4 and ``FLAGS``; ``UNKNOWN`` where nobody can say.
    :param owner: (segments,) index of the complaint that each segment belongs to, ascending.
    :param segment_answers: (segments, 4) see ``targets.segment_targets``.
    """

    texts: Grams
    segments: Grams
    stories: NDArray[np.int64]
    answers: NDArray[np.int64]
    owner: NDArray[np.int64]
    segment_answers: NDArray[np.int64]
    cues: Sequence[Cue]
    settings: Settings


@dataclass
class Readers:
    """The text reader and the segment reader.

    :param cues: the lexicon's cues that the cue features were made of.
    """

    text: Block
    segment: Block
    cues: Sequence[Cue]
    settings: Settings
    maker: "MatrixMaker" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.maker = MatrixMaker(self.cues, self.settings)

    def read(self, batch: ReadBatch) -> Signals:
        """Say what both readers and the rules make of each text of a batch."""
        texts, segments = self.maker.make(batch)
        margins = self.weigh(texts.grams, segments.grams)
        return put_together(batch.readings, *margins, segments.units.owner)

    def weigh(
        self, texts: Grams, segments: Grams
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the margins of texts and of segments: (texts, 10) and (segments, 4)."""
        by_text = _decide(self.text, texts, self.settings)
        by_segment = np.empty((0, len(THRESHOLD_LEVELS)))
        if segments.words.shape[0]:
            by_segment = _decide(self.segment, segments, self.settings)
        return by_text, by_segment


def put_together(
    readings: Sequence[Reading],
    by_text: NDArray[np.float64],
    by_segment: NDArray[np.float64],
    owner: NDArray[np.int64],
) -> Signals:
    """Put the readers' margins and what the lexicon read side by side.

    :param by_text: (texts, 10) margins of category, levels and flags.
    :param by_segment: (segments, 4) margins of the levels.
    :param owner: (segments,) the text of each, ascending.
    """
    rules, floor = rule_features(readings)
    first_flag = len(CATEGORIES) + len(THRESHOLD_LEVELS)
    return Signals(
        category=by_text[:, : len(CATEGORIES)],
        urgency=by_text[:, len(CATEGORIES) : first_flag],
        segments=segment_summary(by_segment, owner, len(readings)),
        flags=by_text[:, first_flag:],
        rules=rules,
        floor=floor,
        best_segment=_best_segments(readings, by_segment, owner),
    )


def _decide(block: Block, grams: Grams, settings: Settings) -> NDArray[np.float64]:
    return block.decide(grams, cue_weight=settings.cue_weight, near_weight=settings.near_weight)


class MatrixMaker:
    """Makes the raw features of batches; what words are made of is remembered between them."""

    def __init__(self, cues: Sequence[Cue], settings: Settings) -> None:
        self.settings = settings
        self.cue_features = CueFeatures(cues)
        self.characters = CharacterGrams()

    def make(self, batch: ReadBatch) -> tuple[Matrices, Matrices]:
        """Make the features of a batch: those of the whole texts, and those of the segments."""
        finds = self.cue_features.lay_out(batch)
        classes, whole = WordClasses(batch), whole_texts(batch)
        kinds = (whole, all_segments(batch, whole.keys))
        sizes = (self.settings.text_words, self.settings.segment_words)
        texts, segments = (
            Matrices(
                units,
                Grams(
                    count_hashed(word_ngrams(units, largest=largest), units),
                    characters,
                    count_hashed(near_ngrams(finds, classes, units), units),
                    self.cue_features.matrix(finds, units),
                ),
            )
            for units, largest, characters in zip(
                kinds, sizes, self.characters.bags(kinds, batch), strict=True
            )
        )
        return texts, segments


def fit_readers(lesson: Lesson, kept: NDArray[np.bool_]) -> Readers:
    """Teach both readers on some of the complaints.

    :param kept: (texts,) which ones.
    """
    settings, kept_segments = lesson.settings, kept[lesson.owner]
    stories = lesson.stories
    texts, segments = lesson.texts.rows(kept), lesson.segments.rows(kept_segments)
    text = build_block(texts, stories[kept])
    _fit_block(text, texts, lesson.answers[kept], settings.text_c, settings)
    segment = build_block(segments, stories[lesson.owner][kept_segments])
    answers = lesson.segment_answers[kept_segments]
    _fit_block(segment, segments, answers, settings.segment_c, settings)
    return Readers(text, segment, lesson.cues, settings)


def _fit_block(
    block: Block,
    grams: Grams,
    answers: NDArray[np.int64],
    c: float,
    settings: Settings,
) -> None:
    matrix = block.weigh(grams, cue_weight=settings.cue_weight, near_weight=settings.near_weight)
    for answer in answers.T:
        known = answer != UNKNOWN
        model = build_classifier(c, seed=settings.seed)
        block.models.append(fit_both_answers(model, matrix[known], answer[known]))


RULE_WIDTH = 19


def rule_features(
    readings: Sequence[Reading],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum up what the lexicon read in each text.

    :returns: (texts, 19): one-hot highest counted level of sure cues (5), of all risk cues (5), of
        mere mentions (5); whether a cue was taken away by its context; whether the lexicon knows a
        death, a minor; an age under 18. And (texts,) the level that sure cues hold as a floor.
    """
    out = np.zeros((len(readings), RULE_WIDTH))
    floor = np.zeros(len(readings), dtype=np.int64)
    for i, reading in enumerate(readings):
        out[i, 18] = reading.minor_age
        telling = [m for m in reading.mentions if m.cue.kind != "topic"]
        if not telling:
            out[i, [0, 5, 10]] = 1
            continue
        sure = _highest(m for m in telling if m.cue.sure)
        risk = _highest(m for m in telling if m.cue.kind in ("risk", "farewell"))
        mention = _highest(m for m in telling if m.cue.kind in ("mention", "distress"))
        out[i, [sure, 5 + risk, 10 + mention]] = 1
        out[i, 15] = any(not m.counts and m.cue.level >= 2 for m in telling)
        out[i, 16] = any(m.cue.kind == "death" and m.counts for m in telling)
        out[i, 17] = any(m.cue.kind == "minor" for m in telling)
        floor[i] = sure
    return out, floor


def _highest(mentions: Iterable[Mention]) -> int:
    return max((m.level for m in mentions if m.counts), default=0)


def _best_segments(
    readings: Sequence[Reading], margins: NDArray[np.float64], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    best = np.full((len(readings), 2), -1, dtype=np.int64)
    if not len(owner):
        return best
    order = np.lexsort((margins[:, 1], owner))
    first = np.searchsorted(owner, np.arange(len(readings)), side="left")
    last = np.searchsorted(owner, np.arange(len(readings)), side="right") - 1
    for i, reading in enumerate(readings):
        if last[i] >= first[i]:
            best[i] = reading.segments[order[last[i]] - first[i]]
    return best
