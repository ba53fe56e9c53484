"""Questions about rules. There are few rules, and they are read whole on purpose."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Rule
from storage.words import RuleKind


async def list_rules(session: AsyncSession, kind: RuleKind | None = None) -> Sequence[Rule]:
    """Rules, also those that are switched off, in the order in which they are asked."""
    query = select(Rule).order_by(Rule.position, Rule.id)
    return (await session.scalars(query if kind is None else query.where(Rule.kind == kind))).all()


async def mark_matched(session: AsyncSession, ids: Collection[int], at: datetime) -> None:
    """Note when these rules matched."""
    await session.execute(
        update(Rule)
        .where(Rule.id.in_(set(ids)))
        .values(last_matched_at=at)
        .execution_options(synchronize_session=False)
    )
