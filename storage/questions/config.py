"""Questions that applying a configuration file asks: everything of a kind, whether it is switched on or not."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
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
    "Thing", User, Team, Service, Schedule, EscalationPolicy, Rule, Integration, Heartbeat, Maintenance
)


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
