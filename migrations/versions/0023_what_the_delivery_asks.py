"""The outbox answers from an index what may go and what waits, however much is queued."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

ALIVE = sa.text("state IN ('pending', 'sending')")
PUT_OFF = sa.text("not_before != created_at")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_alive", "outbox", ["attempts", "id"], sqlite_where=ALIVE, postgresql_where=ALIVE
    )
    op.create_index(
        "ix_outbox_later", "outbox", ["not_before"], sqlite_where=PUT_OFF, postgresql_where=PUT_OFF
    )
