"""What many tests share: a small model, trained once a session on a slice of the corpus."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from triage.config import Settings
from triage.corpus import read_corpus
from triage.records import LabelledComplaint
from triage.training import train_model

settings.register_profile("triage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("triage")

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "data" / "corpus"
DEVSET = ROOT / "data" / "devset"


@pytest.fixture(scope="session")
def corpus() -> list[LabelledComplaint]:
    return read_corpus([CORPUS])


@pytest.fixture(scope="session")
def small_corpus(corpus):
    """Every eighth story: enough of each label, quick to train on."""
    stories = sorted({c.scenario for c in corpus})[::8]
    chosen = set(stories)
    return [c for c in corpus if c.scenario in chosen]


@pytest.fixture(scope="session")
def model_folder(small_corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "small"
    train_model(small_corpus, Settings(folds=3), output=folder, name="small")
    return folder


@pytest.fixture(scope="session")
def model(model_folder):
    from triage import load_model

    return load_model(model_folder)


@pytest.fixture
def write_csv(tmp_path):
    def write(text: str, name: str = "in.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def write_jsonl(tmp_path):
    def write(rows, name: str = "in.jsonl") -> Path:
        path = tmp_path / name
        path.write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8"
        )
        return path

    return write
