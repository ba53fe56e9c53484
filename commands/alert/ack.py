"""`/alert ack`: you are on it; paging stops, for its incident too."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.lives import acknowledge
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERTS
from storage.models import Alert


@dataclass(frozen=True)
class Args:
    alerts: Sequence[Alert] = arg("Which alerts", ALERTS, hint="12 13, or all")


async def run(call: Call) -> Reply:
    done = [alert.id for alert in call.args.alerts if acknowledge(call.unit, alert)]
    return Reply("alert_ack", {"done": done, "count": len(call.args.alerts)})


COMMAND = Command("alert ack", "Acknowledge alerts", run, Args)
