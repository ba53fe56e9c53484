"""What follows when people will be on call although something speaks against it: they are told, and so is the ops room."""

from collections import defaultdict
from typing import Any

from bot.chat.templates import spell_local
from bot.flow.unit import Unit
from bot.oncall.away import ClashesFound, PersonClash
from bot.reactions.incidents import list_platforms_of
from bot.reactions.rooms import say_to_ops
from storage.models import Schedule, User

SHOWN = 5


async def tell_clashes(unit: Unit, event: ClashesFound) -> None:
    schedule = await unit.session.get_one(Schedule, event.schedule_id)
    url = f"{unit.installation.public_url}/schedules/{schedule.slug}"
    clashes = [_spell(one, schedule.zone) for one in event.clashes[:SHOWN]]
    more = max(len(event.clashes) - SHOWN, 0)
    say_to_ops(
        unit,
        "clashes_found",
        {"schedule": schedule.name, "url": url, "clashes": clashes, "more": more},
    )
    by_person: dict[User, list[PersonClash]] = defaultdict(list)
    for one in event.clashes:
        by_person[one.user].append(one)
    for user, own in by_person.items():
        data = {
            "schedule": schedule.name,
            "slug": schedule.slug,
            "clashes": [_spell(one, user.zone) for one in own[:SHOWN]],
        }
        for platform in await list_platforms_of(unit, user):
            payload = {"words": "shift_clashes", "data": data, "user": user.id}
            unit.put(f"person:{user.id}@{platform}", "person.say", f"schedule:{schedule.id}", payload=payload)


def _spell(one: PersonClash, zone: str) -> dict[str, Any]:
    return {
        "name": one.user.name,
        "kind": one.clash.kind,
        "what": one.clash.name,
        "start": spell_local(one.clash.starts_at, zone),
        "end": spell_local(one.clash.ends_at, zone),
    }
