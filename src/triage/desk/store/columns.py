"""What every table of the desk is built on: keys, times that keep their zone, the base."""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts by itself only where INTEGER

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UtcTime(TypeDecorator[datetime]):
    """A time, kept in UTC and given back with its zone, whatever the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: nobody would know when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time for the desk needs its zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {datetime: UtcTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


def find_table(mapped: type[Base]) -> Table:
    """Give the table of a mapped class.

    Statements on it do without the mapper, which takes as long again: that counts where one writes
    and all others wait.
    """
    return Base.metadata.tables[mapped.__tablename__]


def clean_text(text: str) -> str:
    r"""Replace what no database can hold, one character by one: all places stay.

    PostgreSQL refuses NUL, not only to keep it but to look for it, and no driver takes half characters.

    >>> clean_text("a\x00b\ud800")
    'a\ufffdb\ufffd'
    """
    return _UNSTORABLE.sub("\ufffd", text)
