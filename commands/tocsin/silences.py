"""`/tocsin silences`: what keeps alerts quiet now, and what will."""

from bot.alerts.quiet import name_holder
from bot.alerts.silences import spell
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from storage.questions import silences as ask

SHOWN = 20


async def run(call: Call) -> Reply:
    unit = call.unit
    found = await ask.list_silences(unit.session, ended=False, now=unit.now, limit=SHOWN)
    held = await ask.count_held(unit.session, [name_holder(one) for one in found])
    rows = [(one, spell(one), held.get(name_holder(one), 0)) for one in found]
    zone = call.user.zone if call.user else "UTC"
    return Reply("tocsin_silences", {"rows": rows, "now": unit.now, "zone": zone})


COMMAND = Command("tocsin silences", "What keeps alerts quiet", run, needs="stakeholder", reads=True)
