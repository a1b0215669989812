"""Gates, promotion and the way back, on a store and a champion's place of their own."""

import shutil
from dataclasses import replace

import pytest

from triage import default_model, gates, promotion
from triage.errors import ConfigError, DataError, ModelError, TrackingError
from triage.gates import Gates, check_gates, find_rival, load_gates
from triage.persistence import short_hash
from triage.promotion import promote, restore_previous
from triage.tracking.mlflow_store import open_tracker
from triage.tracking.registry import list_runs

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow's own libraries

EASY = Gates(recall_at_least=0.1, size_mb_at_most=500)
HARD = Gates(recall_at_least=0.1, size_mb_at_most=0.001)


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def champion(tmp_path, monkeypatch):
    place = tmp_path / "models" / "champion"
    for module in (default_model, gates, promotion):
        monkeypatch.setattr(module, "champion_folder", lambda: place)
    monkeypatch.setattr(gates, "is_current", lambda folder: False)
    return place


@pytest.fixture(scope="module")
def labelled(small_corpus):
    return [c for c in small_corpus if not c.phenomenon][::8]


def test_the_shipped_gates_are_read():
    assert load_gates(None).recall_at_least == 0.9
    assert load_gates(None).recall_not_below_champion is True


def test_every_problem_of_gates_is_told(tmp_path):
    path = tmp_path / "gates.toml"
    path.write_text('[gates]\nrecall_at_least = "much"\nspeed = 3\n')
    with pytest.raises(ConfigError) as told:
        load_gates(path)
    assert len(told.value.problems) == 2
    path.write_text("[gates")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_gates(path)


def test_a_model_that_passes_is_used(model_folder, labelled, store, champion):
    done = promote(str(model_folder), labelled, EASY, uri=store)
    assert done.promoted
    assert done.version == 1
    assert short_hash(champion) == short_hash(model_folder)
    assert default_model.find_model() == champion
    assert default_model.load_model().name == "small"
    assert [run.champion for run in list_runs(store)] == [True]


def test_a_model_that_fails_is_not(model_folder, labelled, store, champion):
    done = promote(str(model_folder), labelled, HARD, uri=store)
    assert not done.promoted
    assert [r.gate for r in done.results if not r.passed] == ["size of the model"]
    assert not champion.exists()


def test_force_needs_a_reason_that_is_kept(model_folder, labelled, store, champion):
    done = promote(str(model_folder), labelled, HARD, uri=store, force="disk was enlarged")
    assert done.promoted
    from triage.tracking.mlflow_store import connect

    with connect(store) as (client, _):
        version = client.get_model_version_by_alias("triage", "champion")
    assert version.tags["reason"] == "forced past size of the model: disk was enlarged"


def test_one_command_goes_back(model_folder, labelled, store, champion, tmp_path):
    with open_tracker(store, note=pytest.fail).start("first") as first:
        first.log_model(model_folder)
    promote(first.id, labelled, EASY, uri=store)
    second = shutil.copytree(model_folder, tmp_path / "second")
    manifest = second / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"name": "small"', '"name": "second"'))
    promote(str(second), labelled, EASY, uri=store)
    assert default_model.load_model().name == "second"
    assert restore_previous(store) == "small"
    assert default_model.load_model().name == "small"
    assert [run.id for run in list_runs(store) if run.champion] == [first.id]


def test_back_from_the_first_is_the_default_model(model_folder, labelled, store, champion):
    with pytest.raises(TrackingError, match="no model was promoted"):
        restore_previous(store)
    promote(str(model_folder), labelled, EASY, uri=store)
    assert restore_previous(store) == "default"
    assert not champion.exists()
    assert not any(run.champion for run in list_runs(store))


def test_a_full_disk_changes_nothing(model_folder, labelled, store, champion, monkeypatch):
    promote(str(model_folder), labelled, EASY, uri=store)
    in_use = champion.resolve()

    def fail(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    other = shutil.copytree(model_folder, in_use.parent / "other")
    (other / "manifest.json").write_text((other / "manifest.json").read_text() + "\n")
    monkeypatch.setattr(promotion.shutil, "copytree", fail)
    with pytest.raises(DataError, match="No space left"):
        promotion.put_into_use(other, champion)
    assert champion.resolve() == in_use
    assert default_model.load_model().name == "small"


def test_a_champion_that_cannot_be_loaded_fails_the_gate_and_names_the_way_out(
    model_folder, labelled, store, champion
):
    promote(str(model_folder), labelled, EASY, uri=store)
    manifest = champion / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format_version": ', '"format_version": 9'))
    with pytest.raises(ModelError, match="--model default"):
        default_model.load_model()
    done = promote(str(model_folder), labelled, EASY, uri=store)
    assert not done.promoted
    assert "cannot be loaded" in done.results[-1].measured
    assert promote(str(model_folder), labelled, EASY, uri=store, force="new lexicon").promoted


def test_an_unknown_run_is_named(labelled, store, champion):
    with pytest.raises(TrackingError, match="no run 'nobody'"):
        promote("nobody", labelled, EASY, uri=store)


def test_the_model_in_use_is_the_rival(model_folder, champion):
    assert find_rival(model_folder) is None
    champion.mkdir(parents=True)
    assert find_rival(model_folder) == champion


def test_recall_and_speed_are_held_beside_the_rival(model_folder, labelled):
    asked = replace(load_gates(None), recall_at_least=None, times_slower_at_most=50)
    results = check_gates(model_folder, labelled, asked, rival=model_folder)
    beside = [r for r in results if "beside the model in use" in r.gate]
    assert len(beside) == 4
    assert all(r.passed for r in beside)
    assert any(r.gate == "speed" and r.passed for r in results)
