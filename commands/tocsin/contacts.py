"""`/tocsin contacts`: the ways by which you can be reached."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.contact_kinds import describe_contacts
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    return Reply("tocsin_contacts", await describe_contacts(call.unit, get_person(call)))


COMMAND = Command("tocsin contacts", "Ways to reach you", run, needs="stakeholder", reads=True)
