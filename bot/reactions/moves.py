"""Whose shifts somebody else moves hears of it at once, not only a day before."""

from collections.abc import Sequence

from bot.chat.templates import spell_local
from bot.flow.unit import Unit
from bot.oncall.exceptions import ExceptionMade
from bot.oncall.moves import SHOWN, Move, list_moved
from bot.oncall.roster_changes import RosterChanged
from bot.reactions.incidents import list_platforms_of
from storage.models import Schedule, User
from storage.questions import access


async def tell_whose_shifts_move(unit: Unit, event: ExceptionMade | RosterChanged) -> None:
    """Whoever did it knows."""
    await unit.session.flush()
    if isinstance(event, RosterChanged):
        moved = [(await unit.session.get_one(Schedule, event.schedule_id), list(event.moves))]
    else:
        moved = await list_moved(unit, event)
    for schedule, moves in moved:
        named = {one for move in moves for one in (*move.leaving, *move.coming)}
        people = await access.list_users_by_id(unit.session, named)
        for number in sorted(named - {unit.actor.user_id}):
            if people[number].active:
                own = [move for move in moves if number in (*move.leaving, *move.coming)]
                await _tell(unit, schedule, people[number], own, people)


async def _tell(
    unit: Unit, schedule: Schedule, user: User, moves: Sequence[Move], people: dict[int, User]
) -> None:
    data = {
        "schedule": schedule.name,
        "slug": schedule.slug,
        "by": unit.actor.name,
        "moves": [
            {
                "start": spell_local(move.start, user.zone),
                "end": spell_local(move.end, user.zone),
                "comes": user.id in move.coming,
                "others": [
                    people[one].name for one in (move.leaving if user.id in move.coming else move.coming)
                ],
                "is_gap": move.is_gap,
            }
            for move in moves[:SHOWN]
        ],
        "more": max(len(moves) - SHOWN, 0),
    }
    for platform in await list_platforms_of(unit, user):
        payload = {"words": "shifts_moved", "data": data, "user": user.id}
        unit.put(f"person:{user.id}@{platform}", "person.say", f"schedule:{schedule.id}", payload=payload)
