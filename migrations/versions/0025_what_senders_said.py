"""What a sender said about an alert, for rules that are asked again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("alert", sa.Column("said", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))
