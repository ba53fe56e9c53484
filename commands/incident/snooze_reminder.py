"""`/incident snooze`: be reminded of the promised update later."""

from dataclasses import dataclass
from datetime import timedelta

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.updates.updates import snooze_reminder
from commands.kinds import DURATION_KIND


@dataclass(frozen=True)
class Args:
    length: timedelta = arg("For how long", DURATION_KIND, default=timedelta(minutes=10))


async def run(call: Call) -> Reply:
    minutes = max(int(call.args.length.total_seconds() // 60), 1)
    at = snooze_reminder(call.unit, call.incident, minutes)
    zone = call.user.zone if call.user else "UTC"
    return Reply("incident_snooze", {"ref": call.incident.ref, "at": at, "zone": zone})


COMMAND = Command("incident snooze", "Snooze the update reminder", run, Args, about="incident")
