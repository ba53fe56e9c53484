"""`/alert snooze`: be quiet for a while; then whoever is on call is paged again."""

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.lives import snooze
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERT, FUTURE
from storage.models import Alert


@dataclass(frozen=True)
class Args:
    alert: Alert = arg("Which alert", ALERT)
    until: datetime = arg("For how long", FUTURE, hint="30m, 2h or 09:00")


async def run(call: Call) -> Reply:
    snooze(call.unit, call.args.alert, call.args.until)
    zone = call.user.zone if call.user else "UTC"
    return Reply("alert_snooze", {"number": call.args.alert.id, "until": call.args.until, "zone": zone})


COMMAND = Command("alert snooze", "Snooze an alert", run, Args, submit="Snooze")
