"""What is cleared away once an hour: sessions and links that are over, and the ids of what arrived long ago."""

from datetime import timedelta

from bot.flow.unit import Unit, Work
from storage.questions import access, flow

ARRIVALS_KEPT = timedelta(hours=1)


async def keep_house(work: Work) -> None:
    async def clear(unit: Unit) -> None:
        await access.forget_expired(unit.session, unit.now)
        await flow.forget_arrivals(unit.session, unit.now - ARRIVALS_KEPT)

    await work.run(clear)
