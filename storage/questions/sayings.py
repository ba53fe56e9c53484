"""Questions about what people said in incidents with several rooms, and its copies. Most are asked for each message."""

from collections.abc import Collection

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Incident, IncidentRoom, Saying, SayingCopy


async def find_talk(
    session: AsyncSession, platform: str, channel: str, platforms: Collection[str]
) -> tuple[Incident, int] | None:
    """The incident whose room this channel is, and how many other rooms it has, or is to have, on these platforms."""
    room, other = aliased(IncidentRoom), aliased(IncidentRoom)
    elsewhere = [name for name in platforms if name != platform]
    count = (
        select(func.count())
        .select_from(other)
        .where(other.incident_id == room.incident_id, other.platform.in_(elsewhere))
        .scalar_subquery()
    )
    asked = (
        select(Incident, count)
        .join(room, room.incident_id == Incident.id)
        .where(room.platform == platform, room.channel == channel)
    )
    found = (await session.execute(asked)).first()
    return (found[0], int(found[1])) if found is not None else None


async def find_saying(session: AsyncSession, platform: str, channel: str, message: str) -> Saying | None:
    return (
        await session.scalars(
            select(Saying).where(
                Saying.platform == platform, Saying.channel == channel, Saying.message == message
            )
        )
    ).one_or_none()


async def find_saying_of_copy(
    session: AsyncSession, platform: str, channel: str, address: str
) -> Saying | None:
    """What was said elsewhere, of which this message is a copy."""
    return (
        await session.scalars(
            select(Saying)
            .join(SayingCopy, SayingCopy.saying_id == Saying.id)
            .where(
                SayingCopy.platform == platform,
                SayingCopy.channel == channel,
                SayingCopy.address == address,
            )
        )
    ).first()


async def find_saying_with_copy(
    session: AsyncSession, saying_id: int, platform: str
) -> tuple[Saying, SayingCopy | None] | None:
    """A saying, and where it stands on a platform."""
    asked = (
        select(Saying, SayingCopy)
        .outerjoin(SayingCopy, and_(SayingCopy.saying_id == Saying.id, SayingCopy.platform == platform))
        .where(Saying.id == saying_id)
    )
    found = (await session.execute(asked)).first()
    return (found[0], found[1]) if found is not None else None


async def find_room_with_incident(
    session: AsyncSession, incident_id: int, platform: str
) -> tuple[Incident, IncidentRoom] | None:
    asked = (
        select(Incident, IncidentRoom)
        .join(IncidentRoom, IncidentRoom.incident_id == Incident.id)
        .where(IncidentRoom.incident_id == incident_id, IncidentRoom.platform == platform)
    )
    found = (await session.execute(asked)).first()
    return (found[0], found[1]) if found is not None else None


async def find_copy_in_room(session: AsyncSession, platform: str, channel: str, message: str) -> str | None:
    """The message of the Room that shows what was said elsewhere."""
    return (
        await session.scalars(
            select(SayingCopy.address)
            .join(Saying, Saying.id == SayingCopy.saying_id)
            .where(
                Saying.platform == platform,
                Saying.channel == channel,
                Saying.message == message,
                SayingCopy.platform == "room",
            )
        )
    ).one_or_none()
