"""`/oncall me`: your shifts of the next four weeks."""

from datetime import timedelta

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.answers import list_next_shifts
from bot.paging.ways import list_ways
from commands.kinds import get_person

SHOWN = 10


async def run(call: Call) -> Reply:
    user = get_person(call)
    shifts, looked_until = await list_next_shifts(call.unit, user.id, timedelta(days=28))
    data = {
        "shifts": shifts[:SHOWN],
        "more": max(len(shifts) - SHOWN, 0),
        "looked_until": looked_until,
        "now": call.unit.now,
        "zone": user.zone,
        "methods": [way.method for way in await list_ways(call.unit, user)],
    }
    return Reply("oncall_me", data)


COMMAND = Command("oncall me", "My shifts", run, needs="stakeholder", reads=True)
