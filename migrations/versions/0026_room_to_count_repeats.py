"""Room in the pages of PostgreSQL's alerts, where a repeat that is counted writes the row anew. Without it each new version
goes to another page, and into every index: a table that grows with the repeats, and each of them four times as dear."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE alert SET (fillfactor = 70)")
