"""Questions about acknowledgements that stand: how long they count, and when somebody was last heard."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Alert,
    AlertNote,
    BoardMessage,
    Escalation,
    EscalationPolicy,
    Incident,
    IncidentRoom,
    IncidentTeam,
    Saying,
    Team,
    TimelineEntry,
)


async def find_ack_timeout(session: AsyncSession, subject: str) -> int:
    """The shortest of the policies that page for a subject, in seconds; 0 where an acknowledgement counts for ever. Whoever
    declares an incident while on call is not paged for it, nor for an alert that was acknowledged while it waited: the
    policies of the teams count, too."""
    kind, _, number = subject.partition(":")
    asked = [
        select(EscalationPolicy.ack_timeout)
        .join(Escalation, Escalation.policy_id == EscalationPolicy.id)
        .where(Escalation.subject == subject)
    ]
    if kind == "incident":
        asked.append(
            select(EscalationPolicy.ack_timeout)
            .join(Team, Team.policy_id == EscalationPolicy.id)
            .join(IncidentTeam, IncidentTeam.team_id == Team.id)
            .where(IncidentTeam.incident_id == int(number))
        )
    else:
        of_alert = select(func.coalesce(Alert.policy_id, Team.policy_id)).outerjoin(
            Team, Team.id == Alert.team_id
        )
        policy = of_alert.where(Alert.id == int(number)).scalar_subquery()
        asked.append(select(EscalationPolicy.ack_timeout).where(EscalationPolicy.id == policy))
    found = [seconds for one in asked for seconds in await session.scalars(one) if seconds]
    return min(found, default=0)


async def find_last_act(session: AsyncSession, of: Alert | Incident) -> datetime | None:
    """When a person last did, wrote or said something about it."""
    if isinstance(of, Alert):
        asked = [
            select(func.max(AlertNote.at)).where(AlertNote.alert_id == of.id, AlertNote.actor_id.is_not(None))
        ]
    else:
        asked = [
            select(func.max(TimelineEntry.recorded_at)).where(
                TimelineEntry.incident_id == of.id, TimelineEntry.actor_id.is_not(None)
            ),
            select(func.max(Saying.sent_at)).where(Saying.incident_id == of.id),
        ]
        rooms = select(IncidentRoom.channel).where(
            IncidentRoom.incident_id == of.id, IncidentRoom.platform == "room"
        )
        asked += [
            select(func.max(BoardMessage.sent_at)).where(
                BoardMessage.channel_id == int(channel), BoardMessage.author_id.is_not(None)
            )
            for channel in await session.scalars(rooms)
            if channel is not None
        ]
    found = [at for one in asked if (at := await session.scalar(one)) is not None]
    return max(found, default=None)
