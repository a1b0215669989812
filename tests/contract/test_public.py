"""What others may rely on: public names, documented commands, the corpus apart from the test set."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import triage
from triage.corpus import read_corpus
from triage.evaluation.corpus_checks import near_copies, word_runs

ROOT = Path(__file__).resolve().parents[2]


def test_public_names():
    assert sorted(triage.__all__) == [
        "Assessment",
        "Category",
        "Complaint",
        "Priority",
        "TriageError",
        "TriageModel",
        "Urgency",
        "load_model",
    ]
    for name in triage.__all__:
        assert getattr(triage, name)
    with pytest.raises(AttributeError):
        _ = triage.nothing


def test_importing_is_light():
    code = (
        "import sys, triage; assert not {'spacy', 'sklearn', 'pandas', 'mlflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


COMMANDS = [
    *("score", "assess", "train", "evaluate", "compare", "tune", "experiments", "promote"),
    *("data check", "data audit", "data next", "data agree"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_stands_in_the_readme(command):
    done = subprocess.run(
        [sys.executable, "-m", "triage", *command.split(), "--help"],
        capture_output=True,
        check=True,
    )
    assert b"Example: triage" in done.stdout
    assert f"triage {command}" in (ROOT / "README.md").read_text("utf-8")


def test_the_corpus_stays_apart_from_the_test_set(corpus):
    devset = read_corpus([ROOT / "data" / "devset"])
    assert len(devset) == 520
    runs = [word_runs(c.text) for c in (*corpus, *devset)]
    close = [(i, j) for i, j in near_copies(runs) if i < len(corpus) <= j]
    assert not close


def test_starting_the_program_is_light():
    code = (
        "import sys, triage.cli.app\n"
        "heavy = {'spacy', 'sklearn', 'pandas', 'mlflow', 'matplotlib', 'optuna', 'cleanlab'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_modules_are_short():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 300
        and path.parent.name != "versions"  # a migration lists whole tables, and is never touched
    }
    assert not long


def test_no_registry_address_is_kept():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://", lock)
    assert lock.count("--hash=sha256:") > 100
