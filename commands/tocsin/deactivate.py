"""`/tocsin deactivate`: somebody leaves; they can't sign in any more, and nobody pages them."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.leaving import deactivate
from commands.kinds import PERSON
from commands.people_kinds import get_rank
from storage.models import User


@dataclass(frozen=True)
class Args:
    who: User = arg("Who leaves", PERSON)


async def run(call: Call) -> Reply:
    who: User = call.args.who
    left = await deactivate(call.unit, who, get_rank(call))
    return Reply("tocsin_deactivate", {"person": who, "left": left})


COMMAND = Command(
    "tocsin deactivate", "Somebody leaves: no access, no pages", run, Args, needs="admin", submit="Deactivate"
)
