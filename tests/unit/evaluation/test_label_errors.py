import sys
from dataclasses import replace

import numpy as np
import pytest

from triage.errors import ConfigError
from triage.evaluation.label_errors import (
    find_conflicts,
    find_copies,
    find_suspects,
    level_probabilities,
)
from triage.labels import CATEGORIES, AtRisk, Category, Urgency
from triage.records import LabelledComplaint

LONG = "the caller asked for four thousand rupees and said that he will send the clip to my office"


def case(number: int, text: str = "", **labels) -> LabelledComplaint:
    fields = {
        "id": f"c{number}",
        "text": text or f"made-up complaint number {number}",
        "language": "en",
        "category": CATEGORIES[number % 3],
        "urgency": Urgency(number % 5),
        "at_risk": AtRisk.SELF if number % 5 else AtRisk.NOBODY,
        "death_reported": False,
        "minor": False,
        "scenario": f"s{number}",
        "batch": "",
    }
    return LabelledComplaint(**fields | labels)


def readings(cases):
    """What a good model would say of cases that are labelled right."""
    category = np.full((len(cases), 3), 0.1)
    at_least = np.full((len(cases), 4), 0.1)
    for i, c in enumerate(cases):
        category[i, CATEGORIES.index(c.category)] = 0.8
        at_least[i, : int(c.urgency)] = 0.9
    return category, at_least


def test_wrong_labels_are_found_worst_first():
    cases = [case(n) for n in range(60)]
    category, at_least = readings(cases)
    cases[30] = replace(cases[30], urgency=Urgency.IMMINENT, at_risk=AtRisk.SELF)  # truly 0
    cases[11] = replace(cases[11], urgency=Urgency.IDEATION)  # truly 1
    cases[7] = replace(cases[7], category=Category.OTHER_FRAUD)  # truly sextortion
    found = find_suspects(cases, category, at_least, np.zeros(60, dtype=np.int64))
    assert [(s.index, s.field) for s in found] == [
        (30, "urgency"),
        (11, "urgency"),
        (7, "category"),
    ]
    worst, _, crime = found
    assert (worst.labelled, worst.looks_like) == ("4 imminent", "0 none")
    assert worst.probability == pytest.approx(0.9)
    assert worst.gap == pytest.approx(4 - 4 * 0.1)  # expected steps: 4 levels, each 0.1 likely
    assert (crime.labelled, crime.looks_like) == ("Other fraud", "Sextortion")
    assert crime.probability == pytest.approx(0.8)


def test_a_missed_risk_is_found_where_the_doubt_is_between_levels():
    cases = [case(n) for n in range(60)]
    category, at_least = readings(cases)
    at_least[30] = [0.95, 0.9, 0.55, 0.45]  # 3 or 4, neither likely by itself; labelled 0
    floor = np.zeros(60, dtype=np.int64)
    floor[30] = 3
    (found,) = find_suspects(cases, category, at_least, floor)
    assert (found.index, found.looks_like) == (30, "3 intent")
    assert "the word list is sure of level 3" in found.why
    assert "high risk 90%" in found.why


def test_right_labels_and_sides_of_pairs_are_left_alone():
    cases = [case(n) for n in range(60)]
    category, at_least = readings(cases)
    nothing = np.zeros(60, dtype=np.int64)
    assert find_suspects(cases, category, at_least, nothing) == []
    cases[7] = replace(cases[7], category=Category.OTHER_FRAUD, phenomenon="denied")
    assert find_suspects(cases, category, at_least, nothing) == []


def test_one_label_alone_cannot_be_judged():
    cases = [case(0, id=str(n)) for n in range(5)]
    category, at_least = readings(cases)
    at_least[0] = 0.9
    assert find_suspects(cases, category, at_least, np.zeros(5, dtype=np.int64)) == []


def test_without_cleanlab_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    cases = [case(n) for n in range(6)]
    with pytest.raises(ConfigError, match=r"needs cleanlab.*pip install 'triage\[science\]'"):
        find_suspects(cases, *readings(cases), np.zeros(6, dtype=np.int64))


def test_level_probabilities_sum_to_one():
    at_least = np.sort(np.random.default_rng(1).random((9, 4)))[:, ::-1]
    levels = level_probabilities(at_least)
    assert levels.shape == (9, 5)
    assert (levels >= 0).all()
    assert levels.sum(axis=1) == pytest.approx(np.ones(9))


def test_copies_with_other_labels():
    cases = [
        case(0, LONG),
        case(1, "Short text"),
        case(2, f"{LONG} tomorrow", category=Category.VIDEO_CALL_BLACKMAIL),
        case(3, "short  TEXT", category=CATEGORIES[1], urgency=Urgency.IMMINENT),
        case(4),
    ]
    copies = find_copies(cases)
    assert [(c.first, c.second, c.same) for c in copies] == [(0, 2, False), (1, 3, True)]
    found = find_conflicts(cases, copies, own=5)
    assert [(s.index, s.gap) for s in found] == [(1, 3.0), (0, 2.0)]
    assert found[0].why == "c3 is the same text"
    assert found[1].why == "c2 is nearly the same text"
    assert LONG not in repr(found)
    assert "of the shipped corpus" in find_conflicts(cases, copies, own=2)[0].why
    assert find_conflicts(cases, copies, own=0) == []


def test_near_copies_of_one_story_were_written_to_differ():
    cases = [case(0, LONG), case(2, f"{LONG} tomorrow", scenario="s0")]
    assert find_conflicts(cases, find_copies(cases), own=2) == []


def test_a_form_letter_makes_few_pairs():
    cases = [case(n, LONG) for n in range(40)] + [case(50, f"{LONG} tomorrow"), case(60)]
    copies = find_copies(cases)
    assert len(copies) == 40
