"""A data scientist's day, as a process of its own: train, look, compare, promote, go back."""

import os
import subprocess
import sys

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def desk(tmp_path_factory, small_corpus):
    """A folder with a spreadsheet of cases in the desk's own words and columns."""
    folder = tmp_path_factory.mktemp("desk")
    cases = [c for c in small_corpus if not c.phenomenon][::2]
    pd.DataFrame(
        {
            "Complaint Details": [c.text for c in cases],
            "Type": [c.category.shown for c in cases],
            "Risk": [int(c.urgency) for c in cases],
        }
    ).to_csv(folder / "cases.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def triage(desk):
    def run(*args):
        return subprocess.run(
            [sys.executable, "-m", "triage", *map(str, args)],
            cwd=desk,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{desk / 'mlflow.db'}"},
        )

    return run


COLUMNS = ("--column", "text=complaint details", "--column", "category=Type", "--column")
TRAIN = ("train", "cases.csv", *COLUMNS, "urgency=Risk", "--no-extend", "--workers", "1")


@pytest.fixture(scope="module")
def trained(triage):
    return triage(*TRAIN, "--name", "pune", "-o", "pune")


def test_training_leaves_a_model_a_report_and_a_run(trained, triage, desk):
    assert trained.returncode == 0, trained.stderr
    assert "The run: " in trained.stdout
    assert {p.name for p in (desk / "pune").iterdir()} >= {
        "manifest.json",
        "report.html",
        "README.md",
    }
    assert "misses at most" in (desk / "pune" / "README.md").read_text("utf-8")
    listed = triage("experiments")
    assert "pune" in listed.stdout
    assert "done" in listed.stdout


def test_the_same_data_gives_the_same_model(trained, triage, desk):
    again = triage(*TRAIN, "--no-track", "--name", "pune", "-o", "again")
    assert again.returncode == 0, again.stderr
    for name in ("text_reader.skops", "segment_reader.skops", "heads.skops", "manifest.json"):
        assert (desk / "pune" / name).read_bytes() == (desk / "again" / name).read_bytes(), name


def test_a_page_for_people(trained, triage, desk):
    args = ("--model", "pune", *COLUMNS, "urgency=Risk", "--no-robustness")
    done = triage("evaluate", "cases.csv", *args, "--html", "page.html")
    assert done.returncode == 0, done.stderr
    page = (desk / "page.html").read_text("utf-8")
    assert "संक्षेप में" in page
    assert "<script" not in page
    assert triage("evaluate", "cases.csv", *args, "--html", "page.html").returncode == 2


def test_a_failed_gate_is_an_exit_code(trained, triage, desk):
    (desk / "gates.toml").write_text("[gates]\nsize_mb_at_most = 0.001\n")
    done = triage("promote", "pune", "cases.csv", *COLUMNS, "urgency=Risk", "--gates", "gates.toml")
    assert done.returncode == 4, done.stderr
    assert "Not promoted" in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("train", "cases.csv", "--no-track", "--name", "mine"), 3, "column"),
        (("train", "cases.csv"), 2, "--name 'default'"),
        (("train", "cases.csv", "--name", "champion"), 2, "--name 'champion'"),
        (("train", "cases.csv", "--column", "mood=Risk"), 2, "OURS=THEIRS"),
        (("promote",), 2, "name a run"),
        (("promote", "nobody"), 2, "nobody"),
        (("compare", "pune", "nobody", "cases.csv", *COLUMNS, "urgency=Risk"), 2, "nobody"),
    ],
)
def test_wrong_use_is_told_in_one_line(trained, triage, args, code, told):
    done = triage(*args)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_too_few_cases(triage, desk):
    table = pd.read_csv(desk / "cases.csv").head(10)
    table.to_csv(desk / "ten.csv", index=False)
    args = (*COLUMNS, "urgency=Risk", "--no-extend", "--no-track", "-o", "ten")
    done = triage("train", "ten.csv", *args)
    assert done.returncode == 3
    assert "too few complaints" in done.stderr
