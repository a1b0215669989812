"""Each most urgent complaint stands in the file once, wherever the run that wrote it was killed."""

import csv
import errno
import io
import json
import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.backlog.urgent_file import UrgentFile
from triage.errors import DataError

COLUMNS = ("id", "priority", "minor", "evidence")
KINDS = pytest.mark.parametrize("kind", [".csv", ".jsonl"])
HEADER = "\ufeffid,priority,minor,evidence\r\n"


def make_rows(*ids, evidence="'aaj raat', 98XXXXXX12"):
    return [{"id": str(i), "priority": "P1", "minor": False, "evidence": evidence} for i in ids]


def append(path, batches, *, kept_bytes=None) -> list[int]:
    """Append batches of rows; give the length before, and after each."""
    with UrgentFile(path, kept_bytes=kept_bytes, columns=COLUMNS) as urgent:
        return [urgent.length, *(urgent.append(batch) for batch in batches)]


def test_csv_is_that_of_the_ranked_file(tmp_path):
    path = tmp_path / "urgent.csv"
    rows = make_rows("=1+1", "दो", evidence="two\nlines, \ud800")
    append(path, [rows[:1], [], rows[1:]])
    assert path.read_bytes().decode() == HEADER + (
        '\'=1+1,P1,false,"two lines, ?"\r\n' + 'दो,P1,false,"two lines, ?"\r\n'
    )


def test_jsonl_keeps_values_as_they_are(tmp_path):
    path = tmp_path / "urgent.jsonl"
    rows = make_rows("=1+1", "दो", evidence="two\nlines\x00")
    append(path, [[{**row, "rank": 7} for row in rows]])
    lines = path.read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows


@KINDS
def test_a_new_file_is_for_its_owner_alone(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    append(path, [])
    assert path.stat().st_mode & 0o777 == 0o600


@KINDS
def test_rows_are_on_the_disk_when_append_returns(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    with UrgentFile(path, kept_bytes=None, columns=COLUMNS) as urgent:
        for i in range(3):
            assert urgent.append(make_rows(i)) == urgent.length == path.stat().st_size


@KINDS
def test_another_run_goes_on_below(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    append(path, [make_rows(1, 2)])
    before = path.read_bytes()
    append(path, [make_rows(1, 3)])
    assert path.read_bytes().startswith(before)
    assert list_ids(path) == ["1", "2", "1", "3"]


@KINDS
def test_a_line_of_somebody_else_without_an_end_stays_alone(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    append(path, [make_rows(1)])
    with path.open("ab") as other:
        other.write(b'{"id"')  # a row of ours begins so, too
    append(path, [make_rows(2)])
    lines = path.read_bytes().splitlines()
    assert lines[-2] == b'{"id"'
    assert b"2" in lines[-1]


@KINDS
def test_a_run_killed_at_any_byte_ends_with_the_same_file(tmp_path, kind):
    """Also killed once more, at once, when it has gone on by one batch."""
    batches = [make_rows(1, 2), make_rows(3), make_rows(4, "पाँच", 6), make_rows(7, 7)]
    whole = tmp_path / f"whole{kind}"
    lengths = append(whole, batches)
    content = whole.read_bytes()
    assert lengths[-1] == len(content)
    torn = tmp_path / f"torn{kind}"
    for kept in range(len(batches)):
        for cut in range(lengths[kept], len(content) + 1):
            torn.write_bytes(content[:cut])
            again = append(torn, batches[kept : kept + 1], kept_bytes=lengths[kept])
            assert again == lengths[kept : kept + 2]
            append(torn, batches[kept + 1 :], kept_bytes=again[-1])
            assert torn.read_bytes() == content, (kept, cut)


def test_a_header_torn_at_any_byte_is_completed(tmp_path):
    path = tmp_path / "urgent.csv"
    header = HEADER.encode()
    for cut in range(len(header)):
        for kept_bytes in (None, 0, cut):
            path.write_bytes(header[:cut])
            append(path, [make_rows(1, evidence="sure")], kept_bytes=kept_bytes)
            assert path.read_bytes() == header + b"1,P1,false,sure\r\n"


TEXTS = st.text(st.sampled_from("aé, \"'\n\r=ह\u2028\ud800"), max_size=6)


@given(
    kind=st.sampled_from([".csv", ".jsonl"]),
    cells=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8),
    data=st.data(),
)
def test_lines_of_others_are_never_lost(tmp_path_factory, kind, cells, data):
    """What stands after a kill: our lines, somebody else's between, at last one of ours, torn."""
    path = tmp_path_factory.mktemp("urgent") / f"urgent{kind}"
    rows = [
        {"id": a, "priority": "P1", "minor": True, "evidence": evidence} for a, evidence in cells
    ]
    ends = append(path, [[row] for row in rows])
    content = path.read_bytes()
    lines = [content[a:b] for a, b in pairwise(ends)]
    kept = data.draw(st.integers(0, len(rows) - 1))
    written = data.draw(st.integers(kept, len(rows) - 1))
    piece = lines[written][: data.draw(st.integers(0, len(lines[written])))]
    foreign = b"a note of the night shift\n"
    between = [line + foreign * data.draw(st.integers(0, 2)) for line in lines[kept:written]]
    path.write_bytes(content[: ends[kept]] + b"".join(between) + piece)
    append(path, [rows[kept:]], kept_bytes=ends[kept])
    after = path.read_bytes()
    assert after.replace(foreign, b"") == content
    assert after.count(foreign) == b"".join(between).count(foreign)


@KINDS
def test_a_line_of_somebody_else_behind_the_torn_one_stays(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    lengths = append(path, [make_rows(1), make_rows(2)])
    torn = path.read_bytes()[:-9]
    path.write_bytes(torn + b"a note\n")
    append(path, [make_rows(2)], kept_bytes=lengths[1])
    assert path.read_bytes().startswith(torn + b"a note\n")
    assert list_ids(path)[-1] == "2"


@KINDS
def test_somebody_else_writes_during_the_run(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    with UrgentFile(path, kept_bytes=None, columns=COLUMNS) as urgent:
        urgent.append(make_rows(1))
        with path.open("ab") as other:
            other.write(b"a note without an end")
        urgent.append(make_rows(2))
    lines = path.read_bytes().splitlines()
    assert lines[-2] == b"a note without an end"
    assert list_ids(path)[-1] == "2"


@KINDS
def test_a_file_that_was_taken_away_begins_again(tmp_path, kind):
    path = tmp_path / f"urgent{kind}"
    lengths = append(path, [make_rows(1)])
    path.unlink()
    append(path, [make_rows(2)], kept_bytes=lengths[-1])
    assert list_ids(path) == ["2"]


def test_the_same_columns_saved_by_another_program_will_do(tmp_path):
    path = tmp_path / "urgent.csv"
    path.write_text('"id","priority","minor","evidence"\n1,P1,false,x\n', "utf-8")
    append(path, [make_rows(2)])
    assert list_ids(path) == ["1", "2"]


@pytest.mark.parametrize("content", ["id,priority\n1,P1\n", "\n", "id;priority;minor;evidence\n"])
def test_a_file_with_other_columns_is_left_alone(tmp_path, content):
    path = tmp_path / "urgent.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"urgent\.csv: has other columns"):
        append(path, [make_rows(2)])
    assert path.read_text("utf-8") == content


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("urgent.xlsx", r"ends in '\.xlsx'; expected \.csv or \.jsonl"),
        ("urgent", "ends in 'nothing'"),
        ("not there/urgent.csv", "its folder does not exist"),
        ("folder.jsonl", r"cannot be written \(Is a directory\)"),
    ],
)
def test_a_place_that_will_not_do_is_named_in_one_line(tmp_path, name, message):
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DataError, match=message) as caught:
        append(tmp_path / name, [])
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_line_and_the_run_can_go_on(tmp_path, monkeypatch):
    path = tmp_path / "urgent.jsonl"
    rows = make_rows(1, 2)
    written = []

    class FullDisk(io.FileIO):
        def write(self, data):
            if written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written.append(super().write(data[:70]))
            return written[0]

    with monkeypatch.context() as patched:
        patched.setattr(io, "FileIO", FullDisk)
        with pytest.raises(DataError, match="No space left on device.*start the same command"):
            append(path, [rows])
    assert path.stat().st_size == 70
    append(path, [rows], kept_bytes=0)
    assert list_ids(path) == ["1", "2"]


def list_ids(path) -> list[str]:
    lines = path.read_text("utf-8-sig").splitlines()
    if path.suffix == ".csv":
        return [row["id"] for row in csv.DictReader(lines)]
    return [json.loads(line)["id"] for line in lines if line.endswith("}") and line[0] == "{"]
