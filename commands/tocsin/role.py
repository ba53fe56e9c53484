"""`/tocsin role`: what somebody may do here."""

from dataclasses import dataclass

from bot.catalog.uses import list_uses
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.leaving import change_role
from commands.kinds import PERSON
from commands.people_kinds import USER_ROLE, get_rank
from storage.models import User
from storage.words import UserRole


@dataclass(frozen=True)
class Args:
    who: User = arg("Who", PERSON)
    role: UserRole = arg("Role", USER_ROLE)


async def run(call: Call) -> Reply:
    args: Args = call.args
    await change_role(call.unit, args.who, args.role, get_rank(call))
    uses = await list_uses(call.unit, "user", args.who) if args.role is UserRole.STAKEHOLDER else []
    return Reply("tocsin_role", {"person": args.who, "uses": uses})


COMMAND = Command("tocsin role", "What somebody may do", run, Args, needs="admin", submit="Change")
