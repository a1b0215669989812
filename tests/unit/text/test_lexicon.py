import pytest

from triage.errors import ConfigError
from triage.text import lexicon
from triage.text.lexicon import expand_phrase, load_lexicon
from triage.text.pipeline import build_nlp
from triage.text.reading import read_texts


def test_alternatives_are_written_out_once_each():
    assert expand_phrase("(a|b|) c", {}) == [("a", "k"), ("b", "k"), ("k",)]
    assert expand_phrase("(a (b|c)|d)", {}) == [("a", "b"), ("a", "k"), ("d",)]


@pytest.mark.parametrize("phrase", ["(a", "a)", "{nobody} x", "(a|(b)"])
def test_broken_phrases_are_named(phrase):
    with pytest.raises(ValueError, match="bracket|no set"):
        expand_phrase(phrase, {})


def test_too_many_alternatives_are_refused():
    with pytest.raises(ValueError, match="alternatives"):
        expand_phrase("(a|b|c|d|e|f|g|h|i|j) " * 5, {})


def test_all_problems_are_reported_at_once():
    problems: list[str] = []
    for entry in (
        {"id": "a"},
        {"id": "b", "kind": "nonsense", "phrases": ["x"]},
        {"id": "c", "kind": "risk", "level": 7, "phrases": ["x"]},
        {
            "id": "d",
            "kind": "risk",
            "level": 2,
            "meaning": "",
            "source": "",
            "example": "",
            "phrases": [],
        },
        {"id": "e", "kind": "decoy", "reading": "odd", "phrases": ["x"]},
    ):
        with lexicon._Collect(problems, "x.toml", entry):
            lexicon._build_cue(entry, {})
    assert len(problems) == 5
    for entry in (
        {"id": "f", "kind": "odd", "where": "before"},
        {"id": "g", "kind": "denied", "where": "under"},
    ):
        with lexicon._Collect(problems, "x.toml", entry):
            lexicon._build_rule(entry, {})
    assert len(problems) == 7


def test_a_broken_file_stops_the_start(monkeypatch):
    monkeypatch.setattr(lexicon, "FILES", ("en.toml", "en.toml"))
    with pytest.raises(ConfigError, match="stands twice"):
        load_lexicon.__wrapped__()


def test_every_entry_says_what_it_means():
    for cue in load_lexicon().cues:
        assert cue.meaning
        assert cue.source
        assert cue.patterns
    for rule in load_lexicon().rules:
        assert rule.meaning
        assert rule.patterns


@pytest.mark.parametrize("cue", load_lexicon().cues, ids=lambda cue: cue.id)
def test_each_example_is_found_by_its_cue_or_a_longer_one(cue, nlp):
    reading = read_texts(nlp, [cue.example]).readings[0]
    assert reading.mentions or (cue.kind == "minor" and reading.minor_age), cue.example


@pytest.fixture(scope="module")
def nlp():
    return build_nlp()
