"""`/tocsin reactivate`: somebody who left is here again, with what they had."""

from dataclasses import dataclass

from bot.catalog.uses import list_uses
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.leaving import reactivate
from commands.people_kinds import WHO_LEFT, get_rank
from storage.models import User


@dataclass(frozen=True)
class Args:
    who: User = arg("Who is back", WHO_LEFT)


async def run(call: Call) -> Reply:
    who: User = call.args.who
    await reactivate(call.unit, who, get_rank(call))
    return Reply("tocsin_reactivate", {"person": who, "uses": await list_uses(call.unit, "user", who)})


COMMAND = Command(
    "tocsin reactivate", "Somebody who left is back", run, Args, needs="admin", submit="Reactivate"
)
