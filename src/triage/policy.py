"""From what was found in a complaint to its place in the queue, by rules that the desk edits."""

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from triage.errors import ConfigError
from triage.labels import Category, Priority, Urgency
from triage.rule_files import read_entries

_FLAGS = (
    "unreadable",
    "high_risk",
    "death_reported",
    "minor",
    "deadline",
    "money_recent",
    "needs_review",
)
_KNOWN = {"priority", "reason", "reason_hi", "source", "category", "urgency_at_least", *_FLAGS}


@dataclass(frozen=True, slots=True)
class Findings:
    """What a complaint's priority is decided on.

    :param unreadable: the program could not read the text, so nothing else here means anything.
    :param deadline: the blackmailer's deadline is running.
    :param money_recent: money moved within about a day.
    """

    category: Category
    urgency: Urgency
    high_risk: bool
    death_reported: bool
    minor: bool
    deadline: bool
    money_recent: bool
    needs_review: bool
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy: conditions that must all hold, and what follows."""

    priority: Priority
    reason: str
    reason_hi: str
    urgency_at_least: int
    categories: frozenset[Category] | None
    flags: tuple[tuple[str, bool], ...]

    def holds(self, findings: Findings) -> bool:
        """Say whether every condition holds."""
        return (
            findings.urgency >= self.urgency_at_least
            and (self.categories is None or findings.category in self.categories)
            and all(getattr(findings, name) is wanted for name, wanted in self.flags)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in their order."""

    rules: tuple[Rule, ...]
    _decided: dict[Findings, tuple[Priority, tuple[Rule, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def decide(self, findings: Findings) -> tuple[Priority, tuple[Rule, ...]]:
        """Give the priority, and every rule that holds, most important first."""
        # Most complaints share a few dozen findings.
        decided = self._decided.get(findings)
        if decided is None:
            decided = self._decided[findings] = self._go_through(findings)
        return decided

    def _go_through(self, findings: Findings) -> tuple[Priority, tuple[Rule, ...]]:
        holding = tuple(rule for rule in self.rules if rule.holds(findings))
        spoken = tuple(
            rule for rule in holding if rule is holding[0] or rule.priority is not Priority.P4
        )
        return holding[0].priority, spoken


def load_policy(path: Path | None = None) -> Policy:
    """Read a policy file.

    :param path: the desk's own file; None takes the shipped one.
    :raises ConfigError: with every problem of the file.
    """
    return _shipped_policy() if path is None else _parse_policy(path, str(path))


@cache
def _shipped_policy() -> Policy:
    return _parse_policy(resources.files("triage").joinpath("policy.toml"), "policy.toml")


def _parse_policy(file: Traversable, where: str) -> Policy:
    entries = read_entries(file, kind="policy", where=where, table="rule")
    problems: list[str] = []
    rules = [_parse_rule(entry, f"policy {where}, rule {i}", problems)
             for i, entry in enumerate(entries, 1)]  # fmt: skip
    catches_all = {"priority", "reason", "reason_hi", "source"}
    if not entries or set(entries[-1]) - catches_all:
        problems.append(
            f"policy {where}: the last rule must have no condition, so that nobody is missed"
        )
    if problems:
        raise ConfigError(problems)
    return Policy(tuple(rule for rule in rules if rule is not None))


def _parse_rule(entry: dict[str, object], where: str, problems: list[str]) -> Rule | None:
    before = len(problems)
    unknown = sorted(set(entry) - _KNOWN)
    if unknown:
        problems.append(f"{where}: does not know {', '.join(unknown)}")
    priority, reason = entry.get("priority"), entry.get("reason")
    if priority not in tuple(Priority):
        problems.append(f"{where}: priority is {priority!r}, expected P1, P2, P3 or P4")
    if not isinstance(reason, str) or not reason:
        problems.append(f"{where}: reason is missing")
    level = entry.get("urgency_at_least", 0)
    if not isinstance(level, int) or not 0 <= level <= 4:
        problems.append(f"{where}: urgency_at_least is {level!r}, expected 0 to 4")
    categories = entry.get("category")
    listed = categories if isinstance(categories, list) else []
    if categories is not None and (not listed or set(listed) - set(Category)):
        problems.append(f"{where}: category is {categories!r}, expected a list of {[*Category]}")
    flags = tuple((name, entry[name]) for name in _FLAGS if name in entry)
    problems += [f"{where}: {name} is {value!r}, expected true or false"
                 for name, value in flags if not isinstance(value, bool)]  # fmt: skip
    if len(problems) > before:
        return None
    return Rule(
        priority=Priority(str(priority)),
        reason=str(reason),
        reason_hi=str(entry.get("reason_hi", reason)),
        urgency_at_least=int(str(level)),
        categories=frozenset(Category(c) for c in listed) if categories is not None else None,
        flags=tuple((name, bool(value)) for name, value in flags),
    )
