"""How well a model holds: against noise in the text, and in naming what its decision rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from triage.evaluation.metrics import Measure, proportion
from triage.evaluation.scorecard import Judged
from triage.labels import HIGH_RISK_LEVEL, LANGUAGES
from triage.records import Assessment

CLEAN = "as written"


@dataclass(frozen=True, slots=True)
class Robustness:
    """What noise takes away, and whether the evidence is what it says.

    :param recall: for each kind of noise (``CLEAN`` is none), the share of high-risk complaints
        found, in all and by language. Pairs don't count.
    :param faithful: share of the texts marked high risk that no longer are without their
        evidence, in all and by language.
    """

    recall: dict[str, dict[str, Measure]]
    faithful: dict[str, Measure]


def score_recall(cases: Sequence[Judged]) -> dict[str, Measure]:
    """Measure recall of high risk, in all and by language."""
    found = [
        (case.complaint.language, case.high_risk)
        for case in cases
        if case.truly_high and not case.complaint.phenomenon
    ]
    return shares_by_language(found)


def shares_by_language(answers: Sequence[tuple[str, bool]]) -> dict[str, Measure]:
    """Measure the share of yes, in all and for each language that occurs."""
    groups = {"all": [yes for _, yes in answers]}
    for name in LANGUAGES:
        group = [yes for language, yes in answers if language == name]
        if group:
            groups[name] = group
    return {name: proportion(sum(group), len(group)) for name, group in groups.items()}


def without_evidence(text: str, assessment: Assessment) -> str:
    """Cut from a text the words that its assessment names as carrying a high risk.

    :param text: the text as it was written.
    """
    out: list[str] = []
    done = 0
    spans = [
        (e.start, e.end) for e in assessment.evidence if e.counts and e.level >= HIGH_RISK_LEVEL
    ]
    for start, end in sorted(spans):
        out.append(text[done : max(done, start)])
        done = max(done, end)
    return " ".join([*out, text[done:]])
