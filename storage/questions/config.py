"""Questions about what is configured: everything of a kind, whether it is on or off, and what was changed about it."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    AuditEntry,
    Dependency,
    EscalationPolicy,
    Heartbeat,
    Integration,
    Maintenance,
    Member,
    PolicyStep,
    Rule,
    Schedule,
    Service,
    Team,
    User,
)

Thing = TypeVar(
    "Thing",
    bound=User | Team | Service | Schedule | EscalationPolicy | Rule | Integration | Heartbeat | Maintenance,
)

Slugged = TypeVar("Slugged", bound=Rule | Schedule | EscalationPolicy | Team)


async def list_all(session: AsyncSession, model: type[Thing]) -> Sequence[Thing]:
    """All rows, also those that are switched off, in order of id."""
    return (await session.scalars(select(model).order_by(model.id))).all()


async def list_memberships(session: AsyncSession, team_ids: Collection[int]) -> Sequence[Member]:
    return (await session.scalars(select(Member).where(Member.team_id.in_(set(team_ids))))).all()


async def list_dependencies(session: AsyncSession, service_ids: Collection[int]) -> Sequence[Dependency]:
    """What these services need."""
    return (
        await session.scalars(select(Dependency).where(Dependency.service_id.in_(set(service_ids))))
    ).all()


async def list_steps(session: AsyncSession, policy_ids: Collection[int]) -> Sequence[PolicyStep]:
    """The steps of these policies, in the order in which they were written."""
    return (
        await session.scalars(
            select(PolicyStep).where(PolicyStep.policy_id.in_(set(policy_ids))).order_by(PolicyStep.position)
        )
    ).all()


async def find_by_slug(session: AsyncSession, model: type[Slugged], slug: str) -> Slugged | None:
    """The one of this slug, whether it is on or not."""
    return (await session.scalars(select(model).where(model.slug == slug))).one_or_none()


async def list_audited(
    session: AsyncSession, subject: str, word: str, limit: int = 200
) -> Sequence[AuditEntry]:
    """What was changed about a subject (`word.` and a verb), the newest first: ix_audit_entry_subject."""
    return (
        await session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == subject, AuditEntry.what.startswith(f"{word}."))
            .order_by(AuditEntry.id.desc())
            .limit(limit)
        )
    ).all()


async def list_last_audited(session: AsyncSession, subjects: Collection[str], word: str) -> dict[str, int]:
    """The id of the last change (`word.` and a verb) of each subject that has one: ix_audit_entry_subject."""
    query = (
        select(AuditEntry.subject, func.max(AuditEntry.id))
        .where(AuditEntry.subject.in_(set(subjects)), AuditEntry.what.startswith(f"{word}."))
        .group_by(AuditEntry.subject)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
