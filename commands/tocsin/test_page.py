"""`/tocsin test-page`: a real page to yourself, by the real path; answer it to see that it works."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Refused
from bot.paging.pages import send_test_page
from commands.kinds import PERSON, get_person
from storage.models import User


@dataclass(frozen=True)
class Args:
    who: User | None = arg("Whom", PERSON, default=None)


async def run(call: Call) -> Reply:
    user = call.args.who or get_person(call)
    ways = await send_test_page(call.unit, user)
    if not ways:
        raise Refused("page.no_method", name=user.name)
    own = call.user is not None and user.id == call.user.id
    return Reply("tocsin_test_page", {"name": user.name, "methods": [way.method for way in ways], "own": own})


COMMAND = Command("tocsin test-page", "Send a test page", run, Args)
