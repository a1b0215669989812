"""Noisy copies of labelled complaints, for the readers to be taught on.

The corpus stays clean; what phones and haste do to a text is added here, by chance from a seed,
and the words that carry a level stay marked.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace

from triage.records import LabelledComplaint
from triage.text.noise import spoil_pieces

MIXES = (
    ("typos",),
    ("vowels_dropped",),
    ("typos", "marks_lost"),
    ("vowels_dropped", "all_caps"),
    ("glued_words",),
    ("typos", "glued_words"),
    ("marks_lost", "digits_lost"),
    ("mixed_script", "typos"),
)
"""What is done to one copy, one after the other."""

COPY_MARK = "~"
"""Ends the id of a copy."""


def noisy_copies(
    complaints: Sequence[LabelledComplaint], *, share: float, seed: int
) -> list[LabelledComplaint]:
    """Make noisy copies of some complaints.

    :param share: of the complaints that get a copy, 0 to 1.
    :param seed: the same seed gives the same copies.
    :returns: copies in the complaints' order; each keeps its scenario, so no split parts them.
    """
    copies = []
    for complaint in complaints:
        drawn = zlib.crc32(f"{seed} {complaint.id}".encode())
        if drawn % 1000 < share * 1000:
            copies.append(_copy(complaint, MIXES[drawn // 1000 % len(MIXES)], seed))
    return copies


def _copy(complaint: LabelledComplaint, mix: Sequence[str], seed: int) -> LabelledComplaint:
    pieces, marked = _cut(complaint)
    spoilt = spoil_pieces(pieces, mix, f"{seed} {complaint.id}")
    return replace(
        complaint,
        id=complaint.id + COPY_MARK,
        text="".join(spoilt),
        evidence=tuple(spoilt[i] for i in marked if spoilt[i].strip()),
    )


def _cut(complaint: LabelledComplaint) -> tuple[list[str], list[int]]:
    """Cut a text at its evidence: the pieces, and which of them are evidence."""
    places = sorted((complaint.text.find(words), len(words)) for words in complaint.evidence)
    pieces: list[str] = []
    marked: list[int] = []
    done = 0
    for start, length in places:
        if start >= done:
            pieces += [complaint.text[done:start], complaint.text[start : start + length]]
            marked.append(len(pieces) - 1)
            done = start + length
    return [*pieces, complaint.text[done:]], marked
