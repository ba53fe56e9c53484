"""What follows at the end of a shift: whoever leaves and whoever comes hear what happened in it and what is open."""

from bot.flow.unit import Unit
from bot.oncall.notices import ShiftTold
from bot.reactions.incidents import list_platforms_of
from bot.reports.handoff import build_handoff, spell_handoff
from storage.models import User


async def hand_over(unit: Unit, event: ShiftTold) -> None:
    """Beside the notice. A shift without anything to tell is not told of."""
    people: tuple[int, ...]
    if event.what == "shift_ended" and event.ends_at is not None:
        people, until = (event.user_id,), event.ends_at
    elif event.what == "shift_began" and event.starts_at is not None and event.others:
        people, until = event.others, event.starts_at
    else:
        return
    user = await unit.session.get_one(User, event.user_id)
    handoff = await build_handoff(unit, event.schedule_id, people, until, user)
    if handoff is None or handoff.is_quiet:
        return
    for platform in await list_platforms_of(unit, user):
        payload = {"words": "shift_handoff", "data": spell_handoff(handoff, user), "user": user.id}
        stream = f"person:{user.id}@{platform}"
        unit.put(stream, "person.say", f"schedule:{event.schedule_id}", payload=payload)
