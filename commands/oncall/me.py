"""`/oncall me`: your shifts of the next four weeks."""

from datetime import timedelta

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.answers import list_shifts
from bot.paging.ways import list_ways
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    user = get_person(call)
    shifts = await list_shifts(call.unit, user.id, call.unit.now, call.unit.now + timedelta(days=28))
    data = {
        "shifts": shifts[:10],
        "now": call.unit.now,
        "zone": user.zone,
        "methods": [way.method for way in await list_ways(call.unit, user)],
    }
    return Reply("oncall_me", data)


COMMAND = Command("oncall me", "My shifts", run, needs="stakeholder", reads=True)
