"""The model card, Markdown, generated from what was measured."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from triage.evaluation.metrics import Measure
from triage.evaluation.scorecard import Scorecard, Scores
from triage.labels import LANGUAGE_TITLES
from triage.model.guarantees import EVERYONE, Guarantee, Shortage, per_hundred
from triage.model.thresholds import OperatingPoint
from triage.records import LabelledComplaint

COLUMN_TITLES = {
    "category_f1": "category F1",
    "recall": "recall",
    "precision": "precision",
    "average_precision": "avg. prec.",
    "kappa": "kappa",
    "too_low": "2+ too low",
    "category_error": "cat. ECE",
    "risk_error": "risk ECE",
    "pairs": "pairs",
}


def write_card(
    name: str,
    complaints: Sequence[LabelledComplaint],
    point: OperatingPoint,
    scorecard: Scorecard,
    *,
    guarantees: Sequence[Guarantee] = (),
    prices: Mapping[float, Guarantee | Shortage] | None = None,
) -> str:
    """Write the card of a model.

    :param complaints: what it was trained on; only counts of them are written.
    :param scorecard: measured on stories unseen by the judging model.
    :param guarantees: what the threshold can promise, all first; none leaves the section out.
    :param prices: what promising other recalls costs; None leaves that table out.
    """
    languages = Counter(c.language for c in complaints)
    levels = Counter(int(c.urgency) for c in complaints)
    categories = Counter(str(c.category) for c in complaints)
    return "\n".join(
        [
            f"# Model card: {name}",
            "",
            "Reads complaints to a cyber police cell; gives category, urgency and high risk. It sorts a",
            "queue for people; it decides nothing about anybody and must not be used to close a complaint.",
            "",
            f"Trained on {len(complaints):,} labelled complaints: {_counts(languages)}; categories"
            f" {_counts(categories)}; levels {_counts(levels)}.",
            "",
            f"High risk from probability {point.threshold:.4f} on, or where the lexicon is sure:",
            f"recall {point.recall:.3f}, precision {point.precision:.3f} on unseen stories of the corpus.",
            "",
            "## Measured on unseen stories (cross-validation by story)",
            "",
            *scorecard_table(scorecard),
            "",
            *(guarantee_section(guarantees, prices or {}) if guarantees else []),
            "The corpus is written, not drawn from life: half of it is high risk or hard, so its",
            "probabilities are too high for a desk where one complaint in three hundred speaks of",
            "death. Romanised Telugu, Tamil, Bengali and other languages are not covered.",
            "",
        ]
    )


def scorecard_table(scorecard: Scorecard) -> list[str]:
    """Lay out a scorecard as the lines of a Markdown table."""
    lines = [
        "| language | " + " | ".join(COLUMN_TITLES.values()) + " |",
        "|---" * (len(COLUMN_TITLES) + 1) + "|",
    ]
    groups = {"all": scorecard.overall}
    groups |= {LANGUAGE_TITLES[name]: scores for name, scores in scorecard.languages.items()}
    for title, scores in groups.items():
        cells = [show_measure(measure(scores, name)) for name in COLUMN_TITLES]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def guarantee_section(
    guarantees: Sequence[Guarantee], prices: Mapping[float, Guarantee | Shortage]
) -> list[str]:
    """Lay out in plain words what can be promised, as lines of Markdown.

    :param guarantees: of one threshold: all first, then its languages.
    :param prices: for each recall what promising it costs, or why it cannot be promised.
    """
    overall = guarantees[0]
    lines = [
        "## What can be promised",
        "",
        f"From probability {overall.threshold:.4f} on, the program {overall.say()}.",
        f"Among the next 100 such cases, luck included, it misses at most {overall.next_hundred}.",
        "",
        "The promise rests on labelled high-risk complaints, each judged by a model that had not seen",
        "its story, and takes the shipped model, taught on all of them, to be as good. Each line holds",
        "by itself: of twenty promises at 95 %, one may fail. It is a promise about complaints like",
        "those labelled; another desk's are others, so label some of its own and measure again.",
        "Precision is that of the labelled complaints: where high risk is rarer, it is lower.",
        "",
        "| language | high-risk cases | found | misses at most, in 100"
        " | false alarms per 1,000 without high risk | precision |",
        "|---|---|---|---|---|---|",
        *(_guarantee_row(guarantee) for guarantee in guarantees),
        "",
    ]
    if prices:
        lines += [
            "What it costs to promise more, or less:",
            "",
            "| promise to find, in 100 | from probability | found of those labelled"
            " | false alarms per 1,000 without high risk | precision |",
            "|---|---|---|---|---|",
            *(_price_row(asked, answer) for asked, answer in prices.items()),
            "",
        ]
    return lines


def _guarantee_row(guarantee: Guarantee) -> str:
    group = guarantee.group
    title = group if group == EVERYONE else LANGUAGE_TITLES[group]
    bound = per_hundred(guarantee.miss_rate) if guarantee.found else "nothing can be promised"
    cells = [title, f"{guarantee.cases:,}", f"{guarantee.found:,}", bound, *_show_cost(guarantee)]
    return f"| {' | '.join(cells)} |"


def _price_row(asked: float, answer: Guarantee | Shortage) -> str:
    share = f"{asked * 100:g}"
    if isinstance(answer, Shortage):
        return f"| {share} | - | {answer.say()} | - | - |"
    found = f"{answer.found:,} of {answer.cases:,}"
    return f"| {share} | {answer.threshold:.4f} | {found} | {' | '.join(_show_cost(answer))} |"


def _show_cost(guarantee: Guarantee) -> list[str]:
    alarms, precision = guarantee.false_alarms, guarantee.precision
    return [
        "-" if np.isnan(alarms) else f"{alarms:.0f}",
        "-" if np.isnan(precision) else f"{precision:.2f}",
    ]


def measure(scores: Scores, name: str) -> Measure:
    """Give one measure of a group by its name."""
    found = getattr(scores, name)
    assert isinstance(found, Measure)
    return found


def show_measure(value: Measure) -> str:
    """Write a measure with its interval, such as ``0.91 (0.85-0.96)``."""
    if value.count == 0:
        return "-"
    return f"{value.value:.2f} ({value.low:.2f}-{value.high:.2f})"


def _counts(counter: Counter[str] | Counter[int]) -> str:
    return ", ".join(f"{key} {count:,}" for key, count in sorted(counter.items(), key=str))
