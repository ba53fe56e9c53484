"""What follows when a platform or a channel does not answer, and when it is back.

After 20 seconds the pages that wait for it are held, and other ways are taken; after a minute every page of the Room and
the cards of open incidents elsewhere say so, and stop saying so by themselves.
"""

from datetime import datetime, timedelta

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.incidents.privacy import hide_private
from bot.paging.escalations import go_on_if_nobody_is_left
from bot.paging.events import PersonOutOfReach
from bot.paging.reach import HOLD_AFTER, hold_waiting_pages
from bot.reactions.paging import note
from bot.reactions.rooms import refresh_incident
from storage.questions import flow, incidents, paging

LOOK_AGAIN = timedelta(minutes=1)
"""How often what is shown of an outage is brought up to date."""


async def lane_away(unit: Unit, lane: str, since: datetime) -> None:
    """Told by the outbox each time when nobody answers there."""
    if unit.now - since >= HOLD_AFTER:
        await _hold(unit, lane)
    _plan_next_look(unit, lane, since)


async def look_at_lane(unit: Unit, due: Due) -> None:
    """The handler of the `lane_away` timer."""
    lane = due.subject.partition(":")[2]
    away = await flow.find_away(unit.session, lane)
    was_shown = bool(due.payload.get("shown"))
    if away is None:
        if was_shown:
            await _show(unit)
        return
    if unit.now - away.since >= HOLD_AFTER:
        await _hold(unit, lane)
    if unit.now - away.since < flow.SHOWN_AFTER:
        _plan_next_look(unit, lane, away.since)
        return
    if not was_shown:
        await _show(unit)
    unit.touch("outages")
    unit.plan("lane_away", due.subject, unit.now + LOOK_AGAIN, {"shown": True})


async def lane_back(unit: Unit, lane: str, since: datetime) -> None:
    """Told by the outbox when the other side answers again."""
    unit.cancel("lane_away", f"lane:{lane}")
    unit.cancel("hold_pages", f"lane:{lane}")
    if unit.now - since >= flow.SHOWN_AFTER:
        await _show(unit)


def _plan_next_look(unit: Unit, lane: str, since: datetime) -> None:
    ahead = [since + after for after in (HOLD_AFTER, flow.SHOWN_AFTER) if since + after > unit.now]
    if ahead:
        unit.plan("lane_away", f"lane:{lane}", min(ahead))


async def hold_more(unit: Unit, due: Due) -> None:
    """The handler of the `hold_pages` timer."""
    await _hold(unit, due.subject.partition(":")[2])


async def _hold(unit: Unit, lane: str) -> None:
    """Some of what waits there, and the rest in the next unit."""
    away = await flow.find_away(unit.session, lane)
    if away is not None and await hold_waiting_pages(unit, lane, away.reason):
        unit.plan("hold_pages", f"lane:{lane}", unit.now)


async def _show(unit: Unit) -> None:
    """On the pages that are open, and on the cards of what people work on."""
    unit.touch("outages")
    for incident_id in await incidents.list_open_ids(unit.session):
        await refresh_incident(unit, incident_id)


async def tell_out_of_reach(unit: Unit, event: PersonOutOfReach) -> None:
    """In the record of what it is about; and in the ops rooms, once while this lasts, but not in one that is away itself."""
    data = {"name": event.name, "methods": list(event.methods)}
    await note(unit, event.subject, "person_out_of_reach", data)
    if await paging.has_held_before(unit.session, event.user_id, event.page_id):
        return
    data |= {"subject": await hide_private(unit, event.subject)}
    for platform in unit.installation.platforms:
        if platform not in event.methods:
            payload = {"words": "person_out_of_reach", "data": data}
            unit.put(f"ops@{platform}", "ops.say", "person_out_of_reach", payload=payload)


async def go_on_without_them(unit: Unit, event: PersonOutOfReach) -> None:
    """When nobody else of the step is reached either, the next one is due at once."""
    await go_on_if_nobody_is_left(unit, event.page_id)
