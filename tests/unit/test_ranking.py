import csv
import errno
import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from triage import ranking
from triage.errors import DataError, OutputExistsError
from triage.labels import AtRisk, Category, Priority, Urgency
from triage.ranking import COLUMNS, build_row, check_output, defuse, rank_assessments, write_rows
from triage.records import Assessment, Complaint

BASE = Assessment(
    id="1",
    priority=Priority.P4,
    category=Category.OTHER_FRAUD,
    category_proba=(0.1, 0.2, 0.7),
    urgency=Urgency.NONE,
    risk=0.01,
    high_risk=False,
    at_risk=AtRisk.NOBODY,
    death_reported=False,
    minor=False,
    needs_review=False,
    reasons=("nothing found",),
    evidence=(),
    language="en",
)


def test_the_queue_goes_by_priority_then_risk_then_waiting():
    found = [
        BASE,
        replace(BASE, priority=Priority.P1, risk=0.9),
        replace(BASE, priority=Priority.P2, risk=0.51),
        replace(BASE, priority=Priority.P2, risk=0.54),
        replace(BASE, priority=Priority.P2, risk=0.9),
    ]
    times = [None, None, "2026-01-01", "2026-01-02", None]
    complaints = [Complaint(str(i), "x", received_at=t) for i, t in enumerate(times)]
    assert rank_assessments(complaints, found) == [1, 4, 2, 3, 0]


def test_level_four_comes_before_level_three_and_times_are_read():
    p1 = replace(BASE, priority=Priority.P1)
    found = [
        replace(p1, urgency=Urgency.INTENT, risk=0.95),
        replace(p1, urgency=Urgency.IMMINENT, risk=0.6),
        replace(p1, urgency=Urgency.INTENT, risk=0.95),
        replace(p1, urgency=Urgency.INTENT, risk=0.95),
    ]
    times = ["2026-02-01T10:00", None, "2026-01-05", "some day"]
    complaints = [Complaint(str(i), "x", received_at=t) for i, t in enumerate(times)]
    assert rank_assessments(complaints, found) == [1, 2, 0, 3]


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


def rows():
    return [build_row(1, BASE), build_row(2, replace(BASE, id="=1+1", reasons=("@x",)))]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "xlsx"])
def test_every_kind_has_the_columns_in_order(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    write_rows(path, rows(), COLUMNS)
    readers = {
        "csv": lambda: list(pd.read_csv(path).columns),
        "jsonl": lambda: list(json.loads(path.read_text("utf-8").splitlines()[0])),
        "parquet": lambda: list(pd.read_parquet(path).columns),
        "xlsx": lambda: [cell.value for cell in load_workbook(path).active[1]],
    }
    assert readers[ending]() == list(COLUMNS)
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_formulas_come_out_dead(tmp_path):
    write_rows(tmp_path / "out.csv", rows(), COLUMNS)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as handle:
        found = list(csv.DictReader(handle))
    assert found[1]["id"] == "'=1+1"
    assert found[1]["reasons"] == "'@x"
    write_rows(tmp_path / "out.xlsx", rows(), COLUMNS)
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@given(st.text(max_size=30))
def test_no_text_starts_like_a_formula(text):
    assert not str(defuse(text)).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "xlsx"])
def test_odd_characters_are_written(tmp_path, ending):
    row = build_row(1, replace(BASE, id="a\x00b\ud800c\x0b"))
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


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("before")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ranking, "_write_csv", full)
    with pytest.raises(DataError, match="No space left"):
        write_rows(path, rows(), COLUMNS)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ranking, "_write_csv", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_rows(tmp_path / "out.csv", rows(), COLUMNS)
    assert not list(tmp_path.iterdir())
