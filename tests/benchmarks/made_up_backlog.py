"""Backlogs of any size, made up from the corpus: the same rows for the same seed.

The mix, as at a desk: 85 in 100 ordinary fraud, 9 sextortion, 6 video-call blackmail; 2 in 100 high
risk (level 2 and more); half English, a quarter Hinglish, 15 in 100 Hindi, 10 Marathi.

A row is the first half of one complaint (all of it, at high risk) and the second half of another of
the same language, kind and risk, with a sentence of its own between them: an invented name, a phone, an amount, a number of
reference; 30 in 100 rows have typos. So there are millions of different texts, and new words go on
coming, as in life. 5 in 100 repeat an earlier row of the file with another number in it: complaints
sent twice, and campaigns. Read by the sketches, 8 in 100 of 30,000 rows are near-copies.
"""

import csv
import json
import random
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from triage.corpus import read_corpus
from triage.default_model import shipped_corpus
from triage.labels import HIGH_RISK_LEVEL, Category
from triage.text.noise import make_typos

Row = dict[str, str]
Halves = tuple[list[str], list[str]]

KINDS = {
    (Category.OTHER_FRAUD, False): 0.845,
    (Category.SEXTORTION, False): 0.08,
    (Category.VIDEO_CALL_BLACKMAIL, False): 0.055,
    (Category.OTHER_FRAUD, True): 0.005,
    (Category.SEXTORTION, True): 0.01,
    (Category.VIDEO_CALL_BLACKMAIL, True): 0.005,
}
LANGUAGES = {"en": 0.5, "hinglish": 0.25, "hi": 0.15, "mr": 0.1}
COPIES, TYPOS = 0.05, 0.3
COLUMNS = ("id", "text", "received_at")

_START = datetime(2026, 1, 1, 9)
_BETWEEN = {
    "en": "My name is {name}, phone {phone}, reference {reference}, amount Rs {amount}.",
    "hinglish": "Mera naam {name} hai, phone {phone}, ref no {reference}, amount {amount} rupaye.",
    "hi": "मेरा नाम {name} है, फोन {phone}, संदर्भ {reference}, रकम {amount} रुपये।",
    "mr": "माझे नाव {name} आहे, फोन {phone}, संदर्भ {reference}, रक्कम {amount} रुपये.",
}
_SYLLABLES = "ba ran vi sha mo ki de lu pra na tej gi ro ma su ha ji ka ni ya ta dha re bu".split()
_SENTENCE_END = re.compile(r"(?<=[.!?।])\s+|\n+")
_DIGITS = re.compile(r"\d{4,}")


def make_rows(count: int, *, seed: int = 20) -> Iterator[Row]:
    """Make up so many rows, one after another."""
    chance = random.Random(seed)
    halves = _halve_corpus()
    kinds, kind_weights = [*KINDS], [*KINDS.values()]
    languages, language_weights = [*LANGUAGES], [*LANGUAGES.values()]
    lately: deque[str] = deque(maxlen=5000)
    for number in range(1, count + 1):
        if lately and chance.random() < COPIES:
            text = _DIGITS.sub(_phone(chance), lately[chance.randrange(len(lately))], count=1)
        else:
            (language,) = chance.choices(languages, language_weights)
            (kind,) = chance.choices(kinds, kind_weights)
            text = _write_text(halves[language, *kind], language, chance)
            if number % 7 == 0:
                lately.append(text)
        received = _START + timedelta(seconds=31 * number)
        yield {"id": f"C{number:08}", "text": text, "received_at": received.isoformat()}


def _halve_corpus() -> dict[tuple[str, Category, bool], Halves]:
    """Give first and second halves by language, kind and risk.

    Of high risk the first is the whole text: the words that carry the level must not get lost.
    """
    halves: dict[tuple[str, Category, bool], Halves] = defaultdict(lambda: ([], []))
    for complaint in read_corpus([shipped_corpus()]):
        if complaint.phenomenon:
            continue
        high = complaint.urgency >= HIGH_RISK_LEVEL
        first, second = halves[complaint.language, complaint.category, high]
        pieces = _SENTENCE_END.split(complaint.text.strip())
        if len(pieces) == 1:
            pieces = complaint.text.split()
        middle = (len(pieces) + 1) // 2
        first.append(complaint.text if high else " ".join(pieces[:middle]))
        second.append(" ".join(pieces[middle:]))
    return halves


def _write_text(halves: Halves, language: str, chance: random.Random) -> str:
    first, second = (chance.choice(half) for half in halves)
    between = _BETWEEN[language].format(
        name=_make_name(chance),
        phone=_phone(chance),
        reference=f"{chance.choice('ABCKTX')}{chance.randrange(10**9, 10**10)}",
        amount=chance.randrange(100, 900_000),
    )
    text = " ".join(part for part in (first, between, second) if part)
    return make_typos(text, chance) if chance.random() < TYPOS else text


def _make_name(chance: random.Random) -> str:
    parts = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 3))) for _ in range(2)]
    return " ".join(part.capitalize() for part in parts)


def _phone(chance: random.Random) -> str:
    return f"{chance.choice('6789')}{chance.randrange(10**8, 10**9)}"


def write_backlog(path: Path, count: int, *, seed: int = 20) -> None:
    """Write a backlog as JSONL, CSV or Parquet, as the file's ending says; row by row."""
    writers: dict[str, Callable[[Path, Iterator[Row]], None]] = {
        ".jsonl": _write_jsonl,
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    writers[path.suffix](path, make_rows(count, seed=seed))


def _write_jsonl(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_csv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(path: Path, rows: Iterator[Row]) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    schema = arrow.schema([(name, arrow.string()) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema) as writer:
        while chunk := list(islice(rows, 20_000)):
            writer.write_table(arrow.Table.from_pylist(chunk, schema))
