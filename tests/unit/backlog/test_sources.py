import gzip
import json
import sqlite3

import pandas as pd
import pytest

from triage.backlog.sources import QuerySource, list_sources
from triage.errors import ConfigError, DataError


@pytest.fixture
def folder(tmp_path):
    """A folder of files of all kinds, and of what is none."""
    root = tmp_path / "in"
    (root / "north" / "deep").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "b.csv").write_text("text\nbee\n")
    (root / "a.JSONL").write_text('{"text": "ay"}\n')
    (root / "north" / "c.csv.gz").write_bytes(gzip.compress(b"text\nsea\n"))
    pd.DataFrame({"text": ["dee"]}).to_parquet(root / "north" / "deep" / "d.parquet")
    pd.DataFrame({"text": ["ee"]}).to_excel(root / "north" / "e.xlsx", index=False)
    for name in (".hidden.csv", "~$e.xlsx", "notes.txt", ".git/f.csv"):
        (root / name).write_text("text\nno\n")
    return root


def list_names(*inputs, **options):
    return [source.name for source in list_sources(inputs, **options)]


def read_all(sources):
    notes: list[str] = []
    return [arrival for source in sources for arrival in source.read(notes.append)], notes


def test_a_folder_is_read_in_the_order_of_its_paths(folder):
    sources = list_sources([folder])
    expected = ["a.JSONL", "b.csv", "north/c.csv.gz", "north/deep/d.parquet", "north/e.xlsx"]
    assert [source.name for source in sources] == expected
    arrivals, notes = read_all(sources)
    assert [a.complaint.text for a in arrivals] == ["ay", "bee", "sea", "dee", "ee"]
    assert [a.complaint.id for a in arrivals] == [f"{name}:1" for name in expected]
    assert [a.source for a in arrivals] == expected
    assert not notes


def test_one_file_keeps_its_row_numbers_as_ids(folder):
    (arrival,), _ = read_all(list_sources([folder / "b.csv"]))
    assert (arrival.complaint.id, arrival.row, arrival.source) == ("1", 1, "b.csv")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.csv", ["b.csv"]),
        ("[ab].*", ["a.JSONL", "b.csv"]),
        ("**/*.csv*", ["b.csv", "north/c.csv.gz"]),
        ("n*", ["north/c.csv.gz", "north/deep/d.parquet", "north/e.xlsx"]),
        ("**", ["a.JSONL", "b.csv", "north/c.csv.gz", "north/deep/d.parquet", "north/e.xlsx"]),
        ("north/?.xlsx", ["e.xlsx"]),
    ],
)
def test_patterns(folder, pattern, names):
    assert list_names(f"{folder}/{pattern}") == names


def test_patterns_below_where_one_is(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert list_names("*.csv") == ["b.csv"]
    assert list_names(".", leave_out=[folder / "b.csv"])[:2] == ["a.JSONL", "north/c.csv.gz"]


def test_a_name_that_looks_like_a_pattern_may_be_a_file(folder):
    (folder / "day[1].csv").write_text("text\none\n")
    assert list_names(folder / "day[1].csv") == ["day[1].csv"]


def test_a_file_that_is_named_twice_is_read_once(folder):
    (folder / "link.csv").symlink_to(folder / "b.csv")
    (folder / "loop").symlink_to(folder)
    notes: list[str] = []
    names = list_names(folder / "b.csv", folder, folder / "*.csv", note=notes.append)
    assert names.count("b.csv") == 1
    assert "link.csv" not in names
    assert any("link.csv: is named twice" in note for note in notes)


def test_names_that_are_the_same_get_their_folders(tmp_path):
    for place in ("mon", "tue"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "day.csv").write_text("text\none\n")
    named = [tmp_path / "mon" / "day.csv", tmp_path / "tue"]
    assert list_names(*named) == [str(tmp_path / "mon/day.csv"), str(tmp_path / "tue/day.csv")]
    assert list_names(tmp_path) == ["mon/day.csv", "tue/day.csv"]


def test_all_that_is_wrong_with_names_is_told_at_once(folder):
    (folder / "empty").mkdir()
    given = ["gone.csv", folder / "notes.txt", folder / "empty", folder / "x*.csv", folder / "a**b"]
    with pytest.raises(DataError) as caught:
        list_sources(given)
    told = str(caught.value)
    for word in ("gone.csv: no such file", "notes.txt: ends in '.txt'", "empty: holds no file"):
        assert word in told
    assert "x*.csv: no file has such a name" in told
    assert "a**b: is no pattern" in told
    assert "\n" not in told
    with pytest.raises(ConfigError, match="'urgency' is not one of ours"):
        list_sources([folder], columns={"urgency": "x"})


def test_what_cannot_be_read_goes_to_a_person(folder):
    (folder / "b.csv").write_text("complaint\nhello\n")
    (folder / "north" / "deep" / "d.parquet").write_bytes(b"PAR1 nonsense")
    packed = gzip.compress("".join(["text\n", *(f"c {i * i}\n" for i in range(9999))]).encode())
    (folder / "north" / "c.csv.gz").write_bytes(packed[: len(packed) // 2])
    sources = list_sources([folder])
    (folder / "a.JSONL").unlink()
    arrivals, _ = read_all(sources)
    whole = {a.source: a for a in arrivals if a.whole_source}
    assert [*whole] == ["a.JSONL", "b.csv", "north/c.csv.gz", "north/deep/d.parquet"]
    problems = {name: a.complaint.problem for name, a in whole.items()}
    none = "; none of its complaints was read"
    assert problems["a.JSONL"] == f"the file is no longer there{none}"
    assert problems["b.csv"].startswith("the file has no column 'text'; found 'complaint'")
    assert problems["north/deep/d.parquet"].startswith("the file is damaged or no Parquet file")
    torn = whole["north/c.csv.gz"]
    assert torn.row > 1000
    assert f"after row {torn.row}; the rest was not read" in torn.complaint.problem
    assert [a.row for a in arrivals if a.source == "north/c.csv.gz"][-2:] == [torn.row] * 2
    assert (torn.complaint.id, torn.complaint.text) == ("north/c.csv.gz", "")
    assert not any(str(folder) in problem for problem in problems.values())
    assert arrivals[-1].complaint.text == "ee"


def test_texts_of_another_type_go_to_a_person(tmp_path):
    pd.DataFrame({"text": [5, 7]}).to_parquet(tmp_path / "numbers.parquet")
    pd.DataFrame({"text": ["words"]}).to_parquet(tmp_path / "words.parquet")
    arrivals, _ = read_all(list_sources([tmp_path]))
    assert [a.complaint.problem for a in arrivals] == [*["the text is not text"] * 2, None]


def test_a_file_that_grows_ends_where_it_ended(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f'{{"text": "complaint {i}"}}\n' for i in range(20_000)))
    (source,) = list_sources([path])
    notes: list[str] = []
    found, shares = [], []
    for arrival in source.read(notes.append):
        found.append(arrival.complaint.text)
        shares.append(source.share)
        if len(found) == 10_000:
            with path.open("a") as handle:
                handle.write('{"text": "later"}\n')
    assert found == [f"complaint {i}" for i in range(20_000)]
    assert notes == ["in.jsonl grew during the run; what came later was not read: run again for it"]
    assert 0 < shares[0] < 1
    assert shares[-1] == 1
    (again,) = list_sources([path])
    assert again.size > source.size
    again.size = source.size  # as a run does that goes on
    assert len([*again.read(notes.append)]) == 20_000


def test_a_file_that_vanishes_or_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f'{{"text": "complaint {i}"}}\n' for i in range(20_000)))
    (source,) = list_sources([path])
    found = []
    for arrival in source.read(print):
        found.append(arrival)
        if len(found) == 1:
            path.unlink()
    assert len(found) == 20_000  # it was open
    path.write_text('{"text": "another file"}\n')
    *_, last = source.read(print)
    assert last.whole_source
    assert "became shorter" in last.complaint.problem


def test_spreadsheets_do_not_know_their_share(folder):
    (source,) = list_sources([folder / "north" / "e.xlsx"])
    arrivals = source.read(print)
    next(arrivals)
    assert source.share is None
    assert [*arrivals] == []
    assert source.share == 1


def test_sources_describe_themselves(folder):
    described = [source.describe() for source in list_sources([folder])]
    assert json.loads(json.dumps(described)) == described
    assert described[1] == {"kind": "file", "path": str((folder / "b.csv").resolve())}


def test_a_query_is_a_source(tmp_path):
    path = tmp_path / "desk.db"
    with sqlite3.connect(path) as desk:
        desk.execute("CREATE TABLE cases (fir TEXT, details TEXT)")
        desk.execute("INSERT INTO cases VALUES ('7/26', 'they have my video'), (NULL, NULL)")
    desk.close()
    source = QuerySource(
        f"sqlite:///{path}",
        "SELECT * FROM cases ORDER BY rowid",
        columns={"text": "Details", "id": "FIR"},
    )
    arrivals, notes = read_all([source])
    assert [(a.source, a.row, a.complaint.id) for a in arrivals] == [
        ("query", 1, "7/26"),
        ("query", 2, "2"),
    ]
    assert arrivals[1].complaint.problem == "the row has no text"
    assert not notes
    assert source.share is None
    assert json.loads(json.dumps(source.describe())) == source.describe()
    with pytest.raises(DataError, match="no column 'text'; found 'fir', 'details'"):
        read_all([QuerySource(f"sqlite:///{path}", "SELECT * FROM cases ORDER BY 1")])
    with pytest.raises(DataError, match="the query gives no rows"):
        read_all([QuerySource(f"sqlite:///{path}", "SELECT details AS text FROM cases WHERE 0")])


def test_a_query_hides_its_password():
    source = QuerySource("postgresql://asha:geheim@host/desk?sslpassword=auch", "SELECT 1")
    shown = f"{source.describe()} {source!r}"
    assert "geheim" not in shown
    assert "auch" not in shown
