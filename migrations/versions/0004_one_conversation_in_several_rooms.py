"""What people say in several rooms of one incident, messages that are taken away, and the platforms of a team."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "saying",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", json, nullable=False),
        sa.Column("permalink", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_saying_incident_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["saying.id"], name=op.f("fk_saying_answers_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_saying_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saying")),
        sa.UniqueConstraint(
            "platform", "channel", "message", name=op.f("uq_saying_platform_channel_message")
        ),
    )
    op.create_index("ix_saying_incident", "saying", ["incident_id", "id"], unique=False)
    op.create_table(
        "saying_copy",
        sa.Column("saying_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["saying_id"], ["saying.id"], name=op.f("fk_saying_copy_saying_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("saying_id", "platform", name=op.f("pk_saying_copy")),
    )
    op.create_index("ix_saying_copy_address", "saying_copy", ["platform", "channel", "address"], unique=False)
    op.add_column(
        "board_message", sa.Column("author", sa.String(length=120), nullable=False, server_default="")
    )
    op.add_column(
        "board_message", sa.Column("origin", sa.String(length=16), nullable=False, server_default="")
    )
    op.add_column("board_message", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("team", sa.Column("platforms", json, nullable=False, server_default="[]"))
