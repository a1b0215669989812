import json
from dataclasses import dataclass, replace

import pytest
import typer
from typer.testing import CliRunner

from triage import comparing
from triage.cli.compare import compare
from triage.comparing import compare_models
from triage.corpus import read_corpus
from triage.errors import DataError
from triage.evaluation.changes import Turn
from triage.model.assessor import TriageModel

ROWS = [
    {"id": "a", "text": "I will commit suicide tonight", "urgency": 4, "at_risk": "self"},
    {"id": "b", "text": "5000 rupees debited by upi fraud", "urgency": 0},
    {"id": "c", "text": "I want to die because of the recorded video call", "urgency": 2,
     "at_risk": "self"},
]  # fmt: skip


@dataclass
class Deaf:
    """A model that hears no risk at all."""

    model: TriageModel

    def stream(self, complaints):
        for found in self.model.stream(complaints):
            yield replace(found, high_risk=False)


@pytest.fixture
def labelled(write_jsonl):
    return write_jsonl([row | {"language": "en", "category": "other_fraud"} for row in ROWS])


@pytest.fixture
def models(model, monkeypatch):
    """The session's model, and a deaf one, by name."""
    known = {"good": model, "deaf": Deaf(model)}
    monkeypatch.setattr(comparing, "load_named_model", lambda name, **_: known[name])


@pytest.fixture
def run():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(compare)
    return lambda *args: CliRunner().invoke(app, [*map(str, args)], catch_exceptions=False)


@pytest.mark.usefixtures("models")
def test_lost_cases_come_first(labelled):
    steps: list[str] = []
    found = compare_models("good", "deaf", read_corpus([labelled]), store="", progress=steps.append)
    lost = [change.id for change in found.changes if Turn.LOST in change.turns]
    assert lost == ["a", "c"] == [change.id for change in found.changes[:2]]
    assert found.tests["found"]["all"].only_a == 2
    assert found.differences["en"]["recall"].difference == -1
    assert steps == ["A assesses 3 complaints", "B assesses 3 complaints",
                     "drawing stories for the intervals"]  # fmt: skip


@pytest.mark.usefixtures("models")
def test_what_is_shown(labelled, run):
    done = run("good", "deaf", labelled)
    assert done.exit_code == 0
    assert "B finds 2 fewer of 2 high-risk complaints (0, A 2)" in done.stdout
    assert "may be chance" in done.stdout
    assert done.stdout.index("high risk lost") < done.stdout.index("Worst first")
    assert all(row["text"] not in done.stdout for row in ROWS)
    assert "Worst first" not in run("good", "deaf", labelled, "--cases", "0").stdout
    assert "and 1 more" in run("good", "deaf", labelled, "--cases", "1").stdout


@pytest.mark.usefixtures("models")
def test_json_for_machines(labelled, run):
    shown = json.loads(run("good", "deaf", labelled, "--json").stdout, parse_constant=pytest.fail)
    assert shown["a"] == "good"
    assert shown["differences"]["all"]["pairs"]["difference"] is None
    assert shown["tests"]["found"]["all"]["only_a"] == 2
    assert shown["changes"][0]["turns"][0] == "high risk lost"
    assert all(row["text"] not in json.dumps(shown) for row in ROWS)


def test_a_model_against_itself(model_folder, labelled, run):
    shown = run(model_folder, model_folder, labelled).stdout
    assert "A and B find the same" in shown
    assert "No case came out otherwise." in shown


def test_a_missing_file_is_told_before_any_model_is_loaded(tmp_path, run):
    with pytest.raises(DataError, match="no such file"):
        run("nowhere", "nowhere", tmp_path / "none.jsonl")
