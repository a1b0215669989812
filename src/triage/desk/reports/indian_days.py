"""Days and weeks as India counts them, in Python and in SQL; weeks begin on Monday (ISO 8601)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Date, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from triage.times import INDIAN_TIME


class IndianDay(FunctionElement[date]):
    """The day in India on which a moment falls, in SQL."""

    type = Date()
    inherit_cache = True


@compiles(IndianDay, "sqlite")
def _day_in_sqlite(element: IndianDay, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+330 minutes')"


@compiles(IndianDay, "postgresql")
def _day_in_postgresql(element: IndianDay, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST({moment} + INTERVAL '330 minutes' AS DATE)"


class IndianWeek(FunctionElement[date]):
    """The Monday of the week in India in which a moment falls, in SQL."""

    type = Date()
    inherit_cache = True


@compiles(IndianWeek, "sqlite")
def _week_in_sqlite(element: IndianWeek, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"date({moment}, '+330 minutes', 'weekday 0', '-6 days')"


@compiles(IndianWeek, "postgresql")
def _week_in_postgresql(element: IndianWeek, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(date_trunc('week', {moment} + INTERVAL '330 minutes') AS DATE)"


class MinutesBetween(FunctionElement[int]):
    """Whole minutes from one moment to a later one, in SQL; 0 where the clock was moved back."""

    type = Integer()
    inherit_cache = True


@compiles(MinutesBetween, "sqlite")
def _minutes_in_sqlite(element: MinutesBetween, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"max(0, CAST(round((julianday({end}) - julianday({start})) * 1440) AS INTEGER))"


@compiles(MinutesBetween, "postgresql")
def _minutes_in_postgresql(element: MinutesBetween, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    minutes = f"CAST(round(extract(epoch FROM {end} - {start}) / 60) AS INTEGER)"
    return f"CASE WHEN {end} < {start} THEN 0 ELSE {minutes} END"  # greatest() passes over NULL


def start_of_day(day: date) -> datetime:
    """Give the moment, in UTC, at which a day begins in India."""
    return datetime.combine(day, time(), INDIAN_TIME).astimezone(UTC)


def find_monday(day: date) -> date:
    """Give the Monday of a day's week.

    >>> find_monday(date(2026, 11, 22))
    datetime.date(2026, 11, 16)
    """
    return day - timedelta(days=day.weekday())
