"""`/incident help`: the commands about incidents."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply


async def run(call: Call) -> Reply:
    return Reply("help", {"commands": call.registry.list_help("incident ")})


COMMAND = Command("incident help", "Show what can be typed", run, needs="stakeholder", reads=True)
