"""How people want to be paged: contact methods with their codes, personal rules, and pages that wait for their time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "contact_method",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("options", json, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_contact_method_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_method")),
    )
    op.create_index(op.f("ix_contact_method_user_id"), "contact_method", ["user_id"])
    op.add_column("user", sa.Column("paging", json, nullable=False, server_default="{}"))
    op.add_column("page", sa.Column("contact_id", sa.Integer(), nullable=True))
    op.add_column("page", sa.Column("label", sa.String(length=60), nullable=False, server_default=""))
    op.add_column("page", sa.Column("token", sa.String(length=43), nullable=False, server_default=""))
    op.create_index(
        "ix_page_token",
        "page",
        ["token"],
        unique=True,
        sqlite_where=sa.text("token <> ''"),
        postgresql_where=sa.text("token <> ''"),
    )
    op.add_column("page", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("page", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
