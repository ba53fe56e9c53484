"""`/alert close`: the trouble is over."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.lives import close, split_open
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERTS
from storage.models import Alert


@dataclass(frozen=True)
class Args:
    alerts: Sequence[Alert] = arg("Which alerts", ALERTS, hint="12 13, or all")


async def run(call: Call) -> Reply:
    alive, closed = split_open(call.args.alerts)
    for alert in alive:
        await close(call.unit, alert)
    return Reply(
        "alert_close", {"numbers": [alert.id for alert in alive], "closed": [alert.id for alert in closed]}
    )


COMMAND = Command("alert close", "Close alerts", run, Args)
