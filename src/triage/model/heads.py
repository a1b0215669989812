"""The heads: small calibrated models that weigh what the readers and the rules say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from triage.config import Settings
from triage.labels import CATEGORIES
from triage.model.estimators import THRESHOLD_LEVELS, build_head, fit_both_answers
from triage.model.readers import Signals
from triage.model.targets import FLAGS, flag_targets, urgency_targets
from triage.records import LabelledComplaint

_CLIP = 8.0


@dataclass(frozen=True, slots=True)
class Decisions:
    """Probabilities for each text of a batch.

    :param category: (texts, 3) in the order of ``labels.CATEGORIES``; rows sum to 1.
    :param at_least: (texts, 4) probability of level >= 1, 2, 3, 4; falling from left to right.
    :param flags: (texts, 3) in the order of ``readers.FLAGS``.
    """

    category: NDArray[np.float64]
    at_least: NDArray[np.float64]
    flags: NDArray[np.float64]

    def row(self, i: int) -> "Decision":
        """Give what was decided on one text."""
        category = self.category[i]
        return Decision(
            category=(float(category[0]), float(category[1]), float(category[2])),
            at_least=tuple(self.at_least[i].tolist()),
            flags=dict(zip(FLAGS, self.flags[i].tolist(), strict=True)),
        )

    @property
    def risk(self) -> NDArray[np.float64]:
        """(texts,) probability that the level is 2 or more."""
        return self.at_least[:, 1]


@dataclass(frozen=True, slots=True)
class Decision:
    """Probabilities for one text; see ``Decisions``.

    :param flags: probability of each of ``readers.FLAGS``, by its name.
    """

    category: tuple[float, float, float]
    at_least: tuple[float, ...]
    flags: dict[str, float]


@dataclass
class Heads:
    """One calibrated model for the category, one for each level's question, one for each flag."""

    category: LogisticRegression
    levels: list[LogisticRegression]
    flags: list[LogisticRegression]

    def decide(self, signals: Signals) -> Decisions:
        """Weigh the signals of a batch."""
        inputs = flag_inputs(signals)
        return Decisions(
            category=softmax(_margins(self.category, category_inputs(signals)), axis=1),
            at_least=self.decide_levels(signals),
            flags=expit(np.column_stack([_margins(head, inputs)[:, 0] for head in self.flags])),
        )

    def decide_levels(self, signals: Signals) -> NDArray[np.float64]:
        """Weigh what they say of the level alone: (texts, 4), see ``Decisions.at_least``."""
        margins = [
            _margins(head, level_inputs(signals, i))[:, 0] for i, head in enumerate(self.levels)
        ]
        # P(level >= k) cannot rise with k.
        decided: NDArray[np.float64] = np.minimum.accumulate(
            expit(np.column_stack(margins)), axis=1
        )
        return decided


def _margins(head: LogisticRegression, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Do what ``decision_function`` does, without its checks: for one complaint they take longer.

    :returns: (texts, classes), or (texts, 1) for yes or no.
    """
    return np.asarray(inputs @ head.coef_.T + head.intercept_)


def category_inputs(signals: Signals) -> NDArray[np.float64]:
    """Give the inputs of the category head: (texts, 3)."""
    return np.clip(signals.category, -_CLIP, _CLIP)


def level_inputs(signals: Signals, question: int) -> NDArray[np.float64]:
    """Give the inputs of one level's head: both readers on it and its neighbours, and the rules.

    :param question: 0 to 3, for level >= 1 to 4.
    :returns: (texts, inputs).
    """
    questions = len(THRESHOLD_LEVELS)
    own = [question, questions + question, 2 * questions + question]
    others = [q for q in range(questions) if q != question]
    return np.column_stack(
        [
            np.clip(signals.urgency, -_CLIP, _CLIP),
            np.clip(signals.segments[:, own + others], -_CLIP, _CLIP),
            signals.rules[:, :16],
        ]
    )


def flag_inputs(signals: Signals) -> NDArray[np.float64]:
    """Give the inputs of the flags' heads: (texts, inputs)."""
    return np.column_stack([np.clip(signals.flags, -_CLIP, _CLIP), signals.rules[:, 15:]])


def whole_complaints(complaints: Sequence[LabelledComplaint]) -> NDArray[np.bool_]:
    """Say which complaints are a sample of what comes to a desk.

    Every second side of a minimal pair is high risk: probabilities and the operating point are not
    to be learnt from them, only what tells the sides apart.

    :returns: (complaints,) False for sides of pairs; all True where too little else is labelled.
    """
    whole = np.array([not complaint.phenomenon for complaint in complaints], dtype=bool)
    levels = {complaint.urgency for complaint, use in zip(complaints, whole, strict=True) if use}
    return whole if levels >= {c.urgency for c in complaints} else np.ones_like(whole)


def fit_heads(
    signals: Signals, complaints: Sequence[LabelledComplaint], settings: Settings
) -> Heads:
    """Fit the heads.

    :param signals: of readers that had not seen these complaints, else they are believed too much.
    """
    category = np.array([CATEGORIES.index(c.category) for c in complaints])
    urgency, flags = urgency_targets(complaints), flag_targets(complaints)
    inputs, whole = flag_inputs(signals), whole_complaints(complaints)
    return Heads(
        category=build_head(settings.head_c).fit(category_inputs(signals), category),
        levels=[
            build_head(settings.head_c).fit(level_inputs(signals, i)[whole], urgency[whole, i])
            for i in range(len(THRESHOLD_LEVELS))
        ],
        flags=[
            fit_both_answers(
                build_head(settings.head_c), inputs[flags[:, i] >= 0], flags[flags[:, i] >= 0, i]
            )
            for i in range(len(FLAGS))
        ],
    )
