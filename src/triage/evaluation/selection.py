"""Which complaints are most worth labelling: rare, in doubt, and unlike each other.

Source: uncertainty sampling, Lewis and Gale (1994); farthest-first, Sener and Savarese (2018);
both together, Settles (2009).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.errors import DataError
from triage.labels import CATEGORIES
from triage.model.assessor import BATCH_SIZE, TriageModel
from triage.model.readers import put_together
from triage.records import Complaint
from triage.text.reading import ReadBatch, Reading, read_texts

Progress = Callable[[str], None]

NET_SHARE = 3
"""One case in so many comes from the lexicon's net, at least."""

_NET_KINDS = {"risk": 1.0, "farewell": 1.0, "mention": 0.7, "distress": 0.4}
_COUNTS, _DISCOUNTED, _ANY_RISK = 1.0, 0.5, 0.2
"""Weights inside the net: what context takes away (denied, a taunt, an idiom) stays in it, lower."""

NET_REASON = "holds words of death, farewell or distress; what they mean is to be read"

_COPY = 0.02
"""Texts whose words lie nearer than this are copies: a second one teaches nothing."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A complaint that is worth labelling.

    :param index: its place among the complaints, from 0.
    :param reason: why, in plain words, without the text.
    :param language: as it was read, or ``unknown``.
    """

    index: int
    reason: str
    language: str


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What there is to choose from.

    :param places: (readable,) index of each among all complaints.
    :param words: (readable, columns) unit vectors of weighted word n-grams.
    :param net: (readable,) weight of what the lexicon found; 0 where it found nothing.
    :param category: (readable, 3) probabilities.
    :param risk: (readable,) probability of high risk.
    """

    places: list[int]
    languages: list[str]
    words: sparse.csr_matrix
    net: NDArray[np.float64]
    category: NDArray[np.float64]
    risk: NDArray[np.float64]


def choose_next(
    complaints: Sequence[Complaint],
    model: TriageModel,
    *,
    count: int = 50,
    progress: Progress = lambda step: None,
) -> list[Chosen]:
    """Choose the complaints that are most worth labelling.

    A third come from the lexicon's net: whatever names death or distress, whether it counts or not,
    so that the rare levels are not starved. Then come those whose risk is near the line, then those
    whose category is not clear. Each time the most telling one is taken that is unlike those taken
    before. The choice is no fair sample: nothing should be measured on it.

    :param count: complaints to choose; fewer where the rest are copies or cannot be read.
    :param progress: called with a plain line before each step.
    :returns: in the order of the choice; the same for the same input.
    :raises DataError: where no complaint has a text.
    """
    outlook = _look_at(complaints, model, progress)
    progress("choosing")
    threshold = model.point.threshold
    ranked = np.sort(outlook.category, axis=1)
    near_line = np.exp(-np.abs(_logit(outlook.risk) - _logit(np.array([threshold]))))
    unclear = 1 - (ranked[:, -1] - ranked[:, -2])
    # In a language that the model cannot read it is unsure of everything: only the net counts there.
    known = np.array([language != "unknown" for language in outlook.languages])
    chosen: dict[int, str] = {}

    def choose(weights: NDArray[np.float64], most: int, reason: Callable[[int], str]) -> None:
        rows = spread_out(weights, outlook.words, count=most, taken=[*chosen])
        chosen.update((row, reason(row)) for row in rows)

    choose(outlook.net, -(-count // NET_SHARE), lambda i: NET_REASON)
    half = -(-(count - len(chosen)) // 2)
    choose(near_line * known, half, lambda i: _risk_reason(outlook.risk[i], threshold))
    choose(unclear * known, count - len(chosen), lambda i: _category_reason(outlook.category[i]))
    return [Chosen(outlook.places[i], reason, outlook.languages[i]) for i, reason in chosen.items()]


def _risk_reason(risk: float, threshold: float) -> str:
    side = "above" if risk >= threshold else "below"
    return f"risk {risk:.2f}, {side} the line of high risk at {threshold:.2f}"


def _category_reason(proba: NDArray[np.float64]) -> str:
    first, second = np.argsort(-proba, kind="stable")[:2].tolist()
    if proba[first] >= 0.9:
        return "unlike the others"
    return (
        f"between {CATEGORIES[first].shown} ({proba[first]:.0%}) and"
        f" {CATEGORIES[second].shown} ({proba[second]:.0%})"
    )


def _look_at(complaints: Sequence[Complaint], model: TriageModel, progress: Progress) -> _Outlook:
    places = [i for i, complaint in enumerate(complaints) if can_be_labelled(complaint)]
    if not places:
        raise DataError("none of the complaints has a text; expected some to choose from")
    progress(f"reading {len(places):,} complaints")
    languages: list[str] = []
    parts: list[tuple[Any, ...]] = []
    for batch in _read_batches(model, [complaints[i].text for i in places]):
        texts, segments = model.readers.maker.make(batch)
        margins = model.readers.weigh(texts.grams, segments.grams)
        signals = put_together(batch.readings, *margins, segments.units.owner)
        decisions = model.heads.decide(signals)
        block = model.readers.text
        words = block.words.transform(texts.grams.words[:, block.word_columns])
        net = np.array(
            [
                _net_weight(reading, risk)
                for reading, risk in zip(batch.readings, decisions.risk.tolist(), strict=True)
            ]
        )
        parts.append((words, net, decisions.category, decisions.risk))
        languages += [reading.language for reading in batch.readings]
    words, *rest = zip(*parts, strict=True)
    return _Outlook(
        places, languages, sparse.vstack(words, "csr"), *(np.concatenate(part) for part in rest)
    )


def can_be_labelled(complaint: Complaint) -> bool:
    """Say whether a complaint has a text that was read whole."""
    return not complaint.problem and bool(complaint.text.strip())


def _read_batches(model: TriageModel, texts: Sequence[str]) -> Iterator[ReadBatch]:
    iterator = iter(texts)
    while some := list(islice(iterator, BATCH_SIZE)):
        yield read_texts(model.nlp, some)


def _net_weight(reading: Reading, risk: float) -> float:
    """Weigh what the lexicon found: what counts and what the model takes for risk first."""
    found = [
        _NET_KINDS[mention.cue.kind] * (_COUNTS if mention.counts else _DISCOUNTED)
        for mention in reading.mentions
        if mention.cue.kind in _NET_KINDS
    ]
    return max(found, default=0.0) * (_ANY_RISK + risk)


def _logit(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    held = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(held / (1 - held)))


def spread_out(
    weights: NDArray[np.float64],
    vectors: sparse.csr_matrix,
    *,
    count: int,
    taken: Sequence[int] = (),
) -> list[int]:
    """Take one after the other what weighs most, times its distance from all taken before.

    :param weights: (rows,) 0 or more; rows of weight 0 are never taken.
    :param vectors: (rows, columns) of unit length; distance is 1 less the cosine.
    :param taken: rows taken before.
    :returns: rows in the order taken, at most ``count``; no copies.
    """
    nearest = np.zeros(len(weights))
    for row in taken:
        nearest = np.maximum(nearest, (vectors @ vectors[row].T).toarray().ravel())
    chosen: list[int] = []
    while len(chosen) < count:
        distance = 1 - nearest
        distance[[*taken, *chosen]] = 0
        score = np.where(distance > _COPY, weights * distance, 0)
        best = int(score.argmax())
        if score[best] <= 0:
            break
        chosen.append(best)
        nearest = np.maximum(nearest, (vectors @ vectors[best].T).toarray().ravel())
    return chosen
