"""The cases that two models judge differently: by id, never by their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from triage.evaluation.scorecard import Judged
from triage.labels import CATEGORIES, Category, Urgency


class Turn(StrEnum):
    """What a second model does otherwise with a case, worst first."""

    LOST = "high risk lost"
    LOWER = "level now too low"
    ALARM = "new false alarm"
    HIGHER = "level now too high"
    CATEGORY_WRONG = "category now wrong"
    CATEGORY_OTHER = "category wrong in another way"
    CATEGORY_RIGHT = "category now right"
    NEARER = "level nearer to the truth"
    ALARM_GONE = "false alarm gone"
    FOUND = "high risk found"


@dataclass(frozen=True, slots=True)
class Change:
    """One case that came out otherwise.

    :param phenomenon: what a minimal pair turns on, for one of its sides; else empty.
    :param turns: what changed, worst first.
    :param level: as labelled.
    :param level_a: as the first model has it.
    :param level_b: as the second does.
    """

    id: str
    language: str
    phenomenon: str
    turns: tuple[Turn, ...]
    level: Urgency
    level_a: Urgency
    level_b: Urgency
    category: Category
    category_a: Category
    category_b: Category


def list_changes(cases_a: Sequence[Judged], cases_b: Sequence[Judged]) -> tuple[Change, ...]:
    """List the cases that two models judge differently.

    :param cases_a: as the first model judged them.
    :param cases_b: as the second did, in the same order.
    :returns: worst first by the worst turn of each; among equals the higher labelled level, then
        complaints ahead of sides of pairs, which are written to mislead.
    """
    pairs = zip(cases_a, cases_b, strict=True)
    changes = [change for a, b in pairs if (change := _compare_case(a, b)).turns]
    order = list(Turn)
    return tuple(
        sorted(changes, key=lambda c: (order.index(c.turns[0]), -c.level, bool(c.phenomenon), c.id))
    )


def count_turns(changes: Sequence[Change]) -> dict[Turn, int]:
    """Count in how many cases each turn occurs, worst turn first; those of none are left out."""
    counts = {turn: sum(turn in change.turns for change in changes) for turn in Turn}
    return {turn: count for turn, count in counts.items() if count}


def _compare_case(a: Judged, b: Judged) -> Change:
    complaint = a.complaint
    found = [*_turn_risk(a, b), *_turn_level(a, b)]
    # A side of a pair is labelled for urgency alone: its category is neither right nor wrong.
    if not complaint.phenomenon:
        found += _turn_category(complaint.category, _category(a), _category(b))
    return Change(
        id=complaint.id,
        language=complaint.language,
        phenomenon=complaint.phenomenon,
        turns=tuple(turn for turn in Turn if turn in found),
        level=complaint.urgency,
        level_a=a.level,
        level_b=b.level,
        category=complaint.category,
        category_a=_category(a),
        category_b=_category(b),
    )


def _turn_risk(a: Judged, b: Judged) -> list[Turn]:
    if a.high_risk == b.high_risk:
        return []
    if a.truly_high:
        return [Turn.FOUND if b.high_risk else Turn.LOST]
    return [Turn.ALARM if b.high_risk else Turn.ALARM_GONE]


def _turn_level(a: Judged, b: Judged) -> list[Turn]:
    if a.level == b.level:
        return []
    off_a, off_b = a.level - a.complaint.urgency, b.level - a.complaint.urgency
    if off_b < min(off_a, 0):
        return [Turn.LOWER]
    if off_b > max(off_a, 0):
        return [Turn.HIGHER]
    return [Turn.NEARER]


def _turn_category(true: Category, a: Category, b: Category) -> list[Turn]:
    if a is b:
        return []
    if true not in (a, b):
        return [Turn.CATEGORY_OTHER]
    return [Turn.CATEGORY_RIGHT if b is true else Turn.CATEGORY_WRONG]


def _category(case: Judged) -> Category:
    return CATEGORIES[int(np.argmax(case.category_proba))]
