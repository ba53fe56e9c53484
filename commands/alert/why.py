"""`/alert why`: which rules matched, who was paged, how and why, and what became of it."""

from dataclasses import dataclass

from bot.alerts.traces import unpack
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.why import explain_paging
from commands.kinds import ALERT
from storage.models import Alert, Integration


@dataclass(frozen=True)
class Args:
    alert: Alert = arg("Which alert", ALERT)


async def run(call: Call) -> Reply:
    alert: Alert = call.args.alert
    subjects = [f"alert:{alert.id}", *([f"incident:{alert.incident_id}"] if alert.incident_id else [])]
    data = {
        "alert": alert,
        "trace": await unpack(call.unit, alert.trace),
        "integration": await call.unit.session.get(Integration, alert.integration_id),
        "paging": await explain_paging(call.unit, subjects),
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("alert_why", data)


COMMAND = Command(
    "alert why", "Why did this alert do what it did", run, Args, needs="stakeholder", reads=True
)
