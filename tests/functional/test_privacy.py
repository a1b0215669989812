"""No victim's words leak: planted secrets are in no store, artifact, log, traceback or model."""

import json
import logging
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from triage.config import Settings
from triage.labels import AtRisk, Category, Urgency
from triage.records import LabelledComplaint
from triage.retraining import retrain
from triage.tracking.mlflow_store import open_tracker

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow's own libraries

SYLLABLES = "zab vuq kreth moxi dulpa fyng ghoz tirv sneb plaxu orqi wemth".split()


def plant_secrets(count: int) -> list[dict[str, str]]:
    """Make up names, phones, UPI ids, Aadhaar-shaped numbers and words that nobody else writes."""
    draw = random.Random(5)

    def word() -> str:
        return "".join(draw.choices(SYLLABLES, k=3))

    return [
        {
            "name": f"{word().title()} {word().title()}",
            "phone": f"00000{draw.randrange(10**5):05}",
            "upi": f"{word()}@examplebank",
            "aadhaar": f"0000 {draw.randrange(10**4):04} {draw.randrange(10**4):04}",
            "sentence": f"{word()} {word()} {word()} {word()}",
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def secrets():
    return plant_secrets(1000)


@pytest.fixture(scope="module")
def cases(small_corpus, secrets):
    """A thousand complaints with one secret of each kind in each."""
    rows = [c for c in small_corpus if not c.phenomenon]
    planted = []
    for i, secret in enumerate(secrets):
        like = rows[i % len(rows)]
        kept = (
            "my name is {name}, number {phone}, upi {upi}, aadhaar {aadhaar}. {sentence}. ".format(
                **secret
            )
        )
        planted.append(
            LabelledComplaint(
                id=f"case-{i}",
                text=kept + like.text,
                language=like.language,
                category=like.category,
                urgency=like.urgency,
                at_risk=like.at_risk,
                death_reported=like.death_reported,
                minor=like.minor,
                scenario=f"case-{i}",
                batch="cases",
                evidence=like.evidence,
            )
        )
    return planted


@pytest.fixture(scope="module")
def find_leaks(secrets):
    """Give a function that finds planted words and numbers in bytes, however they are glued."""
    numbers = {s["phone"] for s in secrets} | {s["aadhaar"].replace(" ", "") for s in secrets}
    made_up = re.compile(f"(?:{'|'.join(SYLLABLES)}){{3}}".encode(), re.IGNORECASE)
    numbered = re.compile(rb"0000[ -]?\d{4}[ -]?\d{4}|00000\d{5}")

    def find(content: bytes) -> set[str]:
        found = {match.group().decode() for match in made_up.finditer(content)}
        digits = {m.group().decode().replace(" ", "") for m in numbered.finditer(content)}
        return found | (digits & numbers)

    return find


def test_the_search_finds_what_is_planted(secrets, find_leaks):
    for secret in secrets[:20]:
        for kind, planted in secret.items():
            assert find_leaks(f"xx{planted}yy".encode()), kind


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder; skops archives are opened."""
    import zipfile

    out = {}
    for path in folder.rglob("*"):
        if path.is_file():
            out[str(path)] = path.read_bytes()
            if path.suffix == ".skops":
                with zipfile.ZipFile(path) as archive:
                    out |= {f"{path}/{name}": archive.read(name) for name in archive.namelist()}
    return out


def test_nothing_of_a_complaint_is_kept(cases, find_leaks, tmp_path, caplog, capfd):
    uri = f"sqlite:///{tmp_path / 'store' / 'mlflow.db'}"
    steps: list[str] = []
    with caplog.at_level(logging.DEBUG):
        done = retrain(
            cases,
            Settings(folds=2),
            output=tmp_path / "model",
            name="planted",
            extend=False,
            tracker=open_tracker(uri, note=steps.append),
            progress=steps.append,
        )
    assert done.run
    kept = all_bytes(tmp_path)
    assert any(name.endswith("mlflow.db") for name in kept)
    assert (
        sum(name.endswith(".skops") for name in kept) == 6
    )  # the folder, and its copy in the store
    assert any(name.endswith(".svg") for name in kept)
    assert not {name: leaks for name, content in kept.items() if (leaks := find_leaks(content))}
    out, err = capfd.readouterr()
    said = "\n".join([*steps, *(r.getMessage() for r in caplog.records), out, err])
    assert not find_leaks(said.encode())


def test_provoked_failures_tell_nothing(secrets, find_leaks, tmp_path):
    rows = [
        {"text": secret["sentence"], "category": secret["name"], "urgency": secret["phone"]}
        for secret in secrets[:50]
    ]
    files = {
        "labels.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "broken.jsonl": "".join(json.dumps(row)[:-9] + "\n" for row in rows),
        "labels.csv": "text,category,urgency\n"
        + "".join(f"{r['text']},{r['category']},{r['urgency']}\n" for r in rows),
        "header.csv": f"{rows[0]['text']},{rows[0]['category']}\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
        for command in (
            ["train", name, "--no-track", "-o", "m"],
            ["evaluate", name],
            ["data", "check", name],
        ):
            done = subprocess.run(
                [sys.executable, "-m", "triage", *command],
                cwd=tmp_path,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 3, (name, command, done.stderr)
            assert not find_leaks(done.stdout + done.stderr), (name, command)


def test_records_show_no_text():
    secret = "Zabvuqkreth Moxidulpa"
    case = LabelledComplaint(
        id="1",
        text=secret,
        language="en",
        category=Category.OTHER_FRAUD,
        urgency=Urgency.NONE,
        at_risk=AtRisk.NOBODY,
        death_reported=False,
        minor=False,
        scenario="1",
        batch="",
        evidence=(secret,),
    )
    assert secret not in repr(case)
