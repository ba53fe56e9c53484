"""What an incident's view is made of, as plain rows. It is read for every card, announcement and page that shows an
incident, so that each of its questions is ready and none makes objects that could be changed."""

from typing import Any

from sqlalchemy import Integer, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Alert,
    Dependency,
    Follower,
    IncidentService,
    IncidentTeam,
    Link,
    Participant,
    RoleHolder,
    Service,
    Task,
    Team,
    Update,
    User,
)
from storage.ready import Ready, is_among
from storage.words import AlertStatus

INCIDENT = bindparam("incident", type_=Integer)
PERSON = (User.id.label("user_id"), User.handle, User.name)


def _list_related(database: str) -> Any:
    """Services that need one of these, or that one of these needs."""

    def among(column: Any) -> Any:
        return is_among(database, column, "services")

    needs = select(Dependency.needs_id).where(among(Dependency.service_id))
    needed_by = select(Dependency.service_id).where(among(Dependency.needs_id))
    related = or_(Service.id.in_(needs), Service.id.in_(needed_by))
    return (
        select(Service.name)
        .where(related, ~among(Service.id), Service.active.is_(True))
        .order_by(Service.name)
    )


ROLES = Ready(
    select(RoleHolder.role, RoleHolder.since, *PERSON)
    .join(User, User.id == RoleHolder.user_id)
    .where(RoleHolder.incident_id == INCIDENT)
)
PARTICIPANTS = Ready(
    select(Participant.how, Participant.since, Participant.left_at, *PERSON)
    .join(User, User.id == Participant.user_id)
    .where(Participant.incident_id == INCIDENT)
    .order_by(Participant.since, Participant.id)
)
FOLLOWERS = Ready(select(Follower.user_id).where(Follower.incident_id == INCIDENT).order_by(Follower.user_id))
TEAMS = Ready(
    select(Team.name)
    .join(IncidentTeam, IncidentTeam.team_id == Team.id)
    .where(IncidentTeam.incident_id == INCIDENT)
    .order_by(Team.name)
)
SERVICES = Ready(
    select(Service.id, Service.name)
    .join(IncidentService, IncidentService.service_id == Service.id)
    .where(IncidentService.incident_id == INCIDENT)
    .order_by(Service.name)
)
RELATED = Ready(_list_related)
TASKS = Ready(
    select(Task.number, Task.title, Task.due_at, Task.done_at, Task.follow_up, Task.owner_id)
    .where(Task.incident_id == INCIDENT)
    .order_by(Task.number)
)
UPDATES = Ready(
    select(
        Update.id,
        Update.at,
        Update.author_name,
        Update.text,
        Update.status,
        Update.priority,
        Update.next_at,
    )
    .where(Update.incident_id == INCIDENT)
    .order_by(Update.at.desc(), Update.id.desc())
)
LINKS = Ready(select(Link.title, Link.url).where(Link.incident_id == INCIDENT).order_by(Link.id))
ALERTS = Ready(
    select(Alert.status, func.count().label("number"))
    .where(Alert.incident_id == INCIDENT)
    .group_by(Alert.status)
)
PEOPLE = Ready(lambda database: select(*PERSON).where(is_among(database, User.id, "people")))


async def list_roles(session: AsyncSession, incident: int) -> list[Any]:
    """Rows of `role`, `since`, `user_id`, `handle` and `name`."""
    return await ROLES.ask(session, incident=incident)


async def list_participants(session: AsyncSession, incident: int) -> list[Any]:
    """Rows of `how`, `since`, `left_at`, `user_id`, `handle` and `name`, in the order in which they came."""
    return await PARTICIPANTS.ask(session, incident=incident)


async def list_followers(session: AsyncSession, incident: int) -> tuple[int, ...]:
    return tuple(row[0] for row in await FOLLOWERS.ask(session, incident=incident))


async def list_teams(session: AsyncSession, incident: int) -> tuple[str, ...]:
    """Their names."""
    return tuple(row[0] for row in await TEAMS.ask(session, incident=incident))


async def list_services(session: AsyncSession, incident: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of its services, and of those that these need or that need these."""
    services = await SERVICES.ask(session, incident=incident)
    ids = [row[0] for row in services]
    related = await RELATED.ask(session, services=ids) if ids else []
    return tuple(row[1] for row in services), tuple(row[0] for row in related)


async def list_tasks(session: AsyncSession, incident: int) -> list[Any]:
    """Rows of `number`, `title`, `due_at`, `done_at`, `follow_up` and `owner_id`."""
    return await TASKS.ask(session, incident=incident)


async def list_updates(session: AsyncSession, incident: int) -> list[Any]:
    """Rows of status updates, the newest first."""
    return await UPDATES.ask(session, incident=incident)


async def list_links(session: AsyncSession, incident: int) -> list[Any]:
    """Rows of `title` and `url`."""
    return await LINKS.ask(session, incident=incident)


async def count_alerts(session: AsyncSession, incident: int) -> tuple[int, int]:
    """All alerts of the incident, and the open ones."""
    counts = {AlertStatus(row[0]): int(row[1]) for row in await ALERTS.ask(session, incident=incident)}
    return sum(counts.values()), counts.get(AlertStatus.OPEN, 0)


async def list_people(session: AsyncSession, ids: list[int]) -> dict[int, Any]:
    """Rows of `user_id`, `handle` and `name`, by id."""
    return {row[0]: row for row in await PEOPLE.ask(session, people=ids)} if ids else {}
