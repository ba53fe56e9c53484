"""What senders say beside the alert itself: tags, pictures, raw payloads, changes; and what holds an alert back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
LISTS = ("images", "tags", "responders", "actions")


def upgrade() -> None:
    for name in LISTS:
        op.add_column("alert", sa.Column(name, json, nullable=False, server_default="[]"))
    op.add_column("alert", sa.Column("entity", sa.String(length=512), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("payload_id", sa.Integer(), nullable=True))
    op.add_column("alert", sa.Column("held_by", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "raw_payload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_type", sa.String(length=120), nullable=False),
        sa.Column("headers", json, nullable=False),
        sa.Column("query", json, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integration.id"],
            name=op.f("fk_raw_payload_integration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_payload")),
    )
    op.create_index("ix_raw_payload_integration", "raw_payload", ["integration_id", "id"], unique=False)
    op.create_index(op.f("ix_raw_payload_received_at"), "raw_payload", ["received_at"], unique=False)
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("service_name", sa.String(length=200), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("environment", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.String(length=255), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("links", json, nullable=False),
        sa.Column("commits", json, nullable=False),
        sa.Column("labels", json, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_change_integration_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_change_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("integration_id", "key", name=op.f("uq_change_integration_id_key")),
    )
    op.create_index("ix_change_service", "change", ["service_id", "started_at"], unique=False)
    op.create_index("ix_change_started", "change", ["started_at"], unique=False)
