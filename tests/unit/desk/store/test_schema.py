"""What the migrations make is what the code expects."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select
from sqlalchemy.exc import StatementError

from triage.desk.store.audit_tables import DeskState
from triage.desk.store.columns import Base
from triage.desk.store.database import open_database
from triage.desk.store.schema import User


def test_the_migrations_make_the_schema(database):
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _can_be_compared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
        names = {index["name"] for index in inspect(connection).get_indexes("complaints")}
    assert names == {index.name for index in Base.metadata.tables["complaints"].indexes}


def _can_be_compared(item, name, *_):
    return name != "ix_complaints_open"  # SQLite tells nothing of an index with DESC


def test_a_database_is_made_from_nothing(empty_url):
    made = open_database(empty_url)
    with made.read() as session:
        assert session.scalars(select(DeskState.audit_seq)).all() == [0]
    assert set(inspect(made.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    made.close()


def test_times_come_back_with_their_zone(database, staff, now):
    with database.read() as session:
        assert session.scalars(select(User.created_at)).one() == now
        assert session.scalars(select(User.created_at)).one().tzinfo is not None


def test_a_time_without_zone_is_refused(database, staff, now):
    with database.read() as session:
        naive = select(User.id).where(User.created_at < now.replace(tzinfo=None))
        with pytest.raises(StatementError, match="needs its zone"):
            session.execute(naive)
