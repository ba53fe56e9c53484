"""`/tocsin people`: who is here, what each may do, and how pages reach them."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.people import list_people

SHOWN = 40


async def run(call: Call) -> Reply:
    rows = await list_people(call.unit)
    return Reply("tocsin_people", {"rows": rows[:SHOWN], "more": len(rows[SHOWN:])})


COMMAND = Command("tocsin people", "Who is here, and what they may do", run, reads=True)
