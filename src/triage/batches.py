"""What passes through a run of scoring: arrivals in, batches of scored rows out."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.records import Complaint

REJECTED = ".rejected.jsonl"
"""How the name of the list ends of what could not be read."""

BATCH = 512
"""Complaints that are read together; a run is kept batch by batch."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A complaint as it came, and where it stands.

    :param source: the file's name as the user knows it, or ``query``.
    :param row: its row in the source, from 1; 0 for what stands for a whole source.
    :param whole_source: True where a source, or the rest of it, could not be read: its complaint
        has the ``problem`` and no text, and goes to a person like any other.
    """

    complaint: Complaint
    source: str
    row: int
    whole_source: bool = False


class ScoredRow(NamedTuple):
    """One complaint's place and row, ready to be kept.

    :param risk_step: risk in steps of a tenth, see ``ranking.rank_key``.
    :param received: time of arrival in a form that can be compared.
    :param cells: JSON list of the values of ``ranking.COLUMNS`` without ``rank``, and of the text
        where it was asked; made where the row is scored, so that the run itself has less to do.
    """

    id: str
    priority: str
    urgency: int
    risk_step: float
    received: str
    high_risk: bool
    needs_review: bool
    cells: str


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """Rows of one batch, in their order.

    :param sketches: (rows, ``text.sketches.WIDTH``) uint32, one sketch a row.
    """

    rows: list[ScoredRow] = field(repr=False)
    sketches: NDArray[np.uint32] = field(repr=False)
