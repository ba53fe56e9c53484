"""What ends an acknowledgement, and what a policy does at its end."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    policy = "escalation_policy"
    op.add_column(
        policy, sa.Column("reset_on_repeat", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(policy, sa.Column("close_at_end", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(policy, sa.Column("ack_timeout", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("escalation", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
