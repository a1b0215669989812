import json

import pytest

from triage.corpus import hash_corpus, read_corpus
from triage.errors import DataError
from triage.evaluation.corpus_checks import check_corpus, near_copies, word_runs

ROW = {
    "text": "they have my video and I cannot sleep",
    "language": "en",
    "category": "sextortion",
    "urgency": 1,
    "at_risk": "self",
    "scenario": "s1",
    "evidence": ["cannot sleep"],
}


def test_rows_become_records(write_jsonl):
    (found,) = read_corpus([write_jsonl([ROW])])
    assert found.evidence == ("cannot sleep",)
    assert "video" not in repr(found)


def test_a_pair_needs_no_category(write_jsonl):
    row = {
        "text": "a b",
        "lang": "hi",
        "urgency": 0,
        "pair": "p1",
        "phenomenon": "idiom",
        "id": "x",
    }
    assert read_corpus([write_jsonl([row])])[0].scenario == "p1"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"text": " "}, "text is missing"),
        ({"language": "ta"}, "language"),
        ({"category": "fraud"}, "category"),
        ({"urgency": 7}, "urgency"),
        ({"urgency": True}, "urgency"),
        ({"urgency": None}, "urgency"),
        ({"urgency": 0}, "at_risk"),
        ({"at_risk": "me"}, "at_risk"),
        ({"minor": "yes"}, "minor"),
    ],
)
def test_wrong_labels_are_named_with_their_row(write_jsonl, change, word):
    path = write_jsonl([ROW, {**ROW, **change}])
    with pytest.raises(DataError, match=f"row 2: {word}"):
        read_corpus([path])


def test_all_wrong_rows_at_once_but_not_endlessly(write_jsonl):
    path = write_jsonl([{**ROW, "language": "xx"}] * 30)
    with pytest.raises(DataError, match="and 10 more problems"):
        read_corpus([path])


def test_what_is_no_corpus(tmp_path, write_jsonl):
    with pytest.raises(DataError, match="no such file"):
        read_corpus([tmp_path / "no"])
    with pytest.raises(DataError, match="no labelled complaint"):
        read_corpus([tmp_path])
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(DataError, match="UTF-8"):
        read_corpus([tmp_path])
    (tmp_path / "a.jsonl").write_text("{broken\n[1]\n")
    with pytest.raises(DataError, match="row 1: is not valid JSON"):
        read_corpus([tmp_path])
    with pytest.raises(DataError, match="ids stand twice"):
        read_corpus([write_jsonl([{**ROW, "id": "a"}, {**ROW, "id": "a"}])])


def test_the_hash_is_that_of_texts_and_labels(write_jsonl):
    one = read_corpus([write_jsonl([ROW], "one.jsonl")])
    two = read_corpus([write_jsonl([{**ROW, "id": "z", "batch": "b"}], "two.jsonl")])
    other = read_corpus([write_jsonl([{**ROW, "urgency": 2}], "three.jsonl")])
    assert hash_corpus(one) == hash_corpus(two) != hash_corpus(other)


def test_near_copies_are_found():
    a = word_runs("one two three four five six seven eight nine ten eleven")
    b = word_runs("one two three four five six seven eight nine ten twelve")
    c = word_runs("something quite different that shares no run with the others at all")
    assert near_copies([a, b, c]) == [(0, 1)]


def test_the_checks_find_what_is_wrong(write_jsonl, small_corpus):
    long = " ".join(f"word{'abcdefghijklmnop'[i]}" for i in range(16))
    rows = [
        {**ROW, "id": "phone", "text": "cannot sleep 9876543210"},
        {**ROW, "id": "mail", "text": "cannot sleep a@real.com"},
        {**ROW, "id": "evidence", "evidence": ["not there"]},
        {**ROW, "id": "none", "evidence": []},
        {**ROW, "id": "copy1", "text": long + " cannot sleep", "scenario": "s2"},
        {**ROW, "id": "copy2", "text": long + " cannot sleep", "scenario": "s3"},
    ]
    bad = read_corpus([write_jsonl(rows)])
    report = check_corpus([*small_corpus, *bad], bad[-1:])
    for name in ("phone", "mail", "evidence", "none", "copy1 and copy2", "copy1 comes near"):
        assert any(name in problem for problem in report.problems), name
    assert all("word" not in problem.split() for problem in report.problems)


def test_a_complaint_in_a_label_column_is_not_shown(write_jsonl):
    path = write_jsonl([{**ROW, "category": "my name is Ravi and they have my video"}])
    with pytest.raises(DataError) as caught:
        read_corpus([path])
    assert "Ravi" not in str(caught.value)


def test_a_line_of_jsonl_ends_where_json_says(tmp_path):
    path = tmp_path / "in.jsonl"
    row = {**ROW, "text": "first line\u2028second line"}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\r\n", "utf-8")
    assert read_corpus([path])[0].text == row["text"]


@pytest.mark.parametrize("evidence", ["cannot sleep", [1], {"a": 1}])
def test_evidence_is_a_list_of_words(write_jsonl, evidence):
    with pytest.raises(DataError, match="row 1: evidence is no list of words"):
        read_corpus([write_jsonl([{**ROW, "evidence": evidence}])])


def test_our_own_form_is_held_to_the_letter(write_jsonl):
    loose = {**ROW, "category": "Sextortion", "urgency": "1", "minor": "no"}
    with pytest.raises(DataError) as caught:
        read_corpus([write_jsonl([loose])])
    assert [line.split(": ")[1].split()[0] for line in str(caught.value).splitlines()] == [
        "category",
        "minor",
        "urgency",
    ]


def test_an_id_stands_once_even_where_a_label_is_wrong(write_jsonl):
    one = write_jsonl([{**ROW, "id": "a", "urgency": 9}], "1.jsonl")
    two = write_jsonl([{**ROW, "id": "a"}], "2.jsonl")
    with pytest.raises(DataError, match="2.jsonl, row 1: ids stand twice, this one in .*1.jsonl"):
        read_corpus([one, two])
    with pytest.raises(DataError, match="ids stand twice"):
        read_corpus([two, two])
