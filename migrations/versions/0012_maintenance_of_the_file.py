"""Maintenance can be written in the configuration file: what it is called there, and whether it is there now."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("maintenance", sa.Column("slug", sa.String(length=64), nullable=True))
    op.add_column("maintenance", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column(
        "maintenance", sa.Column("origin", sa.String(length=12), nullable=False, server_default="room")
    )
    op.create_index(op.f("ix_maintenance_slug"), "maintenance", ["slug"], unique=True)
