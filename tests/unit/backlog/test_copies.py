from collections import defaultdict

import numpy as np
import pytest

from triage.backlog import copies
from triage.backlog.copies import CopyFinder, tie_to_place
from triage.batches import ScoredRow
from triage.text.sketches import BANDS, are_copies, sketch_keys

LENGTH = 80


def make_rows(count, priority="P4", urgency=0):
    return [ScoredRow(str(i), priority, urgency, 0.0, "", False, False, "[]") for i in range(count)]


def vary(keys, draw, changed):
    keys = keys.copy()
    keys[draw.choice(len(keys), changed, replace=False)] = draw.integers(0, 2**63, changed)
    return keys


@pytest.fixture
def draw():
    return np.random.default_rng(3)


def find(folder, sketches, rows=None):
    tied = tie_to_place(sketches, rows or make_rows(len(sketches)))
    with CopyFinder(folder) as finder:
        for start in range(0, len(tied), 100):
            finder.add(tied[start : start + 100].tobytes())
        found = [pair for pairs in finder.find() for pair in pairs.tolist()]
    assert not list(folder.iterdir())
    return dict(found), found


def test_each_copy_is_paired_once_with_an_earlier_one(tmp_path, draw):
    firsts = [draw.integers(0, 2**63, LENGTH, dtype=np.uint64) for _ in range(50)]
    keys, origin = [*firsts], [*range(50)]
    for _ in range(200):
        origin.append(int(draw.integers(50)))
        keys.append(vary(firsts[origin[-1]], draw, 1))
    pointed, pairs = find(tmp_path, sketch_keys(keys))
    assert len(pairs) == len(pointed)
    assert set(pointed) == set(range(50, 250))
    assert all(first < row and origin[first] == origin[row] for row, first in pairs)


@pytest.mark.parametrize("size", [7, 60])
def test_slices_find_the_same(tmp_path, draw, monkeypatch, size):
    keys = [draw.integers(0, 2**63, LENGTH, dtype=np.uint64) for _ in range(40)]
    keys += [vary(keys[i % 40], draw, 1 + i % 6) for i in range(160)]
    sketches = sketch_keys(keys)
    whole, _ = find(tmp_path, sketches)
    monkeypatch.setattr(copies, "SLICE", size)
    monkeypatch.setattr(copies, "_BLOCK", 13)
    monkeypatch.setattr(copies, "PAIRS", 5)
    assert find(tmp_path, sketches)[0] == whole
    monkeypatch.setattr(copies, "MOST_SLICES", 2)
    assert find(tmp_path, sketches)[0] == whole


def test_the_first_of_a_band_is_found_as_by_comparing_all(tmp_path, draw):
    base = draw.integers(0, 2**63, LENGTH, dtype=np.uint64)
    sketches = sketch_keys([vary(base, draw, int(draw.integers(1, 12))) for _ in range(120)])
    expected = {}
    for band in range(BANDS):
        groups = defaultdict(list)
        for row, sketch in enumerate(sketches):
            groups[sketch[1 + band]].append(row)
        for first, *others in groups.values():
            for row in others:
                if are_copies(sketches[[row]], sketches[[first]])[0]:
                    expected.setdefault(row, first)
    assert expected
    assert find(tmp_path, sketches)[0] == expected


def test_what_is_more_or_less_urgent_is_no_copy(tmp_path, draw):
    keys = draw.integers(0, 2**63, LENGTH, dtype=np.uint64)
    sketches = sketch_keys([keys] * 5)
    rows = [
        *make_rows(2),
        *make_rows(1, "P1", 3),
        *make_rows(1, "P4", 1),
        *make_rows(1, "P1", 3),
    ]
    assert find(tmp_path, sketches, rows)[0] == {1: 0, 4: 2}


def test_what_was_not_read_is_no_copy(tmp_path):
    nothing = np.empty(0, dtype=np.uint64)
    assert find(tmp_path, sketch_keys([nothing] * 4))[0] == {}


def test_nothing_gives_nothing(tmp_path):
    assert find(tmp_path, sketch_keys([]), [])[0] == {}
