"""`/alert unack`: nobody is on it; paging starts again."""

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
    return Reply("alert_unack", {"numbers": [alert.id for alert in alive]})


COMMAND = Command("alert unack", "Take an acknowledgement back", run, Args)
