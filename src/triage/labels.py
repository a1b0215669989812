"""What the labels mean: categories, urgency levels and priorities.

Source: the label guide, ``docs/labels.md``. The urgency levels follow the Columbia Suicide Severity
Rating Scale (Posner et al., 2011): level 2 covers its ideation items 1-2, level 3 its items 3-5 and
a recent attempt, level 4 adds that it is happening now.
"""

from enum import IntEnum, StrEnum

HIGH_RISK_LEVEL = 2
"""Levels from this one up count as high risk wherever a yes or no is needed."""


class Category(StrEnum):
    """What kind of crime a complaint tells of; exactly one each."""

    VIDEO_CALL_BLACKMAIL = "video_call_blackmail"
    SEXTORTION = "sextortion"
    OTHER_FRAUD = "other_fraud"

    @property
    def shown(self) -> str:
        """The name shown to people."""
        return _CATEGORY_TITLES[self]


class Urgency(IntEnum):
    """Suicide risk of anybody alive whom a complaint is about, from 0 to 4."""

    NONE = 0
    DISTRESS = 1
    IDEATION = 2
    INTENT = 3
    IMMINENT = 4

    @property
    def shown(self) -> str:
        """The name shown to people, lower case."""
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """One plain sentence that says when the level holds."""
        return _URGENCY_MEANINGS[self]


class Priority(StrEnum):
    """The place in the queue: P1 is called first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class AtRisk(StrEnum):
    """Whose life the urgency speaks of."""

    SELF = "self"
    OTHER = "other"
    NOBODY = ""


CATEGORIES: tuple[Category, ...] = tuple(Category)
"""Class order of every probability array: columns 0, 1, 2."""

LEVELS: tuple[Urgency, ...] = tuple(Urgency)

LANGUAGES: tuple[str, ...] = ("en", "hinglish", "hi", "mr")

LANGUAGE_TITLES = {
    "en": "English",
    "hinglish": "Hinglish",
    "hi": "Hindi",
    "mr": "Marathi",
    "unknown": "unknown language",
}

CONTEXT_TITLES = {
    "idiom": "a figure of speech or another sense",
    "denied": "denied",
    "offender": "said by the offender",
    "taunt": "the victim is told to",
    "general": "about people in general",
    "past": "long over",
    "other": "about somebody else's life",
    "if": "tied to a condition",
    "now": "today or now",
}
"""What the words round a cue can make of it, by the ids of ``records.Evidence.context``."""

_CATEGORY_TITLES = {
    Category.VIDEO_CALL_BLACKMAIL: "Video-call blackmail",
    Category.SEXTORTION: "Sextortion",
    Category.OTHER_FRAUD: "Other fraud",
}

_URGENCY_MEANINGS = {
    Urgency.NONE: "no sign of suicide risk",
    Urgency.DISTRESS: "in strong distress, without a thought of death",
    Urgency.IDEATION: "death or suicide as a thought, a wish or a feared outcome",
    Urgency.INTENT: "says they will do it, or names a method, a plan or a recent attempt",
    Urgency.IMMINENT: "now or within the day: about to, a goodbye, means at hand",
}
