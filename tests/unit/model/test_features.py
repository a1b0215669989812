"""Features made in arrays are those that a plain loop makes."""

import numpy as np
import pytest
from scipy import sparse

from triage.model.cue_features import REACH, CueFeatures, WordClasses, surroundings
from triage.model.features import (
    Sightings,
    all_segments,
    count_columns,
    skip_grams,
    whole_texts,
)
from triage.text.reading import ReadBatch, read_texts


@pytest.fixture(scope="module")
def batch(model, small_corpus) -> ReadBatch:
    return read_texts(model.nlp, [c.text for c in small_corpus[::20]])


def test_margins_are_those_of_the_models(model, batch):
    settings = model.settings
    weights = {"cue_weight": settings.cue_weight, "near_weight": settings.near_weight}
    texts, segments = model.readers.maker.make(batch)
    for block, grams in (
        (model.readers.text, texts.grams),
        (model.readers.segment, segments.grams),
    ):
        matrix = block.weigh(grams, **weights)
        said = [m.decision_function(matrix).reshape(matrix.shape[0], -1) for m in block.models]
        np.testing.assert_allclose(block.decide(grams, **weights), np.hstack(said), atol=1e-5)


def test_cues_are_found_in_the_rows_that_hold_them(model, batch):
    features = CueFeatures(model.readers.cues)
    finds, units = features.lay_out(batch), all_segments(batch)
    found, rows = finds.within(units)
    plain = [
        (i, row)
        for row, (start, stop) in enumerate(zip(units.starts, units.stops, strict=True))
        for i in range(len(finds.starts))
        if start <= finds.starts[i] and finds.stops[i] <= stop
    ]
    assert list(zip(found.tolist(), rows.tolist(), strict=True)) == plain
    matrix = features.matrix(finds, units)
    assert set(np.unique(matrix.data)) == {1.0}
    for i, row in plain:
        assert all(matrix[row, column] == 1 for column in finds.columns[i])


def test_surroundings_stay_within_reach_and_row(model):
    words = " ".join(["okay"] * 30)
    one = read_texts(model.nlp, [f"{words} suicide {words}"])
    finds = CueFeatures(model.readers.cues).lay_out(one)
    assert len(surroundings(finds, whole_texts(one)).columns) == 2 * (REACH + 3)


def test_words_apart_are_paired_in_order(model):
    one, other = (read_texts(model.nlp, [t]) for t in ("he says nothing", "nothing says he"))
    first, second = (skip_grams(whole_texts(b), reach=4) for b in (one, other))
    assert len(first.columns) == len(second.columns) == 1
    assert first.columns != second.columns


def test_counting_is_what_scipy_counts():
    rng = np.random.default_rng(3)
    seen = Sightings(rng.integers(0, 7, 500), rng.integers(0, 40, 500).astype(np.int32))
    plain = sparse.coo_matrix((np.ones(500), (seen.rows, seen.columns)), shape=(8, 50)).tocsr()
    counted = count_columns(seen, (8, 50))
    assert counted.has_sorted_indices
    assert (counted != plain).nnz == 0


def test_an_empty_batch_has_empty_features(model):
    empty = ReadBatch([], {})
    texts, segments = model.readers.maker.make(empty)
    assert texts.grams.near.shape[0] == segments.grams.near.shape[0] == 0
    assert len(WordClasses(empty).within(whole_texts(empty)).keys.values) == 0
