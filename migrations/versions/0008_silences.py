"""Silences and maintenance, and until when senders say that alerts fire."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
at = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("targets", json, nullable=False),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("until", at, nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("creator_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", at, nullable=False),
        sa.Column("ended_at", at, nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["user.id"], name=op.f("fk_maintenance_creator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
    )
    op.create_table(
        "silence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("match", sa.String(length=4), nullable=False),
        sa.Column("matchers", json, nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=True),
        sa.Column("maintenance_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("ends_at", at, nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("creator_name", sa.String(length=120), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", at, nullable=False),
        sa.Column("updated_at", at, nullable=False),
        sa.Column("ended_at", at, nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["creator_id"], ["user.id"], name=op.f("fk_silence_creator_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["user.id"], name=op.f("fk_silence_ended_by")),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_silence_integration_id")
        ),
        sa.ForeignKeyConstraint(
            ["maintenance_id"], ["maintenance.id"], name=op.f("fk_silence_maintenance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
        sa.UniqueConstraint("uid", name=op.f("uq_silence_uid")),
    )
    op.create_index("ix_silence_ends", "silence", ["ends_at", "starts_at"], unique=False)
    op.create_index(op.f("ix_silence_maintenance_id"), "silence", ["maintenance_id"], unique=False)
    op.create_table(
        "alert_expiry",
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=512), nullable=False),
        sa.Column("expires_at", at, nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integration.id"],
            name=op.f("fk_alert_expiry_integration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("integration_id", "alias", name=op.f("pk_alert_expiry")),
    )
    op.create_index("ix_alert_expiry_at", "alert_expiry", ["integration_id", "expires_at"], unique=False)
