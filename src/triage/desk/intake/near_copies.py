"""Which new complaints are near-copies of an earlier one; they are kept and read all the same.

Only originals are looked up: a letter that was sent ten thousand times costs one comparison. Two
complaints are copies only where the model gave them the same priority and urgency, see
``backlog/copies.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from triage.backlog.copies import tie_to_place
from triage.batches import ScoredRow
from triage.desk.store.columns import find_table
from triage.desk.store.schema import Complaint, SketchBand
from triage.text.sketches import BANDS, WIDTH, are_copies

Band = tuple[int, int]
"""Number of a band and its hash."""


@dataclass(frozen=True, slots=True)
class _Original:
    id: int
    place: tuple[str, int]
    sketch: NDArray[np.uint32] = field(repr=False)


def tie_near_copies(
    session: Session,
    complaints: Sequence[Complaint],
    sketches: Sequence[NDArray[np.uint32]],
    scored: Sequence[ScoredRow],
) -> None:
    """Point each near-copy to the first complaint that it is one of, and remember the others.

    :param complaints: that were just added and have their ids, in the order of arrival.
    :param sketches: one each.
    :param scored: the model's priority and urgency of each.
    """
    if not complaints:
        return
    tied = tie_to_place(np.stack(sketches), scored)
    bands = [_list_bands(sketch) for sketch in tied]
    firsts = _find_firsts(session, {hash_ for own in bands for _, hash_ in own})
    remembered: list[dict[str, int]] = []
    for complaint, sketch, own in zip(complaints, sketches, bands, strict=True):
        place = (complaint.model_priority, complaint.model_urgency)
        complaint.near_copy_of = _choose_original(sketch, place, own, firsts)
        if complaint.near_copy_of is None:
            for band in own:
                firsts.setdefault(band, _Original(complaint.id, place, sketch))
            remembered += [
                {"complaint_id": complaint.id, "band": number, "hash": hash_}
                for number, hash_ in own
            ]
    if remembered:
        session.execute(insert(find_table(SketchBand)), remembered)
    session.flush()


def pack_sketch(sketch: NDArray[np.uint32]) -> bytes:
    """Give a sketch as it is kept: the same bytes on every machine."""
    return sketch.astype("<u4").tobytes()


def _list_bands(tied: NDArray[np.uint32]) -> list[Band]:
    """Give the bands of a sketch; none where the text says too little."""
    return list(enumerate(tied[1 : 1 + BANDS].tolist())) if tied[0] else []


def _find_firsts(session: Session, hashes: set[int]) -> dict[Band, _Original]:
    """Give the first complaint in each band; one query, whatever the number of complaints."""
    if not hashes:
        return {}
    first = (
        select(SketchBand.band, SketchBand.hash, func.min(SketchBand.complaint_id).label("id"))
        .where(SketchBand.hash.in_(hashes))
        .group_by(SketchBand.band, SketchBand.hash)
        .subquery()
    )
    found = select(
        first.c.band,
        first.c.hash,
        Complaint.id,
        Complaint.model_priority,
        Complaint.model_urgency,
        Complaint.sketch,
    ).join(Complaint, Complaint.id == first.c.id)
    return {
        (row.band, row.hash): _Original(
            row.id,
            (row.model_priority, row.model_urgency),
            np.frombuffer(row.sketch, dtype="<u4").astype(np.uint32),
        )
        for row in session.execute(found)
        if len(row.sketch) == 4 * WIDTH  # of another version: compared with nothing
    }


def _choose_original(
    sketch: NDArray[np.uint32],
    place: tuple[str, int],
    bands: Sequence[Band],
    firsts: Mapping[Band, _Original],
) -> int | None:
    met = {firsts[band].id: firsts[band] for band in bands if band in firsts}
    candidates = [met[id_] for id_ in sorted(met) if met[id_].place == place]
    if not candidates:
        return None
    others = np.stack([candidate.sketch for candidate in candidates])
    copies = are_copies(np.broadcast_to(sketch, others.shape), others)
    return next((c.id for c, is_copy in zip(candidates, copies, strict=True) if is_copy), None)
