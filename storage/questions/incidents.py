"""Questions about incidents and what hangs on them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Alert,
    Follower,
    Incident,
    IncidentRoom,
    IncidentService,
    IncidentTeam,
    Participant,
    RoleHolder,
    Service,
    Task,
    Team,
    TimelineEntry,
    User,
)
from storage.questions.privacy import Looking, is_incident_visible
from storage.ready import Ready, insert_into
from storage.words import AlertStatus, IncidentStatus

OPEN = tuple(status for status in IncidentStatus if status.is_open)
FIRST_ALERTS = 20
"""So many of an incident's first alerts are looked through for a runbook."""


IN_GROUP = select(Incident).where(
    Incident.rule_id == bindparam("rule"), Incident.group_key == bindparam("group")
)
IS_OPEN: Any = bindparam(None, OPEN, expanding=True, literal_execute=True)
OPEN_IN_GROUP = IN_GROUP.where(Incident.status.in_(IS_OPEN))
"""In the words of uq_incident_open_group."""
LAST_IN_GROUP = IN_GROUP.order_by(Incident.id.desc()).limit(1)
TEAMS = (
    select(Team)
    .join(IncidentTeam, IncidentTeam.team_id == Team.id)
    .where(IncidentTeam.incident_id == bindparam("incident"))
    .order_by(Team.name)
)
HAS_OPEN = Ready(
    select(literal(1)).where(
        exists().where(Alert.incident_id == bindparam("incident"), Alert.status == AlertStatus.OPEN)
    )
)
IS_PART = Ready(
    select(
        exists().where(
            IncidentTeam.incident_id == bindparam("incident"), IncidentTeam.team_id == bindparam("team")
        ),
        exists().where(
            IncidentService.incident_id == bindparam("incident"),
            IncidentService.service_id == bindparam("service"),
        ),
    )
)
"""Built once: they are asked with every group of alerts that joins an incident."""
ENTRIES = insert_into(
    TimelineEntry.__table__,  # type: ignore[arg-type]
    ("incident_id", "kind", "at", "recorded_at", "actor_id", "actor_name", "text", "data", "permalink"),
)


async def insert_entries(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write into the timelines of incidents."""
    await ENTRIES.run_many(session, rows)


async def find_open_in_group(session: AsyncSession, rule_id: int, group_key: str) -> Incident | None:
    """The open incident that a rule made for this group of alerts, or the open one that it was merged into."""
    of_group = {"rule": rule_id, "group": group_key}
    incident = (await session.scalars(OPEN_IN_GROUP, of_group)).first()
    if incident is None:
        incident = (await session.scalars(LAST_IN_GROUP, of_group)).first()
    while incident is not None and incident.merged_into is not None:
        incident = await session.get(Incident, incident.merged_into)
    return incident if incident is not None and incident.status.is_open else None


async def find_open_of_services(
    session: AsyncSession, rule_id: int, service_ids: Collection[int]
) -> Incident | None:
    """The oldest open incident that a rule made and that one of these services is part of."""
    impacted = select(IncidentService.incident_id).where(IncidentService.service_id.in_(service_ids))
    return await session.scalar(
        select(Incident)
        .where(Incident.rule_id == rule_id, Incident.status.in_(OPEN), Incident.id.in_(impacted))
        .order_by(Incident.id)
        .limit(1)
    )


async def list_open_ids(session: AsyncSession, limit: int = 200) -> list[int]:
    """The incidents that people work on, the newest first."""
    return list(
        await session.scalars(
            select(Incident.id).where(Incident.status.in_(OPEN)).order_by(Incident.id.desc()).limit(limit)
        )
    )


async def list_open_incidents(
    session: AsyncSession, limit: int = 100, *, viewer: Looking
) -> Sequence[Incident]:
    """Open incidents that this viewer may see, the most urgent first, then the oldest."""
    return (
        await session.scalars(
            select(Incident)
            .where(Incident.status.in_(OPEN), is_incident_visible(viewer))
            .order_by(Incident.priority, Incident.declared_at)
            .limit(limit)
        )
    ).all()


async def list_incidents(session: AsyncSession, limit: int = 20, *, viewer: Looking) -> Sequence[Incident]:
    """The newest incidents that this viewer may see."""
    asked = select(Incident).where(is_incident_visible(viewer)).order_by(Incident.id.desc()).limit(limit)
    return (await session.scalars(asked)).all()


async def list_teams(session: AsyncSession, incident_id: int) -> Sequence[Team]:
    return (await session.scalars(TEAMS, {"incident": incident_id})).all()


async def find_parts(
    session: AsyncSession, incident_id: int, team_id: int | None, service_id: int | None
) -> tuple[bool, bool]:
    """Whether a team works on an incident, and whether a service is impacted by it."""
    row = (await IS_PART.ask(session, incident=incident_id, team=team_id, service=service_id))[0]
    return bool(row[0]), bool(row[1])


async def has_open_alerts(session: AsyncSession, incident_id: int) -> bool:
    """By ix_alert_incident, however many there are."""
    return bool(await HAS_OPEN.ask(session, incident=incident_id))


async def list_services(session: AsyncSession, incident_id: int) -> Sequence[Service]:
    return (
        await session.scalars(
            select(Service)
            .join(IncidentService, IncidentService.service_id == Service.id)
            .where(IncidentService.incident_id == incident_id)
            .order_by(Service.name)
        )
    ).all()


async def list_participants(session: AsyncSession, incident_id: int) -> Sequence[tuple[Participant, User]]:
    rows = await session.execute(
        select(Participant, User)
        .join(User, User.id == Participant.user_id)
        .where(Participant.incident_id == incident_id)
        .order_by(Participant.since, Participant.id)
    )
    return [(row[0], row[1]) for row in rows]


PARTICIPANT = select(Participant).where(
    Participant.incident_id == bindparam("incident"), Participant.user_id == bindparam("user")
)


async def find_participant(session: AsyncSession, incident_id: int, user_id: int) -> Participant | None:
    return (await session.scalars(PARTICIPANT, {"incident": incident_id, "user": user_id})).one_or_none()


async def list_roles(session: AsyncSession, incident_id: int) -> Sequence[tuple[RoleHolder, User]]:
    rows = await session.execute(
        select(RoleHolder, User)
        .join(User, User.id == RoleHolder.user_id)
        .where(RoleHolder.incident_id == incident_id)
    )
    return [(row[0], row[1]) for row in rows]


async def list_open_held_by(session: AsyncSession, user_id: int) -> Sequence[Incident]:
    """The open incidents in which this person has a role."""
    holds = exists().where(RoleHolder.incident_id == Incident.id, RoleHolder.user_id == user_id)
    asked = select(Incident).where(Incident.status.in_(OPEN), holds).order_by(Incident.id)
    return (await session.scalars(asked)).all()


async def list_acknowledged_by(session: AsyncSession, user_id: int) -> list[str]:
    """The open incidents, and the open alerts outside of them, that this person has acknowledged: `INC-7`, `alert 12`."""
    incidents = select(Incident.id).where(
        Incident.status.in_(OPEN), Incident.acknowledged_at.is_not(None), Incident.acknowledged_by == user_id
    )
    alerts = select(Alert.id).where(
        Alert.status == AlertStatus.OPEN,
        Alert.incident_id.is_(None),
        Alert.acknowledged_at.is_not(None),
        Alert.acknowledged_by == user_id,
    )
    return [
        *(f"INC-{number}" for number in await session.scalars(incidents.order_by(Incident.id))),
        *(f"alert {number}" for number in await session.scalars(alerts.order_by(Alert.id))),
    ]


async def list_followers(session: AsyncSession, incident_id: int) -> Sequence[User]:
    return (
        await session.scalars(
            select(User)
            .join(Follower, Follower.user_id == User.id)
            .where(Follower.incident_id == incident_id)
        )
    ).all()


async def list_entries(
    session: AsyncSession, incident_id: int, kinds: Collection[str] | None = None, text: str = ""
) -> Sequence[TimelineEntry]:
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident_id)
    if kinds is not None:
        query = query.where(TimelineEntry.kind.in_(kinds))
    if text:
        query = query.where(func.lower(TimelineEntry.text).contains(text.lower(), autoescape=True))
    return (await session.scalars(query.order_by(TimelineEntry.at, TimelineEntry.id))).all()


async def find_entry_of_message(
    session: AsyncSession, incident_id: int, platform: str, channel: str, message: str
) -> TimelineEntry | None:
    return (
        await session.scalars(
            select(TimelineEntry).where(
                TimelineEntry.incident_id == incident_id,
                TimelineEntry.platform == platform,
                TimelineEntry.channel == channel,
                TimelineEntry.message == message,
            )
        )
    ).one_or_none()


async def list_entries_of_message(
    session: AsyncSession, platform: str, channel: str, message: str
) -> Sequence[TimelineEntry]:
    return (
        await session.scalars(
            select(TimelineEntry).where(
                TimelineEntry.platform == platform,
                TimelineEntry.channel == channel,
                TimelineEntry.message == message,
            )
        )
    ).all()


async def list_tasks(session: AsyncSession, incident_id: int) -> Sequence[Task]:
    return (
        await session.scalars(select(Task).where(Task.incident_id == incident_id).order_by(Task.number))
    ).all()


RUNBOOK = Ready(
    select(Service.runbook)
    .join(IncidentService, IncidentService.service_id == Service.id)
    .where(IncidentService.incident_id == bindparam("incident"), Service.runbook != "")
    .order_by(Service.tier, Service.id)
    .limit(1)
)


def _ask_links_of_first_alerts(_: str) -> Any:
    """By ix_alert_incident, in which those of one status are in order: an incident may have a hundred thousand."""
    first = [
        select(Alert.id)
        .where(Alert.incident_id == bindparam("incident"), Alert.status == status)
        .order_by(Alert.id)
        .limit(FIRST_ALERTS)
        .subquery()
        for status in AlertStatus
    ]
    among = or_(*(Alert.id.in_(select(one.c.id)) for one in first))
    return select(Alert.links).where(among).order_by(Alert.id).limit(FIRST_ALERTS)


LINKS_OF_FIRST_ALERTS = Ready(_ask_links_of_first_alerts)


async def find_runbook(session: AsyncSession, incident_id: int) -> str:
    """What to do: the runbook of an impacted service, the most important first, or else the one that an alert names."""
    runbooks = await RUNBOOK.ask(session, incident=incident_id)
    if runbooks:
        return str(runbooks[0][0])
    for (links,) in await LINKS_OF_FIRST_ALERTS.ask(session, incident=incident_id):
        for link in links:
            if "runbook" in str(link.get("title", "")).lower():
                return str(link.get("url", ""))
    return ""


ROOMS = (
    select(IncidentRoom).where(IncidentRoom.incident_id == bindparam("incident")).order_by(IncidentRoom.id)
)


async def list_rooms(session: AsyncSession, incident_id: int) -> Sequence[IncidentRoom]:
    return (await session.scalars(ROOMS, {"incident": incident_id})).all()


async def list_platforms(session: AsyncSession, incident_id: int) -> set[str]:
    """Where an incident has a room, or is to have one."""
    return set(
        await session.scalars(select(IncidentRoom.platform).where(IncidentRoom.incident_id == incident_id))
    )


ROOM = select(IncidentRoom).where(
    IncidentRoom.incident_id == bindparam("incident"), IncidentRoom.platform == bindparam("platform")
)


async def find_room(session: AsyncSession, incident_id: int, platform: str) -> IncidentRoom | None:
    return (await session.scalars(ROOM, {"incident": incident_id, "platform": platform})).one_or_none()


async def find_incident_of_channel(session: AsyncSession, platform: str, channel: str) -> Incident | None:
    return (
        await session.scalars(
            select(Incident)
            .join(IncidentRoom, IncidentRoom.incident_id == Incident.id)
            .where(IncidentRoom.platform == platform, IncidentRoom.channel == channel)
        )
    ).first()


async def list_alerts(session: AsyncSession, incident_id: int) -> Sequence[Alert]:
    return (
        await session.scalars(select(Alert).where(Alert.incident_id == incident_id).order_by(Alert.id))
    ).all()


async def count_alerts(session: AsyncSession, incident_id: int) -> tuple[int, int]:
    """All alerts of an incident, and the open ones."""
    rows = await session.execute(
        select(Alert.status, func.count()).where(Alert.incident_id == incident_id).group_by(Alert.status)
    )
    counts = {row[0]: int(row[1]) for row in rows}
    return sum(counts.values()), counts.get(AlertStatus.OPEN, 0)
