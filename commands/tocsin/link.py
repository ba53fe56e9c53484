"""`/tocsin link`: a code that joins your accounts; typed with a code, it joins this one to the one that made it."""

from dataclasses import dataclass

from bot.access.linking import MINUTES, make_link_code, use_link_code
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import TEXT, get_person


@dataclass(frozen=True)
class Args:
    code: str = arg("Code from your other account", TEXT, default="", rest=True)


async def run(call: Call) -> Reply:
    user = get_person(call)
    if not call.args.code:
        code = await make_link_code(call.unit, user)
        data = {"code": code, "minutes": MINUTES, "name": user.name, "platform": call.invocation.platform}
        return Reply("tocsin_link_code", data)
    linked = await use_link_code(call.unit, call.args.code, user, call.invocation.platform)
    return Reply(
        "tocsin_link",
        {"name": linked.person.name, "platforms": linked.platforms, "merged": linked.merged},
    )


COMMAND = Command("tocsin link", "Link your accounts", run, Args, needs="stakeholder")
