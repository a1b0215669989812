"""The plan of a search over settings, from TOML to a frozen dataclass, all problems at once."""

import math
from dataclasses import dataclass, fields
from pathlib import Path

from triage.config import Settings, parse_settings
from triage.errors import ConfigError
from triage.toml_files import pick_table, read_tables

MEASURES = {
    "average_precision": True,
    "category_f1": True,
    "precision": True,
    "kappa": True,
    "pairs": True,
    "too_low": False,
    "category_error": False,
    "risk_error": False,
}
"""Measures of ``evaluation.scorecard.Scores`` that a search may aim at; True where more is better."""

_NO_AIM = {
    "recall": "in every trial the operating point holds it where recall_floor asks; take precision (what"
    " that recall costs) or average_precision",
}
_NOT_SEARCHED = {
    "folds": "trials measured differently cannot be compared; fix it in [model]",
    "seed": "trials measured differently cannot be compared; fix it in [model]",
    "recall_floor": "it is what the desk asks for, not what learns better; fix it in [model]",
    "review_below": "no measure depends on it; fix it in [model]",
}
_TABLES = ("model", "search", "objective")


@dataclass(frozen=True, slots=True)
class Span:
    """All values of a setting from one to another.

    :param low: the lowest; a whole number where the setting is one.
    :param high: the highest, above ``low``.
    :param log: whether to draw evenly by ratio rather than by distance; ``low`` is above 0 then.
    """

    low: float
    high: float
    log: bool = False

    def holds(self, value: float) -> bool:
        """Say whether a value lies in it."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Choice:
    """Some values of a setting, two or more, each once."""

    values: tuple[float, ...]

    def holds(self, value: float) -> bool:
        """Say whether a value is one of them."""
        return value in self.values


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What to search, and what for.

    :param start: the fixed settings, and defaults for all others: the settings of the first trial.
    :param space: what to search over, by the setting's name; ``start`` lies in it.
    :param weights: how much each measure counts, by its name in ``MEASURES``, above 0.
    """

    start: Settings
    space: dict[str, Span | Choice]
    weights: dict[str, float]


def load_plan(path: Path) -> SearchPlan:
    """Read a plan from a TOML file.

    :raises ConfigError: where the file cannot be read, or with every problem in it.
    """
    return parse_plan(read_tables(path, where=str(path)), where=str(path))


def parse_plan(tables: dict[str, object], *, where: str) -> SearchPlan:
    """Check the tables of a plan and make it of them.

    :param tables: ``model`` (fixed settings, may be missing), ``search`` and ``objective``.
    :param where: named in the problems.
    :raises ConfigError: with every problem.

    >>> tables = {"search": {"head_c": {"low": 0.1, "high": 1.0}}, "objective": {"measure": "kappa"}}
    >>> parse_plan(tables, where="here").space
    {'head_c': Span(low=0.1, high=1.0, log=False)}
    """
    problems = [f"{where}: there is no table [{t}]" for t in tables if t not in _TABLES]
    model = _table(tables, "model", where, problems, needed=False)
    search = _table(tables, "search", where, problems)
    objective = _table(tables, "objective", where, problems)
    start = Settings()
    try:
        start = parse_settings(model, where=f"{where}, [model]")
    except ConfigError as error:
        problems += error.problems
    space: dict[str, Span | Choice] = {}
    for name, entry in search.items():
        here = f"{where}, [search] {name}"
        problems += [f"{here}: stands in [model] too; leave it in one"] if name in model else []
        found = _parse_entry(name, entry, here, problems)
        if found is None:
            continue
        if name not in model and not found.holds(getattr(start, name)):
            problems.append(
                f"{here}: leaves out the default {getattr(start, name)}, which is always tried"
                " first; expected a range or choices that hold it"
            )
        space[name] = found
    weights = _parse_objective(objective, f"{where}, [objective]", problems)
    if problems:
        raise ConfigError(problems)
    return SearchPlan(start, space, weights)


def _table(
    tables: dict[str, object], name: str, where: str, problems: list[str], *, needed: bool = True
) -> dict[str, object]:
    try:
        table = pick_table(tables, name, where=where)
    except ConfigError as error:
        problems += error.problems
        return {}
    if needed and not table:
        problems.append(f"{where}: the table [{name}] is missing or empty")
    return table


def _parse_entry(name: str, entry: object, where: str, problems: list[str]) -> Span | Choice | None:
    """Make one line of [search] a span or a choice; None where that has a problem."""
    before = len(problems)
    if name not in {f.name for f in fields(Settings)}:
        problems.append(f"{where}: there is no such setting")
    elif name in _NOT_SEARCHED:
        problems.append(f"{where}: cannot be searched: {_NOT_SEARCHED[name]}")
    elif not isinstance(entry, dict) or not (
        {"low", "high"} <= set(entry) <= {"low", "high", "log"} or set(entry) == {"choices"}
    ):
        problems.append(
            f"{where}: expected {{low = ..., high = ...}}, with log = true where wanted, or"
            " {choices = [...]}"
        )
    elif "choices" in entry:
        return _parse_choices(name, entry["choices"], where, problems)
    else:
        low, high, log = entry["low"], entry["high"], entry.get("log", False)
        problems += _check_value(name, low, f"{where}, low")
        problems += _check_value(name, high, f"{where}, high")
        if not isinstance(log, bool):
            problems.append(f"{where}: log is {log!r}, expected true or false")
        if len(problems) == before and low >= high:
            problems.append(f"{where}: low is {low:g} and high {high:g}, expected low below high")
        if len(problems) == before and log and low <= 0:
            problems.append(f"{where}: low is {low:g}, expected more than 0 with log = true")
        if len(problems) == before:
            return Span(_as_setting(name, low), _as_setting(name, high), log)
    return None


def _parse_choices(name: str, values: object, where: str, problems: list[str]) -> Choice | None:
    if not isinstance(values, list) or len(values) < 2:
        problems.append(f"{where}: expected two choices or more")
        return None
    wrong = [p for value in values for p in _check_value(name, value, f"{where}, choices")]
    if not wrong and len(set(values)) < len(values):
        wrong = [f"{where}: a choice stands twice"]
    problems += wrong
    return None if wrong else Choice(tuple(_as_setting(name, value) for value in values))


def _check_value(name: str, value: object, where: str) -> list[str]:
    try:
        parse_settings({name: value}, where=where)
    except ConfigError as error:
        return error.problems
    return []


def _as_setting(name: str, value: float) -> float:
    """Give a number the setting's own kind: TOML writes 1 where 1.0 is meant."""
    return value if isinstance(getattr(Settings(), name), int) else float(value)


def _parse_objective(table: dict[str, object], where: str, problems: list[str]) -> dict[str, float]:
    if not table:
        return {}
    if set(table) not in ({"measure"}, {"weights"}):
        problems.append(f"{where}: expected measure = ... or weights = {{...}}, one of both")
        return {}
    given = table.get("weights", {str(table.get("measure")): 1.0})
    if not isinstance(given, dict) or not given:
        problems.append(f"{where}: expected weights such as {{average_precision = 1.0}}")
        return {}
    weights: dict[str, float] = {}
    for name, weight in given.items():
        if name in _NO_AIM:
            problems.append(f"{where}: {name} cannot be aimed at: {_NO_AIM[name]}")
        elif name not in MEASURES:
            problems.append(
                f"{where}: there is no measure {name!r}; expected {', '.join(MEASURES)}"
            )
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 < weight < math.inf:
            problems.append(f"{where}: the weight of {name} is {weight!r}, expected more than 0")
        else:
            weights[name] = float(weight)
    return weights
