"""`/tocsin heartbeats`: what pings, how it is, and when it was last heard."""

from bot.alerts.heartbeats import list_shown
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply

SHOWN = 40


async def run(call: Call) -> Reply:
    rows = await list_shown(call.unit)
    data = {"rows": rows[:SHOWN], "more": len(rows[SHOWN:]), "now": call.unit.now}
    return Reply("tocsin_heartbeats", {**data, "zone": call.user.zone if call.user else "UTC"})


COMMAND = Command(
    "tocsin heartbeats", "Which jobs ping, and which are late", run, needs="stakeholder", reads=True
)
