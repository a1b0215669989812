"""The model card, Markdown, generated from what was measured."""

from collections import Counter
from collections.abc import Sequence

from triage.evaluation.metrics import Measure
from triage.evaluation.scorecard import Scorecard, Scores
from triage.labels import LANGUAGE_TITLES
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
) -> str:
    """Write the card of a model.

    :param complaints: what it was trained on; only counts of them are written.
    :param scorecard: measured on stories unseen by the judging model.
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
