"""`/tocsin silence`: for a while, matching alerts page nobody and open no incident."""

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.matchers import Matcher
from bot.alerts.silences import create_silence, spell
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
    silence, covered = await create_silence(call.unit, call.args.what, call.args.until, call.args.why)
    data = {
        "number": silence.id,
        "what": spell(silence),
        "until": silence.ends_at,
        "covered": covered,
        "incidents": await covered.list_visible(call.unit),
        "zone": call.user.zone if call.user else "UTC",
    }
    return Reply("tocsin_silence", data)


COMMAND = Command("tocsin silence", "Silence alerts for a while", run, Args, submit="Silence")
