"""Alembic migrations, forward only. `run.migrate` brings a database to this release's schema."""
