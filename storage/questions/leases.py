"""Who of several replicas does what only one may do. Time is that of the database, which all of them share."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.ready import Ready

TAKE = Ready(
    text(
        "INSERT INTO lease (name, owner, until) VALUES (:name, :owner, now() + make_interval(secs => :seconds)) "
        "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until "
        "WHERE lease.owner = excluded.owner OR lease.until < now() RETURNING owner"
    )
)
FORGET = text("DELETE FROM lease WHERE until < now() - interval '1 day'")
GIVE_BACK = Ready(text("DELETE FROM lease WHERE name = :name AND owner = :owner"))


async def take(session: AsyncSession, name: str, owner: str, seconds: float) -> bool:
    """Take this lease, or renew it; False while it is somebody else's. SQLite has one process, whose it always is."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(await TAKE.ask(session, name=name, owner=owner, seconds=seconds))


async def give_back(session: AsyncSession, name: str, owner: str) -> None:
    """Let others have it at once."""
    await GIVE_BACK.run_many(session, [{"name": name, "owner": owner}])


async def forget_ended(session: AsyncSession) -> None:
    """Those that ended long ago: of a replica that is gone, of a finding that was told."""
    if session.get_bind().dialect.name != "sqlite":
        await session.execute(FORGET)
