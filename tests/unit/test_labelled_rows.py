import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.corpus import read_corpus
from triage.errors import ConfigError, DataError
from triage.labelled_rows import is_plain

SECRET = "zebra umbrella lantern"
COLUMNS = {"text": "Complaint Details", "category": "Type", "urgency": "RISK ", "id": "fir no"}
CASES = [
    {
        "FIR No": 12,
        "Complaint Details": "they recorded my video call, I cannot live with it",
        "Type": "Video-call blackmail",
        "Risk": "Ideation",
        "minor": "haan",
        "evidence": "cannot live | video call",
    },
    {
        "FIR No": 13,
        "Complaint Details": "mere paise kat gaye sir, meri help kijiye",
        "Type": "other  FRAUD",
        "Risk": 0,
        "minor": "",
        "evidence": "",
    },
]


def save(folder, rows, ending, stem="in"):
    path = folder / f"{stem}.{ending}"
    frame = pd.DataFrame(rows)
    match ending:
        case "csv":
            frame.to_csv(path, index=False)
        case "xlsx":
            frame.to_excel(path, index=False)
        case "parquet":
            mixed = [name for name in frame if name == "Risk"]
            frame.astype(dict.fromkeys(mixed, str)).to_parquet(path)
        case _:
            path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


@pytest.fixture
def read_one(write_csv):
    """Read one row of a CSV file with some labels changed."""

    def read(**changes):
        labels = {"text": "they have my video", "category": "sextortion", "urgency": "1"}
        labels |= changes
        frame = pd.DataFrame([labels])
        return read_corpus([write_csv(frame.to_csv(index=False))])[0]

    return read


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "jsonl"])
def test_a_desks_own_columns_in_every_kind_of_file(tmp_path, ending):
    first, second = read_corpus([save(tmp_path, CASES, ending)], columns=COLUMNS)
    assert (first.id, first.scenario, first.text) == ("12", "12", CASES[0]["Complaint Details"])
    assert (first.category, first.urgency) == ("video_call_blackmail", 2)
    assert (first.at_risk, first.language, first.minor) == ("self", "en", True)
    assert first.evidence == ("cannot live", "video call")
    assert (second.category, second.urgency, second.at_risk) == ("other_fraud", 0, "")
    assert (second.language, second.minor, second.death_reported) == ("hinglish", False, False)
    assert second.evidence == ()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "jsonl"])
def test_what_was_written_is_read_again(tmp_path, small_corpus, ending):
    some = [*small_corpus[:20], *(c for c in small_corpus if c.phenomenon)][:30]
    names = [*("id", "text", "language", "category", "at_risk", "death_reported", "minor")]
    names += ["scenario", "batch", "phenomenon"]
    rows = [
        {name: getattr(c, name) for name in names}
        | {"urgency": int(c.urgency), "evidence": " | ".join(c.evidence)}
        for c in some
    ]
    assert read_corpus([save(tmp_path, rows, ending)], columns={"id": "ID"}) == some


@pytest.mark.parametrize(
    ("given", "level"), [("0", 0), ("2.0", 2), ("२", 2), (" Imminent ", 4), ("none", 0)]
)
def test_levels(read_one, given, level):
    found = read_one(urgency=given)
    assert (found.urgency, found.at_risk) == (level, "self" if level else "")


@pytest.mark.parametrize(
    "given", ["high", "5", "-1", "2.5", "true", "", "1 2", "nan", "99999999999999999999"]
)
def test_what_is_no_level(read_one, given):
    with pytest.raises(DataError, match="row 1: urgency is .*, expected a whole number"):
        read_one(urgency=given)


def test_true_in_a_sheet_is_no_level(tmp_path):
    rows = [{"text": "a b c", "category": "sextortion", "urgency": True}]
    with pytest.raises(DataError, match="urgency is True"):
        read_corpus([save(tmp_path, rows, "xlsx")])


@pytest.mark.parametrize("given", ["sextortion", "Sextortion", " SEX-TORTION "])
def test_categories(read_one, given):
    assert read_one(category=given).category == "sextortion"


@pytest.mark.parametrize(
    ("given", "yes"),
    [("TRUE", True), ("Y", True), ("1.0", True), ("हाँ", True), ("nahi", False), (" ", False)],
)
def test_flags(read_one, given, yes):
    assert read_one(minor=given).minor is yes


@pytest.mark.parametrize("given", ["2", "perhaps", "17 years", "NA"])
def test_what_is_no_flag(read_one, given):
    with pytest.raises(DataError, match="row 1: minor is .*, expected true or false"):
        read_one(minor=given)


def test_whose_life_it_is(read_one):
    assert read_one(at_risk="Other").at_risk == "other"
    assert read_one(at_risk="nobody", urgency="0").at_risk == ""
    for labels in ({"at_risk": "nobody"}, {"at_risk": "self", "urgency": "0"}):
        with pytest.raises(DataError, match="it is empty at 0 and only there"):
            read_one(**labels)
    with pytest.raises(DataError, match="expected 'self', 'other' or nothing"):
        read_one(at_risk="me")


def test_languages(read_one):
    assert read_one(language="Marathi").language == "mr"
    assert read_one(text="मेरा वीडियो है और वह पैसे मांग रहा है").language == "hi"
    with pytest.raises(DataError, match="row 1: language is not clear .* en, hinglish, hi, mr"):
        read_one(text="💔💔")
    with pytest.raises(DataError, match="language is 'tamil', expected one of en, hinglish"):
        read_one(language="tamil")


def test_without_ids_file_and_row_serve(write_csv):
    csv = "text,category,urgency\na b c,sextortion,0\n\n,,\nd e f,sextortion,0\n"
    found = read_corpus([write_csv(csv, "monday.csv")])
    assert [c.id for c in found] == ["monday-0001", "monday-0004"]
    assert [c.scenario for c in found] == ["monday-0001", "monday-0004"]


def test_a_minimal_pair_needs_no_category(write_csv):
    path = write_csv("text,urgency,phenomenon,pair\na b c,0,idiom,p1\n")
    assert read_corpus([path])[0].scenario == "p1"


def test_every_problem_has_its_row_and_column_and_never_the_words(write_csv):
    header = "No,Complaint Details,Type,Risk,minor,at_risk,language\n"
    path = write_csv(
        header
        + f"1,{SECRET},sextortion,0,,,en\n"  # well
        + ",,sextortion,0,,,\n"
        + f"3,{SECRET},{SECRET},0,,,\n"
        + f"4,{SECRET},sextortion,{SECRET} and a good deal more than any label has,,,\n"
        + f"5,{SECRET},sextortion,high,zebra,,\n"
        + f"6,{SECRET},sextortion,3,,lantern,umbrella\n"
        + f"1,{SECRET},sextortion,0,,,en\n"
        + f"8,{SECRET},zebra,sextortion,0,,,en\n"
        + f"9,{SECRET}\n"
    )
    columns = {"text": "Complaint Details", "category": "Type", "urgency": "Risk", "id": "No"}
    with pytest.raises(DataError) as caught:
        read_corpus([path], columns=columns)
    assert str(caught.value).replace(str(path), "F").splitlines() == [
        "F, row 2, column 'Complaint Details': text is missing",
        "F, row 3, column 'Type': category is something else, expected one of "
        "video_call_blackmail, sextortion, other_fraud",
        "F, row 4, column 'Risk': urgency is something long, expected a whole number from 0 to 4",
        "F, row 5: minor is something else, expected true or false",
        "F, row 5, column 'Risk': urgency is 'high', expected a whole number from 0 to 4",
        "F, row 6: language is something else, expected one of en, hinglish, hi, mr",
        "F, row 6: at_risk is something else, expected 'self', 'other' or nothing",
        "F, row 7, column 'No': ids stand twice, this one in F, row 1 too; give each its own",
        "F, row 8: the row has 8 cells, the header 7",
        "F, row 9: the row has 2 cells, the header 7",
    ]
    assert caught.value.exit_code == 3


def test_no_more_than_twenty_problems_are_shown(write_csv):
    path = write_csv("text,category,urgency\n" + "a b c,sextortion,7\n" * 25)
    with pytest.raises(DataError, match="and 5 more problems") as caught:
        read_corpus([path])
    assert len(str(caught.value).splitlines()) == 21


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "jsonl"])
def test_missing_columns_are_named_with_those_that_are_there(tmp_path, ending):
    rows = [{"Complaint Details": SECRET, "Risk": "1", SECRET: "x"}]
    path = save(tmp_path, rows, ending)
    columns = {"text": "Complaint Details", "urgency": "Danger", "minor": "Below 18"}
    with pytest.raises(DataError) as caught:
        read_corpus([path], columns=columns)
    told = str(caught.value)
    assert "no column 'Danger' (for urgency), 'category', 'Below 18' (for minor)" in told
    assert "found 'complaint details', 'risk', 1 that may be no names" in told
    assert "zebra" not in told


def test_a_complaint_in_place_of_the_header_is_not_shown(write_csv):
    with pytest.raises(DataError) as caught:
        read_corpus([write_csv(f"Ravi Kumar,{SECRET},987 654,Pune\n2,x,y,z\n")])
    for word in ("ravi", "zebra", "987", "pune"):
        assert word not in str(caught.value).lower()


def test_other_marks_between_columns_and_columns_that_stand_twice(write_csv):
    with pytest.raises(DataError, match="separated by commas"):
        read_corpus([write_csv("text;category;urgency\na;sextortion;0\n")])
    with pytest.raises(DataError, match="the column 'urgency' twice"):
        read_corpus([write_csv("text,category,urgency,Urgency \na,sextortion,0,4\n")])


def test_all_files_are_told_at_once(tmp_path, write_csv):
    (tmp_path / "broken.xlsx").write_bytes(b"no sheet")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "~$open.xlsx").write_bytes(b"the lock of a sheet that is open")
    write_csv("text,category,urgency\na b c,sextortion,9\n", "wrong.csv")
    with pytest.raises(DataError) as caught:
        read_corpus([tmp_path])
    lines = str(caught.value).splitlines()
    for line, words in zip(lines, ("damaged", "is empty", "row 1: urgency"), strict=True):
        assert words in line


def test_folders_hold_our_own_form_or_other_kinds(tmp_path):
    rows = [{"text": "a b c", "category": "sextortion", "urgency": 0, "language": "en"}]
    save(tmp_path, rows, "csv", "table")
    save(tmp_path, rows, "xlsx", "sheet")
    assert [c.id for c in read_corpus([tmp_path])] == ["sheet-0001", "table-0001"]
    save(tmp_path, rows, "jsonl", "own")
    assert [c.id for c in read_corpus([tmp_path])] == ["own-0001"]


def test_a_file_in_our_form_is_read_beside_the_desks(tmp_path, write_jsonl):
    own = {"text": "a b c", "lang": "en", "category": "sextortion", "urgency": 0, "id": "o"}
    paths = [save(tmp_path, CASES, "csv", "desk"), write_jsonl([own], "own.jsonl")]
    assert [c.id for c in read_corpus(paths, columns=COLUMNS)] == ["12", "13", "o"]


@pytest.mark.parametrize(("encoding", "word"), [("utf-16", "UTF-16"), ("cp1252", "Windows-1252")])
def test_other_encodings_are_read_and_noted(write_csv, encoding, word):
    notes: list[str] = []
    csv = "text,category,urgency\nthey took it at the café,sextortion,0\n"
    (found,) = read_corpus([write_csv(csv, encoding=encoding)], note=notes.append)
    assert found.text.endswith("café")
    assert word in notes[0]


def test_columns_that_are_none_of_ours():
    with pytest.raises(ConfigError, match="'txt' is not one of ours.*'text' has no name"):
        read_corpus([], columns={"txt": "Complaint", "text": " "})


def test_unknown_kinds_of_file(tmp_path):
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf")
    with pytest.raises(DataError, match="ends in '.xls'; expected one of .csv"):
        read_corpus([tmp_path / "old.xls"])


def test_only_plain_words_are_shown():
    assert is_plain("Risk Level 3")
    for value in ("", "Ravi", "98XXXXXX12", "987 654 321", "video call video call", "९८७६५४"):
        assert not is_plain(value)


HEADERS = [b"", b"text,category,urgency\n", b"id,text,category,urgency,minor,at_risk,evidence\n"]
CELLS = st.sampled_from(
    [b"a b c", b"sextortion", b"2", b"", b'"', b"\n", b"\r", b"\x00", b"\xff\xfe", b"nan", b"yes"]
)


def check_reading(path, columns=None):
    """Read a file; any error but a DataError comes through."""
    found, told = [], ""
    try:
        found = read_corpus([path], columns=columns)
    except DataError as error:
        told = str(error)
    assert bool(found) != bool(told)
    assert len(told.splitlines()) <= 21
    assert all(complaint.text.strip() for complaint in found)


@given(
    header=st.sampled_from(HEADERS),
    start=st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]),
    body=st.one_of(st.binary(max_size=80), st.lists(CELLS, max_size=16).map(b",".join)),
)
def test_no_bytes_raise_anything_but_a_data_error(tmp_path_factory, header, start, body):
    path = tmp_path_factory.getbasetemp() / "random.csv"
    path.write_bytes(start + header + body)
    check_reading(path)


@given(
    st.dictionaries(
        st.sampled_from(["text", "category", "urgency", "minor", "at_risk", "evidence", "id"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=2),
            max_leaves=3,
        ),
    ),
    st.sampled_from([None, {"text": "TEXT"}]),
)
def test_no_json_raises_anything_but_a_data_error(tmp_path_factory, row, columns):
    path = tmp_path_factory.getbasetemp() / "random.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    check_reading(path, columns)
