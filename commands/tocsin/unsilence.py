"""`/tocsin unsilence`: end a silence now; what it held and is still open pages like a new alert."""

from dataclasses import dataclass

from bot.alerts.silences import count_held, end_silence, spell
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.quiet_kinds import SILENCE
from storage.models import Silence


@dataclass(frozen=True)
class Args:
    silence: Silence = arg("Which silence", SILENCE)


async def run(call: Call) -> Reply:
    silence: Silence = call.args.silence
    held = await count_held(call.unit, silence)
    await end_silence(call.unit, silence)
    return Reply("tocsin_unsilence", {"number": silence.id, "what": spell(silence), "held": held})


COMMAND = Command("tocsin unsilence", "End a silence", run, Args, submit="End it")
