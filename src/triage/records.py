"""The records that pass between the parts: what comes in, what was found, what goes out."""

from dataclasses import dataclass, field

from triage.labels import AtRisk, Category, Priority, Urgency


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint as it came in.

    :param id: the desk's own number, or the row number where there is none.
    :param text: what the citizen wrote.
    :param received_at: ISO 8601 time of arrival, or None where unknown.
    :param problem: why the text could not be read, or None; such a complaint still gets a place.
    """

    id: str
    text: str = field(repr=False)  # a repr must not carry the words into a log
    received_at: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledComplaint:
    """One complaint with the labels of the guide.

    :param language: ``en``, ``hinglish``, ``hi`` or ``mr``.
    :param scenario: texts of one story share it; no split may part them.
    :param batch: who wrote it, under which brief.
    :param evidence: the exact words of the text that carry the level (or mislead, at level 0).
    :param phenomenon: for one side of a minimal pair, what the pair turns on; else empty.
    :param place: file and row that it was read from, for whoever corrects a label.
    """

    id: str
    text: str = field(repr=False)
    language: str
    category: Category
    urgency: Urgency
    at_risk: AtRisk
    death_reported: bool
    minor: bool
    scenario: str
    batch: str
    evidence: tuple[str, ...] = field(default=(), repr=False)
    phenomenon: str = ""
    place: tuple[str, int] = field(default=("", 0), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of a complaint that an assessment rests on.

    :param start: first character in the text as it was written.
    :param end: one past the last character.
    :param level: what the words alone would mean, 0 to 4; 0 marks what names the category.
    :param counts: False where the context takes the meaning away (denied, taunt, idiom, ...).
    :param context: what was read around them, in plain words, such as ``denied``.
    :param cue: id of the lexicon entry or rule, or ``model`` where the statistics chose the words.
    :param snippet: the words with identifiers and names masked.
    """

    start: int
    end: int
    level: int
    counts: bool
    context: tuple[str, ...]
    cue: str
    snippet: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lead:
    """An identifier that a case can be traced by.

    :param kind: ``phone``, ``upi``, ``email``, ``link``, ``handle``, ``ifsc``, ``card``,
        ``account``, ``wallet``, ``imei``, ``reference``, ``amount`` or ``platform``.
    :param value: the identifier in one form however it was spaced.
    """

    kind: str
    value: str = field(repr=False)
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What triage makes of one complaint.

    :param category_proba: probability of each category, in the order of ``labels.CATEGORIES``.
    :param risk: calibrated probability, 0 to 1, that the urgency is level 2 or more.
    :param high_risk: True at the chosen operating point, or where the lexicon is sure.
    :param needs_review: True where a person has to decide; never lowers a priority.
    :param reasons: why the complaint has its priority, most important first.
    :param deadline: the blackmailer's deadline is running.
    :param money_recent: money moved within about a day.
    :param unreadable: the program could not read the text, so that little of this means anything.
    """

    id: str
    priority: Priority
    category: Category
    category_proba: tuple[float, float, float]
    urgency: Urgency
    risk: float
    high_risk: bool
    at_risk: AtRisk
    death_reported: bool
    minor: bool
    needs_review: bool
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    language: str
    deadline: bool = False
    money_recent: bool = False
    unreadable: bool = False

    @property
    def category_confidence(self) -> float:
        """Probability of the chosen category, 0 to 1."""
        return max(self.category_proba)
