"""Since when the other side of a queue is away, and which pages wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("away_since", sa.DateTime(timezone=True), nullable=True))
    is_away = sa.text("away_since IS NOT NULL")
    op.create_index(
        "ix_outbox_away", "outbox", ["away_since"], sqlite_where=is_away, postgresql_where=is_away
    )
    op.add_column("page", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("page", sa.Column("shown", sa.String(24), nullable=False, server_default=""))
    op.add_column("page", sa.Column("held_because", sa.Text(), nullable=False, server_default=""))
