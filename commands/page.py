"""`/page`: reach somebody now, with the reason."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Refused
from bot.paging.pages import queue_pages
from commands.kinds import PERSON, TEXT
from storage.models import User


@dataclass(frozen=True)
class Args:
    who: User = arg("Who", PERSON)
    why: str = arg("Why", TEXT, rest=True, hint="Need a second pair of eyes on the database")


async def run(call: Call) -> Reply:
    count = await queue_pages(call.unit, call.args.who, why=call.args.why)
    if not count:
        raise Refused("page.no_method", name=call.args.who.name)
    return Reply("page", {"name": call.args.who.name, "count": count})


COMMAND = Command("page", "Page somebody", run, Args, submit="Page")
