"""Questions about teams, services and integrations."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Change,
    Dependency,
    EscalationPolicy,
    Integration,
    Member,
    Rule,
    Schedule,
    Service,
    Team,
    User,
)

Named = TypeVar("Named", Team, Service, Schedule, EscalationPolicy, Rule, Integration)


async def find_named(session: AsyncSession, model: type[Named], name: str) -> Named | None:
    """The active row with this slug or, where none has it, with this name (case does not matter)."""
    wanted = name.strip().lower()
    by_slug = func.lower(model.slug) == wanted
    found = await session.scalars(
        select(model)
        .where(model.active.is_(True), or_(by_slug, func.lower(model.name) == wanted))
        .order_by(by_slug.desc(), model.id)
    )
    return found.first()


async def list_named(session: AsyncSession, model: type[Named], everything: bool = False) -> Sequence[Named]:
    """All active rows (or all rows), in order of id."""
    query = select(model).order_by(model.id)
    return (await session.scalars(query if everything else query.where(model.active.is_(True)))).all()


async def find_integration(session: AsyncSession, digest: str) -> Integration | None:
    return (
        await session.scalars(
            select(Integration).where(Integration.digest == digest, Integration.active.is_(True))
        )
    ).one_or_none()


async def mark_heard(session: AsyncSession, ids: Collection[int], at: datetime) -> None:
    """Note when something came from these senders."""
    await session.execute(
        update(Integration)
        .where(Integration.id.in_(ids))
        .values(last_signal_at=at)
        .execution_options(synchronize_session=False)
    )


IN_TEAMS = select(Member.user_id).where(Member.team_id.in_(bindparam("teams", expanding=True)))
MEMBERS = select(User).where(User.active.is_(True), User.id.in_(IN_TEAMS)).order_by(User.id)


async def list_members(session: AsyncSession, team_ids: Collection[int]) -> Sequence[User]:
    """The active people of these teams, each once."""
    if not team_ids:
        return []
    return (await session.scalars(MEMBERS, {"teams": sorted(set(team_ids))})).all()


async def list_team_ids_of(session: AsyncSession, user_id: int) -> Sequence[int]:
    return (await session.scalars(select(Member.team_id).where(Member.user_id == user_id))).all()


async def list_by_id(session: AsyncSession, model: type[Named], ids: Collection[int]) -> dict[int, Named]:
    if not ids:
        return {}
    return {row.id: row for row in await session.scalars(select(model).where(model.id.in_(set(ids))))}


async def list_related_services(session: AsyncSession, service_ids: Collection[int]) -> Sequence[Service]:
    """Services that need one of these, or that one of these needs."""
    if not service_ids:
        return []
    ids = set(service_ids)
    needs = select(Dependency.needs_id).where(Dependency.service_id.in_(ids))
    needed_by = select(Dependency.service_id).where(Dependency.needs_id.in_(ids))
    return (
        await session.scalars(
            select(Service)
            .where(
                or_(Service.id.in_(needs), Service.id.in_(needed_by)),
                Service.id.not_in(ids),
                Service.active.is_(True),
            )
            .order_by(Service.name)
        )
    ).all()


async def find_change(session: AsyncSession, integration_id: int | None, key: str) -> Change | None:
    """The change that this sender knows by this key."""
    return await session.scalar(
        select(Change).where(Change.integration_id == integration_id, Change.key == key).with_for_update()
    )


async def find_policy_name(session: AsyncSession, policy_id: int | None) -> str:
    """What people call an escalation policy; empty when there is none."""
    if policy_id is None:
        return ""
    return await session.scalar(select(EscalationPolicy.name).where(EscalationPolicy.id == policy_id)) or ""


async def list_idle_rules(session: AsyncSession, before: datetime) -> Sequence[Rule]:
    """Rules that are on, were made before then, and have matched nothing since."""
    return (
        await session.scalars(
            select(Rule)
            .where(
                Rule.active.is_(True),
                Rule.created_at < before,
                or_(Rule.last_matched_at.is_(None), Rule.last_matched_at < before),
            )
            .order_by(Rule.name)
        )
    ).all()


async def find_own_integration(session: AsyncSession, source: str) -> Integration | None:
    """The integration of a source that Tocsin has for itself."""
    found = await session.scalars(
        select(Integration).where(Integration.source == source).order_by(Integration.id)
    )
    return found.first()
