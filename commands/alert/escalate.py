"""`/alert escalate`: page the next step of the policy now."""

from dataclasses import dataclass

from bot.alerts.lives import check_open
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.chat.templates import spell_local
from bot.errors import Refused
from bot.paging.escalations import escalate_now
from commands.kinds import ALERT
from storage.models import Alert


@dataclass(frozen=True)
class Args:
    alert: Alert = arg("Which alert", ALERT)


async def run(call: Call) -> Reply:
    alert: Alert = call.args.alert
    check_open(alert)
    if alert.snoozed_until is not None and alert.incident_id is None:
        zone = call.user.zone if call.user else "UTC"
        raise Refused("alert.snoozed", number=alert.id, until=spell_local(alert.snoozed_until, zone))
    subject = f"incident:{alert.incident_id}" if alert.incident_id else f"alert:{alert.id}"
    step = await escalate_now(call.unit, subject)
    return Reply("alert_escalate", {"number": alert.id, "step": step})


COMMAND = Command("alert escalate", "Page the next step now", run, Args)
