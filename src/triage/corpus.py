"""Labelled complaints in, every problem of every row reported at once."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from triage.errors import DataError
from triage.labels import LANGUAGES, AtRisk, Category, Urgency
from triage.records import LabelledComplaint

_MOST_SHOWN = 20


def read_corpus(paths: Iterable[Path]) -> list[LabelledComplaint]:
    """Read labelled complaints from JSONL files, or from all such files below folders.

    :param paths: files or folders.
    :returns: complaints in the order of their files' names and rows.
    :raises DataError: where nothing is there, or with the problems of all rows.
    """
    files = [file for path in paths for file in _list_files(path)]
    problems: list[str] = []
    complaints: list[LabelledComplaint] = []
    for file in files:
        for number, line in enumerate(_read_lines(file), start=1):
            found = _parse_line(line, f"{file.stem}-{number:04}", problems, f"{file}, row {number}")
            if found is not None:
                complaints.append(found)
    ids = [complaint.id for complaint in complaints]
    if len(set(ids)) < len(ids):
        problems.append("some ids stand twice; every complaint needs its own")
    if problems:
        more = len(problems) - _MOST_SHOWN
        shown = problems[:_MOST_SHOWN] + ([f"and {more} more problems"] if more > 0 else [])
        raise DataError("\n".join(shown))
    if not complaints:
        raise DataError("no labelled complaint was found; expected JSONL files")
    return complaints


def _list_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.jsonl"))
    if not path.exists():
        raise DataError("no such file or folder; check the name", path=path)
    return [path]


def _read_lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise DataError("is not UTF-8; save it as UTF-8", path=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None


def _parse_line(
    line: str, fallback_id: str, problems: list[str], where: str
) -> LabelledComplaint | None:
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        problems.append(f"{where}: is not valid JSON")
        return None
    if not isinstance(row, dict):
        problems.append(f"{where}: is not a JSON object")
        return None
    found = check_labels(row)
    problems += [f"{where}: {problem}" for problem in found]
    if found:
        return None
    pair = str(row.get("pair") or "")
    return LabelledComplaint(
        id=str(row.get("id") or fallback_id),
        text=row["text"],
        language=row.get("language") or row["lang"],
        category=Category(row.get("category") or Category.OTHER_FRAUD),
        urgency=Urgency(row["urgency"]),
        at_risk=AtRisk(row.get("at_risk") or ""),
        death_reported=bool(row.get("death_reported", False)),
        minor=bool(row.get("minor", False)),
        scenario=str(row.get("scenario") or pair or row.get("id") or fallback_id),
        batch=str(row.get("batch") or ""),
        evidence=tuple(row.get("evidence") or ()),
        phenomenon=str(row.get("phenomenon") or ""),
    )


def check_labels(row: dict[str, Any]) -> list[str]:
    """Check one row against the label guide.

    A side of a minimal pair is labelled for urgency alone, so it may have no category.

    :returns: one plain line for each problem, never with the text.
    """
    problems: list[str] = []
    if not isinstance(row.get("text"), str) or not row["text"].strip():
        problems.append("text is missing")
    language = row.get("language") or row.get("lang")
    if language not in LANGUAGES:
        problems.append(f"language is {_show(language)}, expected one of {', '.join(LANGUAGES)}")
    category = row.get("category")
    if category not in tuple(Category) and not (category is None and row.get("phenomenon")):
        problems.append(f"category is {_show(category)}, expected one of {', '.join(Category)}")
    level = row.get("urgency")
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 4:
        problems.append(f"urgency is {_show(level)}, expected a whole number from 0 to 4")
        return problems
    at_risk = row.get("at_risk") or ""
    if at_risk not in tuple(AtRisk):
        problems.append(f"at_risk is {_show(at_risk)}, expected 'self', 'other' or nothing")
    elif bool(at_risk) != (level > 0):
        problems.append(
            f"at_risk is {_show(at_risk)} at urgency {level}; it is empty at 0 and only there"
        )
    for name in ("death_reported", "minor"):
        if not isinstance(row.get(name, False), bool):
            problems.append(f"{name} is {_show(row[name])}, expected true or false")
    return problems


def _show(value: object) -> str:
    """Show a wrong label, unless it looks like a complaint that slipped into its column."""
    shown = repr(value)
    return shown if len(shown) <= 24 and shown.count(" ") < 2 else "something long"


def hash_corpus(complaints: Sequence[LabelledComplaint]) -> str:
    """Give a hash of texts and labels, whatever files they came from."""
    digest = hashlib.sha256()
    for c in complaints:
        labels = (c.category, int(c.urgency), c.at_risk, c.death_reported, c.minor, c.scenario)
        digest.update(json.dumps([c.text, *labels], ensure_ascii=False).encode("utf-8", "replace"))
    return digest.hexdigest()
