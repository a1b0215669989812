"""What the desk reads of a complaint before it is kept: the model's opinion and all that is found by."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.desk.intake.identifiers import find_identifiers
from triage.desk.intake.search_keys import find_keys
from triage.desk.intake.snippets import make_snippet
from triage.model.assessor import TriageModel
from triage.model.opinion import assess_unreadable
from triage.policy import load_policy
from triage.records import Assessment, Complaint, Lead
from triage.text.sketches import EMPTY_SKETCH


@dataclass(frozen=True, slots=True)
class Read:
    """One complaint as it was read, ready to be registered.

    :param complaint: as it came; its ``id`` is the citizen's or portal's number, empty for none.
    :param leads: each identifier once; the places are into the text as it was written.
    :param snippet: the most telling words, names and identifiers masked.
    :param search_keys: distinct spelling keys, with a blank before, between and after them.
    :param sketch: (``sketches.WIDTH``,) uint32, by which near-copies are known.
    :param model: name and short hash of the model that read it.
    """

    complaint: Complaint
    assessment: Assessment
    leads: tuple[Lead, ...] = field(repr=False)
    snippet: str = field(repr=False)
    search_keys: str = field(repr=False)
    sketch: NDArray[np.uint32] = field(repr=False)
    model: str


class Reader(Protocol):
    """What reads complaints: in this process, or in one of its own (``reader_process``).

    :param name: of the model, with its short hash; shown and kept with each complaint.
    """

    name: str

    def read(self, complaints: Sequence[Complaint]) -> list[Read]:
        """Read complaints, in their order; one that cannot be read is marked for a person."""
        ...


class ComplaintReader:
    """Reads complaints; many threads may ask at once, one is served at a time.

    :param model: the same as on the command line, so that a complaint has one assessment everywhere.
    :param name: of the model, with its short hash; shown and kept with each complaint.
    """

    def __init__(self, model: TriageModel, name: str) -> None:
        self.name = name
        self._model = model
        self._turn = threading.Lock()

    def read(self, complaints: Sequence[Complaint]) -> list[Read]:
        """Read complaints, in their order.

        Where anything fails the complaint is marked for a person; nothing is raised, nobody lost.
        """
        assessments, sketches = self._assess(complaints)
        return [
            self._read_one(complaint, assessment, sketch)
            for complaint, assessment, sketch in zip(complaints, assessments, sketches, strict=True)
        ]

    def _assess(
        self, complaints: Sequence[Complaint]
    ) -> tuple[list[Assessment], Sequence[NDArray[np.uint32]]]:
        try:
            with self._turn:
                assessments, sketches = self._model.assess_batch(complaints)
            return assessments, list(sketches)
        except Exception as error:  # assess_batch raises nothing; a broken model may
            policy, doubt = load_policy(), f"the program failed on it ({type(error).__name__})"
            unread = [assess_unreadable(complaint, doubt, policy) for complaint in complaints]
            return unread, [EMPTY_SKETCH] * len(complaints)

    def _read_one(
        self, complaint: Complaint, assessment: Assessment, sketch: NDArray[np.uint32]
    ) -> Read:
        leads: tuple[Lead, ...] = ()
        snippet = keys = ""
        try:
            leads = find_identifiers(complaint.text)
            snippet = make_snippet(complaint.text, assessment)
            keys = " ".join(find_keys(complaint.text))
        except Exception as error:  # its message might quote the text
            doubt = f"identifiers and words were not all found ({type(error).__name__})"
            reasons = (*assessment.reasons, doubt)
            assessment = replace(assessment, needs_review=True, reasons=reasons)
        keys = f" {keys} " if keys else ""
        return Read(complaint, assessment, leads, snippet, keys, sketch, self.name)


def give_up(complaint: Complaint, *, doubt: str, model: str) -> Read:
    """Make of a complaint that the program could not read at all what a person has to read.

    :param doubt: why, for the reasons.
    :param model: see ``Read``.
    """
    assessment = assess_unreadable(complaint, doubt, load_policy())
    return Read(complaint, assessment, (), "", "", EMPTY_SKETCH, model)


def find_search_keys(term: str) -> list[str]:
    """Give the spelling keys of what is searched for; each has to be among a complaint's.

    :returns: none where the term holds numbers and identifiers alone.
    """
    return find_keys(term)
