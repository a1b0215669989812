"""The model in use: complaints to assessments."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from triage.config import Settings
from triage.model.carriers import find_carriers
from triage.model.heads import Decisions, Heads
from triage.model.opinion import assess_reading, assess_unreadable
from triage.model.readers import Readers, Signals
from triage.model.thresholds import OperatingPoint, mark_high_risk
from triage.policy import Policy, load_policy
from triage.records import Assessment, Complaint
from triage.text.pipeline import ComplaintLanguage, build_nlp
from triage.text.reading import ReadBatch, collector_paused, read_texts
from triage.text.sketches import EMPTY_SKETCH, WIDTH, sketch_readings

BATCH_SIZE = 1024


@dataclass
class TriageModel:
    """A fitted model with everything that it needs to read.

    :param policy: the rules that give a complaint its place.
    :param name: shown to people and written beside results.
    """

    readers: Readers
    heads: Heads
    point: OperatingPoint
    settings: Settings
    policy: Policy = field(default_factory=load_policy)
    name: str = "default"
    nlp: ComplaintLanguage = field(default_factory=build_nlp, repr=False)

    def assess(self, complaint: Complaint | str) -> Assessment:
        """Assess one complaint.

        :param complaint: a complaint, or its text.
        """
        if isinstance(complaint, str):
            complaint = Complaint(id="1", text=complaint)
        return self.assess_many([complaint])[0]

    def assess_many(self, complaints: Sequence[Complaint]) -> list[Assessment]:
        """Assess complaints, in their order, one assessment each.

        A complaint on which anything fails comes back marked for review, never lost: where a
        batch fails it is read one by one, so that a bad text harms no other.
        """
        return self.assess_batch(complaints)[0]

    def assess_batch(
        self, complaints: Sequence[Complaint]
    ) -> tuple[list[Assessment], NDArray[np.uint32]]:
        """Do the same, and give a sketch of each complaint by which near-copies are known.

        :returns: assessments, and (complaints, ``sketches.WIDTH``) uint32.
        """
        if not complaints:
            return [], np.empty((0, WIDTH), dtype=np.uint32)
        try:
            with collector_paused():
                return self._assess_batch(complaints)
        except Exception as error:  # whatever it is, the complaint goes to a person
            if len(complaints) == 1:
                kind = type(error).__name__  # its message might quote the text
                doubt = f"the program failed on it ({kind})"
                unread = [assess_unreadable(complaints[0], doubt, self.policy)]
                return unread, EMPTY_SKETCH[np.newaxis]
            parts = [self.assess_batch([complaint]) for complaint in complaints]
            return [found for part, _ in parts for found in part], np.vstack([s for _, s in parts])

    def stream(
        self, complaints: Iterable[Complaint], *, batch_size: int = BATCH_SIZE
    ) -> Iterator[Assessment]:
        """Assess a stream of complaints in batches; memory stays flat."""
        iterator = iter(complaints)
        while batch := list(islice(iterator, batch_size)):
            yield from self.assess_many(batch)

    def _assess_batch(
        self, complaints: Sequence[Complaint]
    ) -> tuple[list[Assessment], NDArray[np.uint32]]:
        if self.nlp.is_worn:
            self._renew_nlp()
        batch = read_texts(self.nlp, [complaint.text for complaint in complaints])
        signals, decisions, high = self._decide(batch)
        carriers = find_carriers(batch, high, signals.best_segment, self._judge)
        assessments = [
            assess_reading(
                complaint,
                reading,
                decisions.row(i),
                floor=int(signals.floor[i]),
                high_risk=bool(high[i]),
                carriers=carriers[i],
                threshold=self.point.threshold,
                settings=self.settings,
                policy=self.policy,
            )
            for i, (complaint, reading) in enumerate(zip(complaints, batch.readings, strict=True))
        ]
        return assessments, sketch_readings(batch)

    def _renew_nlp(self) -> None:
        lexicon = self.nlp.lexicon
        self.nlp = None  # type: ignore[assignment]  # its memory goes before that of the next comes
        gc.collect()
        self.nlp = build_nlp(lexicon)

    def _decide(self, batch: ReadBatch) -> tuple[Signals, Decisions, NDArray[np.bool_]]:
        signals = self.readers.read(batch)
        decisions = self.heads.decide(signals)
        high = mark_high_risk(decisions.risk, signals.floor, self.point.threshold)
        return signals, decisions, high

    def _judge(self, batch: ReadBatch) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        signals = self.readers.read(batch)
        risk = self.heads.decide_levels(signals)[:, 1]
        high = mark_high_risk(risk, signals.floor, self.point.threshold)
        return high, signals.best_segment
