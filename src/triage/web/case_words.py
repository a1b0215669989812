"""What marks mean and what was changed, in the reader's language."""

from typing import Any, Final

from triage.desk.casework.cases import HistoryLine
from triage.desk.casework.marks import Mark
from triage.web import names
from triage.web.words import load_hindi, translate

STRONG: Final = 2

_TOLD: Final = ("category", "urgency", "priority", "outcome", "call")


def name_kind(mark: Mark) -> str:
    """Give the class by which a mark is drawn: ``strong``, ``some``, ``off`` or ``topic``."""
    if mark.level == 0 and mark.counts:
        return "topic"
    if not mark.counts:
        return "off"
    return "strong" if mark.level >= STRONG else "some"


def explain_mark(mark: Mark, language: str) -> list[str]:
    """Say what a mark means, in short sentences: level, what the words are, whose life, context."""

    def say(english: str, **values: object) -> str:
        return translate(english, language, **values)

    told = []
    if mark.level:
        name = say(names.URGENCIES[mark.level])
        told.append(say("Level {n}: {name}", n=mark.level, name=name))
    elif mark.counts:
        told.append(say("Tells what kind of case it is"))
    if mark.meaning and (language == "en" or mark.meaning in load_hindi()):
        told.append(say(mark.meaning))
    if not mark.counts:
        told.append(say("Does not count here"))
    told += [say(names.CONTEXTS[each]) for each in mark.context if each in names.CONTEXTS]
    if mark.level and mark.counts and "other" not in mark.context:
        told.append(say(names.WHOSE_LIFE[mark.whose]))
    return [each[:1].upper() + each[1:] for each in told]


def tell_changes(line: HistoryLine, language: str) -> list[str]:
    """Say what a step changed, such as ``category: Sextortion → Other fraud``."""
    told = []
    for column in _TOLD:
        if column not in line.change:
            continue
        before, after = (_name(column, value, language) for value in line.change[column])
        if column in ("call", "outcome") and after:
            told.append(after)
        elif before and after:
            field = translate(names.FIELDS[column], language)
            told.append(f"{field}: {before} → {after}")
    if line.kind == "handed_over":
        told += [
            f"→ {after}" for _, after in [line.change.get("claimed_by", (None, None))] if after
        ]
    return told


def _name(column: str, value: Any, language: str) -> str:
    """Name a value of a column."""
    if value is None:
        return ""
    if column == "urgency":
        return f"{value} {translate(names.URGENCIES[value], language)}"
    named: dict[str, str] = {
        "category": names.CATEGORIES,
        "outcome": names.OUTCOMES,
        "call": names.CALL_OUTCOMES,
    }.get(column, {})
    return translate(named.get(value, str(value)), language)
