"""Trends: what came in by day and week, whether it is more than usual, what many cases share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from triage.desk.reports.surges import Surge
from triage.desk.reports.trends import Period, Trends, build_trends
from triage.labels import CATEGORIES
from triage.web import names
from triage.web.charts import Bar, Columns, build_bars, build_columns
from triage.web.rendering import render
from triage.web.shown import MONTHS
from triage.web.visits import Database, ReportSeat
from triage.web.words import translate

router = APIRouter()

SPANS: Final = (30, 90, 365)
"""Days that can be asked for."""

_MOST_COLUMNS = 92  # days; of longer spans only the weeks are drawn
_MOST_BARS = 10
_WRITTEN_OTHERWISE: Final = {
    "whatsapp": "WhatsApp",
    "youtube": "YouTube",
    "linkedin": "LinkedIn",
    "phonepe": "PhonePe",
    "olx": "OLX",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One kind of complaint against what was to be expected.

    :param name: a category, or ``all``.
    """

    name: str
    day: Surge
    week: Surge


@dataclass(frozen=True, slots=True)
class TrendsPage:
    """What the page of trends shows.

    :param charts: columns by day (where they are not too many) and by week, and of first contacts.
    """

    spans: tuple[int, ...]
    days: int
    total: int
    trends: Trends
    judged: list[Judged]
    charts: list[Columns]
    contact: Columns | None
    platforms: list[Bar]
    languages: list[Bar]


@router.get("/trends")
def show_trends(
    request: Request, seat: ReportSeat, database: Database, days: str = "90"
) -> Response:
    """Show what came in the last days."""
    span = int(days) if days in map(str, SPANS) else SPANS[1]
    with database.read() as session:
        trends = build_trends(session, days=span, now=seat.now)
    page = build_page(trends, span, seat.language)
    return render(request, "trends.html", page, seat=seat, months=MONTHS, timedelta=timedelta)


def build_page(trends: Trends, span: int, language: str) -> TrendsPage:
    """Build what the page shows, in the reader's language."""
    say = partial(translate, language=language)
    series = [say(names.CATEGORIES[category]) for category in CATEGORIES]
    charts = []
    if len(trends.days) <= _MOST_COLUMNS:
        charts.append(_draw(say("Complaints per day"), series, trends.days, language))
    charts.append(_draw(say("Complaints per week"), series, trends.weeks, language))
    judged = [
        Judged(name, trends.day_surges[name], trends.week_surges[name])
        for name in ("all", *map(str, CATEGORIES))
    ]
    platforms = _add_up([period.platforms for period in trends.days])
    languages = _add_up([period.languages for period in trends.days])
    return TrendsPage(
        spans=SPANS,
        days=span,
        total=sum(day.total for day in trends.days),
        trends=trends,
        judged=judged,
        charts=charts,
        contact=_draw_contact(trends, language),
        platforms=build_bars([(_name_platform(name), n) for name, n in platforms]),
        languages=build_bars([(say(names.LANGUAGES[name]), n) for name, n in languages]),
    )


def _draw(title: str, series: Sequence[str], periods: Sequence[Period], language: str) -> Columns:
    return build_columns(
        title,
        series=series,
        labels=[tell_day(period.start, language) for period in periods],
        values=[[period.categories[category] for category in CATEGORIES] for period in periods],
    )


def _draw_contact(trends: Trends, language: str) -> Columns | None:
    weeks = trends.first_contact
    if not any(week.contacted for week in weeks):
        return None
    say = partial(translate, language=language)
    return build_columns(
        say("Median time from arrival to first contact, P1 and P2, by week"),
        series=[say("minutes")],
        labels=[tell_day(week.start, language) for week in weeks],
        values=[[week.urgent_median_min or 0.0] for week in weeks],
        unit=" " + say("min"),
    )


def _add_up(counts: Sequence[dict[str, int]]) -> list[tuple[str, int]]:
    sums: Counter[str] = Counter()
    for each in counts:
        sums.update(each)
    return [(name, count) for name, count in sums.most_common(_MOST_BARS) if count]


def _name_platform(name: str) -> str:
    return _WRITTEN_OTHERWISE.get(name, name.title())


def tell_day(day: date, language: str) -> str:
    """Name a day shortly.

    >>> tell_day(date(2026, 11, 5), "en")
    '5 Nov'
    """
    return f"{day.day} {translate(MONTHS[day.month - 1], language)}"
