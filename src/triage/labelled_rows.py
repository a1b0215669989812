"""Rows of a desk's own spreadsheet to rows in the form of our JSONL: its columns, its spelling.

Lenient in how a label is written, strict in what it means: what cannot be read as one of our labels
is left as it stands, for ``corpus.check_labels`` to refuse.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from triage.errors import ConfigError, DataError
from triage.files.lines import Note
from triage.files.rows import Row, fold_name, is_missing, read_rows
from triage.labels import LANGUAGE_TITLES, LANGUAGES, AtRisk, Category, Urgency
from triage.text.language import detect_language
from triage.text.normalise import normalise

FIELDS = (
    *("id", "text", "language", "lang", "category", "urgency", "at_risk", "death_reported"),
    *("minor", "scenario", "pair", "batch", "evidence", "phenomenon"),
)
"""Our names; ``lang`` is an older name of ``language``, ``pair`` the scenario of a minimal pair."""

_YES = frozenset("true yes y 1 1.0 haan han haa ha हाँ हां हा होय हो".split())
_NO = frozenset("false no n 0 0.0 nahi nahin nai nhi नहीं नही नाही".split())

# Words of which headers and labels are made. Whatever else stands in a header or a label may be a
# piece of a complaint, or a name, in the wrong place: it is never shown.
_PLAIN_WORDS = frozenset(
    """acknowledgement age ack address amount at batch body brief case categories category city class
    code column comments complainant complaint complaints content crime cyber date death description
    detail details district email evidence fact facts fir flag gender grade group head id incident
    info information kind label labels lang language level mail message minor mobile modus name
    narrative no note notes number offence officer operandi pair phenomenon phone place pincode
    police priority received ref reference registered remark remarks reported risk scenario score
    section serial sex severity source sr state statement station status story sub summary text time
    title type unnamed urgency victim
    applicable critical emergency false high highest low lowest maybe medium moderate na nil none
    normal not null other others severe true unknown urgent very yes
    arrest bank blackmail call digital extortion financial fraud hacking harassment impersonation
    investment job kyc loan otp phishing romance sextortion stalking trading upi video
    distress ideation imminent intent self
    assamese bengali bn english en gu gujarati hi hindi hinglish kannada kn malayalam marathi ml mr
    odia or pa punjabi ta tamil te telugu ur urdu""".split()
)
_MOST_PLAIN_WORDS = 3
_WORD = re.compile(r"[^\W_]+")
_LEVEL = re.compile(r"(\d)(?:\.0*)?")


def fold_columns(columns: Mapping[str, str], *, ours: Collection[str] = FIELDS) -> dict[str, str]:
    """Check which of a desk's columns stands for which of ours, and fold their names.

    :param columns: our name to theirs, such as ``{"text": "Complaint Details"}``.
    :param ours: all names that may be given one of theirs.
    :raises ConfigError: with every name that is not ours, or stands for nothing.
    """
    problems = [
        f"column {name!r} is not one of ours; expected {', '.join(ours)}"
        for name in columns
        if name not in ours
    ]
    problems += [
        f"column {name!r} has no name in the file; say what it is called there"
        for name, theirs in columns.items()
        if not fold_name(theirs)
    ]
    if problems:
        raise ConfigError(problems)
    return {name: fold_name(theirs) for name, theirs in columns.items()}


def read_labelled_rows(path: Path, columns: Mapping[str, str], *, note: Note) -> Iterator[Row]:
    """Read the rows of a labelled file, with our names and, where they are known, our labels.

    Rows in which every cell is empty are left out, as at the end of many a spreadsheet. Where
    whose life is at risk is not said and somebody's is, it is the complainant's own; where the
    language is not said, it is looked for in the text.

    :param path: a file that ends in one of ``rows.ENDINGS``.
    :param columns: our name to theirs. Columns not named here are known by our names, and a file
        with none of the names given here and all that are needed of ours is read by ours.
    :param note: called with a plain line about what was odd, such as another encoding.
    :raises DataError: where the file cannot be read, or needed columns are missing or stand twice.
    """
    theirs = fold_columns(columns)
    header: list[str] = []
    wanted = {*FIELDS, *theirs.values()}
    rows = [*read_rows(path, text=None, check=header.extend, wanted=wanted, note=note)]
    # JSONL has no header: its columns are the keys of all its lines.
    header = header or [*dict.fromkeys(key for row in rows for key in row.cells)]
    places = _place_columns(header, theirs, columns, path)
    for row in rows:
        if row.problem or not all(map(_is_empty, row.cells.values())):
            yield Row(row.number, _read_labels(row.cells, places), row.problem)


def _place_columns(
    header: list[str], theirs: Mapping[str, str], columns: Mapping[str, str], path: Path
) -> dict[str, str]:
    """Find the column of each of our fields."""
    needed = ["text", "urgency", *([] if _has("phenomenon", theirs, header) else ["category"])]
    if not {*theirs.values()} & {*header} and {*needed} <= {*header}:
        theirs = {}  # a file in our own form, read beside the desk's
    places = {name: theirs.get(name, name) for name in FIELDS if _has(name, theirs, header)}
    twice = [repr(name) for name in dict.fromkeys(places.values()) if header.count(name) > 1]
    if twice:
        raise DataError(f"has the column {', '.join(twice)} twice; rename one", path=path)
    missing = [
        f"{columns[name]!r} (for {name})" if name in theirs else repr(name)
        for name in dict.fromkeys([*needed, *theirs])
        if name not in places
    ]
    if missing:
        raise DataError(
            f"has no column {', '.join(missing)}; found {_list_columns(header, theirs)}; "
            "rename the columns, or name yours beside ours, as in 'text=Complaint Details'",
            path=path,
        )
    return places


def _has(name: str, theirs: Mapping[str, str], header: list[str]) -> bool:
    return theirs.get(name, name) in header


def _list_columns(header: list[str], theirs: Mapping[str, str]) -> str:
    """List the columns that are surely columns: a file without a header has a complaint there."""
    known = {*FIELDS, *theirs.values()}
    shown = [repr(name) for name in header if name in known or is_plain(name)][:20]
    hidden = len([name for name in header if name]) - len(shown)
    if hidden > 0:
        shown.append(f"{hidden} that may be no names")
    separated = len(header) == 1 and re.search(r"[;\t|]", header[0])
    other = " (only one column: are its columns separated by commas?)" if separated else ""
    return (", ".join(shown) or "no columns") + other


def is_plain(value: str) -> bool:
    """Say whether a value is made of words of headers and labels alone, and so may be shown.

    >>> is_plain("Complaint Details"), is_plain("they have my video")
    (True, False)
    """
    words = _WORD.findall(value.lower())
    few = 0 < len(words) <= _MOST_PLAIN_WORDS and len(value) <= 40
    # Three digits make no number of a phone or an account.
    few = few and sum(map(str.isdigit, value)) <= 3
    return few and all(word in _PLAIN_WORDS or word.isdigit() for word in words)


def _read_labels(cells: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    labels = {
        name: _READERS[name](cells[place])
        for name, place in places.items()
        if not _is_empty(cells.get(place))
    }
    level = labels.get("urgency")
    if "at_risk" not in labels and level in tuple(Urgency) and level:
        labels["at_risk"] = AtRisk.SELF
    text = labels.get("text")
    if not (labels.get("language") or labels.get("lang")) and isinstance(text, str):
        labels["language"] = detect_language(normalise(text).text)
    return labels


def _is_empty(cell: object) -> bool:
    return is_missing(cell) or (isinstance(cell, str) and not cell.strip())


def _read_text(cell: Any) -> Any:
    return cell


def _read_name(cell: Any) -> str:
    """Read a name or number: spreadsheets make 12 into 12.0."""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _read_category(cell: Any) -> Any:
    return _CATEGORIES.get(_join(cell), cell)


def _read_language(cell: Any) -> Any:
    return _LANGUAGES.get(_join(cell), cell)


def _read_at_risk(cell: Any) -> Any:
    return _AT_RISK.get(_join(cell), cell)


def _read_level(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if not isinstance(cell, str):
        return cell
    number = _LEVEL.fullmatch(cell.strip())
    return int(number[1]) if number else _LEVELS.get(_join(cell), cell)


def _read_flag(cell: Any) -> Any:
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float) and cell in (0, 1):
        return bool(cell)
    word = cell.strip().lower() if isinstance(cell, str) else ""
    return word in _YES if word in _YES | _NO else cell


def _read_evidence(cell: Any) -> Any:
    if isinstance(cell, str):
        return [words.strip() for words in cell.split(" | ") if words.strip()]
    return cell


def _join(cell: object) -> str:
    """Give a label without what people write differently: case, spaces, hyphens."""
    return re.sub(r"[\W_]+", "", cell).lower() if isinstance(cell, str) else ""


_CATEGORIES = {_join(name): c for c in Category for name in (c, c.shown)}
_LEVELS = {_join(level.shown): int(level) for level in Urgency}
_LANGUAGES = {_join(name): key for key in LANGUAGES for name in (key, LANGUAGE_TITLES[key])}
_AT_RISK = {"self": AtRisk.SELF, "other": AtRisk.OTHER, "nobody": AtRisk.NOBODY}

_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(FIELDS, _read_name),
    "text": _read_text,
    "language": _read_language,
    "lang": _read_language,
    "category": _read_category,
    "urgency": _read_level,
    "at_risk": _read_at_risk,
    "death_reported": _read_flag,
    "minor": _read_flag,
    "evidence": _read_evidence,
}
