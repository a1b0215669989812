import csv
import errno
import json
import tracemalloc
from dataclasses import replace

import pandas as pd
import pyarrow as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyarrow import parquet
from tests.unit.made_up_assessments import BASE

from triage.errors import DataError, OutputExistsError
from triage.files import row_files
from triage.files.row_files import (
    check_output,
    clean_text,
    defuse,
    plain_cell,
    remove_leftovers,
    whole_or_nothing,
    write_rows,
)
from triage.ranking import COLUMNS, KINDS, build_row

ENDINGS = ["csv", "jsonl", "parquet", "xlsx"]


def rows():
    return [build_row(1, BASE), build_row(2, replace(BASE, id="=1+1", reasons=("@x",)))]


@pytest.mark.parametrize("kinds", [KINDS, None])
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_has_the_columns_in_order(tmp_path, ending, kinds):
    path = tmp_path / f"out.{ending}"
    write_rows(path, iter(rows()), COLUMNS, kinds=kinds)
    readers = {
        "csv": lambda: list(pd.read_csv(path).columns),
        "jsonl": lambda: list(json.loads(path.read_text("utf-8").splitlines()[0])),
        "parquet": lambda: list(pd.read_parquet(path).columns),
        "xlsx": lambda: [cell.value for cell in load_workbook(path).active[1]],
    }
    assert readers[ending]() == list(COLUMNS)
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_rows_make_a_file_all_the_same(tmp_path, ending):
    write_rows(tmp_path / f"out.{ending}", [], COLUMNS, kinds=KINDS)
    assert (tmp_path / f"out.{ending}").is_file()


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_rows_give_the_same_bytes(tmp_path, ending, monkeypatch):
    write_rows(tmp_path / f"a.{ending}", rows(), COLUMNS, kinds=KINDS)
    monkeypatch.setattr("time.time", lambda: 2e9)
    write_rows(tmp_path / f"b.{ending}", rows(), COLUMNS, kinds=KINDS)
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_no_time_of_writing_is_in_a_workbook(tmp_path):
    from zipfile import ZipFile

    write_rows(tmp_path / "out.xlsx", rows(), COLUMNS)
    with ZipFile(tmp_path / "out.xlsx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert not any("docProps" in entry.filename for entry in archive.infolist())


def test_parquet_keeps_its_types_where_a_group_is_empty(tmp_path, monkeypatch):
    monkeypatch.setattr(row_files, "GROUP", 2)
    told = [
        {"id": None, "rank": None, "risk": None, "minor": None},
        {"id": None, "rank": None, "risk": None, "minor": None},
        {"id": "a", "rank": 1, "risk": 1, "minor": True},
    ]
    write_rows(tmp_path / "out.parquet", told, list(told[0]), kinds=KINDS)
    found = parquet.ParquetFile(tmp_path / "out.parquet")
    assert found.num_row_groups == 2
    assert found.schema_arrow.types == [
        arrow.string(),
        arrow.int64(),
        arrow.float64(),
        arrow.bool_(),
    ]
    assert found.read().to_pylist()[2] == {"id": "a", "rank": 1, "risk": 1.0, "minor": True}


def test_parquet_without_kinds_goes_by_all_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(row_files, "GROUP", 1)
    write_rows(tmp_path / "out.parquet", [{"gap": None}, {"gap": 0.5}], ["gap"])
    assert parquet.read_table(tmp_path / "out.parquet").to_pylist() == [{"gap": None}, {"gap": 0.5}]


@pytest.mark.parametrize("ending", ENDINGS)
def test_memory_stays_flat(tmp_path, ending, monkeypatch):
    monkeypatch.setattr(row_files, "GROUP", 500)
    columns = ["id", "reasons"]
    write_rows(tmp_path / f"warm.{ending}", [], columns, kinds=KINDS)  # libraries are loaded
    tracemalloc.start()
    many = ({"id": str(number), "reasons": f"{number:04}" * 500} for number in range(8_000))
    write_rows(tmp_path / f"out.{ending}", many, columns, kinds=KINDS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000  # all rows at once are 16 MB


def test_formulas_come_out_dead(tmp_path):
    write_rows(tmp_path / "out.csv", rows(), COLUMNS)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as handle:
        found = list(csv.DictReader(handle))
    assert found[1]["id"] == "'=1+1"
    assert found[1]["reasons"] == "'@x"
    write_rows(tmp_path / "out.xlsx", rows(), COLUMNS)
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_formula_behind_a_control_character_comes_out_dead(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    write_rows(path, [build_row(1, replace(BASE, id="\x00=1+1", reasons=("\x01=2+2",)))], COLUMNS)
    if ending == "csv":
        assert ",=" not in path.read_text("utf-8-sig")
        assert "\x00" not in path.read_text("utf-8-sig")
    else:
        sheet = load_workbook(path).active
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        assert sheet["B2"].value == "'=1+1"


@given(st.text(max_size=30))
def test_no_text_starts_like_a_formula(text):
    assert not str(defuse(text)).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not str(plain_cell(text)).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text(alphabet=st.characters(), max_size=30))
def test_every_text_can_be_written(text):
    assert clean_text(text).encode().decode() == clean_text(text)


@pytest.mark.parametrize("ending", ENDINGS)
def test_odd_characters_are_written(tmp_path, ending):
    row = build_row(1, replace(BASE, id="a\x00b\ud800c\x0b\uffff"))
    write_rows(tmp_path / f"out.{ending}", [row], COLUMNS)


def test_an_output_that_is_there_is_kept(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(OutputExistsError, match="--force"):
        check_output(path, force=False)
    check_output(path, force=True)


def test_outputs_that_cannot_be(tmp_path):
    with pytest.raises(DataError, match="ends in"):
        check_output(tmp_path / "out.doc", force=False)
    with pytest.raises(DataError, match="folder does not exist"):
        check_output(tmp_path / "no" / "out.csv", force=False)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_leaves_nothing_behind(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    path.write_text("before")

    def fill():
        yield build_row(1, BASE)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DataError, match="No space left"):
        write_rows(path, fill(), COLUMNS, kinds=KINDS)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_interruption_leaves_nothing_behind(tmp_path, ending):
    def interrupt():
        yield build_row(1, BASE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(tmp_path / f"out.{ending}", interrupt(), COLUMNS, kinds=KINDS)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_program_left_is_cleared_away(tmp_path):
    output = tmp_path / "out.csv"
    kept = [tmp_path / ".out-20260101.csv", tmp_path / ".outer.unfinished-a.csv", output]
    for path in kept:
        path.touch()
    with whole_or_nothing(output) as neighbour:
        (tmp_path / f"{neighbour.name[:-5]}x.csv").touch()
        assert neighbour.stat().st_mode & 0o077 == 0
    remove_leftovers(output)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
