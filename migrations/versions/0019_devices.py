"""A contact method may be gone: its device takes no pushes any more."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("contact_method", sa.Column("gone_because", sa.Text(), nullable=False, server_default=""))
