"""The trials of a search: settings tried on complaints that are read once for all of them."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from triage.config import Settings
from triage.errors import DataError
from triage.evaluation.metrics import Measure
from triage.evaluation.scorecard import score_cases
from triage.model.fitting import fit
from triage.model.noisy_copies import noisy_copies
from triage.records import LabelledComplaint
from triage.search_plan import MEASURES, Choice, SearchPlan, Span
from triage.text.lexicon import load_lexicon
from triage.text.pipeline import build_nlp
from triage.text.reading import ReadBatch, Reading, read_texts
from triage.training import judge_unseen

ALL = "all"
"""Names the measures over all languages."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One trial of a search: which settings, and what they gave.

    :param number: counted from 0 over the trials that were finished; 0 is the default settings.
    :param score: the objective, see ``score_measures``; more is better.
    :param measures: by ``ALL`` or language, then by the name in ``Scores``.
    :param seconds: how long it took.
    """

    number: int
    settings: Settings
    score: float
    measures: dict[str, dict[str, Measure]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Complaints as read, on which any settings of a plan can be tried.

    :param readings: of the complaints, in their order.
    :param copy_readings: of the noisy copies, by their id, for the highest share of the plan.
    :param key_strings: see ``ReadBatch``.
    """

    complaints: Sequence[LabelledComplaint]
    plan: SearchPlan
    readings: list[Reading] = field(repr=False)
    copy_readings: dict[str, Reading] = field(repr=False)
    key_strings: dict[int, str] = field(repr=False)

    def try_settings(self, settings: Settings, *, number: int, workers: int = 1) -> TrialResult:
        """Cross-validate by story and measure what came out for unseen stories.

        :param settings: with the seed of the plan.
        :param number: of the trial.
        :param workers: processes; changes nothing in the result.
        :raises DataError: where a measure of the objective has nothing to rest on.
        """
        begin = time.monotonic()
        share, seed = settings.noisy_share, settings.seed
        copies = noisy_copies(self.complaints, share=share, seed=seed)
        readings = [*self.readings, *(self.copy_readings[copy.id] for copy in copies)]
        batch = ReadBatch(readings, self.key_strings)
        cues = load_lexicon().cues
        fitted = fit(batch, self.complaints, cues, settings, copies=copies, workers=workers)
        card = score_cases(judge_unseen(self.complaints, fitted))
        groups = {ALL: card.overall, **card.languages}
        measures = {g: {m: getattr(s, m) for m in (*MEASURES, "recall")} for g, s in groups.items()}
        score = score_measures(measures[ALL], self.plan.weights)
        return TrialResult(number, settings, score, measures, time.monotonic() - begin)


def prepare_bench(complaints: Sequence[LabelledComplaint], plan: SearchPlan) -> Bench:
    """Read complaints and their noisy copies, once for all trials of a plan."""
    shares = plan.space.get("noisy_share", Choice((plan.start.noisy_share,)))
    # The copies of a lower share are among those of a higher one.
    highest = shares.high if isinstance(shares, Span) else max(shares.values)
    copies = noisy_copies(complaints, share=highest, seed=plan.start.seed)
    batch = read_texts(build_nlp(), [c.text for c in (*complaints, *copies)])
    count = len(complaints)
    by_id = {c.id: r for c, r in zip(copies, batch.readings[count:], strict=True)}
    return Bench(complaints, plan, batch.readings[:count], by_id, batch.key_strings)


def score_measures(measures: dict[str, Measure], weights: dict[str, float]) -> float:
    """Give the weighted mean of measures, 0 to 1 for most; more is better.

    Of a measure of which less is better, 1 minus it counts.

    :param weights: by the measure's name, above 0.
    :raises DataError: where a measure has nothing to rest on.

    >>> both = {"kappa": Measure(0.8, 0.7, 0.9, 10), "too_low": Measure(0.2, 0.1, 0.3, 10)}
    >>> score_measures(both, {"kappa": 3.0, "too_low": 1.0})
    0.8
    """
    empty = [name for name in weights if math.isnan(measures[name].value)]
    if empty:
        raise DataError(
            f"the objective takes {', '.join(empty)}, but these complaints hold nothing to measure"
            " it on; take another measure or more complaints"
        )
    values = {n: measures[n].value if MEASURES[n] else 1 - measures[n].value for n in weights}
    return sum(weights[name] * values[name] for name in weights) / sum(weights.values())
