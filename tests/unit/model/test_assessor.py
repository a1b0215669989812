from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.labels import AtRisk, Priority, Urgency
from triage.model.explain import summarise
from triage.records import Complaint, Evidence
from triage.text.normalise import MAX_CHARACTERS

SURE = {
    "en": "They recorded my video call. I will commit suicide tonight.",
    "hinglish": "loan app wale dhamki de rahe hai. aaj raat zeher kha lunga",
    "hi": "वे मेरा वीडियो वायरल करने की धमकी देते हैं। मैं आत्महत्या कर लूंगा।",
    "mr": "ते माझा व्हिडिओ व्हायरल करतील. मी जीव देणार.",
}


@pytest.mark.parametrize("language", SURE)
def test_what_the_lexicon_is_sure_of_is_first_in_the_queue(model, language):
    found = model.assess(SURE[language])
    assert found.priority is Priority.P1
    assert found.urgency >= Urgency.INTENT
    assert found.high_risk
    assert found.at_risk is not AtRisk.NOBODY
    assert found.evidence[0].counts


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("", "empty"),
        ("   \n ", "empty"),
        ("💔💔💔", "no words"),
        ("12345 67", "no words"),
        ("\u200b\u200b", "empty"),
        ("எனக்கு உதவி வேண்டும் என்னை மிரட்டுகிறார்கள்", "script or language"),
        ("x", "too short"),
        ("\x00", "empty"),
    ],
)
def test_what_cannot_be_read_goes_to_a_person(model, text, doubt):
    found = model.assess(Complaint("1", text))
    assert found.needs_review
    assert found.priority <= Priority.P2
    assert doubt in found.reasons[-1]


def test_a_problem_of_the_row_goes_to_a_person(model):
    found = model.assess(Complaint("7", "some text", problem="the row has 9 cells, the header 2"))
    assert found.needs_review
    assert "9 cells" in found.reasons[-1]


@pytest.mark.parametrize(
    "complaint",
    [
        Complaint("1", SURE["en"], problem="the row has 5 cells, the header 3"),
        Complaint("1", SURE["en"] + " আমাকে সাহায্য করুন আমি আর পারছি না দয়া করে আমাকে সাহায্য করুন তাড়াতাড়ি আসুন"),
        Complaint("1", SURE["en"] + " \ud83d"),
    ],
    ids=["broken row", "another script", "half a character"],
)
def test_what_was_half_read_keeps_what_was_read_in_it(model, complaint):
    found = model.assess(complaint)
    assert found.priority is Priority.P1
    assert found.high_risk


def test_an_idiom_says_that_it_is_one(model):
    found = model.assess("mar gaye is loan se, roz call aate hai, app band karwao")
    assert found.urgency < Urgency.IDEATION
    assert any("idiom" in item.context for item in found.evidence)


def test_a_very_long_text_is_read_and_marked(model):
    found = model.assess("loan fraud happened to me. " * 40_000)
    assert found.needs_review
    assert any(f"{MAX_CHARACTERS:,}" in reason for reason in found.reasons)


def test_a_failure_harms_no_other_complaint(model, monkeypatch):
    real = type(model)._assess_batch

    def fail(self, complaints):
        if any("poisonous" in c.text for c in complaints):
            raise RuntimeError("the text was: poisonous")
        return real(self, complaints)

    monkeypatch.setattr(type(model), "_assess_batch", fail)
    texts = ["upi fraud of five thousand", "poisonous", "my account is hacked"]
    found = model.assess_many([Complaint(str(i), t) for i, t in enumerate(texts)])
    assert [a.id for a in found] == ["0", "1", "2"]
    assert [a.needs_review and a.language == "unknown" for a in found] == [False, True, False]
    assert "RuntimeError" in found[1].reasons[-1]
    assert "poisonous" not in str(found[1])


def test_one_by_one_and_together_are_the_same(model, small_corpus):
    complaints = [Complaint(c.id, c.text) for c in small_corpus[:60]]
    together = model.assess_many(complaints)
    streamed = [*model.stream(iter(complaints), batch_size=7)]
    alone = [model.assess(c) for c in complaints]
    for a, b, c in zip(together, streamed, alone, strict=True):
        assert a.priority == b.priority == c.priority
        assert a.risk == pytest.approx(c.risk, abs=1e-9)
        assert a.evidence == b.evidence == c.evidence


def test_nothing_in_nothing_out(model):
    assert model.assess_many([]) == []


def test_evidence_points_into_the_original_text(model):
    text = "They have  my\u200b video.   I  will commit sui\u200bcide tonight, call 9876543210"
    found = model.assess(text)
    first = found.evidence[0]
    assert "sui\u200bcide" in text[first.start : first.end]
    assert all(0 <= e.start < e.end <= len(text) for e in found.evidence)


def test_no_identifier_in_what_is_shown(model):
    text = "Rakesh 9876543210 a@okbank said I will kill myself Rakesh 9876543210 a@okbank"
    shown = summarise(model.assess(text).evidence)
    assert not any(secret in shown for secret in ("9876543210", "okbank", "Rakesh"))


def test_summaries_are_short():
    item = Evidence(0, 9, 3, True, (), "x", "word " * 40)
    assert len(summarise([item] * 5)) < 90
    assert summarise([]) == ""


@settings(max_examples=30)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_every_text_gets_one_assessment(model, text):
    found = model.assess(Complaint("1", text))
    assert found.id == "1"
    assert abs(sum(found.category_proba) - 1) < 1e-6
    assert 0 <= found.risk <= 1
    assert found.reasons


def test_words_of_death_that_the_statistics_do_not_believe_go_to_a_person(model):
    text = (
        "He posted her pictures in a story and tagged her friends. She has not gone to school"
        " since Monday and keeps saying she wants to die. Please remove the pictures first."
    )
    deaf = replace(model, point=replace(model.point, threshold=1.1))
    found = deaf.assess(text)
    assert not found.high_risk
    assert found.needs_review
    assert any("the statistics see no risk" in reason for reason in found.reasons)


def test_a_worn_pipeline_is_built_anew_and_says_the_same(model, monkeypatch):
    batches = [
        [Complaint(id=str(i), text=f"{text} wd{i}q{n}z")]
        for n in range(3)
        for i, text in enumerate(SURE.values())
    ]
    first = model.nlp
    with monkeypatch.context() as patch:
        patch.setattr("triage.text.reading.WARM_WORDS", 0)  # every new word is forgotten again
        patch.setattr("triage.text.pipeline.WORN_WORDS", 5)
        found = [model.assess_many(batch) for batch in batches]
        assert model.nlp is not first
    assert [model.assess_many(batch) for batch in batches] == found
