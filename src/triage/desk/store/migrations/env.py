"""How alembic brings a desk's database up to date; called by ``desk.store.database`` alone."""

from alembic import context

from triage.desk.store.audit_tables import DeskState

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=DeskState.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
