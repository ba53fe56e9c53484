"""`/alert unack`: nobody is on it; paging starts again, unless something holds it back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.lives import split_open, unacknowledge
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERTS
from storage.models import Alert


@dataclass(frozen=True)
class Args:
    alerts: Sequence[Alert] = arg("Which alerts", ALERTS, hint="12 13, or all")


async def run(call: Call) -> Reply:
    alive, _ = split_open(call.args.alerts)
    for alert in alive:
        unacknowledge(call.unit, alert)
    data = {
        "numbers": [alert.id for alert in alive],
        "paging": [alert.id for alert in alive if not alert.held_by],
        "held": [(alert.id, alert.held_by, alert.held_until) for alert in alive if alert.held_by],
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("alert_unack", data)


COMMAND = Command("alert unack", "Take an acknowledgement back", run, Args)
