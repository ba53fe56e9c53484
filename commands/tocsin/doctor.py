"""`/tocsin doctor`: what is not as it should be, and how to mend it."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.reports.doctor import examine


async def run(call: Call) -> Reply:
    outside = await call.registry.surroundings.look_outside()
    return Reply("tocsin_doctor", {"findings": await examine(call.unit, outside)})


COMMAND = Command("tocsin doctor", "Check that everything works", run, reads=True)
