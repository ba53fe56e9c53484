"""Rules of every kind in one table; alerts that wait for a count or were routed to a policy; what is asked of alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
HELD = sa.text("status = 'open' AND held_by <> ''")


def upgrade() -> None:
    op.rename_table("incident_rule", "rule")
    for column in (
        sa.Column("kind", sa.String(length=24), nullable=False, server_default="incident"),
        sa.Column("integration_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("hours", json, nullable=False, server_default="{}"),
        sa.Column("then", json, nullable=False, server_default="{}"),
        sa.Column("go_on", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("rule", column)
    rule = sa.table(
        "rule",
        sa.column("id", sa.Integer()),
        sa.column("title", sa.String()),
        sa.column("group_by", json),
        sa.column("then", json),
    )
    for number, title, group_by in (
        op.get_bind().execute(sa.select(rule.c.id, rule.c.title, rule.c.group_by)).all()
    ):
        op.execute(
            sa.update(rule).where(rule.c.id == number).values(then={"title": title, "group_by": group_by})
        )
    op.drop_column("rule", "title")
    op.drop_column("rule", "group_by")
    op.add_column("alert", sa.Column("held_count", sa.Integer(), nullable=True))
    op.add_column("alert", sa.Column("policy_id", sa.Integer(), nullable=True))
    op.create_index("ix_alert_alias", "alert", ["alias", "integration_id"], unique=False)
    op.create_index("ix_alert_team", "alert", ["team_id", "first_at"], unique=False)
    op.create_index(
        "ix_alert_held", "alert", ["held_until"], unique=False, sqlite_where=HELD, postgresql_where=HELD
    )
