"""`/oncall cancel`: end an override, a forwarding or time off, or let it never begin."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.exceptions import AnyException, cancel_exception, name_of
from commands.oncall_kinds import EXCEPTION


@dataclass(frozen=True)
class Args:
    exception: AnyException = arg("Which one", EXCEPTION)


async def run(call: Call) -> Reply:
    name = name_of(call.args.exception)
    await cancel_exception(call.unit, call.args.exception, call.user)
    return Reply("oncall_cancel", {"name": name})


COMMAND = Command("oncall cancel", "End an override, forwarding or time off", run, Args, submit="Cancel it")
