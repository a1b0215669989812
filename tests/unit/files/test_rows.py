import tracemalloc
import zipfile

import pandas as pd
import pyarrow as arrow
import pytest
from pyarrow import parquet

from triage.errors import DataError
from triage.files import rows
from triage.files.kinds import ENDINGS, INPUT_ENDINGS, kind_of
from triage.files.rows import read_rows


def read(path, **options):
    notes: list[str] = []
    given = {"text": "text", "check": lambda header: None, "wanted": ("id", "text")}
    return list(read_rows(path, **(given | {"note": notes.append} | options))), notes


def read_until_damaged(path):
    def read_into(found):
        for row in read_rows_of(path):
            found.append(row)

    found = []
    with pytest.raises(DataError) as caught:
        read_into(found)
    return found, str(caught.value)


def read_rows_of(path):
    return read_rows(
        path, text="text", check=lambda header: None, wanted=("id", "text"), note=print
    )


def test_kinds_of_inputs():
    assert {kind_of(rows.Path(f"Day{ending.upper()}")) for ending in INPUT_ENDINGS} == {*ENDINGS}
    assert kind_of(rows.Path("day.parquet.gz")) == ".gz"
    assert kind_of(rows.Path("csv")) == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, end):
    path = tmp_path / "in.csv"
    path.write_bytes(end.join(["id,text", "1,one", "", '3,"two', 'lines"', "4,four"]).encode())
    found, _ = read(path)
    assert [(row.number, row.cells["text"]) for row in found] == [
        (1, "one"),
        (3, f"two{end}lines"),
        (4, "four"),
    ]


def test_lines_that_an_endless_quotation_mark_took_are_read_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "MAX_LINE", 1000)
    path = tmp_path / "in.csv"
    many = "".join(f"{i},complaint {i}\n" for i in range(2, 300))
    path.write_text(f'id,text\n0,fine\n1,"never closed\n{many}')
    found, notes = read(path)
    assert [row.cells["id"] for row in found] == [str(i) for i in range(300)]
    assert [row.number for row in found] == [*range(1, 301)]
    assert found[0].problem is None
    assert "quotation mark" in found[1].problem
    assert found[1].cells["text"] == "never closed\n"
    assert found[2].cells["text"] == "complaint 2"
    assert found[299].problem is None  # read on as usual
    assert not notes


def test_reading_goes_on_after_a_line_that_was_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("triage.files.lines.MAX_LINE", 1000)
    monkeypatch.setattr("triage.files.lines._CHUNK", 100)
    path = tmp_path / "in.csv"
    path.write_text('id,text\n1,"' + "x" * 5000 + '"\n2,fine\n3,"' + "y" * 5000 + "\n4,fine\n")
    found, _ = read(path)
    assert [(row.number, row.cells["id"]) for row in found] == [(i, str(i)) for i in range(1, 5)]
    assert [bool(row.problem) for row in found] == [True, False, True, False]
    assert found[0].problem == "a line of more than 8 million characters was cut"
    assert found[0].cells["text"] == "x" * 997
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "' + "x" * 5000 + '"}\n\n{"text": "fine"}\n')
    found, _ = read(path)
    assert [(row.number, bool(row.problem)) for row in found] == [(1, True), (2, False)]


def test_an_enormous_line_of_csv_costs_bounded_memory(tmp_path):
    path = tmp_path / "in.csv"
    with path.open("wb") as handle:
        handle.write(b"id,text\n1,")
        handle.truncate(300_000_000)
        handle.seek(0, 2)
        handle.write(b"\n2,last\n")
    tracemalloc.start()
    try:
        found = [(row.number, bool(row.problem)) for row in read_rows_of(path)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [(1, True), (2, False)]
    assert peak < 120_000_000


def test_a_torn_file_tells_after_which_row(tmp_path):
    import gzip

    path = tmp_path / "day.csv.gz"
    packed = gzip.compress(
        "".join(["id,text\n", *(f"{i},c {i * i}\n" for i in range(9999))]).encode()
    )
    path.write_bytes(packed[: len(packed) // 2])
    found, told = read_until_damaged(path)
    assert len(found) > 1000
    assert f"is damaged or no .gz file (EOFError) after row {len(found)}; the rest" in told


@pytest.fixture
def three_groups(tmp_path):
    """A Parquet file of three groups of 1,500 rows, and where the second one's texts stand."""
    path = tmp_path / "in.parquet"
    table = arrow.table(
        {"id": [f"C{i}" for i in range(4500)], "text": [f"complaint {i}" for i in range(4500)]}
    )
    parquet.write_table(table, path, row_group_size=1500)
    column = parquet.ParquetFile(path).metadata.row_group(1).column(1)
    start = column.dictionary_page_offset or column.data_page_offset
    return path, start, column.total_compressed_size


def test_parquet_tells_its_share(three_groups):
    shares: list[float] = []
    found, _ = read(three_groups[0], progress=shares.append)
    assert [row.number for row in found] == [*range(1, 4501)]
    assert found[4499].cells == {"id": "C4499", "text": "complaint 4499"}
    assert shares == sorted(shares)
    assert len(shares) == 6
    assert shares[-1] == 1


def test_rows_before_a_damaged_group_are_given(three_groups):
    path, start, size = three_groups
    content = bytearray(path.read_bytes())
    content[start : start + size] = b"\xff" * size
    path.write_bytes(bytes(content))
    found, told = read_until_damaged(path)
    assert [row.cells["id"] for row in found] == [f"C{i}" for i in range(1500)]
    assert "is damaged or no Parquet file" in told
    assert "after row 1500" in told
    assert "complaint" not in told


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "in.xlsx"
    pd.DataFrame({"text": ["one"]}).to_excel(path, index=False)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big.bin", bytes(3_000_000))
    monkeypatch.setattr(rows, "_MOST_UNPACKED", 3_000_000)
    found, told = read_until_damaged(path)
    assert not found
    assert "save it as CSV" in told


def test_a_text_that_a_thousand_rows_share_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "in.parquet"
    places = arrow.array([0] * 1000, arrow.int32())
    shared = arrow.DictionaryArray.from_arrays(places, arrow.array(["a" * 500_000]))
    parquet.write_table(arrow.table({"text": shared}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    given = {"text": "text", "check": lambda header: None, "wanted": ("text",), "note": print}
    tracemalloc.start()
    lengths, held = 0, 0
    for row in read_rows(path, **given):
        lengths += len(row.cells["text"])
        held = max(held, arrow.total_allocated_bytes())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lengths == 500_000_000
    assert max(peak, held) < 30_000_000
