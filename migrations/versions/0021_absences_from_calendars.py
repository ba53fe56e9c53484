"""Calendars of people from which their time off is read."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

at = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "time_off", sa.Column("origin", sa.String(length=12), nullable=False, server_default="room")
    )
    op.create_table(
        "absence_calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("last_modified", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("understood_at", at, nullable=True),
        sa.Column("read_at", at, nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("failing_since", at, nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("created_at", at, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_absence_calendar_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_calendar")),
        sa.UniqueConstraint("user_id", name=op.f("uq_absence_calendar_user_id")),
    )
