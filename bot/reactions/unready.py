"""What follows when people will be on call whom nothing would wake: they are told, and so is the ops room."""

from bot.chat.templates import spell_local
from bot.flow.unit import Unit
from bot.oncall.answers import list_schedules_with
from bot.oncall.watch import watch_schedule
from bot.paging.events import ContactLost
from bot.paging.unready import PeopleUnready
from bot.reactions.incidents import list_platforms_of
from bot.reactions.rooms import say_to_ops
from storage.models import Schedule

SHOWN = 10


async def look_who_is_unready(unit: Unit, event: ContactLost) -> None:
    """It may have been the last that would wake them: their schedules are looked at now, and not within the week."""
    await unit.session.flush()
    for schedule in await list_schedules_with(unit, {event.user_id}):
        watch_schedule(unit, schedule.id)


async def tell_unready(unit: Unit, event: PeopleUnready) -> None:
    schedule = await unit.session.get_one(Schedule, event.schedule_id)
    data = {
        "schedule": schedule.name,
        "url": f"{unit.installation.public_url}/schedules/{schedule.slug}",
        "people": [
            {"name": user.name, "start": spell_local(starts_at, schedule.zone)}
            for user, starts_at in event.people[:SHOWN]
        ],
        "more": max(len(event.people) - SHOWN, 0),
    }
    say_to_ops(unit, "people_unready", data)
    for user, starts_at in event.people:
        own = {"schedule": schedule.name, "start": spell_local(starts_at, user.zone)}
        for platform in await list_platforms_of(unit, user):
            payload = {"words": "unready", "data": own, "user": user.id}
            unit.put(f"person:{user.id}@{platform}", "person.say", f"schedule:{schedule.id}", payload=payload)
