"""`/tocsin answer`: the button on a page that has no alert or incident behind it."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.pages import TEST, answer_page
from commands.kinds import NUMBER


@dataclass(frozen=True)
class Args:
    page: int = arg("Number of the page", NUMBER)


async def run(call: Call) -> Reply:
    page = await answer_page(call.unit, call.args.page)
    return Reply("tocsin_answer", {"by": page.by_name, "test": page.reason.get("type") == TEST})


COMMAND = Command("tocsin answer", "Answer a page", run, Args, needs="stakeholder")
