import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.datasets import read_complaints, read_numbered
from triage.errors import ConfigError, DataError


def read(path, **options):
    notes: list[str] = []
    return list(read_complaints(path, note=notes.append, **options)), notes


def test_csv_with_ids_and_times(write_csv):
    path = write_csv("ID, Text ,received_at\nA1,hello there,2026-01-02T10:00\n")
    (complaint,), notes = read(path)
    assert (complaint.id, complaint.text, complaint.received_at) == (
        "A1",
        "hello there",
        "2026-01-02T10:00",
    )
    assert not notes


def test_without_ids_the_row_number_serves(write_csv):
    complaints, _ = read(write_csv("text\nfirst\nsecond\n"))
    assert [c.id for c in complaints] == ["1", "2"]


@pytest.mark.parametrize(
    ("encoding", "word"), [("utf-16", "UTF-16"), ("utf-8-sig", None), ("cp1252", "Windows-1252")]
)
def test_encodings(write_csv, encoding, word):
    text = "text\ncafé is closed\n"
    (complaint,), notes = read(write_csv(text, encoding=encoding))
    assert complaint.text == "café is closed"
    assert any(word in note for note in notes) if word else not notes


def test_a_comma_too_many_is_kept_and_sent_to_a_person(write_csv):
    (complaint,), _ = read(
        write_csv("id,text,received_at\n7,I sent, by mistake, 5000,2026-01-01\n")
    )
    assert complaint.text == "I sent, by mistake, 5000"
    assert complaint.received_at == "2026-01-01"
    assert complaint.problem == "the row has 5 cells, the header 3"


def test_a_row_too_short_is_kept(write_csv):
    (complaint,), _ = read(write_csv("id,text\n7\n"))
    assert complaint.id == "7"
    assert complaint.problem


def test_a_megabyte_and_nul_bytes_are_read(write_csv):
    complaints, _ = read(write_csv("id,text\n1," + "word " * 250_000 + "\n2,nul\x00byte\n"))
    assert len(complaints) == 2


def test_repeated_ids_are_kept(write_csv):
    complaints, notes = read(write_csv("id,text\n1,a b c\n1,d e f\n"))
    assert [c.id for c in complaints] == ["1", "1"]
    assert not notes


def test_jsonl_with_broken_lines(tmp_path):
    path = tmp_path / "in.jsonl"
    lines = [
        '{"text": "fine", "id": 5}',
        "{broken",
        "[1]",
        '{"other": 1}',
        "",
        '{"text": null}',
        '{"text": 5}',
    ]
    path.write_text("\n".join(lines), "utf-8")
    complaints, _ = read(path)
    assert [c.problem is None for c in complaints] == [True, False, False, False, False, False]
    assert complaints[0].id == "5"


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_other_kinds(tmp_path, ending):
    frame = pd.DataFrame({"id": ["a", "b"], "text": ["एक शिकायत", None]})
    path = tmp_path / f"in.{ending}"
    frame.to_parquet(path) if ending == "parquet" else frame.to_excel(path, index=False)
    complaints, _ = read(path)
    assert [c.id for c in complaints] == ["a", "b"]
    assert complaints[0].text == "एक शिकायत"
    assert complaints[1].problem == "the row has no text"


def test_only_the_first_sheet_is_read(tmp_path):
    path = tmp_path / "two.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"text": ["one"]}).to_excel(book, sheet_name="a", index=False)
        pd.DataFrame({"text": ["two"]}).to_excel(book, sheet_name="b", index=False)
    complaints, notes = read(path)
    assert [c.text for c in complaints] == ["one"]
    assert "first sheet" in notes[0]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("in.csv", b"", "empty"),
        ("in.csv", b"text\n", "no rows"),
        ("in.csv", b"complaint\nhello\n", "no column 'text'"),
        ("in.jsonl", b'{"a": 1}\n', "no line with 'text'"),
        ("in.txt", b"hello", "ends in"),
        ("in.parquet", b"not parquet", "Parquet"),
        ("in.xlsx", b"not excel", "XLSX"),
    ],
)
def test_unusable_files(tmp_path, name, content, word):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=word) as caught:
        read(path)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="folder"):
        read(tmp_path)


def test_a_complaint_hides_its_text_in_its_repr(write_csv):
    (complaint,), _ = read(write_csv("text\nsecret words\n"))
    assert "secret" not in repr(complaint)


@given(
    st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=8)
)
def test_no_row_of_jsonl_is_lost(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("rows") / "in.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts), "utf-8")
    complaints, _ = read(path)
    assert [c.text for c in complaints] == texts


def test_an_open_quotation_mark_is_told_and_goes_to_a_person(write_csv):
    rows = "".join(f"{i},complaint {i}\n" for i in range(200))
    complaints, notes = read(write_csv('id,text\n0,"never closed\n' + rows))
    assert any("quotation mark" in (c.problem or "") for c in complaints)
    assert "quotation mark" in notes[0]


def test_a_complaint_in_place_of_the_header_is_not_shown(write_csv):
    with pytest.raises(DataError) as caught:
        read(write_csv("1,i am ravi and want to die tonight\n2,x\n"))
    assert "ravi" not in str(caught.value)


def test_a_sheet_that_says_it_is_smaller_than_it_is(tmp_path):
    import zipfile

    path = tmp_path / "in.xlsx"
    pd.DataFrame({"text": [f"t{i}" for i in range(5)]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b'ref="A1:A6"', b'ref="A1:A2"')
    with zipfile.ZipFile(path, "w") as target:
        for part, content in parts.items():
            target.writestr(part, content)
    assert len(read(path)[0]) == 5


OWN = {"text": "Complaint Details", "id": "FIR No", "received_at": "Date"}


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "jsonl"])
def test_a_desks_own_columns(tmp_path, ending):
    path = tmp_path / f"in.{ending}"
    row = {" complaint  details": "they have my video", "text": "x", "FIR NO": "7/26", "date": "d"}
    frame = pd.DataFrame([row])
    match ending:
        case "csv":
            frame.to_csv(path, index=False)
        case "parquet":
            frame.to_parquet(path)
        case "xlsx":
            frame.to_excel(path, index=False)
        case _:
            path.write_text(json.dumps(row))
    (complaint,), notes = read(path, columns=OWN)
    assert (complaint.id, complaint.text, complaint.received_at) == (
        "7/26",
        "they have my video",
        "d",
    )
    assert not notes


def test_a_column_that_is_not_there_is_named_with_those_that_are(write_csv):
    path = write_csv("complaint details,number,i am ravi and want to die\nx,1,2\n")
    with pytest.raises(DataError) as caught:
        read(path, columns={"text": "Complaint Detail", "id": "fir"})
    told = str(caught.value)
    assert "'complaint detail' (for text), 'fir' (for id)" in told
    assert "found 'complaint details', 'number'; rename" in told
    assert "ravi" not in told


def test_columns_of_jsonl_that_no_line_has(write_jsonl):
    path = write_jsonl([{"text": "one"}, {"text": "two"}])
    complaints, notes = read(path, columns={"id": "fir"})
    assert [c.id for c in complaints] == ["1", "2"]
    assert "no line with 'fir'" in notes[0]
    with pytest.raises(DataError, match="no line with 'body'"):
        read(path, columns={"text": "body"})


def test_columns_that_are_none_of_ours(write_csv):
    with pytest.raises(ConfigError, match="'urgency' is not one of ours; expected text, id"):
        read(write_csv("text\nx\n"), columns={"urgency": "risk"})


def test_row_numbers_count_empty_rows_and_may_have_a_prefix(write_csv):
    path = write_csv("id,text\n,one\n\n,two\nA7,three\n")
    found = [(n, c.id) for n, c in read_numbered(path, prefix="in.csv:")]
    assert found == [(1, "in.csv:1"), (3, "in.csv:3"), (4, "A7")]


def test_times_are_written_as_iso(tmp_path):
    path = tmp_path / "in.parquet"
    times = pd.to_datetime(["2026-01-02 10:30", None])
    pd.DataFrame({"text": ["one", "two"], "received_at": times}).to_parquet(path)
    complaints, _ = read(path)
    assert [c.received_at for c in complaints] == ["2026-01-02T10:30:00", None]
