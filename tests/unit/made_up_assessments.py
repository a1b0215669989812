"""What a model might say of a complaint, for tests that need no model."""

from triage.labels import AtRisk, Category, Priority, Urgency
from triage.records import Assessment

BASE = Assessment(
    id="1",
    priority=Priority.P4,
    category=Category.OTHER_FRAUD,
    category_proba=(0.1, 0.2, 0.7),
    urgency=Urgency.NONE,
    risk=0.01,
    high_risk=False,
    at_risk=AtRisk.NOBODY,
    death_reported=False,
    minor=False,
    needs_review=False,
    reasons=("nothing found",),
    evidence=(),
    language="en",
)
