from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from triage.files import spreadsheets
from triage.files.spreadsheets import write_workbook


@pytest.fixture
def write(tmp_path):
    def write(rows, columns=("rank", "id"), title="queue"):
        path = tmp_path / "out.xlsx"
        write_workbook(path, columns, rows, title=title)
        return load_workbook(path)

    return write


def test_values_come_back_in_their_kinds(write):
    values = [1, -2.5, True, False, 'नमस्ते 🙂 <b> & "c"\n two ', "007", None]
    book = write([values], columns=list("abcdefg"))
    assert [cell.value for cell in book.active[2]] == values
    assert book.active["E2"].data_type == "s"


def test_the_header_is_bold_frozen_and_filtered(write):
    book = write([[1, "a"], [2, "b"]])
    sheet = book.active
    assert [cell.font.bold for cell in sheet[1]] == [True, True]
    assert not sheet["A2"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"


@pytest.mark.parametrize(("count", "sheets"), [(0, 1), (1, 1), (3, 1), (4, 2), (6, 2), (7, 3)])
def test_more_rows_than_a_sheet_holds_go_on_in_the_next(write, monkeypatch, count, sheets):
    monkeypatch.setattr(spreadsheets, "SHEET_ROWS", 3)
    book = write([[number, "x"] for number in range(count)])
    assert book.sheetnames == ["queue", "queue 2", "queue 3"][:sheets]
    found = [row for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert found == [(number, "x") for number in range(count)]
    assert all([cell.value for cell in sheet[1]] == ["rank", "id"] for sheet in book)
    assert all(sheet.freeze_panes == "A2" for sheet in book)


def test_a_sheet_ends_before_it_is_too_large_to_unpack(write, monkeypatch):
    monkeypatch.setattr(spreadsheets, "SHEET_BYTES", 2_000)
    book = write([[number, "x" * 900] for number in range(5)])
    assert len(book.sheetnames) == 3


def test_a_cell_holds_no_more_than_spreadsheets_take(write):
    book = write([[1, "a" * 40_000], [2, "🙂" * 20_000]])
    assert [
        len(row[1].encode("utf-16-le")) // 2
        for row in book.active.iter_rows(min_row=2, values_only=True)
    ] == [32_767, 32_766]


def test_what_is_no_number_is_text(write):
    book = write([[float("nan"), float("inf")]])
    assert [cell.value for cell in book.active[2]] == ["nan", "inf"]


def test_every_part_is_sound_xml_and_named(tmp_path):
    path = tmp_path / "out.xlsx"
    columns = [f"c{n}" for n in range(30)]
    write_workbook(path, columns, [["\x00\x0b\ufffe\ud800x"] * 30], title="a & b")
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        for name in names:
            ElementTree.fromstring(archive.read(name))
        types = archive.read("[Content_Types].xml").decode()
    parts = {f"/{name}" for name in names if "rels" not in name} - {"/[Content_Types].xml"}
    assert parts == {part.split('"')[0] for part in types.split('PartName="')[1:]}
    assert load_workbook(path).active["AD2"].value == "x"
