"""Use case: a search over settings; labelled complaints and a plan in, trials and the best out.

Each trial is a whole cross-validation by story, measured as training measures. Trials are kept in
a database, so a search that was stopped goes on, and comes out as if it had never been stopped.

Source: tree-structured Parzen estimators, Bergstra et al. (2011); Optuna, Akiba et al. (2019).
"""

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage import __version__
from triage.config import Settings
from triage.corpus import hash_corpus
from triage.errors import ConfigError, MissingLibraryError
from triage.evaluation.metrics import Measure
from triage.records import LabelledComplaint
from triage.search_plan import Choice, SearchPlan, Span
from triage.training import check_enough
from triage.trials import Bench, TrialResult, prepare_bench

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

Progress = Callable[[str], None]
Hear = Callable[[TrialResult], None]
DEFAULT_STORAGE = "sqlite:///experiments/tuning.db"


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search gives: its trials, in order, also those of earlier runs."""

    trials: tuple[TrialResult, ...]

    @property
    def best(self) -> TrialResult:
        """The trial with the highest score; of equal ones the first."""
        return max(self.trials, key=lambda trial: trial.score)

    @property
    def start(self) -> TrialResult:
        """The trial of the default settings."""
        return self.trials[0]

    @property
    def gain(self) -> float:
        """By how much the best beats the default settings, 0 or more."""
        return self.best.score - self.start.score


def search_settings(
    complaints: Sequence[LabelledComplaint],
    plan: SearchPlan,
    *,
    trials: int,
    name: str,
    storage: str = DEFAULT_STORAGE,
    workers: int = 1,
    progress: Progress = lambda step: None,
    on_earlier: Hear = lambda trial: None,
    on_trial: Hear = lambda trial: None,
) -> Searched:
    """Search for good settings, or go on with a search that was stopped.

    :param trials: how many there shall be in all, with those of earlier runs; 1 or more.
    :param name: of the search. One process at a time may work on it.
    :param storage: address of the database that keeps the trials; made where it is not there.
    :param workers: processes; changes nothing in the result.
    :param progress: called with a plain line before each step.
    :param on_earlier: called first, with each trial of an earlier run.
    :param on_trial: called with each new trial as soon as it is finished and kept.
    :raises ConfigError: where optuna is missing, the database cannot be used, or a search of this
        name was made with something else.
    :raises DataError: where there are too few complaints of some label, or none for a measure.
    """
    check_enough(complaints, plan.start)
    with _open_study(storage, name) as study:
        _check_same(study, name, _describe(complaints, plan))
        results = [_unpack(number, trial) for number, trial in enumerate(_take_stock(study))]
        for result in results:
            on_earlier(result)
        if len(results) < trials:
            progress(f"reading {len(complaints):,} complaints, once for all trials")
            bench = prepare_bench(complaints, plan)
            progress("trying settings; each trial is shown when it is finished")
        while len(results) < trials:
            results.append(_run_trial(study, bench, number=len(results), workers=workers))
            on_trial(results[-1])
    return Searched(tuple(results))


def take_stories(
    complaints: Sequence[LabelledComplaint], *, count: int, seed: int
) -> list[LabelledComplaint]:
    """Take the complaints of some stories, drawn by chance; all where there are no more.

    :param count: stories to take, 1 or more.
    :param seed: the same seed gives the same stories.
    """
    stories = sorted({complaint.scenario for complaint in complaints})
    chosen = set(random.Random(seed).sample(stories, min(count, len(stories))))
    return [complaint for complaint in complaints if complaint.scenario in chosen]


def write_settings(settings: Settings) -> str:
    """Write settings as the TOML that ``triage train --config`` takes.

    >>> write_settings(Settings()).splitlines()[:2]
    ['[model]', 'text_c = 1.0']
    """
    return "\n".join(["[model]", *(f"{k} = {v!r}" for k, v in asdict(settings).items()), ""])


def _run_trial(study: "Study", bench: Bench, *, number: int, workers: int) -> TrialResult:
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState

    plan = bench.plan
    # A seed for each trial, not one for all: a search that goes on would else draw the numbers of
    # its beginning once more.
    study.sampler = TPESampler(seed=plan.start.seed + number)
    if number == 0 and not study.get_trials(states=(TrialState.WAITING,)):
        study.enqueue_trial({setting: getattr(plan.start, setting) for setting in plan.space})
    trial = study.ask({setting: _distribution(of) for setting, of in plan.space.items()})
    try:
        settings = _choose_settings(trial.params, plan)
        result = bench.try_settings(settings, number=number, workers=workers)
        if study.get_trials(deepcopy=False)[trial.number].state is not TrialState.RUNNING:
            raise ConfigError(
                ["another process took over this search; let one at a time work on it"]
            )
        for key, value in _pack(result).items():
            trial.set_user_attr(key, value)
        study.tell(trial, result.score)
    except BaseException:  # also Ctrl-C: what was not finished is tried again
        study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        raise
    return result


def _distribution(searched: Span | Choice) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(searched, Choice):
        return CategoricalDistribution(searched.values)
    low, high = searched.low, searched.high
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=searched.log)
    return FloatDistribution(low, high, log=searched.log)


def _choose_settings(drawn: dict[str, Any], plan: SearchPlan) -> Settings:
    """Make settings of what was drawn, with three digits: more mean nothing and are hard to read."""
    values = dict(drawn)
    for name, searched in plan.space.items():
        if isinstance(searched, Span) and isinstance(drawn[name], float):
            values[name] = min(max(float(f"{drawn[name]:.3g}"), searched.low), searched.high)
    return replace(plan.start, **values)


def _pack(result: TrialResult) -> dict[str, Any]:
    """Lay out a result as the database keeps it; ``_unpack`` is the way back."""
    measures = {
        group: {name: astuple(measure) for name, measure in scores.items()}
        for group, scores in result.measures.items()
    }
    settings = asdict(result.settings)
    return {"settings": settings, "measures": measures, "seconds": result.seconds}


def _unpack(number: int, trial: "FrozenTrial") -> TrialResult:
    kept = trial.user_attrs
    measures = {
        group: {name: Measure(*numbers) for name, numbers in scores.items()}
        for group, scores in kept["measures"].items()
    }
    assert trial.value is not None
    return TrialResult(number, Settings(**kept["settings"]), trial.value, measures, kept["seconds"])


def _take_stock(study: "Study") -> "list[FrozenTrial]":
    """Give the finished trials, and mark as failed what was begun and never finished."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _describe(complaints: Sequence[LabelledComplaint], plan: SearchPlan) -> dict[str, Any]:
    """Give all that must be the same for trials to be comparable, as JSON would give it back."""
    lexicon = hashlib.sha256()
    for path in sorted(Path(str(resources.files("triage.text.lexicon"))).glob("*.t*")):
        lexicon.update(path.read_bytes())
    parts = {
        "complaints": hash_corpus(complaints),
        "lexicon": lexicon.hexdigest(),
        "settings": asdict(plan.start),
        "search": {setting: asdict(of) for setting, of in plan.space.items()},
        "objective": plan.weights,
        "version of triage": __version__,
    }
    return dict(json.loads(json.dumps(parts)))


def _check_same(study: "Study", name: str, description: dict[str, Any]) -> None:
    """Refuse to mix trials of different searches; describe a new one.

    :raises ConfigError: naming what differs.
    """
    kept = study.user_attrs.get("made_of")
    if kept is None and not study.get_trials(deepcopy=False):
        study.set_user_attr("made_of", description)
        return
    other = [part for part, value in description.items() if (kept or {}).get(part) != value]
    if other:
        raise ConfigError(
            [
                f"the search {name!r} was begun with other {', other '.join(other)}, so its trials"
                " cannot be compared with new ones; begin a new search with another --name"
            ]
        )


@contextmanager
def _open_study(storage: str, name: str) -> "Iterator[Study]":
    """Open a study, and close its database in the end.

    :raises ConfigError: where optuna is missing or the database cannot be used.
    """
    try:
        import optuna
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        raise MissingLibraryError("a search over settings", "optuna") from None
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    database = None
    try:
        database = _open_database(storage)
        yield optuna.create_study(
            storage=database, study_name=name, direction="maximize", load_if_exists=True
        )
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise _unusable(error) from None
    finally:
        optuna.logging.set_verbosity(before)
        if database is not None:
            database.remove_session()
            database.engine.dispose()


def _open_database(storage: str) -> "RDBStorage":
    """Open the database of trials; make it, and the folder of a file, where they are not there."""
    from optuna.storages import RDBStorage
    from sqlalchemy.engine import make_url

    try:
        url = make_url(storage)
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        return RDBStorage(storage)
    except (ImportError, OSError, RuntimeError, ValueError) as error:  # driver, folder, version
        raise _unusable(error) from None


def _unusable(error: Exception) -> ConfigError:
    """Say that the database cannot be used, without its address, which may hold a password."""
    return ConfigError(
        [
            f"the database of trials cannot be used ({type(error).__name__}); expected an address"
            f" that can be written to, such as {DEFAULT_STORAGE}"
        ]
    )
