import pytest

from triage import default_model
from triage.errors import ModelError, TrackingError
from triage.model_names import load_named_model
from triage.tracking.mlflow_store import open_tracker

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow's own libraries


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def test_a_folder(model_folder, store, tmp_path):
    assert load_named_model(str(model_folder), store=store).name == "small"
    with pytest.raises(ModelError, match="nowhere"):
        load_named_model(str(tmp_path / "nowhere"), store=store)
    assert not (tmp_path / "mlflow.db").exists()  # looking for a folder makes no store


def test_the_default_model_is_made_where_it_is_not_current(model_folder, store, monkeypatch):
    built: list[object] = []
    monkeypatch.setattr(default_model, "default_folder", lambda: model_folder)
    monkeypatch.setattr(default_model, "build_default_model", lambda f, **_: built.append(f))
    for current in (True, False):
        monkeypatch.setattr(default_model, "is_current", lambda folder, current=current: current)
        assert load_named_model("default", store=store).name == "small"
    assert built == [model_folder]


def test_the_champion(model_folder, store, monkeypatch, tmp_path):
    monkeypatch.setattr(default_model, "champion_folder", lambda: tmp_path / "none")
    with pytest.raises(ModelError, match="no model was promoted"):
        load_named_model("champion", store=store)
    monkeypatch.setattr(default_model, "champion_folder", lambda: model_folder)
    assert load_named_model("champion", store=store).name == "small"


def test_a_run(model_folder, store):
    with open_tracker(store, note=pytest.fail).start("kept") as run:
        run.log_model(model_folder)
    assert load_named_model("kept", store=store).name == "small"
    assert load_named_model(run.id[:8], store=store).name == "small"
    with pytest.raises(TrackingError, match="no run 'another'"):
        load_named_model("another", store=store)
