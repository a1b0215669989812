"""From probabilities and rules to one assessment: levels, doubts, evidence and priority."""

from collections.abc import Sequence

from triage.config import Settings
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, AtRisk, Category, Urgency
from triage.model.explain import collect_evidence
from triage.model.heads import Decision
from triage.policy import Findings, Policy
from triage.records import Assessment, Complaint
from triage.text.normalise import MAX_CHARACTERS
from triage.text.reading import Reading

UNKNOWN_RISK = 0.5
"""Risk of a complaint that could not be read: as likely as not, so it waits behind no sure zero."""

MIN_WORDS = 3
_LEXICON_ALONE = 0.1
_FLAG = 0.5


def assess_reading(
    complaint: Complaint,
    reading: Reading,
    decision: Decision,
    *,
    floor: int,
    high_risk: bool,
    carriers: Sequence[tuple[int, int]],
    threshold: float,
    settings: Settings,
    policy: Policy,
) -> Assessment:
    """Assess one complaint that was read.

    :param floor: level that the lexicon is sure of; the urgency never falls below it.
    :param high_risk: see ``thresholds.mark_high_risk``.
    :param carriers: token ranges that carried it; see ``carriers.find_carriers``.
    :param threshold: probability from which the risk is high.
    """
    barrier = complaint.problem or (
        _why_unknown(reading) if reading.language == "unknown" else None
    )
    if barrier and not any(char.isalpha() for char in reading.source.text):
        return assess_unreadable(complaint, barrier, policy)
    # What was half read keeps what was read in it, and goes to a person all the same.
    risk = max(decision.at_least[1], UNKNOWN_RISK) if barrier else decision.at_least[1]
    urgency = choose_level(decision, floor, threshold)
    doubts = _doubts(complaint, reading, decision, floor, high_risk, settings)
    doubts = (*doubts, barrier) if barrier else doubts
    topics = {mention.cue.id for mention in reading.mentions}
    findings = Findings(
        category=CATEGORIES[decision.category.index(max(decision.category))],
        urgency=urgency,
        high_risk=high_risk,
        death_reported=decision.flags["death_reported"] >= _FLAG,
        minor=reading.minor_age or decision.flags["minor"] >= _FLAG,
        deadline="topic.deadline" in topics,
        money_recent="topic.money-recent" in topics,
        needs_review=bool(doubts),
        unreadable=barrier is not None,
    )
    priority, rules = policy.decide(findings)
    return Assessment(
        id=complaint.id,
        priority=priority,
        category=findings.category,
        category_proba=decision.category,
        urgency=urgency,
        risk=risk,
        high_risk=high_risk,
        at_risk=_whose_life(urgency, decision),
        death_reported=findings.death_reported,
        minor=findings.minor,
        needs_review=findings.needs_review,
        reasons=(*(rule.reason for rule in rules), *doubts),
        evidence=collect_evidence(complaint.text, reading, level=int(urgency), carriers=carriers),
        language=reading.language,
        deadline=findings.deadline,
        money_recent=findings.money_recent,
        unreadable=findings.unreadable,
    )


def assess_unreadable(complaint: Complaint, doubt: str, policy: Policy) -> Assessment:
    """Assess a complaint that the program cannot read: a person has to.

    :param doubt: why it cannot, in plain words, without the text.
    """
    findings = Findings(
        category=Category.OTHER_FRAUD,
        urgency=Urgency.NONE,
        high_risk=False,
        death_reported=False,
        minor=False,
        deadline=False,
        money_recent=False,
        needs_review=True,
        unreadable=True,
    )
    priority, rules = policy.decide(findings)
    third = 1 / len(CATEGORIES)
    return Assessment(
        id=complaint.id,
        priority=priority,
        category=findings.category,
        category_proba=(third, third, third),
        urgency=findings.urgency,
        risk=UNKNOWN_RISK,
        high_risk=False,
        at_risk=AtRisk.NOBODY,
        death_reported=False,
        minor=False,
        needs_review=True,
        reasons=(rules[0].reason, doubt),
        evidence=(),
        language="unknown",
        unreadable=True,
    )


def choose_level(decision: Decision, floor: int, threshold: float) -> Urgency:
    """Give the highest level that is more likely than not, held up by the lexicon's floor.

    High risk is decided at its own threshold, so level and ``high_risk`` never contradict.
    """
    level = 0
    for i, probability in enumerate(decision.at_least, start=1):
        if probability < (threshold if i <= HIGH_RISK_LEVEL else 0.5):
            break
        level = i
    if level == 1 and decision.at_least[0] < 0.5:
        level = 0
    return Urgency(max(level, floor))


def _whose_life(urgency: Urgency, decision: Decision) -> AtRisk:
    if urgency is Urgency.NONE:
        return AtRisk.NOBODY
    return AtRisk.OTHER if decision.flags["at_risk_other"] >= _FLAG else AtRisk.SELF


def _doubts(
    complaint: Complaint,
    reading: Reading,
    decision: Decision,
    floor: int,
    high_risk: bool,
    settings: Settings,
) -> tuple[str, ...]:
    doubts: list[str] = []
    if len(reading.keys) < MIN_WORDS:
        doubts.append("too short to tell")
    if len(complaint.text) > MAX_CHARACTERS:
        doubts.append(f"very long: only the first {MAX_CHARACTERS:,} characters were read")
    if max(decision.category) < settings.review_below:
        doubts.append("the category is not clear")
    if floor >= HIGH_RISK_LEVEL and decision.at_least[1] < _LEXICON_ALONE:
        doubts.append("word list and statistics disagree about the risk")
    told = max((m.cue.level for m in reading.mentions if m.counts), default=0)
    if high_risk and not told:
        doubts.append("the risk rests on the statistics alone")
    if told >= HIGH_RISK_LEVEL and not high_risk:  # never sure of itself, and yet it was said
        doubts.append("words that can mean death stand in it, but the statistics see no risk")
    return tuple(doubts)


def _why_unknown(reading: Reading) -> str:
    text = reading.source.text
    if not text.strip():
        return "the text is empty"
    if not any(char.isalpha() for char in text):
        return "the text has no words"
    if sum(char.isalpha() for char in text) < MIN_WORDS:
        return "too short to tell"
    return "the script or language is not known"
