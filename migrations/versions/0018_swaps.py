"""Shifts that are offered and swapped."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

at = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("override") as override:
        override.add_column(sa.Column("giver_id", sa.Integer(), nullable=True))
        override.create_foreign_key(op.f("fk_override_giver_id"), "user", ["giver_id"], ["id"])
    op.create_table(
        "swap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", at, nullable=False),
        sa.Column("ends_at", at, nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("back_starts_at", at, nullable=True),
        sa.Column("back_ends_at", at, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=True),
        sa.Column("created_at", at, nullable=False),
        sa.Column("decided_at", at, nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_swap_schedule_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_swap_user_id")),
        sa.ForeignKeyConstraint(["other_id"], ["user.id"], name=op.f("fk_swap_other_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["user.id"], name=op.f("fk_swap_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap")),
    )
    op.create_index("ix_swap_schedule", "swap", ["schedule_id", "id"], unique=False)
    op.create_index("ix_swap_state", "swap", ["state", "id"], unique=False)
    op.create_table(
        "swap_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("swap_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=24), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("shown", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["swap_id"], ["swap.id"], name=op.f("fk_swap_copy_swap_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_swap_copy_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap_copy")),
    )
    op.create_index("ix_swap_copy_swap_id", "swap_copy", ["swap_id"], unique=False)
