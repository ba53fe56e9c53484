"""Alembic's entry: runs migrations on the connection that `migrations.run` hands over."""

from alembic import context

from storage.models import Model

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Model.metadata, render_as_batch=False, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
