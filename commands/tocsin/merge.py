"""`/tocsin merge`: two people are one; everything of the one is that of the other from now on."""

from dataclasses import dataclass

from bot.access.merging import merge_known
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import PERSON, get_person
from storage.models import User


@dataclass(frozen=True)
class Args:
    who: User = arg("Who goes", PERSON)
    into: User = arg("Who stays", PERSON)


async def run(call: Call) -> Reply:
    who, into = call.args.who, call.args.into
    name, handle = who.name, who.handle
    platforms = await merge_known(call.unit, who, into, get_person(call))
    data = {"name": name, "handle": handle, "into": into, "platforms": platforms}
    return Reply("tocsin_merge", data)


COMMAND = Command(
    "tocsin merge", "Make two people one", run, Args, needs="admin", submit="Make them one", ask=True
)
