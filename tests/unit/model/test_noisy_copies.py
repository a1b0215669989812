"""Noisy copies keep their labels, story and marked words."""

from triage.model.noisy_copies import COPY_MARK, noisy_copies


def test_copies_keep_labels_and_marked_words(small_corpus):
    copies = noisy_copies(small_corpus, share=1.0, seed=1)
    assert len(copies) == len(small_corpus)
    for complaint, copy in zip(small_corpus, copies, strict=True):
        assert copy.id == complaint.id + COPY_MARK
        assert (copy.scenario, copy.urgency, copy.category) == (
            complaint.scenario,
            complaint.urgency,
            complaint.category,
        )
        assert all(words in copy.text for words in copy.evidence)
    assert sum(c.text != k.text for c, k in zip(small_corpus, copies, strict=True)) > 0.9 * len(
        copies
    )


def test_share_and_seed(small_corpus):
    half = noisy_copies(small_corpus, share=0.5, seed=1)
    assert 0.4 < len(half) / len(small_corpus) < 0.6
    assert half == noisy_copies(small_corpus, share=0.5, seed=1)
    assert noisy_copies(small_corpus, share=0.0, seed=1) == []
