"""`/oncall help`: the commands about on call."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply


async def run(call: Call) -> Reply:
    return Reply("help", {"commands": call.registry.list_help("oncall ")})


COMMAND = Command("oncall help", "Show what can be typed", run, needs="stakeholder", reads=True)
