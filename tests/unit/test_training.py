from dataclasses import replace

import numpy as np
import pytest

from triage.config import Settings
from triage.corpus import read_corpus
from triage.default_model import (
    build_default_model,
    default_folder,
    is_current,
    load_model,
    shipped_corpus,
)
from triage.errors import DataError
from triage.evaluating import evaluate_model
from triage.evaluation.metrics import (
    average_precision,
    bootstrapped,
    calibration_error,
    proportion,
    weighted_kappa,
)
from triage.labels import Urgency
from triage.model.thresholds import choose_operating_point
from triage.persistence import read_manifest
from triage.training import check_enough, train_model


def test_the_same_data_give_the_same_model(small_corpus, model_folder, tmp_path):
    train_model(small_corpus, Settings(folds=3), output=tmp_path / "again", name="small", workers=2)
    assert read_manifest(tmp_path / "again").files == read_manifest(model_folder).files


def test_too_little_to_train_on(small_corpus):
    with pytest.raises(DataError, match="urgency 4 or more: 0"):
        check_enough([c for c in small_corpus if c.urgency < 4], Settings())
    calm = [replace(c, urgency=Urgency.NONE) for c in small_corpus]
    with pytest.raises(DataError, match="too few"):
        check_enough(calm, Settings())
    with pytest.raises(DataError, match="tell 1 stories"):
        check_enough([replace(c, scenario="one") for c in small_corpus], Settings())


def test_the_operating_point_keeps_the_recall():
    random = np.random.default_rng(0)
    truth = random.random(500) < 0.3
    risk = np.clip(truth * 0.4 + random.random(500) * 0.6, 0, 1)
    floor = np.where(random.random(500) < 0.02, 3, 0)
    point = choose_operating_point(risk, truth, floor, recall_floor=0.97)
    marked = (risk >= point.threshold) | (floor >= 2)
    assert (marked & truth).sum() / truth.sum() >= 0.97
    assert point.recall == pytest.approx((marked & truth).sum() / truth.sum())
    assert point.threshold <= 0.5


def test_no_operating_point_without_high_risk():
    nothing = np.zeros(5, dtype=bool)
    with pytest.raises(ValueError, match="no complaint is high risk"):
        choose_operating_point(np.zeros(5), nothing, np.zeros(5, dtype=np.int64), recall_floor=0.9)


def test_evaluating_a_file(model, write_jsonl, small_corpus):
    rows = [
        {"id": c.id, "text": c.text, "language": c.language, "category": str(c.category),
         "urgency": int(c.urgency), "at_risk": str(c.at_risk), "scenario": c.scenario,
         "phenomenon": c.phenomenon}
        for c in small_corpus
    ]  # fmt: skip
    scorecard = evaluate_model(model, read_corpus([write_jsonl(rows)])).scorecard
    assert scorecard.overall.recall.value > 0.9  # it was trained on these very texts
    assert set(scorecard.languages) == {"en", "hinglish", "hi", "mr"}
    assert scorecard.phenomena


def test_measures_of_nothing():
    assert np.isnan(proportion(0, 0).value)
    assert np.isnan(bootstrapped(lambda i: 1.0, 0).value)
    assert np.isnan(bootstrapped(lambda i: float("nan"), 3).low)
    assert np.isnan(weighted_kappa(np.array([0, 0]), np.array([0, 0])))
    assert np.isnan(average_precision(np.array([False]), np.array([0.3])))
    assert np.isnan(calibration_error(np.array([], dtype=bool), np.array([])))


def test_calibration_error_is_the_gap():
    assert calibration_error(
        np.array([True] * 8 + [False] * 2), np.full(10, 0.55)
    ) == pytest.approx(0.25)


def test_the_default_model_is_trained_once(monkeypatch, tmp_path, small_corpus):
    built = []

    def build(folder, *, progress, workers=1):
        built.append(folder)
        progress("training")
        train_model(small_corpus, Settings(folds=3), output=folder)

    monkeypatch.setattr("triage.default_model._checkout", lambda: tmp_path / "nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("triage.default_model.build_default_model", build)
    monkeypatch.setattr("triage.default_model.Settings", lambda: Settings(folds=3))
    monkeypatch.setattr("triage.default_model.read_corpus", lambda paths: small_corpus)
    assert default_folder().is_relative_to(tmp_path / "cache")
    assert not is_current(default_folder())
    load_model()
    load_model()
    assert built == [default_folder()]
    (default_folder() / "manifest.json").write_text("{}")
    assert not is_current(default_folder())


def test_the_default_model_comes_from_the_shipped_corpus(monkeypatch, tmp_path, small_corpus):
    assert shipped_corpus().is_dir()
    monkeypatch.setattr("triage.default_model.read_corpus", lambda paths: small_corpus)
    monkeypatch.setattr("triage.default_model.Settings", lambda: Settings(folds=2))
    build_default_model(tmp_path / "m", progress=lambda step: None, workers=1)
    assert read_manifest(tmp_path / "m").complaints == len(small_corpus)
