import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import triage.trials
from triage.cli import tune
from triage.config import Settings, load_settings, parse_settings
from triage.errors import ConfigError, DataError, OutputExistsError
from triage.evaluation.metrics import Measure
from triage.evaluation.scorecard import Scores
from triage.search_plan import MEASURES, Choice, SearchPlan, Span, load_plan, parse_plan
from triage.training import train_model
from triage.trials import TrialResult, prepare_bench, score_measures
from triage.tuning import Searched, search_settings, take_stories, write_settings

ROOT = Path(__file__).resolve().parents[2]
PLAN = SearchPlan(
    start=Settings(folds=2),
    space={"head_c": Span(0.03, 3.0, log=True), "text_words": Choice((1, 2, 3))},
    weights={"average_precision": 1.0, "too_low": 1.0},
)
ANY = {"objective": {"measure": "kappa"}}


@pytest.fixture(scope="module")
def few(small_corpus):
    """Some hundred stories: a trial takes about a second."""
    return take_stories(small_corpus, count=300, seed=1)


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path}/new/tuning.db"


@pytest.fixture
def quick(monkeypatch):
    """Trials that cost nothing: their score depends on the settings alone."""

    class Bench:
        def __init__(self, plan):
            self.plan = plan

        def try_settings(self, settings, *, number, workers=1):
            value = settings.head_c / (1 + settings.head_c)
            measure = Measure(value, value - 0.1, value + 0.1, 50)
            scores = dict.fromkeys((*MEASURES, "recall"), measure)
            return TrialResult(number, settings, value, {"all": scores}, 0.5)

    monkeypatch.setattr("triage.tuning.prepare_bench", lambda complaints, plan: Bench(plan))
    return Bench


def test_a_search_tries_the_default_first_and_measures_as_training_does(few, storage, tmp_path):
    heard = []
    found = search_settings(few, PLAN, trials=2, name="a", storage=storage, on_trial=heard.append)
    assert found.trials == tuple(heard)
    assert [trial.number for trial in heard] == [0, 1]
    assert found.start.settings == PLAN.start
    assert found.best.score == max(trial.score for trial in heard)
    assert found.gain == found.best.score - found.start.score >= 0
    for trial in heard:
        assert set(trial.measures) == {"all", "en", "hinglish", "hi", "mr"}
        assert trial.measures["all"]["average_precision"].value > 0.3
        assert trial.seconds > 0
    trained = train_model(few, PLAN.start, output=tmp_path / "model")
    for name, measure in found.start.measures["all"].items():
        assert measure == getattr(trained.scorecard.overall, name)


def test_one_reading_serves_every_share_of_noisy_copies(few, monkeypatch):
    handed = []

    def note_batch(batch, complaints, cues, settings, *, copies, workers):
        handed.append((batch, copies))
        raise InterruptedError

    monkeypatch.setattr("triage.trials.fit", note_batch)
    lower = replace(PLAN.start, noisy_share=0.2)
    shared = prepare_bench(few, replace(PLAN, space={"noisy_share": Span(0.0, 0.4)}))
    alone = prepare_bench(few, SearchPlan(lower, {}, PLAN.weights))
    for bench in (shared, alone):
        with pytest.raises(InterruptedError):
            bench.try_settings(lower, number=0)
    (one, copies), (other, same_copies) = handed
    assert len(shared.copy_readings) > len(copies) > 0
    assert copies == same_copies
    assert len(one.readings) == len(other.readings) == len(few) + len(copies)
    for ours, theirs in zip(one.readings, other.readings, strict=True):
        assert (ours.source, ours.keys.tolist()) == (theirs.source, theirs.keys.tolist())
    assert other.key_strings.items() <= one.key_strings.items()


def test_a_bench_shows_no_text(few):
    bench = prepare_bench(few[:20], PLAN)
    shown = repr(bench)
    assert "key_strings" not in shown
    assert not any(complaint.text in shown for complaint in few[:20])


def test_the_same_seed_gives_the_same_trials(few, quick, storage):
    def settings(name, seed, trials=14):
        plan = replace(PLAN, start=replace(PLAN.start, seed=seed))
        found = search_settings(few, plan, trials=trials, name=name, storage=storage)
        return [replace(trial.settings, seed=0) for trial in found.trials]

    assert settings("a", 7) == settings("b", 7)
    assert settings("c", 8)[1:] != settings("a", 7)[1:]
    assert len({trial.head_c for trial in settings("a", 7)}) == 14


def test_a_search_in_pieces_gives_what_one_in_one_go_gives(few, quick, storage):
    whole = search_settings(few, PLAN, trials=14, name="whole", storage=storage)
    for trials in (1, 5, 12):
        search_settings(few, PLAN, trials=trials, name="pieces", storage=storage)
    earlier, new = [], []
    pieces = search_settings(
        few,
        PLAN,
        trials=14,
        name="pieces",
        storage=storage,
        on_earlier=earlier.append,
        on_trial=new.append,
    )
    assert (len(earlier), len(new)) == (12, 2)
    assert pieces == whole
    assert search_settings(few, PLAN, trials=3, name="pieces", storage=storage) == whole


def test_an_interrupted_trial_is_tried_again(few, quick, storage, monkeypatch):
    whole = search_settings(few, PLAN, trials=4, name="whole", storage=storage)
    calm = quick.try_settings

    def interrupt(self, settings, *, number, workers=1):
        if number == 2:
            raise KeyboardInterrupt
        return calm(self, settings, number=number, workers=workers)

    monkeypatch.setattr(quick, "try_settings", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search_settings(few, PLAN, trials=4, name="stopped", storage=storage)
    assert _states(storage, "stopped") == ["COMPLETE", "COMPLETE", "FAIL"]
    monkeypatch.setattr(quick, "try_settings", calm)
    assert search_settings(few, PLAN, trials=4, name="stopped", storage=storage) == whole


def test_what_a_killed_process_left_running_is_marked_failed(few, quick, storage):
    import optuna

    search_settings(few, PLAN, trials=2, name="killed", storage=storage)
    database = optuna.storages.RDBStorage(storage)
    optuna.load_study(study_name="killed", storage=database).ask()
    database.remove_session()
    database.engine.dispose()
    assert _states(storage, "killed") == ["COMPLETE", "COMPLETE", "RUNNING"]
    found = search_settings(few, PLAN, trials=3, name="killed", storage=storage)
    assert _states(storage, "killed") == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
    assert found == search_settings(few, PLAN, trials=3, name="calm", storage=storage)


def test_two_processes_do_not_spoil_each_other(few, quick, storage, monkeypatch):
    calm = quick.try_settings

    def be_overtaken(self, settings, *, number, workers=1):
        monkeypatch.setattr(quick, "try_settings", calm)
        search_settings(few, PLAN, trials=2, name="two", storage=storage)
        return calm(self, settings, number=number)

    monkeypatch.setattr(quick, "try_settings", be_overtaken)
    with pytest.raises(ConfigError, match="another process took over"):
        search_settings(few, PLAN, trials=2, name="two", storage=storage)
    assert _states(storage, "two") == ["FAIL", "COMPLETE", "COMPLETE"]


def _states(storage, name):
    import optuna

    database = optuna.storages.RDBStorage(storage)
    study = optuna.load_study(study_name=name, storage=database)
    states = [trial.state.name for trial in study.trials]
    database.remove_session()
    database.engine.dispose()
    return states


def test_other_trials_are_not_mixed_in(few, quick, storage):
    search_settings(few, PLAN, trials=1, name="one", storage=storage)
    others = [
        (few[:-1], PLAN, "complaints"),
        (few, replace(PLAN, start=Settings(folds=3)), "settings"),
        (few, replace(PLAN, space={"head_c": Span(0.1, 3.0)}), "search"),
        (few, replace(PLAN, weights={"kappa": 1.0}), "objective"),
    ]
    for complaints, plan, part in others:
        with pytest.raises(ConfigError, match=f"'one' was begun with other {part}, .*--name"):
            search_settings(complaints, plan, trials=1, name="one", storage=storage)


def test_a_database_that_cannot_be_used(few, tmp_path):
    (tmp_path / "text.db").write_text("this is no database, but long enough to look like one" * 9)
    for address in (
        "nothing",
        f"sqlite:///{tmp_path}/text.db",
        f"sqlite:///{tmp_path}/text.db/below.db",
        "nosuchdialect://someone:a-password@host/db",
    ):
        with pytest.raises(ConfigError, match="database of trials cannot be used") as caught:
            search_settings(few, PLAN, trials=1, name="x", storage=address)
        assert "a-password" not in str(caught.value)


def test_without_optuna(few, storage, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install 'triage\[science\]'"):
        search_settings(few, PLAN, trials=1, name="x", storage=storage)


def test_optuna_is_left_as_talkative_as_it_was(few, quick, storage, capfd):
    import optuna

    before = optuna.logging.get_verbosity()
    search_settings(few, PLAN, trials=2, name="x", storage=storage)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_stories_are_taken_whole_and_by_seed(small_corpus):
    taken = take_stories(small_corpus, count=50, seed=3)
    stories = {c.scenario for c in taken}
    assert len(stories) == 50
    assert taken == [c for c in small_corpus if c.scenario in stories]
    assert taken == take_stories(small_corpus, count=50, seed=3)
    assert taken != take_stories(small_corpus, count=50, seed=4)
    assert take_stories(small_corpus, count=10**6, seed=3) == small_corpus


def test_scores_weigh_measures_and_turn_round_those_of_which_less_is_better():
    measures = {
        "kappa": Measure(0.8, 0.7, 0.9, 9),
        "risk_error": Measure(0.1, 0, 0.2, 9),
        "pairs": Measure(float("nan"), 0, 0, 0),
    }
    assert score_measures(measures, {"kappa": 1.0, "risk_error": 3.0}) == pytest.approx(0.875)
    with pytest.raises(DataError, match="objective takes pairs"):
        score_measures(measures, {"kappa": 1.0, "pairs": 1.0})


def test_every_measure_of_the_scorecard_is_known():
    assert {*MEASURES, "recall"} == {f.name for f in fields(Scores)}
    assert triage.trials.ALL == "all"


def test_written_settings_train_again(tmp_path):
    settings = Settings(text_c=1e-6, head_c=0.123, text_words=3)
    (tmp_path / "best.toml").write_text(write_settings(settings))
    assert load_settings(tmp_path / "best.toml") == settings


def test_the_example_plan_is_a_plan():
    plan = load_plan(ROOT / "experiments" / "tune_example.toml")
    assert plan.space["text_words"] == Choice((1, 2, 3))
    assert plan.space["text_c"] == Span(0.1, 10.0, log=True)
    assert plan.weights == {"average_precision": 1.0, "category_f1": 1.0}


def test_a_plan_keeps_each_settings_kind():
    search = {
        "text_c": {"low": 1, "high": 3},
        "head_c": {"choices": [1, 0.3]},
        "text_words": {"low": 1, "high": 3},
    }
    plan = parse_plan({"search": search, "objective": {"weights": {"kappa": 2}}}, where="here")
    assert repr(plan.space["text_c"]) == "Span(low=1.0, high=3.0, log=False)"
    assert repr(plan.space["head_c"]) == "Choice(values=(1.0, 0.3))"
    assert repr(plan.space["text_words"]) == "Span(low=1, high=3, log=False)"
    assert plan.weights == {"kappa": 2.0}


@pytest.mark.parametrize(
    ("name", "entry", "problem"),
    [
        ("speed", {"low": 1, "high": 2}, "there is no such setting"),
        ("folds", {"low": 2, "high": 5}, "cannot be searched: trials measured differently"),
        ("recall_floor", {"low": 0.9, "high": 0.95}, "cannot be searched: it is what the desk"),
        ("text_c", 3.0, r"expected \{low"),
        ("text_c", {"low": 0.1}, r"expected \{low"),
        ("text_c", {"low": 0.1, "high": 2, "step": 1}, r"expected \{low"),
        ("text_c", {"low": 0.1, "high": 2, "choices": [1, 2]}, r"expected \{low"),
        ("text_c", {"low": 2.0, "high": 0.5}, "low is 2 and high 0.5"),
        ("text_c", {"low": 1.0, "high": 1.0}, "low is 1 and high 1"),
        ("text_c", {"low": 0, "high": 2}, "low: text_c is 0, expected a number from 1e-06"),
        ("text_c", {"low": "a", "high": 2}, "low: text_c is 'a'"),
        ("text_c", {"low": 0.1, "high": float("inf")}, "high: text_c is inf"),
        ("text_c", {"low": 0.1, "high": 2, "log": 1}, "log is 1, expected true or false"),
        ("text_c", {"low": 2, "high": 3}, "leaves out the default 1.0"),
        ("cue_weight", {"low": 0, "high": 1, "log": True}, "expected more than 0 with log"),
        ("text_words", {"low": 1.0, "high": 3}, "low: text_words is 1.0, expected a whole number"),
        ("text_words", {"choices": [1, 3]}, "leaves out the default 2"),
        ("text_words", {"choices": [2]}, "two choices or more"),
        ("text_words", {"choices": [1, 2, 2]}, "a choice stands twice"),
        ("text_words", {"choices": [2, [3]]}, r"choices: text_words is \[3\]"),
        ("text_words", {"choices": [2, 9]}, "choices: text_words is 9, expected"),
    ],
)
def test_a_search_that_cannot_be(name, entry, problem):
    with pytest.raises(ConfigError, match=rf"here, \[search\] {name}.*{problem}") as caught:
        parse_plan({"search": {name: entry}, **ANY}, where="here")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("objective", "problem"),
    [
        ({}, r"table \[objective\] is missing"),
        ({"measure": "beauty"}, "there is no measure 'beauty'; expected average_precision,"),
        ({"measure": "recall"}, "recall cannot be aimed at.*recall_floor"),
        ({"measure": "kappa", "weights": {"kappa": 1}}, "one of both"),
        ({"weights": {}}, "expected weights such as"),
        ({"weights": {"kappa": 0}}, "weight of kappa is 0, expected more than 0"),
        ({"weights": {"kappa": True}}, "weight of kappa is True"),
        ({"weights": {"kappa": float("nan")}}, "weight of kappa is nan"),
    ],
)
def test_an_objective_that_cannot_be(objective, problem):
    search = {"text_words": {"choices": [1, 2]}}
    with pytest.raises(ConfigError, match=problem) as caught:
        parse_plan({"search": search, "objective": objective}, where="here")
    assert len(caught.value.problems) == 1


def test_all_problems_of_a_plan_at_once(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        "model = {folds = 1, head_c = 2.0}\nother = 1\n"
        "[search]\nhead_c = {low = 0.1, high = 3}\nspeed = 1\n[objective]\nmeasure = 'x'\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_plan(path)
    assert [p.removeprefix(str(path)) for p in caught.value.problems] == [
        ": there is no table [other]",
        ", [model]: folds is 1, expected a whole number from 2 to 20",
        ", [search] head_c: stands in [model] too; leave it in one",
        ", [search] speed: there is no such setting",
        ", [objective]: there is no measure 'x'; expected " + ", ".join(MEASURES),
    ]
    with pytest.raises(ConfigError, match="cannot be read"):
        load_plan(tmp_path / "nowhere.toml")
    path.write_text("[search")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        load_plan(path)
    with pytest.raises(ConfigError, match="search is a single value, expected a table"):
        parse_plan({"search": 3, **ANY}, where="here")


@pytest.fixture
def run(few, quick, tmp_path, monkeypatch):
    import typer

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("triage.corpus.read_corpus", lambda paths, **_: few)
    (tmp_path / "wide.toml").write_text(
        "[model]\nfolds = 2\n[search]\nhead_c = {low = 0.03, high = 3.0, log = true}\n"
        "[objective]\nmeasure = 'precision'\n"
    )
    app = typer.Typer()
    app.command("tune")(tune.tune)

    def call(*arguments):
        return CliRunner().invoke(app, ["--config", "wide.toml", "--no-track", *arguments])

    return call


def test_the_command_prints_the_best_settings_alone(run, tmp_path):
    done = run("--trials", "5")
    assert done.exit_code == 0
    assert (tmp_path / "experiments" / "tuning.db").is_file()
    best = tomllib.loads(done.stdout)
    assert parse_settings(best["model"], where="here").head_c > 0.3
    assert "The best of 5 looks better than it is" in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("     ")]
    assert [line.split()[0] for line in lines] == ["0", "1", "2", "3", "4"]
    assert [line.endswith("the start") for line in lines] == [True, *[False] * 4]


def test_the_command_says_where_nothing_is_better(run):
    done = run("--trials", "1")
    assert "# Nothing was tried but the default settings, with the [model]" in done.stdout


def test_the_command_writes_the_best_settings(run, tmp_path):
    output = tmp_path / "best.toml"
    done = run("--trials", "4", "--output", str(output), "--name", "mine")
    assert done.stdout == f"The settings: {output}\n"
    assert load_settings(output).folds == 2
    assert "Search 'mine'" in output.read_text()
    assert isinstance(run("--trials", "4", "--output", str(output)).exception, OutputExistsError)
    assert run("--trials", "4", "--output", str(output), "--force").exit_code == 0
    assert isinstance(run("--output", str(tmp_path / "no" / "x")).exception, DataError)
    assert isinstance(run("--output", str(tmp_path), "--force").exception, DataError)


def test_the_command_tells_how_to_go_on(run, quick, monkeypatch):
    def interrupt(self, settings, *, number, workers=1):
        raise KeyboardInterrupt

    monkeypatch.setattr(quick, "try_settings", interrupt)
    done = run("--trials", "4")
    assert done.exit_code == 130
    assert "the same command goes on from there" in done.stderr


def test_a_subset_that_is_too_small(run):
    done = run("--subset", "3")
    assert isinstance(done.exception, DataError)
    assert "--subset" in str(done.exception)


def test_the_result_of_a_search_knows_the_first_of_equals():
    trials = tuple(TrialResult(n, Settings(), 0.5, {}, 1.0) for n in range(3))
    found = Searched(trials)
    assert found.best is found.start is trials[0]
    assert found.gain == 0
