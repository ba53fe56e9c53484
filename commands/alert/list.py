"""`/alert list`: the open alerts, the most urgent first."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.privacy import find_viewer
from storage.questions import alerts as ask

SHOWN = 20


async def run(call: Call) -> Reply:
    viewer = await find_viewer(call.unit)
    found = await ask.list_open_alerts(call.unit.session, SHOWN, viewer=viewer)
    total = await ask.count_open(call.unit.session, viewer)
    return Reply("alert_list", {"alerts": found, "more": total - len(found), "now": call.unit.now})


COMMAND = Command("alert list", "List the open alerts", run, needs="stakeholder", reads=True)
