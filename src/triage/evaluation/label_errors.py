"""Which labels are likely wrong: confident learning, and copies of one text labelled differently.

A case is suspect where a model that had not seen its story is surer of another label than it
usually is of that label where it is given. Suspects are for a person to look at: a model errs most
on the rare and hard cases, which are those that one wants to keep.

Source: confident learning, Northcutt, Jiang and Chuang (2021), by cleanlab.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from triage.errors import MissingLibraryError
from triage.evaluation.corpus_checks import near_copies, word_runs
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, Urgency
from triage.records import LabelledComplaint

CATEGORY, URGENCY, COPY = "category", "urgency", "copy"


@dataclass(frozen=True, slots=True)
class Suspect:
    """One label that is likely wrong.

    :param index: place of the case in the sequence that was looked at.
    :param field: ``category``, ``urgency``, or ``copy`` for a text that stands there twice.
    :param labelled: the label as it is, in words.
    :param looks_like: the label as the model, or the copy's labeller, sees it.
    :param probability: of ``looks_like``, 0 to 1; of an urgency, of that level or one further from
        the label. None for copies.
    :param gap: how far off, in steps: one for a category, the expected number of levels for an
        urgency.
    :param why: one plain line, without the text.
    """

    index: int
    field: str
    labelled: str
    looks_like: str
    probability: float | None
    gap: float
    why: str


@dataclass(frozen=True, slots=True)
class Copies:
    """Two texts that are the same or nearly so.

    :param same: True where they are the same but for spaces and capitals.
    """

    first: int
    second: int
    same: bool


def find_suspects(
    complaints: Sequence[LabelledComplaint],
    category: NDArray[np.float64],
    at_least: NDArray[np.float64],
    floor: NDArray[np.int64],
) -> list[Suspect]:
    """Find labels that are likely wrong.

    :param category: (complaints, 3) probabilities by models that had not seen the story, in the
        order of ``labels.CATEGORIES``.
    :param at_least: (complaints, 4) likewise of level >= 1, 2, 3, 4, falling.
    :param floor: (complaints,) level that the lexicon is sure of.
    :returns: worst first.
    :raises ConfigError: where cleanlab is not installed.
    """
    suspects = _category_suspects(complaints, category)
    suspects += _urgency_suspects(complaints, at_least, floor)
    return sorted(suspects, key=lambda s: -s.gap)


def _category_suspects(
    complaints: Sequence[LabelledComplaint], proba: NDArray[np.float64]
) -> list[Suspect]:
    # A side of a minimal pair is labelled for urgency alone.
    whole = [i for i, complaint in enumerate(complaints) if not complaint.phenomenon]
    labels = np.array([CATEGORIES.index(complaints[i].category) for i in whole], dtype=np.int64)
    doubtful, quality = _weigh_labels(labels, proba[whole])
    found = []
    for place in np.flatnonzero(doubtful).tolist():
        index, own = whole[place], proba[whole[place]]
        given, seen = CATEGORIES[labels[place]], CATEGORIES[int(own.argmax())]
        if given is not seen:
            why = f"{given.shown} itself {own[labels[place]]:.0%}"
            gap = 1 - float(quality[place])
            found.append(
                Suspect(index, CATEGORY, given.shown, seen.shown, float(own.max()), gap, why)
            )
    return found


def _urgency_suspects(
    complaints: Sequence[LabelledComplaint],
    at_least: NDArray[np.float64],
    floor: NDArray[np.int64],
) -> list[Suspect]:
    labels = np.array([int(c.urgency) for c in complaints], dtype=np.int64)
    levels = level_probabilities(at_least)
    risk = at_least[:, HIGH_RISK_LEVEL - 1]
    # Both by level and by the line that matters most: doubt spread over 3 and 4 is none about 0.
    doubtful = _weigh_labels(labels, levels)[0]
    by_side = (labels >= HIGH_RISK_LEVEL).astype(np.int64)
    doubtful |= _weigh_labels(by_side, np.column_stack([1 - risk, risk]))[0]
    gaps = (levels * np.abs(np.arange(levels.shape[1]) - labels[:, np.newaxis])).sum(axis=1)
    found = []
    for i in np.flatnonzero(doubtful).tolist():
        given, seen = Urgency(int(labels[i])), Urgency(int((at_least[i] >= 0.5).sum()))
        if given == seen:
            continue
        upwards = seen > given
        probability = float(at_least[i, seen - 1] if upwards else 1 - at_least[i, seen])
        why = f"level {int(given)} itself {levels[i, given]:.0%}, high risk {risk[i]:.0%}"
        if floor[i] > given:
            why += f"; the word list is sure of level {floor[i]}"
        labelled, like = (f"{int(level)} {level.shown}" for level in (given, seen))
        found.append(Suspect(i, URGENCY, labelled, like, probability, float(gaps[i]), why))
    return found


def level_probabilities(at_least: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn probabilities of "at least this level" into those of each level.

    :param at_least: (cases, 4) falling from left to right.
    :returns: (cases, 5); rows sum to 1.

    >>> level_probabilities(np.array([[0.75, 0.5, 0.25, 0.125]])).tolist()
    [[0.25, 0.25, 0.25, 0.125, 0.125]]
    """
    ones, zeros = np.ones((len(at_least), 1)), np.zeros((len(at_least), 1))
    return -np.diff(np.hstack([ones, at_least, zeros]), axis=1)


def _weigh_labels(
    labels: NDArray[np.int64], proba: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Say of each label whether it is doubtful, and how good it is, 0 to 1."""
    filters, rank = import_cleanlab()
    if len(np.unique(labels)) < 2:
        # With one label alone nothing tells how sure the model is of the others.
        return np.zeros(len(labels), dtype=bool), np.ones(len(labels))
    doubtful = filters.find_label_issues(labels, proba, filter_by="confident_learning", n_jobs=1)
    quality = rank.get_label_quality_scores(labels, proba, method="self_confidence")
    return np.asarray(doubtful, dtype=bool), np.asarray(quality, dtype=np.float64)


def import_cleanlab() -> tuple[ModuleType, ModuleType]:
    """Give cleanlab's modules that filter and rank labels.

    :raises ConfigError: where it is not installed.
    """
    try:
        return import_module("cleanlab.filter"), import_module("cleanlab.rank")
    except ImportError:
        raise MissingLibraryError("looking for label errors", "cleanlab") from None


def find_copies(complaints: Sequence[LabelledComplaint]) -> list[Copies]:
    """Find pairs of texts that are the same or nearly so, each pair once."""
    by_words: dict[str, list[int]] = defaultdict(list)
    for i, complaint in enumerate(complaints):
        by_words[" ".join(complaint.text.lower().split())].append(i)
    # Each with the first alone: a form letter sent a thousand times would make half a million pairs.
    pairs = [Copies(group[0], i, True) for group in by_words.values() for i in group[1:]]
    first = [group[0] for group in by_words.values()]
    near = near_copies([word_runs(complaints[i].text) for i in first])
    pairs += [Copies(first[i], first[j], False) for i, j in near]
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def find_conflicts(
    complaints: Sequence[LabelledComplaint], copies: Sequence[Copies], *, own: int
) -> list[Suspect]:
    """Find copies that are labelled differently.

    Near-copies in one scenario are left alone: they were written to differ where it matters.

    :param own: complaints from this index on are not the audited file's, which the reason says.
    :returns: worst first; the first of the two, with the other one's id.
    """
    found = []
    for pair in copies:
        a, b = complaints[pair.first], complaints[pair.second]
        if pair.first >= own or (a.scenario == b.scenario and not pair.same):
            continue
        other_category = a.category is not b.category and not (a.phenomenon or b.phenomenon)
        gap = abs(a.urgency - b.urgency) + other_category
        if gap:
            labelled, like = (f"{c.category.shown}, {int(c.urgency)}" for c in (a, b))
            why = f"{b.id}{' of the shipped corpus' if pair.second >= own else ''} is"
            why += " the same text" if pair.same else " nearly the same text"
            found.append(Suspect(pair.first, COPY, labelled, like, None, float(gap), why))
    return sorted(found, key=lambda s: -s.gap)
