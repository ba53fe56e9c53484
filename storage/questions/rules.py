"""Questions about rules and what was changed about them. There are few rules, and they are read whole on purpose."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import AuditEntry, Rule
from storage.words import RuleKind


async def list_rules(session: AsyncSession, kind: RuleKind | None = None) -> Sequence[Rule]:
    """Rules, also those that are switched off, in the order in which they are asked."""
    query = select(Rule).order_by(Rule.position, Rule.id)
    return (await session.scalars(query if kind is None else query.where(Rule.kind == kind))).all()


async def find_rule(session: AsyncSession, slug: str) -> Rule | None:
    """The rule of this slug, whether it is on or not."""
    return (await session.scalars(select(Rule).where(Rule.slug == slug))).one_or_none()


async def list_audited(session: AsyncSession, subject: str, limit: int = 200) -> Sequence[AuditEntry]:
    """What was changed about a subject, the newest first: ix_audit_entry_subject."""
    return (
        await session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == subject)
            .order_by(AuditEntry.id.desc())
            .limit(limit)
        )
    ).all()


async def list_last_audited(session: AsyncSession, subjects: Collection[str]) -> dict[str, int]:
    """The id of the last change of each subject that has one: ix_audit_entry_subject."""
    query = (
        select(AuditEntry.subject, func.max(AuditEntry.id))
        .where(AuditEntry.subject.in_(set(subjects)))
        .group_by(AuditEntry.subject)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def mark_matched(session: AsyncSession, ids: Collection[int], at: datetime) -> None:
    """Note when these rules matched."""
    await session.execute(
        update(Rule)
        .where(Rule.id.in_(set(ids)))
        .values(last_matched_at=at)
        .execution_options(synchronize_session=False)
    )
