"""Since when Tocsin hears pings without a gap. While it is down it hears nobody, so silence from then proves nothing: each
heartbeat has a whole interval anew from the moment when it listens again.

A small fact keeps since when it listens and when that was last seen to be so. A look that comes much too late (the
process was down, hung, or the machine slept) begins anew; so does each start on SQLite, which has one process only.
"""

from datetime import datetime, timedelta

from bot.flow.timers import Due
from bot.flow.unit import Unit
from storage.models import Fact
from storage.questions import heartbeats as ask

FACT = "heartbeats.listening"
LOOK_EVERY = timedelta(seconds=10)
GAP = timedelta(seconds=30)
"""A look that is so much after the one before means that pings may have been missed in between: shorter than most
failovers of a database, or standstills of a machine that is moved."""


async def listen(unit: Unit, starting: bool = False) -> datetime:
    """Note that Tocsin listens now; returns since when it does."""
    fact = await unit.session.get(Fact, FACT)
    if fact is None:
        unit.session.add(Fact(name=FACT, value=_write(unit.now, unit.now)))
        await unit.session.flush()
        return unit.now
    await unit.lock(fact)
    since, seen = (datetime.fromisoformat(part) for part in fact.value.split(" "))
    is_alone = unit.session.get_bind().dialect.name == "sqlite"
    if unit.now - seen > GAP or (starting and is_alone):
        since = unit.now
    if starting or unit.now - seen >= LOOK_EVERY / 2:
        fact.value = _write(since, max(seen, unit.now))
    return since


def _write(since: datetime, seen: datetime) -> str:
    return f"{since.isoformat()} {seen.isoformat()}"


def keep_listening(unit: Unit) -> None:
    """Look again soon."""
    unit.plan("listen", "tocsin", unit.now + LOOK_EVERY)


async def look_whether_listening(unit: Unit, _: Due) -> None:
    """The timer: goes on while there is something to listen to."""
    if any(row.active for row in await ask.list_heartbeats(unit.session)):
        await listen(unit)
        keep_listening(unit)
