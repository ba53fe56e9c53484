"""`/tocsin unlink`: your account here is no longer yours; whoever uses it next is met anew."""

from dataclasses import dataclass

from bot.access.linking import unlink
from bot.access.roles import check_role
from bot.chat.arguments import Kind, arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import PERSON, TEXT, get_person
from storage.models import User
from storage.words import UserRole

PLATFORM = Kind("text", TEXT.parse, example="slack")


@dataclass(frozen=True)
class Args:
    platform: str = arg("On which platform, if not here", PLATFORM, default="")
    who: User | None = arg("Whose, if not yours (for admins)", PERSON, default=None)


async def run(call: Call) -> Reply:
    own = get_person(call)
    user = call.args.who or own
    if user.id != own.id:
        check_role(own, UserRole.ADMIN)
        check_role(own, user.role)
    account = await unlink(call.unit, user, call.args.platform.strip().lower() or call.invocation.platform)
    return Reply("tocsin_unlink", {"name": user.name, "platform": account.platform, "account": account.name})


COMMAND = Command("tocsin unlink", "Unlink your account here", run, Args, needs="stakeholder")
