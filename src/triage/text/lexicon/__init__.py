"""The cue lexicon and the context rules: TOML files that a clinician can read and correct.

Each ``[[cue]]`` is a group of phrases that mean the same; each ``[[context]]`` is a group of
phrases that change what a cue near them means. How to write one: ``docs/lexicon.md``.

A phrase is words with spaces between. ``(a|b c|)`` stands for each of its alternatives, the last
one here empty; ``{name}`` for each phrase of the set of that name; ``...`` for up to four words.
Spelling does not matter: words are compared by their spelling keys.
"""

import hashlib
import itertools
import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from triage.errors import ConfigError
from triage.text.spelling import spelling_key

FILES = ("en.toml", "hi.toml", "mr.toml", "crime.toml")
MAX_EXPANSIONS = 20_000
CUE_KINDS = ("risk", "mention", "distress", "farewell", "decoy", "death", "minor", "topic")
CONTEXT_KINDS = ("denied", "other", "offender", "taunt", "general", "past", "if", "now", "end")

READINGS = (*CONTEXT_KINDS, "idiom")
"""What a mention can be read as, beside what its words say."""

Run = tuple[str, ...]
"""Spelling keys of words that stand side by side."""

Pattern = tuple[Run, ...]
"""Between two runs there may stand up to ``MAX_GAP`` other words."""

MAX_GAP = 4


@dataclass(frozen=True, slots=True)
class Cue:
    """Phrases of one meaning.

    :param kind: one of ``CUE_KINDS``.
    :param level: urgency from 0 to 4 that the words alone support.
    :param sure: True where the asserted words alone settle the level, so it becomes a floor.
    :param reading: for a decoy, what it is instead: ``idiom``, or a kind of context such as
        ``denied``; else empty.
    """

    id: str
    kind: str
    level: int
    sure: bool
    meaning: str
    source: str
    example: str
    patterns: tuple[Pattern, ...]
    reading: str = ""


@dataclass(frozen=True, slots=True)
class ContextRule:
    """Phrases that change what a cue near them means.

    :param where: ``before`` or ``after`` the cue, or ``around`` for both.
    :param reach: words that may stand between, at most.
    """

    id: str
    kind: str
    where: str
    reach: int
    meaning: str
    example: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All cues and context rules of all languages."""

    cues: tuple[Cue, ...]
    rules: tuple[ContextRule, ...]

    def risk_words(self) -> frozenset[str]:
        """Keys of five letters and more that stand alone in mentions; typos are mended to these."""
        return frozenset(
            key
            for cue in self.cues
            if cue.kind in ("mention", "farewell")
            for pattern in cue.patterns
            for run in pattern
            if len(run) == 1
            for key in run
            if len(key) >= 5
        )

    def all_words(self) -> frozenset[str]:
        """Keys of every word of the lexicon; none of them is a typo."""
        patterns = [p for cue in self.cues for p in cue.patterns]
        patterns += [p for rule in self.rules for p in rule.patterns]
        return frozenset(key for pattern in patterns for run in pattern for key in run)


def hash_lexicon() -> str:
    """Give a hash of the lexicon's files, to tell a model made with another one."""
    folder = resources.files("triage.text.lexicon")
    digest = hashlib.sha256()
    for name in (*FILES, "spellings.toml", "common_words.txt", "classes.toml"):
        digest.update(folder.joinpath(name).read_bytes())
    return digest.hexdigest()


@cache
def load_lexicon() -> Lexicon:
    """Read the shipped lexicon.

    :raises ConfigError: with every problem of every file.
    """
    folder = resources.files("triage.text.lexicon")
    cues: list[Cue] = []
    rules: list[ContextRule] = []
    problems: list[str] = []
    for name in FILES:
        try:
            table = tomllib.loads(folder.joinpath(name).read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            problems.append(f"{name}: is not valid TOML ({error})")
            continue
        sets = table.get("sets", {})
        for entry in table.get("cue", []):
            with _Collect(problems, name, entry):
                cues.append(_build_cue(entry, sets))
        for entry in table.get("context", []):
            with _Collect(problems, name, entry):
                rules.append(_build_rule(entry, sets))
    ids = [cue.id for cue in cues] + [rule.id for rule in rules]
    problems += [f"id {i!r} stands twice" for i in sorted(set(ids)) if ids.count(i) > 1]
    if problems:
        raise ConfigError(problems)
    return Lexicon(tuple(cues), tuple(rules))


class _Collect:
    """Turn an entry's error into a line of the problem list."""

    def __init__(self, problems: list[str], name: str, entry: dict[str, object]) -> None:
        self.problems, self.where = problems, f"{name}, {entry.get('id', 'entry without id')}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, KeyError):
            self.problems.append(f"{self.where}: {error.args[0]!r} is missing")
        elif isinstance(error, ValueError):
            self.problems.append(f"{self.where}: {error}")
        return isinstance(error, KeyError | ValueError)


def _build_cue(entry: dict[str, object], sets: dict[str, list[str]]) -> Cue:
    kind, level = str(entry["kind"]), entry.get("level", 0)
    if kind not in CUE_KINDS:
        raise ValueError(f"kind {kind!r} is none of {', '.join(CUE_KINDS)}")
    if not isinstance(level, int) or not 0 <= level <= 4:
        raise ValueError(f"level {level!r} is not a whole number from 0 to 4")
    reading = str(entry.get("reading", "idiom" if kind == "decoy" else ""))
    if reading not in ("", *READINGS):
        raise ValueError(f"reading {reading!r} is none of {', '.join(READINGS)}")
    return Cue(
        id=str(entry["id"]),
        kind=kind,
        level=level,
        sure=bool(entry.get("sure", False)),
        meaning=str(entry["meaning"]),
        source=str(entry["source"]),
        example=str(entry["example"]),
        patterns=_build_patterns(entry["phrases"], sets),
        reading=reading,
    )


def _build_rule(entry: dict[str, object], sets: dict[str, list[str]]) -> ContextRule:
    kind, where = str(entry["kind"]), str(entry["where"])
    if kind not in CONTEXT_KINDS:
        raise ValueError(f"kind {kind!r} is none of {', '.join(CONTEXT_KINDS)}")
    if where not in ("before", "after", "around"):
        raise ValueError(f"where {where!r} is none of before, after, around")
    return ContextRule(
        id=str(entry["id"]),
        kind=kind,
        where=where,
        reach=int(str(entry.get("reach", 6))),
        meaning=str(entry["meaning"]),
        example=str(entry["example"]),
        patterns=_build_patterns(entry["phrases"], sets),
    )


def _build_patterns(phrases: object, sets: dict[str, list[str]]) -> tuple[Pattern, ...]:
    if not isinstance(phrases, list) or not phrases:
        raise ValueError("phrases must be a list with at least one phrase")
    patterns: dict[Pattern, None] = {}
    for phrase in phrases:
        for keys in expand_phrase(str(phrase), sets):
            runs = tuple(
                tuple(run) for gap, run in itertools.groupby(keys, "...".__eq__) if not gap
            )
            patterns[runs] = None
    return tuple(patterns)


def expand_phrase(phrase: str, sets: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """Write out the alternatives of a phrase as spelling keys, those spelt alike once.

    :raises ValueError: for an unknown set, a bracket left open, or too many alternatives.

    >>> expand_phrase("(jeene|jine) ka {mind}", {"mind": ["man", "mann", "dil"]})
    [('jine', 'ka', 'man'), ('jine', 'ka', 'dil')]
    """
    unknown = [name for name in re.findall(r"\{(\w+)\}", phrase) if name not in sets]
    if unknown:
        raise ValueError(f"no set is called {unknown[0]!r}")
    written = re.sub(r"\{(\w+)\}", lambda m: "(" + "|".join(sets[m.group(1)]) + ")", phrase)
    options, rest = _parse(written, 0)
    if rest != len(written):
        raise ValueError(f"a bracket is not closed or not opened in {phrase[:40]!r}")
    return [keys for keys in options if keys]


def _parse(phrase: str, i: int) -> tuple[list[tuple[str, ...]], int]:
    """Read alternatives up to a closing bracket; brackets may stand inside one another."""
    branches: list[tuple[str, ...]] = []
    sequence: list[list[tuple[str, ...]]] = []
    while i < len(phrase) and phrase[i] != ")":
        if phrase[i] == "(":
            inner, i = _parse(phrase, i + 1)
            if i >= len(phrase):
                raise ValueError(f"a bracket is not closed in {phrase[:40]!r}")
            sequence.append(inner)
            i += 1
        elif phrase[i] == "|":
            branches += _join(sequence)
            sequence = []
            i += 1
        else:
            plain = re.compile(r"[^()|]+").match(phrase, i)
            assert plain is not None
            sequence.append([tuple(map(_key, plain[0].split()))])
            i = plain.end()
    return list(dict.fromkeys(branches + _join(sequence))), i


def _key(word: str) -> str:
    """Give a word's key; the gap sign and masks such as ``<num>`` stand for themselves."""
    return word if word == "..." or word.startswith("<") else spelling_key(word)


def _join(sequence: list[list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    size = math.prod(len(options) for options in sequence)
    if size > MAX_EXPANSIONS:
        raise ValueError(f"{size} alternatives in one phrase, at most {MAX_EXPANSIONS}")
    joined = (tuple(itertools.chain(*parts)) for parts in itertools.product(*sequence))
    return list(dict.fromkeys(joined))
