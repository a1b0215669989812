"""The text of a complaint with the words that its labels rest on marked in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from triage.labels import AtRisk
from triage.text.lexicon import load_lexicon

BY_MODEL = "the sentence that weighs most"
"""Meaning of words that the statistics chose, not the lexicon."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What marked words mean.

    :param level: what they would mean alone, 0 to 4; 0 names the crime.
    :param counts: False where the context takes the meaning away.
    :param whose: whose life they speak of; nobody's where they name the crime.
    :param context: kinds of context, such as ``denied``.
    :param meaning: of the lexicon's entry, in English.
    :param cue: id of the lexicon's entry, or ``model``.
    """

    level: int
    counts: bool
    whose: AtRisk
    context: tuple[str, ...]
    meaning: str
    cue: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters; the pieces of a text, one after the other, are the text."""

    text: str = field(repr=False)
    mark: Mark | None


def mark_text(text: str, evidence: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """Cut a text where marks begin and end.

    Where evidence overlaps, the words go to what counts before what does not, then to the higher
    level, then to the lexicon before the statistics, then to the shorter.

    :param text: as it was written.
    :param evidence: ``records.Evidence`` as objects; what lies outside of the text is left out.
    :returns: pieces that join to exactly the text; none for an empty one.
    """
    if not text:
        return []
    owner = np.full(len(text), -1, dtype=np.int32)  # of each character, the last to be painted
    for i in sorted(range(len(evidence)), key=lambda i: _rank(evidence[i])):
        owner[max(evidence[i]["start"], 0) : max(evidence[i]["end"], 0)] = i
    marks = [_build_mark(item) for item in evidence]
    starts = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist()]
    return [
        Piece(text[start:end], marks[owner[start]] if owner[start] >= 0 else None)
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
    ]


def _rank(item: Mapping[str, Any]) -> tuple[int, int, bool, int, int]:
    standing = item["level"] if item["counts"] else 0
    length = item["end"] - item["start"]
    return standing, item["level"], item["cue"] != "model", -length, -item["start"]


def _build_mark(item: Mapping[str, Any]) -> Mark:
    cue = str(item["cue"])
    context = tuple(item["context"])
    whose = AtRisk.OTHER if "other" in context else AtRisk.SELF if item["level"] else AtRisk.NOBODY
    return Mark(
        level=item["level"],
        counts=item["counts"],
        whose=whose,
        context=context,
        meaning=_meanings().get(cue, BY_MODEL if cue == "model" else ""),
        cue=cue,
    )


@cache
def _meanings() -> dict[str, str]:
    return {cue.id: cue.meaning for cue in load_lexicon().cues}
