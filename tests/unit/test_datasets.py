import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.datasets import read_complaints
from triage.errors import DataError


def read(path):
    notes: list[str] = []
    return list(read_complaints(path, note=notes.append)), notes


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


def test_repeated_ids_are_noted_and_kept(write_csv):
    complaints, notes = read(write_csv("id,text\n1,a b c\n1,d e f\n"))
    assert len(complaints) == 2
    assert "repeat an id" in notes[0]


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
