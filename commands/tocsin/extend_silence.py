"""`/tocsin extend-silence`: let a silence end later, or sooner."""

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.silences import change_silence
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.quiet_kinds import SILENCE, UNTIL
from storage.models import Silence


@dataclass(frozen=True)
class Args:
    silence: Silence = arg("Which silence", SILENCE)
    until: datetime = arg("Until when", UNTIL, rest=True, hint="4h, 09:00 or tomorrow 09:00")


async def run(call: Call) -> Reply:
    silence: Silence = call.args.silence
    await change_silence(call.unit, silence, call.args.until)
    zone = call.user.zone if call.user else "UTC"
    return Reply("tocsin_extend_silence", {"number": silence.id, "until": silence.ends_at, "zone": zone})


COMMAND = Command("tocsin extend-silence", "Change when a silence ends", run, Args, submit="Change")
