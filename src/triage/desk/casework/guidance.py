"""What to do next on a case: steps in their order, by rules that the desk edits.

The steps, with the words for the officer and the words to be read to the complainant, stand in
``guidance.toml``. Law is pointed to, never advised on.

Source: docs/helplines.md; POCSO Act s.19; Information Technology Act s.66E-67B; BNS s.108 and s.308.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from triage.errors import ConfigError
from triage.labels import LANGUAGES, AtRisk, Category, Priority, Urgency
from triage.records import Assessment
from triage.rule_files import read_entries

TO_DO_LANGUAGES = ("en", "hi")
"""Languages of the officer."""

_FLAGS = ("high_risk", "minor", "death_reported", "money_recent", "deadline", "unreadable")
_LISTS: dict[str, Collection[str]] = {
    "priority": tuple(Priority),
    "category": tuple(Category),
    "at_risk": tuple(AtRisk),
}
_KNOWN = frozenset(("id", "when", "to_do", "say", "law", "phone", "link", "clock_min", "source"))
_FOR_MINORS = {"stopncii.org": False, "takeitdown.ncmec.org": True}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the steps of a case are chosen by: the labels that hold now.

    :param unreadable: the program could not read the text, and no person has said what it tells.
    :param arrived_at: when clocks began to run.
    """

    category: Category
    priority: Priority
    urgency: Urgency
    high_risk: bool
    at_risk: AtRisk
    minor: bool
    death_reported: bool
    money_recent: bool
    deadline: bool
    unreadable: bool
    arrived_at: datetime

    @classmethod
    def of(cls, found: Assessment, *, arrived_at: datetime) -> "CaseFacts":
        """Give what a model alone says of a complaint."""
        own = {each.name for each in fields(cls)} - {"arrived_at"}
        return cls(**{name: getattr(found, name) for name in own}, arrived_at=arrived_at)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    :param to_do: for the officer, by language (``en``, ``hi``).
    :param say: to be read to the complainant, by language (``labels.LANGUAGES``); empty where
        nothing is to be said.
    :param phone: a helpline's number.
    :param link: a site to show.
    :param law: sections to look at, in English; ``law_hi`` the same in Hindi.
    :param until: the latest time, where a clock runs.
    :param source: what the step rests on.
    """

    id: str
    to_do: dict[str, str]
    say: dict[str, str]
    phone: str | None
    link: str | None
    law: str | None
    law_hi: str | None
    until: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What must all hold of a case."""

    urgency_at_least: int
    lists: tuple[tuple[str, frozenset[str]], ...]
    flags: tuple[tuple[str, bool], ...]

    def holds(self, facts: CaseFacts) -> bool:
        """Say whether all of it does."""
        return (
            facts.urgency >= self.urgency_at_least
            and all(getattr(facts, name) in wanted for name, wanted in self.lists)
            and all(getattr(facts, name) is wanted for name, wanted in self.flags)
        )


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps in their order, each with its conditions and the minutes of its clock."""

    entries: tuple[tuple[Step, tuple[Condition, ...], int | None], ...]

    def find_steps(self, facts: CaseFacts) -> list[Step]:
        """Give the steps of a case, in the order in which they are done."""
        return [
            _start_clock(step, minutes, facts.arrived_at)
            for step, conditions, minutes in self.entries
            if any(condition.holds(facts) for condition in conditions)
        ]


def find_steps(facts: CaseFacts) -> list[Step]:
    """Give the steps of a case by the shipped file, in the order in which they are done."""
    return load_guide().find_steps(facts)


def load_guide(path: Path | None = None) -> Guide:
    """Read a file of steps.

    :param path: the desk's own file; None takes the shipped one.
    :raises ConfigError: with every problem of the file.
    """
    return _shipped_guide() if path is None else _parse_guide(path, str(path))


@cache
def _shipped_guide() -> Guide:
    return _parse_guide(
        resources.files("triage.desk.casework").joinpath("guidance.toml"), "guidance.toml"
    )


def _start_clock(step: Step, minutes: int | None, arrived_at: datetime) -> Step:
    if minutes is None:
        return step
    return replace(step, until=arrived_at + timedelta(minutes=minutes))


def _parse_guide(file: Traversable, where: str) -> Guide:
    entries = read_entries(file, kind="guidance", where=where, table="step")
    problems: list[str] = []
    if not entries:
        raise ConfigError([f"guidance {where}: has no [[step]]"])
    ids = [entry.get("id") for entry in entries]
    for number, entry in enumerate(entries, start=1):
        place = f"guidance {where}, step {number}"
        if not isinstance(entry.get("id"), str) or ids.count(entry["id"]) > 1:
            problems.append(f"{place}: needs an id of its own")
        problems += [f"{place}: {problem}" for problem in _check_step(entry)]
    if problems:
        raise ConfigError(problems)
    return Guide(tuple(_build_entry(entry) for entry in entries))


def _check_step(entry: dict[str, Any]) -> Iterable[str]:
    unknown = sorted(set(entry) - _KNOWN)
    if unknown:
        yield f"does not know {', '.join(unknown)}"
    for name, languages, needed in (
        ("to_do", TO_DO_LANGUAGES, True),
        ("say", LANGUAGES, False),
        ("law", TO_DO_LANGUAGES, False),
    ):
        if (needed or name in entry) and not _is_said(entry.get(name), languages):
            yield f"{name} has to be said in {', '.join(languages)}, and in no other language"
    for name in ("phone", "link", "source"):
        if (name == "source" or name in entry) and not _is_text(entry.get(name)):
            yield f"{name} is missing or no text"
    minutes = entry.get("clock_min", 1)
    if not _is_whole(minutes) or minutes < 1:
        yield f"clock_min is {minutes!r}, expected whole minutes from 1"
    conditions = entry.get("when")
    if not isinstance(conditions, list) or not conditions:
        yield "when is missing, expected a list of conditions"
        return
    for condition in conditions:
        if not isinstance(condition, dict):
            yield f"when holds {condition!r}, expected conditions in braces"
            continue
        yield from _check_condition(condition)
        wanted = _FOR_MINORS.get(str(entry.get("link", "")).lower())
        if wanted is not None and condition.get("minor") is not wanted:
            yield f"{entry['link']} may only be shown where minor = {str(wanted).lower()}"


def _check_condition(condition: dict[str, Any]) -> Iterable[str]:
    unknown = sorted(set(condition) - {*_LISTS, *_FLAGS, "urgency_at_least"})
    if unknown:
        yield f"when does not know {', '.join(unknown)}"
    level = condition.get("urgency_at_least", 0)
    if not _is_whole(level) or not 0 <= level <= max(Urgency):
        yield f"urgency_at_least is {level!r}, expected 0 to 4"
    for name in _FLAGS:
        if not isinstance(condition.get(name, False), bool):
            yield f"{name} is {condition[name]!r}, expected true or false"
    for name, known in _LISTS.items():
        given = condition.get(name)
        is_list = isinstance(given, list) and bool(given)
        if name in condition and not (is_list and all(value in known for value in given or ())):
            yield f"{name} is {given!r}, expected a list of {[str(value) for value in known]}"


def _is_said(texts: object, languages: tuple[str, ...]) -> bool:
    return (
        isinstance(texts, dict)
        and set(texts) == {*languages}
        and all(map(_is_text, texts.values()))
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _build_entry(entry: dict[str, Any]) -> tuple[Step, tuple[Condition, ...], int | None]:
    law = entry.get("law", {})
    step = Step(
        id=entry["id"],
        to_do=entry["to_do"],
        say=entry.get("say", {}),
        phone=entry.get("phone"),
        link=entry.get("link"),
        law=law.get("en"),
        law_hi=law.get("hi"),
        until=None,
        source=entry["source"],
    )
    return step, tuple(map(_build_condition, entry["when"])), entry.get("clock_min")


def _build_condition(entry: dict[str, Any]) -> Condition:
    # What was not read says nothing: its labels are fallbacks.
    flags = {"unreadable": False} | {name: entry[name] for name in _FLAGS if name in entry}
    return Condition(
        urgency_at_least=entry.get("urgency_at_least", 0),
        lists=tuple((name, frozenset(entry[name])) for name in _LISTS if name in entry),
        flags=tuple(flags.items()),
    )
