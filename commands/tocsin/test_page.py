"""`/tocsin test-page`: a real page to yourself, by the real path; answer it to see that it works."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Refused
from bot.paging.pages import queue_pages
from bot.paging.ways import list_ways
from commands.kinds import PERSON, get_person
from storage.models import User


@dataclass(frozen=True)
class Args:
    who: User | None = arg("Whom", PERSON, default=None)


async def run(call: Call) -> Reply:
    user = call.args.who or get_person(call)
    ways = await list_ways(call.unit, user)
    count = await queue_pages(call.unit, user, reason={"type": "test", "name": call.unit.actor.name})
    if not count:
        raise Refused("page.no_method", name=user.name)
    own = call.user is not None and user.id == call.user.id
    return Reply("tocsin_test_page", {"name": user.name, "methods": [way.method for way in ways], "own": own})


COMMAND = Command("tocsin test-page", "Send a test page", run, Args)
