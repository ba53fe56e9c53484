"""`/tocsin silence`: for a while, matching alerts page nobody and open no incident."""

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.matchers import Matcher
from bot.alerts.silences import count_held, create_silence, list_incidents_beside, spell
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import TEXT
from commands.quiet_kinds import UNTIL, WHICH


@dataclass(frozen=True)
class Args:
    until: datetime = arg("For how long", UNTIL, hint="4h, 09:00 or tomorrow 09:00")
    what: tuple[Matcher, ...] = arg(
        "Which alerts", WHICH, rest=True, hint='12, service=web or alertname="Disk full"'
    )
    why: str = arg("Why", TEXT, default="")


async def run(call: Call) -> Reply:
    silence = await create_silence(call.unit, call.args.what, call.args.until, call.args.why)
    data = {
        "number": silence.id,
        "what": spell(silence),
        "until": silence.ends_at,
        "held": await count_held(call.unit, silence),
        "incidents": await list_incidents_beside(call.unit, silence),
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("tocsin_silence", data)


COMMAND = Command("tocsin silence", "Silence alerts for a while", run, Args, submit="Silence")
