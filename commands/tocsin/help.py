"""`/tocsin help`: the commands about Tocsin itself."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply


async def run(call: Call) -> Reply:
    return Reply("help", {"commands": call.registry.list_help("")})


COMMAND = Command("tocsin help", "Show what can be typed", run, needs="stakeholder", reads=True)
