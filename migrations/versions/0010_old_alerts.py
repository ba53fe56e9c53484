"""Closed alerts without an incident are found by age, so that they can go in small steps."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

OLD = sa.text("status = 'closed' AND incident_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_alert_old", "alert", ["closed_at"], unique=False, sqlite_where=OLD, postgresql_where=OLD
    )
