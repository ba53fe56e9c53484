"""Which rows of the outbox may be claimed: the heads of their streams, when nobody holds them and their time has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_
from sqlalchemy.orm import aliased

from storage.models import OutboxRow
from storage.words import OutboxState

ALIVE = (OutboxState.PENDING, OutboxState.SENDING)


def is_head() -> Any:
    """Whether a row waits and nothing waits before it in its stream: ix_outbox_stream, once for each row looked at."""
    before = aliased(OutboxRow)
    earlier = exists().where(
        before.state.in_(ALIVE), before.stream == OutboxRow.stream, before.id < OutboxRow.id
    )
    return and_(OutboxRow.state.in_(ALIVE), ~earlier)


def may_go(now: datetime) -> tuple[Any, ...]:
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
    return (free, OutboxRow.not_before <= now)
