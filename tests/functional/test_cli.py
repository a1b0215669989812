"""The program as its users start it: a process of its own, real files, real exit codes."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from triage.desk.casework.guidance import CaseFacts, find_steps
from triage.ranking import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Vishwambhar Pattanshetti 9876501234 gopaal@okbank"


@pytest.fixture
def complaints(tmp_path):
    path = tmp_path / "monday.csv"
    rows = {
        "id": ["a", "b", "c", "d"],
        "text": [
            "5000 rupees debited from my account by upi fraud",
            f"I am {SECRET} and I will commit suicide tonight because of the video call recording",
            "",
            "=HYPERLINK(1) they have my nude photos and threaten to make viral",
        ],
    }
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_scoring_a_file(triage, complaints, tmp_path):
    done = triage("score", complaints, "--output", "out.csv")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table.columns) == list(COLUMNS)
    assert table["id"].tolist()[0] == "b"
    assert table["priority"].tolist()[0] == "P1"
    assert sorted(table["id"]) == ["a", "b", "c", "d"]
    assert bool(table.set_index("id").loc["c", "needs_review"])
    assert "out.csv" in done.stdout
    for word in SECRET.split():
        assert word not in done.stdout + done.stderr + (tmp_path / "out.csv").read_text("utf-8")


def test_the_kind_follows_the_ending_and_text_only_when_asked(triage, complaints, tmp_path):
    for ending, read in (
        ("jsonl", pd.read_json),
        ("parquet", pd.read_parquet),
        ("xlsx", pd.read_excel),
    ):
        args = {"lines": True} if ending == "jsonl" else {}
        done = triage("score", complaints, "-o", f"out.{ending}", "--with-text", "--rows", "0")
        assert done.returncode == 0, done.stderr
        table = read(tmp_path / f"out.{ending}", **args)
        assert list(table.columns) == [*COLUMNS, "text"]


def test_workers_change_nothing(triage, complaints, tmp_path):
    triage("score", complaints, "-o", "one.csv")
    done = triage("score", complaints, "-o", "two.csv", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_the_default_output_stands_beside_the_input(triage, complaints, tmp_path):
    assert triage("score", complaints).returncode == 0
    assert (tmp_path / "monday_ranked.csv").exists()
    again = triage("score", complaints)
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert triage("score", complaints, "--force").returncode == 0


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (["score", "nothing.csv"], 3, "no such file"),
        (["score", "monday.csv", "-o", "out.doc"], 3, "ends in"),
        (["score", "monday.csv", "--model", "nowhere", "-o", "x.csv"], 4, "no model folder"),
        (["score", "monday.csv", "-o", "monday.csv", "--force"], 3, "input and output"),
        (["score"], 2, "name files to read"),
        (["score", "monday.csv", "-o", "x.csv", "--stream-urgent", "x.csv"], 2, "name another"),
        (["score", "monday.csv", "-o", "x.csv", "--stream-urgent", "monday.csv"], 3, "input and"),
        (["score", "mon*.csv"], 2, "--output"),
        (["score", "monda?.csv"], 2, "--output"),
        (["score", "monday.csv", "--column", "story=x", "-o", "x.csv"], 2, "OURS=THEIRS"),
        (["score", "monday.csv", "--workers", "0"], 2, "workers"),
        (["train", "--config", "no.toml"], 2, "cannot be read"),
        (["evaluate", "no.jsonl"], 3, "no such file"),
        (["assess", " "], 3, "empty"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_input_is_one_line_and_a_code(triage, complaints, args, code, word):
    before = complaints.read_bytes()
    done = triage(*args)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert complaints.read_bytes() == before


def test_an_unforeseen_error_shows_no_text(triage, complaints, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import triage.backlog.ledger as ledger\n"
        "def fail(*a, **k): raise RuntimeError('text: ' + str(a))\n"
        "ledger.Ledger.keep = fail\n"
    )
    done = triage(
        "score",
        complaints,
        "-o",
        "x.csv",
        PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
    )
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert "Traceback" not in done.stderr
    assert "suicide" not in done.stderr


def test_assessing_one(triage):
    done = triage("assess", f"I am {SECRET}. I will kill myself tonight")
    assert done.returncode == 0, done.stderr
    assert "P1" in done.stdout
    assert "112" in done.stdout
    assert not any(word in done.stdout for word in SECRET.split())


@pytest.mark.parametrize(
    "text",
    [
        "my son is 15, they threaten to send his nude video to all, he says he will kill himself",
        "paid 4500 to a fake shop two months ago, they do not refund",
        "💔",
    ],
)
def test_what_to_do_is_what_the_desk_says(triage, model, text):
    done = triage("assess", text)
    shown = " ".join(done.stdout.partition("\nwhat to do\n")[2].split())
    steps = find_steps(CaseFacts.of(model.assess(text), arrived_at=datetime.now(UTC)))
    assert steps
    for step in steps:
        told = (*step.to_do.values(), step.law, step.law_hi, step.phone, step.link)
        assert all(" ".join(each.split()) in shown for each in told if each)


def test_assessing_needs_nothing_of_the_desk(model_folder):
    """Who installed triage alone has none of what the desk takes beside."""
    taken = "alembic fastapi psycopg pwdlib python_multipart sqlalchemy starlette uvicorn".split()
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({taken}));"
        " from triage.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "assess", "I will kill myself", "--model", str(model_folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "14416" in done.stdout


def test_assessing_for_machines_from_standard_input(triage):
    done = triage(
        "assess",
        "-",
        "--json",
        stdin="मेरी बेटी 15 साल की है, उसके नग्न फोटो वायरल करने की धमकी".encode(),
    )
    found = json.loads(done.stdout)
    assert found["minor"] is True
    assert found["language"] == "hi"
    assert {"start", "end", "level", "counts", "context", "cue", "words"} == set(
        found["evidence"][0]
    )


def test_bytes_that_are_no_text(triage):
    assert triage("assess", "-", "--json", stdin=b"\xff\xfe\x00video call").returncode == 0


def test_training_and_evaluating(triage, write_jsonl, small_corpus, tmp_path):
    rows = [
        {"id": c.id, "text": c.text, "language": c.language, "category": str(c.category),
         "urgency": int(c.urgency), "at_risk": str(c.at_risk), "scenario": c.scenario,
         "phenomenon": c.phenomenon, "evidence": list(c.evidence)}
        for c in small_corpus
    ]  # fmt: skip
    path = write_jsonl(rows, "cases.jsonl")
    (tmp_path / "quick.toml").write_text("[model]\nfolds = 2\n")
    done = triage("train", path, "--output", "mine", "--name", "mine", "--config", "quick.toml")
    assert done.returncode == 0, done.stderr
    assert "recall" in done.stdout
    path = write_jsonl(rows[::5], "some.jsonl")  # each is read in some twenty spellings
    done = triage("evaluate", path, "--model", "mine")
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("pairs", "vowels dropped", "without its evidence"))
    done = triage("evaluate", path, "--model", "mine", "--json", "--no-robustness")
    found = json.loads(done.stdout)
    assert found["overall"]["recall"]["value"] > 0.9
    assert "robustness" not in found


def test_checking_data(triage, write_jsonl):
    row = {"text": "call 9876543210, cannot sleep", "language": "en", "category": "other_fraud",
           "urgency": 1, "at_risk": "self", "evidence": ["cannot sleep"]}  # fmt: skip
    rows = [{**row, "scenario": str(i), "category": c, "urgency": i % 2, "at_risk": "self" if i % 2 else ""}
            for i in range(40) for c in ("other_fraud", "sextortion", "video_call_blackmail")]  # fmt: skip
    done = triage("data", "check", write_jsonl(rows))
    assert done.returncode == 3
    assert "phone number that could be real" in done.stderr
    assert "9876543210" not in done.stdout + done.stderr


def test_help_is_quick_and_light(tmp_path):
    code = (
        "import sys; sys.argv=['triage','--help']\n"
        "from triage.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'spacy','sklearn','mlflow','pandas','scipy','numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"score" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_broken_pipe_is_no_error(model_folder, complaints, tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m triage score {complaints} -o o.csv | head -1",
        shell=True,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "TRIAGE_MODEL": str(model_folder)},
        check=False,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_words_in_common_use_are_counted_by_story(triage):
    folder = ROOT / "data" / "corpus" / "mr"
    done = triage("data", "words", folder)
    assert done.returncode == 0, done.stderr
    counts = [int(line.split()[1]) for line in done.stdout.splitlines()]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 2
