import csv
import json
import sys
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest
import typer
from scipy import sparse
from typer.testing import CliRunner

from triage import labelling
from triage.cli import agreement
from triage.cli import labels as commands
from triage.config import Settings
from triage.corpus import read_corpus
from triage.errors import ConfigError, DataError, OutputExistsError
from triage.evaluation.selection import NET_REASON, choose_next, spread_out
from triage.labelling import audit_labels, choose_cases, compare_files
from triage.labels import AtRisk, Urgency
from triage.records import Complaint

SECRET = "zebra"


def write_labelled(path, cases):
    rows = [{k: v for k, v in asdict(c).items() if k != "evidence"} for c in cases]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="session")
def flipped(corpus, small_corpus):
    """Forty whole complaints that the small model has not seen, and six wrong labels."""
    seen = {c.scenario for c in small_corpus}
    whole = [c for c in corpus if c.scenario not in seen and not c.phenomenon]
    calm = [replace(c, evidence=()) for c in whole if c.urgency == 0 and not c.death_reported]
    high = [replace(c, evidence=()) for c in whole if c.urgency >= 3]
    cases = calm[:600:20] + high[:100:10]
    for i in (0, 5, 10):
        cases[i] = replace(cases[i], urgency=Urgency.INTENT, at_risk=AtRisk.SELF)
    for i in (30, 34, 38):
        cases[i] = replace(cases[i], urgency=Urgency.NONE, at_risk=AtRisk.NOBODY)
    return cases, {cases[i].id for i in (0, 5, 10, 30, 34, 38)}


def test_flipped_labels_are_found_by_models_that_had_not_seen_the_story(
    flipped, small_corpus, tmp_path
):
    cases, wrong = flipped
    copy = replace(cases[20], id="copy", scenario="copy", urgency=Urgency.DISTRESS, at_risk="self")
    path = write_labelled(tmp_path / "own.jsonl", [*cases, copy])
    # The flipped ones stand in what is taught on beside as well, labelled right: left out there.
    beside = [*small_corpus, replace(cases[0], id="x", urgency=Urgency.NONE, at_risk="")]
    steps: list[str] = []
    found = audit_labels([path], beside=beside, settings=Settings(folds=2), progress=steps.append)
    assert (found.cases, found.beside) == (41, len(beside) - 1)
    suspects = [f for f in found.findings if f.suspect.field == "urgency"]
    assert len({f.id for f in suspects[:10]} & wrong) >= 5
    assert all(a.suspect.gap >= b.suspect.gap for a, b in pairwise(suspects))
    (conflict,) = (f for f in found.findings if f.suspect.field == "copy")
    assert (conflict.id, conflict.row) == (cases[20].id, 21)
    assert conflict.suspect.why == "copy is the same text"
    assert all(not f.snippet for f in found.findings)
    assert steps[0] == "looking for copies"


def test_a_model_at_hand_judges_at_once_and_words_are_masked(flipped, model, tmp_path):
    cases, wrong = flipped
    named = [replace(c, text=f"My name is Rakesh, call 98XXXXXX12. {c.text}") for c in cases]
    path = write_labelled(tmp_path / "own.jsonl", named)
    found = audit_labels([path], model=model, with_text=True)
    assert found.beside == 0
    assert len({f.id for f in found.findings[:10]} & wrong) >= 4
    assert all(f.file == str(path) and named[f.row - 1].id == f.id for f in found.findings)
    words = [f.snippet for f in found.findings]
    assert all(words)
    assert any("[name]" in line for line in words)
    assert not any("Rakesh" in line or "98XX" in line for line in words)
    assert max(map(len, words)) < 200
    assert "[name]" not in repr(found)


def test_a_desks_own_table_is_audited_too(flipped, model, tmp_path):
    cases, _ = flipped
    path = tmp_path / "desk.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(["No", "Complaint Details", "category", "Risk"])
        out.writerows([c.id, c.text, c.category.shown, int(c.urgency)] for c in cases)
    columns = {"id": "No", "text": "Complaint Details", "urgency": "Risk"}
    found = audit_labels([path], columns=columns, model=model)
    ids = [c.id for c in cases]
    assert found.findings
    assert all(ids[f.row - 1] == f.id for f in found.findings)


def test_without_cleanlab_no_work_is_begun(flipped, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    path = write_labelled(tmp_path / "own.jsonl", flipped[0])
    steps: list[str] = []
    with pytest.raises(ConfigError, match="cleanlab"):
        audit_labels([path], progress=steps.append)
    assert not steps


def test_a_small_file_gets_company_and_a_large_one_where_it_lacks_a_level(
    small_corpus, monkeypatch
):
    beside = small_corpus[:1500]
    assert len(labelling._choose_company(small_corpus[-20:], beside, Settings())) == 1500
    monkeypatch.setattr(labelling, "ENOUGH", 1000)
    assert not labelling._choose_company(small_corpus, beside, Settings())
    calm = [c for c in small_corpus if c.urgency < 4]
    assert len(calm) > 1000
    assert labelling._choose_company(calm, small_corpus, Settings())


def test_rows_are_named_in_folders(flipped, model, tmp_path):
    cases, _ = flipped
    write_labelled(tmp_path / "b.jsonl", cases[:35])
    write_labelled(tmp_path / "a.jsonl", cases[35:])
    (tmp_path / "empty.jsonl").write_text("")
    found = audit_labels([tmp_path], model=model)
    rows = {c.id: i + 1 if i < 35 else i - 34 for i, c in enumerate(cases)}
    assert found.findings
    assert all(f.row == rows[f.id] for f in found.findings)


@pytest.fixture(scope="session")
def stream(corpus, small_corpus):
    """A thousand complaints as at a desk: three in a hundred high risk, none seen by the model."""
    seen = {c.scenario for c in small_corpus}
    whole = [c for c in corpus if c.scenario not in seen and not c.phenomenon]
    high = [c for c in whole if c.urgency >= 2]
    calm = [c for c in whole if c.urgency < 2]
    random = np.random.default_rng(7)
    cases = [high[i] for i in random.choice(len(high), 30, replace=False)]
    cases += [calm[i] for i in random.choice(len(calm), 970, replace=False)]
    return [cases[i] for i in random.permutation(1000)]


def unlabelled(cases):
    return [Complaint(id=c.id, text=c.text) for c in cases]


def test_the_choice_holds_several_times_the_rare_levels(stream, model):
    chosen = choose_next(unlabelled(stream), model, count=60)
    assert len({c.index for c in chosen}) == 60
    high = sum(stream[c.index].urgency >= 2 for c in chosen)
    assert high >= 4 * 60 * 0.03  # sixty at random hold about two
    assert sum(c.reason == NET_REASON for c in chosen) >= 20
    assert {c.reason.split()[0] for c in chosen} == {"holds", "risk", "between"}
    assert chosen == choose_next(unlabelled(stream), model, count=60)


def test_copies_and_unreadable_rows_are_not_chosen(stream, model):
    some = unlabelled(stream[:12])
    rows = [*some, *some, Complaint(id="x", text=" "), Complaint(id="y", text="a", problem="torn")]
    chosen = choose_next(rows, model, count=24)
    assert len(chosen) <= 12
    assert len({c.index % 12 for c in chosen}) == len(chosen)
    assert max(c.index for c in chosen) < 24
    with pytest.raises(DataError, match="none of the complaints has a text"):
        choose_next(rows[-2:], model)


def test_spreading_out_takes_what_weighs_most_and_is_unlike_the_rest():
    vectors = sparse.csr_matrix(
        np.array([[1, 0, 0], [1, 0, 0], [0.8, 0.6, 0], [0, 1, 0], [0, 0, 1]], dtype=float)
    )
    weights = np.array([1.0, 0.99, 0.9, 0.5, 0.0])
    # 1 is a copy of 0; 3 beats 2, which is heavier but near 0; 4 weighs nothing.
    assert spread_out(weights, vectors, count=5) == [0, 3, 2]
    assert spread_out(weights, vectors, count=1) == [0]
    assert spread_out(weights, vectors, count=5, taken=[0]) == [3, 2]
    assert spread_out(np.zeros(5), vectors, count=2) == []


def test_the_sheet_is_filled_in_and_read_as_labels(stream, model, write_csv, tmp_path):
    lines = [f'{c.id},"{c.text.replace(chr(34), "")}"' for c in stream[:40]]
    path = write_csv("id,text\n" + "\n".join(lines) + "\nempty,\n")
    sheet = tmp_path / "to_label.jsonl"
    found = choose_cases(path, model, count=9, sheet=sheet, with_text=True)
    assert found.unreadable == 1
    rows = [json.loads(line) for line in sheet.read_text("utf-8").splitlines()]
    places = [c.id for c in stream[:40]]
    assert [places.index(row["id"]) for row in rows] == sorted(c.index for c in found.chosen)
    assert all(row["category"] == row["urgency"] == "" for row in rows)
    assert not any("reason" in row or "why" in row for row in rows)  # it would lead the labeller
    for row in rows:
        row |= {"category": "sextortion", "urgency": 0, "death_reported": False, "minor": False}
        row["language"] = row["language"] or "en"
    filled = tmp_path / "filled.jsonl"
    filled.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert len(read_corpus([filled])) == 9


def test_a_sheet_never_replaces_anything(stream, model, write_csv):
    path = write_csv("id,text\n1,some words about a fraud\n")
    with pytest.raises(OutputExistsError):
        choose_cases(path, model, count=1, sheet=path)
    with pytest.raises(DataError, match="input and output at once"):
        choose_cases(path, model, count=1, sheet=path, force=True)


def test_files_without_a_common_id(flipped, tmp_path):
    cases, _ = flipped
    first = write_labelled(tmp_path / "a.jsonl", cases[:3])
    second = write_labelled(tmp_path / "b.jsonl", cases[3:6])
    with pytest.raises(DataError, match="share no id"):
        compare_files(first, second)


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("audit")(commands.audit)
    app.command("next")(commands.next_cases)
    app.command("agree")(agreement.agree)

    def run(*arguments):
        done = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    return run


def test_the_audit_command(run, flipped, model_folder, tmp_path):
    cases, _ = flipped
    cases = [replace(c, text=f"{SECRET} {c.text}") for c in cases]
    path, output = write_labelled(tmp_path / "own.jsonl", cases), tmp_path / "suspects.csv"
    shown = run("audit", path, "--model", model_folder, "-n", 3, "--output", output)
    with output.open(encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    assert f"{len(rows) - 3} more" in shown
    assert rows[0]["id"] in shown
    assert "words" not in rows[0]
    assert SECRET not in shown + output.read_text("utf-8")
    found = json.loads(run("audit", path, "--model", model_folder, "--json", "--with-text"))
    assert [row["id"] for row in found["findings"]] == [row["id"] for row in rows]
    assert all(row["words"] for row in found["findings"])


def test_the_next_command(run, stream, model_folder, write_jsonl, tmp_path):
    rows = [{"id": c.id, "text": f"{SECRET} {c.text}"} for c in stream[:30]]
    path, sheet = write_jsonl(rows), tmp_path / "sheet.csv"
    shown = run("next", path, "-n", 6, "--model", model_folder, "--output", sheet)
    with sheet.open(encoding="utf-8-sig") as handle:
        header, *written = csv.reader(handle)
    assert header[:3] == ["id", "language", "category"]
    assert len(written) == 6
    assert all(row[0] in shown for row in written)
    assert SECRET not in shown + sheet.read_text("utf-8")
    assert "6 of 6" not in shown
    shown = run(
        "next", path, "-n", 40, "--model", model_folder, "-o", sheet, "--force", "--with-text"
    )
    assert " of 40: the rest" in shown
    assert SECRET in sheet.read_text("utf-8")


def test_the_agree_command(run, flipped, tmp_path):
    cases, _ = flipped
    first = write_labelled(tmp_path / "a.jsonl", cases)
    others = [replace(cases[0], urgency=Urgency.NONE, at_risk=AtRisk.NOBODY), *cases[1:-1]]
    second = write_labelled(tmp_path / "b.jsonl", others[::-1])
    shown = run("agree", first, second)
    assert "urgency 3 intent / 0 none" in shown
    assert f"only in {first}: 1 ({cases[-1].id})" in shown.replace("\n", "")
    assert "almost perfect" in shown
    found = json.loads(run("agree", first, second, "--json"))
    assert found["differences"][0]["id"] == cases[0].id
    assert found["groups"]["all"]["urgency"]["same"]["value"] == pytest.approx(38 / 39)
    assert "They differ nowhere" in run("agree", first, first)
