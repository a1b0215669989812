"""Times as complaints carry them: ISO 8601, or written the Indian way, the day first."""

import re
from datetime import UTC, datetime, timedelta, timezone

INDIAN_TIME = timezone(timedelta(hours=5, minutes=30), "IST")

_LONGEST = 40  # characters; what is longer is no time
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s./-]+(?P<month>\d{1,2}|[a-z]{3,9})[\s.,/-]+(?P<year>\d{4})"
    r"(?:[\s,T]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?(?:\s*ist)?)?",
    re.IGNORECASE,
)


def read_time(given: object) -> datetime | None:
    """Read a time of arrival.

    :param given: ISO 8601, or such as ``21/11/2026 4:30 PM`` or ``21 Nov 2026``: the day first, as
        India writes it. Without a zone it is Indian time.
    :returns: the time in UTC, or None where it is none.

    >>> read_time("21/11/2026 4:30 pm").isoformat()
    '2026-11-21T11:00:00+00:00'
    """
    text = "" if given is None else str(given).strip()
    if not text or len(text) > _LONGEST:
        return None
    try:
        time = _read_iso(text) or _read_day_first(text)
        if time is None:
            return None
        return (time if time.tzinfo else time.replace(tzinfo=INDIAN_TIME)).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: within hours of year 1 or 9999
        return None


def _read_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_day_first(text: str) -> datetime | None:
    match = _DAY_FIRST.fullmatch(text)
    if match is None:
        return None
    month = match["month"].lower()
    number = int(month) if month[0].isdigit() else _MONTHS.index(month[:3]) + 1
    hour = int(match["hour"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    return datetime(int(match["year"]), number, int(match["day"]), hour, minute, second)
