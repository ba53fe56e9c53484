"""`/tocsin retry`: what was refused for good is tried again, after the cause was mended (a missing permission, say)."""

from dataclasses import dataclass

from bot.chat.arguments import Kind, arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Invalid
from bot.reports.parked import retry_parked
from commands.kinds import TEXT

PLATFORM = Kind("text", TEXT.parse, example="slack")


@dataclass(frozen=True)
class Args:
    platform: str = arg("Of which platform, if not of all", PLATFORM, default="")


async def run(call: Call) -> Reply:
    lane = call.args.platform.strip().lower()
    known = call.unit.installation.methods
    if lane and lane not in known:
        raise Invalid("platform.unknown", "platform", name=lane, known=list(known))
    retried = await retry_parked(call.unit, lane)
    return Reply("tocsin_retry", {"retried": retried, "platform": lane})


COMMAND = Command("tocsin retry", "Try again what was refused", run, Args, needs="admin")
