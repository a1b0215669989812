"""The same model on Spark: real Java, two cores, one session for all; what is in its log is read.

Where Java or pyspark is missing these tests are skipped; on CI they fail.
"""

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from triage.backlog.ledger import Fingerprint, Ledger
from triage.backlog.scorer import score_complaints
from triage.backlog.sources import list_sources
from triage.errors import ConfigError, DataError, OutputExistsError, TriageError
from triage.files.row_files import write_rows
from triage.ranking import ASSESSMENT_COLUMNS, COLUMNS, KINDS, build_row
from triage.records import Complaint
from triage.spark import files as spark_files
from triage.spark import score, score_files
from triage.spark.parcel import Parcel, load_parcel, pack_model
from triage.spark.session import open_session
from triage.spark.tasks import assess_table

try:
    import pyspark
except ImportError:
    pyspark = None

MISSING = "pyspark" if pyspark is None else "Java" if shutil.which("java") is None else ""
pytestmark = [
    pytest.mark.skipif(
        bool(MISSING) and os.environ.get("CI") != "true", reason=f"{MISSING} is not installed"
    ),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of py4j
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SECRET = "Zabvuqkreth Moxidulpa"

LOGGING = """
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {path}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %p %c %m%n%ex
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("spark") / "spark.log"


@pytest.fixture(scope="module")
def session(log):
    """Our own quiet session, but with all that Spark has to say in a file."""
    (log.parent / "log4j2.properties").write_text(LOGGING.format(path=log))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(log.parent))
        found, is_ours = open_session("local[2,2]")
        found.sparkContext.setLogLevel("INFO")
        assert is_ours
        yield found
        found.stop()


@pytest.fixture(scope="module")
def complaints(small_corpus):
    start = datetime(2026, 1, 1)
    return [
        {
            "id": f"c{i}",
            "text": f"{c.text}\r\n\r\n{SECRET}" if i % 9 == 0 else c.text,
            "received_at": str(start + timedelta(hours=i * 7 % 500)) if i % 3 else None,
        }
        for i, c in enumerate(small_corpus[::4][:300])
    ]


@pytest.fixture(scope="module")
def backlog(complaints, tmp_path_factory):
    """Files of each kind, odd names, and rows that cannot be read."""
    folder = tmp_path_factory.mktemp("backlog")
    lines = [json.dumps(row, ensure_ascii=False) for row in complaints[:100]]
    odd = ["", "{broken", '{"id": "x", "text": 7}', '{"nothing": 1}', '"\\ud83d"', ""]
    (folder / "a.jsonl").write_text("\n".join([*lines[:50], *odd, *lines[50:]]), "utf-8")
    with (folder / "b [1].csv").open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["ID", "Text", "received_at", "note"])
        writer.writerows(
            [row["id"], row["text"], row["received_at"], ""] for row in complaints[100:150]
        )
        handle.write("q,a,b,c,d,e\n")
    with gzip.open(folder / "c.csv.gz", "wt", encoding="cp1252", errors="replace") as handle:
        handle.write("text,id\n")
        handle.writelines(
            f'"{row["text"].replace(chr(34), "")}",{row["id"]}\n' for row in complaints[150:200]
        )
    rows = [row | {"other": 1} for row in complaints[200:]] + [{"id": None, "text": None}]
    parquet.write_table(arrow.Table.from_pylist(rows), folder / "d.parquet", row_group_size=30)
    times = [datetime(2026, 1, 1), None]
    numbers = arrow.table({"text": [1, None], "id": [2**60 + 1, 7], "received_at": times})
    parquet.write_table(numbers, folder / "e.parquet")
    return folder


def score_here(inputs, output, model, *, with_text=False):
    """Score as the engine without Spark does, in one batch."""
    arrivals = [a for source in list_sources(inputs) for a in source.read(lambda line: None)]
    columns = (*COLUMNS, "text") if with_text else COLUMNS
    with Ledger.open(output, {}, restart=True) as ledger:
        batch = score_complaints(model, [a.complaint for a in arrivals], with_text=with_text)
        ledger.keep(arrivals, batch, Fingerprint().digest(), 0)
        ledger.settle()
        write_rows(output, ledger.ranked(columns), columns, kinds=KINDS)
        aside, counts = list(ledger.set_aside()), ledger.counts()
        ledger.remove()
    return aside, counts


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def test_a_table_gets_the_same_assessments(session, complaints, model, model_folder):
    given = session.createDataFrame(
        [(r["id"], r["text"], 2**60 + i, None, [1, i]) for i, r in enumerate(complaints)],
        "id string, Text string, big long, nothing timestamp, list array<int>",
    )
    assessed = score(given, model=model_folder)
    assert assessed.columns == ["big", "nothing", "list", *ASSESSMENT_COLUMNS]
    found = {row["id"]: row.asDict() for row in assessed.collect()}
    expected = model.assess_many([Complaint(row["id"], row["text"]) for row in complaints])
    for i, assessment in enumerate(expected):
        row = build_row(0, assessment)
        kept = {"big": 2**60 + i, "nothing": None, "list": [1, i]}
        assert found[assessment.id] == kept | {name: row[name] for name in ASSESSMENT_COLUMNS}
    assert len(found) == len(complaints)
    kinds = dict(assessed.dtypes)
    names = {str: "string", int: "bigint", float: "double", bool: "boolean"}
    assert all(kinds[name] == names[KINDS[name]] for name in ASSESSMENT_COLUMNS)


def test_what_is_no_text_goes_to_a_person(session, model_folder):
    broken = session.range(1).selectExpr("cast(unhex('61FF62') AS string) text")
    rows = session.createDataFrame([(None,), ("",)], "text string").union(broken).coalesce(1)
    found = score(rows, model=model_folder, keep_text=True).collect()
    assert [row["id"] for row in found] == ["0-1", "0-2", "0-3"]
    assert all(row["needs_review"] and row["priority"] == "P2" for row in found[:2])
    assert [row["text"] for row in found[:2]] == [None, ""]
    numbers = score(session.range(3), text="id", id="id", model=model_folder).collect()
    assert {(row["needs_review"], row["priority"]) for row in numbers} == {(True, "P2")}


def test_wrong_columns_are_named_at_once(session, model_folder):
    table = session.createDataFrame([("a", "b")], "complaint string, Priority string")
    with pytest.raises(ConfigError, match="no column 'text'.*names of results: Priority"):
        score(table, model=model_folder)
    with pytest.raises(ConfigError, match="no column 'no'"):
        score(table.drop("Priority"), text="complaint", id="no", model=model_folder)


def test_a_worker_that_is_killed_is_replaced(session, complaints, model_folder, tmp_path):
    marker = str(tmp_path / "killed")

    def kill_others_once(batches):
        import os
        from pathlib import Path

        for number, batch in enumerate(batches):
            yield batch
            if number == 0 and not Path(marker).exists():
                own, parent = str(os.getpid()), str(os.getppid())
                for stat in Path("/proc").glob("[0-9]*/stat"):
                    pid, _, fields = stat.read_text().partition(" (")
                    if fields.rpartition(") ")[2].split()[1] == parent and pid != own:
                        Path(marker).write_text(pid)
                        os.kill(int(pid), 9)

    rows = [(row["id"], row["text"]) for row in complaints[:40]] * 5
    given = session.createDataFrame(rows, "id string, text string").repartition(2)
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 10)
    try:
        upset = given.mapInArrow(kill_others_once, given.schema)
        assert score(upset, model=model_folder).count() == 200
    finally:
        session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 2000)
    assert Path(marker).exists()


def test_a_ranked_file_has_the_bytes_of_the_engine_without_spark(
    session, backlog, model, model_folder, tmp_path
):
    ours, theirs = tmp_path / "here.csv", tmp_path / "spark.csv"
    aside, counts = score_here([backlog], ours, model, with_text=True)
    # Small parts, so that the rows of a file are counted over several of them.
    session.conf.set("spark.sql.files.maxPartitionBytes", 20_000)
    session.conf.set("spark.sql.files.openCostInBytes", 20_000)
    try:
        told = score_files(
            [str(backlog)], str(theirs), model=model_folder, with_text=True, note=print
        )
    finally:
        session.conf.unset("spark.sql.files.maxPartitionBytes")
        session.conf.unset("spark.sql.files.openCostInBytes")
    assert told == counts
    assert read_lines(f"{theirs}.rejected.jsonl") == aside
    assert theirs.read_bytes() == ours.read_bytes()
    assert theirs.stat().st_mode & 0o077 == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        ours.name,
        theirs.name,
        f"{theirs.name}.rejected.jsonl",
    }


def test_a_ranked_folder_has_the_same_order(session, backlog, model, model_folder, tmp_path):
    ours, theirs = tmp_path / "here.parquet", tmp_path / "spark"
    aside, counts = score_here([backlog], ours, model)
    told = score_files([f"file://{backlog}"], str(theirs), model=model_folder)
    assert (told.priorities, told.set_aside, told.repeated_ids) == (
        counts.priorities,
        counts.set_aside,
        counts.repeated_ids,
    )
    found = parquet.read_table(theirs).sort_by("rank")
    expected = parquet.read_table(ours).drop_columns(["near_copy_of"])
    assert found.equals(expected.cast(found.schema))
    (rejected,) = Path(f"{theirs}.rejected").glob("*.json")
    assert read_lines(rejected) == aside
    with pytest.raises(OutputExistsError, match="--force"):
        score_files([str(backlog)], str(theirs), model=model_folder)


def test_files_that_cannot_be_read_go_to_a_person(session, complaints, model_folder, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "headless.csv").write_text("some words,of nobody\nmore,words\n")
    (folder / "empty.jsonl").write_text("")
    (folder / "header.csv").write_text("text,id\n")
    (folder / "no.parquet").write_bytes(b"PAR1 this is none PAR1")
    torn = gzip.compress(b'{"text": "made-up words of nobody"}\n' * 1000)
    (folder / "torn.jsonl.gz").write_bytes(torn[: len(torn) // 2])
    rows = [{"text": row["text"], "id": row["id"]} for row in complaints[:90]]
    damaged = folder / "damaged.parquet"
    parquet.write_table(arrow.Table.from_pylist(rows), damaged, row_group_size=30)
    place = parquet.ParquetFile(damaged).metadata.row_group(1).column(0)
    content = bytearray(damaged.read_bytes())
    start = place.dictionary_page_offset or place.data_page_offset
    content[start : start + 400] = b"\xff" * 400
    damaged.write_bytes(content)
    output = tmp_path / "out.jsonl"
    counts = score_files([str(folder)], str(output), model=model_folder)
    found = read_lines(output)
    assert counts.whole_sources == 6
    assert counts.rows == len(found) == 30 + 6
    told = {row["id"]: row["reasons"] for row in found if (folder / row["id"]).exists()}
    assert "60 of its 90 rows were not read" in told["damaged.parquet"]
    assert "has no column 'text'" in told["headless.csv"]
    assert "is damaged or no Parquet file" in told["no.parquet"]
    assert "has no rows" in told["header.csv"]
    assert "is empty" in told["empty.jsonl"]
    assert "is damaged" in told["torn.jsonl.gz"]
    assert all(
        row["priority"] == "P2" and row["needs_review"] for row in found if row["id"] in told
    )


def test_what_cannot_be_used_at_all_is_one_line(session, backlog, model_folder, tmp_path):
    output = str(tmp_path / "out.csv")
    with pytest.raises(DataError, match="no such file"):
        score_files([str(tmp_path / "none.csv")], output, model=model_folder)
    with pytest.raises(DataError, match="no such file"):
        score_files([f"file://{tmp_path}/none.csv"], output, model=model_folder)
    (tmp_path / "sheet.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match="leave out --engine spark"):
        score_files([str(tmp_path / "sheet.xlsx")], output, model=model_folder)
    (tmp_path / "headless.csv").write_text("some,words\n")
    with pytest.raises(DataError, match="has no column 'text'"):
        score_files([str(tmp_path / "headless.csv")], output, model=model_folder)
    assert not Path(output).exists()
    Path(output).write_text("")
    with pytest.raises(OutputExistsError):
        score_files([str(backlog)], output, model=model_folder)


def test_the_model_is_packed_alike_and_checked_on_arrival(model_folder, monkeypatch, tmp_path):
    packed = pack_model(model_folder)
    assert packed == pack_model(model_folder)
    assert str(packed.content[:9]) not in repr(packed)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert load_parcel(packed) is load_parcel(packed)
    assert not [*tmp_path.iterdir()]
    with pytest.raises(TriageError, match="changed on its way"):
        load_parcel(Parcel(packed.sha256[::-1], packed.content))


def test_an_error_in_a_worker_is_one_line(
    session, backlog, model_folder, tmp_path, monkeypatch, capfd
):
    packed = pack_model(model_folder)
    changed = Parcel("0" * 64, packed.content)
    monkeypatch.setattr(spark_files, "pack_model", lambda folder: changed)
    with pytest.raises(TriageError, match="failed on Spark: the model was changed on its way"):
        score_files([str(backlog)], str(tmp_path / "out.csv"), model=model_folder)
    assert not [*tmp_path.iterdir()]
    assert capfd.readouterr().err == ""


def test_an_unforeseen_error_keeps_its_message(model_folder):
    def fail():
        raise ValueError(SECRET)
        yield

    with pytest.raises(TriageError) as raised:
        list(assess_table(fail(), parcel=pack_model(model_folder), kept=[]))
    assert "(ValueError)" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__


def test_spark_says_nothing_of_a_complaint(session, log):
    told = log.read_text("utf-8")
    assert "Starting task" in told  # it is Spark's log, and it says a lot
    assert "changed on its way" in told
    assert "Zabvuq" not in told


def test_without_java_it_is_one_line(tmp_path, model_folder):
    code = "from triage.spark.session import open_session; open_session('local[1]')"
    nowhere = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=nowhere,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    assert lines[-1].startswith("triage.errors.ConfigError: Spark could not be started")
    assert "Java 17" in lines[-1]


def test_without_pyspark_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigError, match=r"pip install 'triage\[spark\]'"):
        open_session("local[1]")
