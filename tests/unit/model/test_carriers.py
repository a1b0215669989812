"""Evidence: without the named words the decision is another one."""

import numpy as np

from triage.evaluating import assess, measure_robustness
from triage.evaluation.robustness import CLEAN, without_evidence
from triage.model.carriers import find_carriers
from triage.records import Complaint
from triage.text.reading import read_texts

TEXT = "They have my video. I will commit suicide tonight. My shop is in Pune."


def read(model, text=TEXT):
    return read_texts(model.nlp, [text])


def test_nothing_is_named_where_the_risk_is_not_high(model):
    found = find_carriers(read(model), np.array([False]), np.array([[0, 3]]), never)
    assert found == [()]


def never(batch):
    return np.zeros(len(batch.readings), dtype=bool), np.full((len(batch.readings), 2), -1)


def test_words_of_the_lexicon_are_enough_where_the_rest_is_harmless(model):
    assert find_carriers(read(model), np.array([True]), np.array([[0, 3]]), never) == [()]


def test_segments_are_added_until_the_rest_is_harmless(model):
    answers = iter([True, True, False])

    def judge(batch):
        return np.array([next(answers)]), np.array([[0, 2]])

    (ranges,) = find_carriers(read(model), np.array([True]), np.array([[0, 3]]), judge)
    assert ranges == ((0, 4),)


def test_a_text_without_segments_ends_the_search(model):
    def judge(batch):
        return np.array([True]), np.array([[-1, -1]])

    assert find_carriers(read(model), np.array([True]), np.array([[-1, -1]]), judge) == [()]


def test_a_reading_without_some_tokens_is_that_of_the_rest(model):
    (reading,) = read(model).readings
    dropped = np.zeros(len(reading.keys), dtype=bool)
    dropped[:5] = True
    rest = reading.without(dropped)
    assert rest.keys.tolist() == reading.keys[5:].tolist()
    assert len(rest.classes) == len(rest.keys)
    assert [m.start + 5 for m in rest.mentions] == [
        m.start for m in reading.mentions if m.start >= 5
    ]


def test_evidence_is_cut_out_of_the_original_text(model):
    rest = without_evidence(TEXT, model.assess(Complaint("1", TEXT)))
    assert "suicide" not in rest
    assert "Pune" in rest


def test_evidence_is_faithful_and_noise_is_measured(model, small_corpus):
    sample = [c for lang in ("en", "hi") for c in small_corpus if c.language == lang][::5]
    steps: list[str] = []
    found = measure_robustness(model, sample, assess(model, sample), progress=steps.append)
    assert found.faithful["all"].value >= 0.9
    assert set(found.recall[CLEAN]) == {"all", "en", "hi"}
    assert found.recall["zero_width"] == found.recall[CLEAN]
    assert any("typos" in step for step in steps)
