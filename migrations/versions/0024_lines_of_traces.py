"""What many traces have in common is kept once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "trace_line",
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column("line", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_trace_line")),
    )
