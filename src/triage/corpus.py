"""Labelled complaints in, every problem of every row reported at once."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from triage.errors import DataError
from triage.files.kinds import ENDINGS
from triage.files.lines import Note
from triage.files.rows import Row, is_missing
from triage.labelled_rows import fold_columns, is_plain, read_labelled_rows
from triage.labels import LANGUAGES, AtRisk, Category, Urgency
from triage.records import LabelledComplaint

_MOST_SHOWN = 20
_PHENOMENON = re.compile("[a-z][a-z_]{0,39}")
_OWN_ENDING = ".jsonl"


def read_corpus(
    paths: Iterable[Path],
    *,
    columns: Mapping[str, str] | None = None,
    note: Note = lambda line: None,
) -> list[LabelledComplaint]:
    """Read labelled complaints from JSONL, CSV, XLSX and Parquet files, or from folders of them.

    JSONL is our own form and held to the letter of it, unless ``columns`` are given. Whatever else
    is read as desks write it: a category by its id or its shown name, a level by its number or its
    name, yes and no in several spellings, evidence as pieces of the text with `` | `` between them.
    Where no language is given it is looked for in the text; where a level is given without whose
    life it is, it is the complainant's own.

    :param paths: files or folders. Of a folder all JSONL files are read, however deep they lie;
        where it has none, all files of the other kinds.
    :param columns: our name to the file's own, such as ``{"text": "Complaint Details"}``, compared
        without regard to case. A file that has none of them and our names instead is read as well.
    :param note: called with a plain line about what was odd, such as another encoding.
    :returns: complaints in the order of their files' names and rows.
    :raises DataError: where nothing is there, or with the problems of all files and rows.
    :raises ConfigError: where ``columns`` names what is none of ours.
    """
    fold_columns(columns or {})  # wrong names are told before any file is opened
    problems: list[str] = []
    complaints: list[LabelledComplaint] = []
    places: dict[str, str] = {}
    for file in [file for path in paths for file in _list_files(path)]:
        for row, where in _read_file(file, columns, problems, note):
            found = check_labels(row.cells)
            name = str(row.cells.get("id") or f"{file.stem}-{row.number:04}")
            if (first := places.setdefault(name, where)) is not where:
                found["id"] = f"ids stand twice, this one in {first} too; give each its own"
            problems += [f"{where}{_name_column(n, columns)}: {p}" for n, p in found.items()]
            if not found:
                place = (str(file), row.number)
                complaints.append(_build_complaint(row.cells, name, place))
    if problems:
        more = len(problems) - _MOST_SHOWN
        shown = problems[:_MOST_SHOWN] + ([f"and {more} more problems"] if more > 0 else [])
        raise DataError("\n".join(shown))
    if not complaints:
        raise DataError(
            "no labelled complaint was found; expected JSONL, CSV, XLSX or Parquet files"
        )
    return complaints


def _list_files(path: Path) -> list[Path]:
    if path.is_dir():
        files = [file for file in path.rglob("*") if _is_readable(file)]
        own = [file for file in files if file.suffix == _OWN_ENDING]
        return sorted(own or files)
    if not path.exists():
        raise DataError("no such file or folder; check the name", path=path)
    return [path]


def _is_readable(path: Path) -> bool:
    """Say whether a file is one to read; "~$" begins the lock of a sheet that is open."""
    hidden = path.name.startswith((".", "~$"))
    return path.suffix.lower() in ENDINGS and not hidden and path.is_file()


def _name_column(name: str, columns: Mapping[str, str] | None) -> str:
    return f", column {columns[name]!r}" if columns and name in columns else ""


def _read_file(
    path: Path, columns: Mapping[str, str] | None, problems: list[str], note: Note
) -> Iterator[tuple[Row, str]]:
    """Read the rows that could be read, with their places, and take down what is wrong elsewhere."""
    if path.suffix.lower() == _OWN_ENDING and not columns:
        rows = _read_own_rows(path)
    else:
        rows = read_labelled_rows(path, columns or {}, note=note)
    try:
        for row in rows:
            where = f"{path}, row {row.number}"
            if row.problem is None:
                yield row, where
            else:
                problems.append(f"{where}: {row.problem}")
    except DataError as error:
        problems.append(str(error))


def _read_own_rows(path: Path) -> Iterator[Row]:
    try:
        lines = [line for line in path.read_text("utf-8-sig").split("\n") if line.strip()]
    except UnicodeDecodeError:
        raise DataError("is not UTF-8; save it as UTF-8", path=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from None
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(number, {}, "is not valid JSON")
            continue
        is_object = isinstance(row, dict)
        yield Row(number, row, None) if is_object else Row(number, {}, "is not a JSON object")


def _build_complaint(
    row: Mapping[str, Any], name: str, place: tuple[str, int]
) -> LabelledComplaint:
    return LabelledComplaint(
        id=name,
        text=row["text"],
        language=row.get("language") or row["lang"],
        category=Category(row.get("category") or Category.OTHER_FRAUD),
        urgency=Urgency(row["urgency"]),
        at_risk=AtRisk(row.get("at_risk") or ""),
        death_reported=bool(row.get("death_reported", False)),
        minor=bool(row.get("minor", False)),
        scenario=str(row.get("scenario") or row.get("pair") or name),
        batch=str(row.get("batch") or ""),
        evidence=tuple(row.get("evidence") or ()),
        phenomenon=str(row.get("phenomenon") or ""),
        place=place,
    )


def check_labels(row: Mapping[str, Any]) -> dict[str, str]:
    """Check one row against the label guide.

    A side of a minimal pair is labelled for urgency alone, so it may have no category.

    :param row: our names to labels, as in our own JSONL.
    :returns: for each name that has a problem one plain line, never with the text.
    """
    problems: dict[str, str] = {}
    if not isinstance(row.get("text"), str) or not row["text"].strip():
        problems["text"] = "text is missing"
    language = row.get("language") or row.get("lang")
    if language == "unknown":
        problems["language"] = f"language is not clear from the text, say {', '.join(LANGUAGES)}"
    elif language not in LANGUAGES and (language or "text" not in problems):
        problems["language"] = _refuse("language", language, f"one of {', '.join(LANGUAGES)}")
    category = row.get("category")
    if category not in tuple(Category) and not (category is None and row.get("phenomenon")):
        problems["category"] = _refuse("category", category, f"one of {', '.join(Category)}")
    for name in ("death_reported", "minor"):
        if not isinstance(row.get(name, False), bool):
            problems[name] = _refuse(name, row[name], "true or false")
    evidence = row.get("evidence") or ()
    if not isinstance(evidence, list | tuple) or not all(isinstance(w, str) for w in evidence):
        problems["evidence"] = "evidence is no list of words, expected pieces of the text"
    phenomenon = row.get("phenomenon") or ""
    if phenomenon and not (isinstance(phenomenon, str) and _PHENOMENON.fullmatch(phenomenon)):
        problems["phenomenon"] = _refuse("phenomenon", phenomenon, "a name such as time_goodbye")
    return problems | _check_level(row)


def _check_level(row: Mapping[str, Any]) -> dict[str, str]:
    level = row.get("urgency")
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 4:
        return {"urgency": _refuse("urgency", level, "a whole number from 0 to 4")}
    at_risk = row.get("at_risk") or ""
    if at_risk not in tuple(AtRisk):
        return {"at_risk": _refuse("at_risk", at_risk, "'self', 'other' or nothing")}
    if bool(at_risk) != (level > 0):
        shown = f"at_risk is {_show(at_risk)} at urgency {level}"
        return {"at_risk": f"{shown}; it is empty at 0 and only there"}
    return {}


def _refuse(name: str, value: object, expected: str) -> str:
    return f"{name} is {_show(value)}, expected {expected}"


def _show(value: object) -> str:
    """Show a wrong label, unless it may be somebody's name, or a complaint in the wrong column."""
    if is_missing(value) or value == "":
        return "empty"
    shown = str(value)
    if len(shown) > 40:
        return "something long"
    return repr(value) if is_plain(shown) else "something else"


def leave_out(
    others: Sequence[LabelledComplaint], own: Sequence[LabelledComplaint]
) -> list[LabelledComplaint]:
    """Give the others without those whose text is among one's own: no case is its own witness."""
    texts = {complaint.text for complaint in own}
    return [complaint for complaint in others if complaint.text not in texts]


def hash_corpus(complaints: Sequence[LabelledComplaint]) -> str:
    """Give a hash of texts and labels, whatever files they came from."""
    digest = hashlib.sha256()
    for c in complaints:
        labels = (c.category, int(c.urgency), c.at_risk, c.death_reported, c.minor, c.scenario)
        digest.update(json.dumps([c.text, *labels], ensure_ascii=False).encode("utf-8", "replace"))
    return digest.hexdigest()
