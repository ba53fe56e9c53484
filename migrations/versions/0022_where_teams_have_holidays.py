"""Where teams have their public holidays, and who said where people and teams have theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("team", sa.Column("holidays", sa.String(length=64), nullable=False, server_default=""))
    for table in ("user", "team"):
        origin = sa.Column("holidays_origin", sa.String(length=12), nullable=False, server_default="")
        op.add_column(table, origin)
