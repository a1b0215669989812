"""What officers used to count by hand: complaints per day and week, surges, shared identifiers.

A complaint counts on the day on which the citizen filed it (``received_at``), so that a backlog that
is read in one night makes no surge. Days and weeks are India's; weeks begin on Monday (ISO 8601).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import Session

from triage.desk.reports.indian_days import (
    IndianDay,
    IndianWeek,
    MinutesBetween,
    find_monday,
    start_of_day,
)
from triage.desk.reports.shared_identifiers import SharedIdentifier, list_shared
from triage.desk.reports.surges import Surge, judge_count
from triage.desk.store.schema import Complaint, FoundLead
from triage.labels import CATEGORIES, LANGUAGES
from triage.times import INDIAN_TIME

SURGE_WEEKS = 8
"""Weeks before that a count is held against."""

SHORTEST_DAYS = 28
"""Days before that are needed to judge the last 24 hours."""

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_URGENT = ("P1", "P2")
_PLATFORMS = {
    "whatsapp": ("whats app", "व्हाट्सएप", "व्हॉट्सॲप"),
    "instagram": ("insta", "इंस्टाग्राम"),
    "facebook": ("फेसबुक",),
    "telegram": ("टेलीग्राम", "टेलिग्राम"),
    "youtube": ("यूट्यूब",),
    "google pay": ("gpay",),
    "phonepe": ("phone pe", "फोनपे"),
    "paytm": ("पेटीएम",),
}
_CANONICAL = {other: name for name, others in _PLATFORMS.items() for other in others}


@dataclass(frozen=True, slots=True)
class Period:
    """Complaints filed on one day, or in one week.

    :param start: the day, or the week's Monday.
    :param complete: False for the day or week that is not over yet.
    :param platforms: complaints that name it; one may name several, or none.
    """

    start: date
    complete: bool
    total: int
    categories: dict[str, int]
    languages: dict[str, int]
    platforms: dict[str, int]


@dataclass(frozen=True, slots=True)
class ContactWeek:
    """How soon the complaints that arrived in one week were called, in minutes from arrival.

    :param contacted: of ``arrived``, how many were reached so far; medians are over these alone.
    :param urgent_...: the same for P1 and P2.
    """

    start: date
    arrived: int
    contacted: int
    median_min: float | None
    urgent_arrived: int
    urgent_contacted: int
    urgent_median_min: float | None


@dataclass(frozen=True, slots=True)
class Trends:
    """What came in the last ``days`` days, and whether it is more than usual.

    :param days: one for each day, the oldest first; ``weeks`` the same for each ISO week of which
        a day is among them.
    :param week_surges: the last complete week against the eight before, for each category and,
        under ``all``, for all.
    :param day_surges: the last 24 hours against the days of the eight weeks before, likewise.
    """

    made_at: datetime
    days: list[Period]
    weeks: list[Period]
    week_surges: dict[str, Surge]
    day_surges: dict[str, Surge]
    first_contact: list[ContactWeek]
    shared: list[SharedIdentifier]


def build_trends(session: Session, *, days: int = 90, now: datetime) -> Trends:
    """Count what came in and hold the newest counts against the earlier ones.

    :param days: days to show, today included, from 1.
    :param now: the time of looking; what is dated later is not counted.
    """
    today = now.astimezone(INDIAN_TIME).date()
    first = today - timedelta(days=days - 1)
    monday = find_monday(first)
    filed = _count_filed(session, min(monday, find_monday(today) - 10 * _WEEK), now)
    platforms = _count_platforms(session, monday, now)
    shown_days = [first + n * _DAY for n in range(days)]
    weeks = sorted({find_monday(day) for day in shown_days})
    return Trends(
        made_at=now,
        days=[_sum_up(day, 1, today, filed, platforms) for day in shown_days],
        weeks=[_sum_up(week, 7, today, filed, platforms) for week in weeks],
        week_surges=_judge_week(filed, find_monday(today) - _WEEK),
        day_surges=_judge_day(session, filed, now),
        first_contact=_measure_contact(session, weeks, now),
        shared=list_shared(session, start_of_day(first), now),
    )


Filed = dict[date, Counter[tuple[str, str]]]
"""For each day the complaints of each category and language."""


def _count_filed(session: Session, first: date, now: datetime) -> Filed:
    day = IndianDay(Complaint.received_at)
    query = (
        select(day, Complaint.category, Complaint.language, func.count())
        .where(Complaint.received_at >= start_of_day(first), Complaint.received_at <= now)
        .group_by(day, Complaint.category, Complaint.language)
    )
    filed: Filed = defaultdict(Counter)
    for filed_on, category, language, count in session.execute(query):
        filed[filed_on][category, language] += count
    return filed


def _count_platforms(session: Session, first: date, now: datetime) -> dict[date, Counter[str]]:
    day = IndianDay(Complaint.received_at)
    name = case(_CANONICAL, value=FoundLead.value, else_=FoundLead.value).label("platform")
    query = (
        select(day, name, func.count(distinct(Complaint.id)))
        .join(FoundLead, FoundLead.complaint_id == Complaint.id)
        .where(Complaint.received_at >= start_of_day(first), Complaint.received_at <= now)
        .where(FoundLead.kind == "platform")
        .group_by(day, "platform")
    )
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for filed_on, platform, count in session.execute(query):
        found[filed_on][platform] += count
    return found


def _sum_up(
    start: date, length: int, today: date, filed: Filed, platforms: dict[date, Counter[str]]
) -> Period:
    """Add up the days of a period."""
    within = [start + n * _DAY for n in range(length)]
    counts: Counter[tuple[str, str]] = Counter()
    named: Counter[str] = Counter()
    for day in within:
        counts.update(filed.get(day, {}))
        named.update(platforms.get(day, {}))
    categories = dict.fromkeys(CATEGORIES, 0) | _add_up((c, n) for (c, _), n in counts.items())
    languages = dict.fromkeys((*LANGUAGES, "unknown"), 0)
    return Period(
        start=start,
        complete=within[-1] < today,
        total=counts.total(),
        categories={str(name): count for name, count in categories.items()},
        languages=languages | _add_up((language, n) for (_, language), n in counts.items()),
        platforms=dict(named.most_common()),
    )


def _add_up(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for name, count in pairs:
        sums[name] += count
    return dict(sums)


def _judge_week(filed: Filed, last: date) -> dict[str, Surge]:
    weeks: dict[date, Counter[str]] = defaultdict(Counter)
    for day, counts in filed.items():
        for (category, _), count in counts.items():
            weeks[find_monday(day)].update({category: count, "all": count})
    earlier = _find_history([last - n * _WEEK for n in range(SURGE_WEEKS, 0, -1)], weeks, _WEEK)
    return {
        name: judge_count(weeks[last][name], [weeks[week][name] for week in earlier])
        for name in ("all", *map(str, CATEGORIES))
    }


def _judge_day(session: Session, filed: Filed, now: datetime) -> dict[str, Surge]:
    recent = (
        select(Complaint.category, func.count())
        .where(Complaint.received_at > now - _DAY, Complaint.received_at <= now)
        .group_by(Complaint.category)
    )
    newest: Counter[str] = Counter(dict(session.execute(recent).all()))
    newest["all"] = newest.total()
    days: dict[date, Counter[str]] = defaultdict(Counter)
    for day, counts in filed.items():
        for (category, _), count in counts.items():
            days[day].update({category: count, "all": count})
    first = (now - _DAY).astimezone(INDIAN_TIME).date()  # the last 24 hours reach into it
    asked = [first - n * _DAY for n in range(7 * SURGE_WEEKS, 0, -1)]
    earlier = _find_history(asked, days, _DAY)
    return {
        name: judge_count(
            newest[name], [days[day][name] for day in earlier], shortest=SHORTEST_DAYS
        )
        for name in ("all", *map(str, CATEGORIES))
    }


def _find_history(
    starts: Sequence[date], counts: dict[date, Counter[str]], length: timedelta
) -> Sequence[date]:
    """Leave out the periods from before the desk, and the one in which it began."""
    begun = starts[0] - length in counts
    for place, start in enumerate(starts):
        if begun:
            return starts[place:]
        begun = start in counts
    return ()


Waits = dict[tuple[date, bool], Counter[int | None]]
"""For each week, and for urgent complaints or not, how many were called after so many minutes; None
where nobody was reached yet."""


def _measure_contact(session: Session, weeks: Sequence[date], now: datetime) -> list[ContactWeek]:
    week = IndianWeek(Complaint.arrived_at)
    minutes = MinutesBetween(Complaint.arrived_at, Complaint.contacted_at)
    query = (
        select(week, Complaint.priority, minutes, func.count())
        .where(Complaint.arrived_at >= start_of_day(weeks[0]), Complaint.arrived_at <= now)
        .group_by(week, Complaint.priority, minutes)
    )
    waits: Waits = defaultdict(Counter)
    for start, priority, waited, count in session.execute(query):
        waits[start, priority in _URGENT][waited] += count
    return [_build_contact_week(start, waits) for start in weeks]


def _build_contact_week(week: date, waits: Waits) -> ContactWeek:
    urgent = waits.get((week, True), Counter())
    both = urgent + waits.get((week, False), Counter())
    return ContactWeek(
        start=week,
        arrived=both.total(),
        contacted=both.total() - both[None],
        median_min=_find_median(both),
        urgent_arrived=urgent.total(),
        urgent_contacted=urgent.total() - urgent[None],
        urgent_median_min=_find_median(urgent),
    )


def _find_median(waits: Counter[int | None]) -> float | None:
    reached = [minutes for minutes in waits.elements() if minutes is not None]
    return median(reached) if reached else None
