"""The gates: what a model has to show, beside the one in use, before it is put into use."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

from triage.default_model import champion_folder, default_folder, is_current
from triage.errors import ConfigError, ModelError
from triage.evaluating import judge
from triage.evaluation.comparison import compare_measure
from triage.evaluation.scorecard import Judged, Scorecard, score_cases
from triage.labels import LANGUAGE_TITLES
from triage.model.assessor import TriageModel
from triage.persistence import load_model_folder
from triage.records import LabelledComplaint
from triage.toml_files import pick_table, read_tables

Progress = Callable[[str], None]
_ROUNDS = 3
_BESIDE = "beside the model in use"


@dataclass(frozen=True, slots=True)
class Gates:
    """What a model has to show; None drops a gate. See ``gates.toml`` for what each means."""

    recall_at_least: float | None = None
    recall_not_below_champion: bool = False
    precision_at_least: float | None = None
    category_f1_at_least: float | None = None
    calibration_error_at_most: float | None = None
    size_mb_at_most: float | None = None
    times_slower_at_most: float | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate: what was asked, what was measured, in plain words."""

    gate: str
    passed: bool
    asked: str
    measured: str


def load_gates(path: Path | None) -> Gates:
    """Read gates from TOML; None takes the shipped ones.

    :raises ConfigError: with every problem of the file.
    """
    where = str(path or "gates.toml")
    file = path or resources.files("triage").joinpath("gates.toml")
    table = pick_table(read_tables(file, where=where), "gates", where=where)
    known = {field.name for field in fields(Gates)}
    problems = [f"{where}: there is no gate {name!r}" for name in sorted(set(table) - known)]
    for name in sorted(known & set(table)):
        wanted = bool if name == "recall_not_below_champion" else (int, float)
        value = table[name]
        if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            kind = "true or false" if wanted is bool else "a number"
            problems.append(f"{where}: {name} is {value!r}, expected {kind}")
    if problems:
        raise ConfigError(problems)
    return Gates(**table)


def find_rival(candidate: Path) -> Path | None:
    """Give the model in use: the champion, else the default one; None where there is none else."""
    there = ((champion_folder(), Path.is_dir), (default_folder(), is_current))
    return next(
        (
            rival
            for rival, is_there in there
            if rival.resolve() != candidate.resolve() and is_there(rival)
        ),
        None,
    )


def check_gates(
    candidate: Path,
    complaints: Sequence[LabelledComplaint],
    gates: Gates,
    *,
    rival: Path | None,
    progress: Progress = lambda step: None,
) -> list[GateResult]:
    """Measure a model and hold it against the gates.

    :param complaints: labelled complaints to measure on.
    :param rival: folder of the model in use; None where there is none.
    :raises ModelError: where a model cannot be used.
    """
    progress(f"measuring on {len(complaints):,} complaints")
    model = load_model_folder(candidate)
    cases = judge(model, complaints)
    results = [*_check_measures(score_cases(cases), gates), *_check_size(candidate, gates)]
    if rival is None:
        results.append(GateResult(_BESIDE, True, "not worse", "no model is in use yet"))
    else:
        progress("measuring the model in use beside it")
        try:
            in_use = load_model_folder(rival)
        except ModelError as error:
            return [*results, GateResult(_BESIDE, False, "not worse", f"cannot be loaded: {error}")]
        if gates.recall_not_below_champion:
            results += _check_recall(judge(in_use, complaints), cases)
        if gates.times_slower_at_most is not None:
            results.append(_check_speed(in_use, model, complaints, gates.times_slower_at_most))
    return results


def _check_measures(scorecard: Scorecard, gates: Gates) -> Iterator[GateResult]:
    overall = scorecard.overall
    if gates.recall_at_least is not None:
        for language, scores in scorecard.languages.items():
            recall = scores.recall
            if recall.count:
                name = f"recall in {LANGUAGE_TITLES[language]}"
                yield _at_least(name, recall.value, gates.recall_at_least)
    for name, value, least in (
        ("precision of high risk", overall.precision.value, gates.precision_at_least),
        ("macro-F1 of the category", overall.category_f1.value, gates.category_f1_at_least),
    ):
        if least is not None:
            yield _at_least(name, value, least)
    if gates.calibration_error_at_most is not None:
        error, most = overall.risk_error.value, gates.calibration_error_at_most
        yield GateResult(
            "calibration of the risk", error <= most, f"at most {most:g}", f"{error:.3f}"
        )


def _at_least(name: str, value: float, least: float) -> GateResult:
    return GateResult(name, value >= least, f"at least {least:g}", f"{value:.3f}")


def _check_recall(before: Sequence[Judged], after: Sequence[Judged]) -> Iterator[GateResult]:
    for language, title in LANGUAGE_TITLES.items():
        sides = [
            [c for c in cases if c.complaint.language == language] for cases in (before, after)
        ]
        found = compare_measure("recall", *sides)
        if found.cases:
            # Stricter than "beyond chance": some fifteen cases a language would hide five lost ones.
            lower = found.high < 0
            told = f"{found.a:.3f} -> {found.b:.3f} ({found.low:+.3f} to {found.high:+.3f})"
            name = f"recall in {title} beside the model in use"
            yield GateResult(name, not lower, "not lower beyond noise", told)


def _check_size(candidate: Path, gates: Gates) -> Iterator[GateResult]:
    if gates.size_mb_at_most is not None:
        size = sum(path.stat().st_size for path in candidate.iterdir()) / 1e6
        most = gates.size_mb_at_most
        yield GateResult(
            "size of the model", size <= most, f"at most {most:g} MB", f"{size:.0f} MB"
        )


def _check_speed(
    in_use: TriageModel, model: TriageModel, complaints: Sequence[LabelledComplaint], most: float
) -> GateResult:
    """Time both in turns on the same texts, for a machine is slower at one moment than at another."""
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for which, times in zip((in_use, model), spent, strict=True):
            start = time.perf_counter()
            judge(which, complaints)
            times.append(time.perf_counter() - start)
    ratio = min(spent[1]) / min(spent[0])
    asked = f"at most {most:g} times the time of the model in use"
    return GateResult("speed", ratio <= most, asked, f"{ratio:.2f} times")
