"""Where people have their public holidays."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("user", sa.Column("holidays", sa.String(length=64), nullable=False, server_default=""))
