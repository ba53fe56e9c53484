"""`/tocsin contacts`: the ways by which you can be reached."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.ways import list_methods, read_contacts
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    user = get_person(call)
    data = {
        "methods": await list_methods(call.unit, user),
        "contacts": await read_contacts(call.unit, user.id),
        "known": call.unit.installation.methods,
    }
    return Reply("tocsin_contacts", data)


COMMAND = Command("tocsin contacts", "Ways to reach you", run, needs="stakeholder", reads=True)
