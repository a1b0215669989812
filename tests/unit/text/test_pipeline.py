"""The one pipeline: what a text is cut into, however long its chunks are."""

import pytest

from triage.text.pipeline import LONGEST_LINK, LONGEST_SUFFIX, build_nlp


@pytest.fixture(scope="module")
def nlp():
    return build_nlp()


def test_the_patient_tokeniser_gives_the_same_tokens(nlp, corpus):
    chunks = {chunk for complaint in corpus[::10] for chunk in complaint.text.split()}
    chunks |= {
        "x" * LONGEST_SUFFIX + end for end in ("'s", "...", "!?", "5km", "₹", "AA.", "\u0964")
    }
    for chunk in chunks:
        patient = [token.text for token in nlp.patient_tokenizer(chunk)]
        assert patient == [token.text for token in nlp.tokenizer(chunk)]


def test_a_text_that_is_too_long_is_refused_whatever_its_chunks(nlp):
    for text in ("a " * 600_000, "a" * 1_200_000):
        with pytest.raises(ValueError, match="max_length"):
            nlp.make_doc(text)


@pytest.mark.parametrize("piece", ["!?", "\u0964", "😀\u0964", "'s"])
def test_each_of_many_marks_is_a_token(nlp, piece):
    text = "help" + piece * 1000
    doc = nlp.make_doc(text)
    assert doc.text == text
    assert doc[0].text == "help"
    assert len(doc) == 1 + 1000 * (1 if piece == "'s" else len(piece))


@pytest.mark.parametrize("length", [30, LONGEST_LINK, LONGEST_LINK + 1, 3 * LONGEST_LINK])
def test_a_link_is_masked_however_long(nlp, length):
    start = "https://pay.example.com/?x="
    doc = nlp.make_doc(f"see {start}{'a1' * length} now")
    assert doc[0].text == "see"
    assert doc[-1].text == "now"
    assert "".join(token.text for token in doc) == f"see{start}{'a1' * length}now"
    assert [token.norm_ for token in doc][1:-1] == ["<id>"]
