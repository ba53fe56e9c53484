"""Alembic's entry: runs migrations on the connection that `migrations.run` hands over."""

from alembic import context

from storage.models import Model

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Model.metadata,
    compare_type=True,
    transactional_ddl=True,  # also on SQLite: a migration is done whole or not at all
)
with context.begin_transaction():
    context.run_migrations()
