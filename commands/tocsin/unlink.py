"""`/tocsin unlink`: your account here is no longer yours; whoever uses it next is met anew."""

from dataclasses import dataclass

from bot.access.linking import unlink
from bot.chat.arguments import Kind, arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import TEXT, get_person

PLATFORM = Kind("text", TEXT.parse, example="slack")


@dataclass(frozen=True)
class Args:
    platform: str = arg("On which platform, if not here", PLATFORM, default="")


async def run(call: Call) -> Reply:
    user = get_person(call)
    account = await unlink(call.unit, user, call.args.platform.strip().lower() or call.invocation.platform)
    return Reply("tocsin_unlink", {"name": user.name, "platform": account.platform, "account": account.name})


COMMAND = Command("tocsin unlink", "Unlink your account here", run, Args, needs="stakeholder")
