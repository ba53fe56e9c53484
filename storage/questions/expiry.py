"""Questions about alerts that end when nobody sends them again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, AlertExpiry
from storage.words import AlertStatus

CHUNK = 300


async def keep_expiries(session: AsyncSession, integration_id: int, expiries: Mapping[str, datetime]) -> None:
    """Write until when these aliases fire, whatever was said of them before."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(AlertExpiry)
    rows = [
        {"integration_id": integration_id, "alias": alias, "expires_at": at}
        for alias, at in sorted(expiries.items())
    ]
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["integration_id", "alias"], set_={"expires_at": statement.excluded.expires_at}
        ),
        rows,
    )


async def find_next_expiry(session: AsyncSession, integration_id: int) -> datetime | None:
    """When the first of a sender's alerts ends, by ix_alert_expiry_at."""
    return await session.scalar(
        select(func.min(AlertExpiry.expires_at)).where(AlertExpiry.integration_id == integration_id)
    )


async def take_expired(
    session: AsyncSession, integration_id: int, now: datetime, limit: int
) -> Sequence[str]:
    """Remove the rows of what is over, and return their aliases."""
    aliases = (
        await session.scalars(
            select(AlertExpiry.alias)
            .where(AlertExpiry.integration_id == integration_id, AlertExpiry.expires_at <= now)
            .order_by(AlertExpiry.expires_at)
            .limit(limit)
            .with_for_update()
        )
    ).all()
    if aliases:
        await session.execute(
            delete(AlertExpiry)
            .where(AlertExpiry.integration_id == integration_id, AlertExpiry.alias.in_(aliases))
            .execution_options(synchronize_session=False)
        )
    return aliases


async def list_expiries(
    session: AsyncSession, integration_id: int, aliases: Collection[str]
) -> dict[str, datetime]:
    """Until when each of these fires, as it was said last."""
    found: dict[str, datetime] = {}
    wanted = list(aliases)
    for start in range(0, len(wanted), CHUNK):
        rows = await session.execute(
            select(AlertExpiry.alias, AlertExpiry.expires_at).where(
                AlertExpiry.integration_id == integration_id,
                AlertExpiry.alias.in_(wanted[start : start + CHUNK]),
            )
        )
        found.update({row[0]: row[1] for row in rows})
    return found


async def list_open_of_sender(session: AsyncSession, integration_id: int, limit: int) -> Sequence[Alert]:
    """The open alerts of one sender, the oldest first, by uq_alert_open_alias."""
    return (
        await session.scalars(
            select(Alert)
            .where(Alert.status == AlertStatus.OPEN, Alert.integration_id == integration_id)
            .order_by(Alert.id)
            .limit(limit)
        )
    ).all()
