"""What is done once an hour, and at the start: sessions, links, ended leases and the ids of what arrived long ago are
cleared away, and people who are not known on a chat platform are looked for there. Old alerts and payloads begin to go."""

from datetime import timedelta

from bot.access.accounts import look_up_accounts
from bot.flow.unit import Unit, Work
from storage.questions import access, flow, leases

ARRIVALS_KEPT = timedelta(hours=1)


async def keep_house(work: Work) -> None:
    async def clear(unit: Unit) -> None:
        await access.forget_expired(unit.session, unit.now)
        await flow.forget_arrivals(unit.session, unit.now - ARRIVALS_KEPT)
        await leases.forget_ended(unit.session)
        look_up_accounts(unit)
        unit.plan("prune_alerts", "alerts", unit.now)

    await work.run(clear)
