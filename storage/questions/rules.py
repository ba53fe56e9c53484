"""Questions about rules and what was changed about them. There are few rules, and they are read whole on purpose."""

from collections.abc import Sequence

from sqlalchemy import select
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
