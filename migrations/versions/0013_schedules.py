"""Rotations with an end, hours and layers; overrides of one rotation and by nobody; forwarding and time off."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
at = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "schedule", sa.Column("combine", sa.String(length=24), nullable=False, server_default="add")
    )
    op.add_column("rotation", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("rotation", sa.Column("ends", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("rotation", sa.Column("hours", json, nullable=False, server_default="[]"))
    op.execute("UPDATE rotation SET position = id")
    with op.batch_alter_table("override") as override:
        override.alter_column("user_id", existing_type=sa.Integer(), nullable=True)
        override.add_column(sa.Column("rotation_id", sa.Integer(), nullable=True))
        override.create_foreign_key(
            op.f("fk_override_rotation_id"), "rotation", ["rotation_id"], ["id"], ondelete="CASCADE"
        )
    op.create_table(
        "forwarding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("ends_at", at, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", at, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_forwarding_created_by")),
        sa.ForeignKeyConstraint(["giver_id"], ["user.id"], name=op.f("fk_forwarding_giver_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["user.id"], name=op.f("fk_forwarding_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarding")),
    )
    op.create_index("ix_forwarding_ends", "forwarding", ["ends_at"], unique=False)
    op.create_table(
        "time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("ends_at", at, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", at, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_time_off_created_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_time_off_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
    )
    op.create_index("ix_time_off_ends", "time_off", ["ends_at"], unique=False)
